"""Silence and freshness, on orders that can be read by eye."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics import freshness, silence
from tegro_analytics.metrics.watching.quiet import hours_in
from tests.golden import MOSCOW, Row, arrow, golden_rows, order, records
from tests.metrics.drawn import NEW_YORK
from tests.metrics.watching.series import sold

TODAY = dt.date(2026, 5, 4)


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="Europe/Moscow")


def every_day(count: int = 2, days: int = 60, **fields: Any) -> list[Row]:
    """Make payments at noon of every day up to 3 May, and a moment to which they are complete."""
    moment = dt.datetime(2026, 5, 4, 15, tzinfo=MOSCOW)
    return [{**row, "as_of": moment} for row in sold([count] * days, end=TODAY, **fields)]


def test_what_the_same_hours_used_to_bring_is_expected(frame_of: Callable[..., Any]) -> None:
    # From 3 May, 12:00, to 4 May, 15:00: all of the hour from 12 on Sundays and on Mondays, 2 payments each.
    (row,) = records(silence(frame_of(arrow(every_day()))))
    assert row["last_payment_at"] == row["last_order_at"] == at("2026-05-03 12:00")
    assert (row["silent_hours"], row["expected_payments"], row["history_weeks"]) == (27, 4, 8)
    assert row["probability"] == pytest.approx(np.exp(-4))
    assert row["is_silent"] is False


def test_a_silence_that_chance_hardly_explains_is_told() -> None:
    (row,) = records(silence(arrow(every_day(3))))
    assert (row["expected_payments"], row["is_silent"]) == (6, False)  # exp(−6) = 0.0025
    (row,) = records(silence(arrow(every_day(4))))
    assert row["expected_payments"] == 8
    assert row["is_silent"] is True  # exp(−8) = 0.00034
    (row,) = records(silence(arrow(every_day(4)), now="2026-05-04 12:00"))
    assert (row["expected_payments"], row["is_silent"]) == (4, False)


def test_a_part_of_an_hour_counts_as_that_part() -> None:
    rows = arrow(every_day())
    for now, expected in (("12:15", 0.5), ("12:59:30", 2 * 59.5 / 60), ("12:00", 0), ("13:30", 2)):
        (row,) = records(silence(rows, now=f"2026-05-03 {now}"))
        assert row["expected_payments"] == pytest.approx(expected)


def test_the_weeks_before_end_with_the_hour_of_the_last_payment() -> None:
    early = every_day(1, days=5, hour=10)  # 29 April to 3 May at 10, and at noon since 5 March
    (row,) = records(silence(arrow([*early, *every_day(2)]), now="2026-05-05 00:00"))
    assert row["expected_payments"] == 4  # no Monday had any at 10
    (row,) = records(silence(arrow([*early, *every_day(2)]), now="2026-05-11 00:00"))
    # Eight noons of 2, and a tenth hour from Wednesday to Sunday that had 1 payment in 8 weeks.
    assert row["expected_payments"] == 8 * 2 + 5 / 8


@pytest.mark.parametrize(("days", "weeks"), [(57, 8), (56, 7), (1, 0)])
def test_too_short_a_past_says_so(days: int, weeks: int) -> None:
    (row,) = records(silence(arrow(every_day(days=days))))
    assert row["history_weeks"] == weeks
    assert (row["expected_payments"] is None) is (weeks < 8)
    assert (row["probability"] is None) is (weeks < 8)
    assert row["is_silent"] is False
    assert row["silent_hours"] == 27


def test_what_came_after_the_moment_is_left_out() -> None:
    (row,) = records(silence(arrow(every_day()), now="2026-05-02 15:00"))
    assert row["last_payment_at"] == at("2026-05-02 12:00")
    assert row["silent_hours"] == 3


def test_each_system_has_a_silence_of_its_own() -> None:
    rows = every_day(2, payment_system_id=25)
    quiet = [row for row in every_day(3, payment_system_id=28) if row["created_at"].day != 3]
    tried = [{**row, "status": 0, "paid_at": None} for row in every_day(1, 1, payment_system_id=16)]
    result = silence(arrow([*rows, *quiet, *tried]), by="payment_system_id")
    assert result["payment_system_id"].tolist() == [16, 25, 28]
    assert result["last_payment_at"].isna().tolist() == [True, False, False]
    assert result["last_order_at"].tolist()[0] == at("2026-05-03 12:00")
    assert result["history_weeks"].tolist() == [0, 8, 8]
    assert result["silent_hours"].tolist()[1:] == [27, 51]
    assert result["is_silent"].tolist() == [False, False, True]  # Λ = 9


def test_an_hour_that_the_clocks_skip_is_not_waited_for() -> None:
    start = dt.datetime(2026, 3, 8, 1, 30, tzinfo=NEW_YORK)
    hours = hours_in(start, dt.datetime(2026, 3, 8, 3, 30, tzinfo=NEW_YORK), NEW_YORK)
    assert hours.sum() == 1
    assert sorted(hours[hours > 0].tolist()) == [0.5, 0.5]
    back = dt.datetime(2026, 11, 1, 0, 30, tzinfo=NEW_YORK)
    hours = hours_in(back, dt.datetime(2026, 11, 1, 2, 30, tzinfo=NEW_YORK), NEW_YORK)
    assert sorted(hours[hours > 0].tolist()) == [0.5, 0.5, 2]


def test_zones_of_half_and_quarter_hours_have_hours_too() -> None:
    kathmandu = ZoneInfo("Asia/Kathmandu")
    start = dt.datetime(2026, 3, 8, 1, 50, tzinfo=kathmandu)
    hours = hours_in(start, start + dt.timedelta(minutes=20), kathmandu)
    assert sorted(hours[hours > 0].tolist()) == pytest.approx([1 / 6, 1 / 6])


def test_the_golden_orders_have_no_past(frame_of: Callable[..., Any]) -> None:
    (row,) = records(silence(frame_of(arrow(golden_rows()))))
    assert row["last_payment_at"] == at("2026-03-04 08:31")
    assert row["last_order_at"] == at("2026-03-04 08:30")
    assert row["silent_hours"] == pytest.approx(3 + 29 / 60)
    assert (row["history_weeks"], row["probability"], row["is_silent"]) == (0, None, False)


@pytest.mark.parametrize(
    ("option", "says"), [({"by": "hour"}, "by='hour' makes no sense"), ({"now": 7}, "now=7")]
)
def test_other_silences_are_refused(option: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match=says):
        silence(arrow(golden_rows()), **option)


# Freshness


def test_the_golden_orders_are_as_fresh_as_they_are(frame_of: Callable[..., Any]) -> None:
    (row,) = records(freshness(frame_of(arrow(golden_rows())), now="2026-03-04 18:00"))
    assert row["as_of"] == row["oldest_observed_at"] == at("2026-03-04 12:00")
    assert row["newest_order_at"] == at("2026-03-04 08:30")
    assert row["newest_payment_at"] == at("2026-03-04 08:31")
    assert (row["hours_since_as_of"], row["hours_since_order"]) == (6, 9.5)
    assert row["hours_since_payment"] == pytest.approx(9.5 - 1 / 60)


def test_only_open_orders_have_to_be_looked_at_again() -> None:
    day = "2026-03-01 10:00"
    rows = [
        order(1, created=day, paid=day, observed="2026-03-01 11:00"),
        order(2, created=day, status=0, observed="2026-03-02 11:00"),
        order(3, created=day, status=4, observed="2026-03-03 11:00"),
        order(4, created=day, status=0, observed="2026-03-01 12:00", is_test=True),
    ]
    (row,) = records(freshness(arrow(rows), now="2026-03-04"))
    assert row["oldest_observed_at"] == at("2026-03-02 11:00")


def test_what_never_was_has_no_age() -> None:
    (row,) = records(freshness(arrow([order(1, created="2026-03-01 10:00", status=2)]), now="2026-03-05"))
    assert (row["newest_payment_at"], row["hours_since_payment"], row["oldest_observed_at"]) == (None,) * 3
    (row,) = records(freshness(arrow([order(1, created="2026-03-01 10:00", is_test=True)]), now="2026-03-05"))
    assert row["newest_order_at"] is None
    assert row["hours_since_as_of"] == 12


def test_by_itself_it_reads_the_clock() -> None:
    before = dt.datetime.now(dt.UTC)
    (row,) = records(freshness(arrow(golden_rows())))
    after = dt.datetime.now(dt.UTC)
    looked = row["as_of"].to_pydatetime() + dt.timedelta(hours=row["hours_since_as_of"])
    slack = dt.timedelta(seconds=1)
    assert before - slack <= looked <= after + slack


def test_instants_are_shown_in_the_report_zone() -> None:
    result = freshness(arrow(golden_rows()), now="2026-03-04 18:00", zone="Asia/Tokyo")
    assert str(result["as_of"].dtype) == "datetime64[us, Asia/Tokyo]"
    assert result["hours_since_as_of"].tolist() == [0]
