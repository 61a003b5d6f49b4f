"""Orders from elsewhere become the canonical frame, or an error says what to do."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tegro_analytics.exceptions import ConfigurationError, DataError, MissingColumn
from tegro_analytics.frames import canonical, to_pandas
from tegro_analytics.schemas import ORDERS
from tests.frames.wire import REFERENCE, decoded, page, record

ZONE = "Europe/Moscow"


def mine(**columns: Any) -> pd.DataFrame:
    whole = {
        "id": [2, 1],
        "created_at": ["2026-03-01 23:30:00", "2026-03-01 10:00:00"],
        "status": [0, 1],
        "amount": [0.1, 99.99],
        "currency": ["RUB", "RUB"],
        **columns,
    }
    return pd.DataFrame({name: values for name, values in whole.items() if values is not None})


def types(df: pd.DataFrame) -> dict[str, str]:
    return {name: str(dtype) for name, dtype in df.dtypes.items()}


def test_five_columns_are_enough() -> None:
    found = canonical(mine(), zone=ZONE)

    assert types(found) == types(to_pandas(decoded().table, ORDERS, report_zone=ZONE))
    assert found["id"].tolist() == [1, 2]
    assert found["created_at"].tolist() == [
        pd.Timestamp("2026-03-01 10:00", tz=ZONE),
        pd.Timestamp("2026-03-01 23:30", tz=ZONE),
    ]
    assert found["status_name"].tolist() == ["paid", "new"]
    assert found["flags"].tolist() == ["test_unknown,paid_without_date", "test_unknown"]
    assert found["payment_system"].tolist() == ["unknown", "unknown"]
    assert found[["paid_at", "fee", "customer", "payment_id"]].isna().all(axis=None)


def test_the_last_moment_of_the_frame_is_when_it_was_looked_at() -> None:
    latest = pd.Timestamp("2026-03-02 00:10", tz=ZONE)
    given = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)
    df = mine(paid_at=["2026-03-02 00:10:00", None])

    assert set(canonical(df, zone=ZONE)["as_of"]) == {latest}
    assert set(canonical(df, zone=ZONE)["observed_at"]) == {latest}
    assert set(canonical(df, zone=ZONE, as_of=given)["as_of"]) == {given}
    with pytest.raises(DataError, match="has no zone"):
        canonical(df, zone=ZONE, as_of=given.replace(tzinfo=None))


@pytest.mark.parametrize("money", ["float64", "decimal"])
def test_what_is_canonical_stays_as_it_is(money: Any) -> None:
    pages = page(
        record(1), record(2, status=3, payment_id="o-1"), record(3, status=0, date_payed=None, email=None)
    )
    df = to_pandas(decoded(pages).table, ORDERS, report_zone=ZONE, money=money)

    pd.testing.assert_frame_equal(canonical(df, zone=ZONE), df)


def test_the_names_of_the_api_are_known() -> None:
    df = mine(
        created_at=None,
        currency=None,
        date_created=["2026-03-01 10:00:00"] * 2,
        date_payed=["2026-03-01 10:01:00", None],
        currency_id=[2, 1],
        test_order=[1, 0],
        payment_system_id=[25, None],
        status=["3", "1"],
        id=["7", "8"],
    )
    found = canonical(df, zone=ZONE, reference=REFERENCE)

    assert found["id"].tolist() == [7, 8]
    assert found["currency"].tolist() == ["USD", "RUB"]
    assert found["is_test"].tolist() == [True, False]
    assert found["seconds_to_pay"].tolist() == [60, pd.NA]
    assert found["payment_system"].tolist() == ["Bank cards · Tinkoff Bank (25)", "unknown"]


@pytest.mark.parametrize(
    "created",
    [
        ["2026-03-01 23:30:00", "2026-03-01 10:00:00"],
        pd.to_datetime(["2026-03-01 23:30", "2026-03-01 10:00"]),
        pd.to_datetime(["2026-03-01 23:30", "2026-03-01 10:00"]).tz_localize(ZONE),
        pd.to_datetime(["2026-03-01 20:30", "2026-03-01 07:00"]).tz_localize("UTC"),
        pd.array(["2026-03-01 23:30", "2026-03-01 10:00"], dtype="timestamp[us][pyarrow]"),
        pd.Categorical(["2026-03-01 23:30:00", "2026-03-01 10:00:00"]),
        [dt.datetime(2026, 3, 1, 20, 30, tzinfo=dt.UTC), dt.datetime(2026, 3, 1, 7, tzinfo=dt.UTC)],
    ],
)
def test_times_in_any_form(created: Any) -> None:
    found = canonical(mine(created_at=created), zone=ZONE)

    assert found["created_at"].tolist() == [
        pd.Timestamp("2026-03-01 10:00", tz=ZONE),
        pd.Timestamp("2026-03-01 23:30", tz=ZONE),
    ]


@pytest.mark.parametrize(
    "amount",
    [
        [0.1, 99.99],
        ["0.10", "99.99"],
        [Decimal("0.10"), Decimal("99.99")],
        pd.array(["0.10", "99.99"], dtype=pd.ArrowDtype(pa.string())),
        pd.array([Decimal("0.10"), Decimal("99.99")], dtype=pd.ArrowDtype(pa.decimal128(10, 2))),
        [Decimal("0.10"), "99.99"],
    ],
)
def test_amounts_in_any_form(amount: Any) -> None:
    found = canonical(mine(amount=amount), zone=ZONE, money="decimal")

    assert found["amount"].tolist() == [Decimal("99.99"), Decimal("0.1")]


def test_times_that_occurred_twice_are_flagged() -> None:
    df = mine(created_at=["2026-10-25 02:30:00", "2026-03-29 02:30:00"])
    found = canonical(df, zone="Europe/Berlin")

    assert found["flags"].tolist() == [
        "test_unknown,paid_without_date,created_gap",
        "test_unknown,created_ambiguous",
    ]


def test_columns_of_ones_own_follow_their_rows() -> None:
    found = canonical(mine(campaign=["late", "early"], flags=["x", "y"]), zone=ZONE)

    assert found.columns[-1] == "campaign"
    assert found["campaign"].tolist() == ["early", "late"]
    assert found["flags"].tolist() == ["test_unknown,paid_without_date", "test_unknown"]  # derived anew


def test_customers_are_known_within_a_process_or_under_a_salt() -> None:
    df = mine(email=["A@x.ru", "a@x.ru"])
    found = canonical(df, zone=ZONE)

    assert found["customer"].nunique() == 1
    assert found["email"].tolist() == ["a***@x.ru", "A***@x.ru"]
    assert canonical(df, zone=ZONE, pii=True)["email"].tolist() == ["a@x.ru", "A@x.ru"]
    assert canonical(df, zone=ZONE)["customer"].equals(found["customer"])
    assert canonical(df, zone=ZONE, salt=b"other")["customer"].nunique() == 1
    assert not canonical(df, zone=ZONE, salt=b"other")["customer"].equals(found["customer"])


def test_names_that_are_given_are_kept() -> None:
    df = mine(payment_system=["Cash", None], family=["cash", None], shop_id=["B", "A"], customer=[5, None])
    found = canonical(df, zone=ZONE)

    assert found["payment_system"].tolist() == ["unknown", "Cash"]
    assert found["shop_id"].tolist() == ["A", "B"]
    assert found["customer"].tolist() == [pd.NA, 5]


@pytest.mark.parametrize("engine", [pl.DataFrame, pa.table, duckdb.from_arrow])
def test_frames_of_other_engines(engine: Any) -> None:
    source = mine(campaign=["late", "early"])
    df = engine(pa.Table.from_pandas(source, preserve_index=False))
    found, expected = canonical(df, zone=ZONE), canonical(source, zone=ZONE)

    assert found["campaign"].tolist() == ["early", "late"]
    pd.testing.assert_frame_equal(found.drop(columns="campaign"), expected.drop(columns="campaign"))


def test_an_empty_frame_keeps_every_column() -> None:
    found = canonical(mine().head(0), zone=ZONE)

    assert types(found) == types(canonical(mine(), zone=ZONE))
    assert len(found) == 0


@pytest.mark.parametrize("name", ["id", "created_at", "status", "amount"])
def test_a_column_that_is_missing_is_named_with_the_way_out(name: str) -> None:
    with pytest.raises(MissingColumn, match=rf"canonical needs the column '{name}'.*rename"):
        canonical(mine(**{name: None}), zone=ZONE)


def test_a_currency_is_needed_by_code_or_id() -> None:
    with pytest.raises(MissingColumn, match=r"'currency'.*currency_id"):
        canonical(mine(currency=None), zone=ZONE)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"id": [1, 1]}, "the id 1 occurs more than once"),
        ({"id": [1, None]}, "row 1: id is null"),
        ({"id": [1, 1.5]}, r"row 1: id is '1\.5', not a whole number"),
        ({"id": [1, -1]}, "row 1: id is -1, not a whole number from 0"),
        ({"status": ["paid", 1]}, "row 0: status is 'paid', not a whole number"),
        ({"amount": [1.0, None]}, "row 1: amount is null"),
        ({"amount": [1.0, 0.1 + 0.2]}, r"0\.30000000000000004 is not an exact amount"),
        ({"amount": ["1", "abc"]}, "row 1: amount is 'abc', not a number"),
        ({"amount": [True, False]}, "row 0: amount is True, not a number"),
        ({"currency": ["RUB", None]}, "row 1: currency is null"),
        ({"created_at": ["2026-03-01 10:00:00", None]}, "row 1: created_at is null"),
        ({"created_at": pd.to_datetime(["2026-03-01", None])}, "row 1: created_at is missing"),
        ({"created_at": ["2026-03-01", "2026-03-02"]}, "row 0: created_at is '2026-03-01', not a date"),
        ({"created_at": [5, 6]}, "created_at holds int64, not times"),
        ({"created_at": ["2026-03-01 10:00:00", 5]}, "'created_at' holds values of several kinds"),
        ({"is_test": [0, 2]}, "row 1: is_test is 2, not 0 or 1"),
        ({"email": ["a@x.ru", ["b@x.ru"]]}, r"row 1: email is \['b\*\*\*@x.ru'\], not a text"),
    ],
)
def test_a_wrong_value_is_named(columns: dict[str, Any], reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        canonical(mine(**columns), zone=ZONE)


def test_a_wrong_frame_or_zone_is_named() -> None:
    with pytest.raises(DataError, match="list is not a frame"):
        canonical([1, 2], zone=ZONE)
    with pytest.raises(ConfigurationError, match="Mars"):
        canonical(mine(), zone="Mars")
