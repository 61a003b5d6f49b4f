from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.wire import Caller, served

ORDER_FIELDS = {
    *("id", "date_created", "date_payed", "status", "payment_system_id", "currency_id"),
    *("amount", "fee", "email", "test_order", "payment_id"),
}
INVOICE: dict[str, Any] = {"currency": "RUB", "amount": 1200, "order_id": "test order", "payment_system": 5}
PAYOUT: dict[str, Any] = {
    "currency": "RUB",
    "account": "4100",
    "amount": 100,
    "payment_id": "argr",
    "payment_system": 5,
}


def without(params: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in params.items() if key != name}


def test_shops(caller: Caller) -> None:
    data = caller.data("shops")
    assert data["user_id"] == caller.sandbox.user_id
    assert [shop["public_key"] for shop in data["shops"]] == caller.sandbox.shop_ids
    assert data["shops"][0].keys() == {"id", "date_added", "name", "url", "status", "public_key", "desc"}
    assert data["shops"][0]["name"] == "Чайная лавка"


def test_balance(caller: Caller) -> None:
    data = caller.data("balance", currency="RUB", amount=1200)
    assert data["user_id"] == caller.sandbox.user_id
    assert data["balance"].keys() == {"RUB", "USD", "EUR", "UAH"}
    assert Decimal(data["balance"]["RUB"]) > 0
    assert data["balance"]["EUR"] == "0.00"


def test_orders_look_as_documented(caller: Caller) -> None:
    orders = caller.all("orders")
    assert len(orders) == 1_250
    first = orders[0]
    assert first.keys() == ORDER_FIELDS
    assert [
        type(first[name]) for name in ("id", "status", "test_order", "amount", "fee", "date_created")
    ] == [*(int, int, int, str, str, str)]
    assert len(first["amount"].partition(".")[2]) == 8


def test_the_second_shop_has_orders_of_its_own(caller: Caller) -> None:
    caller.shop_id = caller.sandbox.shop_ids[1]
    assert len(caller.all("orders")) == 6


def test_order_by_either_number(caller: Caller) -> None:
    record = caller.data("orders", page=3)[7]
    assert caller.data("order", order_id=record["id"]) == record
    found = caller.data("order", payment_id=record["payment_id"])
    assert found["payment_id"] == record["payment_id"]


def test_a_number_that_occurs_twice_finds_the_last_order(own: Caller) -> None:
    for created in ("2026-03-01 10:00:00", "2026-03-01 10:05:00"):
        own.sandbox.control("insert", orders=[{"created_at": created, "amount": 5, "payment_id": "o-1"}])
    assert own.data("order", payment_id="o-1")["date_created"] == "2026-03-01 10:05:00"
    assert own.call("order", payment_id="o-2")["desc"] == "Order not found"


def test_create_order(own: Caller) -> None:
    fields = {"email": "user@example.com", "phone": "79111231212"}
    made = own.data("createOrder", **INVOICE, fields=fields, receipt={"items": []})
    assert made.keys() == {"id", "url"}
    assert made["url"].startswith(f"{own.sandbox.base_url}/pay/complete/{made['id']}/")
    record = own.data("order", payment_id="test order")
    assert own.data("orders", page=1) == [record]
    assert record["id"] == made["id"]
    assert (record["amount"], record["fee"], record["status"]) == ("1200.00000000", "48.00000000", 0)
    assert (record["date_payed"], record["email"], record["payment_system_id"]) == (
        None,
        "user@example.com",
        5,
    )


def test_the_same_invoice_twice_is_two_orders(own: Caller) -> None:
    first, second = (own.data("createOrder", **INVOICE)["id"] for _ in range(2))
    assert second > first
    assert len(own.all("orders")) == 2


@pytest.mark.parametrize("amount", [0, -1, "1200", True, 1e-9, 10**10, None, [1]])
def test_what_is_no_amount(own: Caller, amount: object) -> None:
    answer = own.call("createOrder", **(INVOICE | {"amount": amount}))
    assert answer["type"] == "error"
    assert answer["desc"] in ("Wrong param amount", "Empty required param amount")
    assert own.all("orders") == []


def test_the_smallest_amount_is_exact(own: Caller) -> None:
    body = own.body(**INVOICE).replace(b"1200", b"0.00000001")
    assert own.send("/api/createOrder/", body, own.headers(body))[1]["type"] == "success"
    assert own.all("orders")[0]["amount"] == "0.00000001"


@pytest.mark.parametrize("name", INVOICE)
def test_an_invoice_needs_each_parameter(caller: Caller, name: str) -> None:
    assert caller.call("createOrder", **without(INVOICE, name))["desc"] == f"Empty required param {name}"


@pytest.mark.parametrize("name", PAYOUT)
def test_a_withdrawal_needs_each_parameter(caller: Caller, name: str) -> None:
    assert caller.call("createWithdrawal", **without(PAYOUT, name))["desc"] == f"Empty required param {name}"


