"""Pages of JSON to typed records, as fast as the server is regular, and no record lost where it is not.

A page is decoded whole into Structs that know the fields of the schema and forbid others. Where that fails,
the page says why: it has a field that the schema does not know, or numbers where texts are documented. Then
Structs are made that read these too, and speed stays. What still fails is taken record by record, and the bad
ones are named.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from tegro_analytics.api.lists.page import Page, split_records
from tegro_analytics.frames.records import (
    PLAIN,
    UNREADABLE,
    Field,
    Problem,
    explain,
    fields_of,
    is_deep,
)

_PLACE: Final = "unknown_"
MOST_UNKNOWN: Final = 32
"""So many unknown fields get a place in the Structs; the rest are read the slow way."""

_PLAIN_NAME = re.compile(r"[\w .:/-]{1,64}")
_NULL: Final = Raw(b"null")
_NUMBER_STARTS: Final = frozenset(b"%c" % mark for mark in b"-0123456789")


@dataclass(slots=True)
class PageRecords:
    """Hold the records of one page that could be read, and what was wrong with the others."""

    page: Page
    records: list[Any]
    rows: Sequence[int]
    """Place of each record on the page."""
    bad: dict[int, Problem] = field(default_factory=dict)
    """The records that could not be read, by their place on the page."""
    extra: dict[int, bytes] = field(default_factory=dict)
    """Unknown fields, as JSON, of those records whose Struct has no place for them."""


class Reader:
    """Decode pages into Structs, and learn from them what the Structs must hold."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = tuple(fields)
        self.exact_numbers = False
        """Whether money and texts are kept as raw JSON: from the first float on, which would be rounded."""
        self.unknown: tuple[str, ...] = ()
        """Fields that the schema does not know and that have a place in the Structs."""
        self.strange: set[str] = set()
        """Fields that the schema does not know and that have no place there."""
        self._known = frozenset(field.name for field in self.fields)
        self._make()

    def _make(self) -> None:
        self.struct = _struct(self.fields, self.unknown, exact_numbers=self.exact_numbers)
        self._all = msgspec.json.Decoder(list[self.struct])  # type: ignore[name-defined]
        self._one = msgspec.json.Decoder(self.struct)

    def read(self, page: Page) -> PageRecords:
        """Decode one page; :attr:`struct` may be another one afterwards."""
        try:
            return self._whole(page)
        except UNREADABLE:
            raws = split_records(page.data)
        if self._learn(raws):
            try:
                return self._whole(page)
            except UNREADABLE:
                pass  # there are bad records as well: record by record
        return self._one_by_one(page, raws)

    def _whole(self, page: Page) -> PageRecords:
        records = self._all.decode(page.data)
        if _has_deep(records):
            return self._one_by_one(page, split_records(page.data))
        return PageRecords(page, records, range(len(records)))

    def _one_by_one(self, page: Page, raws: list[bytes]) -> PageRecords:
        rows: list[int] = []
        found = PageRecords(page, [], rows)
        for row, raw in enumerate(raws):
            record, extra = self._read_one(raw)
            if record is None or _has_deep([record]):
                found.bad[row] = explain(raw, self.fields)
                continue
            if extra is not None:
                found.extra[len(rows)] = extra
            found.records.append(record)
            rows.append(row)
        return found

    def _read_one(self, raw: bytes) -> tuple[Struct | None, bytes | None]:
        """Decode one record; where it has fields without a place, what is known, and the rest as JSON."""
        try:
            return self._one.decode(raw), None
        except UNREADABLE:
            pass
        try:
            fields = msgspec.json.decode(raw, type=dict[str, Raw])
            known = {name: value for name, value in fields.items() if name in self._known}
            extra = {name: value for name, value in fields.items() if name not in self._known}
            if not extra or any(is_deep(bytes(value)) for value in extra.values()):
                return None, None
            self.strange.update(extra.keys() - set(self.unknown))
            return self._one.decode(msgspec.json.encode(known)), msgspec.json.encode(extra)
        except UNREADABLE:
            return None, None

    def _learn(self, raws: list[bytes]) -> bool:
        """Make Structs that can read these records, if other Structs can; say whether there are new ones."""
        unknown = dict.fromkeys(self.unknown)
        exact = self.exact_numbers
        for raw in raws:
            if raw[:1] == b"{":
                fields = fields_of(raw)
                unknown.update(dict.fromkeys(name for name in fields if self._deserves_place(name)))
                exact = exact or any(_is_float(fields.get(field.name, b"")) for field in self.fields)
        new = (tuple(unknown)[:MOST_UNKNOWN], exact)
        if new == (self.unknown, self.exact_numbers):
            return False
        self.unknown, self.exact_numbers = new
        self._make()
        return True

    def _deserves_place(self, name: str) -> bool:
        return name not in self._known and _PLAIN_NAME.fullmatch(name) is not None


def unknown_places(record: Struct) -> list[tuple[str, str]]:
    """List attribute and name of each unknown field for which the Struct of a record has a place."""
    struct = type(record)
    pairs = zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True)
    return [(attribute, name) for attribute, name in pairs if attribute.startswith(_PLACE)]


def _has_deep(records: list[Any]) -> bool:
    """Tell whether an unknown field of one of the records is nested too deep to be kept."""
    attributes = [attribute for attribute, _ in unknown_places(records[0])] if records else []
    return any(
        value is not UNSET and is_deep(bytes(value))
        for attribute in attributes
        for value in map(operator.attrgetter(attribute), records)
    )


def _is_float(value: bytes) -> bool:
    """Tell whether JSON is a number with a point or an exponent."""
    return value[:1] in _NUMBER_STARTS and not value.lstrip(b"-").isdigit()


def _struct(fields: Sequence[Field], unknown: Sequence[str], *, exact_numbers: bool) -> type[Struct]:
    """Make the Struct of a record: fields that must be there first, as msgspec wants it."""
    parts: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for known in sorted(fields, key=lambda field: not field.required):
        if exact_numbers and known.kind in ("money", "text"):
            parts.append((known.name, Raw) if known.required else (known.name, Raw, _NULL))
        elif known.required:
            parts.append((known.name, PLAIN[known.kind]))
        else:
            parts.append((known.name, PLAIN[known.kind] | None, None))
    places = {f"{_PLACE}{place}": name for place, name in enumerate(unknown)}
    parts += [(attribute, Raw | UnsetType, UNSET) for attribute in places]
    return msgspec.defstruct("Record", parts, rename=places, forbid_unknown_fields=True, gc=False)
