from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from tegro_analytics.sandbox import Sandbox
from tegro_analytics.sandbox.server import BODY_CAP, Deadlines
from tests.sandbox.wire import Caller


def send_raw(running: Sandbox, data: bytes) -> tuple[bytes, bytes]:
    """Send bytes on a connection of their own, and read until the other side closes it."""
    host, _, port = running.base_url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(data)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body


def raw_request(caller: Caller, *lines: str, body: bytes | None = None, host: str | None = None) -> bytes:
    body = caller.body(page=1) if body is None else body
    signed = caller.headers(body)["Authorization"]
    head = [
        "POST /api/orders/ HTTP/1.1",
        *([f"Host: {host}"] if host is not None else []),
        f"Authorization: {signed}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *lines,
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def test_a_request_with_the_right_host_is_answered(caller: Caller) -> None:
    head, body = send_raw(caller.sandbox, raw_request(caller, host=caller.host))
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert json.loads(body)["type"] == "success"


@pytest.mark.parametrize(
    "host", ["localhost:PORT", "127.0.0.1", "evil.example", "127.0.0.1.evil.example:PORT", "", None]
)
def test_any_other_host_is_refused(caller: Caller, host: str | None) -> None:
    if host is not None:
        host = host.replace("PORT", caller.host.partition(":")[2])
    head, body = send_raw(caller.sandbox, raw_request(caller, host=host))
    assert head.startswith(b"HTTP/1.1 403 ")
    assert "Host" in json.loads(body)["desc"]
    assert caller.sandbox.log()["attempts"] == 0


def test_two_hosts_are_refused(caller: Caller) -> None:
    head, _ = send_raw(caller.sandbox, raw_request(caller, f"Host: {caller.host}", host=caller.host))
    assert head.startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "SAME", ""])
def test_any_origin_is_refused(caller: Caller, origin: str) -> None:
    origin = caller.sandbox.base_url if origin == "SAME" else origin
    head, body = send_raw(caller.sandbox, raw_request(caller, f"Origin: {origin}", host=caller.host))
    assert head.startswith(b"HTTP/1.1 403 ")
    assert json.loads(body)["desc"] == "Requests of web pages are refused"


def test_the_control_plane_has_the_same_rule_for_host_and_origin(caller: Caller) -> None:
    token = f"X-Sandbox-Token: {caller.sandbox.facts['control_token']}"
    for host, lines, status in (
        (caller.host, (), b"200"),
        ("evil.example", (), b"403"),
        (caller.host, ("Origin: null",), b"403"),
    ):
        head = ["GET /_sandbox/log HTTP/1.1", f"Host: {host}", token, "Connection: close", *lines, "", ""]
        assert send_raw(caller.sandbox, "\r\n".join(head).encode())[0].split()[1] == status


@pytest.mark.parametrize("token", [None, "", "0" * 32])
def test_the_control_plane_needs_its_token(caller: Caller, token: str | None) -> None:
    headers = {} if token is None else {"X-Sandbox-Token": token}
    for verb, path in (("GET", "truth"), ("GET", "log"), ("POST", "stop"), ("POST", "delete")):
        assert caller.send(f"/_sandbox/{path}", b"", headers, verb=verb)[0] == 403
    assert caller.sandbox.process.poll() is None


@pytest.mark.parametrize(
    ("lengths", "status"),
    [
        ([], b"411"),
        (["Transfer-Encoding: chunked"], b"411"),
        (["Transfer-Encoding: chunked", "Content-Length: 2"], b"411"),
        (["Content-Length: 2", "Content-Length: 2"], b"411"),
        (["Content-Length: -2"], b"400"),
        (["Content-Length: 2x"], b"400"),
        ([f"Content-Length: {BODY_CAP + 1}"], b"413"),
        ([f"Content-Length: {'9' * 30}"], b"413"),
    ],
)
def test_a_body_has_one_length_below_the_cap(caller: Caller, lengths: list[str], status: bytes) -> None:
    head = ["POST /api/orders/ HTTP/1.1", f"Host: {caller.host}", *lengths, "", ""]
    answer, body = send_raw(caller.sandbox, "\r\n".join(head).encode() + b"{}")
    assert answer.split()[1] == status
    assert b"Connection: close" in answer
    assert json.loads(body)["type"] == "error"


def test_a_body_as_large_as_the_cap_is_read(caller: Caller) -> None:
    body = caller.body(page=1)
    body += b" " * (BODY_CAP - len(body))
    assert caller.send("/api/orders/", body, caller.headers(body))[1]["type"] == "success"


def test_a_slow_request_is_shut_and_others_are_not() -> None:
    ours, theirs = socket.socketpair()
    idle, idle_other = socket.socketpair()
    with ours, theirs, idle, idle_other:
        deadlines = Deadlines(10.0)
        deadlines.start(ours)
        deadlines.start(idle)
        deadlines.stop(idle)
        deadlines.sweep(0.0)
        theirs.sendall(b"drip")
        assert ours.recv(4) == b"drip"
        deadlines.sweep(float("inf"))
        theirs.settimeout(5)
        assert theirs.recv(1) == b""
        idle_other.sendall(b"x")
        assert idle.recv(1) == b"x"


