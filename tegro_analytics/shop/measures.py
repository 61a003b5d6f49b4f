"""Every metric as a method of the shop: measured in its store, which loads nothing."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics import METRICS
from tegro_analytics.settings import Settings
from tegro_analytics.shop.kept import Kept

if TYPE_CHECKING:
    import duckdb

    from tegro_analytics.metrics import MetricFrame

__all__ = ["Measures"]

_TABLES = ("withdrawals", "balances", "shops")
"""Small tables that some metrics take beside the orders."""


class Measures:
    """Measure the orders of a shop. ``as_of`` says as of when they are known: by the last run before it.
    ``shop_id`` narrows them to one of several shops.

    Each method is the function of the same name over what the store holds, with the settings of the shop as
    defaults: ``help(tegro_analytics.revenue)`` tells its options and columns.
    """

    settings: Settings
    _kept: Kept

    # What was paid

    def revenue(self, **options: Any) -> MetricFrame:
        """Measure what came in: :func:`tegro_analytics.revenue`."""
        return self._measure("revenue", options)

    def fees(self, **options: Any) -> MetricFrame:
        """Measure what the fees were: :func:`tegro_analytics.fees`."""
        return self._measure("fees", options)

    def fee_audit(self, **options: Any) -> MetricFrame:
        """Hold the fees against the tariff of the plan: :func:`tegro_analytics.fee_audit`."""
        return self._measure("fee_audit", options)

    def fee_differences(self, **options: Any) -> MetricFrame:
        """List the payments whose fee is not that of the tariff: :func:`tegro_analytics.fee_differences`."""
        return self._measure("fee_differences", options)

    def fee_drift(self, **options: Any) -> MetricFrame:
        """Say why the fee rate changed: :func:`tegro_analytics.fee_drift`."""
        return self._measure("fee_drift", options)

    def plan_comparison(self, **options: Any) -> MetricFrame:
        """Compare what each plan would have cost: :func:`tegro_analytics.plan_comparison`."""
        return self._measure("plan_comparison", options)

    # What became of orders

    def conversion(self, **options: Any) -> MetricFrame:
        """Measure how many orders were paid: :func:`tegro_analytics.conversion`."""
        return self._measure("conversion", options)

    def conversion_value(self, **options: Any) -> MetricFrame:
        """Measure conversion in money: :func:`tegro_analytics.conversion_value`."""
        return self._measure("conversion_value", options)

    def conversion_mix(self, **options: Any) -> MetricFrame:
        """Say why conversion changed: :func:`tegro_analytics.conversion_mix`."""
        return self._measure("conversion_mix", options)

    def time_to_pay(self, **options: Any) -> MetricFrame:
        """Measure the share that was paid by each moment: :func:`tegro_analytics.time_to_pay`."""
        return self._measure("time_to_pay", options)

    def checkouts(self, **options: Any) -> MetricFrame:
        """Join attempts to checkouts: :func:`tegro_analytics.checkouts`."""
        return self._measure("checkouts", options)

    # Payment systems

    def payment_systems(self, **options: Any) -> MetricFrame:
        """Compare the payment systems: :func:`tegro_analytics.payment_systems`."""
        return self._measure("payment_systems", options)

    def concentration(self, **options: Any) -> MetricFrame:
        """Measure how much hangs on few payment systems: :func:`tegro_analytics.concentration`."""
        return self._measure("concentration", options)

    # Customers

    def customers(self, **options: Any) -> MetricFrame:
        """Count who paid, new and returning: :func:`tegro_analytics.customers`."""
        return self._measure("customers", options)

    def customer_value(self, **options: Any) -> MetricFrame:
        """Measure what a customer is worth: :func:`tegro_analytics.customer_value`."""
        return self._measure("customer_value", options)

    def cohorts(self, **options: Any) -> MetricFrame:
        """Follow customers by the month of their first payment: :func:`tegro_analytics.cohorts`."""
        return self._measure("cohorts", options)

    def rfm(self, **options: Any) -> MetricFrame:
        """List customers by recency, frequency and value: :func:`tegro_analytics.rfm`."""
        return self._measure("rfm", options)

    # The account

    def withdrawals_summary(self, **options: Any) -> MetricFrame:
        """Sum what was withdrawn: :func:`tegro_analytics.withdrawals_summary`."""
        return self._measure("withdrawals_summary", options)

    def balance_bridge(self, **options: Any) -> MetricFrame:
        """Say whether the balance adds up: :func:`tegro_analytics.balance_bridge`."""
        return self._measure("balance_bridge", options)

    def match_orders(self, mine: Any, **options: Any) -> MetricFrame:
        """Hold the orders against a table of your own: :func:`tegro_analytics.match_orders`."""
        return self._measure("match_orders", options, mine)

    def order_differences(self, mine: Any, **options: Any) -> MetricFrame:
        """List where a table of your own says otherwise: :func:`tegro_analytics.order_differences`."""
        return self._measure("order_differences", options, mine)

    # Watching

    def forecast(self, **options: Any) -> MetricFrame:
        """Project the days to come: :func:`tegro_analytics.forecast`."""
        return self._measure("forecast", options)

    def anomalies(self, **options: Any) -> MetricFrame:
        """Find days that are unlike their weekday: :func:`tegro_analytics.anomalies`."""
        return self._measure("anomalies", options)

    def conversion_anomalies(self, **options: Any) -> MetricFrame:
        """Find payment systems that convert unlike before: :func:`tegro_analytics.conversion_anomalies`."""
        return self._measure("conversion_anomalies", options)

    def silence(self, **options: Any) -> MetricFrame:
        """Say whether payments have stopped: :func:`tegro_analytics.silence`."""
        return self._measure("silence", options)

    def freshness(self, **options: Any) -> MetricFrame:
        """Say how old the newest of all is: :func:`tegro_analytics.freshness`."""
        return self._measure("freshness", options)

    def data_quality(self, **options: Any) -> MetricFrame:
        """Count what is odd about the orders: :func:`tegro_analytics.data_quality`."""
        return self._measure("data_quality", options)

    def flagged_orders(self, **options: Any) -> MetricFrame:
        """List the orders that something is odd about: :func:`tegro_analytics.flagged_orders`."""
        return self._measure("flagged_orders", options)

    def _measure(self, name: str, options: dict[str, Any], *mine: Any) -> MetricFrame:
        """Measure, and let the result show itself in the language of the shop."""
        result = self._computed(name, options, *mine)
        result.lang = self.settings.lang
        return result

    def _computed(self, name: str, options: dict[str, Any], *mine: Any) -> MetricFrame:
        """Compute a metric over the tables that it takes, with the settings where nothing else was said."""
        metric = METRICS[name]
        taken = inspect.signature(metric.function).parameters
        as_of, shop_id = options.pop("as_of", None), options.pop("shop_id", None)
        if shop_id is not None and metric.inputs != ("orders",):
            raise DataError(f"{name} is one of the whole account: leave shop_id= out")
        for key, value in self._defaults().items():
            if key in taken and options.get(key) is None:
                options[key] = value
        tables = {
            table: self._kept.table(table, as_of=as_of)
            for table in _TABLES
            if table in taken and table not in options
        }
        given = [tables.pop(table) for table in metric.inputs if table in tables]
        if "orders" not in metric.inputs:
            return metric.function(*given, **options, **tables)  # type: ignore[no-any-return]
        with self._kept.relation("orders", as_of=as_of) as rows:
            orders = rows if shop_id is None else _of_shop(rows, shop_id, self._kept.shop_ids)
            return metric.function(orders, *given, *mine, **options, **tables)  # type: ignore[no-any-return]

    def _defaults(self) -> dict[str, Any]:
        settings = self.settings
        return {
            "money": settings.money,
            "zone": settings.report_timezone,
            "merchant_share": settings.merchant_share,
            "plan": settings.plan,
        }


def _of_shop(orders: duckdb.DuckDBPyRelation, shop_id: str, known: Sequence[str]) -> duckdb.DuckDBPyRelation:
    """Keep the orders of one shop."""
    import duckdb

    if shop_id not in known:
        raise DataError(f"shop_id={shop_id!r} is none of these shops: {', '.join(map(repr, known))}")
    return orders.filter(duckdb.ColumnExpression("shop_id") == duckdb.ConstantExpression(shop_id))
