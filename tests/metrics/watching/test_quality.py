"""The quality of records: every flag is counted, and the orders are found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import narwhals as nw
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tegro_analytics.exceptions import DataError, MissingColumn
from tegro_analytics.metrics import data_quality, flagged_orders
from tegro_analytics.schemas import FLAGS
from tests.golden import MOSCOW, Row, arrow, golden_rows, native, records
from tests.metrics.drawn import ALL_ENGINES, SOME_ENGINES, ZONES, few, many
from tests.metrics.watching.series import flagged, history


def with_flags(rows: list[Row], flags: Sequence[str | None]) -> pa.Table:
    table = arrow(rows)
    place = table.schema.get_field_index("flags")
    return table.set_column(place, "flags", pa.array(flags, pa.string()))


GOLDEN = with_flags(
    golden_rows(),
    ["", "paid_twice", "", "", "zero_amount,paid_twice", "test_unknown", None, "", "not_paid_twice", ""],
)


def test_every_flag_has_a_row(frame_of: Callable[..., Any]) -> None:
    result = data_quality(frame_of(GOLDEN))
    assert result["flag"].tolist() == sorted(FLAGS)
    found = result.set_index("flag")
    assert found["flagged"][found["flagged"] > 0].to_dict() == {
        "paid_twice": 2,
        "test_unknown": 1,
        "zero_amount": 1,
    }
    assert found["example_ids"].dropna().to_dict() == {
        "paid_twice": "2, 5",
        "test_unknown": "6",
        "zero_amount": "5",
    }
    assert set(found["flagged_share_n"]) == {10}
    assert found["flagged_share"]["paid_twice"] == 0.2


def test_by_day_and_system(frame_of: Callable[..., Any]) -> None:
    result = data_quality(frame_of(GOLDEN), freq="day", by="payment_system_id", until="2026-03-03")
    assert list(result.columns)[:5] == ["period_start", "period_end", "complete", "flag", "payment_system_id"]
    assert len(result) == 2 * 4 * len(FLAGS)
    some = [row for row in records(result) if row["flagged"]]
    told = [
        (f"{row['period_start']:%m-%d}", row["flag"], row["payment_system_id"], row["example_ids"])
        for row in some
    ]
    assert told == [
        ("03-01", "paid_twice", 25, "2"),
        ("03-02", "paid_twice", 51, "5"),
        ("03-02", "test_unknown", 25, "6"),
        ("03-02", "zero_amount", 51, "5"),
    ]
    assert [row["flagged_share_n"] for row in some] == [2, 1, 2, 1]


def test_five_orders_stand_for_many() -> None:
    rows = [{**golden_rows()[0], "id": number} for number in (9, 10, 8, 3, 11, 12, 7)]
    found = data_quality(with_flags(rows, ["paid_gap"] * 7)).set_index("flag")
    assert found["example_ids"]["paid_gap"] == "3, 7, 8, 9, 10"
    assert found["flagged"]["paid_gap"] == 7
    shops = [{**row, "shop_id": "b" if row["id"] < 9 else "a"} for row in rows]
    found = data_quality(with_flags(shops, ["paid_gap"] * 7)).set_index("flag")
    assert found["example_ids"]["paid_gap"] == "3, 7, 8, 9, 10"


def test_bounds_without_orders_give_no_share() -> None:
    result = data_quality(GOLDEN, since="2026-04-01", until="2026-05-01")
    assert result["flagged"].tolist() == [0] * len(FLAGS)
    assert result["flagged_share"].isna().all()
    assert result["example_ids"].isna().all()


def test_the_flag_is_a_dimension_already() -> None:
    assert list(data_quality(GOLDEN, by=["flag", "shop_id"]).columns)[:2] == ["flag", "shop_id"]


@pytest.mark.parametrize("engine", ["pandas float64", "pyarrow", "polars lazy"])
def test_frames_without_flags_are_told(engine: str) -> None:
    orders = nw.from_native(native(engine, GOLDEN)).drop("flags").to_native()
    for metric in (data_quality, flagged_orders):
        with pytest.raises(MissingColumn) as error:
            metric(orders)
        assert error.value.columns == ("flags",)


# The list


def test_flagged_orders_are_listed_the_newest_first(frame_of: Callable[..., Any]) -> None:
    result = flagged_orders(frame_of(GOLDEN))
    assert result["id"].tolist() == [9, 6, 5, 2]
    row = records(result)[2]
    assert (row["shop_id"], row["payment_id"], row["status_name"]) == ("shop", "o-5", "paid")
    assert (row["currency"], float(row["amount"]), row["flags"]) == ("USD", 20, "zero_amount,paid_twice")
    assert row["created_at"] == pd.Timestamp("2026-03-02 13:00", tz=MOSCOW)
    assert result.found == 4


def test_one_flag_is_looked_for_by_its_whole_name(frame_of: Callable[..., Any]) -> None:
    orders = frame_of(GOLDEN)
    assert flagged_orders(orders, flag="paid_twice")["id"].tolist() == [5, 2]
    assert flagged_orders(orders, flag="zero_amount")["id"].tolist() == [5]
    assert len(flagged_orders(orders, flag="paid_gap")) == 0


def test_a_list_is_cut_and_says_how_long_it_is() -> None:
    result = flagged_orders(GOLDEN, limit=1)
    assert (result["id"].tolist(), result.found) == ([9], 4)
    assert len(flagged_orders(GOLDEN, limit=None)) == 4
    assert flagged_orders(GOLDEN, since="2026-03-02 14:00", until="2026-03-03")["id"].tolist() == [6]
    assert str(flagged_orders(GOLDEN, money="decimal")["amount"].dtype).startswith("decimal128")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"flag": "paid"}, "flag='paid' is unknown: give one of test_unknown, "),
        ({"flag": ""}, "flag='' is unknown"),
        ({"flag": ".*"}, "is unknown"),
        ({"limit": -1}, "limit=-1: give the number of rows"),
        ({"limit": True}, "limit=True"),
    ],
)
def test_other_lists_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match=says):
        flagged_orders(GOLDEN, **options)


# Drawn orders


def check(rows: list[Row], zone: ZoneInfo, engine: str, seed: int) -> None:
    """Hold the counts of every flag, shop and day, and the list, against plain Python."""
    table, flags = flagged(rows, seed)
    frame = native(engine, table)
    wanted: dict[Any, list[int]] = defaultdict(list)
    for row, text in zip(rows, flags, strict=True):
        day = row["created_at"].astimezone(MOSCOW).date()
        for flag in set(text.split(",")) & set(FLAGS):
            wanted[day, flag, row["shop_id"]].append(row["id"])
    found = data_quality(frame, freq="day", by="shop_id", zone=MOSCOW)
    for row in records(found):
        ids = sorted(wanted.pop((row["period_start"].date(), row["flag"], row["shop_id"]), []))
        assert row["flagged"] == len(ids)
        assert row["example_ids"] == (", ".join(map(str, ids[:5])) or None)
    assert not wanted
    odd = [(row["created_at"], row["id"]) for row, text in zip(rows, flags, strict=True) if text]
    listed = flagged_orders(frame, limit=20)
    assert listed["id"].tolist() == [number for _, number in sorted(odd, reverse=True)][:20]
    assert listed.found == len(odd)


@pytest.mark.parametrize("engine", SOME_ENGINES)
@settings(few, max_examples=1)
@given(seed=st.integers(0, 10**6), zone=st.sampled_from(ZONES))
def test_drawn_flags_are_counted(engine: str, seed: int, zone: ZoneInfo) -> None:
    check(history(seed, orders=60, days=6), zone, engine, seed)


@pytest.mark.long
@pytest.mark.parametrize("engine", ALL_ENGINES)
@settings(many, max_examples=20)
@given(seed=st.integers(0, 10**6), zone=st.sampled_from(ZONES))
def test_many_drawn_flags_are_counted(engine: str, seed: int, zone: ZoneInfo) -> None:
    check(history(seed, orders=60, days=6), zone, engine, seed)
