from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from tegro_analytics.sandbox import people
from tegro_analytics.sandbox.clock import DAY, day_of, moscow_text, parse_moment
from tegro_analytics.sandbox.options import Options
from tegro_analytics.sandbox.orders import FAILED, NEW, PAID, PENDING, REFUNDED, ZERO_TIME, OrderBook
from tegro_analytics.sandbox.systems import RUB, SYSTEMS, TROUBLED, USD
from tegro_analytics.sandbox.units import ONE
from tegro_analytics.sandbox.world import World

NOW = parse_moment("2026-03-04 12:00:00")


@pytest.fixture(scope="module")
def book() -> OrderBook:
    return World(Options(now=NOW)).shops[0].book


def records(world: World) -> list[bytes]:
    return [shop.book.json(row) for shop in world.shops for row in shop.book.rows()]


def test_a_seed_decides_every_byte() -> None:
    one, again, other = (World(Options(now=NOW, orders=500, seed=seed)) for seed in (3, 3, 4))
    assert records(one) == records(again)
    assert one.identity == again.identity
    assert [item.record() for item in one.withdrawals.items] == [
        item.record() for item in again.withdrawals.items
    ]
    assert records(one) != records(other)
    assert one.identity.api_key != other.identity.api_key


@pytest.mark.parametrize("orders", [0, 1, 2, 99, 1_000])
def test_exactly_as_many_orders_as_asked_for(orders: int) -> None:
    world = World(Options(now=NOW, orders=orders))
    assert len(world.shops[0].book) == orders == sum(1 for _ in world.shops[0].book.rows())
    assert len(world.shops[1].book) == orders // 200


def test_ids_are_unique_across_the_shops_and_grow_with_time() -> None:
    world = World(Options(now=NOW, orders=2_000))
    first, second = (list(shop.book.ids) for shop in world.shops)
    assert len(set(first) | set(second)) == len(first) + len(second)
    assert first == sorted(first)
    assert list(world.shops[0].book.created) == sorted(world.shops[0].book.created)


def test_all_times_lie_in_the_history(book: OrderBook) -> None:
    assert NOW - 400 * DAY <= min(book.created) < NOW - 398 * DAY
    assert NOW - DAY < max(book.created) < NOW
    assert max(book.paid) < NOW
    same = sum(one == other for one, other in pairwise(book.created))
    assert 400 < same < 800


def test_every_status_occurs(book: OrderBook) -> None:
    counts = Counter(book.status)
    assert set(counts) == {NEW, PAID, FAILED, REFUNDED, PENDING, 7}
    assert counts[PAID] > 12_000
    assert 100 < counts[REFUNDED] < 400
    assert 0 < counts[7] < 50


def test_every_odd_payment_occurs(book: OrderBook) -> None:
    paid = [row for row in book.rows() if book.status[row] in (PAID, REFUNDED)]
    delays = [book.paid[row] - book.created[row] for row in paid if book.paid[row] > 0]
    assert sum(delay > DAY for delay in delays) > 100
    assert {DAY, DAY + 1} <= set(delays)
    assert sum(delay < 0 for delay in delays) > 3
    assert sum(book.paid[row] == 0 for row in paid) > 0
    assert sum(book.paid[row] == ZERO_TIME for row in paid) > 0
    assert sum(book.amount[row] == 0 for row in book.rows()) > 0
    assert 100 < sum(book.test) < 400


def test_every_odd_text_occurs(book: OrderBook) -> None:
    assert set(book.email_style) >= {
        *(people.PLAIN, people.UPPER, people.TITLE, people.SPACED),
        *(people.EMPTY, people.NULL, people.ABSENT, people.SPECIAL),
    }
    payments = {book.payment_id(row) for row in book.rows()}
    assert payments >= {None, "", *people.HOSTILE_PAYMENT_IDS}
    emails = {book.email(row) for row in book.rows()}
    assert emails >= {None, "", *people.HOSTILE_EMAILS}
    assert any(email and email.endswith("@почта.рф") for email in emails)


