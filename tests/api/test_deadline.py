"""A deadline holds, whatever the other side does to a call; the time-outs of plain ``requests`` do not."""

from __future__ import annotations

import contextlib
import inspect
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tegro_analytics.api import connection, retry, transport
from tegro_analytics.api.answers import Answer
from tegro_analytics.api.caller import Caller, Result
from tegro_analytics.api.client import Client
from tegro_analytics.api.events import Event, Failure
from tegro_analytics.api.lookup import find_addresses
from tests.api.faults import OK, silence
from tests.api.wire import ROOT, Act, FakeTime, caller_of, drip, serving, success, tls

GZIP = bytes.fromhex("1f8b0800000000000003")
EMPTY_BLOCK = bytes.fromhex("000000ffff")

DRIPS: dict[str, Act] = {
    "body": drip(f"{OK}Content-Length: 9999\r\n\r\n".encode(), b" "),
    "body without a length": drip(f"{OK}\r\n".encode(), b" "),
    "body, connection to be closed": drip(
        f"{OK}Connection: close\r\nContent-Length: 9999\r\n\r\n".encode(), b" "
    ),
    "gzip": drip(f"{OK}Content-Encoding: gzip\r\n\r\n".encode() + GZIP, EMPTY_BLOCK),
    "chunks": drip(f"{OK}Transfer-Encoding: chunked\r\n\r\n".encode(), b"1\r\n \r\n"),
    "size of a chunk": drip(f"{OK}Transfer-Encoding: chunked\r\n\r\n".encode(), b"0"),
    "trailers": drip(f"{OK}Transfer-Encoding: chunked\r\n\r\n0\r\n".encode(), b"X: y\r\n"),
    "headers": drip(OK.encode(), b"X: y\r\n", every=0.04),
    "one header": drip(OK.encode(), b"x"),
    "status line": drip(b"HTTP/1.1 2", b"0"),
    "interim answers": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body of a redirect": drip(b"HTTP/1.1 307 Go\r\nLocation: /\r\nContent-Length: 9999\r\n\r\n", b" "),
}
HELLO = b"\x16\x03\x03\x40\x00"
"""A record of a TLS handshake that never becomes whole."""


@pytest.fixture(autouse=True)
def _our_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ROOT)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def read(caller: Caller) -> Result:
    return caller.make("orders", caller.write({"page": 1}))


def event_of(result: Result) -> Event:
    assert isinstance(result.outcome, Failure)
    return result.outcome.event


@contextlib.contextmanager
def dripping_in_the_handshake() -> Iterator[str]:
    with serving(success([])) as server:
        server.greeting, server.trickle = HELLO, b"\x02"
        yield server.url.replace("http", "https")


@pytest.mark.parametrize("act", [*DRIPS.values(), silence], ids=[*DRIPS, "silence"])
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "tls"])
def test_the_deadline_holds(act: Act, encrypted: bool, tmp_path: Path) -> None:
    with serving(act, tls=tls() if encrypted else None) as server:
        began = time.monotonic()
        result = read(caller_of(server.url, tmp_path, deadline=0.2))
        took = time.monotonic() - began
    assert event_of(result) in (Event.DEADLINE, Event.READ_TIMEOUT)
    assert took < 1.0  # the drip goes on for ten seconds


def test_the_deadline_holds_in_a_handshake(tmp_path: Path) -> None:
    with dripping_in_the_handshake() as url:
        began = time.monotonic()
        result = read(caller_of(url, tmp_path, deadline=0.2))
        assert time.monotonic() - began < 1.0
    assert event_of(result) is Event.CONNECT_TIMEOUT


