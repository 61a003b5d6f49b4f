"""Every metric as a method of the shop: measured in its store, which loads nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tegro_analytics import metrics
from tegro_analytics.settings import Settings
from tegro_analytics.shop.kept import Kept

if TYPE_CHECKING:
    from tegro_analytics.metrics import MetricFrame

__all__ = ["Measures"]


class Measures:
    """Measure the orders of a shop. ``as_of`` says as of when they are known: by the last run before it."""

    settings: Settings
    _kept: Kept

    def revenue(self, **options: Any) -> MetricFrame:
        """Measure what came in: :func:`tegro_analytics.revenue` over the orders of the shop."""
        options.setdefault("merchant_share", self.settings.merchant_share)
        return self._measure(metrics.revenue, options)

    def fees(self, **options: Any) -> MetricFrame:
        """Measure what the fees were: :func:`tegro_analytics.fees` over the orders of the shop."""
        return self._measure(metrics.fees, options)

    def conversion(self, **options: Any) -> MetricFrame:
        """Measure how many checkouts were paid: :func:`tegro_analytics.conversion` over the orders."""
        return self._measure(metrics.conversion, options)

    def conversion_value(self, **options: Any) -> MetricFrame:
        """Measure conversion in money: :func:`tegro_analytics.conversion_value` over the orders."""
        return self._measure(metrics.conversion_value, options)

    def payment_systems(self, **options: Any) -> MetricFrame:
        """Compare the payment systems: :func:`tegro_analytics.payment_systems` over the orders."""
        options.setdefault("merchant_share", self.settings.merchant_share)
        return self._measure(metrics.payment_systems, options)

    def _measure(self, metric: Callable[..., MetricFrame], options: dict[str, Any]) -> MetricFrame:
        options["money"] = options.get("money") or self.settings.money
        with self._kept.relation("orders", as_of=options.pop("as_of", None)) as orders:
            return metric(orders, zone=self.settings.report_timezone, **options)
