"""What a server can do to a call: one act, or more, for each event that the rules know."""

from __future__ import annotations

import _thread
import socket

from tegro_analytics.api.events import Event
from tests.api.wire import Act, Request, answer, drip, raw, refusal, success

OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PAGE_1010 = (
    b"<!DOCTYPE html><html><h1>Access denied</h1><span>Error code: <b>1010</b></span> user@site.ru</html>"
)


def silence(connection: socket.socket, request: Request) -> bool:
    """Say nothing until the other side gives up."""
    return bool(connection.recv(1))


def interrupt(connection: socket.socket, request: Request) -> bool:
    """Press Ctrl-C in the program that waits for the answer, and let it wake up."""
    _thread.interrupt_main()
    return False


HUGE = raw(OK.encode() + b"\r\n" + b"[" * (16 * 1024 * 1024 + 1))

ACTS: dict[Event, list[Act]] = {
    Event.RESET: [raw(b""), raw(b"", then="reset"), raw(OK.encode(), then="reset")],
    Event.READ_TIMEOUT: [silence],
    Event.DEADLINE: [drip(f"{OK}\r\n".encode(), b" "), drip(OK.encode(), b"X: y\r\n")],
    Event.INTERRUPTED: [interrupt],
    Event.BAD_STATUS_LINE: [raw(b"HTTP/1.1 2"), raw(b"hello\r\n\r\n")],
    Event.SHORT_BODY: [
        raw(f'{OK}Content-Length: 100\r\n\r\n{{"type":"suc'.encode()),
        # Whole on the wire, so the connection would be kept for the next attempt: the server ends it aloud.
        raw(
            f"{OK}Connection: close\r\nContent-Length: 9\r\nContent-Encoding: gzip\r\n\r\nnot a zip".encode()
        ),
        raw(f"{OK}Transfer-Encoding: chunked\r\n\r\n5\r\n{{".encode()),
    ],
    Event.BAD_CHUNK: [raw(f"{OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n".encode())],
    Event.TOO_LARGE: [HUGE],
    Event.BAD_JSON: [
        raw(f'{OK}\r\n{{"type":"success","data":[{{"id":1'.encode()),
        answer(b""),
        answer(b'{"type":"success","data":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        answer(b'{"type":"success","data":NaN}'),
    ],
    Event.WRONG_SHAPE: [
        answer(b"[]"),
        answer(b'{"data": []}'),
        answer(b'{"type": 1}'),
        success({"no": "list"}),
    ],
    Event.NO_DATA: [success(None), answer(b'{"type": "success"}')],
    Event.HTML: [answer(b"<html>Just a moment</html>", kind="text/html")],
    Event.BLOCKED: [
        answer(PAGE_1010, status="403 Forbidden", kind="text/html; charset=UTF-8", CF_RAY="8f1-DME")
    ],
    Event.REDIRECT: [
        answer(b"", status="301 Moved Permanently", Location="http://127.0.0.1:9/stolen"),
        answer(b"", status="307 Temporary Redirect", Location="//evil.example/api/"),
    ],
    Event.NOT_FOUND: [answer(b"gone", status="404 Not Found", kind="text/plain")],
    Event.CLIENT_ERROR: [
        answer(b"no", status="400 Bad Request", kind="text/plain"),
        answer(b"no", status="408 Request Timeout", kind="text/plain"),
        answer(b'{"type":"success","data":[]}', status="418 I'm a teapot"),
    ],
    Event.COME_BACK_LATER: [
        answer(b"", status="408 Request Timeout", Retry_After="1"),
        answer(b"", status="425 Too Early", Retry_After="Tue, 14 Nov 2023 22:13:21 GMT"),
    ],
    Event.RATE_LIMIT: [
        answer(b"slow down", status="429 Too Many Requests", kind="text/plain"),
        refusal("Too many requests", status="429 Too Many Requests"),
    ],
    Event.SERVER_ERROR: [
        answer(b"", status="500 Internal Server Error"),
        refusal("Database is down", status="503 Service Unavailable"),
    ],
    Event.EDGE_ERROR: [
        *(answer(b"", status=f"{status} Edge") for status in range(520, 528)),
        answer(b"<html>Bad gateway</html>", status="502 Bad Gateway", kind="text/html"),
    ],
    Event.AUTHORIZATION: [
        refusal("Wrong authorization token"),
        refusal("Wrong authorization token", status="403 Forbidden"),
        refusal("No", status="401 Unauthorized"),
    ],
    Event.NONCE: [refusal("Wrong nonce: it must grow")],
    Event.REJECTED: [
        refusal("Order not found"),
        refusal("Empty required param nonce"),
        refusal("no such order", status="404 Not Found"),
        answer(b'{"type":"error","desc":["as","a","list"]}'),
    ],
}
"""Faults of an answer to a call that reads ``orders``, by the event that they are."""
