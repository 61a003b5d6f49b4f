"""From an answer as it came to the data in it, or to what is wrong with it."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn
from urllib.parse import urlsplit

import msgspec

from tegro_analytics.api.events import Event, Failure
from tegro_analytics.api.transport import Received
from tegro_analytics.privacy import mask_emails, mask_numbers

TEXT_LENGTH = 200
_EXCERPT = 2_000
_SIGNATURE = re.compile(r"[0-9A-Fa-f]{64}")
_ESCAPED_AT = re.compile(r"\\u0040|&#0*64;|&#x0*40;|&commat;|%40", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_EDGE_CODE = re.compile(r"error(?:\s+code)?[\s:]*(1\d{3}|5\d\d)\b", re.IGNORECASE)
_BOM = b"\xef\xbb\xbf"

LIST, OBJECT, ANY = "a list", "an object", "data"
SHAPES: Mapping[str, str] = {
    "shops": OBJECT,
    "balance": OBJECT,
    "order": OBJECT,
    "orders": LIST,
    "withdrawals": LIST,
    "withdrawal": OBJECT,
    "createOrder": OBJECT,
    "createWithdrawal": ANY,
}
"""What ``data`` is, by method. Of ``createWithdrawal`` nothing is documented but that there is an answer."""

_OPENING = {LIST: b"[", OBJECT: b"{"}


class _Envelope(msgspec.Struct):
    type: str
    desc: msgspec.Raw = msgspec.Raw(b'""')
    data: msgspec.Raw = msgspec.Raw(b"")


_ENVELOPE = msgspec.json.Decoder(_Envelope)


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """Hold the data of an answer; it prints as nothing, because it holds addresses of people.

    Attributes
    ----------
    data : bytes
        The JSON of ``data``, as received; empty where there is none.
    requested_at : datetime
        When the call was sent.
    nonce : int
        Of the call that was answered.
    """

    data: bytes
    requested_at: dt.datetime
    nonce: int = 0


def public_keys(answer: Mapping[str, Any]) -> set[str]:
    """List the public keys of the shops that ``shops`` has named.

    Examples
    --------
    >>> public_keys({"user_id": 5, "shops": [{"id": 1, "public_key": "A"}, None]})
    {'A'}
    """
    shops = answer.get("shops") or []
    return {str(one["public_key"]) for one in shops if isinstance(one, Mapping) and one.get("public_key")}


def judge(received: Received, *, method: str, nonce: int, money: bool) -> Answer | Failure:
    """Decide what an answer is.

    Parameters
    ----------
    received
        The answer as it came.
    method, nonce
        Of the call.
    money
        Whether the call moves money: then an object that names a key twice is not believed, and a refusal
        with an unusual HTTP status is one all the same.
    """

    def fail(event: Event, what: str, text: str | None = None) -> Failure:
        return Failure(
            event,
            what,
            method=method,
            nonce=nonce,
            status=received.status,
            ray=received.ray and printable(received.ray),
            text=printable(received.body if text is None else text),
            retry_after=received.retry_after,
            requested_at=received.requested_at,
        )

    envelope = _open(received.body)
    refused = isinstance(envelope, _Envelope) and envelope.type != "success"
    if not 200 <= received.status < 300 and not (refused and _is_refusal(received, money=money)):
        return fail(*_name_status(received))
    if isinstance(envelope, _Envelope):
        if money and _names_a_key_twice(received.body):
            return fail(Event.DUPLICATE_KEYS, "the answer names a key twice, so it says two things")
        if refused:
            return fail(*_name_refusal(envelope, received.status))
        return _data(envelope, received, method=method, nonce=nonce, fail=fail)
    if _is_html(received):
        return fail(Event.HTML, _edge_words(received))
    return fail(envelope, _BROKEN[envelope])


_BROKEN = {
    Event.BAD_JSON: "the answer is not JSON, or was cut off",
    Event.WRONG_SHAPE: "the answer is JSON, but not an object with a type",
}


def printable(raw: bytes | str) -> str:
    """Cut a text to what may be shown: 200 characters, no address or account, no signature.

    Examples
    --------
    >>> printable('{"desc": "no user@site.ru\\x1b[2J"}')
    '{"desc": "no u***@site.ru [2J"}'
    """
    text = raw[:_EXCERPT].decode("utf-8", "replace") if isinstance(raw, bytes) else raw[:_EXCERPT]
    plain = mask_numbers(_SIGNATURE.sub("***", text))
    masked = mask_emails(_ESCAPED_AT.sub("@", plain))
    return "".join(sign if sign.isprintable() else " " for sign in masked)[:TEXT_LENGTH].strip()


def exact(raw: bytes) -> Any:
    """Read JSON with its numbers exact: whole ones as int, others as Decimal.

    Raises
    ------
    ValueError
        If it is no JSON, or nested too deep to be read.

    Examples
    --------
    >>> exact(b'{"amount": 0.10000000000000000001}')
    {'amount': Decimal('0.10000000000000000001')}
    """
    try:
        return json.loads(raw, parse_float=Decimal, parse_constant=_no_constant)
    except (InvalidOperation, RecursionError):
        pass
    raise ValueError("a number or the nesting is beyond what can be read")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _open(body: bytes) -> _Envelope | Event:
    try:
        return _ENVELOPE.decode(body.removeprefix(_BOM))
    except msgspec.ValidationError:
        return Event.WRONG_SHAPE
    except RecursionError:
        return Event.BAD_JSON
    except msgspec.DecodeError:
        # Half of a character in one e-mail makes the decoder say "truncated": only that row is bad.
        return _open_slowly(body)


def _open_slowly(body: bytes) -> _Envelope | Event:
    """Find the members of the envelope one by one, each left as it is."""
    decoder = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_no_constant)
    try:
        text = body.removeprefix(_BOM).decode("utf-8")
        members: dict[str, str] = {}
        place = _skip(text, 0, "{")
        while text[place] != "}":
            name, place = decoder.raw_decode(text, place)
            start = _skip(text, place, ":")
            _, place = decoder.raw_decode(text, start)
            members[str(name)] = text[start:place]
            place = _skip(text, place, ",") if text[_skip(text, place)] == "," else _skip(text, place)
        if text[place + 1 :].strip() or not isinstance(kind := json.loads(members["type"]), str):
            return Event.BAD_JSON
    except (ValueError, IndexError, KeyError, RecursionError):
        return Event.BAD_JSON
    raw = {name: msgspec.Raw(members[name].encode()) for name in ("desc", "data") if name in members}
    return _Envelope(kind, **raw)


_BLANKS = re.compile(r"[ \t\n\r]*")


def _skip(text: str, place: int, sign: str = "") -> int:
    """Go past blanks, the sign if one is wanted, and blanks."""
    place = _end(text, place)
    if not sign:
        return place
    if text[place] != sign:
        raise ValueError(f"no {sign}")
    return _end(text, place + 1)


def _end(text: str, place: int) -> int:
    found = _BLANKS.match(text, place)
    return found.end() if found else place


def _is_refusal(received: Received, *, money: bool) -> bool:
    """Say whether a refusal in an answer that is not 200 counts: the API's status of a refusal is unknown."""
    if received.status >= 500:
        return False  # it may have broken after it acted
    return money or (received.status != 429 and not _comes_back(received))


