"""The triangle of cohorts: payers by the month of their first payment and by the months they paid in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.asking.clocks import DAY
from tegro_analytics.metrics.asking.question import CALENDAR, Question
from tegro_analytics.metrics.people.payers import CUSTOMER, FIRST, INSIDE, MOMENT, bounds_of, moment
from tegro_analytics.metrics.results.cells import MAX_ROWS, to_pandas

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

_MONTH, _COHORT, _PAYERS = "~month", "~cohort", "~payers"
_1970 = 1970 * 12


def payers_by_month(question: Question, payments: nw.LazyFrame[Any]) -> pa.Table:
    """Count payers by group, by the month of their first payment, and by the months in which they paid.

    Those whose first payment lies outside the bounds are counted apart: they say where the history begins.

    Raises
    ------
    DataError
        If a dimension tells the payments of one payer apart by their time.
    """
    dims = list(question.dims)
    if calendar := [name for name in dims if name in CALENDAR]:
        raise DataError(
            f"by={calendar[0]!r} is no group of customers: split cohorts by a column of the orders"
        )
    names = [*dims, CUSTOMER]
    first = [nw.col(MOMENT).min().over(*names).alias(FIRST), nw.col(_MONTH).min().over(*names).alias(_COHORT)]
    each = (
        payments.filter(~nw.col("customer").is_null())
        .with_columns(**{CUSTOMER: nw.col("customer"), _MONTH: _month(), MOMENT: moment(question.window)})
        .group_by(*names, _MONTH)
        .agg(nw.col(MOMENT).min())
        .with_columns(*first)
        .with_columns(_inside(question).alias(INSIDE))
    )
    return question.source.collect(
        each.group_by(*dims, _COHORT, _MONTH, INSIDE).agg(nw.len().cast(nw.Int64).alias(_PAYERS))
    )


def _month() -> nw.Expr:
    """Number the months, January of the year 0 as 0."""
    day = nw.col(DAY)
    return day.dt.year().cast(nw.Int64) * 12 + day.dt.month().cast(nw.Int64) - 1


def _inside(question: Question) -> nw.Expr:
    """Express that the first payment of a payer lies within the bounds, as 1 or 0."""
    since, until = bounds_of(question.window)
    first, one = nw.col(FIRST), nw.lit(1)
    parts = ([] if since is None else [first >= since]) + ([] if until is None else [first < until])
    if not parts:
        return one
    return nw.when(nw.all_horizontal(*parts, ignore_nulls=False)).then(one).otherwise(nw.lit(0))


@dataclass(frozen=True)
class _Span:
    """Hold the months of a group: where its history begins, its cohorts before ``stop``, the last seen."""

    begin: int
    first: int
    stop: int
    last: int

    @property
    def rows(self) -> int:
        """Count the cells: each cohort has one for its own month and each later one."""
        cohorts = self.stop - self.first
        return cohorts * (self.last - self.first + 1) - cohorts * (cohorts - 1) // 2


def triangle(question: Question, table: pa.Table) -> pd.DataFrame:
    """Give each group, cohort and month up to that of ``as_of`` a row, with 0 where nobody paid.

    Raises
    ------
    DataError
        If there would be too many rows.
    """
    frame = to_pandas(table)
    groups, parts = _by_group(frame, list(question.dims))
    spans = [_span(question, part) for part in parts]
    sizes = [span.rows for span in spans]
    if sum(sizes) > MAX_ROWS:
        raise DataError(
            f"{question.metric.name} would have {sum(sizes):,} rows in {len(sizes):,} groups: narrow since= "
            "and until=, or ask for fewer dimensions"
        )
    made = [_cells(part, span) for part, span in zip(parts, spans, strict=True)]
    rows = groups.loc[np.repeat(np.arange(len(parts)), sizes)].reset_index(drop=True)
    numbers = np.concatenate([np.zeros((0, 5), np.int64), *made])
    cohorts, months, sizes_of_cohorts, payers, begins = numbers.T
    rows["cohort"], rows["month"] = _starts(cohorts), months - cohorts
    rows["cohort_size"], rows["payers"] = sizes_of_cohorts, payers
    rows["complete"] = _complete(question, cohorts, months)
    rows["left_edge"] = cohorts == begins
    return rows


def _by_group(frame: pd.DataFrame, dims: list[str]) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Split counts by their group, sorted, and list the groups."""
    if frame.empty or not dims:
        return frame[dims].head(1), [frame] * (not frame.empty)
    frame = frame.sort_values(dims, kind="stable", ignore_index=True)
    codes = frame.groupby(dims, dropna=False, sort=False).ngroup().to_numpy()
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    ends: Sequence[int] = [*starts[1:], len(frame)]
    groups = frame.loc[starts, dims].reset_index(drop=True)
    return groups, [frame.iloc[start:end] for start, end in zip(starts, ends, strict=True)]


def _span(question: Question, part: pd.DataFrame) -> _Span:
    """Find the months of a group: what comes after ``as_of`` has not been seen, whatever the orders hold."""
    begin, last = int(part[_COHORT].min()), _number(question.now)
    first, stop, bounds = begin, last + 1, question.window
    if bounds.since is not None:
        first = max(first, _number(bounds.since))
    if bounds.until is not None:
        stop = min(stop, _number(bounds.until - dt.timedelta(microseconds=1)) + 1)
    return _Span(begin, first, max(first, stop), last)


def _number(local: dt.datetime) -> int:
    return local.year * 12 + local.month - 1


def _cells(part: pd.DataFrame, span: _Span) -> NDArray[np.int64]:
    """Make a row for each cell of a group: cohort, month, size of the cohort, payers, first cohort of all."""
    if not span.rows:
        return np.zeros((0, 5), np.int64)
    part = part[(part[INSIDE] == 1) & (part[_COHORT] < span.stop) & (part[_MONTH] <= span.last)]
    counts = np.zeros((span.stop - span.first, span.last - span.first + 1), np.int64)
    cohorts, months = (part[name].to_numpy(np.int64) - span.first for name in (_COHORT, _MONTH))
    counts[cohorts, months] = part[_PAYERS].to_numpy(np.int64)
    rows, columns = np.triu_indices(len(counts), m=counts.shape[1])
    begin = np.full(len(rows), span.begin)
    return np.stack(
        [rows + span.first, columns + span.first, counts[rows, rows], counts[rows, columns], begin], axis=1
    )


def _starts(months: NDArray[np.int64]) -> NDArray[Any]:
    """Give the first day of numbered months."""
    return (months - _1970).astype("M8[M]").astype("M8[us]")


def _complete(question: Question, cohorts: NDArray[np.int64], months: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say whether a cell can still change: its month ended, and no bound cuts its cohort."""
    known = {
        month: question.ends_by(_starts(np.array([month + 1]))[0].item())
        for month in np.unique(months).tolist()
    }
    seen = np.array([known[month] for month in months.tolist()], np.bool_)
    bounds = question.window
    if bounds.since is not None:
        seen &= _starts(cohorts) >= np.datetime64(bounds.since, "us")
    if bounds.until is not None:
        seen &= _starts(cohorts + 1) <= np.datetime64(bounds.until, "us")
    return seen
