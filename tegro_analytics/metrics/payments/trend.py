"""What came before and what is to come: growth, rolling sums, the run rate of a period that has not ended."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.metrics.asking import populations
from tegro_analytics.metrics.asking.clocks import DAY, HOUR, day_of, hour_of
from tegro_analytics.metrics.asking.periods import Freq, start_of, starts_of
from tegro_analytics.metrics.asking.question import Question
from tegro_analytics.metrics.engines.expressions import SUM
from tegro_analytics.metrics.payments.paid import Payments, clock_of, converted
from tegro_analytics.metrics.results.cells import PERIOD, part, to_pandas
from tegro_analytics.metrics.results.rates import ratio
from tegro_analytics.money import rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Days = NDArray[np.datetime64]

WINDOWS = {"rolling_7d": 7, "rolling_28d": 28}
COLUMNS = ("growth", "growth_year", *WINDOWS, "run_rate")

_WEEKS = 8
"""The run rate goes by the weekdays of so many complete weeks."""

_GROSS = "gross_volume"
_ONE_DAY = np.timedelta64(1, "D")
_PARTS = 10**24
"""Units in 1 here: sums that were converted by a rate have up to 24 places."""


@dataclass
class History:
    """Hold the gross volume of every group by day and by period, as exact whole numbers of parts.

    ``codes`` numbers the group of each row of the frame; ``days`` has, for each group, its days with sums.
    """

    codes: NDArray[np.int64]
    days: dict[int, tuple[Days, NDArray[np.object_]]]
    periods: dict[tuple[int, np.datetime64], int]
    first: np.datetime64 | None

    def between(self, code: int, first: np.datetime64, last: np.datetime64) -> int:
        """Sum the days of a group from the first to the last, both included."""
        return int(self.windows(code, np.array([first]), np.array([last]))[0])

    def windows(self, code: int, first: NDArray[Any], last: NDArray[Any]) -> NDArray[np.object_]:
        """Sum the days of a group from each of the first to its last, both included."""
        if code not in self.days:
            return np.full(len(first), 0, dtype=object)
        days, before = self.days[code]
        sums: NDArray[np.object_] = (
            before[np.searchsorted(days, last + _ONE_DAY)] - before[np.searchsorted(days, first)]
        )
        return sums

    def on(self, code: int, day: np.datetime64) -> int:
        """Give the sum of one day of a group."""
        return self.between(code, day, day)


def trend(question: Question, frame: pd.DataFrame, paid: Payments) -> dict[str, Any]:
    """Compute growth, rolling sums and the run rate for the rows of ``frame``, which has periods.

    The history before the bounds counts: they bound what is shown, not what is known. Without periods all
    of it is missing.
    """
    if question.freq is None or frame.empty:
        nothing = np.full(len(frame), None, dtype=object)
        rates = np.full(len(frame), np.nan)
        return {name: rates if name.startswith("growth") else nothing for name in COLUMNS}
    history = _history(question, frame, paid)
    return {
        **_growth(question.freq, frame, history),
        **_rolling(question.freq, frame, history),
        "run_rate": _run_rate(question, question.freq, frame, history),
    }


def _history(question: Question, frame: pd.DataFrame, paid: Payments) -> History:
    """Sum the whole history by day and by period."""
    table = paid.days.filter(pc.field("payments") > 0) if question.window.is_open else _whole(question)
    days, hours = clock_of(table)
    daily = part(replace(question, freq=None), table, days, hours, [_GROSS], apart={DAY: pa.array(days)})
    by_period = part(question, table, days, hours, [_GROSS])
    groups = question.groups
    pieces = [frame[groups], to_pandas(daily.select(groups)), to_pandas(by_period.select(groups))]
    numbers = pd.concat(pieces, ignore_index=True).groupby(groups, dropna=False, sort=False).ngroup()
    rows, of_days, of_periods = np.split(
        np.asarray(numbers, np.int64), np.cumsum([len(piece) for piece in pieces])[:-1]
    )
    starts = by_period[PERIOD].to_numpy().astype("M8[us]")
    sums = zip(of_periods.tolist(), starts, _whole_numbers(by_period), strict=True)
    return History(
        codes=rows,
        days=_by_group(of_days, daily[DAY].to_numpy().astype("M8[D]"), _whole_numbers(daily)),
        periods={(code, start): value for code, start, value in sums},
        first=days.min() if len(days) else None,
    )


def _whole(question: Question) -> pa.Table:
    """Run the query over the whole history: a row for each group and day, and hour where hours matter."""
    frame = question.source.frame.filter(populations.not_test() & populations.paid(question.reference))
    made = {DAY: day_of("paid"), **({HOUR: hour_of("paid")} if question.hourly else {})}
    frame = frame.filter(nw.col("amount") >= 0).with_columns(**made, **{_GROSS: nw.col("amount")})
    summed = frame.group_by(*question.stored_groups, *made).agg(nw.col(_GROSS).sum().cast(SUM))
    table = question.source.collect(summed)
    return converted(question, table, clock_of(table)[0], [_GROSS])


def _whole_numbers(table: pa.Table) -> list[int]:
    """Read sums as whole numbers of parts, which add up exactly however long they are."""
    return [_parts(value) for value in table[_GROSS].to_pylist()]


def _parts(value: Decimal | None) -> int:
    above, below = (value or Decimal(0)).as_integer_ratio()
    return above * (_PARTS // below)


def _by_group(
    codes: NDArray[np.int64], days: Days, sums: list[int]
) -> dict[int, tuple[Days, NDArray[np.object_]]]:
    """Sort the days of each group, with the sum of all that come before each."""
    order = np.lexsort((days, codes))
    values = np.array(sums, dtype=object)[order]
    edges = np.flatnonzero(np.diff(codes[order])) + 1
    found = {}
    for rows, own, amounts in zip(
        np.split(order, edges), np.split(days[order], edges), np.split(values, edges), strict=True
    ):
        if len(rows):
            before = np.concatenate([np.array([0], dtype=object), np.cumsum(amounts)])
            found[int(codes[rows[0]])] = (own, before)
    return found


def _growth(freq: Freq, frame: pd.DataFrame, history: History) -> dict[str, Any]:
    """Set each period against the one before, and against the same one a year before.

    Missing unless both are complete and something was paid in the earlier one.
    """
    starts = [start.to_pydatetime() for start in frame["period_start"]]
    own = [
        history.periods.get((code, np.datetime64(start, "us")), 0)
        for code, start in zip(history.codes.tolist(), starts, strict=True)
    ]
    found = {}
    for name, earlier in (("growth", _before), ("growth_year", _year_before)):
        moved = [earlier(start, freq) for start in starts]
        past = [
            0 if start is None else history.periods.get((code, np.datetime64(start, "us")), 0)
            for code, start in zip(history.codes.tolist(), moved, strict=True)
        ]
        whole = frame["complete"].to_numpy()
        rates = ratio([now - then for now, then in zip(own, past, strict=True)], past)
        found[name] = np.where(whole, rates, np.nan)
    return found


def _before(start: dt.datetime, freq: Freq) -> dt.datetime:
    """Find the start of the period before."""
    return start_of(start - dt.timedelta(microseconds=1), freq)


def _year_before(start: dt.datetime, freq: Freq) -> dt.datetime | None:
    """Find the start of the same period a year before: for weeks 52 of them; 29 February has none."""
    if freq == "week":
        return start - dt.timedelta(weeks=52)
    try:
        return start.replace(year=start.year - 1)
    except ValueError:
        return None


def _rolling(freq: Freq, frame: pd.DataFrame, history: History) -> dict[str, Any]:
    """Sum the days that end with each complete period; missing until the window is full."""
    ends = frame["period_end"].to_numpy("M8[D]")
    found = {}
    for name, length in WINDOWS.items():
        sums = np.full(len(frame), None, dtype=object)
        full = frame["complete"].to_numpy() & (freq != "hour") & (history.first is not None)
        if history.first is not None:
            full &= ends - length * _ONE_DAY >= history.first
        for code in np.unique(history.codes[full]):
            rows = np.flatnonzero(full & (history.codes == code))
            parts = history.windows(int(code), ends[rows] - length * _ONE_DAY, ends[rows] - _ONE_DAY)
            sums[rows] = [rounded(Fraction(one, _PARTS)) for one in parts]
        found[name] = sums
    return found


def _run_rate(question: Question, freq: Freq, frame: pd.DataFrame, history: History) -> NDArray[np.object_]:
    """Project the period that holds ``as_of``: so far, and for each day left the mean of its weekday.

    The weekdays are those of the last 8 complete weeks. Missing where the history does not reach so far
    back, in every other period, and where a bound cuts this one.
    """
    found = np.full(len(frame), None, dtype=object)
    today = np.datetime64(question.now, "D")
    monday = starts_of(np.array([today]), "week")[0]
    weeks = np.arange(monday - 7 * _WEEKS * _ONE_DAY, monday, _ONE_DAY)
    if freq in ("hour", "day") or history.first is None or history.first > weeks[0]:
        return found
    start, end = frame["period_start"].to_numpy("M8[D]"), frame["period_end"].to_numpy("M8[D]")
    current = (start <= today) & (today < end) & _uncut(question, start, end)
    for row in np.flatnonzero(current):
        code = int(history.codes[row])
        left = np.arange(today + _ONE_DAY, end[row], _ONE_DAY)
        usual: dict[int, int] = defaultdict(int)
        for day in weeks:
            usual[_weekday(day)] += history.on(code, day)
        ahead = sum(usual[_weekday(day)] for day in left)
        so_far = history.between(code, start[row], today)
        found[row] = rounded(Fraction(so_far * _WEEKS + ahead, _WEEKS * _PARTS))
    return found


def _uncut(question: Question, start: Days, end: Days) -> NDArray[np.bool_]:
    """Say which periods no bound cuts."""
    whole = np.ones(len(start), np.bool_)
    if question.window.since is not None:
        whole &= start.astype("M8[us]") >= np.datetime64(question.window.since, "us")
    if question.window.until is not None:
        whole &= end.astype("M8[us]") <= np.datetime64(question.window.until, "us")
    return whole


def _weekday(day: np.datetime64) -> int:
    return int((day.astype("M8[D]").astype(np.int64) + 3) % 7)
