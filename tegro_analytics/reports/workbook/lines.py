"""The figures that a summary has, in their order, and how each is compared with the period before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from tegro_analytics.reports.workbook.figures import Row
from tegro_analytics.reports.workbook.told import Told

__all__ = ["CONVERSION", "KINDS", "MONEY", "RATES", "STRONG", "change_of", "conversion_names"]

MONEY = (
    ("revenue", "gross_volume"),
    ("revenue", "fees"),
    ("revenue", "refunds"),
    ("revenue", "net_volume"),
    ("revenue", "payments"),
    ("revenue", "average_ticket"),
    ("fees", "effective_fee_rate"),
    ("revenue", "refund_rate"),
    ("revenue", "active_days"),
)
CONVERSION = (
    "orders",
    "mature",
    "conversion_24h",
    "conversion_ever",
    "terminal_success_rate",
    "late_paid_rate",
    "seconds_to_pay_p50",
    "seconds_to_pay_p90",
    "pending",
    "stale_open",
)
STRONG = ("net_volume", "conversion_24h")
KINDS = {"average_ticket": "mean", "fee_per_payment": "mean", "effective_fee_rate": "fine_rate"}
"""How figures are shown that are not shown as the metric says."""
RATES = ("rate", "fine_rate")
_MATURE = dt.timedelta(hours=24)


def conversion_names(conversion: Row) -> Iterator[str]:
    """List what is shown; the bounds of the rate only where an outcome is not known."""
    for name in CONVERSION:
        yield name
        if name == "conversion_24h" and conversion.get("unresolved"):
            yield from ("unresolved", "conversion_24h_min", "conversion_24h_max")


def change_of(told: Told, kind: str, now: Any, before: Any) -> float | None:
    """Compare with the period before: relative, and for a rate in points; not while the period goes on."""
    period, as_of = told.figures.period, told.facts.as_of
    if now is None or before is None or not period.is_over(as_of, after=_MATURE):
        return None
    if kind in RATES:
        return float(now - before)
    return float((now - before) / before) if before else None
