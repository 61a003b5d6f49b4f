"""What is known now, and what was known at an earlier moment."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from tegro_analytics import schemas
from tegro_analytics.exceptions import DataError, StoreError
from tegro_analytics.store import Coverage, Store
from tests.store.world import hour, merge, new_store_in, order, orders, rows, run, store_in

SECOND = dt.timedelta(seconds=1)


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Hold what three runs made: order 2 is paid in the second, 1 refunded in the third, 3 new in it."""
    store = store_in(tmp_path_factory.mktemp("grown"))
    merge(store, 0, order(1), order(2, status=0))
    merge(store, 10, order(1), order(2))
    merge(store, 20, order(1, status=3), order(2), order(3, status=0, date_created="2026-03-02 10:00:00"))
    return store


def test_each_run_can_be_seen_again_as_it_was(grown: Store) -> None:
    seen = [rows(grown.table("orders", as_of=hour(at)), "id", "status") for at in (0, 10, 20)]
    assert seen == [[(1, 1), (2, 0)], [(1, 1), (2, 1)], [(1, 3), (2, 1), (3, 0)]]


def test_a_moment_between_two_runs_is_that_of_the_earlier_one(grown: Store) -> None:
    assert rows(grown.table("orders", as_of=hour(20) - SECOND), "id", "status") == [(1, 1), (2, 1)]


def test_a_first_run_seen_again_equals_what_it_brought(grown: Store) -> None:
    assert grown.table("orders", as_of=hour(0)).equals(orders(order(1), order(2, status=0)))


def test_as_of_now_is_what_is_known_now(grown: Store) -> None:
    assert grown.table("orders", as_of=hour(99)).equals(grown.table("orders"))


def test_before_the_first_run_nothing_can_be_told(grown: Store) -> None:
    with pytest.raises(StoreError, match=r"the first run .* began at 2026-03-04 09:00"):
        grown.table("orders", as_of=hour(0) - SECOND)
    with (
        pytest.raises(StoreError, match="take a later moment"),
        grown.relation("orders", as_of=hour(0) - SECOND),
    ):
        pass


def test_the_column_as_of_is_the_start_of_the_last_complete_run(grown: Store) -> None:
    for at, expected in ((None, 20), (hour(12), 10), (hour(0), 0)):
        assert set(rows(grown.table("orders", as_of=at), "as_of")) == {hour(expected)}


def test_the_refund_is_not_known_before_it_was_seen(grown: Store) -> None:
    before, after = grown.table("orders", as_of=hour(10)), grown.table("orders")
    assert rows(before, "refund_first_seen_at") == [None, None]
    assert rows(after, "refund_first_seen_at") == [hour(20), None, None]


@pytest.mark.parametrize("name", list(schemas.TABLES))
def test_every_table_has_its_canonical_schema(grown: Store, name: str) -> None:
    for as_of in (None, hour(10)):
        assert grown.table(name, as_of=as_of).schema.equals(schemas.TABLES[name].arrow())


def test_bounds_are_half_open_on_the_clock_of_the_table(grown: Store) -> None:
    created = dt.datetime(2026, 3, 2, 7, tzinfo=dt.UTC)
    assert rows(grown.table("orders", since=created), "id") == [3]
    assert rows(grown.table("orders", until=created), "id") == [1, 2]


def test_columns_and_shop_are_chosen(grown: Store) -> None:
    table = grown.table("orders", columns=["amount", "id"], shop_id="SHOP")
    assert table.column_names == ["amount", "id"]
    assert table.schema.field("amount").type == pa.decimal128(18, 8)
    assert grown.table("orders", shop_id="OTHER").num_rows == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "order"}, "no table 'order'"),
        ({"name": "orders", "columns": ["sum"]}, "orders has no column 'sum'"),
        ({"name": "shops", "since": hour(0)}, "shops have no moment"),
        ({"name": "balances", "shop_id": "SHOP"}, "belong to the account"),
        ({"name": "orders", "since": dt.datetime(2026, 3, 1)}, "no time zone"),  # noqa: DTZ001
    ],
)
def test_what_does_not_fit_is_refused(grown: Store, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        grown.table(**arguments)  # type: ignore[arg-type]


def test_a_hostile_shop_is_a_shop(grown: Store) -> None:
    assert grown.table("orders", shop_id="' OR true --").num_rows == 0
    assert grown.find("' OR true --").num_rows == 0


def test_a_relation_holds_the_same_rows(grown: Store) -> None:
    with grown.relation("orders", as_of=hour(10)) as relation:
        total = relation.aggregate("count(*) AS n, sum(amount) AS amount").fetchall()
    assert total == [(2, Decimal(2000))]


def test_without_a_store_there_is_nothing_to_read(tmp_path: Path) -> None:
    store = new_store_in(tmp_path)
    with pytest.raises(StoreError, match=r"no store in .* yet: sync first"):
        store.table("orders")
    assert store.last_run() is None
    assert store.status().runs == store.status().size == 0
    assert not store.folder.exists()


def test_without_a_run_there_is_nothing_to_read(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    with pytest.raises(StoreError, match=r"no run in .* yet: sync first"):
        store.table("orders")
    assert store.runs().num_rows == 0


def test_of_several_shops_as_of_is_the_oldest(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1))
    store.merge(run(1, shops=("OTHER",)), {"orders": orders(order(2), at=1, shop_id="OTHER")})

    assert set(rows(store.table("orders"), "as_of")) == {hour(0)}
    assert rows(store.table("orders", shop_id="OTHER"), "as_of") == [hour(1)]


PIECE = Coverage("SHOP", "orders", since=hour(-200), until=hour(-100))


@pytest.mark.long
@pytest.mark.parametrize("coverage", [(), (PIECE,), (Coverage("SHOP", "withdrawals"),)])
def test_a_run_that_did_not_read_the_list_so_far_is_no_as_of(
    tmp_path: Path, coverage: tuple[Coverage, ...]
) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1))
    merge(store, 1, order(1), complete=False, coverage=coverage)

    assert rows(store.table("orders"), "as_of", "observed_at") == [(hour(0), hour(1))]


