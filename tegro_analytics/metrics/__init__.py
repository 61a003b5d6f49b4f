"""The metrics: pure functions from orders of any engine to a small pandas frame. One file a family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tegro_analytics.metrics.account.balance_bridge import balance_bridge
from tegro_analytics.metrics.account.match_orders import match_orders, order_differences
from tegro_analytics.metrics.account.withdrawals_summary import withdrawals_summary
from tegro_analytics.metrics.checkout.checkouts import checkouts
from tegro_analytics.metrics.checkout.conversion import conversion, conversion_value
from tegro_analytics.metrics.checkout.mix import conversion_mix
from tegro_analytics.metrics.checkout.time_to_pay import time_to_pay
from tegro_analytics.metrics.payments.fees import fees
from tegro_analytics.metrics.payments.revenue import revenue
from tegro_analytics.metrics.people.cohorts import cohorts
from tegro_analytics.metrics.people.customer_value import customer_value
from tegro_analytics.metrics.people.customers import customers
from tegro_analytics.metrics.people.rfm import rfm
from tegro_analytics.metrics.registry import METRICS
from tegro_analytics.metrics.systems.concentration import concentration
from tegro_analytics.metrics.systems.payment_systems import payment_systems
from tegro_analytics.metrics.tariffs.fee_audit import fee_audit
from tegro_analytics.metrics.tariffs.fee_differences import fee_differences
from tegro_analytics.metrics.tariffs.fee_drift import fee_drift
from tegro_analytics.metrics.tariffs.plan_comparison import plan_comparison
from tegro_analytics.metrics.watching.anomalies import anomalies
from tegro_analytics.metrics.watching.conversion_anomalies import conversion_anomalies
from tegro_analytics.metrics.watching.data_quality import data_quality
from tegro_analytics.metrics.watching.flagged_orders import flagged_orders
from tegro_analytics.metrics.watching.forecast import forecast
from tegro_analytics.metrics.watching.freshness import freshness
from tegro_analytics.metrics.watching.silence import silence

if TYPE_CHECKING:
    from tegro_analytics.metrics.results.frame import MetricFrame

__all__ = [
    "METRICS",
    "MetricFrame",
    "anomalies",
    "balance_bridge",
    "checkouts",
    "cohorts",
    "concentration",
    "conversion",
    "conversion_anomalies",
    "conversion_mix",
    "conversion_value",
    "customer_value",
    "customers",
    "data_quality",
    "fee_audit",
    "fee_differences",
    "fee_drift",
    "fees",
    "flagged_orders",
    "forecast",
    "freshness",
    "match_orders",
    "order_differences",
    "payment_systems",
    "plan_comparison",
    "revenue",
    "rfm",
    "silence",
    "time_to_pay",
    "withdrawals_summary",
]


def __getattr__(name: str) -> Any:
    if name == "MetricFrame":  # brings pandas, which a definition does not need
        from tegro_analytics.metrics.results.frame import MetricFrame

        return MetricFrame
    raise AttributeError(f"module 'tegro_analytics.metrics' has no attribute {name!r}")
