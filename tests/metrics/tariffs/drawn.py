"""Drawn tariff tables, and payments whose fees are right, or wrong by a little."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tegro_analytics.reference import Tariff
from tests.golden import Row
from tests.metrics.drawn import an_order
from tests.metrics.tariffs import oracle

PLANS = ("small", "large")
PERCENTS = ("0", "5", "6.75", "2.5", "0.0001", "33.3333", "100", "0.00005", "120")
MINIMA = (None, None, "0", "0.0007", "3.5", "0.005", "1.0000001", "50000")
AMOUNTS = (
    "0", "100", "2", "33.33", "70.7", "9999999999.99", "1234567", "0.01", "0.00000001", "1.23456789",
    "9999999.99999999", "-5", "50", "0.12345678",
)  # fmt: skip
SYSTEMS = (25, 16, None, 999)

days = st.none() | st.integers(0, 9).map(lambda number: dt.date(2026, 3, 1) + dt.timedelta(days=number))


@st.composite
def a_tariff(draw: st.DrawFn) -> Tariff:
    """Draw a row of a tariff table."""
    minimum = draw(st.sampled_from(MINIMA))
    return Tariff(
        direction=draw(st.sampled_from(["in", "in", "in", "out"])),
        payment_system_id=draw(st.sampled_from([25, 25, 16])),
        currency=draw(st.sampled_from([None, None, "RUB", "JPY", "BTC"])),
        plan=draw(st.sampled_from(PLANS)),
        percent=Decimal(draw(st.sampled_from(PERCENTS))),
        minimum=None if minimum is None else Decimal(minimum),
        valid_from=draw(days),
        valid_to=draw(days),
    )


def _same(tariff: Tariff) -> tuple[Any, ...]:
    return tariff.direction, tariff.plan, tariff.payment_system_id, tariff.currency, tariff.valid_from


EVER = [Tariff("in", 25, None, plan, Decimal("6.75")) for plan in PLANS]
"""Both plans are always in the table."""

tables = st.lists(a_tariff(), max_size=8, unique_by=_same).map(
    lambda rows: [*(row for row in EVER if _same(row) not in map(_same, rows)), *rows]
)


@st.composite
def payments(draw: st.DrawFn, table: list[Tariff], most: int = 12) -> list[Row]:
    """Draw orders, most of them paid, with a fee that the table asks, or one near it."""
    rows = []
    for number in range(draw(st.integers(0, most))):
        row = {
            **draw(an_order(id=number)),
            "amount": Decimal(draw(st.sampled_from(AMOUNTS))),
            "currency": draw(st.sampled_from(["RUB", "RUB", "JPY", "BTC", "CUR#7"])),
            "payment_system_id": draw(st.sampled_from(SYSTEMS)),
        }
        row["fee"] = draw(_fee(row, table))
        rows.append(row)
    return rows


@st.composite
def _fee(draw: st.DrawFn, row: Row, table: list[Tariff]) -> Decimal | None:
    """Draw a fee: none, any, the one of a plan, or one beside it."""
    day = (row["paid_at"] or row["created_at"]).date()
    tariff = oracle.tariff_of(table, draw(st.sampled_from(PLANS)), row, day)
    if tariff is None or row["amount"] < 0 or row["amount"] > 10**9 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from([None, Decimal(0), Decimal("1.01"), Decimal(-2), Decimal("12345678.9")]))
    asked = oracle.due(tariff, row["amount"], row["currency"])
    beside = draw(st.sampled_from(["0", "0", "0", "0.01", "-0.01", "1", "0.00000001"]))
    fits = [fee for fee in (asked + Decimal(beside), asked) if len(fee.normalize().as_tuple().digits) <= 15]
    return fits[0] if fits else Decimal("1.01")  # a float holds 15 digits


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Tariff], list[Row]]:
    """Draw a tariff table and payments."""
    table = draw(tables)
    return table, draw(payments(table))
