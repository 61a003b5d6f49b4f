"""The tables: the columns of the contract, in its order, with their types."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tegro_analytics.frames.orders import FIELDS
from tegro_analytics.schemas import FLAGS, ORDERS, TABLES, WITHDRAWAL_FIELDS, WITHDRAWALS, Table

CONTRACT = {
    "orders": (
        "shop_id id payment_id status status_name is_test created_at paid_at created_date paid_date "
        "seconds_to_pay amount fee currency payment_system_id payment_system family rail customer email "
        "first_seen_at observed_at refund_first_seen_at as_of flags extra"
    ),
    "withdrawals": (
        "shop_id id payment_id status created_at done_at amount fee currency payment_system_id account "
        "observed_at as_of extra"
    ),
    "balances": "user_id currency balance observed_at",
    "shops": "id shop_id name url status desc added_at observed_at",
    "quarantine": "table page row reason column raw observed_at",
}


@pytest.mark.parametrize("name", TABLES)
def test_the_columns_are_those_of_the_contract(name: str) -> None:
    assert TABLES[name].names(engine=False) == CONTRACT[name].split()
    assert TABLES[name].name == name


def test_orders_for_engines_have_both_clocks_and_the_texts() -> None:
    engine = ORDERS.names()[len(ORDERS.names(engine=False)) :]

    assert engine == [
        "is_test_int",
        *(
            f"{clock}_{part}"
            for clock in ("created", "paid")
            for part in ("week", "month", "hour", "weekday")
        ),
        "currency_id",
        "created_text",
        "paid_text",
    ]


def test_each_kind_has_its_arrow_type() -> None:
    fields = ORDERS.arrow()

    assert fields.field("amount").type == pa.decimal128(18, 8)
    assert fields.field("created_at").type == pa.timestamp("us", tz="UTC")
    assert fields.field("created_date").type == fields.field("paid_week").type == pa.date32()
    assert fields.field("id").type == fields.field("customer").type == pa.int64()
    assert fields.field("is_test").type == pa.bool_()
    assert fields.field("email").type == pa.string()
    assert (fields.field("id").nullable, fields.field("email").nullable) == (False, True)
    assert ORDERS.arrow(engine=False).names == ORDERS.names(engine=False)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_each_column_is_there_once_with_its_meaning(table: Table) -> None:
    names = TABLES[table.name].names()

    assert len(names) == len(set(names)) == len(table.by_name)
    assert all(table.by_name[name].name == name for name in names)
    assert set(table.sort) <= set(names)
    assert all(column.meaning for column in table.columns)


def test_the_fields_that_are_read_are_those_that_the_columns_name() -> None:
    assert {field.name for field in FIELDS} == {column.api for column in ORDERS.columns if column.api}
    required = {field.name for field in FIELDS if field.required}
    assert required == {"id", "date_created", "status", "currency_id", "amount"}


def test_candidates_are_looked_for_for_columns_that_exist() -> None:
    assert set(WITHDRAWAL_FIELDS) <= set(WITHDRAWALS.names())
    for candidates in WITHDRAWAL_FIELDS.values():
        assert len(candidates) == len(set(candidates))


def test_flags_can_be_listed_with_commas() -> None:
    assert all(name.isidentifier() and meaning for name, meaning in FLAGS.items())
