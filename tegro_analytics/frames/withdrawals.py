"""Withdrawals: a record that is documented nowhere, so that each column is looked for under several names."""

from __future__ import annotations

import datetime as dt
import hashlib
import warnings
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from tegro_analytics import schemas
from tegro_analytics.api.lists.page import Page, split_records
from tegro_analytics.exceptions import TegroDataWarning
from tegro_analytics.frames import columns
from tegro_analytics.frames.assemble import Quarantine, assemble, filled
from tegro_analytics.frames.columns import Cast
from tegro_analytics.frames.context import Context, Decoded, micros
from tegro_analytics.frames.records import UNREADABLE, Field, Problem, explain, is_deep
from tegro_analytics.frames.zones import INSTANT, localize
from tegro_analytics.reference import Reference
from tegro_analytics.schemas import WITHDRAWAL_FIELDS

_EXACT: Final = msgspec.json.Decoder(float_hook=Decimal)
_JSON: Final = msgspec.json.Encoder(decimal_format="number")
_SORTED: Final = msgspec.json.Encoder(decimal_format="number", order="sorted")
_TAKEN: Final = frozenset(name for names in WITHDRAWAL_FIELDS.values() for name in names)

_DATES: Final = ("created_at", "done_at")
_MONEY: Final = ("amount", "fee")


class _Found:
    """Collect the values of the columns, row by row, and where each row came from."""

    def __init__(self) -> None:
        self.values: dict[str, list[Any]] = {name: [] for name in (*WITHDRAWAL_FIELDS, "extra")}
        self.origin: list[tuple[Page, int, bytes]] = []
        self.seen: set[str] = set()

    def add(self, record: dict[str, Any], *, origin: tuple[Page, int, bytes], reference: Reference) -> None:
        """Take the columns out of one record; what is not taken is kept as JSON."""
        inner = _unwrapped(record)
        leaves = dict(_leaves(inner))
        used = set()
        for column in WITHDRAWAL_FIELDS:
            path = _path_of(column, leaves)
            self.seen.update([column] if path is not None else [])
            value = _plain(column, leaves.get(path), reference) if path is not None else None
            if value is not None:
                used.add(path)
            self.values[column].append(value)
        if self.values["id"][-1] is None:
            self.values["id"][-1] = hashlib.sha256(_SORTED.encode(record)).hexdigest()
        rest = _without(inner, used)
        self.values["extra"].append(_JSON.encode(rest).decode() if rest else None)
        self.origin.append(origin)


def withdrawals_table(pages: Iterable[Page], context: Context, *, as_of: dt.datetime) -> Decoded:
    """Make the canonical withdrawals of pages: one row for each id, as last observed.

    The record of a withdrawal is documented nowhere. Each column is the first of the names in
    ``schemas.WITHDRAWAL_FIELDS`` that a record has, also within objects; all else is kept in ``extra``.
    A record without an id is known by the SHA-256 of its JSON with sorted names.

    Parameters
    ----------
    pages : iterable of Page
        In any order, with repeats: the later request wins.
    context : Context
        Which shop was asked, and how to read dates and currencies.
    as_of : datetime
        When the first request of the run was sent; aware.

    Warns
    -----
    TegroDataWarning
        Once, naming the columns that were found in no record.
    """
    found = _Found()
    quarantine = Quarantine(schemas.WITHDRAWALS.name)
    for page in pages:
        for row, raw in enumerate(split_records(page.data)):
            record = _record(raw)
            if record:
                found.add(record, origin=(page, row, raw), reference=context.reference)
            else:
                problem = Problem("the record is empty") if record == {} else explain(raw, ())
                _set_aside(quarantine, problem, (page, row, raw))
    never = [column for column in WITHDRAWAL_FIELDS if column not in found.seen]
    if never and found.origin:
        warnings.warn(
            f"withdrawals: no record shows {', '.join(never)}. The API documents these records nowhere: "
            "all that they hold besides is in `extra`",
            TegroDataWarning,
            stacklevel=2,
        )
    table = _table(found, quarantine, context, as_of)
    return Decoded(
        assemble([table], schemas.WITHDRAWALS.arrow(), sort=schemas.WITHDRAWALS.sort), quarantine.table()
    )


