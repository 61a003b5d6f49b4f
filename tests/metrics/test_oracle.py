"""Drawn orders: every metric equals the oracle, money to the last digit, and keeps its promises."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tegro_analytics.metrics import conversion, conversion_value, fees, payment_systems, revenue
from tests.golden import AS_OF, MOSCOW, Row, arrow, native
from tests.metrics import oracle

NEW_YORK = ZoneInfo("America/New_York")
ZONES = (MOSCOW, NEW_YORK)
"""Moscow has days of 24 hours; in New York the clocks went forward on 8 March 2026."""

FIRST = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 3, 10, 9, tzinfo=dt.UTC)
ENGINES = ("pandas float64", "polars lazy", "duckdb in America/New_York")
REVENUE = (
    "gross_volume", "fees", "refunds", "net_volume", "payments", "average_ticket", "refund_rate",
    "refund_rate_value", "active_days", "zero_days", "undated_refunds", "excluded_negative",
)  # fmt: skip
FEES = (
    "gross_volume", "fees", "payments", "effective_fee_rate", "fee_per_payment", "zero_fee_payments",
    "zero_fee_share",
)  # fmt: skip


@st.composite
def an_order(draw: st.DrawFn, id: int) -> Row:  # noqa: A002
    created = FIRST + dt.timedelta(minutes=draw(st.integers(0, 9 * 24 * 60)))
    wait = draw(st.sampled_from([None, -60, 0, 45, 3_600, 86_399, 86_400, 86_401, 200_000]))
    refund = draw(st.sampled_from([None, None, 3_600, 3 * 86_400]))
    status = draw(st.sampled_from([0, 1, 1, 1, 2, 3, 3, 4, 7]))
    paid = None if wait is None else created + dt.timedelta(seconds=wait)
    return {
        "shop_id": draw(st.sampled_from(["a", "b"])),
        "id": id,
        "payment_id": f"o-{id}",
        "status": status,
        "is_test": draw(st.integers(0, 9)) == 0,
        "created_at": created,
        "paid_at": paid,
        "amount": Decimal(
            draw(st.sampled_from(["100", "0", "-5", "33.33", "0.00000001", "1234567.89", "70.7"]))
        ),
        "fee": draw(st.sampled_from([None, Decimal(0), Decimal("1.01"), Decimal("0.00000003")])),
        "currency": draw(st.sampled_from(["RUB", "RUB", "USD"])),
        "payment_system_id": draw(st.sampled_from([25, 28, None, 999])),
        "email": None,
        "refund_first_seen_at": None if refund is None else (paid or created) + dt.timedelta(seconds=refund),
        "observed_at": created + dt.timedelta(hours=draw(st.sampled_from([1, 23, 24, 48]))),
        "as_of": NOW,
    }


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    return [draw(an_order(id=number)) for number in range(draw(st.integers(0, 12)))]


days = st.none() | st.integers(0, 10).map(lambda number: dt.date(2026, 3, 1) + dt.timedelta(days=number))


@st.composite
def bounds(draw: st.DrawFn) -> oracle.Days:
    since, until = draw(days), draw(days)
    return (until, since) if since and until and since > until else (since, until)


def read(frame: pd.DataFrame, keys: Sequence[str], names: Sequence[str]) -> oracle.Cells:
    """Read a result as cells of plain values."""
    cells: oracle.Cells = {}
    for row in frame.to_dict("records"):
        key = tuple(_plain(row[name]) for name in keys)
        assert key not in cells, "a cell stands twice"
        cells[key] = {name: _plain(row[name]) for name in names}
    return cells


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.date() if isinstance(value, dt.datetime) else value


def assert_same(found: oracle.Cells, expected: oracle.Cells) -> None:
    assert sorted(map(str, found)) == sorted(map(str, expected))
    for key, values in found.items():
        for name, value in values.items():
            wanted = expected[key][name]
            if name.startswith("seconds") and wanted is not None:
                assert math.isclose(value, wanted, rel_tol=1e-9), (key, name, value, wanted)
            else:
                assert value == wanted, (key, name, value, wanted)


def check_money(rows: list[Row], zone: ZoneInfo, limits: oracle.Days, engine: str) -> None:
    frame = native(engine, arrow(rows, zone=zone), zone=zone)
    options: dict[str, Any] = {"since": limits[0], "until": limits[1], "zone": zone, "money": "decimal"}
    whole = oracle.money(rows, zone, limits, daily=False)
    assert_same(read(revenue(frame, **options), ["currency"], REVENUE), _only(whole, REVENUE))
    assert_same(read(fees(frame, **options), ["currency"], FEES), _only(whole, FEES))
    daily = oracle.money(rows, zone, limits, daily=True)
    keys = ["currency", "period_start"]
    assert_same(read(revenue(frame, freq="day", **options), keys, REVENUE), _only(daily, REVENUE))


def _only(cells: oracle.Cells, names: Sequence[str]) -> oracle.Cells:
    return {key: {name: values[name] for name in names} for key, values in cells.items()}


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


def check_conversion(rows: list[Row], zone: ZoneInfo, limits: oracle.Days, engine: str) -> None:
    frame = native(engine, arrow(rows, zone=zone), zone=zone)
    options: dict[str, Any] = {"since": limits[0], "until": limits[1], "zone": zone}
    names = (*COUNTS, *RATES)
    whole = oracle.outcomes(rows, zone, limits, by=None) if rows else {}
    assert_same(read(conversion(frame, **options), [], names), _only(whole, names))
    by_system = oracle.outcomes(rows, zone, limits, by="payment_system_id")
    found = read(conversion(frame, by="payment_system_id", **options), ["payment_system_id"], names)
    assert_same(found, _only(by_system, names))
    daily = oracle.outcomes(rows, zone, limits, by="day")
    found = read(conversion(frame, freq="day", **options), ["period_start"], names)
    assert_same({key: cell for key, cell in found.items() if _some(cell)}, _only(daily, names))
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


few = settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
many = settings(few, max_examples=60)


@pytest.fixture(autouse=True)
def _at_another_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert AS_OF != NOW
    monkeypatch.setattr(oracle, "AS_OF", NOW)


@pytest.mark.parametrize("engine", ENGINES)
class TestSome:
    @few
    @given(rows=histories(), zone=st.sampled_from(ZONES), limits=bounds())
    def test_money_equals_the_oracle(
        self, engine: str, rows: list[Row], zone: ZoneInfo, limits: oracle.Days
    ) -> None:
        check_money(rows, zone, limits, engine)

    @few
    @given(rows=histories(), zone=st.sampled_from(ZONES), limits=bounds())
    def test_conversion_equals_the_oracle(
        self, engine: str, rows: list[Row], zone: ZoneInfo, limits: oracle.Days
    ) -> None:
        check_conversion(rows, zone, limits, engine)

    @settings(few, max_examples=3)
    @given(rows=histories(), seed=st.integers(0, 99))
    def test_invariants(self, engine: str, rows: list[Row], seed: int) -> None:
        check_invariants(rows, engine, seed)


@pytest.mark.long
@pytest.mark.parametrize("engine", [*ENGINES, "pandas decimal", "pyarrow", "polars"])
class TestMany:
    @many
    @given(rows=histories(), zone=st.sampled_from(ZONES), limits=bounds())
    def test_money_equals_the_oracle(
        self, engine: str, rows: list[Row], zone: ZoneInfo, limits: oracle.Days
    ) -> None:
        check_money(rows, zone, limits, engine)

    @many
    @given(rows=histories(), zone=st.sampled_from(ZONES), limits=bounds())
    def test_conversion_equals_the_oracle(
        self, engine: str, rows: list[Row], zone: ZoneInfo, limits: oracle.Days
    ) -> None:
        check_conversion(rows, zone, limits, engine)

    @many
    @given(rows=histories(), seed=st.integers(0, 99))
    def test_invariants(self, engine: str, rows: list[Row], seed: int) -> None:
        check_invariants(rows, engine, seed)
