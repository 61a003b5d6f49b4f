"""Anomalies of payments and of conversion, on days that can be worked out by eye."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics import anomalies, conversion_anomalies
from tegro_analytics.metrics.watching.unlikely import benjamini_hochberg, unlike
from tests.golden import MOSCOW, Row, arrow, golden_rows, order, records
from tests.metrics.watching.series import sold

TODAY = dt.date(2026, 5, 4)
AS_OF = dt.datetime(2026, 5, 4, 15, tzinfo=MOSCOW)

MONDAYS = [10, 12, 11, 9, 10, 13, 10, 11]
"""Median 10.5; deviations 0.5 1.5 0.5 1.5 0.5 2.5 0.5 0.5: MAD 0.5."""


def orders(rows: list[Row], *, as_of: dt.datetime = AS_OF) -> Any:
    return arrow([{**row, "as_of": as_of, "observed_at": as_of} for row in rows])


def mondays(*last: int) -> list[Row]:
    """Make eight weeks whose other days all have 2 payments, and the days from Monday, 27 April, on."""
    counts = [count for monday in MONDAYS for count in (monday, 2, 2, 2, 2, 2, 2)]
    return sold([*counts, *last], end=dt.date(2026, 4, 27) + dt.timedelta(days=len(last)))


def test_a_monday_is_held_against_mondays(frame_of: Callable[..., Any]) -> None:
    result = anomalies(frame_of(orders(mondays(13))), until="2026-04-28")
    (row,) = records(result)
    assert (row["period_start"], row["currency"]) == (pd.Timestamp("2026-04-27"), "RUB")
    assert (row["payments"], row["expected"], row["method"]) == (13, 10.5, "robust_z")
    assert row["score"] == pytest.approx(0.6745 * 2.5 / 0.5)
    assert row["p_value"] is None
    assert not row["is_anomaly"]
    assert row["complete"]


@pytest.mark.parametrize(("payments", "odd"), [(13, False), (14, True), (8, False), (7, True)])
def test_more_and_less_than_usual_are_anomalies(payments: int, odd: bool) -> None:
    (row,) = records(anomalies(orders(mondays(payments)), until="2026-04-28"))
    assert row["is_anomaly"] is odd  # 0.6745 × 3.5 / 0.5 = 4.72


def test_the_threshold_is_a_size_of_the_score() -> None:
    rows = orders(mondays(13))
    assert anomalies(rows, until="2026-04-28", threshold=3.37)["is_anomaly"].tolist() == [True]
    assert anomalies(rows, until="2026-04-28", threshold=3.38)["is_anomaly"].tolist() == [False]


def test_without_deviation_the_tail_of_poisson_decides() -> None:
    # Each Tuesday had 2: P(X ≥ 9 | 2) = 0.000237, twice that is 0.000475; P(X ≥ 10 | 2) = 0.0000465.
    for payments, odd in ((9, False), (10, True), (0, False)):
        (row,) = records(anomalies(orders(mondays(10, payments)), since="2026-04-28", until="2026-04-29"))
        assert (row["method"], row["score"], row["expected"]) == ("poisson", None, 2)
        assert row["is_anomaly"] is odd
    assert row["p_value"] == pytest.approx(2 * np.exp(-2))


def test_what_never_happened_is_not_impossible() -> None:
    found = unlike(np.array([0.0, 1.0, 2.0, 3.0]), np.zeros((8, 4)), 3.5)
    assert found.p_value.round(6).tolist() == [1, 0.235006, 0.014382, 0.000593]
    assert not found.is_anomaly.any()
    assert unlike(np.array([4.0]), np.zeros((8, 1)), 3.5).is_anomaly.all()
    # P(X ≥ 17 | 6) = 0.000175, P(X ≥ 16 | 6) = 0.000509: twice that of 17 is below 0.000465.
    found = unlike(np.array([16.0, 17.0]), np.full((8, 2), 6.0), 3.5)
    assert found.p_value.round(6).tolist() == [0.001018, 0.00035]
    assert found.is_anomaly.tolist() == [False, True]


def test_the_first_eight_weeks_have_no_rows() -> None:
    rows = orders(sold([1] * 60, end=TODAY))
    assert anomalies(rows)["period_start"].tolist() == list(pd.date_range("2026-04-30", periods=4))
    assert len(anomalies(orders(sold([1] * 56, end=TODAY)))) == 0
    assert len(anomalies(rows, until="2026-04-30")) == 0


def test_the_weeks_before_may_lie_before_the_bounds() -> None:
    rows = orders(sold([1] * 70, end=TODAY))
    whole = pd.DataFrame(anomalies(rows))
    part = anomalies(rows, since="2026-04-28 06:00", until="2026-05-02 06:00")
    assert part["period_start"].tolist() == list(pd.date_range("2026-04-29", periods=3))
    within = whole[whole["period_start"].isin(part["period_start"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(pd.DataFrame(part), within)


def test_a_group_begins_with_its_own_first_payment_and_may_fall_silent() -> None:
    rows = [*sold([2] * 63, end=TODAY), *sold([3] * 60 + [0] * 3, end=TODAY, payment_system_id=28)]
    young = sold([3] * 30, end=TODAY, payment_system_id=16)
    result = anomalies(orders([*rows, *young]), by="payment_system_id", since="2026-05-01")
    assert result["payment_system_id"].tolist() == [25, 28] * 3
    assert result["payments"].tolist() == [2, 0] * 3
    assert result["p_value"].iloc[1] == pytest.approx(2 * np.exp(-3))


def test_an_hour_that_clocks_skip_has_no_row() -> None:
    # Half past two on the nine Sundays before the one on which Berlin goes from 02:00 to 03:00.
    sunday, berlin = dt.datetime(2026, 3, 29, 1, 30, tzinfo=dt.UTC), ZoneInfo("Europe/Berlin")
    moments = [sunday - dt.timedelta(weeks=week) for week in range(1, 10) for _ in range(20)]
    rows = [
        {
            **order(number, created="2026-01-01 00:00", paid="2026-01-01 00:00"),
            "created_at": at,
            "paid_at": at,
        }
        for number, at in enumerate(moments)
    ]
    as_of = sunday + dt.timedelta(days=1)
    watched = anomalies(
        arrow([{**row, "as_of": as_of} for row in rows], zone=berlin),
        freq="hour",
        since="2026-03-29",
        zone=berlin,
    )
    hours = watched["period_start"].dt.strftime("%d %H").tolist()
    assert hours[:4] == ["29 00", "29 01", "29 03", "29 04"]
    assert not watched["is_anomaly"].any()


def test_hours_and_weeks_are_held_against_their_like() -> None:
    rows = orders(sold([1] * 70, end=TODAY, hour=12) + sold([4] * 70, end=TODAY, hour=13))
    hours = anomalies(rows, freq="hour", since="2026-05-03")
    assert hours["payments"].tolist()[:24] == [0] * 12 + [1, 4] + [0] * 10
    assert hours["expected"].tolist() == [0] * 12 + [1, 4] + [0] * 10 + [0] * 12 + [1, 4] + [0]
    weeks = anomalies(rows, freq="week")
    assert weeks["expected"].tolist() == [35, 35]
    assert weeks["period_start"].tolist() == [pd.Timestamp("2026-04-20"), pd.Timestamp("2026-04-27")]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"freq": "month"}, "freq='month': anomalies are looked for by one of 'hour', 'day', 'week'"),
        ({"freq": None}, "freq=None"),
        ({"threshold": 0}, "threshold=0: give a number above 0"),
        ({"threshold": float("nan")}, "threshold=nan"),
        ({"by": "weekday"}, "by='weekday' makes no sense for anomalies"),
    ],
)
def test_other_questions_about_payments_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match=says):
        anomalies(arrow(golden_rows()), **options)


# Conversion


def tried(paid: int, unpaid: int, day: dt.date, *, system: int = 25, hour: int = 12) -> list[Row]:
    """Make orders of one day, so many paid and so many not."""
    next_day = day + dt.timedelta(days=1)
    rows = sold([paid + unpaid], end=next_day, payment_system_id=system, hour=hour)
    return [{**row, "status": 1 if number < paid else 2} for number, row in enumerate(rows)]


def weeks_before(paid: int, unpaid: int, *, system: int = 25) -> list[Row]:
    """Make the same day 56 times, up to 28 April."""
    days = [dt.date(2026, 4, 28) - dt.timedelta(days=number) for number in range(1, 57)]
    return [row for day in days for row in tried(paid, unpaid, day, system=system)]


def test_a_rate_is_tested_against_that_of_the_weeks_before(frame_of: Callable[..., Any]) -> None:
    rows = [*weeks_before(1, 1), *tried(0, 8, dt.date(2026, 4, 28))]
    (row,) = records(conversion_anomalies(frame_of(orders(rows)), until="2026-04-29"))
    assert (row["period_start"], row["payment_system_id"]) == (pd.Timestamp("2026-04-28"), 25)
    assert (row["mature"], row["paid_24h"], row["expected_rate"]) == (8, 0, 0.5)
    assert (row["conversion_24h"], row["conversion_24h_n"]) == (0, 8)
    assert row["p_value"] == row["q_value"] == pytest.approx(2 / 2**8)
    assert row["is_anomaly"]
    assert row["complete"]


def test_more_tests_raise_the_bar() -> None:
    rows = [*weeks_before(1, 1), *tried(0, 8, dt.date(2026, 4, 28))]
    others = [row for system in (5, 16) for row in weeks_before(1, 1, system=system)]
    fine = [row for system in (5, 16) for row in tried(1, 1, dt.date(2026, 4, 28), system=system)]
    result = conversion_anomalies(orders([*rows, *others, *fine]), until="2026-04-29")
    assert result["payment_system_id"].tolist() == [5, 16, 25]
    assert result["p_value"].tolist() == pytest.approx([1, 1, 2 / 2**8])
    assert result["q_value"].tolist() == pytest.approx([1, 1, 3 * 2 / 2**8])
    assert result["is_anomaly"].tolist() == [False] * 3
    looser = conversion_anomalies(orders([*rows, *others, *fine]), until="2026-04-29", alpha=0.03)
    assert looser["is_anomaly"].tolist() == [False, False, True]


def test_each_period_is_a_family_of_its_own() -> None:
    day = dt.date(2026, 4, 28)
    rows = [*weeks_before(1, 1), *tried(0, 8, day), *tried(1, 1, day + dt.timedelta(days=1))]
    alone = conversion_anomalies(orders(rows), since="2026-04-28", until="2026-04-29")
    both = conversion_anomalies(orders(rows), since="2026-04-28", until="2026-04-30")
    assert both["q_value"].iloc[0] == alone["q_value"].iloc[0] == 2 / 2**8


def test_a_cohort_counts_when_a_day_has_passed_since_its_end() -> None:
    rows = [*weeks_before(1, 1), *tried(1, 1, dt.date(2026, 4, 28))]
    for as_of, count in (("2026-04-30 00:00", 1), ("2026-04-29 23:59", 0)):
        moment = dt.datetime.fromisoformat(as_of).replace(tzinfo=MOSCOW)
        assert len(conversion_anomalies(orders(rows, as_of=moment))) == count


def test_months_are_held_against_56_days() -> None:
    march = [row for day in pd.date_range("2026-02-01", "2026-03-31") for row in tried(1, 3, day.date())]
    april = [row for day in pd.date_range("2026-04-01", "2026-04-30") for row in tried(3, 1, day.date())]
    (row,) = records(conversion_anomalies(orders([*march, *april]), freq="month", by=None))
    assert row["period_start"] == pd.Timestamp("2026-04-01")
    assert (row["mature"], row["paid_24h"], row["expected_rate"]) == (120, 90, 0.25)
    assert row["is_anomaly"]


def test_a_system_without_a_past_or_a_present_has_no_row() -> None:
    day = dt.date(2026, 4, 28)
    rows = [*weeks_before(1, 1), *tried(4, 0, day, system=16)]
    assert len(conversion_anomalies(orders(rows), since="2026-04-28")) == 0


def test_the_adjustment_is_that_of_benjamini_and_hochberg() -> None:
    adjusted = benjamini_hochberg(np.array([0.01, 0.5, 0.02, 0.03]), 0.05)
    assert adjusted.tolist() == pytest.approx([0.04, 0.5, 0.04, 0.04])
    assert benjamini_hochberg(np.array([]), 0.05).tolist() == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"freq": "hour"}, "freq='hour': anomalies are looked for by one of 'day', 'week', 'month'"),
        ({"freq": None}, "freq=None"),
        ({"alpha": 1}, "alpha=1: give a share of false alarms between 0 and 1"),
        ({"alpha": "few"}, "alpha='few'"),
    ],
)
def test_other_questions_about_conversion_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match=says):
        conversion_anomalies(arrow(golden_rows()), **options)


def test_without_a_past_there_are_columns_and_no_rows(frame_of: Callable[..., Any]) -> None:
    golden = frame_of(arrow(golden_rows()))
    assert list(anomalies(golden).columns) == [
        "currency", "period_start", "period_end", "complete", "payments", "expected", "score", "p_value",
        "method", "is_anomaly",
    ]  # fmt: skip
    assert len(anomalies(golden)) == len(conversion_anomalies(golden)) == 0