def _record(raw: bytes) -> dict[str, Any] | None:
    """Decode one record, numbers exactly; None where it is not an object that can be read."""
    if raw[:1] != b"{" or is_deep(raw):
        return None
    try:
        record: dict[str, Any] = _EXACT.decode(raw)
    except UNREADABLE:
        return None
    return record


def _unwrapped(record: dict[str, Any]) -> dict[str, Any]:
    """Take off objects that hold nothing but one other object."""
    while len(record) == 1 and isinstance(inner := next(iter(record.values())), dict) and inner:
        record = inner
    return record


def _leaves(record: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Walk the values of a record that are not objects, each with its path, as in ``amount.value``."""
    for name, value in record.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _path_of(column: str, leaves: dict[str, Any]) -> str | None:
    """Find where a record holds a column: a value before a null, the outside before the inside.

    Within objects of other columns nothing is looked for: the amount of ``fee`` is not the amount. An id
    within any object may be that of something else.
    """
    candidates = WITHDRAWAL_FIELDS[column]
    paths = [name for name in candidates if name in leaves]
    if column != "id":
        inside = [path for path in leaves if "." in path and _TAKEN.isdisjoint(path.split(".")[:-1])]
        paths += [path for name in candidates for path in inside if path.endswith(f".{name}")]
    return next((path for path in paths if leaves[path] not in (None, "")), paths[0] if paths else None)


def _plain(column: str, value: Any, reference: Reference) -> Any:
    """Prepare a value for the cast of its column; one that is no value of it stays in ``extra``."""
    if value in (None, ""):
        return None
    digits = type(value) is int or (isinstance(value, str) and value.isascii() and value.isdigit())
    if column == "currency" and digits:
        return reference.currency(int(value))
    if column == "payment_system_id" and not digits:
        return None  # a name, as it seems
    if column in ("id", "payment_id", "status", "currency", "account") and isinstance(value, list | bool):
        return None
    return value


def _without(record: dict[str, Any], used: set[str | None], before: str = "") -> dict[str, Any]:
    """Leave the paths out that are used, and objects that are empty then."""
    rest = {}
    for name, value in record.items():
        if isinstance(value, dict) and value:
            if inner := _without(value, used, f"{before}{name}."):
                rest[name] = inner
        elif f"{before}{name}" not in used:
            rest[name] = value
    return rest


def _table(found: _Found, quarantine: Quarantine, context: Context, as_of: dt.datetime) -> pa.Table:
    """Cast the columns; a row with a value that cannot be cast joins the quarantine."""
    casts = {column: _cast(column, values) for column, values in found.values.items()}
    bad: dict[int, Problem] = {}
    for cast in casts.values():
        for place, problem in cast.bad.items():
            bad.setdefault(place, problem)
    for place in sorted(bad):
        _set_aside(quarantine, bad[place], found.origin[place])
    keep = pa.array([place not in bad for place in range(len(found.origin))], pa.bool_())
    moments = np.array([micros(page.requested_at) for page, _, _ in found.origin], dtype=np.int64)
    table = {name: cast.array.filter(keep) for name, cast in casts.items()}
    table |= {name: localize(table[name], context.source_zone).instants for name in _DATES}
    table["observed_at"] = pa.array(moments).cast(INSTANT).filter(keep)
    constant = {"shop_id": context.shop_id, "as_of": as_of}
    return filled(schemas.WITHDRAWALS, {**table, **constant}, length=len(table["id"]))


def _cast(column: str, values: list[Any]) -> Cast:
    if column in _DATES:
        return columns.dates(values, Field(column, "date"))
    if column in _MONEY:
        return columns.money(values, Field(column, "money"))
    if column == "payment_system_id":
        return columns.integers(values, Field(column, "int"))
    return columns.texts(values, Field(column, "text"))


def _set_aside(quarantine: Quarantine, problem: Problem, origin: tuple[Page, int, bytes]) -> None:
    page, row, raw = origin
    quarantine.add(problem, raw, page=page.number, row=row, observed_at=page.requested_at)
