"""Withdrawals: count, value, fee and time, of drawn ones and of some that can be read by eye."""

from __future__ import annotations

import datetime as dt
import math
import random
import warnings
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tegro_analytics.exceptions import DataError, MissingColumn, TegroDataWarning
from tegro_analytics.metrics import withdrawals_summary
from tests.golden import MOSCOW, records
from tests.metrics.account import oracle
from tests.metrics.account.drawn import Record, native_of, withdrawals
from tests.metrics.drawn import (
    ALL_ENGINES,
    NOW,
    SOME_ENGINES,
    ZONES,
    Cells,
    Days,
    bounds,
    few,
    many,
    read,
)

VALUES = (
    "withdrawals", "withdrawn", "withdrawal_fees", "without_amount", "without_fee", "lag_seconds_p50",
    "lag_seconds_p90",
)  # fmt: skip


def withdrawal(id: str = "1", **fields: Any) -> Record:  # noqa: A002
    """Make a withdrawal that was carried out half an hour after it was made."""
    made = dt.datetime(2026, 3, 2, 10, 0, tzinfo=MOSCOW)
    plain = {
        "shop_id": "a", "payment_id": None, "status": "done", "created_at": made,
        "done_at": made + dt.timedelta(minutes=30), "amount": Decimal(2000), "fee": Decimal(40),
        "currency": "RUB", "payment_system_id": 5, "account": None, "observed_at": NOW, "as_of": NOW,
        "extra": None,
    }  # fmt: skip
    return {**plain, "id": id, **fields}


def summed(*rows: Record, **options: Any) -> list[Any]:
    return records(withdrawals_summary(native_of("pyarrow", list(rows)), money="decimal", **options))


def the_one(*rows: Record, **options: Any) -> Any:
    (row,) = summed(*rows, **options)
    return row


def test_count_value_fee_and_time() -> None:
    slow = withdrawal("2", done_at=withdrawal()["created_at"] + dt.timedelta(hours=2), amount=Decimal("0.5"))
    assert the_one(withdrawal(), slow) == {
        "currency": "RUB",
        "status": "done",
        "withdrawals": 2,
        "withdrawn": Decimal("2000.5"),
        "withdrawal_fees": 80,
        "without_amount": 0,
        "without_fee": 0,
        "lag_seconds_p50": 4500.0,
        "lag_seconds_p90": 1800 + 0.9 * 5400,
    }


def test_what_nobody_says_is_missing_and_counted() -> None:
    known, unknown = withdrawal(), withdrawal("2", amount=None, fee=None, done_at=None)
    row = the_one(known, unknown)
    assert (row["withdrawn"], row["withdrawal_fees"], row["without_amount"], row["without_fee"]) == (
        2000,
        40,
        1,
        1,
    )
    row = the_one(unknown)
    assert (row["withdrawals"], row["withdrawn"], row["withdrawal_fees"]) == (1, None, None)
    assert (row["lag_seconds_p50"], row["lag_seconds_p90"]) == (None, None)


def test_the_same_withdrawal_in_two_shops_is_one_as_last_observed() -> None:
    early = withdrawal(status="processing", done_at=None, observed_at=NOW - dt.timedelta(seconds=1))
    for rows in ([early, withdrawal(shop_id="b")], [withdrawal(shop_id="b"), early]):
        assert [(row["status"], row["withdrawals"]) for row in summed(*rows)] == [("done", 1)]


def test_those_without_an_id_are_withdrawals_of_their_own() -> None:
    frame = native_of("pandas float64", [withdrawal("1"), withdrawal("2")]).assign(id=None)
    assert records(withdrawals_summary(frame))[0]["withdrawals"] == 2


def test_by_any_column_and_by_none() -> None:
    rows = [withdrawal(), withdrawal("2", payment_system_id=51, status=None), withdrawal("3", currency="USD")]
    assert [(row["currency"], row["status"]) for row in summed(*rows)] == [
        ("RUB", "done"),
        ("RUB", None),
        ("USD", "done"),
    ]
    by_system = summed(*rows, by="payment_system_id")
    assert [(row["currency"], row["payment_system_id"]) for row in by_system] == [
        ("RUB", 5),
        ("RUB", 51),
        ("USD", 5),
    ]
    assert [(row["currency"], row["withdrawals"]) for row in summed(*rows, by=None)] == [
        ("RUB", 2),
        ("USD", 1),
    ]
    assert [(row["weekday"], row["hour"]) for row in summed(rows[0], by=["weekday", "hour"])] == [(1, 10)]


def test_periods_are_those_of_the_report_zone_and_empty_ones_are_0() -> None:
    night = withdrawal(created_at=dt.datetime(2026, 3, 1, 22, 30, tzinfo=dt.UTC))
    late = withdrawal("2", created_at=dt.datetime(2026, 3, 4, 9, tzinfo=dt.UTC))
    days = summed(night, late, freq="day", as_of="2026-03-04 12:00")
    assert [(f"{row['period_start']:%d}", row["withdrawals"], row["complete"]) for row in days] == [
        ("02", 1, True),
        ("03", 0, True),
        ("04", 1, False),
    ]
    assert [row["withdrawn"] for row in days] == [2000, 0, 2000]
    (first, *_) = summed(night, late, freq="day", zone="UTC")
    assert first["period_start"] == pd.Timestamp("2026-03-01")
    assert the_one(night, late, since="2026-03-03")["withdrawals"] == 1


