"""Charts of the metrics: give what a metric returned, or orders, and get matplotlib Axes.

>>> from tegro_analytics import charts
>>> for name in charts.__all__:
...     print(name)
alt_text
anomalies
balance_bridge
checkouts
cohorts
concentration
conversion
conversion_anomalies
conversion_mix
conversion_value
customer_value
customers
data
data_quality
fee_audit
fee_differences
fee_drift
fees
forecast
freshness
funnel
heat_map
match_orders
payment_systems
plan_comparison
revenue
rfm
silence
time_to_pay
withdrawals_summary

A chart has one style of its own and leaves the settings of matplotlib as they were. It draws on ``ax=``, or
makes a figure. Its table is :func:`data`, its description in words :func:`alt_text`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tegro_analytics.charts.account.balance_bridge import balance_bridge
from tegro_analytics.charts.account.match_orders import match_orders
from tegro_analytics.charts.account.withdrawals_summary import withdrawals_summary
from tegro_analytics.charts.checkout.checkouts import checkouts
from tegro_analytics.charts.checkout.conversion import conversion
from tegro_analytics.charts.checkout.conversion_mix import conversion_mix
from tegro_analytics.charts.checkout.conversion_value import conversion_value
from tegro_analytics.charts.checkout.funnel import funnel
from tegro_analytics.charts.checkout.heat_map import heat_map
from tegro_analytics.charts.checkout.time_to_pay import time_to_pay
from tegro_analytics.charts.drawing.sheet import drawing
from tegro_analytics.charts.payments.fees import fees
from tegro_analytics.charts.payments.revenue import revenue
from tegro_analytics.charts.people.cohorts import cohorts
from tegro_analytics.charts.people.customer_value import customer_value
from tegro_analytics.charts.people.customers import customers
from tegro_analytics.charts.people.rfm import rfm
from tegro_analytics.charts.systems.concentration import concentration
from tegro_analytics.charts.systems.payment_systems import payment_systems
from tegro_analytics.charts.tariffs.fee_audit import fee_audit
from tegro_analytics.charts.tariffs.fee_differences import fee_differences
from tegro_analytics.charts.tariffs.fee_drift import fee_drift
from tegro_analytics.charts.tariffs.plan_comparison import plan_comparison
from tegro_analytics.charts.watching.anomalies import anomalies
from tegro_analytics.charts.watching.conversion_anomalies import conversion_anomalies
from tegro_analytics.charts.watching.data_quality import data_quality
from tegro_analytics.charts.watching.forecast import forecast
from tegro_analytics.charts.watching.freshness import freshness
from tegro_analytics.charts.watching.silence import silence

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = [
    "alt_text",
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
    "data",
    "data_quality",
    "fee_audit",
    "fee_differences",
    "fee_drift",
    "fees",
    "forecast",
    "freshness",
    "funnel",
    "heat_map",
    "match_orders",
    "payment_systems",
    "plan_comparison",
    "revenue",
    "rfm",
    "silence",
    "time_to_pay",
    "withdrawals_summary",
]


def data(ax: Axes) -> pd.DataFrame:
    """Give the rows that a chart shows, in its order, with names in full and numbers as numbers.

    Raises
    ------
    DataError
        If the Axes is not a chart of this package.
    """
    return drawing(ax).data.copy()


def alt_text(ax: Axes) -> str:
    """Give the chart in words, in its language: for those who cannot see it, and for HTML.

    Raises
    ------
    DataError
        If the Axes is not a chart of this package.
    """
    return drawing(ax).alt_text
