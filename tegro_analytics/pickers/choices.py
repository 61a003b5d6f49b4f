"""What can be chosen: metrics that have a chart, periods, frequencies, dimensions."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tegro_analytics import charts
from tegro_analytics.metrics import METRICS
from tegro_analytics.texts import tr

__all__ = [
    "AUTO",
    "DIMENSIONS",
    "FREQUENCIES",
    "PERIODS",
    "Span",
    "dimensions",
    "fitting",
    "has_chart_in_a_currency",
    "is_of_orders",
    "named",
    "options",
    "span",
    "takes",
    "titles",
]

PERIODS = ("this_month", "last_month", "last_90_days", "last_12_months", "all", "own")
AUTO = "auto"
WHOLE = "whole"
FREQUENCIES = (AUTO, None, "day", "week", "month", "quarter", "year")
DIMENSIONS = ("payment_system", "family", "rail", "amount_band", "weekday", "hour", "status_name")

TIMED = ("revenue", "fees", "conversion", "conversion_value", "customers", "customer_value", "checkouts")
"""The metrics whose chart is one over time, where nothing else is asked for."""

NEEDS_MORE = ("mine",)
"""What a metric takes that cannot be picked."""


@dataclass(frozen=True)
class Span:
    """Hold the bounds of a period, half-open."""

    since: dt.date | None
    until: dt.date | None


def titles(lang: str) -> dict[str, str]:
    """Give the metrics that can be shown, by name, with what they are called."""
    drawn = [name for name in METRICS if name in charts.__all__]
    return {
        name: METRICS[name].title(lang) for name in drawn if not set(NEEDS_MORE) & set(METRICS[name].inputs)
    }


def takes(metric: str) -> Mapping[str, inspect.Parameter]:
    """Give what a metric can be asked with."""
    return inspect.signature(METRICS[metric].function).parameters


def has_chart_in_a_currency(metric: str) -> bool:
    """Say whether the results of a metric have a row for each currency, and its chart shows one of them."""
    kept = METRICS[metric]
    return "currency" in (*kept.keys, *kept.names())


def is_of_orders(metric: str) -> bool:
    """Say whether a metric is of orders alone, so that one of several shops can be picked."""
    return METRICS[metric].inputs == ("orders",)


def span(period: str, today: dt.date, *, first: dt.date | None = None, last: dt.date | None = None) -> Span:
    """Bound a period.

    Parameters
    ----------
    today
        The day up to which the orders are known.
    first, last
        The days of a period of one's own, both of them in it.

    Examples
    --------
    >>> span("last_month", dt.date(2026, 1, 15))
    Span(since=datetime.date(2025, 12, 1), until=datetime.date(2026, 1, 1))
    """
    month = today.replace(day=1)
    if period == "this_month":
        return Span(month, None)
    if period == "last_month":
        return Span((month - dt.timedelta(days=1)).replace(day=1), month)
    if period == "last_90_days":
        return Span(today - dt.timedelta(days=89), None)
    if period == "last_12_months":
        year, place = divmod(month.year * 12 + month.month - 12, 12)
        return Span(dt.date(year, place + 1, 1), None)
    if period == "own":
        return Span(first, None if last is None else last + dt.timedelta(days=1))
    return Span(None, None)


def fitting(chosen: Span, oldest: dt.date, today: dt.date) -> str:
    """Choose the frequency that suits a span: days up to three months, weeks up to nine, then months.

    Examples
    --------
    >>> fitting(Span(dt.date(2026, 10, 1), None), dt.date(2024, 1, 1), dt.date(2026, 10, 20))
    'day'
    """
    begin = max(chosen.since or oldest, oldest)
    end = min(chosen.until or today, today)
    days = (end - begin).days
    return "day" if days <= 93 else "week" if days <= 280 else "month"


def options(metric: str, asked: Mapping[str, Any], *, fits: str) -> dict[str, Any]:
    """Give what a metric is asked with: of what was chosen that which it takes.

    Parameters
    ----------
    asked
        ``since``, ``until``, ``freq``, ``by`` as they were chosen.
    fits
        The frequency where it was left open, and the chart is one over time.
    """
    known = takes(metric)
    freq = asked["freq"]
    if freq == AUTO:
        freq = fits if metric in TIMED and asked["by"] is None else None
    by = asked["by"]
    if by == "amount_band" and not has_chart_in_a_currency(metric):
        by = ["currency", by]  # bands of two currencies are not compared
    wanted = {**asked, "freq": freq, "by": by}
    return {name: value for name, value in wanted.items() if name in known and value is not None}


def named(values: tuple[str | None, ...], kind: str, lang: str) -> list[tuple[str, str | None]]:
    """Name choices for a list of them."""
    return [(tr(f"picker.{kind}.{value or WHOLE}", lang), value) for value in values]


def dimensions(lang: str) -> list[tuple[str, str | None]]:
    """Name the dimensions for a list of them."""
    return [(tr("picker.unsplit", lang), None), *((tr(f"column.{name}", lang), name) for name in DIMENSIONS)]
