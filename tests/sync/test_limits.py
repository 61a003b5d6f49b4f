"""What a run does with what it cannot read, whose it is, and how far it came."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tegro_analytics.api.lists.page import Page, page_from_json
from tegro_analytics.credentials import ApiKey, ShopAccess
from tegro_analytics.exceptions import AuthorizationError, DeadlineExceeded, StoreLocked, WrongStore
from tegro_analytics.sandbox.process import Sandbox, start
from tegro_analytics.settings import load_settings
from tegro_analytics.shop import Shop
from tegro_analytics.sync.evidence import moment_of
from tegro_analytics.sync.reading import ListRead, look_up
from tegro_analytics.sync.run import _Run
from tegro_analytics.sync.sweep import Place, sweep
from tests.conftest import NOW, open_shop

SENT = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)


def read() -> ListRead:
    """Give a list that was read, of which nothing matters here."""
    empty: Any = None
    return ListRead(empty, empty, SENT, Place(), empty)


def member(answers: dict[int, Exception]) -> Any:
    def order_alone(number: int, *, errand: object) -> Page:
        if number in answers:
            raise answers[number]
        return page_from_json(1, b'[{"id": %d}]' % number, requested_at=SENT)

    return SimpleNamespace(client=SimpleNamespace(order_alone=order_alone, at_once=1))


def test_a_look_up_that_fails_is_told_and_the_others_are_made() -> None:
    done = read()
    look_up(member({2: DeadlineExceeded("order: too late", method="order")}), [1, 2, 3], done)
    assert [page.keys for page in done.looked_up] == [(1,), (3,)]
    assert done.asked == (1, 2, 3)  # else it would be the first of every run to come
    assert done.problems == ["order: too late"]


def test_when_nothing_comes_any_more_the_rest_is_left() -> None:
    done = read()
    down = {number: DeadlineExceeded("order: too late", method="order") for number in range(50)}
    look_up(member(down), range(50), done)
    assert len(done.asked) == 3


def test_a_key_that_is_refused_is_no_problem_of_one_order() -> None:
    with pytest.raises(AuthorizationError):
        look_up(member({1: AuthorizationError("order: the key", method="order")}), [1], read())


def test_a_sweep_that_meets_a_page_that_cannot_be_read_stays_before_it() -> None:
    def fetch(number: int) -> Page:
        if number == 4:
            raise DeadlineExceeded("orders: too late", method="orders")
        row = b'[{"id": %d, "date_created": "2026-09-%02d 10:00:00"}]' % (9 - number, 9 - number)
        return page_from_json(number, row, requested_at=SENT)

    done = sweep(fetch, Place(), most=9, start=2, came_in=0, page_size=1, now=SENT)
    assert ([page.number for page in done.pages], done.place.page, done.whole) == ([2, 3], 3, False)
    assert done.problems == ["orders: too late"]
    again = sweep(fetch, done.place, most=9, start=2, came_in=0, page_size=1, now=SENT)
    assert ([page.number for page in again.pages], again.place.page) == ([3], 3)


@pytest.mark.parametrize("text", ["0001-01-01 00:00:00", "2026-02-30 10:00:00", "", None])
def test_a_date_that_is_none_is_no_moment(text: str | None) -> None:
    assert moment_of(text, "Europe/Moscow") is None


def shop_of(name: str, key: str, user: int) -> Any:
    answer = {"user_id": user, "shops": [{"public_key": name}]}
    client = SimpleNamespace(shops=lambda: answer, requests=0, retries=0, waited=0.0)
    access = SimpleNamespace(name=name, key=SimpleNamespace(fingerprint=key))
    return SimpleNamespace(access=access, client=client, shop_id=name)


def test_a_store_holds_the_shops_of_one_account(tmp_path: Path) -> None:
    nothing: Any = None
    run = _Run([shop_of("A", "a", 1), shop_of("B", "b", 2)], nothing, nothing, tmp_path, full=False)
    run.refuse_other_account(shop_of("B", "b", 1), 1)
    with pytest.raises(WrongStore, match=r"account 2, that of A to account 1\. Nothing was read"):
        run.refuse_other_account(run.members[1], 1)


def test_a_sync_within_a_relation_is_refused_before_anything_is_read(tegro: Sandbox, tmp_path: Path) -> None:
    shop = open_shop(tegro, tmp_path)
    shop.sync()
    before = shop.clients[0].requests
    with shop.relation("orders"), pytest.raises(StoreLocked, match="Let the `with` end first"):
        shop.sync()
    assert shop.clients[0].requests == before
    shop.sync()


@pytest.mark.long
def test_the_moment_of_a_run_is_what_as_of_takes(tmp_path: Path) -> None:
    with start(orders=120, seed=5, now=NOW) as sandbox, open_shop(sandbox, tmp_path) as shop:
        first = shop.sync()
        sandbox.control("insert", count=2)
        second = shop.sync()
        assert len(shop.orders(as_of=first.moment)) == 120
        assert len(shop.orders(as_of=second.moment)) == 122
        assert shop.last_sync == second
        shop.export("orders", tmp_path / "then.csv", as_of=first.moment)
        assert len((tmp_path / "then.csv").read_text().splitlines()) == 121


@pytest.mark.long
def test_a_list_that_may_go_on_is_judged_by_its_last_run(tmp_path: Path) -> None:
    with (
        start(orders=100, page_size=100, end="first-page", seed=5, now=NOW) as sandbox,
        open_shop(sandbox, tmp_path) as shop,
    ):
        done = shop.sync()
        assert not (done.complete and done.verified)
        assert shop.last_sync == done
        assert repr(shop).startswith("Shop('tea', SANDBOX, 100 orders")
        shop.report(tmp_path / "report.xlsx", since="2026-10-01", until="2026-11-01")


@pytest.mark.long
def test_forgetting_takes_the_pages_too_that_a_run_left(tmp_path: Path) -> None:
    with start(orders=120, seed=5, now=NOW) as sandbox, open_shop(sandbox, tmp_path) as shop:
        shop.sync()
        email = shop.orders(pii=True)["email"].dropna().iloc[0]
        left = tmp_path / "staging" / "0123456789abcdef-orders.pages"
        left.write_bytes(b"pages of a run that was killed")
        shop.forget(email)
        assert not left.exists()
        assert shop.find(email).empty


def test_what_nothing_here_knows_is_kept_with_the_run(read_shop: Shop) -> None:
    last = read_shop.status().last_run
    assert last is not None
    assert last.evidence["unknown"] == ["orders: statuses that enter no rate: unknown:7"]


@pytest.mark.long
def test_a_shop_that_was_not_read_yet_is_not_vouched_for(tmp_path: Path) -> None:
    with start(orders=120, seed=5, now=NOW) as sandbox:
        key = ApiKey(sandbox.api_key)
        access = [ShopAccess(f"shop {n}", number, key) for n, number in enumerate(sandbox.shop_ids)]
        settings = load_settings(
            base_url=sandbox.base_url, store=tmp_path, currencies=sandbox.currencies, progress=False
        )
        with Shop(access[1:], settings) as second:
            first = second.sync()
        with Shop(access, settings) as both:
            done = both.sync()
            then, now = both._kept.standing(first.moment), both._kept.standing()
    assert (then.as_of, then.complete, then.verified) == (first.moment, False, False)
    assert (now.as_of, now.complete, now.verified) == (done.moment, True, True)
