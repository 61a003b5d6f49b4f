"""A person is forgotten: in every table, in the bytes of the file, and in what later runs bring."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest

from tegro_analytics.schemas import QUARANTINE
from tegro_analytics.store import Store
from tegro_analytics.store.people import Forgotten, mark_of
from tests.store.world import hour, merge, order, orders, rows, run, store_in

ADDRESS = "ivan.petrov-1987@pochta-dlya-testa.ru"
ESCAPED = ADDRESS.replace("@", "\\u0040")


def told(*addresses: str) -> Forgotten:
    return Forgotten(frozenset(mark_of(address, b"salt") for address in addresses), b"salt")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("user@site.ru", "***"),
        ("USER@Site.RU", "***"),
        ('{"by":"user@site.ru","n":1}', '{"by":"***","n":1}'),
        (r'{"by":"user\u0040site.ru"}', '{"by":"***"}'),
        (r'{"by":"\u0075ser@site.ru"}', '{"by":"***"}'),
        (r"line\nuser@site.ru", r"line\n***"),
        ("https://x.ru/?email=user%40site.ru&a=1", "https://x.ru/?email=***&a=1"),
        ("mailto:user@site.ru.", "mailto:***."),
        ("<user@site.ru>, user@site.ru", "<***>, ***"),
        ("a.user@site.ru", "a.user@site.ru"),
        ("user@site.ru.net", "user@site.ru.net"),
        ("user@mysite.ru", "user@mysite.ru"),
        ("user at site.ru", "user at site.ru"),
        ("", ""),
    ],
)
def test_an_address_is_blanked_in_a_text_and_nothing_else_is(text: str, left: str) -> None:
    assert told("user@site.ru").wiped(text) == left


def test_the_customer_goes_with_the_address() -> None:
    table = orders(order(1, email=" User@site.ru "), order(2, email="another@site.ru"), order(3, email=None))

    clean, count = told("user@site.ru").blank(table)

    assert count == 1
    assert rows(clean, "email") == [None, "another@site.ru", None]
    assert [customer is None for customer in rows(clean, "customer")] == [True, False, True]
    assert clean.schema.equals(table.schema)


def aside(raw: str) -> pa.Table:
    bad = {"table": "orders", "page": 1, "row": 0, "reason": "bad", "column": None, "observed_at": hour(0)}
    return pa.Table.from_pylist([{**bad, "raw": raw}], schema=QUARANTINE.arrow())


def person_in(folder: Path) -> Store:
    """Make a store that holds the address as e-mail, in the ledger, in texts and in quarantine."""
    store = store_in(folder)
    first = orders(
        order(1, email=ADDRESS),
        order(2, email="another@site.ru", payment_id=f"for {ADDRESS}", note=ADDRESS.upper()),
        order(3, email=ADDRESS),
    )
    store.merge(run(0), {"orders": first, "quarantine": aside(f'{{"email": "{ESCAPED}"}}')})
    merge(store, 1, order(3, email="new@site.ru"))
    return store


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_the_bytes_are_gone_from_every_file(tmp_path: Path) -> None:
    store = person_in(tmp_path)
    before = bytes_of(store.folder)
    assert ADDRESS.encode() in before  # so that the search would find it
    assert ESCAPED.encode() in before

    forgetting = store.forget(f" {ADDRESS.upper()} ")

    assert forgetting.values == 5
    assert forgetting.unreached == ()
    after = bytes_of(store.folder).lower()
    assert ADDRESS.partition("@")[0].encode() not in after
    assert b"pochta-dlya-testa" not in after


def test_the_orders_stay_with_everything_else(tmp_path: Path) -> None:
    store = person_in(tmp_path)
    names = [name for name in store.table("orders").column_names if name not in {"email", "customer"}]
    before = store.table("orders", columns=names, as_of=hour(0)).filter(pa.compute.field("id") != 2)

    store.forget(ADDRESS)

    after = store.table("orders", columns=names, as_of=hour(0)).filter(pa.compute.field("id") != 2)
    assert after.equals(before)
    assert rows(store.table("orders"), "email", "payment_id") == [
        (None, "o-1"),
        ("another@site.ru", "for ***"),
        ("new@site.ru", "o-3"),
    ]
    assert rows(store.history(3), "email", "customer")[0] == (None, None)
    assert store.find(ADDRESS).num_rows == 0


@pytest.mark.long
def test_a_later_run_does_not_bring_the_address_back(tmp_path: Path) -> None:
    store = person_in(tmp_path)
    store.forget(ADDRESS)

    again = orders(order(1, email=ADDRESS), order(5, email=ADDRESS, note=f"to {ADDRESS}"), at=2)
    merged = store.merge(run(2), {"orders": again, "quarantine": aside(f'"{ADDRESS}"')})

    assert merged.forgotten == 4
    assert (merged.total().new, merged.total().unchanged) == (1, 1)
    assert b"pochta-dlya-testa" not in bytes_of(store.folder).lower()
    assert rows(store.table("orders"), "id", "email")[-1] == (5, None)
    assert store.status().forgotten == 1


@pytest.mark.long
def test_the_rows_of_a_forgotten_person_are_known_as_they_came(tmp_path: Path) -> None:
    store = person_in(tmp_path)
    store.forget(ADDRESS)

    same = {"orders": orders(order(1, email=ADDRESS), at=2), "quarantine": aside(f'{{"email": "{ESCAPED}"}}')}
    assert all(store.all_known({name: table}) for name, table in same.items())
    assert not store.all_known({"orders": orders(order(1, email="another@site.ru"), at=2)})


@pytest.mark.long
def test_forgetting_twice_leaves_one_mark(tmp_path: Path) -> None:
    store = person_in(tmp_path)
    store.forget(ADDRESS)

    assert store.forget(ADDRESS).values == 0
    assert store.status().forgotten == 1


def test_the_mark_says_nothing_without_the_salt(tmp_path: Path) -> None:
    assert mark_of(ADDRESS, b"one") != mark_of(ADDRESS, b"another")
    with person_in(tmp_path).reading() as connection:
        mine = Forgotten.of(connection).salt
    assert len(mine) == 32


@pytest.mark.long
def test_a_log_that_was_moved_aside_is_named(tmp_path: Path) -> None:
    store = person_in(tmp_path)
    log = store.folder / "store.duckdb.wal.damaged-20261101T000000"
    log.write_bytes(b"old")

    assert store.forget(ADDRESS).unreached == (log,)
    assert log.read_bytes() == b"old"


@pytest.mark.long
def test_forgetting_keeps_the_runs_and_their_receipt(tmp_path: Path) -> None:
    store = person_in(tmp_path)
    before = store.runs()
    store.forget(ADDRESS)

    assert store.runs().equals(before)
    merge(store, 3, order(1))
    assert store.status().runs == 3
    assert store.table("orders").num_rows == 3
    assert hour(3) - hour(0) == dt.timedelta(hours=3)
