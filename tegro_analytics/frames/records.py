"""The JSON of a record: what each field may be, and what is wrong where it is not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec
from msgspec import Raw

from tegro_analytics.privacy import mask_emails

Kind = Literal["int", "money", "text", "date", "switch"]

DEEPEST: Final = 64
"""How deep a field that the schema does not know may be nested; deeper ones break other readers of JSON."""

PLAIN: Final[dict[Kind, Any]] = {
    "int": int | str,
    "money": int | str,
    "text": int | str,
    "date": str,
    "switch": int | bool | str,
}
"""What each kind of field may be on the wire. A float is missing: as a double it would lose digits."""

EXPECTED: Final[dict[Kind, str]] = {
    "int": "a whole number within 64 bits",
    "money": "a number with at most 10 digits before the point and 8 after it",
    "text": "a text",
    "date": "a date that exists, as YYYY-MM-DD HH:MM:SS",
    "switch": "0 or 1",
}

UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""What msgspec raises on JSON that is not what was asked for, not text, or nested too deep."""

_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_TOKEN = re.compile(_STRING + rb"|[\[\]{},]", re.DOTALL)
_PAIR = re.compile(rb"(" + _STRING + rb")\s*:\s*(.*)", re.DOTALL)
_HALF_A_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Field:
    """Name a field of a record, its kind, and whether a record can do without it."""

    name: str
    kind: Kind
    required: bool = False
    least: int | None = None
    """The least number that it may be."""

    @property
    def expected(self) -> str:
        """What it should be, in words."""
        if self.least is not None:
            return f"a whole number from {self.least} to 2^63 - 1"
        return EXPECTED[self.kind]


@dataclass(frozen=True, slots=True)
class Problem:
    """Say what is wrong with a record, and with which of its fields, if with one."""

    reason: str
    field: str | None = None


def fields_of(raw: bytes) -> dict[str, bytes]:
    """Read the fields of a record without looking into them.

    A value that no decoder accepts does not keep the others from being found.
    """
    try:
        fields = msgspec.json.decode(raw, type=dict[str, Raw])
    except UNREADABLE:
        pairs = (_PAIR.fullmatch(pair) for pair in _pairs(raw))
        return {_name(pair[1]): pair[2] for pair in pairs if pair}
    return {name: bytes(value) for name, value in fields.items()}


def _pairs(raw: bytes) -> Iterator[bytes]:
    """Find the fields of an object by its brackets and commas alone."""
    depth = start = 0
    for token in _TOKEN.finditer(raw):
        mark = token[0]
        if mark in (b"[", b"{"):
            depth += 1
            start = token.end() if depth == 1 else start
        elif mark in (b"]", b"}"):
            depth -= 1
        if (mark == b"," and depth == 1) or (mark in (b"]", b"}") and depth == 0):
            yield raw[start : token.start()].strip()
            start = token.end()


def _name(quoted: bytes) -> str:
    try:
        return msgspec.json.decode(quoted, type=str)
    except UNREADABLE:
        return quoted[1:-1].decode("utf-8", "backslashreplace")


def is_deep(raw: bytes) -> bool:
    """Tell whether JSON is nested deeper than :data:`DEEPEST`."""
    if raw.count(b"[") + raw.count(b"{") <= DEEPEST:
        return False
    depth = deepest = 0
    for token in _TOKEN.finditer(raw):
        depth += (token[0] in (b"[", b"{")) - (token[0] in (b"]", b"}"))
        deepest = max(deepest, depth)
    return deepest > DEEPEST


def plain_text(raw: Raw) -> str | None:
    """Read a text, or the digits of a number as they came; null is None.

    Raises
    ------
    ValueError
        If it is neither.
    """
    value = bytes(raw)
    if value[:1] == b'"':
        return msgspec.json.decode(value, type=str)
    if value == b"null":
        return None
    if value[:1] in b"-0123456789":
        return value.decode("ascii")
    raise ValueError(value)


def explain(raw: bytes, fields: Sequence[Field]) -> Problem:
    """Say why a record could not be read; called for those alone that were refused."""
    if raw[:1] != b"{":
        return Problem(f"the record is {shown(raw)}, not an object")
    record = fields_of(raw)
    for field in fields:
        if field.name not in record:
            if field.required:
                return Problem(f"{field.name} is missing", field.name)
        elif problem := wrong(field, record[field.name]):
            return problem
    known = {field.name for field in fields}
    for name in record.keys() - known:
        if is_deep(record[name]):
            return Problem(f"{name} is nested deeper than {DEEPEST} levels", name)
        if problem := _unreadable(record[name], name):
            return problem
    return _unreadable(raw, None) or Problem("the record holds a field that is not of its kind")


def wrong(field: Field, value: bytes) -> Problem | None:
    """Say what is wrong with the JSON of one field that the schema knows; None if nothing is."""
    if value == b"null":
        return Problem(f"{field.name} is null", field.name) if field.required else None
    if is_deep(value):
        return Problem(f"{field.name} is nested deeper than {DEEPEST} levels", field.name)
    if problem := _unreadable(value, field.name):
        return problem
    try:
        if field.kind in ("money", "text"):
            plain_text(Raw(value))
        else:
            msgspec.json.decode(value, type=PLAIN[field.kind])
    except ValueError:  # what msgspec raises is one too
        return not_expected(field, value)
    return None


def not_expected(field: Field, value: object) -> Problem:
    """Say that a field is not of its kind, and what it is."""
    return Problem(f"{field.name} is {shown(value)}, not {field.expected}", field.name)


def _unreadable(raw: bytes, name: str | None) -> Problem | None:
    """Say why JSON cannot be read at all, if it cannot."""
    what = name or "the record"
    try:
        msgspec.json.decode(raw)
    except RecursionError:
        return Problem(f"{what} is nested deeper than {DEEPEST} levels", name)
    except UnicodeError as error:
        return Problem(f"{what} is not UTF-8: {error}", name)
    except msgspec.MsgspecError as error:  # its words hold no data, so that they can be shown
        reason = str(error)
        if "out of range" in reason:  # an integer of thousands of digits is JSON
            return None
        if "surrogate" in reason or ("truncated" in reason and _HALF_A_PAIR.search(raw)):
            return Problem(f"{what} holds half of a surrogate pair", name)
        return Problem(f"{what} cannot be read as JSON: {reason}", name)
    return None


def shown(value: object) -> str:
    """Show a value in a reason: short, and with e-mail addresses masked.

    Examples
    --------
    >>> shown(b'"user@site.ru"'), shown("x" * 100)
    ('"u***@site.ru"', "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…")
    """
    if isinstance(value, bytes):
        text = value.decode("utf-8", "backslashreplace")
    else:
        text = str(value) if isinstance(value, Decimal) else repr(value)
    text = mask_emails(text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