@pytest.mark.parametrize(
    ("method", "params", "reason"),
    [
        ("orders", {}, "Empty required param page"),
        ("orders", {"page": 0}, "Wrong param page"),
        ("orders", {"page": -1}, "Wrong param page"),
        ("orders", {"page": 1.5}, "Wrong param page"),
        ("orders", {"page": True}, "Wrong param page"),
        ("withdrawals", {"page": "one"}, "Wrong param page"),
        ("order", {}, "Empty required param payment_id"),
        ("order", {"order_id": 1}, "Order not found"),
        ("order", {"order_id": "abc"}, "Wrong param order_id"),
        ("order", {"payment_id": 7}, "Wrong param payment_id"),
        ("order", {"payment_id": "nobody's"}, "Order not found"),
        ("withdrawal", {}, "Empty required param payment_id"),
        ("withdrawal", {"order_id": "argr"}, "Withdrawal not found"),
        ("withdrawal", {"payment_id": "argrq"}, "Withdrawal not found"),
        ("createOrder", {**INVOICE, "currency": "XYZ"}, "Wrong param currency"),
        ("createOrder", {**INVOICE, "payment_system": 999}, "Wrong param payment_system"),
        ("createOrder", {**INVOICE, "order_id": 5}, "Wrong param order_id"),
        ("createWithdrawal", {**PAYOUT, "amount": 10**9}, "Not enough money"),
    ],
)
def test_refusals_name_the_reason(caller: Caller, method: str, params: dict[str, Any], reason: str) -> None:
    assert caller.call(method, **params) == {"type": "error", "desc": reason, "data": None}


def test_an_order_of_another_shop_is_not_found(caller: Caller) -> None:
    number = caller.data("orders", page=1)[0]["id"]
    caller.shop_id = caller.sandbox.shop_ids[1]
    assert caller.call("order", order_id=number)["desc"] == "Order not found"


def test_create_withdrawal_takes_from_the_balance(own: Caller) -> None:
    paid = {"created_at": "2026-03-01 10:00:00", "paid_at": "2026-03-01 10:02:00", "amount": 5000, "fee": 250}
    own.sandbox.control("insert", orders=[paid])
    assert own.data("balance")["balance"]["RUB"] == "4750.00"
    own.data("createWithdrawal", **PAYOUT)
    assert own.data("balance")["balance"]["RUB"] == "4600.00"  # the fee is at least 50
    assert own.call("createWithdrawal", **(PAYOUT | {"amount": 4600}))["desc"] == "Not enough money"
    found = own.data("withdrawal", payment_id="argr")
    assert own.data("withdrawals", page=1) == [found]
    assert (found["amount"], found["fee"], found["status"]) == ("100.00000000", "50.00000000", 4)
    assert own.data("withdrawal", order_id=found["id"]) == found


def test_the_same_withdrawal_twice_is_paid_twice(own: Caller) -> None:
    paid = {"created_at": "2026-03-01 10:00:00", "paid_at": "2026-03-01 10:02:00", "amount": 5000}
    own.sandbox.control("insert", orders=[paid])
    own.data("createWithdrawal", **PAYOUT)
    own.data("createWithdrawal", **PAYOUT)
    assert len(own.all("withdrawals")) == 2
    assert own.data("balance")["balance"]["RUB"] == "4700.00"


def test_withdrawals_have_three_shapes(caller: Caller) -> None:
    records = caller.all("withdrawals")
    assert len(records) > 30
    assert {tuple(record) for record in records} == {
        (
            *("id", "date_created", "date_payed", "status", "payment_system_id", "currency_id"),
            *("amount", "fee", "account", "payment_id"),
        ),
        (
            *("withdrawal_id", "external_id", "date", "completed_at", "state", "payment_system"),
            *("currency", "sum", "commission", "wallet"),
        ),
        ("date", "sum", "currency", "details"),
    }


def test_every_shop_lists_the_withdrawals_of_the_account(caller: Caller) -> None:
    mine = caller.all("withdrawals")
    caller.shop_id = caller.sandbox.shop_ids[1]
    assert caller.all("withdrawals") == mine


@pytest.mark.parametrize("shape", ["order", "wallet", "minimal"])
def test_one_shape_can_be_asked_for(shape: str) -> None:
    with served(orders=400, withdrawal_shape=shape) as caller:
        records = caller.all("withdrawals")
    key = {"order": "id", "wallet": "withdrawal_id", "minimal": "details"}[shape]
    assert records
    assert all(key in record for record in records)


def test_the_balance_is_the_net_of_all_shops_without_what_was_withdrawn(caller: Caller) -> None:
    expected = {1: Decimal(0), 2: Decimal(0)}
    for shop_id in caller.sandbox.shop_ids:
        caller.shop_id = shop_id
        for order in caller.all("orders"):
            if order["test_order"] == 0 and order["status"] in (1, 3):
                earned = Decimal(order["amount"]) if order["status"] == 1 else Decimal(0)
                expected[order["currency_id"]] += earned - Decimal(order["fee"])
    balance = caller.data("balance")["balance"]
    for record in caller.all("withdrawals"):
        if record.get("status") == 2 or record.get("state") == "failed":
            continue
        currency = record.get("currency_id") or {"RUB": 1, "USD": 2}[record["currency"]]
        expected[currency] -= Decimal(record.get("amount") or record["sum"])
        expected[currency] -= Decimal(record.get("fee") or record.get("commission") or 0)
    assert {1: Decimal(balance["RUB"]), 2: Decimal(balance["USD"])} == expected
    assert expected[1] > 0


def test_json_keeps_hostile_and_foreign_text(own: Caller) -> None:
    texts = ['=HYPERLINK("x")', "Заказ №7", "line\nbreak\ttab", "\u202e", "\U0001f600", "</script>"]
    own.sandbox.control(
        "insert",
        orders=[
            {"created_at": "2026-03-01 10:00:00", "amount": 1, "payment_id": text, "email": text}
            for text in texts
        ],
    )
    orders = own.all("orders")
    assert {order["payment_id"] for order in orders} == {order["email"] for order in orders} == set(texts)
    assert json.dumps(orders).isascii()