def test_customers_return_under_addresses_of_another_case(book: OrderBook) -> None:
    spellings: dict[str, set[str]] = {}
    for row in book.rows():
        if email := book.email(row):
            spellings.setdefault(email.strip().lower(), set()).add(email)
    assert sum(len(found) > 1 for found in spellings.values()) > 50
    assert len(spellings) < 14_000


def test_checkouts_are_tried_again_and_some_paid_twice(book: OrderBook) -> None:
    attempts: dict[str, list[int]] = {}
    for row in book.rows():
        if book.payment_style[row] in (people.PLAIN, people.CYRILLIC):
            attempts.setdefault(book.payment_id(row) or "", []).append(book.status[row])
    counts = Counter(len(tries) for tries in attempts.values())
    assert counts[2] > 500
    assert counts[3] > 50
    assert any(tries.count(PAID) > 1 for tries in attempts.values())


def test_a_week_has_a_weekend_and_a_day_has_a_night(book: OrderBook) -> None:
    hours = Counter(int(moscow_text(moment)[11:13]) for moment in book.created)
    assert hours[3] * 8 < hours[20]
    weekdays = Counter((day_of(moment) + 3) % 7 for moment in book.created)
    assert weekdays[6] < weekdays[0] < weekdays[4]


def test_the_shop_grows(book: OrderBook) -> None:
    middle = NOW - 200 * DAY
    later = sum(moment > middle for moment in book.created)
    assert later > 1.3 * (len(book) - later)


def test_systems_differ_in_conversion_and_one_has_a_bad_time(book: OrderBook) -> None:
    def conversion(system: int, days: range | None = None) -> float:
        rows = [
            row
            for row in book.rows()
            if book.system[row] == system and (days is None or day_of(book.created[row]) in days)
        ]
        return sum(book.status[row] in (PAID, REFUNDED) for row in rows) / len(rows)

    assert set(book.system) == {system.id for system in SYSTEMS}
    assert conversion(28) > conversion(25) > conversion(36) > conversion(16)
    trouble = range(day_of(NOW) - 19, day_of(NOW) - 16)
    assert conversion(TROUBLED, trouble) < 0.3 < conversion(TROUBLED)


def test_fees_follow_the_rates_and_unpaid_orders_carry_them(book: OrderBook) -> None:
    rates = {25: 500, 26: 500, 36: 500, 5: 400, 28: 0}
    too_much = 0
    for row in book.rows():
        if book.system[row] in rates:
            kopecks = book.amount[row] // (ONE // 100)
            half_up = (kopecks * rates[book.system[row]] + 5_000) // 10_000 * (ONE // 100)
            assert book.fee[row] - half_up in (0, ONE)
            too_much += book.fee[row] != half_up
    assert 0 < too_much < 40
    unpaid = [row for row in book.rows() if book.status[row] == NEW and book.system[row] == 25]
    assert all(book.fee[row] > 0 for row in unpaid if book.amount[row])
    small = [row for row in book.rows() if book.system[row] == 10 and 0 < book.amount[row] < 300 * ONE]
    assert {book.fee[row] for row in small} >= {10 * ONE}
    fine = [row for row in book.rows() if book.system[row] == 51]
    assert any(book.fee[row] % (ONE // 100) for row in fine)


def test_two_currencies(book: OrderBook) -> None:
    assert set(book.currency) == {RUB, USD}


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"port": 8765}, True),
        ({"page_size": 10}, True),
        ({"nonce_rule": "grows"}, True),
        ({"order": "hashed"}, True),
        ({"latency_ms": (1.0, 2.0)}, True),
        ({"seed": 8}, False),
        ({"orders": 9}, False),
        ({"days": 30}, False),
        ({"now": NOW + 1}, False),
        ({"order": "out-of-step"}, False),
        ({"withdrawal_shape": "wallet"}, False),
        ({"withdrawal_debit": "done"}, False),
        ({"fee_bearer": "buyer"}, False),
    ],
)
def test_the_identity_follows_from_what_the_shop_holds(change: dict[str, Any], same: bool) -> None:
    plain = {"now": NOW, "orders": 10}
    one, other = World(Options(**plain)).identity, World(Options(**{**plain, **change})).identity  # type: ignore[arg-type]
    assert (one == other) is same
    assert (one.sandbox == other.sandbox) is same