@pytest.mark.parametrize(("since", "until", "count"), [("02", "03", 1), ("01", "02", 0), ("03", "04", 0)])
def test_bounds_hold_their_start_and_not_their_end(since: str, until: str, count: int) -> None:
    midnight = withdrawal(created_at=dt.datetime(2026, 3, 2, tzinfo=MOSCOW))
    found = summed(midnight, since=f"2026-03-{since}", until=f"2026-03-{until}")
    assert sum(row["withdrawals"] for row in found) == count


def test_one_without_a_date_lies_in_no_period_and_that_is_said() -> None:
    rows = [withdrawal(), withdrawal("2", created_at=None)]
    assert the_one(*rows)["withdrawals"] == 2
    for options in ({"freq": "month", "until": "2026-04-01"}, {"since": "2026-01-01"}, {"by": "hour"}):
        with pytest.warns(TegroDataWarning, match="1 withdrawals have no date of creation") as caught:
            assert the_one(*rows, **options)["withdrawals"] == 1
        assert caught[0].filename == __file__


def test_nothing_keeps_every_column() -> None:
    for engine in ("pandas decimal", *SOME_ENGINES):
        for options in ({}, {"freq": "day"}, {"freq": "day", "since": "2026-01-01", "until": "2026-02-01"}):
            frame = withdrawals_summary(native_of(engine, []), **options)
            assert len(frame) == 0
            assert list(frame.columns)[-len(VALUES) :] == list(VALUES)


def test_what_the_frame_lacks_is_not_known() -> None:
    frame = native_of("pandas float64", [withdrawal()])[["id", "created_at", "amount", "currency"]]
    row = records(withdrawals_summary(frame, by=None))[0]
    assert (row["withdrawn"], row["withdrawal_fees"], row["without_fee"]) == (2000.0, None, 1)
    with pytest.raises(MissingColumn, match="needs the column 'status'"):
        withdrawals_summary(frame)
    with pytest.raises(DataError, match="pass as_of="):
        withdrawals_summary(frame, by=None, freq="day")
    assert len(withdrawals_summary(frame, by=None, freq="day", as_of="2026-03-02")) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "withdrawn"}, "'withdrawn' is a column of the result"),
        ({"by": ["status", "status"]}, "names a dimension twice"),
        ({"freq": "decade"}, "freq='decade' is unknown"),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "comes after"),
        ({"by": "mood"}, "needs the column 'mood'"),
    ],
)
def test_mistakes_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        summed(withdrawal(), **options)
    with pytest.raises(DataError, match=r"was given list for withdrawals"):
        withdrawals_summary([1])


def test_hostile_text_is_a_group_like_any_other() -> None:
    names = ["=HYPERLINK(1)", "<img onerror=x>", "'; DROP TABLE x; --", "{status}"]
    rows = [withdrawal(str(number), status=name) for number, name in enumerate(names)]
    frame = withdrawals_summary(native_of("pandas float64", rows))
    assert set(frame["status"]) == set(names)
    assert "<img" not in frame._repr_html_()


def check(rows: list[Record], zone: ZoneInfo, limits: Days, engine: str) -> None:
    frame = native_of(engine, rows)
    options: dict[str, Any] = {"since": limits[0], "until": limits[1], "zone": zone, "money": "decimal"}
    for by in ("status", "payment_system_id"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TegroDataWarning)
            found = read(withdrawals_summary(frame, by=by, **options), ["currency", by], VALUES)
            keys = ["currency", "period_start", by]
            daily = read(withdrawals_summary(frame, by=by, freq="day", **options), keys, VALUES)
        same(found, oracle.summary(rows, zone, limits, by=by, daily=False))
        some = {key: cell for key, cell in daily.items() if cell["withdrawals"]}
        same(some, oracle.summary(rows, zone, limits, by=by, daily=True))


def same(found: Cells, expected: Cells) -> None:
    assert sorted(map(str, found)) == sorted(map(str, expected))
    for key, values in found.items():
        for name, value in values.items():
            wanted = expected[key][name]
            close = name.startswith("lag") and wanted is not None
            assert math.isclose(value, wanted, rel_tol=1e-9) if close else value == wanted, (key, name)


@pytest.mark.parametrize("engine", SOME_ENGINES)
@few
@given(rows=withdrawals(), zone=st.sampled_from(ZONES), limits=bounds())
def test_drawn_withdrawals_equal_the_oracle(
    engine: str, rows: list[Record], zone: ZoneInfo, limits: Days
) -> None:
    check(rows, zone, limits, engine)


@pytest.mark.long
@pytest.mark.parametrize("engine", ALL_ENGINES)
@many
@given(rows=withdrawals(), zone=st.sampled_from(ZONES), limits=bounds())
def test_many_drawn_withdrawals_equal_the_oracle(
    engine: str, rows: list[Record], zone: ZoneInfo, limits: Days
) -> None:
    check(rows, zone, limits, engine)


@settings(few, max_examples=4)
@given(rows=withdrawals(), seed=st.integers(0, 99))
def test_the_order_of_rows_changes_nothing_and_parts_add_up(rows: list[Record], seed: int) -> None:
    shuffled = rows.copy()
    random.Random(seed).shuffle(shuffled)
    one, other = (withdrawals_summary(native_of("pyarrow", some)) for some in (rows, shuffled))
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other))
    whole = withdrawals_summary(native_of("pyarrow", rows), by=None)
    for name in ("withdrawals", "without_amount", "without_fee"):
        parts = one.groupby("currency", dropna=False)[name].sum()
        assert list(parts) == list(whole[name])
