"""What goes over the wire, and what never does."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tegro_analytics import __version__
from tegro_analytics.api.answers import Answer
from tegro_analytics.api.base_url import check_base_url
from tegro_analytics.api.caller import Caller, Result
from tegro_analytics.api.events import Event, Failure
from tegro_analytics.api.transport import MAX_BYTES, Transport
from tegro_analytics.exceptions import ConfigurationError
from tests.api.faults import OK, silence
from tests.api.wire import Act, FakeTime, answer, caller_of, drip, raw, refusal, serving, success

CERTIFICATE = Path(__file__).with_name("loopback.pem")


def read(caller: Caller, *, money: bool = False) -> Result:
    return caller.make("orders", caller.write({"page": 1}), money=money)


def event_of(result: Result) -> Event:
    assert isinstance(result.outcome, Failure)
    return result.outcome.event


def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def test_the_request(tmp_path: Path) -> None:
    with serving(success([])) as server:
        read(caller_of(server.url, tmp_path))
    (request,) = server.requests
    assert request.line == "POST /api/orders/ HTTP/1.1"
    assert set(request.headers) == {
        "host",
        "user-agent",
        "accept",
        "accept-encoding",
        "connection",
        "content-type",
        "content-length",
        "authorization",
    }
    assert request.headers["user-agent"] == f"tegro_analytics/{__version__} (+python-requests)"
    assert request.headers["content-type"] == "application/json"


def test_connections_are_kept_open_for_reads_and_new_for_money(tmp_path: Path) -> None:
    with serving(success([])) as server:
        caller = caller_of(server.url, tmp_path)
        for _ in range(3):
            read(caller)
        assert server.connections == 1
        for _ in range(2):
            read(caller, money=True)
        assert server.connections == 3
        caller.transport.close()


def test_no_cookie_comes_back(tmp_path: Path) -> None:
    with serving(answer(b'{"type":"success","data":[]}', Set_Cookie="id=7; Path=/")) as server:
        caller = caller_of(server.url, tmp_path)
        read(caller)
        read(caller)
    assert "cookie" not in server.requests[1].headers


def test_compressed_answers_are_read(tmp_path: Path) -> None:
    packed = gzip.compress(b'{"type":"success","data":[1]}')
    with serving(answer(packed, Content_Encoding="gzip")) as server:
        outcome = read(caller_of(server.url, tmp_path)).outcome
    assert isinstance(outcome, Answer)
    assert outcome.data == b"[1]"


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, tmp_path: Path) -> None:
    with serving(success([])) as thief:
        there = f"{thief.url}/api/orders/"
        with serving(answer(b"", status=f"{status} Go", Location=there)) as server:
            result = read(caller_of(server.url, tmp_path))
            naive = requests.post(f"{server.url}/api/orders/", data=b"{}", timeout=5)
        assert naive.url == there  # plain requests goes there, and 307 takes the signed body along
        assert len(thief.requests) == 1
    assert event_of(result) is Event.REDIRECT
    assert len(server.requests) == 2


# .netrc


def test_a_netrc_does_not_replace_the_signature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(success([])) as server:
        read(caller_of(server.url, tmp_path))
        requests.post(server.url, headers={"Authorization": "Bearer x"}, timeout=5)
    ours, naive = server.requests
    assert ours.headers["authorization"].startswith("Bearer ")
    assert naive.headers["authorization"].startswith("Basic ")


# Proxies


def test_the_proxy_of_the_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(raw(b"HTTP/1.1 403 Forbidden\r\n\r\n")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http://", "http://user:pass@"))
        read(caller_of("https://tegro.money", tmp_path, clock=FakeTime().clock))
    assert proxy.requests[0].line.startswith("CONNECT tegro.money:443")
    assert proxy.requests[0].headers["proxy-authorization"].startswith("Basic ")


def test_what_no_proxy_names_goes_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "tegro.money")
    assert Transport(check_base_url("https://tegro.money"))._proxies.get("https") is None


def test_the_sandbox_is_reached_without_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving(success([])) as server:
        assert isinstance(read(caller_of(server.url, tmp_path)).outcome, Answer)


@pytest.mark.parametrize("proxy", ["socks5://user:secret@host:1", "http://", "ftp://secret"])
def test_a_proxy_that_cannot_be_used_is_told_at_once(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY") as caught:
        Transport(check_base_url("https://tegro.money"))
    assert "secret" not in str(caught.value)


# TLS


def test_a_certificate_of_nobody_is_refused_once(tmp_path: Path) -> None:
    with serving(success([]), tls=tls()) as server:
        for money in (False, True):
            result = read(caller_of(server.url, tmp_path, clock=FakeTime().clock), money=money)
            assert event_of(result) is Event.TLS
            assert result.attempts == 1
    assert (server.connections, server.requests) == (2, [])


def test_a_bundle_of_the_environment_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    with serving(success([]), tls=tls()) as server:
        caller = caller_of(server.url, tmp_path)
        for _ in range(2):
            assert isinstance(read(caller).outcome, Answer)
        assert server.connections == 1
        caller.transport.close()


def test_the_name_in_the_certificate_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    with serving(success([]), tls=tls()) as server:
        elsewhere = server.url.replace("127.0.0.1", "localhost")
        assert event_of(read(caller_of(elsewhere, tmp_path))) is Event.TLS


def test_http_behind_https_is_no_tls(tmp_path: Path) -> None:
    with serving(raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        server.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"
        assert event_of(read(caller_of(server.url.replace("http", "https"), tmp_path))) is Event.TLS


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_checking_cannot_be_switched_off(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "")
    with serving(success([]), tls=tls()) as server:
        assert event_of(read(caller_of(server.url, tmp_path))) is Event.TLS


def test_a_bundle_that_is_not_there_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with pytest.raises(ConfigurationError, match=r"/nowhere/ca\.pem"):
        Transport(check_base_url("https://tegro.money"))


# The deadline

DRIPS: dict[str, Act] = {
    "body": drip(f"{OK}Content-Length: 9999\r\n\r\n".encode(), b" "),
    "body without a length": drip(f"{OK}\r\n".encode(), b" "),
    "body, connection to be closed": drip(
        f"{OK}Connection: close\r\nContent-Length: 9999\r\n\r\n".encode(), b" "
    ),
    "chunks": drip(f"{OK}Transfer-Encoding: chunked\r\n\r\n".encode(), b"1\r\n \r\n"),
    "headers": drip(OK.encode(), b"X: y\r\n", pieces=90),
    "one header": drip(OK.encode(), b"x"),
    "status line": drip(b"HTTP/1.1 2", b"0"),
    "interim answers": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "silence": silence,
}


@pytest.mark.parametrize("act", DRIPS.values(), ids=DRIPS)
@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "tls"])
def test_the_deadline_holds(
    act: Act, encrypted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    with serving(act, tls=tls() if encrypted else None) as server:
        began = time.monotonic()
        result = read(caller_of(server.url, tmp_path, deadline=0.2))
        took = time.monotonic() - began
    assert event_of(result) in (Event.DEADLINE, Event.READ_TIMEOUT)
    assert took < 1.0  # the drip goes on for ten seconds


def test_the_deadline_holds_in_a_handshake(tmp_path: Path) -> None:
    with serving(silence) as server:
        server.greeting = b"\x16\x03\x03\x40\x00"  # a TLS record that never becomes whole
        server.trickle = b"\x02"
        began = time.monotonic()
        result = read(caller_of(server.url.replace("http", "https"), tmp_path, deadline=0.2))
        assert time.monotonic() - began < 1.0
    assert event_of(result) is Event.CONNECT_TIMEOUT


def test_the_deadline_holds_behind_a_proxy_that_drips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        began = time.monotonic()
        result = read(caller_of("https://tegro.money", tmp_path, deadline=0.2))
        assert time.monotonic() - began < 1.0
    assert event_of(result) is Event.CONNECT_TIMEOUT


def test_plain_requests_does_not_keep_a_deadline() -> None:
    lasting = drip(f"{OK}Content-Length: 9999\r\n\r\n".encode(), b" ", pieces=20)
    with serving(lasting) as server:
        began = time.monotonic()
        with pytest.raises(requests.RequestException):
            requests.post(server.url, data=b"{}", timeout=0.1)
        assert time.monotonic() - began > 0.3


def test_one_deadline_does_not_end_another_call(tmp_path: Path) -> None:
    def late(connection: socket.socket, request: object) -> bool:
        released.wait(10)
        return answered(connection, request)  # type: ignore[arg-type]

    released, answered = threading.Event(), success([])
    results: list[Result] = []
    with serving(late) as slow, serving(silence) as silent:
        patient = threading.Thread(target=lambda: results.append(read(caller_of(slow.url, tmp_path))))
        patient.start()
        assert event_of(read(caller_of(silent.url, tmp_path, deadline=0.1))) in (
            Event.DEADLINE,
            Event.READ_TIMEOUT,
        )
        released.set()
        patient.join()
    assert isinstance(results[0].outcome, Answer)


# Size


def test_an_answer_of_exactly_the_limit_is_read(tmp_path: Path) -> None:
    start, end = b'{"type":"success","data":["', b'"]}'
    body = start + b"x" * (MAX_BYTES - len(start) - len(end)) + end
    with serving(answer(body)) as server:
        assert isinstance(read(caller_of(server.url, tmp_path)).outcome, Answer)


@pytest.mark.parametrize("packed", [False, True])
def test_a_larger_one_is_left(packed: bool, tmp_path: Path) -> None:
    body = b'{"type":"success","data":["' + b"x" * 3 * MAX_BYTES + b'"]}'
    act = answer(gzip.compress(body, 1), Content_Encoding="gzip") if packed else answer(body)
    with serving(act) as server:
        result = read(caller_of(server.url, tmp_path))
    assert event_of(result) is Event.TOO_LARGE
    assert result.attempts == 1


def test_an_answer_without_an_end_is_left(tmp_path: Path) -> None:
    endless = drip(f"{OK}\r\n".encode(), b"[" * 2**20, every=0, pieces=10**9)
    with serving(endless) as server:
        assert event_of(read(caller_of(server.url, tmp_path, deadline=20))) is Event.TOO_LARGE


# Pace, and company


def test_the_pace_is_one_for_the_key(tmp_path: Path) -> None:
    fake = FakeTime()
    with serving(success([])) as server:
        callers = [caller_of(server.url, tmp_path, pace=4, clock=fake.clock) for _ in range(2)]
        for place in range(6):
            read(callers[place % 2])
    assert fake.slept == [0.25] * 5
    assert sum(caller.waited for caller in callers) == 1.25


def test_waiting_for_the_pace_does_not_use_the_time_of_a_call_up(tmp_path: Path) -> None:
    fake = FakeTime()
    with serving(success([])) as server:
        caller = caller_of(server.url, tmp_path, pace=0.01, deadline=5, clock=fake.clock)
        read(caller)
        assert isinstance(read(caller).outcome, Answer)
    assert fake.slept == [100]


@pytest.mark.parametrize(
    ("act", "requests_in_all"),
    [(refusal("Order not found"), 4), (success([]), 2), (answer(b"", status="404 No"), 4)],
)
def test_what_is_refused_in_a_crowd_is_asked_once_more_alone(
    act: Act, requests_in_all: int, tmp_path: Path
) -> None:
    both_here, most, inside, fourth = threading.Barrier(2), [], [0], threading.Event()

    def crowded(connection: socket.socket, request: object) -> bool:
        inside[0] += 1
        most.append(inside[0])
        if len(most) <= 2:
            both_here.wait(10)
        if len(most) == 3:
            fourth.wait(0.2)  # time enough for another to come in, if it may
        if len(most) == 4:
            fourth.set()
        inside[0] -= 1
        return act(connection, request)  # type: ignore[arg-type]

    with serving(crowded) as server:
        caller = caller_of(server.url, tmp_path)
        threads = [threading.Thread(target=read, args=(caller,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.requests) == requests_in_all
        assert len({request.nonce for request in server.requests}) == requests_in_all
        alone = read(caller)
    assert most[2:] == [1] * (requests_in_all - 1)
    assert alone.attempts == 1
    assert len(server.requests) == requests_in_all + 1


def test_money_is_not_asked_again_in_a_crowd(tmp_path: Path) -> None:
    both_here = threading.Barrier(2)

    def crowded(connection: socket.socket, request: object) -> bool:
        both_here.wait(10)
        return refusal("No")(connection, request)  # type: ignore[arg-type]

    with serving(crowded) as server:
        caller = caller_of(server.url, tmp_path)
        threads = [threading.Thread(target=read, args=(caller,), kwargs={"money": True}) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(server.requests) == 2


# First contact over the wire


@pytest.fixture
def first(tmp_path: Path) -> Iterator[tuple[Caller, FakeTime, list[str]]]:
    methods: list[str] = []

    def growing(connection: socket.socket, request: object) -> bool:
        nonce, method = request.nonce, request.line.split("/")[2]  # type: ignore[attr-defined]
        methods.append(method)
        if nonce <= largest[0]:
            return refusal("Wrong nonce: it must grow")(connection, request)  # type: ignore[arg-type]
        largest[0] = nonce
        return success({} if method == "shops" else [])(connection, request)  # type: ignore[arg-type]

    largest, fake = [0], FakeTime()
    with serving(growing) as server:
        yield caller_of(server.url, tmp_path, nonce="auto", clock=fake.clock), fake, methods


def test_first_contact_is_two_reads_then_the_call(first: tuple[Caller, FakeTime, list[str]]) -> None:
    caller, fake, methods = first
    assert isinstance(read(caller).outcome, Answer)
    assert methods == ["shops", "shops", "orders"]
    assert caller.nonces.rule == "seconds"
    assert isinstance(read(caller).outcome, Answer)
    assert fake.slept == [1, 1]
    assert caller.requests == 4
    assert caller.waited == 2


def test_a_call_that_moves_money_asks_first_too(first: tuple[Caller, FakeTime, list[str]]) -> None:
    caller, _, methods = first
    body = caller.write({"order_id": "7"})
    assert isinstance(caller.make("createWithdrawal", body, money=True).outcome, Answer)
    assert methods == ["shops", "shops", "createWithdrawal"]


def test_a_key_that_is_not_accepted_ends_the_first_contact(tmp_path: Path) -> None:
    with serving(refusal("Wrong authorization token")) as server:
        caller = caller_of(server.url, tmp_path, nonce="auto")
        assert event_of(read(caller)) is Event.AUTHORIZATION
    assert len(server.requests) == 1
    assert caller.nonces.rule is None


def test_a_nonce_refused_later_turns_to_seconds_and_asks_again(tmp_path: Path) -> None:
    fake = FakeTime()
    acts = [success({}), success({}), success([]), refusal("Wrong nonce"), success([])]
    with serving(*acts) as server:
        caller = caller_of(server.url, tmp_path, nonce="auto", clock=fake.clock)
        read(caller)
        assert caller.nonces.rule == "milliseconds"
        result = read(caller)
    assert isinstance(result.outcome, Answer)
    assert caller.nonces.rule == "seconds"
    assert [len(str(request.nonce)) for request in server.requests] == [10, 10, 13, 13, 10]


def test_a_fork_uses_no_connection_of_its_parent(tmp_path: Path) -> None:
    with serving(success([])) as server:
        caller = caller_of(server.url, tmp_path)
        read(caller)
        before = caller.transport._adapter
        caller.transport._pid = -1  # what a forked process finds is another id than its own
        read(caller)
        assert caller.transport._adapter is not before
        assert server.connections == 2
        before.close()
        caller.transport.close()


def test_bodies_are_json(tmp_path: Path) -> None:
    with serving(success([])) as server:
        read(caller_of(server.url, tmp_path))
    assert json.loads(server.requests[0].body)["page"] == 1
