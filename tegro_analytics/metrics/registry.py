"""The registry: every metric by its name."""

from __future__ import annotations

from tegro_analytics.metrics.conversion import CONVERSION, CONVERSION_VALUE
from tegro_analytics.metrics.definition import Metric
from tegro_analytics.metrics.fees import FEES
from tegro_analytics.metrics.payment_systems import PAYMENT_SYSTEMS
from tegro_analytics.metrics.revenue import REVENUE

METRICS: dict[str, Metric] = {
    metric.name: metric for metric in (REVENUE, FEES, CONVERSION, CONVERSION_VALUE, PAYMENT_SYSTEMS)
}
"""Every metric by its name."""
