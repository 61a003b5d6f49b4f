"""The registry: every metric by its name."""

from __future__ import annotations

from tegro_analytics.metrics.definition import Metric
from tegro_analytics.metrics.fees import FEES
from tegro_analytics.metrics.revenue import REVENUE

METRICS: dict[str, Metric] = {metric.name: metric for metric in (REVENUE, FEES)}
"""Every metric by its name."""
