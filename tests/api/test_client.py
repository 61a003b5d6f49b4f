"""The client against a strict local Tegro: its own process, its own code, its own log."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy
import pytest

from tegro_analytics.api.client import Client
from tegro_analytics.exceptions import (
    AuthorizationError,
    BadAnswer,
    ConfigurationError,
    DataError,
    NeverSent,
    OutcomeUnknown,
    Rejected,
)
from tegro_analytics.sandbox.process import Sandbox, start
from tests.api.faults import PAGE_1010
from tests.api.test_retry import closed_port
from tests.api.wire import KEY, SHOP, Act, answer, raw, refusal, serving, success

NOW = "2026-03-04 12:00:00"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with start(orders=250, now=NOW, page_size=100) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox, tmp_path: Path) -> Iterator[Client]:
    sandbox.control("forget-log")
    with client_of(sandbox, tmp_path, allow_payouts=True) as made:
        yield made


def client_of(sandbox: Sandbox, folder: Path, **options: Any) -> Client:
    return Client(sandbox.api_key, sandbox.shop_id, base_url=sandbox.base_url, data_folder=folder, **options)


def scripted(url: str, folder: Path, **options: Any) -> Client:
    return Client(KEY, SHOP, base_url=url, data_folder=folder, **{"nonce": "milliseconds", **options})


# Every method


def test_shops(client: Client, sandbox: Sandbox) -> None:
    told = client.shops()
    assert told["user_id"] == sandbox.user_id
    assert sandbox.shop_id in [shop["public_key"] for shop in told["shops"]]


def test_balance(client: Client, sandbox: Sandbox) -> None:
    told = client.balance()
    assert told["user_id"] == sandbox.user_id
    assert Decimal(told["balance"]["RUB"]) > 0


def test_orders(client: Client) -> None:
    first, third, fourth = client.orders(), client.orders(3), client.orders(4)
    assert [len(page.keys) for page in (first, third, fourth)] == [100, 50, 0]
    assert [page.number for page in (first, third, fourth)] == [1, 3, 4]
    assert fourth.refusal is None
    assert first.records[0]["id"] == first.keys[0]
    assert first.requested_at <= third.requested_at <= fourth.requested_at


def test_order_by_either_number(client: Client) -> None:
    record = client.orders().records[0]
    assert client.order(order_id=record["id"]) == record
    assert client.order(order_id=numpy.int64(record["id"])) == record  # as it stands in a DataFrame
    assert client.order(payment_id=record["payment_id"])["payment_id"] == record["payment_id"]


def test_withdrawals(client: Client) -> None:
    page = client.withdrawals()
    assert len(page.records) == len(set(page.keys)) > 0


def test_create_order(client: Client) -> None:
    created = client.create_order(
        currency="RUB",
        amount=Decimal("1200.50"),
        order_id="Заказ №7",
        payment_system=5,
        fields={"email": "user@example.com", "phone": "79111231212"},
        receipt={"items": [{"name": "Чай", "count": 2, "price": Decimal("600.25")}]},
    )
    assert set(created) == {"id", "url"}
    order = client.order(order_id=created["id"])
    assert (order["payment_id"], order["amount"], order["status"]) == ("Заказ №7", "1200.50000000", 0)


def test_create_withdrawal_and_find_it(client: Client, sandbox: Sandbox) -> None:
    client.create_withdrawal(
        currency="RUB", account="4111222233334444", amount=10, payment_id="payout 1", payment_system=5
    )
    assert "payout 1" in client.withdrawal(payment_id="payout 1").values()
    log = sandbox.log(method="createWithdrawal")
    assert log["by_method"]["createWithdrawal"] == 1


def test_call_takes_any_method(client: Client) -> None:
    assert client.call("shops") == client.shops()
    assert client.call("orders", page=9) == []
    with pytest.raises(Rejected, match="Method not found"):
        client.call("rates", **{"from": "USD", "to": "RUB"})


def test_call_is_no_way_around_the_rule_for_payouts(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.control("forget-log")
    with client_of(sandbox, tmp_path) as client:
        for method in ("createWithdrawal", "createwithdrawal", "withdrawalCreate"):
            with pytest.raises(ConfigurationError, match="allow_payouts=True"):
                client.call(method, amount=10)
    assert sandbox.log()["attempts"] == 0


@pytest.mark.parametrize("method", ["../orders", "orders/", "", "orders?x=1", "заказы", "a" * 65])
def test_call_takes_names_only(method: str, client: Client, sandbox: Sandbox) -> None:
    with pytest.raises(DataError, match="letters and digits"):
        client.call(method)
    assert sandbox.log()["attempts"] == 0


# The nonce rules, and the ends of a list


@pytest.mark.parametrize(
    ("rule", "sent"), [("differs", "milliseconds"), ("unique", "milliseconds"), ("grows", "seconds")]
)
def test_each_nonce_rule(rule: str, sent: str, tmp_path: Path) -> None:
    with start(orders=10, now=NOW, nonce_rule=rule) as sandbox, client_of(sandbox, tmp_path) as client:
        assert client.nonce_rule is None
        client.shops()
        client.balance()
        log = sandbox.log()
    assert client.nonce_rule == sent
    assert [entry["method"] for entry in log["entries"]] == ["shops", "shops", "shops", "balance"]
    refused = [entry["number"] for entry in log["entries"] if entry["type"] != "success"]
    assert refused == ([2] if rule == "grows" else [])
    assert log["distinct_nonces"] == 4
    assert client.requests == 4


@pytest.mark.parametrize(
    ("end", "orders"),
    [
        ("empty", 250),
        ("clamp", 250),
        ("first-page", 250),
        ("error", 250),
        ("null", 250),
        ("clamp", 300),
        ("null", 0),
    ],
)
def test_each_end_of_the_list(end: str, orders: int, tmp_path: Path) -> None:
    with start(orders=orders, now=NOW, end=end) as sandbox, client_of(sandbox, tmp_path) as client:
        stream = client.iter_orders()
        keys = {key for page in stream for key in page.keys}
        truth = sandbox.truth()["counts"]["orders"]
        withdrawn = {key for page in client.iter_withdrawals() for key in page.keys}
        first = set(client.withdrawals().keys)
    assert len(keys) == truth == orders
    assert stream.report.complete
    assert stream.report.unique == orders
    assert withdrawn == first


def test_past_the_end_a_refusal_is_a_page(tmp_path: Path) -> None:
    acts: list[Act] = [
        refusal("Page not found"),
        refusal("Page not found", status="404 Not Found"),
        answer(b"<html>404</html>", status="404 Not Found", kind="text/html"),
        success(None),
        success([]),
    ]
    with serving(*acts) as server, scripted(server.url, tmp_path) as client:
        pages = [client.orders(page) for page in (2, 3, 4, 5, 6)]
    assert [page.refusal for page in pages] == [
        "error: Page not found",
        "error: Page not found",
        "404",
        "null",
        None,
    ]
    assert {(page.data, page.keys, page.created) for page in pages} == {(b"[]", (), ())}


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (refusal("Page not found"), Rejected),
        (answer(b"", status="404 Not Found"), BadAnswer),
        (success(None), BadAnswer),
    ],
)
def test_on_page_one_it_is_an_error(act: Act, error: type[Exception], tmp_path: Path) -> None:
    with serving(act) as server, scripted(server.url, tmp_path) as client, pytest.raises(error):
        client.orders(1)


@pytest.mark.parametrize("page", [1, 2])
def test_a_key_that_is_not_accepted_never_is_an_end(page: int, sandbox: Sandbox, tmp_path: Path) -> None:
    with (
        Client("another key", sandbox.shop_id, base_url=sandbox.base_url, data_folder=tmp_path) as client,
        pytest.raises(AuthorizationError, match="TEGRO_API_KEY"),
    ):
        client.orders(page)
    with (
        serving(refusal("Wrong authorization token")) as server,
        scripted(server.url, tmp_path) as client,
        pytest.raises(AuthorizationError) as other,
    ):
        client.orders(page)
    assert other.value.status == 200


def test_a_page_tells_what_it_took(tmp_path: Path) -> None:
    with serving(raw(b""), success([{"id": 1}])) as server, scripted(server.url, tmp_path) as client:
        page = client.orders()
        assert (client.requests, client.retries) == (2, 1)
        assert client.waited == page.waited > 0
    assert page.retries == 1


# Calls that move money


PAYOUT = {"currency": "RUB", "account": "4111", "amount": 10, "payment_id": "p-7", "payment_system": 5}


def test_payouts_are_off_by_default(tmp_path: Path) -> None:
    with (
        serving(success({})) as server,
        scripted(server.url, tmp_path) as client,
        pytest.raises(ConfigurationError, match="allow_payouts=True"),
    ):
        client.create_withdrawal(**PAYOUT)
    assert not server.requests


def test_payouts_wait_for_the_journal(tmp_path: Path) -> None:
    with (
        Client(KEY, SHOP, data_folder=tmp_path, allow_payouts=True) as client,
        pytest.raises(ConfigurationError, match="the journal"),
    ):
        client.create_withdrawal(**PAYOUT)


@pytest.mark.parametrize(
    "act", [raw(b""), answer(b"", status="500 Oops"), answer(PAGE_1010, kind="text/html")]
)
def test_what_may_have_been_done_is_said_and_not_repeated(act: Act, tmp_path: Path) -> None:
    with serving(act) as server, scripted(server.url, tmp_path, allow_payouts=True) as client:
        with pytest.raises(OutcomeUnknown, match=r"order\(payment_id='7'\)") as ordering:
            client.create_order(currency="RUB", amount=7, order_id="7")
        with pytest.raises(OutcomeUnknown, match=r"withdrawal\(payment_id='p-7'\)"):
            client.create_withdrawal(**PAYOUT)
        with pytest.raises(OutcomeUnknown):
            client.call("cancelEverything")
    assert len(server.requests) == 3
    assert (ordering.value.method, ordering.value.attempts) == ("createOrder", 1)


def test_what_never_left_is_said(tmp_path: Path) -> None:
    with (
        scripted(f"http://127.0.0.1:{closed_port()}", tmp_path, deadline=0.1) as client,
        pytest.raises(NeverSent, match="Nothing was carried out"),
    ):
        client.create_order(currency="RUB", amount=7, order_id="7")


def test_what_was_refused_is_definite(client: Client) -> None:
    with pytest.raises(Rejected, match="Wrong param currency"):
        client.create_order(currency="XXX", amount=7, order_id="7", payment_system=5)


@pytest.mark.parametrize("amount", [0, -1, "0.00", float("nan"), 0.1 + 0.2, "many"])
def test_no_amount_no_call(amount: Any, client: Client, sandbox: Sandbox) -> None:
    with pytest.raises(DataError, match="amount"):
        client.create_order(currency="RUB", amount=amount, order_id="7")
    with pytest.raises(DataError, match="amount"):
        client.create_withdrawal(**{**PAYOUT, "amount": amount})
    assert sandbox.log()["attempts"] == 0


def test_a_payout_needs_an_id_to_find_it_by(client: Client, sandbox: Sandbox) -> None:
    with pytest.raises(DataError, match="payment_id"):
        client.create_withdrawal(**{**PAYOUT, "payment_id": " "})
    assert sandbox.log()["attempts"] == 0


# Small things


@pytest.mark.parametrize("asked", [{}, {"order_id": 1, "payment_id": "1"}])
def test_one_number_names_an_order(asked: dict[str, Any], client: Client) -> None:
    with pytest.raises(DataError, match="one of them"):
        client.order(**asked)


@pytest.mark.parametrize("page", [0, -1, True])
def test_pages_are_counted_from_one(page: int, client: Client) -> None:
    with pytest.raises(DataError, match="counted from 1"):
        client.orders(page)


def test_numbers_are_exact(tmp_path: Path) -> None:
    body = b'{"type":"success","data":{"balance":{"RUB":0.10000000000000000001}}}'
    with serving(answer(body)) as server, scripted(server.url, tmp_path) as client:
        assert client.balance()["balance"]["RUB"] == Decimal("0.10000000000000000001")


def test_a_client_says_what_it_is(sandbox: Sandbox, tmp_path: Path) -> None:
    assert repr(client_of(sandbox, tmp_path)).endswith("SANDBOX)")
    assert repr(Client(KEY, SHOP, data_folder=tmp_path)) == (
        f"Client(shop_id='{SHOP}', base_url='https://tegro.money')"
    )


# Many at once: the sandbox refuses a nonce that it has seen, and counts

PROGRAM = """
import sys, threading
from pathlib import Path
from tegro_analytics.api.client import Client
url, shop_id, folder = sys.argv[1:]
key = sys.stdin.read()
client = Client(key, shop_id, base_url=url, data_folder=Path(folder))
def work():
    for page in (1, 2, 3):
        client.orders(page)
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(client.nonce_rule, client.requests, client.retries)
"""


@pytest.mark.long
def test_eight_threads_in_each_of_four_processes(tmp_path: Path) -> None:
    with start(orders=250, now=NOW, nonce_rule="unique") as sandbox:
        command = [sys.executable, "-c", PROGRAM, sandbox.base_url, sandbox.shop_id, str(tmp_path)]
        processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(4)
        ]
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(sandbox.api_key)
            process.stdin.close()
            process.stdin = None
        said = [process.communicate()[0].split() for process in processes]
        log = sandbox.log()
    # 96 pages, and the two reads of the first contact, made by one of the four for all of them.
    assert sorted(said) == sorted([["milliseconds", "24", "0"]] * 3 + [["milliseconds", "26", "0"]])
    assert log["attempts"] == log["distinct_nonces"] == 98
    assert {entry["type"] for entry in log["entries"]} == {"success"}


def test_threads_share_one_client(client: Client, sandbox: Sandbox) -> None:
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.extend(len(client.orders(page).keys) for page in (1, 2, 3)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counts) == 24
    assert sorted(counts)[8:] == [100] * 16
    assert sandbox.log()["distinct_nonces"] == client.requests == 26
