"""Growth, rolling sums, the run rate and quantiles of tickets, on orders that can be read by eye."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from tegro_analytics.metrics import payment_systems, revenue
from tests.golden import MOSCOW, Row, arrow, order


def paid(number: int, day: str, amount: str, **more: Any) -> Row:
    return order(number, created=f"{day} 10:00", paid=f"{day} 10:05", amount=amount, fee="0", **more)


def known(rows: list[Row], as_of: str) -> list[Row]:
    moment = dt.datetime.fromisoformat(as_of).replace(tzinfo=MOSCOW)
    return [{**row, "as_of": moment, "observed_at": moment} for row in rows]


def values(frame: pd.DataFrame, name: str) -> list[Any]:
    return [None if pd.isna(value) else value for value in frame[name]]


MONTHS = known(
    [
        paid(1, "2025-03-10", "100"),
        paid(2, "2026-01-31", "200"),
        paid(3, "2026-02-01", "300"),
        paid(4, "2026-03-02", "450"),
        paid(5, "2026-04-01", "90"),
    ],
    "2026-04-10 12:00",
)


def test_growth_is_against_the_period_before_and_the_year_before(frame_of: Callable[..., Any]) -> None:
    months = revenue(frame_of(arrow(MONTHS)), freq="month", since="2026-01-01")
    assert values(months, "growth") == [None, 0.5, 0.5, None]
    # April has not ended; of the year before, March alone had a payment.
    assert values(months, "growth_year") == [None, None, 3.5, None]


def test_what_lies_before_the_bounds_counts_and_what_a_bound_cuts_does_not_grow() -> None:
    rows = arrow(MONTHS)
    assert values(revenue(rows, freq="month", since="2026-03-01", until="2026-04-01"), "growth") == [0.5]
    assert values(revenue(rows, freq="month", since="2026-03-02", until="2026-04-01"), "growth") == [None]


def test_weeks_are_set_against_52_weeks_before_and_29_february_against_nothing() -> None:
    rows = known([paid(1, "2025-03-04", "100"), paid(2, "2026-03-03", "150")], "2026-03-20 00:00")
    weeks = revenue(arrow(rows), freq="week", since="2026-03-02", until="2026-03-09")
    assert values(weeks, "growth_year") == [0.5]
    leap = known([paid(1, "2023-02-28", "100"), paid(2, "2024-02-29", "150")], "2024-03-02 00:00")
    days = revenue(arrow(leap), freq="day", since="2024-02-29", until="2024-03-01")
    assert values(days, "growth_year") == [None]


def test_growth_from_nothing_is_missing() -> None:
    rows = known([paid(1, "2026-03-01", "0"), paid(2, "2026-03-02", "5")], "2026-03-05 00:00")
    assert values(revenue(arrow(rows), freq="day"), "growth") == [None, None, -1.0, None, None]


def test_rolling_sums_are_missing_until_the_window_is_full() -> None:
    rows = known([paid(number, f"2026-03-{number:02}", "10") for number in range(1, 11)], "2026-03-12 08:00")
    days = revenue(arrow(rows), freq="day", money="decimal")
    assert values(days, "rolling_7d") == [None] * 6 + [Decimal(70)] * 4 + [Decimal(60), None]
    assert values(days, "rolling_28d") == [None] * 12
    weeks = revenue(arrow(rows), freq="week", since="2026-03-02")
    assert values(weeks, "rolling_7d") == [70.0, None]


def test_rolling_sums_of_a_group_count_its_days_without_payments_as_0() -> None:
    rows = [paid(number, f"2026-03-{number:02}", "10") for number in range(1, 10)]
    rows += [paid(20, "2026-03-08", "5", system=28)]
    days = revenue(arrow(known(rows, "2026-03-10 00:00")), freq="day", by="payment_system_id")
    other = days[days["payment_system_id"] == 28]
    assert values(other, "rolling_7d") == [None] * 6 + [0.0, 5.0, 5.0, None]


def weekdays_of_10() -> list[Row]:
    """Eight whole weeks of 10 on Mondays and 4 on Tuesdays, from Monday 5 January, then 7 on 2 March."""
    monday = dt.date(2026, 1, 5)
    rows = []
    for week in range(8):
        first = monday + dt.timedelta(weeks=week)
        rows += [paid(2 * week + 1, f"{first}", "10"), paid(2 * week + 2, f"{first + dt.timedelta(1)}", "4")]
    return [*rows, paid(99, "2026-03-02", "7")]


def test_the_run_rate_adds_the_usual_weekday_for_each_day_that_is_left(frame_of: Callable[..., Any]) -> None:
    rows = frame_of(arrow(known(weekdays_of_10(), "2026-03-02 12:00")))
    weeks = revenue(rows, freq="week", money="decimal")
    assert values(weeks, "run_rate") == [None] * 8 + [Decimal(11)]  # 7 so far, and Tuesday's 4
    months = revenue(rows, freq="month", money="decimal")
    # March 2026 has four more Mondays (9, 16, 23, 30) and five Tuesdays (3, 10, 17, 24, 31).
    assert values(months, "run_rate") == [None, None, Decimal(7 + 4 * 10 + 5 * 4)]
    assert values(revenue(rows, freq="day"), "run_rate") == [None] * 57


def test_the_run_rate_is_missing_where_a_bound_cuts_or_the_history_is_short() -> None:
    rows = known(weekdays_of_10(), "2026-03-02 12:00")
    assert values(revenue(arrow(rows), freq="month", since="2026-03-02"), "run_rate") == [None]
    assert values(revenue(arrow(rows[1:]), freq="month"), "run_rate") == [None] * 3
    assert values(revenue(arrow(rows), freq="month", since="2026-03-01"), "run_rate") == [67.0]


def test_the_mean_of_a_weekday_is_divided_last() -> None:
    rows = weekdays_of_10()
    rows[0] = {**rows[0], "amount": Decimal("10.00000001")}  # an eighth of 1e-8 more for each Monday
    march = revenue(arrow(known(rows, "2026-03-02 12:00")), freq="month", money="decimal")
    assert values(march, "run_rate")[-1] == Decimal(67)  # four eighths: half to even
    more = [*rows, paid(98, "2026-01-12", "0.00000001")]
    march = revenue(arrow(known(more, "2026-03-02 12:00")), freq="month", money="decimal")
    assert values(march, "run_rate")[-1] == Decimal("67.00000001")


def test_quantiles_of_tickets_leave_out_0(frame_of: Callable[..., Any]) -> None:
    rows = [paid(number, "2026-03-01", amount) for number, amount in enumerate(["0", "10", "20", "70", "-5"])]
    (row,) = revenue(frame_of(arrow(rows))).to_dict("records")
    assert (row["ticket_p50"], row["ticket_p90"]) == (20.0, 60.0)
    assert abs(row["ticket_p99"] - 69.0) < 1e-9


def test_without_a_ticket_there_is_no_quantile() -> None:
    assert values(revenue(arrow([paid(1, "2026-03-01", "0")])), "ticket_p50") == [None]


def test_every_payment_system_has_them_too() -> None:
    rows = known([paid(1, "2026-03-01", "100"), paid(2, "2026-03-02", "150")], "2026-03-09 00:00")
    systems = payment_systems(arrow(rows), freq="day")
    assert values(systems, "growth")[:2] == [None, 0.5]
    assert values(systems, "ticket_p50")[:2] == [100.0, 150.0]


@pytest.mark.parametrize("freq", ["hour", None])
def test_hours_do_not_roll_and_without_periods_nothing_grows(freq: str | None) -> None:
    frame = revenue(arrow(MONTHS), freq=freq, since="2026-03-02", until="2026-03-03")
    assert frame[["rolling_7d", "run_rate", "growth_year"]].isna().all(axis=None)
