"""Many threads over one client: everyone gets their own answer, over connections that are kept."""

from __future__ import annotations

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tegro_analytics.api import transport
from tegro_analytics.api.answers import Answer
from tegro_analytics.api.caller import Caller
from tegro_analytics.api.clock import Clock
from tegro_analytics.api.watchdog import Watch
from tests.api.faults import OK
from tests.api.wire import Request, caller_of, raw, serving, success

WARNINGS = "urllib3.connectionpool"


def echo(connection: Any, request: Request) -> bool:
    """Answer with the nonce and the page that were asked."""
    return success([request.nonce, request.json["page"]])(connection, request)


def gets_its_own(caller: Caller, page: int) -> bool:
    outcome = caller.make("orders", caller.write({"page": page})).outcome
    return isinstance(outcome, Answer) and json.loads(outcome.data) == [outcome.nonce, page]


def test_sixteen_threads_get_their_own_answers(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with serving(echo) as server, ThreadPoolExecutor(16) as threads:
        caller = caller_of(server.url, tmp_path)
        assert all(threads.map(lambda page: gets_its_own(caller, page), range(1, 401)))
        caller.close()
    assert len({request.nonce for request in server.requests}) == len(server.requests) == 400
    assert server.connections <= 16
    assert caplog.messages == []


def test_they_do_so_while_every_fifth_connection_breaks(tmp_path: Path) -> None:
    def breaking(connection: Any, request: Request) -> bool:
        page = request.json["page"]
        if page % 5 == 0 and page not in broken:
            broken.add(page)
            return faults[page % 3](connection, request)
        return echo(connection, request)

    faults = [raw(b""), raw(f"{OK}Content-Length: 100\r\n\r\n{{".encode()), raw(b"", then="reset")]
    broken: set[int] = set()
    with serving(breaking) as server, ThreadPoolExecutor(16) as threads:
        caller = caller_of(server.url, tmp_path, clock=Clock(sleep=lambda _: None))
        assert all(threads.map(lambda page: gets_its_own(caller, page), range(1, 101)))
        caller.close()
    assert caller.retries == 20
    assert len(server.requests) == 120


def all_at_once(count: int) -> Any:
    """Answer only when so many are waiting."""
    together = threading.Barrier(count)

    def act(connection: Any, request: Request) -> bool:
        together.wait(30)
        return success([])(connection, request)

    return act


def test_sixty_four_connections_are_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with serving(all_at_once(64)) as server, ThreadPoolExecutor(64) as threads:
        caller = caller_of(server.url, tmp_path)
        for _ in range(2):
            list(threads.map(lambda page: caller.make("orders", caller.write({"page": page})), range(64)))
        assert server.connections == 64
        caller.close()
    assert caplog.messages == []


def test_a_plain_session_throws_connections_away(caplog: pytest.LogCaptureFixture) -> None:
    with (
        serving(all_at_once(16)) as server,
        requests.Session() as session,
        ThreadPoolExecutor(16) as threads,
        caplog.at_level(logging.WARNING, WARNINGS),
    ):
        list(threads.map(lambda _: session.post(server.url, data=b'{"page": 1}', timeout=30), range(16)))
    assert "Connection pool is full, discarding connection" in caplog.text


def test_a_deadline_that_comes_after_the_answer_touches_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Remembered(Watch):
        def __init__(self, seconds: float) -> None:
            super().__init__(seconds)
            watches.append(self)

    watches: list[Watch] = []
    monkeypatch.setattr(transport, "Watch", Remembered)
    with serving(echo) as server:
        caller = caller_of(server.url, tmp_path)
        for page in range(1, 4):
            assert gets_its_own(caller, page)
            watches[-1].expire()
            watches[-1].call_off()
        assert server.connections == 1
        caller.close()
    assert not any(watch.ended for watch in watches)
