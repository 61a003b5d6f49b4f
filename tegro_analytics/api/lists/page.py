"""One page of a list as it came, and the keys by which its rows are known again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

import msgspec
from msgspec import Raw

from tegro_analytics.exceptions import BadAnswer
from tegro_analytics.privacy import mask_emails

__all__ = ["Page", "page_from_json", "split_records"]

UNREADABLE_FIELD = "unreadable"
"""The field under which :attr:`Page.records` shows the text of what is not a readable record."""

_INT64 = range(-(2**63), 2**63)
_DIGITS = re.compile(r"-?[0-9]{1,19}")
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{},]', re.DOTALL)
_PARTNER = {b"]": b"[", b"}": b"{"}
_PLAIN = re.compile(rb"true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_SHOWN = 200


class _Head(msgspec.Struct, gc=False):
    """The two fields of a record that paging looks at. Of fields that come twice, the last wins."""

    id: int | str | None = None
    date_created: str | None = None


_HEADS = msgspec.json.Decoder(list[_Head])
_RAWS = msgspec.json.Decoder(list[Raw])
_RECORD = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_REFUSED = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""What msgspec raises on JSON that it cannot or will not read. Half of a surrogate pair is such a thing, even
in a field that is skipped; so are a wrong escape, a thousand brackets and an integer of 5,000 digits."""


@dataclass(frozen=True, slots=True)
class Page:
    """Hold one page of a list.

    Attributes
    ----------
    number : int
        The page that was asked for, from 1. It says nothing about what the server made of it.
    data : bytes
        The JSON array of records, as received; ``[]`` where there is none.
    keys : tuple of Hashable
        One for each record: its id as an integer, or ``sha256:…`` of its bytes where it has no usable id.
    created : tuple of str or None
        One for each record: ``date_created`` as received.
    requested_at : datetime
        When the request was sent (UTC).
    refusal : str or None
        Past page 1: why there is no list (``error: …``, ``404``, ``null``). Such a page is an empty one.
    retries : int
        How often the request was sent again.
    waited : float
        Seconds spent waiting for retries and for the pace.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> sent = datetime(2026, 10, 1, tzinfo=timezone.utc)
    >>> page = page_from_json(1, b'[{"id": 7, "amount": 10.10}, 5]', requested_at=sent)
    >>> page.keys[0], len(page.keys)
    (7, 2)
    >>> page.records
    [{'id': 7, 'amount': Decimal('10.10')}, {'unreadable': '5'}]
    """

    number: int
    data: bytes
    keys: tuple[Hashable, ...]
    created: tuple[str | None, ...]
    requested_at: datetime
    refusal: str | None = None
    retries: int = 0
    waited: float = 0.0

    def __repr__(self) -> str:
        refusal = f", refusal={self.refusal!r}" if self.refusal else ""
        return f"Page({self.number}, {len(self.keys)} records{refusal})"

    @property
    def records(self) -> list[dict[str, Any]]:
        """Decode the records for a person: one dictionary each, in order, numbers exact.

        What cannot be read, or is not an object, is ``{"unreadable": its text}``.
        """
        return [_decoded(raw) for raw in split_records(self.data)]


def page_from_json(
    number: int,
    data: bytes,
    *,
    requested_at: datetime,
    retries: int = 0,
    waited: float = 0.0,
) -> Page:
    """Make a page from the JSON array that was received for it.

    A bad record never fails the page: no id, an id that is not a number, half of a surrogate pair, something
    that is not an object. It gets a key of its own and goes on to where bad records are set aside.

    Parameters
    ----------
    number
        The page that was asked for.
    data
        The JSON array alone, without the envelope of the answer.
    requested_at
        When the request was sent (UTC).
    retries, waited
        How often the request was sent again, and the seconds spent waiting.

    Raises
    ------
    BadAnswer
        If the bytes are not an array: then it is not known what the page holds.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> sent = datetime(2026, 10, 1, tzinfo=timezone.utc)
    >>> page_from_json(1, b'[{"id": "17"}, {"id": 16}]', requested_at=sent).keys
    (17, 16)
    >>> page_from_json(1, b'[{"id": "x"}]', requested_at=sent).keys[0][:13]
    'sha256:a941d1'
    """
    heads = _heads(data)
    if heads is None:
        keys, created = _one_by_one(data, number)
    else:
        found = tuple(_usable(head.id) for head in heads)
        keys = _named(found, data) if None in found else found
        created = tuple(head.date_created for head in heads)
    return Page(number, data, keys, created, requested_at, retries=retries, waited=waited)


