"""The golden orders: curve, checkouts, concentration and heat map, worked out by hand, on every engine."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from tegro_analytics.metrics import METRICS, checkouts, concentration, conversion, time_to_pay
from tests.golden import arrow, golden_rows, order, records

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def golden(frame_of: Callable[..., Any]) -> Any:
    return frame_of(arrow(golden_rows()))


def shares(frame: pd.DataFrame) -> list[Fraction]:
    return [Fraction(value).limit_denominator(1_000) for value in frame["paid_share"]]


def test_time_to_pay(golden: Any) -> None:
    # Nine orders. Paid after 60 s (5 and 9), 120 s (1), 180 s (7), 20 min (2) and 30 h (4): 8 was watched
    # for 4 h only, so that 3, 4 and the lost 10 were left. 10 is waited for for ever.
    curve = time_to_pay(golden)
    assert curve["seconds"].tolist() == [
        60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 259_200, 604_800,
    ]  # fmt: skip
    two, four, five, last = (
        Fraction(2, 9),
        Fraction(4, 9),
        Fraction(5, 9),
        1 - Fraction(4, 9) * Fraction(2, 3),
    )
    assert shares(curve) == [two, four, four, five, five, five, five, five, five, last, last]
    assert curve["at_risk"].tolist() == [9, 5, 5, 4, 4, 4, 3, 3, 3, 1, 1]
    assert curve["paid_by_then"].tolist() == [2, 4, 4, 5, 5, 5, 5, 5, 5, 6, 6]
    assert set(curve["orders"]) == {9}
    assert set(curve["excluded"]) == {0}


def test_the_interval_is_that_of_another_library(golden: Any) -> None:
    from scipy.stats import CensoredData, ecdf

    paid, unpaid = [60, 60, 120, 180, 1_200, 108_000], [14_400, 183_600, 10**9]
    found = ecdf(CensoredData(uncensored=paid, right=unpaid)).sf.confidence_interval(method="log-log")
    curve = time_to_pay(golden, at=[60, 120, 180, 1_200, 108_000])
    at = curve["seconds"]
    assert curve["paid_share_low"].tolist() == pytest.approx(list(1 - found.high.evaluate(at)), abs=1e-12)
    assert curve["paid_share_high"].tolist() == pytest.approx(list(1 - found.low.evaluate(at)), abs=1e-12)
    assert curve["paid_share_low"].round(6).tolist()[::4] == [0.060704, 0.392974]


def test_time_to_pay_by_system(golden: Any) -> None:
    # System 28: 9 after a minute, 8 seen unpaid after 4 h, 4 after 30 h. 51 alone was paid after a minute.
    curve = time_to_pay(golden, by="payment_system_id", at=[60, 43_200, 108_000])
    assert curve["payment_system_id"].tolist() == [10] * 3 + [25] * 3 + [28] * 3 + [51] * 3
    third = Fraction(1, 3)
    assert shares(curve)[:3] == [0, 0, 0]
    assert shares(curve)[3:6] == [0, Fraction(3, 4), Fraction(3, 4)]
    assert shares(curve)[6:] == [third, third, 1, 1, 1, 1]
    assert curve["at_risk"].tolist() == [1, 1, 1, 4, 1, 1, 3, 1, 1, 1, 0, 0]


def test_checkouts(golden: Any) -> None:
    # Every order has a number of its own.
    (row,) = records(checkouts(golden))
    assert (row["checkouts"], row["mature_checkouts"], row["attempts"]) == (9, 7, 9)
    assert (row["attempts_per_checkout"], row["paid_checkouts"]) == (1, 5)
    assert (row["checkout_conversion"], row["checkout_conversion_n"]) == (5 / 7, 7)
    assert (round(row["checkout_conversion_low"], 6), round(row["checkout_conversion_high"], 6)) == (
        0.358934,
        0.917781,
    )
    assert (row["first_unpaid"], row["recovered"]) == (2, 0)
    assert (row["recovery_rate"], row["recovery_rate_n"]) == (0, 2)


def test_checkouts_by_day(golden: Any) -> None:
    days = checkouts(golden, freq="day")
    assert days["checkouts"].tolist() == [2, 4, 1, 2]
    assert days["paid_checkouts"].tolist() == [2, 2, 1, 0]
    assert days["complete"].tolist() == [True, True, False, False]
    assert days["recovery_rate_n"].tolist() == [0, 2, 0, 0]


def test_concentration(golden: Any) -> None:
    roubles, dollars = records(concentration(golden))
    assert (roubles["currency"], roubles["systems"]) == ("RUB", 2)
    hhi = Fraction(1900**2 + 450**2, 2350**2)
    assert (roubles["hhi"], roubles["effective_systems"]) == (float(hhi), float(1 / hhi))
    assert (roubles["top_share"], roubles["top_payment_system_id"]) == (1900 / 2350, 25)
    assert [dollars[name] for name in ("systems", "hhi", "top_payment_system_id")] == [1, 1, 51]


def test_concentration_by_day(golden: Any) -> None:
    days = concentration(golden, freq="day")
    roubles = days[days["currency"] == "RUB"]
    assert roubles["systems"].tolist() == [1, 1, 2, 1]
    assert roubles["hhi"].tolist() == [1, 1, (400**2 + 300**2) / 700**2, 1]
    assert roubles["top_payment_system_id"].tolist() == [25, 25, 25, 28]
    dollars = records(days[days["currency"] == "USD"])
    assert [row["systems"] for row in dollars] == [0, 1, 0, 0]
    assert [row["hhi"] for row in dollars] == [None, 1, None, None]
    assert [row["top_payment_system_id"] for row in dollars] == [None, 51, None, None]


def test_the_heat_map_of_weekdays_and_hours(golden: Any) -> None:
    cells = conversion(golden, by=["weekday", "hour"])
    assert cells[["weekday", "hour", "orders", "mature", "paid_24h"]].to_numpy().tolist() == [
        [1, 9, 1, 1, 0],
        [1, 12, 1, 1, 0],
        [1, 13, 1, 1, 1],
        [1, 15, 1, 1, 0],
        [2, 11, 1, 1, 1],
        [3, 8, 2, 0, 0],
        [7, 10, 1, 1, 1],
        [7, 23, 1, 1, 1],
    ]
    assert [cell["conversion_24h"] for cell in records(cells)] == [0, 0, 1, 0, 1, None, 1, 1]


def test_the_heat_map_where_the_clocks_go_forward(frame_of: Callable[..., Any]) -> None:
    # 8 March 2026 in New York: after 1:59 comes 3:00. In Moscow these are 9:59 and 10:00.
    rows = [
        order(1, created="2026-03-08 09:59", paid="2026-03-08 10:00"),
        order(2, created="2026-03-08 10:00", status=0),
        order(3, created="2026-03-08 06:59", paid="2026-03-08 07:00"),
        order(4, created="2026-03-09 07:00", paid="2026-03-09 07:01"),
    ]
    frame = frame_of(arrow(rows, zone=NEW_YORK), zone=NEW_YORK)
    cells = conversion(frame, by=["weekday", "hour"], zone=NEW_YORK, as_of="2026-03-12")
    assert cells[["weekday", "hour", "orders", "paid_24h"]].to_numpy().tolist() == [
        [1, 0, 1, 1],
        [6, 22, 1, 1],
        [7, 1, 1, 1],
        [7, 3, 1, 0],
    ]


@pytest.mark.parametrize("metric", [time_to_pay, checkouts, concentration])
def test_six_of_eight_is_never_said(metric: Callable[..., Any]) -> None:
    # Of the eight orders that are no tests and not lost six were paid: no rate is that of those.
    golden = arrow(golden_rows())
    for options in ({}, {"freq": "day"}, {"freq": "week"}, {"by": "weekday"}):
        result = metric(golden, **options)
        rates = [column.name for column in METRICS[result.metric].columns if column.kind == "rate"]
        assert rates
        assert not ((result[rates] - 6 / 8).abs() < 1e-9).any(axis=None), options