@pytest.mark.long
def test_the_as_of_of_orders_goes_on_though_withdrawals_are_never_read_to_their_end(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    for at in range(3):
        merge(store, at, order(1), complete=at == 0, coverage=(Coverage("SHOP", "orders"),))

    for at, expected in ((None, 2), (hour(1), 1)):
        assert rows(store.table("orders", as_of=at), "as_of") == [hour(expected)]
    last = store.list_state("SHOP", "orders").last
    assert last is not None
    assert last.started_at == hour(2)


def test_an_incomplete_run_is_the_only_as_of_there_is(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1), complete=False, coverage=())

    assert rows(store.table("orders"), "as_of") == [hour(0)]


DAYS = {day: f"2026-03-0{day} 12:00:00" for day in (1, 2, 3)}


@pytest.mark.long
def test_observed_at_is_told_from_what_the_runs_covered(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    three = [order(day, date_created=DAYS[day], date_payed=DAYS[day]) for day in DAYS]
    noon = {day: dt.datetime(2026, 3, day, 9, tzinfo=dt.UTC) for day in DAYS}
    merge(store, 0, *three)
    from_second = Coverage("SHOP", "orders", since=noon[2] - SECOND, since_id=2)
    merge(store, 1, *three[1:], coverage=(from_second,))
    merge(store, 2, three[0], coverage=(), lookups={("SHOP", "orders"): (1,)})
    only_second = Coverage("SHOP", "orders", since=noon[2] - SECOND, until=noon[2] + SECOND)
    merge(store, 3, three[1], coverage=(only_second,))
    merge(store, 4, *three)

    observed = {at: rows(store.table("orders", as_of=hour(at)), "observed_at") for at in range(5)}
    assert observed == {
        0: [hour(0), hour(0), hour(0)],
        1: [hour(0), hour(1), hour(1)],
        2: [hour(2), hour(1), hour(1)],
        3: [hour(2), hour(3), hour(1)],
        4: [hour(4), hour(4), hour(4)],
    }


@pytest.mark.long
def test_observed_at_is_never_later_than_it_was(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1), order(2))
    merge(store, 1, order(2))  # it read everything, and order 1 was not there
    merge(store, 2, order(2))

    assert rows(store.table("orders", as_of=hour(1)), "observed_at") == [hour(0), hour(1)]


@pytest.mark.long
def test_paid_twice_is_told_as_it_was(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1, payment_id="x"), order(2, payment_id="x", status=0))
    merge(store, 1, order(2, payment_id="x"))
    merge(store, 2, order(1, payment_id="y"))

    flags = [rows(store.table("orders", as_of=hour(at)), "flags") for at in range(3)]
    assert flags == [["", ""], ["paid_twice", "paid_twice"], ["", ""]]


def test_the_runs_are_listed(grown: Store) -> None:
    assert rows(grown.runs(), "number", "run_id", "moment") == [
        (number, f"run-{at}", hour(at)) for number, at in ((1, 0), (2, 10), (3, 20))
    ]


def test_the_status_counts_what_is_there(grown: Store) -> None:
    status = grown.status()
    assert status.runs == 3
    assert status.first_run == hour(0)
    assert status.last_run is not None
    assert status.last_run.moment == hour(20)
    assert status.rows == {"orders": 3, "withdrawals": 0, "shops": 0, "balances": 0, "quarantine": 0}
    assert status.superseded == {"orders": 2, "withdrawals": 0, "shops": 0}
    assert status.schema_version == status.library_schema_version == 1
    assert status.size == grown.path.stat().st_size