def split_records(data: bytes, *, number: int | None = None) -> list[bytes]:
    r"""Take a JSON array apart into the bytes of its elements.

    An element that no decoder accepts does not keep the others from being found: where the array cannot be
    read as a whole, brackets, commas and quotes alone are followed; what stands between them is not judged.

    Raises
    ------
    BadAnswer
        If the outline is not that of one whole array; ``number`` is the page that the message names.

    Examples
    --------
    >>> split_records(b'[{"id": 1}, {"email": "\\ud800"}, 3]')
    [b'{"id": 1}', b'{"email": "\\ud800"}', b'3']
    """
    with contextlib.suppress(*_REFUSED):
        return [bytes(raw) for raw in _RAWS.decode(data)]
    return _outlined(data, number)


def _heads(data: bytes) -> list[_Head] | None:
    """Read the page the fast way, or not at all; what msgspec says of it would hold the data itself."""
    try:
        return _HEADS.decode(data)
    except _REFUSED:
        return None


def _usable(value: object) -> int | None:
    """Read an id: an integer of 64 bits, or its digits in a string."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    return value if type(value) is int and value in _INT64 else None


def _named(ids: tuple[int | None, ...], data: bytes) -> tuple[Hashable, ...]:
    """Give the records without a usable id a key made of their bytes."""
    pairs = zip(ids, split_records(data), strict=True)
    return tuple(_digest(raw) if usable is None else usable for usable, raw in pairs)


def _digest(raw: bytes) -> str:
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _one_by_one(data: bytes, number: int) -> tuple[tuple[Hashable, ...], tuple[str | None, ...]]:
    """Read id and date of each record, however bad the others are."""
    keys: list[Hashable] = []
    created: list[str | None] = []
    for raw in split_records(data, number=number):
        fields = _leniently(raw)
        usable = _usable(fields.get("id"))
        keys.append(_digest(raw) if usable is None else usable)
        created.append(_text(fields.get("date_created")))
    return tuple(keys), tuple(created)


def _leniently(raw: bytes) -> dict[str, Any]:
    """Read a record, numbers as their exact text, and forgive what can be forgiven; else no field at all."""
    try:
        record = json.loads(
            raw.decode("utf-8", "replace"), strict=False, parse_int=str, parse_float=str, parse_constant=str
        )
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _text(value: object) -> str | None:
    """Take a text that can be printed and saved: half of a surrogate pair cannot."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


def _decoded(raw: bytes) -> dict[str, Any]:
    try:
        return _RECORD.decode(raw)
    except (*_REFUSED, ArithmeticError):
        return {UNREADABLE_FIELD: raw.decode("utf-8", "replace")}


def _outlined(data: bytes, number: int | None) -> list[bytes]:
    """Find the elements of an array by its brackets, commas and quotes."""
    elements: list[bytes] = []
    opened: list[bytes] = []
    start = end = 0
    for token in _TOKEN.finditer(data):
        mark = token[0]
        if end or mark == b'"' or (not opened and (mark != b"[" or data[: token.start()].strip())):
            _refuse(data, number)
        if len(opened) == 1 and mark in (b",", b"]"):
            elements.append(data[start : token.start()].strip())
            start = token.end()
        if mark in _PARTNER.values():
            opened.append(mark)
            start = token.end() if len(opened) == 1 else start
        elif mark in _PARTNER and opened.pop() != _PARTNER[mark]:
            _refuse(data, number)
        end = 0 if opened else token.end()
    if elements == [b""]:
        elements = []
    if not end or data[end:].strip() or not all(_is_outlined(element) for element in elements):
        _refuse(data, number)
    return elements


def _is_outlined(element: bytes) -> bool:
    """Tell whether an element is an object, an array or a text by its look, or else exactly a plain value."""
    return element[:1] in (b"{", b"[", b'"') or _PLAIN.fullmatch(element) is not None


def _refuse(data: bytes, number: int | None) -> NoReturn:
    page = "A page" if number is None else f"Page {number}"
    raise BadAnswer(
        f"{page} is not a list: {len(data)} bytes that are no whole JSON array. Nothing of it was used; "
        "ask for it again",
        text=mask_emails(data[: 4 * _SHOWN].decode("utf-8", "replace"))[:_SHOWN],
    )
