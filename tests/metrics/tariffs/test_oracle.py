"""Drawn tariffs and payments: every fee equals that of the oracle, every effect the fraction it should be."""

from __future__ import annotations

import datetime as dt
import random
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tegro_analytics.metrics import conversion_mix, fee_audit, fee_differences, fee_drift, plan_comparison
from tegro_analytics.reference import Tariff, load_reference
from tests.golden import Row, arrow, native, records
from tests.marks import first_of
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
from tests.metrics.tariffs import oracle
from tests.metrics.tariffs.drawn import worlds

World = tuple[list[Tariff], list[Row]]
MOVES = ("weight_before", "weight", "rate_effect", "mix_effect", "total_change")


def grouped(
    paid: list[tuple[dt.date, Row]], *names: str, daily: bool = False
) -> dict[tuple[Any, ...], list[tuple[dt.date, Row]]]:
    groups: dict[tuple[Any, ...], list[tuple[dt.date, Row]]] = {}
    for day, row in paid:
        keys = [row[name] for name in names]
        groups.setdefault((keys[0], *([day] if daily else []), *keys[1:]), []).append((day, row))
    return groups


def check_audit(world: World, zone: ZoneInfo, limits: Days, engine: str) -> None:
    table, rows = world
    frame = native(engine, arrow(rows, zone=zone), zone=zone)
    options: dict[str, Any] = {
        "since": limits[0], "until": limits[1], "zone": zone, "money": "decimal",
        "reference": load_reference(tariffs=table),
    }  # fmt: skip
    paid = oracle.payments(rows, zone, limits)
    keys = ["currency", "payment_system_id"]
    expected = {key: oracle.audit(own, table, "small") for key, own in grouped(paid, *keys).items()}
    found = read(fee_audit(frame, plan="small", **options), keys, oracle.AUDIT)
    assert_same(found, only(expected, oracle.AUDIT))
    daily = {key: oracle.audit(own, table, "small") for key, own in grouped(paid, *keys, daily=True).items()}
    found = read(
        fee_audit(frame, plan="small", freq="day", **options),
        ["currency", "period_start", "payment_system_id"],
        oracle.AUDIT,
    )
    some = {key: cell for key, cell in found.items() if cell["payments"] or key in daily}
    assert_same(some, only(daily, oracle.AUDIT))


def check_differences(world: World, zone: ZoneInfo, limit: int | None, engine: str) -> None:
    table, rows = world
    frame = native(engine, arrow(rows, zone=zone), zone=zone)
    reference = load_reference(tariffs=table)
    result = fee_differences(
        frame, plan="large", zone=zone, money="decimal", reference=reference, limit=limit
    )
    expected = oracle.differing(oracle.payments(rows, zone, (None, None)), table, "large")
    assert result.found == len(expected)
    shown = [{name: row[name] for name in expected[0]} for row in records(result)]
    assert shown == oracle.first_of(expected, limit)


def check_plans(world: World, zone: ZoneInfo, engine: str) -> None:
    table, rows = world
    frame = native(engine, arrow(rows, zone=zone), zone=zone)
    reference = load_reference(tariffs=table)
    paid = oracle.payments(rows, zone, (None, None))
    plans = {tariff.plan for tariff in table if tariff.direction == "in"}
    expected = {
        (currency, plan, family): oracle.audit(own, table, plan)
        for (currency, family), own in grouped(paid, "currency", "shop_id").items()
        for plan in plans
    }
    result = plan_comparison(frame, by="shop_id", zone=zone, money="decimal", reference=reference)
    assert_same(
        read(result, ["currency", "plan", "shop_id"], oracle.COMPARISON), only(expected, oracle.COMPARISON)
    )


def check_drift(rows: list[Row], zone: ZoneInfo, limits: Days, engine: str) -> None:
    frame = native(engine, arrow(rows, zone=zone), zone=zone)
    since = None if limits[0] is None else limits[0] - dt.timedelta(days=1)
    paid = oracle.payments(rows, zone, (since, limits[1]))
    amounts: oracle.Amounts = {}
    for day, row in paid:
        key = ((row["currency"],), day, row["payment_system_id"])
        fees, gross = amounts.get(key, (Fraction(0), Fraction(0)))
        if row["amount"] >= 0:
            fees, gross = fees + Fraction(row["fee"] or 0), gross + Fraction(row["amount"])
        amounts[key] = fees, gross
    expected = moved(amounts, zone, since, limits[1])
    result = fee_drift(frame, freq="day", since=limits[0], until=limits[1], zone=zone)
    result = result.rename(columns={"fee_rate_before": "before", "fee_rate": "now"})
    keys = ["currency", "period_start", "payment_system_id"]
    assert_same(read(result, keys, ("before", "now", *MOVES)), expected)


def check_mix(rows: list[Row], zone: ZoneInfo, limits: Days, engine: str) -> None:
    frame = native(engine, arrow(rows, zone=zone), zone=zone)
    since = None if limits[0] is None else limits[0] - dt.timedelta(days=1)
    amounts: oracle.Amounts = {}
    for row in rows:
        day = row["created_at"].astimezone(zone).date()
        outside = (since and day < since) or (limits[1] and day >= limits[1])
        if row["is_test"] or outside:
            continue
        key = ((), day, row["payment_system_id"])
        paid, mature = amounts.get(key, (Fraction(0), Fraction(0)))
        if row["status"] != 7 and row["created_at"] + dt.timedelta(hours=24) <= NOW:
            in_time = row["status"] in (1, 3) and row["paid_at"] is not None
            wait = (row["paid_at"] - row["created_at"]).total_seconds() if in_time else -1
            paid, mature = paid + (0 <= wait <= 86_400), mature + 1
        amounts[key] = paid, mature
    expected = moved(amounts, zone, since, limits[1])
    result = conversion_mix(frame, freq="day", since=limits[0], until=limits[1], zone=zone)
    result = result.rename(columns={"conversion_before": "before", "conversion": "now"})
    found = read(result, ["period_start", "payment_system_id"], ("before", "now", *MOVES))
    assert_same(found, expected)


