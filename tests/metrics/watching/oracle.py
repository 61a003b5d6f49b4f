"""An oracle of what is watched that shares no code with it: plain Python over rows, by the definitions."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from statistics import NormalDist
from typing import Any
from zoneinfo import ZoneInfo

from tests.golden import Row
from tests.metrics.drawn import Cells, Days
from tests.metrics.watching.series import NOW

HOUR, DAY, WEEK = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(weeks=1)
EIGHT = 8 * WEEK
Key = Callable[[Row], tuple[Any, ...]]


def is_live(row: Row) -> bool:
    return not row["is_test"] and row["status"] in (0, 1, 2, 3, 4)


def is_payment(row: Row) -> bool:
    return is_live(row) and row["status"] in (1, 3) and row["amount"] >= 0


def local(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def paid_time(row: Row, zone: ZoneInfo) -> dt.datetime:
    return local(row["paid_at"] or row["created_at"], zone)


def floor(time: dt.datetime, freq: str) -> dt.datetime:
    if freq == "hour":
        return time.replace(minute=0, second=0)
    day = dt.datetime(time.year, time.month, time.day)  # noqa: DTZ001
    return day if freq == "day" else day - day.weekday() * DAY


STEP = {"hour": HOUR, "day": DAY, "week": WEEK}


def midnight(day: dt.date | None) -> dt.datetime | None:
    return None if day is None else dt.datetime(day.year, day.month, day.day)  # noqa: DTZ001


def whole_periods(
    first: dt.datetime, bounds: Days, now: dt.datetime, freq: str
) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """List periods that ended by ``now``, within the bounds, 8 weeks after ``first`` or later."""
    since, until = midnight(bounds[0]), midnight(bounds[1])
    start = floor(first, freq)
    while (end := start + STEP[freq]) <= now:
        inside = (since is None or since <= start) and (until is None or end <= until)
        if inside and start - EIGHT >= floor(first, freq):
            yield start, end
        start = end


def median(values: Iterable[Fraction]) -> Fraction:
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def anomalies(rows: Sequence[Row], zone: ZoneInfo, bounds: Days, freq: str, key: Key) -> Cells:
    """Hold the payments of every period against the same one of the 8 weeks before."""
    counts: dict[tuple[Any, ...], Counter[dt.datetime]] = defaultdict(Counter)
    for row in rows:
        if is_payment(row) and paid_time(row, zone) < local(NOW, zone):
            counts[key(row)][floor(paid_time(row, zone), freq)] += 1
    cells: Cells = {}
    for group, found in counts.items():
        for start, _ in whole_periods(min(found), bounds, local(NOW, zone), freq):
            before = [Fraction(found[start - week * WEEK]) for week in range(1, 9)]
            cells[(group[0], start, *group[1:])] = _unlike(Fraction(found[start]), before)
    return cells


def _unlike(number: Fraction, before: list[Fraction]) -> dict[str, Any]:
    expected = median(before)
    spread = median(abs(value - expected) for value in before)
    cell: dict[str, Any] = {"payments": int(number), "expected": float(expected)}
    if spread:
        score = Fraction("0.6745") * (number - expected) / spread
        told = {"score": float(score), "p_value": None, "method": "robust_z"}
        return {**cell, **told, "is_anomaly": abs(score) > Fraction("3.5")}
    tail = poisson_tails(int(number), max(sum(before) / 8, Fraction(1, 8)))
    limit = 2 * (1 - NormalDist().cdf(3.5))
    return {**cell, "score": None, "p_value": tail, "method": "poisson", "is_anomaly": tail < limit}


def poisson_tails(number: int, mean: Fraction) -> float:
    chances = [math.exp(-mean) * float(mean) ** k / math.factorial(k) for k in range(number + 60)]
    return min(1.0, 2 * min(sum(chances[: number + 1]), sum(chances[number:])))


def conversion_anomalies(rows: Sequence[Row], zone: ZoneInfo, bounds: Days, freq: str, key: Key) -> Cells:
    """Test the rate of every complete cohort against the 56 days before it."""
    groups = defaultdict(list)
    for row in rows:
        if is_live(row) and row["created_at"] <= NOW - DAY:
            groups[key(row)].append((local(row["created_at"], zone), _in_time(row)))
    cells: Cells = {}
    for group, found in groups.items():
        first = floor(min(time for time, _ in found), "day")
        for start, end in _cohorts(first, bounds, local(NOW, zone) - DAY, freq):
            own = [paid for time, paid in found if start <= time < end]
            before = [paid for time, paid in found if start - EIGHT <= time < start]
            if own and before:
                cells[(start, *group)] = _rates(own, before)
    for start in {key[0] for key in cells}:
        _adjust([cell for key, cell in cells.items() if key[0] == start])
    return cells


def _cohorts(
    first: dt.datetime, bounds: Days, now: dt.datetime, freq: str
) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    since, until = midnight(bounds[0]), midnight(bounds[1])
    start = floor(first, freq)
    while (end := start + STEP[freq]) <= now:
        inside = (since is None or since <= start) and (until is None or end <= until)
        if inside and start - EIGHT >= first:
            yield start, end
        start = end


def _in_time(row: Row) -> bool:
    if row["status"] not in (1, 3) or row["paid_at"] is None:
        return False
    return dt.timedelta(0) <= row["paid_at"] - row["created_at"] <= DAY


def _rates(own: list[bool], before: list[bool]) -> dict[str, Any]:
    rate = Fraction(sum(before), len(before))
    return {
        "mature": len(own),
        "paid_24h": sum(own),
        "expected_rate": float(rate),
        "conversion_24h": sum(own) / len(own),
        "p_value": float(binomial(sum(own), len(own), rate)),
    }


def binomial(k: int, n: int, rate: Fraction) -> Fraction:
    """Sum the chances of all counts that are not likelier than ``k``."""
    chances = [math.comb(n, i) * rate**i * (1 - rate) ** (n - i) for i in range(n + 1)]
    return sum((chance for chance in chances if chance <= chances[k]), Fraction(0))


def _adjust(tests: list[dict[str, Any]]) -> None:
    """Adjust by Benjamini and Hochberg: the smallest p × n / rank of this rank or a later one."""
    ordered = sorted(tests, key=lambda cell: cell["p_value"])
    least = 1.0
    for rank in range(len(ordered), 0, -1):
        cell = ordered[rank - 1]
        least = min(least, cell["p_value"] * len(ordered) / rank)
        cell["q_value"], cell["is_anomaly"] = least, least <= 0.05


def silence(rows: Sequence[Row], zone: ZoneInfo, now: dt.datetime, key: Key) -> Cells:
    """Walk through the silence in steps of five minutes: every time of the drawn orders is such a step."""
    cells: Cells = {}
    for group in {key(row) for row in rows if is_live(row)}:
        own = [row for row in rows if is_live(row) and key(row) == group]
        times = [row["paid_at"] or row["created_at"] for row in own if is_payment(row)]
        created = [row["created_at"] for row in own if row["created_at"] <= now]
        cells[group] = {
            "last_order_at": max(created, default=None),
            **_silence([time for time in times if time <= now], zone, now),
        }
    return cells


def _silence(times: list[dt.datetime], zone: ZoneInfo, now: dt.datetime) -> dict[str, Any]:
    unknown = {"expected_payments": None, "probability": None, "is_silent": False}
    if not times:
        return {"last_payment_at": None, "silent_hours": None, "history_weeks": 0, **unknown}
    last = max(times)
    hours = [floor(local(time, zone), "hour") for time in times]
    end = floor(local(last, zone), "hour")
    weeks = min((end - min(hours)) // WEEK, 8)
    told = {"last_payment_at": last, "silent_hours": (now - last) / HOUR, "history_weeks": weeks}
    if weeks < 8:
        return {**told, **unknown}
    usual = Counter((hour.weekday(), hour.hour) for hour in hours if end - EIGHT <= hour < end)
    expected, moment, step = Fraction(0), last, dt.timedelta(minutes=5)
    while moment < now:
        time = local(moment, zone)
        expected += Fraction(usual[time.weekday(), time.hour], 8 * 12)
        moment += step
    chance = math.exp(-expected)
    return {**told, "expected_payments": float(expected), "probability": chance, "is_silent": chance < 0.001}


def seasonal(values: list[Fraction], days: int) -> list[Fraction]:
    """Forecast by the mean of the weekday over the last 8 weeks, or as many as there are."""
    weeks = min(len(values) // 7, 8)
    return [
        sum(values[len(values) - 7 * week + ahead % 7] for week in range(1, weeks + 1)) / weeks
        for ahead in range(days)
    ]


def seasonal_forecast(values: list[Fraction], days: int) -> list[dict[str, Any]]:
    """Forecast a daily series with its interval from the errors of the past, by the seasonal method."""
    values = values[-364:]
    weeks = math.ceil(days / 7)
    origins = [len(values) - 7 * back for back in range(1, 12 + weeks)]
    errors: dict[int, list[Fraction]] = defaultdict(list)
    for origin in origins:
        if origin >= 28:
            expected = seasonal(values[:origin], 7 * weeks)
            for ahead, value in enumerate(values[origin : origin + 7 * weeks]):
                errors[ahead].append(value - expected[ahead])
    every = [abs(error) for found in errors.values() for error in found]
    changes = [abs(new - old) for old, new in zip(values, values[7:], strict=False)]
    scale = sum(changes) / len(changes)
    mase = float(sum(every) / len(every) / scale) if scale else None
    ends = _interval(errors, weeks)
    return [
        {
            "forecast": float(mean),
            "forecast_low": None if ends[ahead // 7] is None else float(max(mean + ends[ahead // 7][0], 0)),
            "forecast_high": None if ends[ahead // 7] is None else float(mean + ends[ahead // 7][1]),
            "mase": mase,
            "backtests": len(errors[ahead]),
        }
        for ahead, mean in enumerate(seasonal(values, days))
    ]


def _interval(errors: dict[int, list[Fraction]], weeks: int) -> list[Any]:
    ends: list[Any] = []
    low = high = Fraction(0)
    for week in range(weeks):
        known = [error for ahead in range(7 * week, 7 * week + 7) for error in errors[ahead]]
        if known:
            low, high = (
                min(low, quantile(known, Fraction(1, 40))),
                max(high, quantile(known, Fraction(39, 40))),
            )
        ends.append((low, high) if known else None)
    return ends


def quantile(values: list[Fraction], part: Fraction) -> Fraction:
    ordered = sorted(values)
    place = (len(ordered) - 1) * part
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def daily(rows: Iterable[Row], zone: ZoneInfo, of: str) -> list[Fraction]:
    """Sum payments by day, from the first one to the last day that was over."""
    end = floor(local(NOW, zone), "day")
    sold = [(floor(paid_time(row, zone), "day"), row) for row in rows if is_payment(row)]
    sold = [(day, row) for day, row in sold if day < end]
    sums: Counter[dt.datetime] = Counter()
    for day, row in sold:
        sums[day] += 1 if of == "payments" else Fraction(row["amount"])
    first = min((day for day, _ in sold), default=end)
    return [Fraction(sums[first + place * DAY]) for place in range((end - first).days)]
