"""How long orders were unpaid: the curve of the share that was paid by each moment.

The estimator is that of Kaplan and Meier. It needs how many orders were paid, and how many were last seen
unpaid, after each whole second. The engine counts them; what takes longer than the last moment that is asked
for is unpaid at all of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from statsmodels.duration.survfunc import SurvfuncRight

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.asking import populations
from tegro_analytics.metrics.asking.clocks import grouped, within
from tegro_analytics.metrics.asking.question import Question
from tegro_analytics.metrics.results.cells import (
    MAX_ROWS,
    PERIOD,
    cells,
    numbered,
    placed,
    to_pandas,
    with_periods,
)
from tegro_analytics.metrics.results.rates import ALPHA

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

NEEDS = ("status", "is_test", "created_at", "created_date", "seconds_to_pay", "observed_at")
"""Columns of the orders that the curve is made from."""

_SECONDS, _KIND, _SEEN = "~seconds", "~kind", "~seen"
_PAID, _OPEN, _LOST = 1, 2, 3
_MICROSECONDS = 1_000_000
_LONGEST = 100 * 366 * 86_400


def moments(at: Any) -> Whole:
    """Read the moments that are asked for, in seconds: once each, the shortest first.

    Raises
    ------
    DataError
        If they are not whole numbers of 0 or more, or there is none.
    """
    given = list(at) if isinstance(at, Iterable) and not isinstance(at, str) else [at]
    for one in given:
        if isinstance(one, bool) or not isinstance(one, (int, np.integer)) or not 0 <= one <= _LONGEST:
            raise DataError(f"at={one!r}: give whole seconds from creation, of 0 to {_LONGEST:,}")
    if not given:
        raise DataError("at= is empty: give at least one moment, in seconds from creation")
    return np.unique(np.array(given, np.int64))


def curves(question: Question, at: Whole) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Make the curve of every group and period: its keys, a row for each moment, and its values."""
    wide = replace(question, dims=(*question.dims, _SECONDS, _KIND))
    table = placed(wide, _query(wide, int(at[-1])))
    keys = [*question.groups, *([PERIOD] if question.freq else [])]
    left_out = pc.if_else(pc.is_null(table[_SECONDS]), table["orders"], 0)
    totals = table.select([*keys, "orders"]).append_column("excluded", left_out)
    frame = cells(question, [totals])
    if len(frame) * len(at) > MAX_ROWS:
        raise DataError(
            f"{question.metric.name} would have {len(frame) * len(at):,} rows, {len(frame):,} curves of "
            f"{len(at):,} moments: ask for fewer moments, a coarser freq= or fewer dimensions"
        )
    _, row = numbered(keys, frame, to_pandas(table.select(keys)), table.num_rows)
    values = _stacked([_curve(own, at) for own in _by_row(table, row, len(frame))])
    for name in ("orders", "excluded"):
        values[name] = np.repeat(frame[name].to_numpy(), len(at))
    values["seconds"] = np.tile(at, len(frame))
    frame = with_periods(question, frame, after=populations.MATURITY)
    return frame.loc[frame.index.repeat(len(at))].reset_index(drop=True), values


def _query(question: Question, last: int) -> pa.Table:
    """Count orders by group and period, by what became of them and after how many seconds.

    Whatever takes longer than the last moment is unpaid at each of them: it is one second longer.
    """
    frame = question.source.frame.filter(populations.not_test() & populations.known(question.reference))
    inside = within(question)
    if inside is not None:
        frame = frame.filter(inside)
    seen = _since_epoch(question, "observed_at") - _since_epoch(question, "created_at")
    frame = frame.with_columns(
        nw.when(populations.paid(question.reference))
        .then(nw.lit(_PAID))
        .otherwise(nw.when(populations.lost(question.reference)).then(nw.lit(_LOST)).otherwise(nw.lit(_OPEN)))
        .cast(nw.Int64)
        .alias(_KIND),
        seen.alias(_SEEN),
    )
    frame = frame.with_columns(_seconds(last).cast(nw.Int64).alias(_SECONDS))
    return grouped(question, frame, [nw.len().cast(nw.Int64).alias("orders")], clock="created")


def _since_epoch(question: Question, name: str) -> nw.Expr:
    """Express an instant as microseconds since 1970, in the one way that each engine does exactly.

    A difference of instants will not do: DuckDB takes it by the calendar of its session, in which a day may
    have 23 hours, and Spark cannot count it. A cast to whole numbers means something else on each.
    """
    column, engine = nw.col(name), question.source.frame.implementation
    if engine.is_duckdb():
        return column.dt.total_microseconds()  # `epoch_us`, which takes instants too
    if engine.is_spark_like():  # a cast gives whole seconds
        return column.cast(nw.Int64) * _MICROSECONDS + column.dt.microsecond().cast(nw.Int64)
    return column.dt.timestamp("us")