def moved(amounts: oracle.Amounts, zone: ZoneInfo, since: dt.date | None, until: dt.date | None) -> Any:
    seen = [day for _, day, _ in amounts]
    if not seen:
        return {}
    last = max(NOW.astimezone(zone).date(), *seen) + dt.timedelta(days=1)
    return oracle.moves(amounts, since or min(seen), until or last)


def check_invariants(world: World, engine: str, seed: int) -> None:
    """Check what holds for any payments: parts add up, order and tests change nothing."""
    table, rows = world
    options: dict[str, Any] = {"reference": load_reference(tariffs=table), "money": "decimal"}
    frame = native(engine, arrow(rows))
    audit = fee_audit(frame, plan="small", **options)
    parts = audit[["audited", "unknown_tariff", "unknown_fee"]].sum(axis=1)
    assert parts.tolist() == audit["payments"].tolist()
    balance = audit["overcharged_value"] - audit["undercharged_value"]
    assert balance.tolist() == audit["fee_difference"].tolist()
    listed = fee_differences(frame, plan="small", limit=None, **options)
    assert listed.found == len(listed) == (audit["overcharged"] + audit["undercharged"]).sum()
    plans = plan_comparison(frame, **options)
    own = plans[plans["plan"] == "small"]
    assert own["saving"].sum() == audit["fee_difference"].sum()
    assert own["payments"].sum() == audit["payments"].sum()
    live = [row for row in rows if not row["is_test"]]
    random.Random(seed).shuffle(live)
    again = native(engine, arrow(live))
    if live:
        pd.testing.assert_frame_equal(
            pd.DataFrame(audit), pd.DataFrame(fee_audit(again, plan="small", **options))
        )
        pd.testing.assert_frame_equal(
            pd.DataFrame(listed), pd.DataFrame(fee_differences(again, plan="small", limit=None, **options))
        )


zones = st.sampled_from(ZONES)
limits_of_rows = st.sampled_from([None, 0, 1, 3])
fewer = settings(few, max_examples=3)


@pytest.mark.parametrize("engine", first_of(*SOME_ENGINES))
class TestSome:
    @fewer
    @given(world=worlds(), zone=zones, limits=bounds())
    def test_audit(self, engine: str, world: World, zone: ZoneInfo, limits: Days) -> None:
        check_audit(world, zone, limits, engine)

    @fewer
    @given(world=worlds(), zone=zones, limit=limits_of_rows)
    def test_differences(self, engine: str, world: World, zone: ZoneInfo, limit: int | None) -> None:
        check_differences(world, zone, limit, engine)

    @settings(few, max_examples=2)
    @given(world=worlds(), zone=zones)
    def test_plans(self, engine: str, world: World, zone: ZoneInfo) -> None:
        check_plans(world, zone, engine)

    @fewer
    @given(rows=histories(), zone=zones, limits=bounds())
    def test_drift(self, engine: str, rows: list[Row], zone: ZoneInfo, limits: Days) -> None:
        check_drift(rows, zone, limits, engine)

    @fewer
    @given(rows=histories(), zone=zones, limits=bounds())
    def test_mix(self, engine: str, rows: list[Row], zone: ZoneInfo, limits: Days) -> None:
        check_mix(rows, zone, limits, engine)


@settings(few, max_examples=3)
@given(world=worlds(), seed=st.integers(0, 99))
def test_invariants(world: World, seed: int) -> None:
    check_invariants(world, "polars lazy", seed)


@pytest.mark.long
@pytest.mark.parametrize("engine", ALL_ENGINES)
class TestMany:
    @many
    @given(world=worlds(), zone=zones, limits=bounds())
    def test_audit(self, engine: str, world: World, zone: ZoneInfo, limits: Days) -> None:
        check_audit(world, zone, limits, engine)

    @many
    @given(world=worlds(), zone=zones, limit=limits_of_rows)
    def test_differences(self, engine: str, world: World, zone: ZoneInfo, limit: int | None) -> None:
        check_differences(world, zone, limit, engine)

    @many
    @given(world=worlds(), zone=zones)
    def test_plans(self, engine: str, world: World, zone: ZoneInfo) -> None:
        check_plans(world, zone, engine)

    @many
    @given(rows=histories(), zone=zones, limits=bounds())
    def test_drift(self, engine: str, rows: list[Row], zone: ZoneInfo, limits: Days) -> None:
        check_drift(rows, zone, limits, engine)

    @many
    @given(rows=histories(), zone=zones, limits=bounds())
    def test_mix(self, engine: str, rows: list[Row], zone: ZoneInfo, limits: Days) -> None:
        check_mix(rows, zone, limits, engine)

    @many
    @given(world=worlds(), seed=st.integers(0, 99))
    def test_invariants(self, engine: str, world: World, seed: int) -> None:
        check_invariants(world, engine, seed)
