"""Money to floats and back, and days in another zone."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tegro_analytics.exceptions import ConfigurationError, DataError, MissingColumn
from tegro_analytics.frames import to_decimal, to_float, to_pandas, with_report_zone
from tegro_analytics.frames.convert import instants_of
from tegro_analytics.schemas import ORDERS
from tests.frames.wire import decoded, page, record

DECIMAL = "decimal128(18, 8)[pyarrow]"


def frame(zone: str = "Europe/Moscow", **options: Any) -> pd.DataFrame:
    records = [
        record(1, amount="0.10", date_created="2026-02-28 23:30:00", date_payed="2026-03-01 00:10:00"),
        record(2, amount="9999999999.99", fee=None, status=0, date_payed=None),
    ]
    return to_pandas(decoded(page(*records), report_zone=zone).table, ORDERS, report_zone=zone, **options)


def test_money_there_and_back() -> None:
    floats, decimals = frame(), frame(money="decimal")

    pd.testing.assert_frame_equal(to_decimal(floats), decimals)
    pd.testing.assert_frame_equal(to_float(decimals), floats)
    pd.testing.assert_frame_equal(to_float(floats), floats)
    pd.testing.assert_frame_equal(to_decimal(decimals), decimals)


def test_the_frame_that_was_given_is_not_changed() -> None:
    floats = frame()
    before = floats.copy()
    decimals = to_decimal(floats)
    moved = with_report_zone(floats, "UTC")

    pd.testing.assert_frame_equal(floats, before)
    assert str(decimals["amount"].dtype) == DECIMAL
    assert moved is not floats


def test_other_columns_are_money_where_they_are_named() -> None:
    df = pd.DataFrame({"amount": [1.5], "net": [0.1], "rate": [1 / 3]}, index=["a"])

    turned = to_decimal(df, columns=["net"])
    assert {name: str(dtype) for name, dtype in turned.dtypes.items()} == {
        "amount": "float64",
        "net": DECIMAL,
        "rate": "float64",
    }
    assert turned.loc["a", "net"] == Decimal("0.1")
    with pytest.raises(MissingColumn, match="'gross'"):
        to_decimal(df, columns=["net", "gross"])


def test_decimals_of_python_and_whole_numbers_are_money_too() -> None:
    df = pd.DataFrame({"amount": [Decimal("0.10"), None], "fee": [1, 2]})

    assert to_decimal(df)["amount"].tolist()[0] == Decimal("0.1")
    assert to_decimal(df)["fee"].tolist() == [Decimal(1), Decimal(2)]
    assert to_float(df)["amount"].tolist()[0] == 0.1
    assert to_float(df)["amount"].dtype == np.float64


def test_sums_of_decimals_become_floats() -> None:
    total = frame(money="decimal").groupby("shop_id")[["amount"]].sum()

    assert to_float(total)["amount"].tolist() == [10000000000.09]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([0.1 + 0.2], r"0\.30000000000000004 is not an exact amount"),
        ([Decimal("0.123456789")], "at most 8 places"),
        ([10**11], "'amount' does not hold amounts"),
        (["5"], "'amount' does not hold amounts: it holds"),
    ],
)
def test_what_is_no_exact_amount_is_named(values: list[Any], reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        to_decimal(pd.DataFrame({"amount": values}))


@pytest.mark.parametrize("columns", [None, "all"])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_a_frame_in_another_zone_is_the_frame_made_in_it(zone: str, columns: Any) -> None:
    moved = with_report_zone(frame(columns=columns), zone)

    pd.testing.assert_frame_equal(moved, frame(zone, columns=columns))
    assert moved["created_date"].iloc[0] == pd.Timestamp(
        "2026-03-01" if zone == "Asia/Tokyo" else "2026-02-28"
    )


def test_a_filtered_frame_keeps_its_index() -> None:
    moved = with_report_zone(frame()[lambda df: df.id == 2], "UTC")

    assert moved.index.tolist() == [1]
    assert moved["created_date"].tolist() == [pd.Timestamp("2026-03-01")]


def test_a_day_without_its_instant_cannot_move() -> None:
    with pytest.raises(MissingColumn, match=r"'paid_at'.*paid_date is made of it"):
        with_report_zone(frame().drop(columns="paid_at"), "UTC")
    with pytest.raises(ConfigurationError, match="Mars"):
        with_report_zone(frame(), "Mars")


def test_instants_need_a_zone_and_whole_microseconds() -> None:
    aware = pd.Series(pd.to_datetime(["2026-03-01 10:00:00.000001", None])).dt.tz_localize("Europe/Moscow")

    assert instants_of(aware).to_pylist() == [dt.datetime(2026, 3, 1, 7, 0, 0, 1, tzinfo=dt.UTC), None]
    assert instants_of(pd.Series([None, pd.NaT])).type == pa.timestamp("us", tz="UTC")
    with pytest.raises(DataError, match="not moments with a zone"):
        instants_of(pd.Series(pd.to_datetime(["2026-03-01"]), name="created_at"))
    fine = pd.Series(
        [pd.Timestamp("2026-03-01", tz="UTC") + pd.Timedelta(1, "ns")], dtype="datetime64[ns, UTC]"
    )
    with pytest.raises(DataError, match="in microseconds"):
        instants_of(fine)
