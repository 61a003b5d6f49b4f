"""Drawn orders: every metric equals the oracle, money to the last digit, and keeps its promises."""

from __future__ import annotations

import random
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tegro_analytics.metrics import conversion, conversion_value, fees, payment_systems, revenue
from tests.golden import AS_OF, Row, arrow, native
from tests.metrics import oracle
from tests.metrics.drawn import (
    ALL_ENGINES,
    NOW,
    SOME_ENGINES,
    ZONES,
    Days,
    assert_same,
    bounds,
    few,
    histories,
    many,
    only,
    read,
)

REVENUE = (
    "gross_volume", "fees", "refunds", "net_volume", "payments", "average_ticket", "refund_rate",
    "refund_rate_value", "active_days", "zero_days", "undated_refunds", "excluded_negative",
    "ticket_p50", "ticket_p90", "ticket_p99",
)  # fmt: skip
TREND = ("growth", "growth_year", "rolling_7d", "rolling_28d", "run_rate")
FEES = (
    "gross_volume", "fees", "payments", "effective_fee_rate", "fee_per_payment", "zero_fee_payments",
    "zero_fee_share",
)  # fmt: skip


def check_money(rows: list[Row], zone: ZoneInfo, limits: Days, engine: str) -> None:
    frame = native(engine, arrow(rows, zone=zone), zone=zone)
    options: dict[str, Any] = {"since": limits[0], "until": limits[1], "zone": zone, "money": "decimal"}
    whole = oracle.money(rows, zone, limits, daily=False)
    assert_same(read(revenue(frame, **options), ["currency"], REVENUE), only(whole, REVENUE))
    assert_same(read(fees(frame, **options), ["currency"], FEES), only(whole, FEES))
    daily = oracle.money(rows, zone, limits, daily=True)
    keys = ["currency", "period_start"]
    names = (*REVENUE, *TREND)
    assert_same(read(revenue(frame, freq="day", **options), keys, names), only(daily, names))


COUNTS = (
    "orders",
    "mature",
    "paid",
    "paid_24h",
    "paid_ever",
    "lost",
    "pending",
    "stale_open",
    "unresolved",
    "late_paid",
)
RATES = (
    "unknown_status", "conversion_24h", "conversion_24h_min", "conversion_24h_max", "conversion_ever",
    "terminal_success_rate", "terminal_success_rate_mature", "late_paid_rate", "naive_rate",
    "seconds_to_pay_p50", "seconds_to_pay_p90", "seconds_to_pay_p99",
)  # fmt: skip


def check_conversion(rows: list[Row], zone: ZoneInfo, limits: Days, engine: str) -> None:
    frame = native(engine, arrow(rows, zone=zone), zone=zone)
    options: dict[str, Any] = {"since": limits[0], "until": limits[1], "zone": zone}
    names = (*COUNTS, *RATES)
    whole = oracle.outcomes(rows, zone, limits, by=None) if rows else {}
    assert_same(read(conversion(frame, **options), [], names), only(whole, names))
    by_system = oracle.outcomes(rows, zone, limits, by="payment_system_id")
    found = read(conversion(frame, by="payment_system_id", **options), ["payment_system_id"], names)
    assert_same(found, only(by_system, names))
    daily = oracle.outcomes(rows, zone, limits, by="day")
    found = read(conversion(frame, freq="day", **options), ["period_start"], names)
    assert_same({key: cell for key, cell in found.items() if _some(cell)}, only(daily, names))
    in_money = read(
        conversion_value(frame, money="decimal", by="shop_id", **options), ["currency", "shop_id"], COUNTS
    )
    for (currency, shop), values in in_money.items():
        own = [row for row in rows if row["currency"] == currency and row["shop_id"] == shop]
        ((_, expected),) = oracle.outcomes(own, zone, limits, by=None).items()
        assert values == {name: expected[f"{name} in money"] for name in COUNTS}


def _some(cell: dict[str, Any]) -> bool:
    return bool(cell["orders"] or cell["unknown_status"])


def check_invariants(rows: list[Row], engine: str, seed: int) -> None:
    """Check what holds for any orders, whatever the numbers are."""
    frame = native(engine, arrow(rows))
    whole = revenue(frame, money="decimal").set_index("currency")
    for by in (["payment_system_id"], ["weekday", "hour"], ["family", "status"]):
        parts = revenue(frame, by=by, money="decimal")
        for name in ("gross_volume", "fees", "refunds", "payments", "undated_refunds", "excluded_negative"):
            total = {currency: sum(part[name]) for currency, part in parts.groupby("currency")}
            assert total == whole[name].to_dict(), (by, name)
    systems = payment_systems(frame, money="decimal")
    assert systems["payments"].sum() == whole["payments"].sum()
    assert systems["orders"].sum() == conversion(frame)["orders"].sum()
    live = [row for row in rows if not row["is_test"]]
    random.Random(seed).shuffle(live)
    again = native(engine, arrow(live))
    if live:
        pd.testing.assert_frame_equal(
            pd.DataFrame(systems), pd.DataFrame(payment_systems(again, money="decimal"))
        )


@pytest.fixture(autouse=True)
def _at_another_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert AS_OF != NOW
    monkeypatch.setattr(oracle, "AS_OF", NOW)


@pytest.mark.parametrize("engine", SOME_ENGINES)
class TestSome:
    @few
    @given(rows=histories(), zone=st.sampled_from(ZONES), limits=bounds())
    def test_money_equals_the_oracle(
        self, engine: str, rows: list[Row], zone: ZoneInfo, limits: Days
    ) -> None:
        check_money(rows, zone, limits, engine)

    @few
    @given(rows=histories(), zone=st.sampled_from(ZONES), limits=bounds())
    def test_conversion_equals_the_oracle(
        self, engine: str, rows: list[Row], zone: ZoneInfo, limits: Days
    ) -> None:
        check_conversion(rows, zone, limits, engine)

    @settings(few, max_examples=3)
    @given(rows=histories(), seed=st.integers(0, 99))
    def test_invariants(self, engine: str, rows: list[Row], seed: int) -> None:
        check_invariants(rows, engine, seed)


@pytest.mark.long
@pytest.mark.parametrize("engine", ALL_ENGINES)
class TestMany:
    @many
    @given(rows=histories(), zone=st.sampled_from(ZONES), limits=bounds())
    def test_money_equals_the_oracle(
        self, engine: str, rows: list[Row], zone: ZoneInfo, limits: Days
    ) -> None:
        check_money(rows, zone, limits, engine)

    @many
    @given(rows=histories(), zone=st.sampled_from(ZONES), limits=bounds())
    def test_conversion_equals_the_oracle(
        self, engine: str, rows: list[Row], zone: ZoneInfo, limits: Days
    ) -> None:
        check_conversion(rows, zone, limits, engine)

    @many
    @given(rows=histories(), seed=st.integers(0, 99))
    def test_invariants(self, engine: str, rows: list[Row], seed: int) -> None:
        check_invariants(rows, engine, seed)
