"""Periods: where they begin and end, which there are, and which are complete."""

# ruff: noqa: DTZ001  wall-clock times are meant

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics import conversion, payment_systems, revenue
from tegro_analytics.metrics.asking.periods import FREQS, Freq, all_starts, next_start, start_of, starts_of
from tests.golden import MOSCOW, arrow, golden_rows, order

GOLDEN = arrow(golden_rows())
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("freq", "start", "end"),
    [
        ("hour", "2026-02-28 23:00", "2026-03-01 00:00"),
        ("day", "2026-02-28", "2026-03-01"),
        ("week", "2026-02-23", "2026-03-02"),
        ("month", "2026-02-01", "2026-03-01"),
        ("quarter", "2026-01-01", "2026-04-01"),
        ("year", "2026-01-01", "2027-01-01"),
    ],
)
def test_a_period_has_a_start_and_an_end(freq: str, start: str, end: str) -> None:
    moment = dt.datetime(2026, 2, 28, 23, 59, 59)
    assert start_of(moment, freq) == dt.datetime.fromisoformat(start)
    assert next_start(start_of(moment, freq), freq) == dt.datetime.fromisoformat(end)


@pytest.mark.parametrize("freq", [freq for freq in FREQS if freq != "hour"])
def test_days_of_arrays_fall_into_the_same_periods(freq: str) -> None:
    days = np.arange("1967-12-30", "1972-03-01", dtype="M8[D]")
    one_by_one = [start_of(dt.datetime.combine(day, dt.time()), freq).date() for day in days.tolist()]
    assert starts_of(days, freq).tolist() == one_by_one


@pytest.mark.parametrize("freq", ["D", "days", "daily", "", 1])
def test_an_unknown_frequency_is_refused(freq: object) -> None:
    with pytest.raises(DataError, match="is unknown: give one of 'hour', 'day', 'week'"):
        revenue(GOLDEN, freq=freq)


def test_periods_without_payments_are_rows_with_0() -> None:
    rows = [
        order(1, created="2026-03-01 10:00", paid="2026-03-01 10:00"),
        order(2, created="2026-03-03 10:00", paid="2026-03-03 10:00"),
    ]
    days = revenue(arrow(rows), freq="day")
    assert days["payments"].tolist() == [1, 0, 1, 0]  # up to 4 March, the day of as_of
    assert days["average_ticket"].isna().tolist() == [False, True, False, True]
    within = revenue(arrow(rows), freq="day", since="2026-02-28", until="2026-03-03")
    assert within["period_start"].dt.day.tolist() == [28, 1, 2]
    assert within["payments"].tolist() == [0, 1, 0]
    ahead = revenue(arrow(rows), freq="week", since="2026-03-01", until="2026-03-20")
    assert ahead["period_start"].dt.day.tolist() == [23, 2, 9, 16]
    assert ahead["zero_days"].tolist() == [
        0,
        2,
        0,
        0,
    ]  # days that have not begun are not days without payments


def test_a_period_is_complete_when_nothing_can_be_added() -> None:
    money = revenue(GOLDEN, freq="day", as_of="2026-03-03 00:00").query("currency == 'RUB'")
    assert money["complete"].tolist() == [True, True, False, False]
    assert conversion(GOLDEN, freq="day", as_of="2026-03-03 00:00")["complete"].tolist() == [
        True,
        False,
        False,
        False,
    ]
    both = payment_systems(GOLDEN, freq="day", as_of="2026-03-03 00:00")
    assert both.groupby("period_start")["complete"].first().tolist() == [True, False, False, False]


def test_a_period_that_the_bounds_cut_is_not_complete() -> None:
    weeks = conversion(GOLDEN, freq="week", since="2026-02-24", until="2026-03-09", as_of="2026-04-01")
    assert weeks["complete"].tolist() == [False, True]
    assert not revenue(GOLDEN, freq="month", until="2026-03-20", as_of="2026-05-01")["complete"].any()


def test_an_hour_that_the_clock_repeats_is_one_row() -> None:
    # On 1 November 2026 New York has 01:30 twice: at 05:30 and at 06:30 UTC.
    day = pd.to_datetime(["2026-11-01 05:30", "2026-11-01 06:30", "2026-11-01 07:30"], utc=True)
    orders = pd.DataFrame(
        {
            "status": 0,
            "is_test": False,
            "created_at": day.tz_convert(NEW_YORK),
            "paid_at": pd.NaT,
            "observed_at": day[-1],
            "as_of": day[-1],
        }
    )
    hours = conversion(orders, freq="hour")
    assert hours["period_start"].dt.hour.tolist() == [1, 2]
    assert hours["orders"].tolist() == [2, 1]
    assert conversion(orders, freq="day")["orders"].tolist() == [3]


def test_a_day_of_23_hours_ends_at_midnight() -> None:
    # 8 March 2026 ended in New York at 04:00 UTC of the 9th.
    orders = arrow([order(1, created="2026-03-08 12:00", paid="2026-03-08 12:00")], zone=NEW_YORK)
    for moment, complete in [("2026-03-09T03:59Z", False), ("2026-03-09T04:00Z", True)]:
        days = revenue(orders, freq="day", zone=NEW_YORK, as_of=moment)
        assert days["complete"].tolist()[:1] == [complete]


def test_too_many_rows_are_refused_before_they_are_made() -> None:
    with pytest.raises(DataError, match=r"revenue would have .* rows, 2 groups in .* periods: narrow since="):
        revenue(GOLDEN, freq="hour", since="1900-01-01", until="2200-01-01")


def test_period_keys_are_wall_clock_times() -> None:
    hours = revenue(GOLDEN, freq="hour")
    assert str(hours["period_start"].dtype) == str(hours["period_end"].dtype) == "datetime64[us]"
    assert hours["complete"].dtype == bool
    assert hours["period_start"].min() == pd.Timestamp("2026-03-01 10:00")
    assert ((hours["period_end"] - hours["period_start"]) == pd.Timedelta(hours=1)).all()
    assert MOSCOW.key == "Europe/Moscow"


@pytest.mark.parametrize("freq", FREQS)
@pytest.mark.parametrize(
    ("first", "end"),
    [
        ("2026-02-15", "2026-02-15"),
        ("2026-02-15", "2027-01-01"),
        ("2026-02-01 05:00", "2026-03-01 00:00:01"),
        ("2025-12-31", "2026-01-31"),
        ("2026-03-02", "2026-03-01"),
    ],
)
def test_all_periods_of_a_span_are_listed(freq: Freq, first: str, end: str) -> None:
    begin, stop = dt.datetime.fromisoformat(first), dt.datetime.fromisoformat(end)
    one_by_one, start = [], start_of(begin, freq)
    while begin < stop and start < stop:
        one_by_one.append(start)
        start = next_start(start, freq)
    assert all_starts(begin, stop, freq).tolist() == one_by_one
