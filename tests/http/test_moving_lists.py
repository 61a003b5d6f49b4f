"""Lists that move, over real HTTP: what stood there at the start is read, one by one or side by side."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tegro_analytics.api.client import Client
from tegro_analytics.api.lists.pass_report import PassReport
from tegro_analytics.sandbox.process import Sandbox, start
from tests.conftest import NOW
from tests.marks import first_of


def client_of(sandbox: Sandbox, folder: Path, *, workers: int, pace: float | None = None) -> Client:
    return Client(
        sandbox.api_key,
        sandbox.shop_id,
        base_url=sandbox.base_url,
        data_folder=folder,
        workers=workers,
        nonce="milliseconds",
        pace=pace,
    )


def ids_of(sandbox: Sandbox) -> set[int]:
    """Ask the sandbox, not the API, which orders there are."""
    return set(sandbox._ask("GET", "ids")["ids"])


def read(
    sandbox: Sandbox, folder: Path, *, workers: int, verify: bool = False
) -> tuple[set[object], PassReport]:
    with client_of(sandbox, folder, workers=workers) as client:
        stream = client.iter_orders(verify=verify)
        found = {key for page in stream for key in page.keys}
        return found, stream.report


def window(sandbox: Sandbox, folder: Path, *, workers: int) -> set[object]:
    """Read as most would: a pool of threads over the page numbers, to the first pages that are empty."""
    found: set[object] = set()
    with client_of(sandbox, folder, workers=workers) as client, ThreadPoolExecutor(workers) as pool:
        number = 1
        while True:
            pages = list(pool.map(client.orders, range(number, number + 4 * workers)))
            found.update(key for page in pages for key in page.keys)
            if not all(page.keys for page in pages):
                return found
            number += len(pages)


@contextlib.contextmanager
def meanwhile(change: object, *, every: float) -> Iterator[None]:
    """Let something happen again and again beside the block."""
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(every):
            change()  # type: ignore[operator]

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


# Rows come in


@pytest.mark.parametrize("workers", first_of(16, 1, 4))
def test_nothing_is_lost_while_orders_come_in(workers: int, tmp_path: Path) -> None:
    busy = {"latency_ms": "5-40", "arrivals_per_minute": 3_000, "page_size": 20, "now": NOW}
    with start(orders=1_200, **busy) as sandbox:  # type: ignore[arg-type]
        before = ids_of(sandbox)
        found, report = read(sandbox, tmp_path, workers=workers)
        came_in = ids_of(sandbox) - before
    assert before <= found, f"{len(before - found)} rows lost; {report}"
    assert report.complete
    assert (report.workers, report.list_order) == (workers, "newest")
    assert len(came_in) >= 10


def test_the_usual_window_loses_rows_in_that_world(tmp_path: Path) -> None:
    lost = 0
    busy = {"latency_ms": "5-40", "arrivals_per_minute": 3_000, "page_size": 20, "now": NOW}
    with start(orders=1_200, **busy) as sandbox:  # type: ignore[arg-type]
        for _ in range(5):
            before = ids_of(sandbox)
            lost += len(before - window(sandbox, tmp_path, workers=16))
    assert lost


@pytest.mark.long
@pytest.mark.parametrize(("workers", "runs"), [(1, 2), (4, 20), (16, 20)])
def test_50_000_orders_while_10_a_second_come_in(workers: int, runs: int, tmp_path: Path) -> None:
    """One at a time it takes half a minute and cannot go wrong in this way: two runs."""
    busy = {"latency_ms": "10-80", "arrivals_per_minute": 600, "now": NOW}
    with start(orders=50_000, **busy) as sandbox:  # type: ignore[arg-type]
        for run in range(runs):
            before = ids_of(sandbox)
            found, report = read(sandbox, tmp_path, workers=workers)
            assert len(before) >= 50_000
            assert before <= found, f"run {run}: {len(before - found)} rows lost; {report}"


@pytest.mark.long
def test_the_usual_window_loses_some_of_50_000(tmp_path: Path) -> None:
    busy = {"latency_ms": "10-80", "arrivals_per_minute": 600, "now": NOW}
    lost = 0
    with start(orders=50_000, **busy) as sandbox:  # type: ignore[arg-type]
        for _ in range(5):
            before = ids_of(sandbox)
            lost += len(before - window(sandbox, tmp_path, workers=16))
    assert lost


# Rows go away


def test_what_a_deletion_moves_past_the_reader_is_found_on_a_second_walk(tmp_path: Path) -> None:
    with start(orders=600, page_size=10, now=NOW) as sandbox:
        before = ids_of(sandbox)
        with client_of(sandbox, tmp_path, workers=1) as client:
            once, twice = client.iter_orders(), client.iter_orders(verify=True)
            newest = [key for page in (client.orders(n) for n in range(2, 6)) for key in page.keys]
            found: list[set[object]] = []
            for stream, gone in ((once, newest[:3]), (twice, newest[3:6])):
                rows: set[object] = set()
                for count, page in enumerate(stream, start=1):
                    rows.update(page.keys)
                    if count == 20:
                        sandbox.control("delete", ids=gone)
                found.append(rows)
        left = before - set(newest[:6])
    assert len(left - found[0]) == 3  # nothing on page 1 tells of it
    assert once.report.walks == 1
    assert left <= found[1]
    assert (twice.report.walks, twice.report.verified) == (3, True)


def test_where_rows_never_stop_going_away_nothing_is_called_verified(tmp_path: Path) -> None:
    with start(orders=900, page_size=10, latency_ms=4, now=NOW) as sandbox:
        doomed = iter(sorted(ids_of(sandbox), reverse=True))

        def delete() -> None:
            sandbox.control("delete", ids=[next(doomed)])

        with meanwhile(delete, every=0.005):
            _, report = read(sandbox, tmp_path, workers=4, verify=True)
    assert (report.walks, report.verified) == (3, False)
    assert any("moved up to page 1" in text or "went away" in text for text in report.warnings)


# All at once

SHORT = {
    ("newest", "empty"),
    ("oldest", "clamp"),
    ("out-of-step", "first-page"),
    ("hashed", "error"),
    ("newest", "null"),
}
EVERY_LIST = [
    pytest.param(order, end, marks=[] if (order, end) in SHORT else pytest.mark.long)
    for order in ("newest", "oldest", "out-of-step", "hashed")
    for end in ("empty", "clamp", "first-page", "error", "null")
]
"""Every order with every end; each of both once in the normal run."""


@pytest.mark.parametrize(("order", "end"), EVERY_LIST)
def test_what_is_lost_is_never_called_verified(order: str, end: str, tmp_path: Path) -> None:
    with start(orders=500, page_size=10, order=order, end=end, now=NOW, latency_ms="0-3") as sandbox:
        before = ids_of(sandbox)
        turn = iter(range(10**6))

        def change() -> None:
            sandbox.control("advance", events=2)
            if next(turn) % 4 == 0:
                ids = sorted(ids_of(sandbox))
                sandbox.control("delete", ids=[ids[len(ids) // 2]])

        with meanwhile(change, every=0.01):
            found, report = read(sandbox, tmp_path, workers=4, verify=True)
        left = before & ids_of(sandbox)
        pages = len(ids_of(sandbox)) // 10 + 1
        requests = sandbox.log()["attempts"]
    assert left <= found or not report.verified, f"{len(left - found)} rows lost; {report}"
    assert requests <= 3 * (3 * pages + 20)


# One by one


@pytest.mark.parametrize("rule", [pytest.param("grows", marks=pytest.mark.long), "unique", "differs"])
def test_side_by_side_only_where_nonces_need_not_grow(rule: str, tmp_path: Path) -> None:
    with start(orders=150, page_size=50, nonce_rule=rule, now=NOW) as sandbox:
        with Client(
            sandbox.api_key, sandbox.shop_id, base_url=sandbox.base_url, data_folder=tmp_path, workers=4
        ) as client:
            stream = client.iter_orders()
            found = {key for page in stream for key in page.keys}
        assert found == ids_of(sandbox)
        assert client.nonce_rule == ("seconds" if rule == "grows" else "milliseconds")
        log = sandbox.log()
    assert log["attempts"] == log["distinct_nonces"]


@pytest.mark.long
def test_a_nonce_refused_in_mid_read_makes_it_go_on_one_by_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with start(orders=200, page_size=10, now=NOW) as sandbox:
        with Client(
            sandbox.api_key, sandbox.shop_id, base_url=sandbox.base_url, data_folder=tmp_path, workers=4
        ) as client:
            stream = client.iter_orders()
            found: set[object] = set()
            for page in stream:
                found.update(page.keys)
                if page.number == 18:
                    sandbox.control("fault", name="nonce-refused", times=1, methods=["orders"])
            rule = client.nonce_rule
        assert found == ids_of(sandbox)
    assert rule == "seconds"
    assert caplog.text.count("One call a second") == 1
    assert stream.report.verified


def test_the_calls_of_all_workers_together_keep_the_pace(tmp_path: Path) -> None:
    with (
        start(orders=300, page_size=10, now=NOW) as sandbox,
        client_of(sandbox, tmp_path, workers=16, pace=50.0) as client,
    ):
        began = time.monotonic()
        stream = client.iter_orders()
        for _ in stream:
            pass
        took = time.monotonic() - began
        calls = client.requests
    assert stream.report.workers > 1
    assert took >= (calls - 1) / 50.0
