"""A client that is closed: what is under way ends at once, with one clear error; nothing is sent any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tegro_analytics.api import nonce
from tegro_analytics.api.answers import Answer
from tegro_analytics.api.caller import Caller, Result
from tegro_analytics.api.client import Client
from tegro_analytics.api.errand import Errand
from tegro_analytics.api.events import Event, Failure
from tegro_analytics.exceptions import NeverSent, OutcomeUnknown, TransportError
from tests.api.faults import OK, silence
from tests.api.test_tls import nothing_left_open
from tests.api.wire import KEY, ROOT, SHOP, Act, Server, answer, caller_of, drip, serving, success, tls

ADVICE = "A client that is closed makes no more calls: make another one."
LONG = 30.0
"""Seconds that no test waits: what hangs fails."""


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


def client_of(server: Server, folder: Path, **options: Any) -> Client:
    return Client(KEY, SHOP, base_url=server.url, data_folder=folder, nonce="milliseconds", **options)


def until(happened: Callable[[], object]) -> None:
    end = time.monotonic() + LONG
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.002)


def ended(future: Future[Any]) -> BaseException:
    """Wait for a call that must not take longer than a blink, and give what it ended with."""
    error = future.exception(timeout=5)
    assert error is not None
    return error


@pytest.mark.parametrize(
    "act",
    [silence, drip(f"{OK}\r\n".encode(), b" "), drip(OK.encode(), b"X: y\r\n")],
    ids=["silence", "body", "headers"],
)
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "tls"])
def test_calls_that_wait_for_an_answer(
    act: Act,
    encrypted: bool,
    threads: ThreadPoolExecutor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ROOT)
    with serving(act, tls=tls() if encrypted else None) as server, nothing_left_open():
        client = client_of(server, tmp_path)
        calls = [threads.submit(client.orders, page) for page in range(1, 17)]
        until(lambda: len(server.requests) == 16)
        client.close()
        errors = [ended(call) for call in calls]
    assert {type(error) for error in errors} == {TransportError}
    (told,) = {str(error) for error in errors}
    assert told == f"orders: called off before there was an answer. {ADVICE}"
    assert len(server.requests) == 16


def test_a_call_in_a_pause(threads: ThreadPoolExecutor, tmp_path: Path) -> None:
    with serving(answer(b"", status="503 Busy", Retry_After="20")) as server:
        client = client_of(server, tmp_path)
        call = threads.submit(client.orders)
        until(lambda: client.retries)
        client.close()
        assert isinstance(ended(call), NeverSent)
    assert len(server.requests) == 1


def test_a_call_that_waits_for_the_pace(threads: ThreadPoolExecutor, tmp_path: Path) -> None:
    with serving(success([])) as server:
        client = client_of(server, tmp_path, pace=0.01)
        client.orders()
        call = threads.submit(client.orders)
        time.sleep(0.05)
        client.close()
        assert isinstance(ended(call), NeverSent)
    assert len(server.requests) == 1


@pytest.mark.parametrize("holder", ["thread", "process"])
def test_a_call_that_waits_for_its_turn(holder: str, threads: ThreadPoolExecutor, tmp_path: Path) -> None:
    with serving(success([])) as server:
        client = Client(KEY, SHOP, base_url=server.url, data_folder=tmp_path, nonce="seconds")
        with client._caller.nonces.turn(time.sleep):
            if holder == "process":
                nonce._ledgers.clear()  # what follows is another process to the one that holds it
            call = threads.submit(client.orders)
            time.sleep(0.05)
            client.close()
            assert isinstance(ended(call), NeverSent)
    assert not server.requests


def test_a_call_in_a_handshake(threads: ThreadPoolExecutor, tmp_path: Path) -> None:
    with serving(success([])) as server:
        server.greeting, server.trickle = b"\x16\x03\x03\x40\x00", b"\x02"
        caller = caller_of(server.url.replace("http", "https"), tmp_path)
        call = threads.submit(read, caller)
        until(lambda: server.connections)
        time.sleep(0.05)
        caller.close()
        assert event_of(call.result(5)) is Event.CALLED_OFF


def test_money_that_is_on_its_way_is_unknown_and_later_money_never_sent(
    threads: ThreadPoolExecutor, tmp_path: Path
) -> None:
    with serving(silence) as server:
        client = client_of(server, tmp_path)
        order = {"currency": "RUB", "amount": 7, "order_id": "7"}
        call = threads.submit(lambda: client.create_order(**order))
        until(lambda: server.requests)
        client.close()
        assert isinstance(ended(call), OutcomeUnknown)
        with pytest.raises(NeverSent, match="Nothing was carried out"):
            client.create_order(**order)
    assert len(server.requests) == 1


def test_after_closing_nothing_is_sent(tmp_path: Path) -> None:
    with serving(success([])) as server:
        client = client_of(server, tmp_path)
        client.orders()
        client.close()
        client.close()
        with pytest.raises(NeverSent) as caught:
            client.orders()
        with client, pytest.raises(NeverSent):
            client.balance()
    assert str(caught.value) == f"orders: called off before it was sent. {ADVICE}"
    assert (len(server.requests), server.connections) == (1, 1)


def test_a_list_that_is_read_when_its_client_is_closed(threads: ThreadPoolExecutor, tmp_path: Path) -> None:
    def page(connection: Any, request: Any) -> bool:
        if request.json["page"] < 5:
            return success([{"id": request.json["page"]}])(connection, request)
        return silence(connection, request)

    with serving(page) as server:
        client = client_of(server, tmp_path)
        reading = threads.submit(lambda: list(client.iter_orders()))
        until(lambda: any(request.json["page"] >= 5 for request in server.requests))
        client.close()
        assert isinstance(ended(reading), TransportError)


# Errands


def read(caller: Caller, errand: Errand | None = None) -> Result:
    return caller.make("orders", caller.write({"page": 1}), errand=errand)


def event_of(result: Result) -> Event:
    assert isinstance(result.outcome, Failure)
    return result.outcome.event


def test_calling_an_errand_off_ends_its_calls_and_no_others(
    threads: ThreadPoolExecutor, tmp_path: Path
) -> None:
    def late(connection: Any, request: Any) -> bool:
        released.wait(LONG)
        return success([])(connection, request)

    released = threading.Event()
    with serving(late) as server:
        caller = caller_of(server.url, tmp_path)
        mine, others = Errand(), Errand()
        called_off = [threads.submit(read, caller, mine) for _ in range(4)]
        kept = [threads.submit(read, caller, errand) for errand in (others, others, None, None)]
        until(lambda: len(server.requests) == 8)
        mine.call_off()
        assert {event_of(call.result(5)) for call in called_off} == {Event.CUT_SHORT}
        released.set()
        assert all(isinstance(call.result(5).outcome, Answer) for call in kept)
        assert event_of(read(caller, mine)) is Event.CALLED_OFF
        caller.close()
        assert others.called_off
    assert len(server.requests) == 8


def test_a_kept_connection_is_not_taken_for_an_errand_that_is_over(tmp_path: Path) -> None:
    with serving(success([])) as server:
        caller = caller_of(server.url, tmp_path)
        read(caller)
        errand = Errand()
        errand.call_off()
        body = caller.write({"page": 1}).with_nonce(1)
        outcome = caller.transport.exchange("orders", body, "0" * 64, seconds=5, errand=errand)
        assert isinstance(outcome, Failure)
        assert outcome.event is Event.CALLED_OFF
        caller.close()
    assert len(server.requests) == 1