def _seconds(last: int) -> nw.Expr:
    """Express after how many whole seconds an order was paid, or last seen unpaid; null where none can say.

    Payments come in whole seconds, so that a part of one keeps no order at risk.
    """
    kind, paid, seen = nw.col(_KIND), nw.col("seconds_to_pay"), nw.col(_SEEN)
    beyond = nw.lit(last + 1, dtype=nw.Int64)
    after = nw.when(paid > last).then(beyond).otherwise(nw.when(paid >= 0).then(paid))
    whole = nw.when(seen >= 0).then(seen // _MICROSECONDS)
    watched = nw.when(seen >= (last + 1) * _MICROSECONDS).then(beyond).otherwise(whole)
    return (
        nw.when(kind == _PAID).then(after).otherwise(nw.when(kind == _LOST).then(beyond).otherwise(watched))
    )


def _by_row(table: pa.Table, row: Whole, rows: int) -> list[tuple[Whole, Whole, Whole]]:
    """Split what was counted by the row of the result: seconds, kinds, counts."""
    kept = ~table[_SECONDS].is_null().to_numpy()
    seconds = table[_SECONDS].fill_null(0).to_numpy()[kept]
    kinds, counts = table[_KIND].to_numpy()[kept], table["orders"].to_numpy()[kept]
    order = np.argsort(row[kept], kind="stable")
    ends = np.searchsorted(row[kept][order], np.arange(rows + 1))
    return [
        (seconds[own], kinds[own], counts[own])
        for own in (order[start:end] for start, end in itertools.pairwise(ends))
    ]


def _curve(counted: tuple[Whole, Whole, Whole], at: Whole) -> dict[str, Any]:
    """Compute one curve at the moments, with its interval, the orders at risk and the payments by then.

    The interval is made here of the numbers at risk: with weights, the error of the library is that of the
    logarithm of the curve, by another formula.
    """
    seconds, kinds, counts = counted
    event = kinds == _PAID
    values = {
        "at_risk": np.array([counts[seconds >= moment].sum() for moment in at], np.int64),
        "paid_by_then": np.array([counts[event & (seconds <= moment)].sum() for moment in at], np.int64),
    }
    missing = np.full(len(at), np.nan)
    if not len(seconds):
        return {**values, **dict.fromkeys(("paid_share", "paid_share_low", "paid_share_high"), missing)}
    fitted = SurvfuncRight(seconds, event.astype(np.int64), freq_weights=counts)
    place = np.searchsorted(fitted.surv_times, at, side="right")
    unpaid = np.concatenate([[1.0], fitted.surv_prob])[place]
    low, high = _interval(unpaid, _variance(fitted.n_risk, fitted.n_events)[place])
    # Where an open order may still be paid, nothing is known of what comes after all were last seen.
    known = (at <= seconds.max()) | (not (kinds == _OPEN).any())
    shares = {"paid_share": 1 - unpaid, "paid_share_low": low, "paid_share_high": high}
    return {**values, **{name: np.where(known, share, np.nan) for name, share in shares.items()}}


def _variance(at_risk: Floats, events: Floats) -> Floats:
    """Sum the terms of Greenwood: before the first payment, and after each; infinite once all have paid."""
    left = at_risk - events
    terms = np.where(left > 0, events / (at_risk * np.where(left > 0, left, 1)), np.inf)
    return np.concatenate([[0.0], np.cumsum(terms)])


def _interval(unpaid: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Compute the 95 % interval of 1 − ``unpaid`` on the scale log(−log), which keeps it within 0 and 1.

    There is none where nobody, or everybody, has paid.
    """
    low, high = np.full(len(unpaid), np.nan), np.full(len(unpaid), np.nan)
    some = (unpaid > 0) & (unpaid < 1)
    logs = np.log(unpaid[some])
    width = NormalDist().inv_cdf(1 - ALPHA / 2) * np.sqrt(variance[some]) / -logs
    low[some], high[some] = -np.expm1(logs * np.exp(-width)), -np.expm1(logs * np.exp(width))
    return low, high


def _stacked(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Put the values of all curves one after the other."""
    names = ("paid_share", "paid_share_low", "paid_share_high", "at_risk", "paid_by_then")
    return {name: np.concatenate([one[name] for one in found]) if found else np.array([]) for name in names}
