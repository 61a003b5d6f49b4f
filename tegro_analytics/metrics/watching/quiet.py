"""Quiet time: what the same hours of the weeks before would have brought in it."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa

from tegro_analytics.metrics.asking.periods import start_of
from tegro_analytics.metrics.asking.question import Question
from tegro_analytics.metrics.results.cells import PERIOD, numbered, to_pandas
from tegro_analytics.metrics.watching.past import EIGHT_WEEKS, WEEKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Moments = NDArray[np.datetime64]
    Floats = NDArray[np.float64]

_SLOTS = 7 * 24
_HOUR = 3_600_000_000  # microseconds
_QUARTER = _HOUR // 4


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hold how long it is quiet, and what was expected; what is not known is NaN."""

    silent_hours: float
    expected_payments: float
    probability: float
    history_weeks: int


def hours_of_groups(question: Question, frame: pd.DataFrame, table: pa.Table) -> list[tuple[Moments, Floats]]:
    """Split payments by hour into those of each group of a frame: the starts of hours, and how many.

    Parameters
    ----------
    frame
        Has the keys of the groups, one row for each.
    table
        Payments by group and hour.
    """
    table = table.filter(pa.array(table["payments"].to_numpy() > 0))
    numbers, groups = numbered(
        question.groups, frame, to_pandas(table.select(question.groups)), table.num_rows
    )
    hours, payments = (
        table[PERIOD].to_numpy().astype("M8[us]"),
        table["payments"].to_numpy().astype(np.float64),
    )
    if not question.groups:
        return [(hours, payments)] * len(frame)
    return [(hours[groups == number], payments[groups == number]) for number in numbers]


def quiet_time(
    last: dt.datetime | None, now: dt.datetime, zone: ZoneInfo, hours: Moments, payments: Floats
) -> Quiet:
    """Measure the time since the last payment, and what it should have brought.

    Parameters
    ----------
    last
        When the last payment was.
    hours, payments
        The hours with payments, as wall-clock times of the zone, and how many each has.
    """
    if last is None:
        return Quiet(math.nan, math.nan, math.nan, 0)
    silent = (now - last) / dt.timedelta(hours=1)
    end = start_of(last.astimezone(zone).replace(tzinfo=None), "hour")
    weeks = min(int((end - hours.min().item()) / dt.timedelta(weeks=1)), WEEKS)
    if weeks < WEEKS:
        return Quiet(silent, math.nan, math.nan, weeks)
    before = (hours >= np.datetime64(end - EIGHT_WEEKS, "us")) & (hours < np.datetime64(end, "us"))
    usual = np.bincount(_slots(hours[before]), payments[before], _SLOTS) / WEEKS
    expected = float(hours_in(last, now, zone) @ usual)
    return Quiet(silent, expected, math.exp(-expected), weeks)


def _slots(hours: Moments) -> NDArray[np.int64]:
    """Number the hours of the week, 0 to 167, whatever day the week begins on."""
    numbers: NDArray[np.int64] = hours.astype("M8[h]").astype(np.int64) % _SLOTS
    return numbers


def hours_in(start: dt.datetime, end: dt.datetime, zone: ZoneInfo) -> Floats:
    """Count how many hours of a span fall on each hour of the week; parts of hours as parts.

    The span is cut at every quarter of an hour: clocks of all zones go by these.
    """
    first, last = (
        np.datetime64(one.astimezone(dt.UTC).replace(tzinfo=None), "us").astype(np.int64)
        for one in (start, end)
    )
    inner = np.arange(first // _QUARTER * _QUARTER + _QUARTER, last, _QUARTER)
    edges = np.concatenate([[first], inner, [last]])
    moments = pd.DatetimeIndex(edges[:-1].astype("M8[us]")).tz_localize("UTC").tz_convert(zone)
    local = moments.tz_localize(None).to_numpy("M8[us]")
    return np.bincount(_slots(local), np.diff(edges) / _HOUR, _SLOTS).astype(np.float64)