@pytest.mark.parametrize(
    "sent", [b"POST /api/or", b"POST /api/orders/ HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"]
)
def test_a_request_that_does_not_arrive_in_time_is_shut(own: Caller, sent: bytes) -> None:
    own.server.deadlines = Deadlines(0.05)
    assert send_raw(own.sandbox, sent)[0] == b""


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("GET", "/api/orders/", 405),
        ("POST", "/api/", 404),
        ("POST", "/api/unknown/", 404),
        ("POST", "/orders/", 404),
        ("POST", "/", 404),
        ("PUT", "/api/orders/", 501),
        ("OPTIONS", "/api/orders/", 501),
    ],
)
def test_only_post_to_a_method_is_answered(caller: Caller, verb: str, path: str, status: int) -> None:
    body = caller.body(page=1)
    answer = caller.send(path, body, caller.headers(body), verb=verb)
    assert answer[0] == status
    assert answer[1]["type"] == "error"


def test_the_last_slash_may_be_left_out(caller: Caller) -> None:
    body = caller.body(page=1)
    assert caller.send("/api/orders", body, caller.headers(body))[1]["type"] == "success"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
def test_the_content_type_is_json(caller: Caller, kind: str) -> None:
    body = caller.body(page=1)
    assert caller.send("/api/orders/", body, caller.headers(body) | {"Content-Type": kind})[0] == 415


def test_what_is_no_http_is_refused(caller: Caller) -> None:
    head, body = send_raw(caller.sandbox, b"HELLO\r\n\r\n")
    assert b"400" in head
    assert json.loads(body)["type"] == "error"


def test_one_connection_serves_many_calls(caller: Caller) -> None:
    caller.data("orders", page=1)
    connection = caller.connection.sock
    for page in range(1, 40):
        caller.data("orders", page=page)
    assert caller.connection.sock is connection


def test_every_answer_names_the_sandbox_and_its_time(caller: Caller) -> None:
    head, _ = send_raw(caller.sandbox, raw_request(caller, host=caller.host))
    assert f"X-Tegro-Sandbox: {caller.sandbox.sandbox}".encode() in head
    assert b"Date: Wed, 04 Mar 2026 09:" in head


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff{}",
        b'{"nonce":1}',
        b'{"shop_id":"","nonce":1}',
        b"[" * 100_000,
        b'{"a":NaN}',
    ],
)
def test_a_body_without_shop(caller: Caller, body: bytes) -> None:
    status, answer = caller.send("/api/orders/", body, caller.headers(body))
    assert (status, answer["desc"]) == (200, "Empty required param shop_id")


def test_the_signature_covers_the_exact_bytes(caller: Caller) -> None:
    body = caller.body(page=1)
    spaced = body.replace(b": ", b":  ")
    assert caller.send("/api/orders/", spaced, caller.headers(body))[1]["desc"] == "Wrong authorization token"
    assert caller.send("/api/orders/", spaced, caller.headers(spaced))[1]["type"] == "success"


def test_another_shop_or_no_signature_is_a_wrong_token(caller: Caller) -> None:
    body = caller.body(page=1, shop_id="D0F98E7DD86BB7500914")
    assert caller.send("/api/orders/", body, caller.headers(body))[1]["desc"] == "Wrong authorization token"
    body = caller.body(page=1, shop_id=["x"])
    assert caller.send("/api/orders/", body, caller.headers(body))[1]["desc"] == "Wrong authorization token"
    body = caller.body(page=1)
    bare = {"Content-Type": "application/json"}
    assert caller.send("/api/orders/", body, bare)[1]["desc"] == "Wrong authorization token"


@pytest.mark.parametrize(
    ("nonce", "reason"),
    [
        (None, "Empty required param nonce"),
        ("", "Empty required param nonce"),
        ("abc", "Wrong param nonce"),
        (1.5, "Wrong param nonce"),
        (True, "Wrong param nonce"),
    ],
)
def test_every_call_needs_a_nonce(caller: Caller, nonce: object, reason: str) -> None:
    assert caller.call("orders", page=1, nonce=nonce)["desc"] == reason


def test_the_nonce_of_the_call_before_is_refused_as_text_too(caller: Caller) -> None:
    assert caller.call("orders", page=1, nonce=77)["type"] == "success"
    assert caller.call("shops", nonce="77") == {
        "type": "error",
        "desc": "Wrong nonce: it must differ from the previous one",
        "data": None,
    }
    assert caller.call("orders", page=1, nonce="78")["type"] == "success"
    assert caller.call("orders", page=1, nonce=77)["type"] == "success"


def test_the_log_tells_attempts_and_nonces(caller: Caller) -> None:
    caller.call("orders", page=2, nonce=501)
    caller.call("orders", page=2, nonce=501)
    caller.call("shops", nonce=502)
    body = caller.body(page=1)
    caller.send("/api/orders/", body, {"Content-Type": "application/json"})
    log: dict[str, Any] = caller.sandbox.log()
    assert (log["attempts"], log["distinct_nonces"], log["by_method"]) == (4, 2, {"orders": 3, "shops": 1})
    shown = [(entry["method"], entry["nonce"], entry["page"], entry["type"]) for entry in log["entries"]]
    assert shown == [
        ("orders", 501, 2, "success"),
        ("orders", 501, 2, "error"),
        ("shops", 502, None, "success"),
        ("orders", None, None, "error"),
    ]
    assert [entry["number"] for entry in caller.sandbox.log(method="orders", limit=2)["entries"]] == [2, 4]
    assert caller.sandbox.api_key not in json.dumps(log)
