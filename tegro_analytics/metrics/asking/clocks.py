"""The clocks of orders, when one was paid and when it was created, as expressions that every engine knows."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import narwhals as nw

from tegro_analytics.metrics.asking.periods import Freq
from tegro_analytics.metrics.asking.question import Question
from tegro_analytics.metrics.definition import Clock
from tegro_analytics.metrics.engines.expressions import week_number, weekday_number

if TYPE_CHECKING:
    from typing import Any

    import pyarrow as pa

DAY, HOUR, WEEKDAY, PERIOD_KEY = "~day", "~hour", "~weekday", "~key"
"""Columns of a query beside its values: a day of the period, the hour, the weekday, what tells periods apart.

The last one grows from period to period; those of an hour need the hour beside it.
"""


def day_of(clock: Clock) -> nw.Expr:
    """Express the day on the clock of a metric; a payment without a date is dated by its creation."""
    return _of(clock, "date")


def hour_of(clock: Clock) -> nw.Expr:
    """Express the hour of the day on the clock of a metric."""
    return _of(clock, "hour")


def _of(clock: Clock, part: str) -> nw.Expr:
    created = nw.col(f"created_{part}")
    return nw.coalesce(nw.col(f"paid_{part}"), created) if clock == "paid" else created


def within(question: Question) -> nw.Expr | None:
    """Express that an order lies within the bounds, by its day where they are days; None without bounds."""
    bounds, clock = question.window, question.metric.clock
    if bounds.is_open:
        return None
    since: dt.date | None
    until: dt.date | None
    if bounds.by_days:
        since, until = (None if one is None else one.date() for one in (bounds.since, bounds.until))
        value = day_of(clock)
    else:
        since, until = bounds.instants()
        value = _of(clock, "at")
    parts = ([] if since is None else [value >= since]) + ([] if until is None else [value < until])
    return nw.all_horizontal(*parts, ignore_nulls=False)


def period_keys(question: Question, clock: Clock) -> dict[str, nw.Expr]:
    """Express what tells periods, hours and weekdays apart, by the name of the column to make."""
    keys: dict[str, nw.Expr] = {}
    if question.freq:
        keys[PERIOD_KEY] = _period_key(question.freq, clock)
    if question.hourly:
        keys[HOUR] = hour_of(clock)
    if "weekday" in question.dims:
        keys[WEEKDAY] = nw.col("created_weekday") if clock == "created" else weekday_number(day_of(clock))
    return keys


def _period_key(freq: Freq, clock: Clock) -> nw.Expr:
    day = day_of(clock)
    if freq == "week":
        return nw.col("created_week") if clock == "created" else week_number(day)
    if freq in ("hour", "day"):
        return day
    year, month = day.dt.year().cast(nw.Int64), day.dt.month().cast(nw.Int64)
    if freq == "year":
        return year
    return year * 12 + month if freq == "month" else year * 4 + (month - 1) // 3


def grouped(question: Question, frame: nw.LazyFrame[Any], values: list[nw.Expr], *, clock: Clock) -> pa.Table:
    """Run a query that has a row for each group and period, with a day of the period in ``~day``.

    Parameters
    ----------
    question
        What is asked: its groups and periods are the keys.
    frame
        The orders that count, with the columns that ``values`` aggregate.
    values
        Aggregates, cast as :data:`~tegro_analytics.metrics.engines.expressions.SUM` and Int64 have to be.
    clock
        What periods, hours and weekdays go by.
    """
    keys = period_keys(question, clock)
    frame = frame.with_columns(**keys, **{DAY: day_of(clock)})
    aggregates = [nw.col(DAY).min(), *values]
    names = [*question.stored_groups, *keys]
    return question.source.collect(
        frame.group_by(*names).agg(*aggregates) if names else frame.select(*aggregates)
    )
