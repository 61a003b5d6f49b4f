"""The past of every group as a regular series, which what is watched is held against."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.asking.periods import Freq, next_start, start_of
from tegro_analytics.metrics.asking.question import Question
from tegro_analytics.metrics.asking.window import Window
from tegro_analytics.metrics.results.cells import PERIOD, cells, numbered, to_pandas, with_periods

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Moments = NDArray[np.datetime64]
    Floats = NDArray[np.float64]

WEEKS = 8
"""So many weeks before are what a period is held against."""

EIGHT_WEEKS = dt.timedelta(weeks=WEEKS)

_AN_HOUR = np.timedelta64(1, "h")
_NOTHING = dt.datetime(1970, 1, 1)  # noqa: DTZ001  a wall-clock time that no order has
_LAST = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Past:
    """Hold the series of every group.

    Attributes
    ----------
    groups : pandas.DataFrame
        A row for each group: its keys.
    starts : numpy.ndarray of datetime64[us]
        The starts of the periods, without a gap.
    first : numpy.ndarray of datetime64[us]
        The start of the first period in which each group has something: no past comes before it.
    values : mapping of str to numpy.ndarray of float64
        By name: a row for each group, a column for each period.
    """

    groups: pd.DataFrame
    starts: Moments
    first: Moments
    values: Mapping[str, Floats]


def past(
    question: Question, table: pa.Table, names: Sequence[str], *, since: dt.datetime | None, end: dt.datetime
) -> Past:
    """Lay out rows of groups and periods as one series for each group, 0 where nothing happened.

    Parameters
    ----------
    question
        What is asked; its frequency is that of the series.
    table
        Rows as :func:`~tegro_analytics.metrics.results.cells.part` places them, of the whole history.
    names
        The values; the first of them says whether there is something at all.
    since, end
        Where the series begin and end; without ``since`` they begin with the first period of all.
    """
    table = table.select([*question.groups, PERIOD, *names])
    times = _times(table)
    table = table.filter(pc.and_(pa.array(times < np.datetime64(end, "us")), pc.greater(table[names[0]], 0)))
    kept = table if since is None else table.filter(pa.array(_times(table) >= np.datetime64(since, "us")))
    bounded = replace(question, window=Window(since, end, question.window.zone))
    frame = cells(bounded, [kept], more_groups=table if question.groups else None)
    numbers, seen = numbered(question.groups, frame, to_pandas(table.select(question.groups)), table.num_rows)
    starts = np.unique(frame[PERIOD].to_numpy("M8[us]"))
    count = len(frame) // len(starts) if len(starts) else 0
    order = np.lexsort((frame[PERIOD].to_numpy("M8[us]"), numbers))
    shape = (count, len(starts))
    first = np.full(count, _LAST, np.int64)
    if count:
        np.minimum.at(first, seen, _times(table).astype(np.int64))
    return Past(
        groups=frame[question.groups].iloc[order[:: max(len(starts), 1)]].reset_index(drop=True),
        starts=starts,
        first=first.astype("M8[us]"),
        values={name: frame[name].to_numpy(np.float64)[order].reshape(shape) for name in names},
    )


def _times(table: pa.Table) -> Moments:
    times: Moments = table[PERIOD].to_numpy().astype("M8[us]")
    return times


def last_an_hour(starts: Moments, zone: ZoneInfo) -> NDArray[np.bool_]:
    """Say which hours of the wall clock last one: where clocks go forward or back, one lasts none or two.

    Examples
    --------
    >>> hours = np.array(["2026-03-29T01", "2026-03-29T02", "2026-10-25T02"], "M8[us]")
    >>> last_an_hour(hours, ZoneInfo("Europe/Berlin")).tolist()
    [True, False, False]
    """
    first, last = (
        pd.DatetimeIndex(moments)
        .tz_localize(zone, ambiguous=np.ones(len(moments), np.bool_), nonexistent="shift_forward")
        .tz_convert("UTC")
        for moments in (starts, starts + _AN_HOUR)
    )
    lasting: NDArray[np.bool_] = np.asarray(last - first == _AN_HOUR)
    return lasting


def whole_bounds(
    question: Question, freq: Freq, *, after: dt.timedelta = dt.timedelta(0)
) -> tuple[dt.datetime | None, dt.datetime]:
    """Find the first and the last moment between which all periods are whole, and over at ``as_of``.

    Parameters
    ----------
    after
        How much time has to have passed since a period.
    """
    since, until = question.window.since, question.window.until
    if since is not None:
        start = start_of(since, freq)
        since = start if start == since else next_start(start, freq)
    if question.as_of is None:
        return since, since or _NOTHING
    end = start_of(question.now - after, freq)
    return since, end if until is None else min(end, start_of(until, freq))


def everything(question: Question, freq: Freq) -> Question:
    """Ask for the whole history, by another frequency."""
    return replace(question, freq=freq, window=Window(None, None, question.window.zone))


def rows_of(
    question: Question, seen: Past, starts: Moments, mask: NDArray[np.bool_], values: Mapping[str, Any]
) -> pd.DataFrame:
    """Make a row for each group and period that a mask picks, sorted by its keys, periods named.

    Parameters
    ----------
    starts
        The starts of the periods: the columns of ``mask`` and ``values``, whose rows are the groups.
    """
    group, period = np.nonzero(mask)
    frame = seen.groups.iloc[group].reset_index(drop=True)
    frame[PERIOD] = starts[period].astype("M8[us]")
    for name, matrix in values.items():
        frame[name] = matrix[group, period]
    frame = with_periods(question, frame, after=dt.timedelta(0))
    keys = [name for name in question.keys if name not in ("period_end", "complete")]
    return frame.sort_values(keys, kind="stable", ignore_index=True)


def refuse_calendar(question: Question, *names: str) -> None:
    """Refuse dimensions of the calendar where the calendar is compared anyway.

    Raises
    ------
    DataError
        If one of ``names`` is a dimension.
    """
    for name in names:
        if name in question.dims:
            raise DataError(
                f"by={name!r} makes no sense for {question.metric.name}, which compares the same times of "
                "the week anyway: leave it out"
            )
