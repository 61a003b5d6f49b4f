"""Canonical tables as pandas frames: exactly the types of the contract."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from tegro_analytics.exceptions import ConfigurationError, DataError, MissingColumn
from tegro_analytics.frames import balances_table, empty, shops_table, to_pandas, withdrawals_table
from tegro_analytics.schemas import BALANCES, ORDERS, QUARANTINE, SHOPS, TABLES, WITHDRAWALS, Table
from tests.frames.test_accounts import SHOP
from tests.frames.test_withdrawals import LIKE_AN_ORDER, raw
from tests.frames.wire import SENT, context, decoded, page, record

ZONE = "Europe/Moscow"
INSTANT = f"datetime64[us, {ZONE}]"
DATE = "datetime64[us]"

ORDER_TYPES = {
    "shop_id": "str", "id": "int64", "payment_id": "str", "status": "int64", "status_name": "str",
    "is_test": "bool", "created_at": INSTANT, "paid_at": INSTANT, "created_date": DATE, "paid_date": DATE,
    "seconds_to_pay": "Int64", "amount": "float64", "fee": "float64", "currency": "str",
    "payment_system_id": "Int64", "payment_system": "str", "family": "str", "rail": "str",
    "customer": "Int64", "email": "str",
    "first_seen_at": INSTANT, "observed_at": INSTANT, "refund_first_seen_at": INSTANT,
    "as_of": INSTANT, "flags": "str", "extra": "str",
}  # fmt: skip
ENGINE_TYPES = {
    "is_test_int": "int64", "created_week": DATE, "created_month": "str", "created_hour": "int64",
    "created_weekday": "int64", "paid_week": DATE, "paid_month": "str", "paid_hour": "Int64",
    "paid_weekday": "Int64", "currency_id": "int64", "created_text": "str", "paid_text": "str",
}  # fmt: skip
OTHER_TYPES = {
    "withdrawals": {
        "shop_id": "str", "id": "str", "payment_id": "str", "status": "str", "created_at": INSTANT,
        "done_at": INSTANT, "amount": "float64", "fee": "float64", "currency": "str",
        "payment_system_id": "Int64", "account": "str", "observed_at": INSTANT, "as_of": INSTANT,
        "extra": "str",
    },
    "balances": {"user_id": "int64", "currency": "str", "balance": "float64", "observed_at": INSTANT},
    "shops": {
        "id": "int64", "shop_id": "str", "name": "str", "url": "str", "status": "Int64", "desc": "str",
        "added_at": INSTANT, "observed_at": INSTANT,
    },
    "quarantine": {
        "table": "str", "page": "int64", "row": "int64", "reason": "str", "column": "str", "raw": "str",
        "observed_at": INSTANT,
    },
}  # fmt: skip


def orders(*records: bytes) -> pa.Table:
    return decoded(
        page(*(records or (record(1), record(2, status=0, date_payed=None, fee=None, email=None))))
    ).table


def shown(table: pa.Table, schema: Table = ORDERS, **options: Any) -> pd.DataFrame:
    return to_pandas(table, schema, report_zone=ZONE, **options)


def types(df: pd.DataFrame) -> dict[str, str]:
    return {name: str(dtype) for name, dtype in df.dtypes.items()}


@pytest.mark.parametrize("table", [orders(), empty(ORDERS)], ids=["rows", "empty"])
def test_the_types_of_orders(table: pa.Table) -> None:
    assert types(shown(table)) == ORDER_TYPES
    assert types(shown(table, columns="all")) == {**ORDER_TYPES, **ENGINE_TYPES}
    money = dict.fromkeys(("amount", "fee"), "decimal128(18, 8)[pyarrow]")
    assert types(shown(table, money="decimal")) == {**ORDER_TYPES, **money}


@pytest.mark.parametrize("name", OTHER_TYPES)
@pytest.mark.parametrize("rows", [True, False])
def test_the_types_of_the_other_tables(name: str, rows: bool) -> None:
    made = {
        "withdrawals": withdrawals_table([page(raw(LIKE_AN_ORDER))], context(), as_of=SENT).table,
        "balances": balances_table({"user_id": 5, "balance": {"RUB": "1"}}, SENT).table,
        "shops": shops_table({"user_id": 5, "shops": [SHOP]}, SENT, ZONE).table,
        "quarantine": decoded(page(b"null")).quarantine,
    }
    df = shown(made[name] if rows else empty(TABLES[name]), TABLES[name])

    assert types(df) == OTHER_TYPES[name]
    assert len(df) == rows


def test_the_values_of_a_row() -> None:
    row = shown(orders()).loc[0]

    assert row["created_at"] == pd.Timestamp("2026-03-01 10:00", tz=ZONE)
    assert row["created_date"] == pd.Timestamp("2026-03-01")
    assert (row["amount"], row["fee"], row["seconds_to_pay"], row["email"]) == (
        1000.0,
        50.0,
        120,
        "A***@x.ru",
    )
    assert row["is_test"] is False or not row["is_test"]


def test_what_is_missing_is_missing_as_pandas_says_it() -> None:
    row = shown(
        orders(record(2, status=0, **dict.fromkeys(("date_payed", "fee", "email", "payment_id"))))
    ).loc[0]

    assert pd.isna(
        row[["paid_at", "paid_date", "seconds_to_pay", "fee", "customer", "email", "payment_id"]]
    ).all()


def test_lines_that_an_analyst_writes_work() -> None:
    df = shown(orders())

    assert len(df[df.created_at >= "2026-03-01"]) == 2
    daily = df.groupby("created_date")[["amount", "fee"]].sum()
    assert (daily.amount - daily.fee).tolist() == [1950.0]
    assert df.set_index("created_at").amount.resample("D").sum().tolist() == [2000.0]
    assert df.index.equals(pd.RangeIndex(2))


def test_a_filtered_table_starts_at_zero_again() -> None:
    table = orders().filter(pa.array([False, True]))

    assert shown(table).index.equals(pd.RangeIndex(1))
    assert shown(table)["id"].tolist() == [2]


def test_people_are_masked_unless_asked_for() -> None:
    emails = ["user@site.ru", " two@at@x.ru ", "@x.ru", "nobody", "", "ж@почта.рф", None]
    table = orders(*(record(place, email=email) for place, email in enumerate(emails)))

    assert shown(table, pii=True)["email"].tolist()[:6] == emails[:6]
    masked = shown(table)["email"]
    assert masked.tolist()[:6] == ["u***@site.ru", "t***@x.ru", "***@x.ru", "n***", "", "ж***@почта.рф"]
    assert pd.isna(masked[6])


@pytest.mark.filterwarnings("ignore:orders. fields that the schema does not know")
def test_addresses_in_unknown_fields_are_masked() -> None:
    table = orders(record(1, contact={"email": "user@site.ru"}), record(2))

    assert "user@" in shown(table, pii=True)["extra"][0]
    assert shown(table)["extra"][0] == '{"contact":{"email": "u***@site.ru"}}'


def test_accounts_are_masked_wherever_they_stand() -> None:
    records = [
        {
            **LIKE_AN_ORDER,
            "wallet": "4111111111111111",
            "recipient": {"card": 5500000000000004, "phone": "79990001122"},
        }
    ]
    table = withdrawals_table([page(*map(raw, records))], context(), as_of=SENT).table

    df = shown(table, WITHDRAWALS)
    assert df["account"].tolist() == ["***7890"]
    assert df["extra"].tolist() == ['{"wallet":"***1111","recipient":{"card":"***0004","phone":"***122"}}']
    assert "5500000000000004" in shown(table, WITHDRAWALS, pii=True)["extra"][0]


@pytest.mark.filterwarnings("ignore:orders. fields that the schema does not know")
def test_people_are_masked_in_the_quarantine() -> None:
    broken = b'{"id": 1, "email": "user@site.ru", "x": tru, "wallet": "4111111111111111"}'
    table = decoded(page(record(None), broken)).quarantine

    raws = shown(table, QUARANTINE)["raw"]
    assert "A***@x.ru" in raws[0]
    assert raws[1] == '{"id": 1, "email": "u***@site.ru", "x": tru, "wallet": "***1111"}'
    assert shown(table, QUARANTINE, pii=True)["raw"][1] == broken.decode()


def test_columns_are_those_asked_for_in_that_order() -> None:
    df = shown(orders(), columns=["paid_hour", "id", "amount"])

    assert types(df) == {"paid_hour": "Int64", "id": "int64", "amount": "float64"}
    assert list(shown(orders(), columns=[])) == []
    assert len(shown(orders(), columns=[])) == 2


def test_a_column_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(MissingColumn, match=r"'sum'.*there are shop_id, id, payment_id") as caught:
        shown(orders(), columns=["id", "sum"])
    assert caught.value.columns == ("sum",)
    with pytest.raises(MissingColumn, match="'email'"):
        shown(orders().drop_columns(["email"]))


def test_a_wrong_option_is_named() -> None:
    with pytest.raises(ConfigurationError, match="money='float'"):
        shown(orders(), money="float")
    with pytest.raises(ConfigurationError, match="columns='email'"):
        shown(orders(), columns="email")
    with pytest.raises(ConfigurationError, match="Mars"):
        to_pandas(orders(), ORDERS, report_zone="Mars")


def test_an_amount_that_no_float_holds_is_named() -> None:
    table = orders(record(1, amount="9999999999.99"), record(2, amount="12345678.12345678"))

    with pytest.raises(DataError, match=r"amount 12345678\.12345678 has more digits .* money='decimal'"):
        shown(table)
    assert shown(table, money="decimal")["amount"].tolist() == [
        Decimal("9999999999.99"),
        Decimal("12345678.12345678"),
    ]
    assert shown(table.slice(0, 1))["amount"].tolist() == [9999999999.99]


def test_balances_as_decimals() -> None:
    table = balances_table({"user_id": 5, "balance": {"RUB": "0.10"}}, SENT).table

    assert shown(table, BALANCES, money="decimal")["balance"].tolist() == [Decimal("0.10")]


def test_a_shop_is_shown_in_the_report_zone() -> None:
    df = to_pandas(shops_table({"shops": [SHOP]}, SENT, ZONE).table, SHOPS, report_zone="UTC")

    assert df["added_at"].tolist() == [pd.Timestamp("2026-01-15 09:00", tz="UTC")]
