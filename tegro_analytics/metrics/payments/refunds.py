"""What went back, on the clock of refunds: when one was first seen, else when its order was paid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.metrics.asking import populations
from tegro_analytics.metrics.asking.clocks import DAY, HOUR, day_of, hour_of, within
from tegro_analytics.metrics.asking.question import Question
from tegro_analytics.metrics.engines.expressions import SUM
from tegro_analytics.metrics.results.cells import part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tegro_analytics.metrics.asking.window import Window
    from tegro_analytics.metrics.results.cells import Days

__all__ = ["NEEDS", "refunds"]

NEEDS = ("refund_first_seen_at",)
"""Columns of the orders that refunds need beside those of payments."""

_SEEN, _COUNT, _AMOUNT = "~refund_seen", "~refunded", "~refund_amount"
_AN_HOUR = np.timedelta64(1, "h")


def refunds(question: Question) -> pa.Table:
    """Sum the refunds by group and period, and count those whose moment is not known, as a part for cells."""
    table = _query(question)
    days, hours, inside = _clock(question, table)
    undated = pc.if_else(table[_SEEN].is_null(), table[_COUNT], 0)
    table = table.append_column("refunds", table[_AMOUNT]).append_column("undated_refunds", undated)
    table, days, hours = table.filter(pa.array(inside)), days[inside], hours[inside]
    if question.exchange is not None:
        table = question.exchange.converted(table, days, ["refunds"])
    return part(question, table, days, hours, ["refunds", "undated_refunds"])


def _query(question: Question) -> pa.Table:
    """Run the query: a row for each group and moment; for each day of payment where no moment is known."""
    seen, inside = nw.col("refund_first_seen_at"), within(question)
    is_refund = populations.paid(question.reference) & (nw.col("status") == populations.REFUNDED)
    frame = question.source.frame.filter(populations.not_test() & is_refund & (nw.col("amount") >= 0))
    if inside is not None:
        frame = frame.filter(inside | ~seen.is_null())
    undated: dict[str, Any] = {DAY: nw.when(seen.is_null()).then(day_of("paid"))}
    if question.hourly:
        undated[HOUR] = nw.when(seen.is_null()).then(hour_of("paid"))
    frame = frame.with_columns(**undated, **{_SEEN: seen, _COUNT: nw.lit(1), _AMOUNT: nw.col("amount")})
    sums = [nw.col(_AMOUNT).sum().cast(SUM), nw.col(_COUNT).count().cast(nw.Int64)]
    return question.source.collect(frame.group_by(*question.stored_groups, _SEEN, *undated).agg(*sums))


def _clock(question: Question, table: pa.Table) -> tuple[Days, NDArray[np.int64], NDArray[np.bool_]]:
    """Read the day and the hour of each row in the report zone, and whether it lies within the bounds."""
    moments = pd.DatetimeIndex(table[_SEEN].cast(pa.timestamp("us", tz="UTC")).to_numpy(), tz="UTC")
    local = moments.tz_convert(question.window.zone).tz_localize(None).to_numpy("M8[us]")
    midnight, known = local.astype("M8[D]"), ~np.isnat(local)
    hours = np.zeros(len(local), np.int64)
    if question.hourly:
        hours = table[HOUR].fill_null(0).to_numpy().copy()
    hours[known] = (local - midnight)[known] // _AN_HOUR
    inside = known & _within(question.window, local, moments.tz_localize(None).to_numpy("M8[us]"))
    return np.where(known, midnight, table[DAY].to_numpy().astype("M8[D]")), hours, inside | ~known


def _within(bounds: Window, local: NDArray[np.datetime64], utc: NDArray[np.datetime64]) -> NDArray[np.bool_]:
    """Say which moments lie within the bounds, as payments do: by their day, else by the instant.

    Where clocks go back, a wall-clock time comes twice, and its instants alone tell which one it is.
    """
    by_days = bounds.by_days
    since, until = (bounds.since, bounds.until) if by_days else bounds.instants()
    moments, inside = local if by_days else utc, np.ones(len(local), np.bool_)
    if since is not None:
        inside &= moments >= np.datetime64(since.replace(tzinfo=None), "us")
    if until is not None:
        inside &= moments < np.datetime64(until.replace(tzinfo=None), "us")
    return inside