def _comes_back(received: Received) -> bool:
    return received.status in (408, 425) and received.retry_after is not None


def _name_status(received: Received) -> tuple[Event, str]:
    status = received.status
    html = _is_html(received)
    if 300 <= status < 400:
        return Event.REDIRECT, f"the answer sends the call to {_host(received.location) or 'another address'}"
    if 520 <= status <= 527:
        return Event.EDGE_ERROR, _edge_words(received)
    if status >= 500:
        return (Event.EDGE_ERROR, _edge_words(received)) if html else (Event.SERVER_ERROR, "the API failed")
    if status == 429:
        return Event.RATE_LIMIT, "too many calls"
    if _comes_back(received):
        return Event.COME_BACK_LATER, "the API asks to come back later"
    if status == 404:
        return Event.NOT_FOUND, "there is nothing at this address"
    if html:
        return Event.BLOCKED, _edge_words(received)
    return Event.CLIENT_ERROR, "the API did not take the call"


def _host(location: str | None) -> str | None:
    try:
        return urlsplit(location or "").hostname
    except ValueError:
        return None


def _is_html(received: Received) -> bool:
    start = received.body[:_EXCERPT].lstrip().lower()
    return "html" in received.content_type.lower() or start.startswith((b"<!doctype", b"<html"))


def _edge_words(received: Received) -> str:
    """Say what the network edge answered, with its code where the page shows one."""
    words = _TAG.sub(" ", received.body[: 4 * _EXCERPT].decode("utf-8", "replace"))
    found = _EDGE_CODE.search(words)
    code = found[1] if found else str(received.status)
    return f"the network edge answered instead of the API, code {code}"


def _name_refusal(envelope: _Envelope, status: int) -> tuple[Event, str, str]:
    reason = _text(envelope.desc)
    words = reason.casefold()
    if "nonce" in words and "empty required" not in words:
        return Event.NONCE, "Tegro refused the nonce", reason
    if "authorization" in words or status == 401:
        return Event.AUTHORIZATION, "Tegro did not accept the key or the shop id", reason
    return Event.REJECTED, "Tegro refused the call", reason


def _text(raw: msgspec.Raw) -> str:
    try:
        value = json.loads(bytes(raw))
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, str) else bytes(raw)[:_EXCERPT].decode("utf-8", "replace")


def _data(
    envelope: _Envelope, received: Received, *, method: str, nonce: int, fail: Callable[..., Failure]
) -> Answer | Failure:
    data = bytes(envelope.data)
    wanted = SHAPES.get(method)
    if wanted is not None:
        if data in (b"", b"null"):
            return fail(Event.NO_DATA, "the answer says success and holds no data")
        if data[:1] != _OPENING.get(wanted, data[:1]):
            return fail(Event.WRONG_SHAPE, f"the data is not {wanted}")
    return Answer(data, received.requested_at, nonce)


def _names_a_key_twice(body: bytes) -> bool:
    twice = False

    def look(pairs: list[tuple[str, Any]]) -> None:
        nonlocal twice
        twice = twice or len({name for name, _ in pairs}) != len(pairs)

    try:
        json.loads(body.removeprefix(_BOM), object_pairs_hook=look)
    except (ValueError, RecursionError):
        return True
    return twice
