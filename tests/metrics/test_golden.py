"""The golden orders give every number that was worked out for them by hand, on every engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from tegro_analytics.metrics import conversion, conversion_value, fees, payment_systems, revenue
from tests.golden import arrow, golden_rows, records

UTC = ZoneInfo("UTC")


@pytest.fixture
def golden(frame_of: Callable[..., Any]) -> Any:
    return frame_of(arrow(golden_rows()))


def column(frame: pd.DataFrame, name: str, **where: Any) -> list[Any]:
    for key, value in where.items():
        frame = frame[frame[key] == value]
    return [float(value) for value in frame[name]]


def test_revenue(golden: Any) -> None:
    roubles, dollars = records(revenue(golden))
    assert roubles["currency"] == "RUB"
    assert roubles["gross_volume"] == 2350
    assert roubles["payments"] == 5
    assert roubles["fees"] == 95
    assert roubles["refunds"] == 400
    assert roubles["undated_refunds"] == 1
    assert roubles["net_volume"] == 1855
    assert roubles["average_ticket"] == 470
    assert (roubles["refund_rate"], roubles["refund_rate_n"]) == (1 / 5, 5)
    assert roubles["refund_rate_value"] == 400 / 2350
    assert (roubles["active_days"], roubles["zero_days"], roubles["excluded_negative"]) == (4, 0, 0)
    assert dollars["currency"] == "USD"
    assert (float(dollars["gross_volume"]), float(dollars["fees"]), float(dollars["net_volume"])) == (
        20,
        0.8,
        19.2,
    )
    assert (dollars["active_days"], dollars["zero_days"], dollars["refund_rate"]) == (1, 3, 0)


def test_revenue_by_day(golden: Any) -> None:
    days = revenue(golden, freq="day")
    assert column(days, "gross_volume", currency="RUB") == [1000, 500, 700, 150]
    assert column(days, "net_volume", currency="RUB") == [950, 475, 280, 150]
    assert column(days, "gross_volume", currency="USD") == [0, 20, 0, 0]
    assert days["period_start"].dt.strftime("%m-%d").tolist() == ["03-01", "03-02", "03-03", "03-04"] * 2
    assert days["complete"].tolist() == [True, True, True, False] * 2


def test_revenue_by_day_in_utc(frame_of: Callable[..., Any]) -> None:
    golden = frame_of(arrow(golden_rows(), zone=UTC), zone=UTC)
    days = revenue(golden, freq="day", zone="UTC")
    assert column(days, "gross_volume", currency="RUB") == [1500, 0, 700, 150]


def test_fees(golden: Any) -> None:
    roubles, dollars = records(fees(golden))
    assert (roubles["gross_volume"], roubles["fees"], roubles["payments"]) == (2350, 95, 5)
    assert roubles["effective_fee_rate"] == 95 / 2350
    assert roubles["fee_per_payment"] == 19
    assert (roubles["zero_fee_payments"], roubles["zero_fee_share"], roubles["zero_fee_share_n"]) == (
        2,
        2 / 5,
        5,
    )
    assert dollars["effective_fee_rate"] == 0.04
    assert dollars["zero_fee_payments"] == 0


def test_conversion(golden: Any) -> None:
    (row,) = records(conversion(golden))
    counts = (
        "orders",
        "mature",
        "paid",
        "paid_24h",
        "paid_ever",
        "lost",
        "pending",
        "stale_open",
        "late_paid",
    )
    assert [row[name] for name in counts] == [9, 7, 6, 4, 5, 1, 1, 1, 1]
    assert (row["unresolved"], row["unknown_status"]) == (0, 0)
    assert (row["conversion_ever"], row["conversion_ever_n"]) == (5 / 7, 7)
    assert (row["conversion_24h"], row["conversion_24h_n"]) == (4 / 7, 7)
    assert row["conversion_24h_min"] == row["conversion_24h_max"] == 4 / 7
    assert (row["terminal_success_rate"], row["terminal_success_rate_mature"]) == (6 / 7, 5 / 6)
    assert row["naive_rate"] == 6 / 9
    assert (row["late_paid_rate"], row["late_paid_rate_n"]) == (1 / 5, 5)
    assert row["seconds_to_pay_p50"] == 150
    rates = {name: value for name, value in row.items() if "rate" in name or "conversion" in name}
    assert 6 / 8 not in rates.values()


def test_the_intervals_are_those_of_wilson(golden: Any) -> None:
    (row,) = records(conversion(golden))
    shown = {
        name: (round(row[f"{name}_low"], 6), round(row[f"{name}_high"], 6))
        for name in ("conversion_ever", "conversion_24h", "terminal_success_rate")
    }
    assert shown == {
        "conversion_ever": (0.358934, 0.917781),
        "conversion_24h": (0.250458, 0.841780),
        "terminal_success_rate": (0.486872, 0.974320),
    }


def test_conversion_in_money(golden: Any) -> None:
    roubles, dollars = records(conversion_value(golden))
    names = (
        "orders",
        "mature",
        "paid",
        "paid_24h",
        "paid_ever",
        "lost",
        "pending",
        "stale_open",
        "late_paid",
    )
    assert [float(roubles[name]) for name in names] == [3900, 3500, 2350, 1900, 2200, 600, 250, 700, 300]
    assert roubles["conversion_24h"] == 1900 / 3500
    assert [float(dollars[name]) for name in names] == [20, 20, 20, 20, 20, 0, 0, 0, 0]


def test_conversion_by_day_of_creation(golden: Any) -> None:
    days = conversion(golden, freq="day")
    assert days["orders"].tolist() == [2, 4, 1, 2]
    assert days["paid_ever"].tolist() == [2, 2, 1, 0]
    assert days["conversion_24h"].tolist()[:3] == [1, 1 / 4, 1]
    assert pd.isna(days["conversion_24h"][3])
    assert days["complete"].tolist() == [True, True, False, False]


def test_payment_systems(golden: Any) -> None:
    frame = payment_systems(golden)
    shown = frame[["currency", "payment_system_id", "payments", "orders", "paid_24h", "share_n"]]
    assert shown.to_numpy().tolist() == [
        ["RUB", 10, 0, 1, 0, 5],
        ["RUB", 25, 3, 4, 3, 5],
        ["RUB", 28, 2, 3, 0, 5],
        ["USD", 51, 1, 1, 1, 1],
    ]
    assert frame["share"].tolist() == [0, 3 / 5, 2 / 5, 1]
    assert frame["share_value"].tolist() == [0, 1900 / 2350, 450 / 2350, 1]
    assert frame["payment_system"].tolist()[:2] == ["PS#10", "Bank cards · Tinkoff Bank (25)"]
    assert frame["rank"].isna().tolist() == [True, True, True, False]
    assert frame["family"].isna().tolist() == [True, False, False, False]


def test_periods_of_every_length_add_up(golden: Any) -> None:
    for freq in ("week", "quarter", "year"):
        assert conversion(golden, freq=freq)["paid_ever"].sum() == 5
    months = revenue(golden, freq="month", money="decimal")
    assert [float(value) for value in months.groupby("currency")["net_volume"].sum()] == [1855, 19.2]
    systems = payment_systems(golden, freq="hour")
    assert (systems["payments"].sum(), systems["orders"].sum(), systems["refunds"].sum()) == (6, 9, 400)


def test_dimensions_of_the_calendar_go_by_the_clock_of_the_metric(golden: Any) -> None:
    paid = revenue(golden, by=["weekday", "hour"])
    assert paid[paid["currency"] == "RUB"][["weekday", "hour", "gross_volume"]].astype(
        float
    ).to_numpy().tolist() == [
        [1, 0, 500],
        [2, 11, 400],
        [2, 18, 300],
        [3, 8, 150],
        [7, 10, 1000],
    ]
    created = conversion(golden, by="weekday")
    assert created[["weekday", "orders"]].to_numpy().tolist() == [[1, 4], [2, 1], [3, 2], [7, 2]]


def test_bounds_are_on_the_clock_of_the_metric(golden: Any) -> None:
    # Order 2 was created on 1 March and paid on the 2nd.
    bounds = {"since": "2026-03-02", "until": "2026-03-03"}
    assert column(revenue(golden, **bounds), "gross_volume") == [500, 20]
    assert conversion(golden, **bounds)["orders"].tolist() == [4]
    assert column(revenue(golden, since="2026-03-03 18:00"), "gross_volume", currency="RUB") == [450]
    assert conversion(golden, until="2026-03-02 09:00")["orders"].tolist() == [2]


def test_bands_of_amounts(golden: Any) -> None:
    bands = revenue(golden, by="amount_band")
    roubles = bands[bands["currency"] == "RUB"]
    assert roubles["amount_band"].tolist() == [100, 200, 500, 1_000]
    assert [float(value) for value in roubles["gross_volume"]] == [150, 700, 500, 1000]
    orders = conversion(golden, by=["currency", "amount_band"])
    assert orders["orders"].tolist() == [1, 3, 3, 1, 1]
    assert orders["amount_band"].tolist() == [100, 200, 500, 1_000, 0]
