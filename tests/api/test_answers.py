"""What an answer is: data, a refusal, or something that is not an answer of the API."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from tegro_analytics.api.answers import Answer, exact, judge, printable
from tegro_analytics.api.events import Event, Failure
from tegro_analytics.api.transport import Received

NOW = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)


def received(body: bytes, *, status: int = 200, kind: str = "application/json") -> Received:
    return Received(
        status=status,
        body=body,
        content_type=kind,
        ray=None,
        retry_after=None,
        location=None,
        requested_at=NOW,
    )


def judged(body: bytes, *, method: str = "orders", money: bool = False, **how: Any) -> Answer | Failure:
    return judge(received(body, **how), method=method, nonce=7, money=money)


def data_of(body: bytes, **how: Any) -> bytes:
    outcome = judged(body, **how)
    assert isinstance(outcome, Answer)
    assert (outcome.requested_at, outcome.nonce) == (NOW, 7)
    return outcome.data


def event_of(body: bytes, **how: Any) -> Event:
    outcome = judged(body, **how)
    assert isinstance(outcome, Failure)
    return outcome.event


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b'{"type":"success","desc":"","data":[1, 2.50]}', b"[1, 2.50]"),
        (b' \n{"data" : [ ] , "type" : "success"}\n', b"[ ]"),
        (b'\xef\xbb\xbf{"type":"success","data":[]}', b"[]"),
        (b'{"type":"success","data":[],"extra":{"deep":[1]}}', b"[]"),
        (b'{"type":"error","type":"success","data":[]}', b"[]"),
        (b'{"type":"success","data":[{"id":1,"id":2}]}', b'[{"id":1,"id":2}]'),
    ],
)
def test_data_is_handed_on_as_it_came(body: bytes, data: bytes) -> None:
    assert data_of(body) == data


@pytest.mark.parametrize(
    "data",
    [
        b'[{"id": 1, "email": "\\ud800"}, {"id": 2}]',
        b'[{"id": 1, "email": "\\udfff\\ud83d"}]',
        b"[" + b"7" * 5000 + b"]",
    ],
)
@pytest.mark.parametrize(
    "frame", ['{{"type":"success","data":{}}}', '{{"data" : {} , "x":[{{}}], "type":"success"}} ']
)
def test_one_row_that_no_decoder_takes_does_not_make_the_answer_bad(data: bytes, frame: str) -> None:
    assert data_of(frame.format(data.decode()).encode()) == data


WHOLE = b'{"type": "success", "desc": "", "data": [{"email": "\\ud800"}]}'


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_a_cut_answer_is_never_taken_for_a_whole_one(length: int) -> None:
    assert event_of(WHOLE[:length]) is Event.BAD_JSON
    assert data_of(WHOLE) == b'[{"email": "\\ud800"}]'


@pytest.mark.parametrize(
    ("status", "kind", "event"),
    [
        (200, "text/html", Event.HTML),
        (403, "text/html", Event.BLOCKED),
        (404, "text/html", Event.NOT_FOUND),
        (429, "text/html", Event.RATE_LIMIT),
        (503, "text/html", Event.EDGE_ERROR),
        (524, "text/plain", Event.EDGE_ERROR),
        (528, "text/plain", Event.SERVER_ERROR),
        (501, "text/plain", Event.SERVER_ERROR),
        (302, "text/plain", Event.REDIRECT),
        (402, "text/plain", Event.CLIENT_ERROR),
    ],
)
def test_the_status_of_what_is_no_json(status: int, kind: str, event: Event) -> None:
    assert event_of(b"nothing", status=status, kind=kind) is event


@pytest.mark.parametrize("status", [201, 202, 204])
def test_every_status_of_success_is_one(status: int) -> None:
    assert data_of(b'{"type":"success","data":[]}', status=status) == b"[]"


def test_html_is_known_by_its_look_too() -> None:
    assert event_of(b"\n <!DOCTYPE html><html>", kind="application/json") is Event.HTML


@pytest.mark.parametrize(
    ("page", "code"),
    [
        (b"<title>Access denied | Error 1020</title>", "1020"),
        (b"<h1><span>Error</span>\n<span>1010</span></h1>", "1010"),
        (b"error code: 1015", "1015"),
        (b"<style>p { width: 1024px }</style><title>524: A timeout occurred, Error code 524</title>", "524"),
        (b"Just a moment", "403"),
    ],
)
def test_the_code_of_the_edge(page: bytes, code: str) -> None:
    outcome = judged(page, status=403, kind="text/html")
    assert isinstance(outcome, Failure)
    assert outcome.what == f"the network edge answered instead of the API, code {code}"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
@pytest.mark.parametrize("money", [False, True])
def test_a_refusal_is_one_whatever_its_status_below_500(status: int, money: bool) -> None:
    event = Event.AUTHORIZATION if status == 401 else Event.REJECTED
    assert event_of(b'{"type":"error","desc":"no"}', status=status, money=money) is event


@pytest.mark.parametrize("status", [500, 503, 520, 527])
def test_a_refusal_from_a_server_that_failed_is_not_definite(status: int) -> None:
    body = b'{"type":"error","desc":"no"}'
    assert event_of(body, status=status, money=True) in (Event.SERVER_ERROR, Event.EDGE_ERROR)


@pytest.mark.parametrize(
    ("method", "right", "wrong"),
    [
        ("orders", b"[]", b"{}"),
        ("withdrawals", b"[]", b'"x"'),
        ("order", b"{}", b"[]"),
        ("shops", b"{}", b"7"),
        ("balance", b"{}", b"[]"),
        ("withdrawal", b"{}", b"[]"),
        ("createOrder", b"{}", b"true"),
    ],
)
def test_each_method_has_its_shape(method: str, right: bytes, wrong: bytes) -> None:
    frame = b'{"type":"success","data":%b}'
    assert data_of(frame % right, method=method) == right
    assert event_of(frame % wrong, method=method) is Event.WRONG_SHAPE
    assert event_of(frame % b"null", method=method) is Event.NO_DATA


@pytest.mark.parametrize("data", [b"[]", b"{}", b"7", b'"done"'])
def test_of_a_payout_any_data_is_an_answer(data: bytes) -> None:
    assert data_of(b'{"type":"success","data":%b}' % data, method="createWithdrawal", money=True) == data
    assert event_of(b'{"type":"success"}', method="createWithdrawal", money=True) is Event.NO_DATA


def test_of_what_is_undocumented_everything_is_an_answer() -> None:
    assert data_of(b'{"type":"success","data":null}', method="rates") == b"null"
    assert data_of(b'{"type":"success"}', method="rates") == b""


@pytest.mark.parametrize(
    ("body", "twice"),
    [
        (b'{"type":"success","data":{"id":1,"id":1}}', True),
        (b'{"type":"error","type":"success","data":{}}', True),
        (b'{"type":"success","data":{"a":{"b":1},"c":{"b":1}}}', False),
    ],
)
def test_keys_that_come_twice_where_money_moves(body: bytes, twice: bool) -> None:
    outcome = judged(body, method="createOrder", money=True)
    assert isinstance(outcome, Failure) is twice


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"email":"user@site.ru"}', '{"email":"u***@site.ru"}'),
        ('{"email":"user\\u0040site.ru"}', '{"email":"u***@site.ru"}'),
        ("mail user&#64;site.ru", "mail u***@site.ru"),
        ("x" * 190 + " verylongname@site.ru", "x" * 190 + " v***@site"),
        ("card 4111 2222 3333 4444, phone 79111231212", "card ***4444, phone ***1212"),
        ("order 1234567890 of 2020-11-14 23:32:37", "order 1234567890 of 2020-11-14 23:32:37"),
        ("Bearer " + "0a" * 32, "Bearer ***"),
        ("a\x1b[31mb\r\nc\u202ed", "a [31mb  c d"),
        ("", ""),
    ],
)
def test_what_is_shown_of_an_answer(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(text.encode()) == shown
    assert len(shown) <= 200


def test_numbers_are_exact() -> None:
    assert exact(b'{"a": 0.10, "b": 123456789012345678901, "c": 1e2}') == {
        "a": Decimal("0.10"),
        "b": 123456789012345678901,
        "c": Decimal("1E+2"),
    }


@pytest.mark.parametrize(
    "raw", [b"NaN", b"[" * 100_000, b"", b"1e" + b"9" * 30, json.dumps("x").encode()[:-1]]
)
def test_what_cannot_be_read_exactly(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        exact(raw)
