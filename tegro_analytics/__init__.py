"""Payment analytics for merchants of Tegro.money.

>>> import tegro_analytics as ta
>>> sorted(name for name in ta.__all__ if name[0].islower())[:4]
['anomalies', 'balance_bridge', 'canonical', 'charts']

Importing the package loads nothing heavy: each name brings its module when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tegro_analytics import exceptions as _exceptions

if TYPE_CHECKING:
    from tegro_analytics import charts as charts
    from tegro_analytics.api.client import Client as Client
    from tegro_analytics.exceptions import *  # noqa: F403
    from tegro_analytics.frames import canonical as canonical
    from tegro_analytics.frames import to_decimal as to_decimal
    from tegro_analytics.frames import to_float as to_float
    from tegro_analytics.frames import with_report_zone as with_report_zone
    from tegro_analytics.metrics.account.balance_bridge import balance_bridge as balance_bridge
    from tegro_analytics.metrics.account.match_orders import match_orders as match_orders
    from tegro_analytics.metrics.account.match_orders import order_differences as order_differences
    from tegro_analytics.metrics.account.withdrawals_summary import withdrawals_summary as withdrawals_summary
    from tegro_analytics.metrics.checkout.checkouts import checkouts as checkouts
    from tegro_analytics.metrics.checkout.conversion import conversion as conversion
    from tegro_analytics.metrics.checkout.conversion import conversion_value as conversion_value
    from tegro_analytics.metrics.checkout.mix import conversion_mix as conversion_mix
    from tegro_analytics.metrics.checkout.time_to_pay import time_to_pay as time_to_pay
    from tegro_analytics.metrics.payments.fees import fees as fees
    from tegro_analytics.metrics.payments.revenue import revenue as revenue
    from tegro_analytics.metrics.people.cohorts import cohorts as cohorts
    from tegro_analytics.metrics.people.customer_value import customer_value as customer_value
    from tegro_analytics.metrics.people.customers import customers as customers
    from tegro_analytics.metrics.people.rfm import rfm as rfm
    from tegro_analytics.metrics.systems.concentration import concentration as concentration
    from tegro_analytics.metrics.systems.payment_systems import payment_systems as payment_systems
    from tegro_analytics.metrics.tariffs.fee_audit import fee_audit as fee_audit
    from tegro_analytics.metrics.tariffs.fee_differences import fee_differences as fee_differences
    from tegro_analytics.metrics.tariffs.fee_drift import fee_drift as fee_drift
    from tegro_analytics.metrics.tariffs.plan_comparison import plan_comparison as plan_comparison
    from tegro_analytics.metrics.watching.anomalies import anomalies as anomalies
    from tegro_analytics.metrics.watching.conversion_anomalies import (
        conversion_anomalies as conversion_anomalies,
    )
    from tegro_analytics.metrics.watching.data_quality import data_quality as data_quality
    from tegro_analytics.metrics.watching.flagged_orders import flagged_orders as flagged_orders
    from tegro_analytics.metrics.watching.forecast import forecast as forecast
    from tegro_analytics.metrics.watching.freshness import freshness as freshness
    from tegro_analytics.metrics.watching.silence import silence as silence
    from tegro_analytics.opening import connect as connect
    from tegro_analytics.opening import demo as demo
    from tegro_analytics.pickers import explore as explore
    from tegro_analytics.reports import read_csv as read_csv
    from tegro_analytics.reports import read_parquet as read_parquet
    from tegro_analytics.shop import Shop as Shop
    from tegro_analytics.sync.report import SyncReport as SyncReport

_HOMES = {
    "Client": "api.client",
    "Shop": "shop",
    "SyncReport": "sync.report",
    "anomalies": "metrics",
    "balance_bridge": "metrics",
    "canonical": "frames",
    "checkouts": "metrics",
    "cohorts": "metrics",
    "concentration": "metrics",
    "connect": "opening",
    "conversion": "metrics",
    "conversion_anomalies": "metrics",
    "conversion_mix": "metrics",
    "conversion_value": "metrics",
    "customer_value": "metrics",
    "customers": "metrics",
    "data_quality": "metrics",
    "demo": "opening",
    "explore": "pickers",
    "fee_audit": "metrics",
    "fee_differences": "metrics",
    "fee_drift": "metrics",
    "fees": "metrics",
    "flagged_orders": "metrics",
    "forecast": "metrics",
    "freshness": "metrics",
    "match_orders": "metrics",
    "order_differences": "metrics",
    "payment_systems": "metrics",
    "plan_comparison": "metrics",
    "read_csv": "reports",
    "read_parquet": "reports",
    "revenue": "metrics",
    "rfm": "metrics",
    "silence": "metrics",
    "time_to_pay": "metrics",
    "to_decimal": "frames",
    "to_float": "frames",
    "with_report_zone": "frames",
    "withdrawals_summary": "metrics",
    **dict.fromkeys(_exceptions.__all__, "exceptions"),
}
"""Where each public name lives."""

__version__ = "0.6.0"

__all__ = [*sorted([*_HOMES, "charts"]), "__version__"]  # noqa: PLE0604  every entry is text


def __getattr__(name: str) -> Any:
    if name == "charts":
        return importlib.import_module("tegro_analytics.charts")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'tegro_analytics' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"tegro_analytics.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
