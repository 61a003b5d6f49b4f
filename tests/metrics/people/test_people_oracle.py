"""Drawn histories of customers: every metric equals the oracle, and keeps its promises."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tegro_analytics.metrics import cohorts, customer_value, customers, rfm
from tegro_analytics.metrics.people import worth
from tegro_analytics.privacy import customer_key
from tests.golden import SALT, Row, arrow, native
from tests.marks import first_of
from tests.metrics.drawn import ALL_ENGINES, SOME_ENGINES, ZONES, Cells, assert_same, few, many, read
from tests.metrics.people import oracle
from tests.metrics.people.drawn import EMAILS, NOW, bounds, months

TOP = 3
"""Of so few payers the top has to be more than a hundredth."""

COUNTS = (
    "payments", "unique_payers", "new_payers", "returning_payers", "repeat_payers", "repeat_rate",
    "repeat_rate_n", "anonymous_payments", "anonymous_share", "anonymous_share_n", "left_edge",
)  # fmt: skip
VALUES = (
    "unique_payers", "gross_volume", "identified_gross", "identified_net", "arppu", "ltv_historic",
    "top_payers", "top_customer_share",
)  # fmt: skip
RETENTION = ("cohort_size", "payers", "retention", "retention_n", "complete", "left_edge")
LISTED = (
    "payment_days", "frequency", "recency_days", "age_days", "monetary", "gross_volume", "first_date",
    "last_date",
)  # fmt: skip

Draw = dict[str, Any]
questions = st.fixed_dictionaries(
    {
        "rows": months(),
        "zone": st.sampled_from(ZONES),
        "limits": bounds(),
        "freq": st.sampled_from([None, "hour", "day", "week", "month", "quarter", "year"]),
        "by": st.sampled_from([None, "shop_id", "payment_system_id", "currency"]),
        "now": st.sampled_from([NOW, dt.datetime(2026, 3, 31, 21, tzinfo=dt.UTC), NOW - dt.timedelta(40)]),
    }
)


@pytest.fixture(autouse=True)
def _few_are_at_the_top(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worth, "TOP", TOP)


def options_of(asked: Draw) -> dict[str, Any]:
    since, until = asked["limits"]
    return {"since": since, "until": until, "zone": asked["zone"], "money": "decimal"}


def assert_cells(frame: pd.DataFrame, keys: list[str], names: tuple[str, ...], expected: Cells) -> None:
    """Hold the cells with payments against the oracle; the others are of 0 throughout."""
    found = {}
    for row in frame.to_dict("records"):
        key = tuple(None if pd.isna(row[name]) else row[name] for name in keys)
        assert key not in found, "a cell stands twice"
        found[key] = {name: None if pd.isna(row[name]) else row[name] for name in names}
    assert set(expected) <= set(found)
    for key in set(found) - set(expected):
        assert not any(value for name, value in found[key].items() if name != "left_edge")
    assert_same({key: found[key] for key in expected}, expected)


def check_customers(engine: str, asked: Draw) -> None:
    rows, zone, limits, freq, by = (asked[name] for name in ("rows", "zone", "limits", "freq", "by"))
    found = customers(
        native(engine, arrow(rows, zone=zone), zone=zone), freq=freq, by=by, **options_of(asked)
    )
    keys = [*(["period_start"] if freq else []), *([by] if by else [])]
    assert_cells(found, keys, COUNTS, oracle.customers(rows, zone, limits, freq, by))
    assert len(found) >= (1 if rows and not freq and not by else 0)


def check_value(engine: str, asked: Draw) -> None:
    rows, zone, limits, freq, by = (asked[name] for name in ("rows", "zone", "limits", "freq", "by"))
    by = None if by == "currency" else by
    found = customer_value(
        native(engine, arrow(rows, zone=zone), zone=zone),
        freq=freq, by=by, merchant_share="0.3", **options_of(asked),
    )  # fmt: skip
    keys = ["currency", *(["period_start"] if freq else []), *([by] if by else [])]
    expected = oracle.customer_value(rows, zone, limits, freq, by, top=TOP, bears="0.3")
    assert_cells(found, keys, VALUES, expected)


def check_cohorts(engine: str, asked: Draw) -> None:
    rows, zone, limits, now = (asked[name] for name in ("rows", "zone", "limits", "now"))
    by = None if asked["by"] == "currency" else asked["by"]
    found = cohorts(native(engine, arrow(rows, zone=zone), zone=zone), by=by, as_of=now, **options_of(asked))
    expected = {}
    for group in {row[by] if by else None for row in rows}:
        own = [row for row in rows if not by or row[by] == group]
        for key, cell in oracle.cohorts(own, zone, limits, now).items():
            expected[(*([group] if by else []), *key)] = cell
    assert_same(read(found, [*([by] if by else []), "cohort", "month"], RETENTION), expected)


def check_rfm(engine: str, asked: Draw) -> None:
    rows, zone, limits, now = (asked[name] for name in ("rows", "zone", "limits", "now"))
    found = rfm(native(engine, arrow(rows, zone=zone), zone=zone), as_of=now, **options_of(asked))
    key_of = {customer_key(email, SALT): email for email in EMAILS}
    cells = read(found, ["currency", "customer"], LISTED)
    mails = {(currency, (key_of[key] or "").strip().lower()): cell for (currency, key), cell in cells.items()}
    assert_same(mails, oracle.rfm(rows, zone, limits, now))
    order = [(row["currency"], -row["gross_volume"], row["customer"]) for row in found.to_dict("records")]
    assert order == sorted(order)


def check_invariants(engine: str, rows: list[Row], seed: int) -> None:
    """Check what holds for any orders, whatever the numbers are."""
    frame = native(engine, arrow(rows))
    whole = customers(frame)
    parts = customers(frame, freq="month")
    assert parts["new_payers"].sum() == whole["unique_payers"].sum()
    assert parts["payments"].sum() == whole["payments"].sum()
    assert parts["anonymous_payments"].sum() == whole["anonymous_payments"].sum()
    assert (parts["new_payers"] + parts["returning_payers"] == parts["unique_payers"]).all()
    triangle = cohorts(frame, as_of="2027-01-01")
    assert triangle.loc[triangle["month"] == 0, "payers"].sum() == whole["unique_payers"].sum()
    assert (triangle["payers"] <= triangle["cohort_size"]).all()
    listed = rfm(frame, money="decimal")
    value = customer_value(frame, money="decimal")
    for currency, total in zip(value["currency"], value["identified_gross"], strict=True):
        assert sum(listed.loc[listed["currency"] == currency, "gross_volume"]) == total
    live = [row for row in rows if not row["is_test"]]
    random.Random(seed).shuffle(live)
    again = native(engine, arrow(live))
    for metric in (customers, customer_value, cohorts, rfm) if live else ():
        pd.testing.assert_frame_equal(pd.DataFrame(metric(frame)), pd.DataFrame(metric(again)))


CHECKS = [check_customers, check_value, check_cohorts, check_rfm]
NAMES = [check.__name__ for check in CHECKS]


@pytest.mark.parametrize("engine", first_of(*SOME_ENGINES))
class TestSome:
    @pytest.mark.parametrize("check", CHECKS, ids=NAMES)
    @settings(few, max_examples=4)
    @given(asked=questions)
    def test_it_equals_the_oracle(self, engine: str, check: Callable[[str, Draw], None], asked: Draw) -> None:
        check(engine, asked)

    @settings(few, max_examples=2)
    @given(rows=months(), seed=st.integers(0, 99))
    def test_invariants(self, engine: str, rows: list[Row], seed: int) -> None:
        check_invariants(engine, rows, seed)


@pytest.mark.long
@pytest.mark.parametrize("engine", ALL_ENGINES)
class TestMany:
    @pytest.mark.parametrize("check", CHECKS, ids=NAMES)
    @many
    @given(asked=questions)
    def test_it_equals_the_oracle(self, engine: str, check: Callable[[str, Draw], None], asked: Draw) -> None:
        check(engine, asked)

    @many
    @given(rows=months(), seed=st.integers(0, 99))
    def test_invariants(self, engine: str, rows: list[Row], seed: int) -> None:
        check_invariants(engine, rows, seed)
