"""Periods: hour, day, week, month, quarter, year, as wall-clock times of the report zone."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from tegro_analytics.exceptions import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Freq = Literal["hour", "day", "week", "month", "quarter", "year"]
FREQS: tuple[Freq, ...] = get_args(Freq)

_HOUR = dt.timedelta(hours=1)
_DAY = dt.timedelta(days=1)
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_FIRST_MONDAY = np.datetime64("1969-12-29", "D")


def frequency(freq: str | None) -> Freq | None:
    """Check a frequency.

    Raises
    ------
    DataError
        If it is none of those that there are.
    """
    if freq is None or freq in FREQS:
        return freq
    raise DataError(f"freq={freq!r} is unknown: give one of {', '.join(map(repr, FREQS))}, or None")


def start_of(local: dt.datetime, freq: Freq) -> dt.datetime:
    """Find the start of the period that holds a wall-clock time.

    Examples
    --------
    >>> start_of(dt.datetime(2026, 11, 24, 4, 4), "week")
    datetime.datetime(2026, 11, 23, 0, 0)
    >>> start_of(dt.datetime(2026, 11, 24, 4, 4), "quarter")
    datetime.datetime(2026, 10, 1, 0, 0)
    """
    if freq == "hour":
        return local.replace(minute=0, second=0, microsecond=0)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if freq == "day":
        return midnight
    if freq == "week":
        return midnight - midnight.weekday() * _DAY
    return midnight.replace(month=(midnight.month - 1) // _MONTHS[freq] * _MONTHS[freq] + 1, day=1)


def next_start(start: dt.datetime, freq: Freq) -> dt.datetime:
    """Find the start of the period after the one that starts at ``start``: where that one ends.

    Examples
    --------
    >>> next_start(dt.datetime(2026, 10, 1), "quarter")
    datetime.datetime(2027, 1, 1, 0, 0)
    """
    if freq == "hour":
        return start + _HOUR
    if freq in ("day", "week"):
        return start + (_DAY if freq == "day" else 7 * _DAY)
    months = start.year * 12 + start.month - 1 + _MONTHS[freq]
    return start.replace(year=months // 12, month=months % 12 + 1)


def all_starts(first: dt.datetime, end: dt.datetime, freq: Freq) -> NDArray[np.datetime64]:
    """List the start of every period that holds a part of [first, end).

    Examples
    --------
    >>> all_starts(dt.datetime(2026, 10, 15), dt.datetime(2026, 12, 1), "month").astype("M8[D]").astype(str)
    array(['2026-10-01', '2026-11-01'], dtype='<U28')
    """
    start = start_of(first, freq)
    if first >= end:
        return np.array([], "M8[us]")
    if freq not in _MONTHS:
        step = np.timedelta64(next_start(start, freq) - start, "us")
        return np.arange(np.datetime64(start, "us"), np.datetime64(end, "us"), step)
    count = (end.year - start.year) * 12 + end.month - start.month + 1
    months = np.datetime64(start, "M") + np.arange(0, count, _MONTHS[freq])
    starts: NDArray[np.datetime64] = months.astype("M8[us]")
    return starts[starts < np.datetime64(end, "us")]


def starts_of(days: NDArray[Any], freq: Freq) -> NDArray[Any]:
    """Find the start of the period of each day, for frequencies from the day up.

    Parameters
    ----------
    days : numpy.ndarray of datetime64[D]

    Returns
    -------
    numpy.ndarray of datetime64[D]

    Examples
    --------
    >>> starts_of(np.array(["1969-12-28", "2026-11-24"], "M8[D]"), "week").astype(str).tolist()
    ['1969-12-22', '2026-11-23']
    """
    if freq == "day":
        return days
    if freq == "week":
        return days - (days - _FIRST_MONDAY) % np.timedelta64(7, "D")
    months = days.astype("M8[M]").astype(np.int64)
    first: NDArray[Any] = (months - months % _MONTHS[freq]).astype("M8[M]").astype("M8[D]")
    return first
