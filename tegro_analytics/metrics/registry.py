"""The registry: every metric by its name."""

from __future__ import annotations

from tegro_analytics.metrics.account.balance_bridge import BALANCE_BRIDGE
from tegro_analytics.metrics.account.match_orders import MATCH_ORDERS, ORDER_DIFFERENCES
from tegro_analytics.metrics.account.withdrawals_summary import WITHDRAWALS_SUMMARY
from tegro_analytics.metrics.checkout.checkouts import CHECKOUTS
from tegro_analytics.metrics.checkout.conversion import CONVERSION, CONVERSION_VALUE
from tegro_analytics.metrics.checkout.mix import CONVERSION_MIX
from tegro_analytics.metrics.checkout.time_to_pay import TIME_TO_PAY
from tegro_analytics.metrics.definition import Metric
from tegro_analytics.metrics.payments.fees import FEES
from tegro_analytics.metrics.payments.revenue import REVENUE
from tegro_analytics.metrics.people.cohorts import COHORTS
from tegro_analytics.metrics.people.customer_value import CUSTOMER_VALUE
from tegro_analytics.metrics.people.customers import CUSTOMERS
from tegro_analytics.metrics.people.rfm import RFM
from tegro_analytics.metrics.systems.concentration import CONCENTRATION
from tegro_analytics.metrics.systems.payment_systems import PAYMENT_SYSTEMS
from tegro_analytics.metrics.tariffs.fee_audit import FEE_AUDIT
from tegro_analytics.metrics.tariffs.fee_differences import FEE_DIFFERENCES
from tegro_analytics.metrics.tariffs.fee_drift import FEE_DRIFT
from tegro_analytics.metrics.tariffs.plan_comparison import PLAN_COMPARISON
from tegro_analytics.metrics.watching.anomalies import ANOMALIES
from tegro_analytics.metrics.watching.conversion_anomalies import CONVERSION_ANOMALIES
from tegro_analytics.metrics.watching.data_quality import DATA_QUALITY
from tegro_analytics.metrics.watching.flagged_orders import FLAGGED_ORDERS
from tegro_analytics.metrics.watching.forecast import FORECAST
from tegro_analytics.metrics.watching.freshness import FRESHNESS
from tegro_analytics.metrics.watching.silence import SILENCE

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        REVENUE,
        FEES,
        FEE_AUDIT,
        FEE_DIFFERENCES,
        PLAN_COMPARISON,
        FEE_DRIFT,
        CONVERSION,
        CONVERSION_VALUE,
        TIME_TO_PAY,
        CHECKOUTS,
        CONVERSION_MIX,
        PAYMENT_SYSTEMS,
        CONCENTRATION,
        CUSTOMERS,
        CUSTOMER_VALUE,
        COHORTS,
        RFM,
        WITHDRAWALS_SUMMARY,
        BALANCE_BRIDGE,
        MATCH_ORDERS,
        ORDER_DIFFERENCES,
        FORECAST,
        ANOMALIES,
        CONVERSION_ANOMALIES,
        SILENCE,
        FRESHNESS,
        DATA_QUALITY,
        FLAGGED_ORDERS,
    )
}
"""Every metric by its name, in the order in which they are told: family by family."""
