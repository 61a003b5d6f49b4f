"""How a list is read, and which open orders are looked up besides: each case can be checked by eye."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from tegro_analytics.store import Due, KnownRun, ListState
from tegro_analytics.store.progress import due
from tegro_analytics.sync.plan import ListPlan, plan_list
from tegro_analytics.sync.sweep import Place
from tests.store.due import due as due_by_hand
from tests.store.world import SHOP, hour, merge, order, store_in
from tests.sync.memory import DictMemory

BEGAN = dt.datetime(2026, 10, 3, 7, 5, 12, tzinfo=dt.UTC)
"""10:05:12 in Moscow."""
SEEN = {
    "list_order": "newest",
    "newest_at_start": "2026-10-03 10:00:00",
    "newest_created": "2026-10-03 10:05:00",
    "sweep": Place(7, "2026-09-01 10:00:00", BEGAN, BEGAN - dt.timedelta(days=9), ids=(17,)).to_dict(),
}


def known(number: int = 1, *, began: dt.datetime = BEGAN, **seen: Any) -> KnownRun:
    """Describe a run that has seen the orders."""
    evidence = {"lists": {SHOP: {"orders": {**SEEN, **seen}}}}
    return KnownRun(number, f"run-{number}", "full", True, began, began, began, {}, evidence, {})


def plan(state: ListState, *, full: bool = False, hours: float = 48, zone: str = "Europe/Moscow") -> ListPlan:
    return plan_list(SHOP, "orders", state, full=full, look_back=dt.timedelta(hours=hours), source_zone=zone)


def after(last: KnownRun, whole: KnownRun | None = None) -> ListState:
    """What is known after a run that looked for what is new, and one before it that read all."""
    return ListState(last, (whole or known(began=BEGAN - dt.timedelta(days=30)),))


# All of it


def test_a_list_that_was_never_read_is_read_whole() -> None:
    assert plan(ListState()) == ListPlan(SHOP, "orders", "full", "first")
    assert plan(ListState(), full=True).why == "first"


def test_a_list_of_which_no_run_saw_the_end_is_read_whole() -> None:
    assert plan(ListState(known())).why == "first"


def test_a_list_is_read_whole_where_that_is_asked_for() -> None:
    asked = plan(after(known()), full=True)
    assert (asked.kind, asked.why, asked.horizon) == ("full", "asked", None)


def test_a_list_that_was_not_seen_to_stand_newest_first_is_read_whole() -> None:
    for list_order in ("oldest", "mixed", "unknown"):
        whole = known(list_order=list_order)
        found = plan(ListState(known(2), (whole,)))  # whatever a run of the young rows has seen
        assert (found.kind, found.why, found.horizon) == ("full", "order", None)


def test_the_last_whole_reading_says_how_a_list_stands() -> None:
    older, newer = known(1, list_order="mixed"), known(2)
    assert plan(ListState(known(3), (older, newer))).kind == "incremental"
    assert plan(ListState(known(3), (newer, older))).kind == "full"


def test_a_list_that_was_empty_is_read_whole() -> None:
    assert plan(after(known(newest_at_start=None))).why == "order"


# What is new


def test_what_is_new_is_read_to_two_days_before_the_run_before() -> None:
    found = plan(after(known()))
    assert (found.kind, found.why) == ("incremental", None)
    assert found.horizon == "2026-10-01 10:00:00"  # of the newest row when that run began, not of the last
    assert found.newest == "2026-10-03 10:05:00"


def test_the_horizon_does_not_depend_on_when_the_run_is_made() -> None:
    month_ago = known(began=BEGAN - dt.timedelta(days=30), newest_at_start="2026-09-03 10:00:00")
    assert plan(after(month_ago)).horizon == "2026-09-01 10:00:00"


def test_the_look_back_is_a_setting() -> None:
    assert plan(after(known()), hours=1).horizon == "2026-10-03 09:00:00"


def test_a_row_of_the_future_does_not_move_the_horizon() -> None:
    ahead = after(known(newest_at_start="2099-01-01 00:00:00"))
    assert plan(ahead).horizon == "2026-10-01 10:05:12"  # when the run began, in the zone of the list
    assert plan(ahead, zone="UTC").horizon == "2026-10-01 07:05:12"


def test_a_quiet_shop_is_read_from_its_last_row_on() -> None:
    assert plan(after(known(newest_at_start="2026-05-03 10:00:00"))).horizon == "2026-05-01 10:00:00"


# Where the sweep goes on


def test_the_sweep_goes_on_where_the_run_before_left_it() -> None:
    assert plan(after(known())).place == Place.from_dict(SEEN["sweep"])  # type: ignore[arg-type]


def test_a_whole_reading_since_then_ends_the_sweep() -> None:
    later = BEGAN + dt.timedelta(hours=1)
    assert plan(after(known(), known(began=later))).place == Place(swept=later)


def test_a_first_sweep_counts_from_the_whole_reading() -> None:
    assert plan(after(known(sweep=None), known())).place == Place(swept=BEGAN)


# Orders that are looked up


DAY = dt.timedelta(days=1)
NOW = hour(0)

aged = st.tuples(
    st.sampled_from((0.0, 1.0, 2.0, 3.9, 4.0, 7.5, 8.0, 40.0, 3_000.0)),  # days of age
    st.sampled_from((0.0, 0.5, 1.0, 2.0, 4.0, 30.0)),  # days since it was seen last
    st.sampled_from((0, 0, 1, 2, 4)),  # status
)
looks = st.lists(
    st.tuples(st.sampled_from((0.1, 1.0, 2.0, 30.0)), st.lists(st.integers(1, 8), max_size=3)), max_size=3
)


@settings(max_examples=25)
@given(orders=st.lists(aged, max_size=20), runs=looks, most=st.integers(0, 12))
def test_those_that_are_due_are_found_as_by_hand(
    orders: list[tuple[float, float, int]], runs: list[tuple[float, list[int]]], most: int
) -> None:
    rows = [
        (SHOP, number, status, NOW - DAY * age, NOW - DAY * ago)
        for number, (age, ago, status) in enumerate(orders, start=1)
    ]
    begun = [(number, NOW - DAY * ago) for number, (ago, _) in enumerate(runs, start=1)]
    asked = [(number, SHOP, "orders", one) for number, (_, ids) in enumerate(runs, start=1) for one in ids]
    with duckdb.connect(":memory:") as connection:
        connection.execute(TABLES)
        for table, values in (("orders", rows), ("runs", begun), ("lookups", asked)):
            if values:
                connection.execute(f"INSERT INTO {table} VALUES {', '.join(map(written, values))}")
        found = due(connection, SHOP, now=NOW, open_codes=(0, 4), most=most)
    seen = {number: at for _, number, _, _, at in rows}
    for number, _, _, one in asked:
        seen[one] = max(seen.get(one, NOW - DAY * 9_999), begun[number - 1][1])
    still_open = [
        (number, NOW - DAY * age, seen[number])
        for number, (age, _, status) in enumerate(orders, start=1)
        if status in (0, 4)
    ]
    every = due_by_hand(still_open, now=NOW)
    assert found == Due(tuple(every[:most]), len(every))


def written(values: tuple[object, ...]) -> str:
    """Write a row as SQL."""
    return "(" + ", ".join(f"'{value}'" for value in values) + ")"


TABLES = """
SET TimeZone = 'UTC';
CREATE TABLE orders (
    shop_id VARCHAR, id BIGINT, status BIGINT, created_at TIMESTAMPTZ, observed_at TIMESTAMPTZ
);
CREATE TABLE runs (number BIGINT, started_at TIMESTAMPTZ);
CREATE TABLE lookups (run BIGINT, shop_id VARCHAR, list VARCHAR, id VARCHAR);
"""
"""As much of the tables of a store as is asked; a store itself takes a hundred times as long."""


def test_an_open_order_is_due_at_two_four_and_eight_days_of_a_store(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1, status=0, date_created="2026-03-04 12:00:00"), order(2))  # at this very moment

    def ids(days: float) -> tuple[int, ...]:
        return store.due(SHOP, now=hour(24 * days), open_codes=(0, 4), most=50).ids

    assert (ids(1.9), ids(2)) == ((), (1,))
    merge(store, 24 * 3, lookups={(SHOP, "orders"): (1,)})  # asked for, and gone
    assert (ids(3.9), ids(4)) == ((), (1,))
    merge(store, 24 * 7, order(1, status=0, date_created="2026-03-04 12:00:00"))
    assert (ids(7.9), ids(8)) == ((), (1,))


def test_where_nothing_is_known_nothing_is_due(tmp_path: Path) -> None:
    for memory in (store_in(tmp_path), DictMemory()):
        assert memory.due(SHOP, now=hour(0), open_codes=(0, 4), most=50) == Due()
