"""What plain ``requests`` does in the same world, where ours does not."""

from __future__ import annotations

import gzip
import logging
import random
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from tegro_analytics.api.answers import Answer, judge
from tegro_analytics.api.caller import Caller, Result
from tegro_analytics.api.client import Client
from tegro_analytics.api.errand import Errand
from tegro_analytics.api.events import Event, Failure
from tegro_analytics.api.transport import Received, Transport
from tegro_analytics.credentials import ApiKey
from tegro_analytics.exceptions import UnsafeBaseUrl
from tests.api.faults import OK
from tests.api.wire import KEY, SHOP, FakeTime, Request, answer, caller_of, raw, serving, success

BODY = b'{"shop_id":"1913EA9D9351469B1E5D852A","nonce":1613435880,"page":1}'
SIGNED = {"Authorization": f"Bearer {ApiKey(KEY).sign(BODY)}", "Content-Type": "application/json"}


def read(caller: Caller) -> Result:
    return caller.make("orders", caller.write({"page": 1}))


def event_of(result: Result) -> Event:
    assert isinstance(result.outcome, Failure)
    return result.outcome.event


# Redirects


@pytest.mark.parametrize(
    ("status", "line", "body"),
    [
        (301, "GET /api/orders/ HTTP/1.1", b""),
        (302, "GET /api/orders/ HTTP/1.1", b""),
        (303, "GET /api/orders/ HTTP/1.1", b""),
        (307, "POST /api/orders/ HTTP/1.1", BODY),
        (308, "POST /api/orders/ HTTP/1.1", BODY),
    ],
)
def test_a_redirect_is_not_followed(status: int, line: str, body: bytes, tmp_path: Path) -> None:
    with serving(success([])) as thief:
        there = f"{thief.url}/api/orders/"
        with serving(answer(b"", status=f"{status} Go", Location=there)) as server:
            result = read(caller_of(server.url, tmp_path))
            assert thief.requests == []
            requests.post(f"{server.url}/api/orders/", data=BODY, headers=SIGNED, timeout=5)
    assert (event_of(result), result.attempts) == (Event.REDIRECT, 1)
    (stolen,) = thief.requests
    assert (stolen.line, stolen.body) == (line, body)  # the POST became a GET, or the body went to the thief


@pytest.mark.parametrize("location", ["http://[", "//", "ht!tp://x", "http://a:99999/", "\xff"])
def test_a_redirect_to_nowhere_is_one_too(location: str, tmp_path: Path) -> None:
    with serving(answer(b"", status="302 Go", Location=location)) as server:
        result = read(caller_of(server.url, tmp_path))
    assert (event_of(result), result.attempts) == (Event.REDIRECT, 1)


def test_the_body_of_a_redirect_has_the_limit_of_every_other(tmp_path: Path) -> None:
    endless = raw(b"HTTP/1.1 302 Go\r\nLocation: /\r\n\r\n" + b" " * (17 * 2**20))
    with serving(endless) as server:
        assert event_of(read(caller_of(server.url, tmp_path))) is Event.TOO_LARGE


# .netrc


def test_a_netrc_does_not_replace_the_signature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(success([])) as server:
        read(caller_of(server.url, tmp_path))
        requests.post(server.url, data=BODY, headers=SIGNED, timeout=5)
    ours, plain = server.requests
    assert ours.headers["authorization"] == f"Bearer {ApiKey(KEY).sign(ours.body)}"
    assert plain.headers["authorization"].startswith("Basic ")


# Attempts


def test_each_attempt_has_a_nonce_of_its_own_and_a_retry_in_the_adapter_has_not(tmp_path: Path) -> None:
    with serving(answer(b"", status="503 Busy")) as server:
        result = read(caller_of(server.url, tmp_path, clock=FakeTime().clock))
    ours = server.requests
    with serving(answer(b"", status="503 Busy")) as server, requests.Session() as session:
        again = Retry(4, status_forcelist=[503], allowed_methods=None, raise_on_status=False)
        session.mount("http://", HTTPAdapter(max_retries=again))
        session.post(server.url, data=BODY, headers=SIGNED, timeout=5)
    assert result.attempts == len(ours) == len(server.requests) == 5
    assert len({request.nonce for request in ours}) == 5
    assert all(
        request.headers["authorization"] == f"Bearer {ApiKey(KEY).sign(request.body)}" for request in ours
    )
    assert len({request.nonce for request in server.requests}) == 1


# Bodies


def test_a_cut_body_without_a_length_is_known_to_be_cut(tmp_path: Path) -> None:
    with serving(raw(f'{OK}\r\n{{"type":"success","data":[{{"id":1'.encode())) as server:
        result = read(caller_of(server.url, tmp_path, clock=FakeTime().clock))
        plain = requests.post(server.url, data=BODY, timeout=5)
    assert event_of(result) is Event.BAD_JSON
    assert (plain.ok, plain.text) == (True, '{"type":"success","data":[{"id":1')


