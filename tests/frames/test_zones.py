"""Local times, also those that occur twice or never, and the days of a zone."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tegro_analytics.exceptions import ConfigurationError
from tegro_analytics.frames.zones import INSTANT, clock, known_zone, localize
from tests.frames.wire import one, record

BERLIN = "Europe/Berlin"  # 29 March 2026: 02:00 becomes 03:00. 25 October 2026: 03:00 becomes 02:00


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def paid(created: str, payed: str | None, zone: str = BERLIN) -> dict[str, object]:
    row = one(record(1, date_created=created, date_payed=payed), zone=zone)
    return {name: row[name] for name in ("created_at", "paid_at", "seconds_to_pay", "flags")}


def test_a_gap_moves_forward_by_as_much_as_the_clocks() -> None:
    assert paid("2026-03-29 02:10:00", "2026-03-29 02:30:00") == {
        "created_at": utc("2026-03-29 01:10:00"),  # 03:10 in Berlin
        "paid_at": utc("2026-03-29 01:30:00"),
        "seconds_to_pay": 1200,
        "flags": "created_gap,paid_gap",
    }


def test_around_the_gap_nothing_is_odd() -> None:
    assert paid("2026-03-29 01:59:59", "2026-03-29 03:00:00") == {
        "created_at": utc("2026-03-29 00:59:59"),
        "paid_at": utc("2026-03-29 01:00:00"),
        "seconds_to_pay": 1,
        "flags": "",
    }


def test_a_time_that_occurred_twice_is_its_first_occurrence() -> None:
    assert paid("2026-10-25 02:10:00", "2026-10-25 02:30:00") == {
        "created_at": utc("2026-10-25 00:10:00"),
        "paid_at": utc("2026-10-25 00:30:00"),
        "seconds_to_pay": 1200,
        "flags": "created_ambiguous,paid_ambiguous",
    }


def test_unless_it_would_be_paid_before_it_was_created() -> None:
    assert paid("2026-10-25 02:50:00", "2026-10-25 02:05:00") == {
        "created_at": utc("2026-10-25 00:50:00"),
        "paid_at": utc("2026-10-25 01:05:00"),
        "seconds_to_pay": 900,
        "flags": "created_ambiguous,paid_ambiguous",
    }


def test_even_the_second_reading_may_lie_before_creation() -> None:
    row = paid("2026-10-25 04:00:00", "2026-10-25 02:30:00")

    assert row["paid_at"] == utc("2026-10-25 01:30:00")
    assert row["flags"] == "paid_before_created,paid_ambiguous"


def test_around_the_overlap_nothing_is_odd() -> None:
    assert paid("2026-10-25 01:59:59", "2026-10-25 03:00:00") == {
        "created_at": utc("2026-10-24 23:59:59"),
        "paid_at": utc("2026-10-25 02:00:00"),
        "seconds_to_pay": 7201,
        "flags": "",
    }


def test_an_order_without_payment_in_the_overlap() -> None:
    row = one(record(1, date_created="2026-10-25 02:30:00", date_payed=None, status=0), zone=BERLIN)

    assert (row["created_at"], row["paid_at"], row["flags"]) == (
        utc("2026-10-25 00:30"),
        None,
        "created_ambiguous",
    )


def test_moscow_has_had_one_offset_since_2014_and_others_before() -> None:
    assert (
        paid("2014-10-26 01:30:00", None, zone="Europe/Moscow")["flags"]
        == "paid_without_date,created_ambiguous"
    )
    assert paid("2026-03-29 02:30:00", None, zone="Europe/Moscow")["created_at"] == utc("2026-03-28 23:30:00")
    assert paid("2012-01-01 00:00:00", None, zone="Europe/Moscow")["created_at"] == utc("2011-12-31 20:00:00")


def test_regular_and_irregular_times_in_one_column() -> None:
    local = ["2026-10-25T02:30", None, "2026-10-25T12:00", "2026-03-29T02:30", "2026-10-25T02:30"]
    found = localize(
        pa.array([text and dt.datetime.fromisoformat(text) for text in local], pa.timestamp("us")), BERLIN
    )

    first = ["2026-10-25 00:30", None, "2026-10-25 11:00", "2026-03-29 01:30", "2026-10-25 00:30"]
    second = ["2026-10-25 01:30", None, "2026-10-25 11:00", "2026-03-29 01:30", "2026-10-25 01:30"]
    assert found.instants.to_pylist() == [text and utc(text) for text in first]
    assert found.second.to_pylist() == [text and utc(text) for text in second]
    assert found.ambiguous.tolist() == [True, False, False, False, True]
    assert found.gap.tolist() == [False, False, False, True, False]
    assert found.instants.type == found.second.type == INSTANT


ZONES = st.sampled_from(
    [
        "Europe/Moscow",
        BERLIN,
        "America/New_York",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "UTC",
    ]
)
MIDNIGHT_2005 = dt.datetime.fromisoformat("2005-01-01")
LOCAL = st.integers(0, 30 * 365 * 86_400).map(lambda seconds: MIDNIGHT_2005 + dt.timedelta(seconds=seconds))


@given(st.lists(st.none() | LOCAL, min_size=1, max_size=10), ZONES)
def test_instants_are_those_of_the_standard_library(local: list[dt.datetime | None], zone: str) -> None:
    found = localize(pa.array(local, pa.timestamp("us")), zone).instants.to_pylist()

    # fold=0 is the first of two occurrences, and in a gap the offset before the change: both moved as we do
    assert found == [moment and moment.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC) for moment in local]


@given(st.lists(st.none() | LOCAL, min_size=1, max_size=10), ZONES)
def test_the_calendar_is_that_of_the_standard_library(moments: list[dt.datetime | None], zone: str) -> None:
    instants = pa.array([moment and moment.replace(tzinfo=dt.UTC) for moment in moments], INSTANT)
    local = [moment and moment.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone)) for moment in moments]
    found = clock(instants, zone)

    assert found["date"].to_pylist() == [at and at.date() for at in local]
    assert found["week"].to_pylist() == [at and at.date() - dt.timedelta(days=at.weekday()) for at in local]
    assert found["month"].to_pylist() == [at and f"{at:%Y-%m}" for at in local]
    assert found["hour"].to_pylist() == [None if at is None else at.hour for at in local]
    assert found["weekday"].to_pylist() == [at and at.isoweekday() for at in local]


def test_days_before_1970_are_floored() -> None:
    early = pa.array([dt.datetime(1969, 12, 31, 23, 59, 59, tzinfo=dt.UTC)], INSTANT)

    assert {name: array[0].as_py() for name, array in clock(early, "UTC").items()} == {
        "date": dt.date(1969, 12, 31),
        "week": dt.date(1969, 12, 29),
        "month": "1969-12",
        "hour": 23,
        "weekday": 3,
    }


def test_nothing_has_no_days() -> None:
    assert {name: array.type for name, array in clock(pa.array([], INSTANT), BERLIN).items()} == {
        "date": pa.date32(),
        "week": pa.date32(),
        "month": pa.string(),
        "hour": pa.int64(),
        "weekday": pa.int64(),
    }
    missing = clock(pa.nulls(2, INSTANT), BERLIN)
    assert all(array.null_count == 2 for array in missing.values())


@pytest.mark.parametrize("name", ["Europe/Nowhere", "", "../etc/passwd", "Europe", "MSK\x00"])
def test_an_unknown_zone_is_named(name: str) -> None:
    with pytest.raises(ConfigurationError, match="no time zone"):
        known_zone(name)
