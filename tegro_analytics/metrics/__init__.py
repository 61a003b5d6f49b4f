"""The metrics: pure functions from orders of any engine to a small pandas frame. One file a family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tegro_analytics.metrics.checkout.conversion import conversion, conversion_value
from tegro_analytics.metrics.payments.fees import fees
from tegro_analytics.metrics.payments.revenue import revenue
from tegro_analytics.metrics.registry import METRICS
from tegro_analytics.metrics.systems.payment_systems import payment_systems

if TYPE_CHECKING:
    from tegro_analytics.metrics.results.frame import MetricFrame

__all__ = ["METRICS", "MetricFrame", "conversion", "conversion_value", "fees", "payment_systems", "revenue"]


def __getattr__(name: str) -> Any:
    if name == "MetricFrame":  # brings pandas, which a definition does not need
        from tegro_analytics.metrics.results.frame import MetricFrame

        return MetricFrame
    raise AttributeError(f"module 'tegro_analytics.metrics' has no attribute {name!r}")