def test_half_of_a_character_in_one_row_does_not_make_a_page_be_asked_for_again(tmp_path: Path) -> None:
    body = b'{"type":"success","data":[{"id":1},{"id":2,"email":"\\ud800"}]}'
    with pytest.raises(msgspec.DecodeError, match="truncated"):
        msgspec.json.decode(body)  # as if the body were cut, which is a reason to ask again
    with serving(answer(body)) as server:
        client = Client(KEY, SHOP, base_url=server.url, data_folder=tmp_path, nonce="milliseconds")
        page = client.orders()
        client.close()
    assert (page.keys, page.retries, len(server.requests)) == ((1, 2), 0, 1)


# Addresses


@pytest.mark.parametrize(
    "url",
    ["http://tegro.money@127.0.0.1:{}", "http://tegro.money:443@127.0.0.1:{}", "http://127.0.0.1:{}/?x="],
)
def test_no_call_goes_to_an_address_that_looks_like_another(url: str, tmp_path: Path) -> None:
    with serving(success([])) as thief:
        there = url.format(thief.port)
        with pytest.raises(UnsafeBaseUrl):
            Client(KEY, SHOP, base_url=there, data_folder=tmp_path)
        assert thief.connections == 0
        requests.post(f"{there}/api/orders/", data=BODY, headers=SIGNED, timeout=5)
    assert thief.requests[0].body == BODY


# Logs


def test_what_an_answer_says_in_broken_headers_is_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def echo(connection: Any, request: Request) -> bool:
        token = request.headers.get("authorization", "")
        return raw(f"HTTP/1.1 200 OK\r\n{token}\r\n\r\n{{}}".encode())(connection, request)

    with serving(echo) as server, caplog.at_level(logging.DEBUG):
        read(caller_of(server.url, tmp_path))
        assert server.requests[0].headers["authorization"] not in caplog.text
        assert "POST /api/orders/" in caplog.text  # of urllib3, which hides nothing else
        requests.post(server.url, data=BODY, headers=SIGNED, timeout=5)
    assert SIGNED["Authorization"] in caplog.text


# Whatever comes


HEADERS = [
    b"Content-Type: application/json",
    b"Content-Length: 47",
    b"Transfer-Encoding: chunked",
    b"Content-Encoding: gzip",
    b"Retry-After: Tue, 14 Nov 2023 22:13:21 GMT",
    b"Location: http://a.example/",
    b"Set-Cookie: a=b; Path=/",
    b"Connection: close",
]
JSON = b'{"type":"success","desc":"","data":[{"id":1}]}'
PIECES = [b"\r\n", b"\0", b"\xff", b":", b"-1", b"9" * 30, b"[", b"{", b"gzip, gzip", b"chunked", b"error"]


def broken_answers(seed: int, count: int) -> Iterator[bytes]:
    """Put answers together as a bad server would, and change them as a bad line would."""
    chance = random.Random(seed)
    for _ in range(count):
        status = chance.choice(
            [b"200 OK", b"204 No", b"302 Go", b"404 No", b"429 Slow", b"503 Busy", b"524 E"]
        )
        body = chance.choice([JSON, b"2f\r\n" + JSON + b"\r\n0\r\n\r\n", gzip.compress(JSON), b"<html>"])
        lines = [b"HTTP/1.1 " + status, *chance.sample(HEADERS, chance.randrange(6)), b"", body]
        data = bytearray(b"\r\n".join(lines))
        for _ in range(chance.choice([0, 0, 1, 2, 3])):
            at = chance.randrange(len(data))
            data[at : at + chance.randrange(6)] = chance.choice(PIECES)
        yield bytes(data[: chance.choice([len(data), len(data), chance.randrange(len(data))])])


def test_whatever_comes_is_an_answer_or_a_failure_and_never_a_foreign_exception(tmp_path: Path) -> None:
    answers = list(broken_answers(7, 400))
    with serving(*map(raw, answers)) as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        transport = Transport(caller_of(server.url, tmp_path).transport._base)
        seen = [exchanged(transport) for _ in answers]
        transport.close()
    assert len(set(seen)) > 12  # answers too, and not all failures for the same reason


def exchanged(transport: Transport) -> Event | None:
    got = transport.exchange("orders", BODY, "0" * 64, seconds=5, errand=Errand())
    outcome = judge(got, method="orders", nonce=1, money=False) if isinstance(got, Received) else got
    assert isinstance(outcome, Answer | Failure)
    return outcome.event if isinstance(outcome, Failure) else None
