"""Proxies of the environment: used, told nothing, and never between a program and its sandbox."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import requests

from tegro_analytics.api.answers import Answer
from tegro_analytics.api.base_url import check_base_url
from tegro_analytics.api.caller import Caller, Result
from tegro_analytics.api.events import Event, Failure
from tegro_analytics.api.transport import Transport
from tegro_analytics.exceptions import ConfigurationError
from tests.api.wire import ROOT, FakeTime, Server, caller_of, raw, serving, success, tls, tunnel_to

PROVIDER = "https://tegro.money"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ROOT)


def read(caller: Caller) -> Result:
    return caller.make("orders", caller.write({"page": 1}))


def with_password(proxy: Server) -> str:
    return proxy.url.replace("://", "://user:pass@")


@pytest.mark.parametrize("encrypted", [False, True], ids=["http", "https"])
def test_calls_go_through_the_proxy_of_the_environment(
    encrypted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        serving(success([{"id": 1}]), tls=tls()) as provider,
        serving(tunnel_to(provider), tls=tls() if encrypted else None) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", with_password(proxy))
        caller = caller_of(PROVIDER, tmp_path)
        for _ in range(3):
            assert isinstance(read(caller).outcome, Answer)
        caller.transport.close()
    assert [request.line.rpartition(" ")[0] for request in proxy.requests] == ["CONNECT tegro.money:443"]
    assert proxy.requests[0].headers["proxy-authorization"].startswith("Basic ")
    assert "authorization" not in proxy.requests[0].headers
    assert [request.headers["host"] for request in provider.requests] == ["tegro.money"] * 3
    assert not any("proxy-authorization" in request.headers for request in provider.requests)


@pytest.mark.parametrize("impostor", ["provider", "proxy"])
def test_behind_a_proxy_certificates_are_checked_too(
    impostor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = tls(), tls("other-name")
    with (
        serving(success([]), tls=bad if impostor == "provider" else good) as provider,
        serving(tunnel_to(provider), tls=bad if impostor == "proxy" else good) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", with_password(proxy))
        result = read(caller_of(PROVIDER, tmp_path, clock=FakeTime().clock))
    assert isinstance(result.outcome, Failure)
    assert (result.outcome.event, result.attempts, provider.requests) == (Event.TLS, 1, [])
    assert len(proxy.requests) == (impostor == "provider")


def test_a_session_that_does_not_trust_the_environment_passes_its_proxy_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nobody(host: str, *_: object) -> None:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    asked: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with requests.Session() as session:
        session.trust_env = False  # against .netrc
        with pytest.raises(requests.ConnectionError):
            session.post(PROVIDER, timeout=5)
    assert asked == ["tegro.money"]


def test_what_no_proxy_names_goes_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "tegro.money")
    assert Transport(check_base_url(PROVIDER))._proxies.get("https") is None


def test_the_sandbox_is_reached_without_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving(success([])) as server:
        assert isinstance(read(caller_of(server.url, tmp_path)).outcome, Answer)


def test_a_proxy_that_says_no_is_told_its_own_password_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(raw(b"HTTP/1.1 403 Forbidden\r\n\r\n")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", with_password(proxy))
        read(caller_of(PROVIDER, tmp_path, clock=FakeTime().clock))
    for request in proxy.requests:
        assert request.line.startswith("CONNECT tegro.money:443")
        assert set(request.headers) <= {"host", "proxy-authorization"}
        assert request.body == b""


@pytest.mark.parametrize("proxy", ["socks5://user:secret@host:1", "http://", "ftp://secret"])
def test_a_proxy_that_cannot_be_used_is_told_at_once(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY") as caught:
        Transport(check_base_url(PROVIDER))
    assert "secret" not in str(caught.value)
