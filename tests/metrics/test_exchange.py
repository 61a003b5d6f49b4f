"""Totals over currencies: by the rate of each day, exactly, or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pytest

from tegro_analytics.exceptions import DataError, MissingColumn, MissingRate
from tegro_analytics.metrics import conversion_value, fees, payment_systems, revenue
from tests.golden import arrow, golden_rows, order, records

RATES = pd.DataFrame(
    {
        "date": ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"],
        "currency": "USD",
        "rate": [80.0, 81.5, 82.0, 83.25],
    }
)


def test_a_total_goes_by_the_rate_of_the_day(frame_of: Callable[..., Any]) -> None:
    golden = frame_of(arrow(golden_rows()))
    (total,) = records(revenue(golden, total_in="RUB", fx=RATES, money="decimal"))
    assert total["currency"] == "RUB"
    assert total["gross_volume"] == 2350 + 20 * Decimal("81.5")
    assert total["fees"] == 95 + Decimal("0.8") * Decimal("81.5")
    assert (total["payments"], total["active_days"], total["zero_days"]) == (6, 4, 0)
    assert total["net_volume"] == total["gross_volume"] - total["fees"] - total["refunds"]
    assert total["ticket_p50"] is None
    (cost,) = records(fees(golden, total_in="RUB", fx=RATES, money="decimal"))
    assert cost["fees"] == total["fees"]


def test_by_day_and_in_the_other_currency() -> None:
    rates = pd.DataFrame({"date": RATES["date"], "currency": "RUB", "rate": ["0.0125"] * 4})
    days = revenue(arrow(golden_rows()), freq="day", total_in="USD", fx=rates, money="decimal")
    assert days["gross_volume"].tolist() == [
        Decimal("12.5"),
        Decimal("26.25"),
        Decimal("8.75"),
        Decimal("1.875"),
    ]
    assert days["growth"].tolist()[1:3] == [1.1, -2 / 3]


def test_payment_systems_and_conversion_have_totals() -> None:
    systems = payment_systems(arrow(golden_rows()), total_in="RUB", fx=RATES, money="decimal")
    assert systems["currency"].tolist() == ["RUB"] * 4
    gross = dict(zip(systems["payment_system_id"], systems["gross_volume"], strict=True))
    assert gross == {10: 0, 25: 1900, 28: 450, 51: 1630}
    assert systems["share"].tolist() == [0, 3 / 6, 2 / 6, 1 / 6]
    (value,) = records(conversion_value(arrow(golden_rows()), total_in="RUB", fx=RATES, money="decimal"))
    assert (value["orders"], value["paid_24h"]) == (3900 + 1630, 1900 + 1630)
    months = conversion_value(arrow(golden_rows()), freq="month", total_in="RUB", fx=RATES, money="decimal")
    assert months["orders"].tolist() == [3900 + 1630]


def test_each_sum_is_rounded_once() -> None:
    rows = [
        order(
            number,
            created="2026-03-01 10:00",
            paid="2026-03-01 10:05",
            currency="USD",
            amount=amount,
            fee="0",
        )
        for number, amount in ((1, "0.00000001"), (2, "0.00000002"))
    ]
    rate = pd.DataFrame({"date": ["2026-03-01"], "currency": ["USD"], "rate": ["0.5"]})
    (total,) = records(revenue(arrow(rows), total_in="RUB", fx=rate, money="decimal"))
    assert total["gross_volume"] == Decimal("0.00000002")  # 1.5 units, half to even; one by one it were 1


def test_a_refund_goes_by_the_rate_of_its_own_day() -> None:
    rows = [
        order(
            1, created="2026-03-01 10:00", paid="2026-03-01 10:05", status=3, currency="USD", amount="10",
            refunded="2026-03-03 09:00",
        )
    ]  # fmt: skip
    (total,) = records(revenue(arrow(rows), total_in="RUB", fx=RATES))
    assert (total["gross_volume"], total["refunds"]) == (800, 820)


def test_rates_come_in_any_frame_and_of_any_type() -> None:
    dated = RATES.assign(
        date=pd.to_datetime(RATES["date"]), rate=[Decimal(str(rate)) for rate in RATES["rate"]]
    )
    expected = revenue(arrow(golden_rows()), total_in="RUB", fx=RATES)["gross_volume"].tolist()
    days = [dt.date(2026, 3, number) for number in range(1, 5)]
    frame = pl.DataFrame({"date": days, "currency": ["USD"] * 4, "rate": RATES["rate"].tolist()})
    for rates in (dated, frame, frame.lazy()):
        assert revenue(arrow(golden_rows()), total_in="RUB", fx=rates)["gross_volume"].tolist() == expected


def test_without_bounds_that_hold_a_payment_the_total_is_0() -> None:
    frame = revenue(arrow(golden_rows()), since="2026-03-05", total_in="RUB", fx=RATES)
    assert frame[["currency", "gross_volume", "payments"]].to_numpy().tolist() == [["RUB", 0.0, 0]]
    assert len(revenue(arrow([]), total_in="RUB", fx=RATES)) == 0


def test_a_missing_rate_is_an_error() -> None:
    rows = arrow(golden_rows())
    with pytest.raises(MissingRate, match="a total in RUB needs rates: fx= takes a frame"):
        revenue(rows, total_in="RUB")
    with pytest.raises(MissingRate, match="no rate from USD to RUB for 2026-03-02: add it to fx="):
        revenue(rows, total_in="RUB", fx=RATES[RATES["date"] != "2026-03-02"])
    with pytest.raises(MissingRate, match="no rate from RUB to USD"):
        revenue(rows, total_in="USD", fx=RATES)


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        (RATES.assign(rate=float("nan")), "the rate nan in row 0 of fx= is no number above 0"),
        (RATES.assign(rate=0), "the rate 0 in row 0"),
        (RATES.assign(rate="1,5"), "the rate '1,5' in row 0"),
        (RATES.assign(date="March"), "the date 'March' in row 0 of fx= is no day"),
        (pd.concat([RATES, RATES.assign(rate=1)]), "two rates from USD for 2026-03-01: 80.0 and 1"),
        ({"USD": 80}, "fx= was given dict"),
    ],
)
def test_rates_that_cannot_be_used_are_named(rates: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        revenue(arrow(golden_rows()), total_in="RUB", fx=rates)


def test_rates_without_a_currency_or_a_total_are_refused() -> None:
    with pytest.raises(MissingColumn, match="fx= needs the column 'currency'"):
        revenue(arrow(golden_rows()), total_in="RUB", fx=RATES.drop(columns="currency"))
    with pytest.raises(DataError, match="say in which currency the total is wanted"):
        revenue(arrow(golden_rows()), fx=RATES)
