"""Several processes sync one store and ask it at once while orders come in: they wait, nothing is lost."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tegro_analytics.privacy import load_salt
from tegro_analytics.sandbox.process import start
from tests.conftest import NOW
from tests.store.children import Children
from tests.sync import programs
from tests.sync.programs import place_at
from tests.sync.test_crashes import content, refuse_halves, refuse_strays, store_of

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes that fork")


def _together(tmp_path: Path, children: Children, *, seconds: float, orders: int) -> None:
    """Let two processes sync and two ask, and see that the store then holds what a fresh one does."""
    with start(orders=orders, seed=5, latency_ms="0-5", page_size=20, now=NOW) as sandbox:
        place, fresh = place_at(sandbox, tmp_path / "shop"), place_at(sandbox, tmp_path / "fresh")
        load_salt(place.folder)
        shutil.copytree(place.folder, fresh.folder)
        with _meanwhile(lambda: sandbox.control("advance", events=1), every=0.1):
            syncing = [children.start(programs.keep_syncing, place, seconds) for _ in range(2)]
            asking = [children.start(programs.keep_asking, place, seconds) for _ in range(2)]
            wrong = [said for one in asking for said in one.result()]
            runs = sum(one.result() for one in syncing)
        for one in (place, fresh):
            with one.open() as shop:
                assert shop.sync(full=True).verified
        log = sandbox.log(limit=0)
        assert len(content(store_of(place.folder))["orders"]) == len(sandbox.ids()) > orders
    assert wrong == []
    assert content(store_of(place.folder)) == content(store_of(fresh.folder))
    merged = store_of(place.folder).runs().num_rows
    assert merged > runs >= 2 * programs.LEAST
    refuse_halves(store_of(place.folder), runs=merged)
    refuse_strays(place.folder)
    assert log["attempts"] == log["distinct_nonces"]


@contextlib.contextmanager
def _meanwhile(change: Callable[[], object], *, every: float) -> Iterator[None]:
    """Let something happen again and again beside the block."""
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(every):
            change()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.long
def test_processes_together(tmp_path: Path, children: Children) -> None:
    _together(tmp_path, children, seconds=3, orders=150)


@pytest.mark.long
def test_processes_together_for_a_minute(tmp_path: Path, children: Children) -> None:
    _together(tmp_path, children, seconds=60, orders=1_000)


@pytest.mark.long
def test_pages_of_two_at_once_do_not_mix(tmp_path: Path, children: Children) -> None:
    """One process is stopped in the middle of its first run, and has its pages; another makes a whole one."""
    with start(orders=150, seed=5, page_size=20, now=NOW) as sandbox:
        place = place_at(sandbox, tmp_path / "shop")
        slow = children.start(programs.stop_at_page, place, 5)
        assert slow.talk.recv() == "stopped"
        with place.open() as shop:
            report = shop.sync()
        slow.talk.send("go on")
        told = slow.result()
        with place.open() as shop:
            assert len(shop.orders()) == 150
    assert (report.new, report.resumed, report.verified) == (150, False, True)
    assert told == (0, 150, False)
    refuse_strays(place.folder)
