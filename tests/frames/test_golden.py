"""The golden orders as the API would send them become the frame that the metrics are held against."""

from __future__ import annotations

import json
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest

from tegro_analytics.api.lists.page import Page, page_from_json
from tegro_analytics.frames import canonical, orders_table, to_pandas
from tegro_analytics.schemas import ORDERS
from tests.frames.wire import column, context
from tests.golden import AS_OF, MOSCOW, SALT, arrow, golden_rows, pandas_frame

GOLDEN = arrow(golden_rows()).sort_by([("created_at", "ascending"), ("id", "ascending")])
FLAGS = {
    "refund_undated": [7],
    "unknown_payment_system": [10],
}
"""The flags of the golden orders, by their ids; the frame of the metrics is made without."""

TYPED_OTHERWISE = ("flags", "currency_id", "email")


def pages() -> list[Page]:
    """Write the golden orders as JSON, newest first, three on a page."""
    records = [
        {
            "id": row["id"],
            "date_created": row["created_text"],
            "date_payed": row["paid_text"],
            "status": row["status"],
            "payment_system_id": row["payment_system_id"],
            "currency_id": {"RUB": 1, "USD": 2}[row["currency"]],
            "amount": f"{row['amount']:.8f}",
            "fee": f"{row['fee']:.8f}",
            "email": row["email"],
            "test_order": row["is_test_int"],
            "payment_id": row["payment_id"],
        }
        for row in reversed(GOLDEN.to_pylist())
    ]
    return [
        page_from_json(1 + start // 3, json.dumps(records[start : start + 3]).encode(), requested_at=AS_OF)
        for start in range(0, len(records), 3)
    ]


@pytest.fixture(scope="module")
def orders() -> pa.Table:
    return orders_table(pages(), context(shop_id="shop", salt=SALT), as_of=AS_OF).table


@pytest.mark.parametrize("name", [name for name in ORDERS.names() if name not in TYPED_OTHERWISE])
def test_every_column_is_what_was_worked_out_by_other_means(orders: pa.Table, name: str) -> None:
    assert column(orders, name) == column(GOLDEN, name)


def test_flags_are_those_that_can_be_seen_by_eye(orders: pa.Table) -> None:
    ids = column(orders, "id")
    expected = {id_: ",".join(name for name, places in FLAGS.items() if id_ in places) for id_ in ids}

    assert dict(zip(ids, column(orders, "flags"), strict=True)) == expected


def test_sums_that_were_worked_out_by_hand(orders: pa.Table) -> None:
    paid = [row for row in orders.to_pylist() if row["status"] in (1, 3) and not row["is_test"]]
    rubles = [row for row in paid if row["currency"] == "RUB"]

    assert sum(row["amount"] for row in rubles) == Decimal(2350)
    assert sum(row["fee"] for row in rubles) == Decimal(95)
    assert len({row["customer"] for row in paid if row["customer"] is not None}) == 4
    assert [row["amount"] - row["fee"] for row in paid if row["currency"] == "USD"] == [Decimal("19.20")]


@pytest.mark.parametrize("money", ["float64", "decimal"])
def test_the_pandas_frame_is_what_was_made_by_other_means(orders: pa.Table, money: str) -> None:
    others = [name for name in ORDERS.names(engine=False) if name not in TYPED_OTHERWISE]
    shown = to_pandas(orders, ORDERS, report_zone=MOSCOW.key, money=money, columns=others)

    pd.testing.assert_frame_equal(shown, pandas_frame(GOLDEN, money=money)[others])


def test_a_frame_made_by_hand_becomes_the_same(orders: pa.Table) -> None:
    made = canonical(pandas_frame(GOLDEN), zone=MOSCOW.key, salt=SALT)

    pd.testing.assert_frame_equal(made, to_pandas(orders, ORDERS, report_zone=MOSCOW.key))
