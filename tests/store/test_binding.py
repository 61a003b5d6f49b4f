"""A store belongs to one account on one server, and its rows were made in one way."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tegro_analytics.exceptions import StoreError, WrongStore
from tegro_analytics.reference import load_reference
from tegro_analytics.store import Owner, mark_of_reference
from tests.frames.wire import REFERENCE
from tests.store.world import BASIS, OWNER, merge, order, orders, rows, run, store_in


def test_the_first_merge_binds(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    assert store.status().owner is None

    merge(store, 0, order(1))

    status = store.status()
    assert (status.owner, status.basis) == (OWNER, BASIS)
    assert status.reference == mark_of_reference(REFERENCE)


@pytest.mark.parametrize("other", [Owner("https://tegro.money", 6), Owner("sandbox-1", 5)])
def test_another_account_or_server_is_refused_before_anything_is_written(
    tmp_path: Path, other: Owner
) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1))
    before = store.path.read_bytes()

    with pytest.raises(WrongStore, match=f"account 5 on https://tegro.money, not of account {other.user_id}"):
        merge(store, 1, order(2), owner=other)
    assert store.path.read_bytes() == before
    assert rows(store.table("orders"), "id") == [1]


def test_an_account_that_was_not_known_is_bound_when_it_is(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1), owner=Owner(OWNER.server))
    merge(store, 1, order(1))
    merge(store, 2, order(1), owner=Owner(OWNER.server))

    with pytest.raises(WrongStore):
        merge(store, 3, order(1), owner=Owner(OWNER.server, 7))


def test_a_further_shop_is_added(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1))
    store.merge(run(1, shops=("SHOP", "OTHER")), {"orders": orders(order(1), at=1, shop_id="OTHER")})

    assert rows(store.table("orders"), "shop_id") == ["SHOP", "OTHER"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"salt": "0123456789abcdef"}, "another salt"),
        ({"source_zone": "UTC"}, "Derive them anew first"),
        ({"report_zone": "Asia/Omsk"}, r"not for Europe/Moscow and Asia/Omsk"),
    ],
)
def test_rows_that_were_made_otherwise_are_refused(
    tmp_path: Path, changed: dict[str, str], message: str
) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1))

    with pytest.raises(StoreError, match=message):
        merge(store, 1, order(1), basis=dataclasses.replace(BASIS, **changed))
    assert store.status().runs == 1


def test_names_are_stale_under_another_reference(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    assert not store.names_are_stale()
    merge(store, 0, order(1, currency_id=9))
    assert not store.names_are_stale()

    wiser = store_in(tmp_path, reference=load_reference(currencies={1: "RUB", 2: "USD", 9: "EUR"}))
    assert wiser.names_are_stale()
