"""Balances and shops of the account."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from tegro_analytics.frames import balances_table, shops_table
from tegro_analytics.schemas import BALANCES, SHOPS
from tests.frames.wire import SENT, column

SHOP = {
    "id": 1,
    "date_added": "2026-01-15 12:00:00",
    "name": "Чай",
    "url": "https://tea.example",
    "status": 1,
    "public_key": "1913EA9D",
    "desc": "",
}


def shops(*records: Any) -> Any:
    return shops_table({"user_id": 5, "shops": list(records)}, SENT, "Europe/Moscow")


def test_a_balance_is_a_row_for_each_currency() -> None:
    found = balances_table(
        {"user_id": 5, "balance": {"USD": Decimal("0.10"), "RUB": "1396.68", "BTC": 0}}, SENT
    )

    assert found.table.schema.equals(BALANCES.arrow())
    assert found.table.to_pylist() == [
        {"user_id": 5, "currency": code, "balance": Decimal(balance), "observed_at": SENT}
        for code, balance in (("BTC", "0"), ("RUB", "1396.68"), ("USD", "0.10"))
    ]
    assert found.quarantine.num_rows == 0


@pytest.mark.parametrize("empty", [{}, []])
def test_no_balance_keeps_every_column(empty: Any) -> None:
    found = balances_table({"user_id": 5, "balance": empty}, SENT)

    assert found.table.schema.equals(BALANCES.arrow())
    assert found.table.num_rows == found.quarantine.num_rows == 0


def test_a_bad_balance_is_set_aside_and_the_others_stay() -> None:
    found = balances_table(
        {"user_id": 5, "balance": {"EUR": "5", "RUB": "much", "USD": None, "XAU": [1]}}, SENT
    )

    assert column(found.table, "currency") == ["EUR"]
    assert [(row["row"], row["column"], row["raw"]) for row in found.quarantine.to_pylist()] == [
        (1, "balance", '{"user_id":5,"balance":{"RUB":"much"}}'),
        (2, "balance", '{"user_id":5,"balance":{"USD":null}}'),
        (3, "balance", '{"user_id":5,"balance":{"XAU":[1]}}'),
    ]


def test_a_balance_without_an_account_is_set_aside() -> None:
    found = balances_table({"balance": {"RUB": "1"}}, SENT)

    assert found.table.num_rows == 0
    assert column(found.quarantine, "reason") == ["user_id is null"]


@pytest.mark.parametrize("balance", [None, "1396.68", [1], 5])
def test_what_is_no_balance_at_all_is_set_aside(balance: Any) -> None:
    found = balances_table({"user_id": 5, "balance": balance}, SENT)

    assert found.table.num_rows == 0
    assert column(found.quarantine, "reason") == ["balance is not an object of currencies and amounts"]


def test_a_shop_has_every_column() -> None:
    found = shops(SHOP)

    assert found.table.schema.equals(SHOPS.arrow())
    assert found.table.to_pylist() == [
        {
            "id": 1,
            "shop_id": "1913EA9D",
            "name": "Чай",
            "url": "https://tea.example",
            "status": 1,
            "desc": "",
            "added_at": dt.datetime(2026, 1, 15, 9, 0, tzinfo=dt.UTC),
            "observed_at": SENT,
        }
    ]


def test_a_shop_with_its_key_alone() -> None:
    (row,) = shops({"id": "7", "public_key": "K"}).table.to_pylist()

    assert (row["id"], row["shop_id"], row["name"], row["added_at"]) == (7, "K", None, None)


def test_a_number_with_places_is_no_id() -> None:
    found = shops({**SHOP, "id": Decimal("1.5")})

    assert column(found.quarantine, "reason") == ["id is '1.5', not a whole number from 0 to 2^63 - 1"]
    odd = balances_table({"user_id": Decimal("1.5"), "balance": {"RUB": "1"}}, SENT)
    assert column(odd.quarantine, "reason") == ["user_id is '1.5', not a whole number within 64 bits"]


def test_shops_are_sorted_and_bad_ones_set_aside() -> None:
    found = shops(
        {**SHOP, "id": 3}, {**SHOP, "public_key": None}, 5, {**SHOP, "date_added": "then"}, {**SHOP, "id": 2}
    )

    assert column(found.table, "id") == [2, 3]
    assert [(row["row"], row["column"]) for row in found.quarantine.to_pylist()] == [
        (1, "public_key"),
        (2, None),
        (3, "date_added"),
    ]


def test_no_shop_keeps_every_column() -> None:
    assert shops().table.schema.equals(SHOPS.arrow())
    assert shops().table.num_rows == 0


def test_what_is_no_list_of_shops_is_set_aside() -> None:
    found = shops_table({"user_id": 5, "shops": None}, SENT, "Europe/Moscow")

    assert found.table.num_rows == 0
    assert column(found.quarantine, "reason") == ["the record of a shop is not an object"]
