"""The faults that a sandbox can be told to show: their names, and how each one is told.

On the connection
    ``refused``: the port is closed for ``seconds`` (1), and every connection is ended.
    ``reset-before``: a reset (RST) when the head is here; the body is not read.
    ``reset-after``: a reset when all was read. ``close``: the same, with a clean end.
    ``silence``: nothing at all, for ``seconds`` (300) or until the other side gives up.
    ``half-status-line``, ``no-http``: a line that is cut off; a line that is not HTTP.
    ``short-body``: fewer bytes than Content-Length says. ``cut-body``: no length, so half an answer looks
    like one that ended. ``bad-chunk``, ``cut-chunk``: a size that is no number; a chunk that ends early.
    ``drip-status``, ``drip-headers``, ``drip-body``: one byte every ``every`` seconds (0.05), for ``seconds``
    (300); then the rest comes at once and the answer is a good one.
    ``huge``: an answer of ``size`` bytes (100 MB).
In the answer
    ``bad-gzip``, ``cut-gzip``: said to be gzip and is not, or is not whole. ``not-json``, ``empty-body``,
    ``deep-json`` (100,000 brackets). ``shape-array``, ``shape-no-type``, ``shape-type-number``,
    ``shape-data`` (a list for an object, an object for a list), ``shape-data-null``, ``shape-no-data``.
    ``duplicate-keys``: the first record names its first key twice, null first. ``lone-surrogate``: half of a
    character in the e-mail of one record. These two are good answers otherwise.
Refusals
    ``nonce-refused``, ``key-refused``, ``rejected``.
From the network edge
    ``html-200`` ("Just a moment"), ``html-1010`` (403), ``redirect-301``, ``redirect-307`` (to ``location``).
Statuses
    ``400``, ``404`` as text and ``-json``; ``408``, ``425``, ``429`` as text without Retry-After, with
    ``-seconds`` and with ``-date`` (``retry_after``, 1, from the sandbox's own present on), ``429-json``;
    ``500``, ``502``, ``503``, ``504`` in JSON and ``-html``; ``520`` to ``527``. With ``retry_after`` each of
    them has a Retry-After.

Where a fault is shown, the method was carried out all the same (``acts``), unless the fault says that the
call did not come so far: ``refused`` and ``reset-before`` never act, and neither do, by default, 4xx, 521 to
523, 525, 526, what the edge answers, and refusals. ``acts`` decides otherwise: true, false, or ``"late"``,
which shows the fault first and acts ``late_seconds`` (0.1) afterwards.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

LATE: Literal["late"] = "late"
Acts = bool | Literal["late"]

METHODS = (
    *("createOrder", "shops", "balance", "order", "orders"),
    *("createWithdrawal", "withdrawals", "withdrawal"),
)
"""The methods of the API."""

REFUSED, RESET_BEFORE = "refused", "reset-before"
BROKEN = (
    *("reset-after", "close", "silence", "half-status-line", "no-http", "short-body", "cut-body"),
    *("bad-chunk", "cut-chunk", "drip-status", "drip-headers", "drip-body", "huge"),
)
"""What is not written as HTTP says, or not at once."""
ANSWERS = (
    *("bad-gzip", "cut-gzip", "not-json", "empty-body", "deep-json", "shape-array", "shape-no-type"),
    *("shape-type-number", "shape-data", "shape-data-null", "shape-no-data", "duplicate-keys"),
    "lone-surrogate",
)
REFUSALS = ("nonce-refused", "key-refused", "rejected")
EDGE = ("html-200", "html-1010", "redirect-301", "redirect-307")
STATUSES = (
    *("400", "400-json", "404", "404-json"),
    *(f"{status}{form}" for status in (408, 425, 429) for form in ("", "-seconds", "-date")),
    "429-json",
    *(f"{status}{form}" for status in (500, 502, 503, 504) for form in ("", "-html")),
    *(str(status) for status in range(520, 528)),
)
NAMES = (REFUSED, RESET_BEFORE, *BROKEN, *ANSWERS, *REFUSALS, *EDGE, *STATUSES)

NEVER_ACT = frozenset({REFUSED, RESET_BEFORE})
DO_NOT_ACT = NEVER_ACT.union(
    REFUSALS,
    EDGE,
    (name for name in STATUSES if name.startswith("4")),
    ("521", "522", "523", "525", "526"),
)
"""What says that the call did not come as far as the API."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Hold one fault as it was told.

    Attributes
    ----------
    name : str
        One of ``NAMES``.
    share : float
        Of the calls that it may meet, this part meets it.
    times : int or None
        How often it is shown; None has no end.
    methods, pages : frozenset or None
        Which calls it may meet; None is all of them.
    acts : bool or "late"
        Whether the method is carried out.
    late_seconds, seconds, every, retry_after, location, size
        As the module says.
    """

    name: str
    acts: Acts
    seconds: float
    share: float = 1.0
    times: int | None = None
    methods: frozenset[str] | None = None
    pages: frozenset[int] | None = None
    late_seconds: float = 0.1
    every: float = 0.05
    retry_after: int | None = None
    location: str = "https://elsewhere.invalid/"
    size: int = 100_000_000


def fault(name: str, **fields: Any) -> Fault:
    """Make a fault from what was told of it.

    Raises
    ------
    ValueError
        If there is no such fault or field, or a value is none of those that the field takes.

    Examples
    --------
    >>> fault("close", share=0.5).acts, fault("429").acts
    (True, False)
    >>> fault("slience")
    Traceback (most recent call last):
    ...
    ValueError: no fault 'slience'; is it 'silence'?
    """
    if name not in NAMES:
        raise ValueError(f"no fault {name!r}; {_near(name)}")
    given = {field: _read(field, value) for field, value in fields.items() if value is not None}
    if name in NEVER_ACT and given.get("acts"):
        raise ValueError(f"{name} never acts: the call does not come so far")
    if name == RESET_BEFORE and "pages" in given:
        raise ValueError(f"{name} knows no pages: the body is not read")
    if name == REFUSED and given.keys() - {"seconds", "acts"}:
        raise ValueError(f"{name} has seconds and nothing else: the port is closed for everybody")
    defaults = {"acts": name not in DO_NOT_ACT, "seconds": 1.0 if name == REFUSED else 300.0}
    return Fault(name, **(defaults | given))


def parse_fault(text: str) -> Fault:
    """Read a fault of the command line, ``NAME`` or ``NAME:SHARE``.

    Raises
    ------
    ValueError
        As :func:`fault`.

    Examples
    --------
    >>> parse_fault("503:0.25").share
    0.25
    """
    name, colon, share = text.partition(":")
    if not colon:
        return fault(name)
    try:
        number = float(share)
    except ValueError:
        number = -1.0
    return fault(name, share=number)


def _read(field: str, value: Any) -> Any:
    if field not in _FIELDS:
        raise ValueError(f"a fault has no {field!r}; it has {', '.join(_FIELDS)}")
    is_right, read, words = _FIELDS[field]
    if not is_right(value):
        raise ValueError(f"{field} of a fault is {words}, and {value!r} is not")
    return read(value)


def _near(name: str) -> str:
    near = difflib.get_close_matches(name, NAMES, n=4, cutoff=0.5)
    return f"is it {' or '.join(map(repr, near))}?" if near else f"there are {', '.join(NAMES)}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and 0 <= value <= 86_400


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_pages(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_whole, value))


def _are_methods(value: object) -> bool:
    return isinstance(value, list) and all(one in METHODS for one in value)


_Field = tuple[Callable[[Any], bool], Callable[[Any], Any], str]
_SECONDS: _Field = (_is_number, float, "seconds, at most a day")

_FIELDS: Mapping[str, _Field] = {
    "share": (lambda value: _is_number(value) and value <= 1, float, "a number from 0 to 1"),
    "times": (lambda value: _is_whole(value) and value > 0, int, "a whole number from 1"),
    "methods": (_are_methods, frozenset, f"a list of {', '.join(METHODS)}"),
    "pages": (_are_pages, frozenset, "a list of whole numbers"),
    "acts": (
        lambda value: isinstance(value, bool) or value == LATE,
        lambda value: value,
        'true, false or "late"',
    ),
    "late_seconds": _SECONDS,
    "seconds": _SECONDS,
    "every": _SECONDS,
    "retry_after": (_is_whole, int, "whole seconds"),
    "location": (
        lambda value: isinstance(value, str) and value.isascii() and value.isprintable(),
        str,
        "an address",
    ),
    "size": (_is_whole, int, "a number of bytes"),
}
