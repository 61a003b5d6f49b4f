"""The registry: every metric by its name."""

from __future__ import annotations

from tegro_analytics.metrics.checkout.conversion import CONVERSION, CONVERSION_VALUE
from tegro_analytics.metrics.definition import Metric
from tegro_analytics.metrics.payments.fees import FEES
from tegro_analytics.metrics.payments.revenue import REVENUE
from tegro_analytics.metrics.systems.payment_systems import PAYMENT_SYSTEMS

METRICS: dict[str, Metric] = {
    metric.name: metric for metric in (REVENUE, FEES, CONVERSION, CONVERSION_VALUE, PAYMENT_SYSTEMS)
}
"""Every metric by its name."""
