from __future__ import annotations

import itertools
import json
from random import Random
from typing import Any

import pytest

from tegro_analytics.sandbox.clock import parse_moment
from tegro_analytics.sandbox.lists import ENDS, ORDERS, Listing
from tegro_analytics.sandbox.methods import Methods, Refused
from tegro_analytics.sandbox.options import Options
from tegro_analytics.sandbox.world import World

NOW = parse_moment("2026-03-04 12:00:00")


def world(**options: Any) -> World:
    return World(Options(now=NOW, **options))


def page(one: World, number: int, method: str = "orders") -> Any:
    return json.loads(Methods(one, "http://test").call(method, shop=one.shops[0], params={"page": number}))


def rows(one: World, pages: int) -> list[dict[str, Any]]:
    return list(itertools.chain.from_iterable(page(one, number) for number in range(1, pages + 1)))


def when(record: dict[str, Any]) -> tuple[str, int]:
    return record["date_created"], record["id"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("end", ENDS)
def test_every_end_of_every_order(order: str, end: str) -> None:
    one = world(orders=230, order=order, end=end, page_size=100)
    first, second, last = (page(one, number) for number in (1, 2, 3))
    assert [len(first), len(second), len(last)] == [100, 100, 30]
    assert len({record["id"] for record in first + second + last}) == 230
    for past in (4, 1_000):
        if end == "error":
            with pytest.raises(Refused, match="Page not found"):
                page(one, past)
        else:
            assert page(one, past) == {"empty": [], "clamp": last, "first-page": first, "null": None}[end]


def test_newest_first() -> None:
    seen = [when(record) for record in rows(world(orders=230), 3)]
    assert seen == sorted(seen, reverse=True)


def test_oldest_first() -> None:
    seen = [when(record) for record in rows(world(orders=230, order="oldest"), 3)]
    assert seen == sorted(seen)


def test_out_of_step_is_newest_first_by_time_but_not_by_id() -> None:
    seen = [when(record) for record in rows(world(orders=2_300, order="out-of-step"), 23)]
    times, ids = zip(*seen, strict=True)
    assert list(times) == sorted(times, reverse=True)
    steps = [later < earlier for earlier, later in itertools.pairwise(ids)]
    assert 0.25 < sum(steps) / len(steps) < 0.75
    assert any(one[0] == other[0] and one[1] < other[1] for one, other in itertools.pairwise(seen))


def test_hashed_has_no_relation_to_time_and_is_stable() -> None:
    one = world(orders=2_300, order="hashed")
    seen = [when(record) for record in rows(one, 23)]
    steps = [later < earlier for earlier, later in itertools.pairwise(seen)]
    assert 0.45 < sum(steps) / len(steps) < 0.55
    assert [when(record) for record in rows(one, 23)] == seen


def test_the_same_orders_whatever_the_order_of_the_list() -> None:
    lists = {order: rows(world(orders=300, order=order), 3) for order in ("newest", "oldest", "hashed")}
    newest = sorted(lists["newest"], key=when)
    assert newest == sorted(lists["oldest"], key=when) == sorted(lists["hashed"], key=when)
    without_ids = [record | {"id": 0} for record in newest]
    out_of_step = sorted(rows(world(orders=300, order="out-of-step"), 3), key=when)
    assert sorted(map(str, without_ids)) == sorted(str(record | {"id": 0}) for record in out_of_step)


@pytest.mark.parametrize("end", ENDS)
def test_no_orders_are_an_empty_first_page(end: str) -> None:
    assert page(world(orders=0, end=end), 1) == []


@pytest.mark.parametrize("end", ["empty", "clamp", "first-page", "null"])
def test_exactly_k_full_pages(end: str) -> None:
    one = world(orders=300, end=end)
    first, second, third, past = (page(one, number) for number in (1, 2, 3, 4))
    assert [len(first), len(second), len(third)] == [100, 100, 100]
    assert past == {"empty": [], "clamp": third, "first-page": first, "null": None}[end]


@pytest.mark.parametrize("end", ENDS)
def test_a_list_that_shows_its_first_pages_only(end: str) -> None:
    one = world(orders=530, end=end, page_size=100, most_pages=3)
    first, third = page(one, 1), page(one, 3)
    assert [len(first), len(third)] == [100, 100]
    if end == "error":
        with pytest.raises(Refused, match="Page not found"):
            page(one, 4)
    else:
        assert page(one, 4) == {"empty": [], "clamp": third, "first-page": first, "null": None}[end]


@pytest.mark.parametrize("size", [1, 7, 300, 1_000])
def test_pages_of_any_size_hold_every_order_once(size: int) -> None:
    one = world(orders=300, page_size=size)
    ids = [record["id"] for record in rows(one, -(-300 // size))]
    assert len(ids) == len(set(ids)) == 300


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("end", ENDS)
def test_withdrawals_follow_the_same_rules(order: str, end: str) -> None:
    one = world(orders=3_000, order=order, end=end, page_size=20, withdrawal_shape="order")
    count = len(one.withdrawals.items)
    last = -(-count // 20)
    seen = [record for number in range(1, last + 1) for record in page(one, number, "withdrawals")]
    assert len({record["id"] for record in seen}) == count > 40
    times = [record["date_created"] for record in seen]
    if order == "oldest":
        assert times == sorted(times)
    elif order == "hashed":
        assert times not in (sorted(times), sorted(times, reverse=True))
    else:
        assert times == sorted(times, reverse=True)
    if end == "error":
        with pytest.raises(Refused):
            page(one, last + 1, "withdrawals")
    else:
        expected = {"empty": [], "null": None, "clamp": page(one, last, "withdrawals")}
        assert page(one, last + 1, "withdrawals") == expected.get(end, page(one, 1, "withdrawals"))


@pytest.mark.parametrize("order", ORDERS)
def test_a_list_that_changes_equals_one_that_is_made_anew(order: str) -> None:
    rng = Random(5)
    created, ids = [rng.randrange(40) for _ in range(300)], rng.sample(range(10_000), 300)
    changed = Listing(order, created=created, ids=ids)
    changed.fill(range(200))
    for row in range(200, 300):
        changed.insert(row)
    gone = set(rng.sample(range(300), 120))
    for row in gone:
        changed.remove(row)
    made = Listing(order, created=created, ids=ids)
    made.fill(row for row in range(300) if row not in gone)
    whole = list(made.page(1, 300))
    assert list(changed.page(1, 300)) == whole == [changed.at(place) for place in range(180)]
    assert list(changed.page(5, 7)) == whole[28:35]
    with pytest.raises(ValueError, match="not in the list"):
        changed.remove(next(iter(gone)))