@pytest.mark.parametrize("encrypted", [False, True], ids=["http", "https"])
@pytest.mark.parametrize(
    ("start", "piece"),
    [(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), (b"HTTP/1.1 2", b"0")],
    ids=["headers", "status line"],
)
def test_the_deadline_holds_behind_a_proxy_that_drips(
    start: bytes, piece: bytes, encrypted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(drip(start, piece), tls=tls() if encrypted else None) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        began = time.monotonic()
        result = read(caller_of("https://tegro.money", tmp_path, deadline=0.2))
        assert time.monotonic() - began < 1.0
    assert event_of(result) is Event.CONNECT_TIMEOUT


# The literal second


def test_a_second_is_a_second_under_every_drip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each drip twice at once, with our deadline and with the time-out of plain requests.

    How late the machine itself is at that moment, is asked of threads that only wait.
    """

    def plainly(url: str) -> None:
        with contextlib.suppress(requests.RequestException):
            requests.post(url, data=b"{}", timeout=1)
        ended.append(url)

    def ours(url: str) -> float:
        caller = caller_of(url, tmp_path, deadline=1)
        began = time.monotonic()
        assert isinstance(read(caller).outcome, Failure)
        return time.monotonic() - began

    def nothing() -> float:
        began = time.monotonic()
        threading.Event().wait(1)
        return time.monotonic() - began

    ended: list[str] = []
    with contextlib.ExitStack() as stack:
        urls = {name: stack.enter_context(serving(act)).url for name, act in DRIPS.items()}
        proxy = stack.enter_context(serving(drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n")))
        urls["answer of a proxy"] = "https://tegro.money"
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        plain = [threading.Thread(target=plainly, args=(url,)) for url in urls.values()]
        # Python itself keeps the time of a whole handshake, so plain requests does.
        urls["handshake"] = stack.enter_context(dripping_in_the_handshake())
        for thread in plain:
            thread.start()
        with ThreadPoolExecutor(len(urls) + 3) as pool:
            waited = [pool.submit(nothing) for _ in range(3)]
            took = dict(zip(urls, pool.map(ours, urls.values()), strict=True))
            late = max(future.result() for future in waited) - 1
        time.sleep(0.5)
        assert ended == []
    for thread in plain:
        thread.join()
    assert {name: seconds for name, seconds in took.items() if seconds > 1.2 + late} == {}


# The way to the connection


@pytest.fixture
def unanswered(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let the look-up of any name hang, as with a name server that is not there."""

    def hang(host: str, *more: object) -> object:
        if host == "127.0.0.1":
            return real(host, *more)  # type: ignore[arg-type]
        asked.append(host)
        released.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    asked: list[str] = []
    released, real = threading.Event(), socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", hang)
    yield asked
    released.set()


def test_a_look_up_that_hangs_is_left(unanswered: list[str], tmp_path: Path) -> None:
    began = time.monotonic()
    result = read(caller_of("https://tegro.money", tmp_path, deadline=0.2))
    assert time.monotonic() - began < 1.0
    assert event_of(result) is Event.CONNECT_TIMEOUT
    assert unanswered == ["tegro.money"]


def test_plain_requests_waits_for_it(unanswered: list[str]) -> None:
    def plainly() -> None:
        with contextlib.suppress(requests.RequestException):
            requests.post("https://tegro.money", data=b"{}", timeout=0.1)

    waiting = threading.Thread(target=plainly, daemon=True)
    waiting.start()
    waiting.join(0.5)
    assert waiting.is_alive()


def test_a_look_up_has_the_time_of_a_connection_at_most(
    unanswered: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "CONNECT_SECONDS", 0.05)
    for money in (False, True):
        caller = caller_of("https://tegro.money", tmp_path, clock=FakeTime().clock)
        result = caller.make("orders", caller.write({}), money=money)
        assert event_of(result) is Event.CONNECT_TIMEOUT
        assert result.attempts == 5  # never sent, so a call that moves money is tried again too
    assert len(unanswered) == 10


def test_a_kept_connection_looks_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def counted(host: str, *more: object) -> object:
        asked.append(host)
        return real(host, *more)  # type: ignore[arg-type]

    asked: list[str] = []
    real = socket.getaddrinfo
    with serving(success([])) as server:
        caller = caller_of(server.url.replace("127.0.0.1", "localhost"), tmp_path)
        monkeypatch.setattr(socket, "getaddrinfo", counted)
        for _ in range(3):
            read(caller)
        caller.transport.close()
    assert asked.count("localhost") == 1


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "nobody.invalid"])
def test_a_name_that_is_none(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(host: str, *_: object) -> None:
        host.encode("idna")
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    caller = caller_of(f"https://{host}", tmp_path, allow_host=host, clock=FakeTime().clock)
    assert event_of(read(caller)) is Event.NAME_NOT_FOUND


def test_the_addresses_of_a_host_share_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(address: tuple[str, int], seconds: float, **options: Any) -> socket.socket:
        given.append((address[0], seconds))
        if address[0] == "10.0.0.1":
            time.sleep(seconds)
            raise TimeoutError
        if address[0] == "10.0.0.2":
            raise ConnectionRefusedError
        return real(address, seconds, **options)

    def reach(one: Any) -> socket.socket:
        sock = reached(one)
        left.append(sock.gettimeout())
        return sock

    given: list[tuple[str, float]] = []
    left: list[float | None] = []
    real, reached = connection.create_connection, connection._Reporting._reach
    monkeypatch.setattr(connection._Reporting, "_reach", reach)
    monkeypatch.setattr(connection, "create_connection", connect)
    monkeypatch.setattr(connection, "find_addresses", lambda *_, **__: ["10.0.0.1", "10.0.0.2", "127.0.0.1"])
    monkeypatch.setattr(transport, "CONNECT_SECONDS", 0.3)
    with serving(success([])) as server:
        caller = caller_of(server.url, tmp_path)
        assert isinstance(read(caller).outcome, Answer)
        caller.transport.close()
    assert [address for address, _ in given] == ["10.0.0.1", "10.0.0.2", "127.0.0.1"]
    first, _, last = (seconds for _, seconds in given)
    assert first <= 0.1
    assert first < last <= 0.2
    assert left == [0.3]  # a handshake has the whole of it


@pytest.mark.parametrize(
    ("problem", "event"),
    [(TimeoutError(), Event.CONNECT_TIMEOUT), (ConnectionRefusedError(), Event.PORT_CLOSED)],
)
def test_where_no_address_answers_the_last_one_says_why(
    problem: OSError, event: Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        raise problem if address[0] == "10.0.0.2" else OSError("no route")

    monkeypatch.setattr(connection, "create_connection", connect)
    monkeypatch.setattr(connection, "find_addresses", lambda *_, **__: ["10.0.0.1", "10.0.0.2"])
    caller = caller_of("http://localhost:1", tmp_path, clock=FakeTime().clock)
    assert event_of(read(caller)) is event


def test_an_address_is_looked_up_nowhere(unanswered: list[str]) -> None:
    assert find_addresses("127.0.0.1", 80, seconds=0) == ["127.0.0.1"]
    assert find_addresses("[::1]", 80, seconds=0) == ["::1"]
    assert unanswered == []


def test_the_limits_are_those_of_the_documents() -> None:
    assert (transport.CONNECT_SECONDS, transport.READ_SECONDS) == (5, 30)
    assert (retry.ATTEMPTS, retry.SECONDS) == (5, 60)
    assert transport.MAX_BYTES == 16 * 2**20
    assert inspect.signature(Client).parameters["deadline"].default == 60
