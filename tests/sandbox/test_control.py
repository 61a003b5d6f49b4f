from __future__ import annotations

import json
import threading
from decimal import Decimal
from typing import Any

import pytest

from tegro_analytics import sandbox
from tegro_analytics.sandbox.clock import parse_moment
from tegro_analytics.sandbox.options import Options
from tegro_analytics.sandbox.orders import NEW
from tegro_analytics.sandbox.traffic import Traffic
from tegro_analytics.sandbox.world import World
from tests.sandbox.wire import NOW, Caller

OPEN_ORDER = {"id": 5, "created_at": "2026-03-01 10:00:00", "amount": "100", "fee": "5", "payment_id": "o-5"}


def test_pay_and_refund(own: Caller) -> None:
    own.sandbox.control("insert", orders=[OPEN_ORDER])
    assert own.data("order", order_id=5)["status"] == 0
    own.sandbox.control("pay", ids=[5], at="2026-03-02 11:00:00")
    paid = own.data("order", order_id=5)
    assert (paid["status"], paid["date_payed"]) == (1, "2026-03-02 11:00:00")
    assert own.data("balance")["balance"]["RUB"] == "95.00"
    own.sandbox.control("refund", ids=[5])
    refunded = own.data("order", order_id=5)
    assert refunded == paid | {"status": 3}
    assert own.data("balance")["balance"]["RUB"] == "-5.00"


def test_delete_makes_rows_move_up(own: Caller) -> None:
    ids = own.sandbox.control("insert", count=205)["ids"]
    before = [record["id"] for record in own.all("orders")]
    assert before == ids[::-1]
    own.sandbox.control("delete", ids=ids[-3:])
    assert own.data("orders", page=2)[0]["id"] == before[103]
    assert own.call("order", order_id=ids[-1])["desc"] == "Order not found"
    assert own.sandbox.truth()["counts"]["orders"] == 202
    assert own.sandbox.ids() == ids[:-3]


def test_raw_records_are_no_orders_and_have_no_number(own: Caller) -> None:
    ids = own.sandbox.control("insert", count=2)["ids"]
    own.sandbox.control("raw", list="orders", text="{}")
    assert own.sandbox.ids() == ids
    assert own.sandbox.ids(shop=own.sandbox.shop_ids[1]) != ids


def test_a_deleted_order_no_longer_hides_an_older_one(own: Caller) -> None:
    own.sandbox.control("insert", orders=[OPEN_ORDER, OPEN_ORDER | {"id": 6}])
    assert own.data("order", payment_id="o-5")["id"] == 6
    own.sandbox.control("delete", ids=[6])
    assert own.data("order", payment_id="o-5")["id"] == 5


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("pay", {"ids": [5, 99]}, "no order 99"),
        ("refund", {"ids": [5]}, "order 5 has status 0"),
        ("delete", {"ids": [99]}, "no order 99"),
        ("insert", {"orders": [OPEN_ORDER]}, "an order 5 exists"),
        ("insert", {"orders": [{"amount": 5}]}, "created_at"),
        ("insert", {}, "orders"),
        ("raw", {"list": "shops", "text": "{}"}, "no list 'shops'"),
        ("unknown", {}, "no POST /_sandbox/unknown"),
    ],
)
def test_a_mistake_is_named_and_changes_nothing(
    own: Caller, path: str, body: dict[str, Any], reason: str
) -> None:
    own.sandbox.control("insert", orders=[OPEN_ORDER])
    before = own.all("orders")
    with pytest.raises(sandbox.SandboxError, match=reason):
        own.sandbox.control(path, **body)
    assert own.all("orders") == before


@pytest.mark.parametrize(
    "text", ["null", "7", '{"id":null}', '{"id":"abc","amount":"x"}', '{"email":"\\ud800"}', "[[]]"]
)
def test_raw_records_stand_where_they_were_put(own: Caller, text: str) -> None:
    own.sandbox.control(
        "insert", orders=[OPEN_ORDER, OPEN_ORDER | {"id": 6, "created_at": "2026-03-03 10:00"}]
    )
    own.sandbox.control("raw", list="orders", text=text, created_at="2026-03-02 10:00:00")
    first, raw, last = own.data("orders", page=1)
    assert (first["id"], last["id"]) == (6, 5)
    assert raw == json.loads(text)
    counts = own.sandbox.truth()["counts"]
    assert (counts["listed"], counts["orders"], counts["raw"]) == (3, 2, 1)


