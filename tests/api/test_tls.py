"""Nobody gets a signed call who cannot prove to be who was meant, and nobody can say "never mind"."""

from __future__ import annotations

import contextlib
import gc
import socket
import ssl
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tegro_analytics.api.base_url import check_base_url
from tegro_analytics.api.caller import Caller
from tegro_analytics.api.connection import trust
from tegro_analytics.api.events import Event, Failure
from tegro_analytics.api.transport import Transport
from tegro_analytics.exceptions import ConfigurationError
from tests.api.faults import OK
from tests.api.wire import CERTIFICATES, ROOT, Act, FakeTime, caller_of, drip, raw, serving, success, tls

BAD = ["self-signed", "expired", "early", "other-name", "other-root"]
"""``other-root`` is signed by somebody nobody trusts, ``other-name`` proves to be ``evil.example``."""


def event_of(caller: Caller, *, money: bool = False) -> Event | None:
    outcome = caller.make("orders", caller.write({"page": 1}), money=money).outcome
    return outcome.event if isinstance(outcome, Failure) else None


@pytest.fixture
def our_root(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ROOT)
    return ROOT


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("money", [False, True])
def test_who_cannot_prove_it_gets_nothing_and_is_asked_once(
    name: str, money: bool, our_root: str, tmp_path: Path
) -> None:
    with serving(success([]), tls=tls(name)) as server:
        caller = caller_of(server.url, tmp_path, clock=FakeTime().clock)
        assert event_of(caller, money=money) is Event.TLS
    assert (server.connections, server.requests, caller.requests) == (1, [], 1)


@pytest.mark.parametrize("name", BAD)
def test_plain_requests_sends_to_them_if_it_is_told_to(name: str) -> None:
    with serving(success([]), tls=tls(name)) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        requests.post(server.url, data=b"{}", timeout=5, verify=False)
    assert len(server.requests) == 1


def test_who_can_prove_it_gets_the_calls_over_one_connection(our_root: str, tmp_path: Path) -> None:
    with serving(success([]), tls=tls()) as server:
        caller = caller_of(server.url, tmp_path)
        assert [event_of(caller) for _ in range(3)] == [None] * 3
        assert server.connections == 1
        caller.transport.close()


def test_without_a_bundle_our_own_root_is_nobody(tmp_path: Path) -> None:
    with serving(success([]), tls=tls()) as server:
        assert event_of(caller_of(server.url, tmp_path)) is Event.TLS


@pytest.mark.parametrize(
    ("name", "value"), [("REQUESTS_CA_BUNDLE", ""), ("CURL_CA_BUNDLE", ""), ("PYTHONHTTPSVERIFY", "0")]
)
def test_checking_cannot_be_switched_off(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with serving(success([]), tls=tls("self-signed")) as server:
        assert event_of(caller_of(server.url, tmp_path)) is Event.TLS


def test_the_name_is_checked_and_old_versions_are_not_spoken() -> None:
    context = trust(ROOT)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("bundle", "problem"),
    [
        ("/nowhere/ca.pem", "No such file"),
        (str(CERTIFICATES / "make.sh"), "no certificate"),
    ],
)
def test_a_bundle_that_cannot_be_used_is_told_at_once(
    bundle: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    with pytest.raises(ConfigurationError, match=problem) as caught:
        Transport(check_base_url("https://tegro.money"))
    assert bundle in str(caught.value)
    assert caught.value.__context__ is None


def test_a_sandbox_without_tls_needs_no_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    Transport(check_base_url("http://127.0.0.1:1"))


def test_http_behind_https_is_no_tls(tmp_path: Path) -> None:
    with serving(raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        server.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"
        assert event_of(caller_of(server.url.replace("http", "https"), tmp_path)) is Event.TLS


# Nothing stays open


@contextlib.contextmanager
def nothing_left_open() -> Iterator[None]:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", ResourceWarning)
        yield
        gc.collect()
    assert [str(one.message) for one in seen] == []


def wait_for_the_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every handshake begin only when the other side has gone away."""

    def late(context: ssl.SSLContext, sock: Any, *more: Any, **options: Any) -> Any:
        with contextlib.suppress(OSError):
            while sock.getpeername():
                time.sleep(0.001)
        return wrap(context, sock, *more, **options)

    wrap = ssl.SSLContext.wrap_socket
    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", late)


def test_a_reset_before_the_handshake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_the_reset(monkeypatch)
    with serving(success([])) as server, nothing_left_open():
        server.hangs_up = True
        caller = caller_of(server.url.replace("http", "https"), tmp_path, clock=FakeTime().clock)
        assert event_of(caller) is Event.PORT_CLOSED
        assert event_of(caller, money=True) is Event.PORT_CLOSED
    assert server.connections == 10


def test_a_socket_that_was_shut_before_the_handshake_is_no_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrap_another(context: ssl.SSLContext, sock: socket.socket, **options: Any) -> ssl.SSLSocket:
        sock.close()
        return wrap(context, socket.socket(), server_hostname="127.0.0.1")  # no error, and no handshake

    wrap = ssl.SSLContext.wrap_socket
    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrap_another)
    with serving(success([])) as server, nothing_left_open():
        caller = caller_of(server.url.replace("http", "https"), tmp_path, clock=FakeTime().clock)
        assert event_of(caller, money=True) is Event.PORT_CLOSED
    assert server.requests == []


def test_ctrl_c_in_a_handshake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: ssl.SSLSocket) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ssl.SSLSocket, "do_handshake", interrupted)
    with serving(success([])) as server, nothing_left_open():
        caller = caller_of(server.url.replace("http", "https"), tmp_path)
        assert event_of(caller) is Event.INTERRUPTED


@pytest.mark.parametrize("name", ["right", *BAD])
@pytest.mark.parametrize(
    "act",
    [
        success([]),
        raw(f"{OK}Content-Length: 100\r\n\r\n{{".encode()),
        raw(b"", then="reset"),
        drip(f"{OK}\r\n".encode(), b" "),
        drip(f"{OK}Connection: close\r\nContent-Length: 999\r\n\r\n".encode(), b" "),
        drip(b"HTTP/1.1 2", b"0"),
    ],
)
def test_nothing_stays_open_over_tls(name: str, act: Act, our_root: str, tmp_path: Path) -> None:
    with serving(act, tls=tls(name)) as server, nothing_left_open():
        caller = caller_of(server.url, tmp_path, deadline=0.1)
        for money in (False, True):
            event_of(caller, money=money)
        caller.transport.close()


def test_nothing_stays_open_after_a_handshake_that_takes_too_long(tmp_path: Path) -> None:
    with serving(success([])) as server, nothing_left_open():
        server.greeting, server.trickle = b"\x16\x03\x03\x40\x00", b"\x02"
        caller = caller_of(server.url.replace("http", "https"), tmp_path, deadline=0.1)
        assert event_of(caller) is Event.CONNECT_TIMEOUT
