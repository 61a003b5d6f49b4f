"""Several processes and threads use one store at once: they wait, nothing is lost, runs are seen whole."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest

from tegro_analytics.exceptions import StoreLocked
from tegro_analytics.store import Counts, Holder
from tests.store import deeds
from tests.store.children import Child, Children
from tests.store.world import merge, new_store_in, order, rows, store_in

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes that fork")


def _start_processes(children: Children) -> Callable[..., Callable[[], Any]]:
    return lambda deed, *args: children.start(deed, *args).result


def _start_threads(pool: ThreadPoolExecutor) -> Callable[..., Callable[[], Any]]:
    unused = Pipe()[0]
    return lambda deed, *args: pool.submit(deed, unused, *args).result


def _together(start: Callable[..., Callable[[], Any]], folder: Path, *, writers: int, seconds: float) -> None:
    """Let writers and a reader use one store, and see that all that was merged is there."""
    store_in(folder)
    shops = [f"SHOP{number}" for number in range(writers)]
    writing = {shop: start(deeds.keep_merging, folder, shop, seconds) for shop in shops}
    reading = start(deeds.keep_reading, folder, seconds)

    merged = {shop: result() for shop, result in writing.items()}
    halves = reading()

    assert halves == []
    store = new_store_in(folder)
    assert sorted(rows(store.table("orders"), "shop_id", "id", "status")) == _expected(merged)
    assert rows(store.runs(), "number") == list(range(1, sum(merged.values()) + 1))


def _expected(merged: dict[str, int]) -> list[tuple[str, int, int]]:
    """Tell the orders: all of a shop are paid but the last one."""
    return sorted((shop, number, int(number < n)) for shop, n in merged.items() for number in range(1, n + 1))


@pytest.mark.long
def test_processes_together(tmp_path: Path, children: Children) -> None:
    _together(_start_processes(children), tmp_path, writers=2, seconds=2)


def test_threads_together(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        _together(_start_threads(pool), tmp_path, writers=2, seconds=1)


@pytest.mark.long
@pytest.mark.parametrize("writers", [2, 3])
def test_processes_together_for_a_minute(writers: int, tmp_path: Path, children: Children) -> None:
    _together(_start_processes(children), tmp_path, writers=writers, seconds=60)


@pytest.mark.long
def test_threads_together_for_a_minute(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        _together(_start_threads(pool), tmp_path, writers=3, seconds=60)


def test_half_a_run_would_be_seen(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1))
    with store.writing("break") as connection:
        connection.execute("UPDATE runs SET counts = replace(counts, '1', '2')")

    assert deeds.keep_reading(Pipe()[0], tmp_path, 0)[0] == "(1, 2, 0, 1, 0) after 0 runs"


def test_two_processes_read_at_once(tmp_path: Path, children: Children) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1))
    other = _holding(children, deeds.hold_reading, tmp_path)

    assert rows(store.table("orders"), "id") == [1]

    _let_go(other)


@pytest.mark.long
def test_a_waiter_is_told_once_for_whom_it_waits_and_then_goes_on(tmp_path: Path, children: Children) -> None:
    store_in(tmp_path)
    other = _holding(children, deeds.hold_writing, tmp_path, "sync")
    told: list[Holder | None] = []

    def waiting(holder: Holder | None) -> None:
        told.append(holder)
        _let_go(other)

    store = new_store_in(tmp_path, waiting=waiting)

    assert merge(store, 0, order(1)).total() == Counts(new=1)
    assert [(holder.process, holder.command) for holder in told if holder] == [(other.pid, "sync")]
    assert len(told) == 1


def test_the_log_is_told_where_nothing_else_is(
    tmp_path: Path, children: Children, caplog: pytest.LogCaptureFixture
) -> None:
    store_in(tmp_path)
    other = _holding(children, deeds.hold_writing, tmp_path, "sync")

    with pytest.raises(StoreLocked):
        new_store_in(tmp_path, patience=0.5).status()

    (said,) = [record.getMessage() for record in caplog.records]
    assert f"in use by process {other.pid} (sync, since 20" in said
    _let_go(other)


def test_a_process_that_is_killed_holds_nothing(tmp_path: Path, children: Children) -> None:
    store = store_in(tmp_path)
    other = _holding(children, deeds.hold_writing, tmp_path, "sync")
    assert store.holder() is not None
    other.kill()
    other.result()

    assert merge(store, 0, order(1)).total() == Counts(new=1)
    assert store.holder() is None


@pytest.mark.long
def test_a_writer_does_not_wait_longer_than_its_patience(tmp_path: Path, children: Children) -> None:
    store = store_in(tmp_path, patience=0.2)
    other = _holding(children, deeds.hold_writing, tmp_path, "sync")
    start = time.monotonic()

    with pytest.raises(StoreLocked):
        merge(store, 0, order(1))

    assert 0.2 <= time.monotonic() - start < 5
    _let_go(other)
    assert merge(store, 0, order(1)).total() == Counts(new=1)


def _holding(children: Children, deed: Callable[..., Any], *args: Any) -> Child:
    child = children.start(deed, *args)
    assert child.talk.recv() == "held"
    return child


def _let_go(child: Child) -> None:
    child.talk.send("end")
    child.result()