def test_raw_withdrawals(own: Caller) -> None:
    own.sandbox.control("raw", list="withdrawals", text='{"status":9}')
    assert own.data("withdrawals", page=1) == [{"status": 9}]
    assert own.data("balance")["balance"]["RUB"] == "0.00"


def test_arrivals_appear_at_the_front_unpaid(own: Caller) -> None:
    ids = own.sandbox.control("insert", count=3)["ids"]
    records = own.all("orders")
    assert [record["id"] for record in records] == ids[::-1]
    assert {(record["status"], record["date_payed"]) for record in records} == {(0, None)}
    assert all(record["date_created"] >= NOW for record in records)


def world(**options: Any) -> World:
    return World(Options(now=parse_moment(NOW), **options))


def test_events_follow_from_the_seed() -> None:
    seen = []
    for _ in range(2):
        one = world(orders=500)
        traffic = Traffic(one)
        before = [one.shops[0].book.json(row) for row in one.shops[0].book.rows()]
        numbers = [traffic.event() for _ in range(200)]
        after = [
            one.shops[0].book.json(row)[:13] + bytes([one.shops[0].book.status[row]]) for row in range(500)
        ]
        assert len(one.shops[0].book) == 700
        statuses = list(one.shops[0].book.status)
        assert statuses[500:].count(1) > 60
        assert NEW in statuses[500:]
        changed = [row for row in range(500) if one.shops[0].book.json(row) != before[row]]
        assert any(statuses[row] == 3 for row in changed)
        seen.append((numbers, after, statuses))
    assert seen[0] == seen[1]


def test_the_balance_is_kept_while_things_happen() -> None:
    one = world(orders=500)
    traffic = Traffic(one)
    for _ in range(300):
        traffic.event()
    book = one.shops[0].book
    kept = dict(book.net)
    book.settle()
    assert book.net == kept


class Moments(threading.Event):
    """A stop that lets a number of events happen and notes how long each was waited for."""

    def __init__(self, events: int) -> None:
        super().__init__()
        self.left = events
        self.waited: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout or 0.0)
        self.left -= 1
        return self.left < 0


def test_arrivals_come_at_their_rate() -> None:
    one = world(orders=0, arrivals_per_minute=60.0)
    stop = Moments(400)
    Traffic(one).run(stop)
    assert len(one.shops[0].book) == 400
    # Nothing was really waited for, so the last moment lies 401 draws after the first: about a second each.
    assert 300 < stop.waited[-1] < 500


def test_a_running_sandbox_has_arrivals_payments_and_a_steady_list() -> None:
    with sandbox.start(orders=300, now=NOW, arrivals_per_minute=30_000) as running:
        caller = Caller(running)
        newest = 0
        for _ in range(2_000):
            records = caller.data("orders", page=1)
            newest = len(caller.data("orders", page=8))
            if newest:
                break
        assert newest, "no 400 orders arrived"
        assert [record["id"] for record in records] == sorted((one["id"] for one in records), reverse=True)
        assert any(record["status"] == 1 for record in records)
        caller.close()


def test_many_callers_at_once_see_whole_pages() -> None:
    with sandbox.start(orders=1_000, now=NOW, nonce_rule="unique", arrivals_per_minute=6_000) as running:
        sizes: list[int] = []
        errors: list[BaseException] = []

        def read(first: int) -> None:
            caller = Caller(running, first_nonce=first)
            try:
                sizes.extend(len(caller.data("orders", page=page)) for page in range(1, 11))
            except BaseException as error:
                errors.append(error)
                raise
            finally:
                caller.close()

        threads = [threading.Thread(target=read, args=(place * 1_000,)) for place in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors
        assert sizes == [100] * 80
        log = running.log(limit=0)
        assert (log["attempts"], log["distinct_nonces"], log["entries"]) == (80, 80, [])


def test_the_golden_balance_closes_after_everything(own: Caller) -> None:
    own.sandbox.control("insert", count=50)
    own.sandbox.control("advance", events=200)
    expected = Decimal(0)
    for order in own.all("orders"):
        if order["currency_id"] == 1 and not order["test_order"] and order["status"] in (1, 3):
            expected += (Decimal(order["amount"]) if order["status"] == 1 else 0) - Decimal(order["fee"])
    assert Decimal(own.data("balance")["balance"]["RUB"]) == expected > 0
    assert Decimal(own.sandbox.truth()["balance"]["RUB"]) / 10**8 == expected
