"""People who were forgotten: known by a salted mark alone, and blanked wherever their address turns up."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.frames.assemble import one_chunk
from tegro_analytics.store.meta import read_meta

__all__ = ["FORGOTTEN_TEXT", "Forgotten", "mark_of"]

FORGOTTEN_TEXT: Final = "***"
"""What stands within a text in place of an address that was forgotten."""

_AT: Final = r"@|\\u0040|%40"
_UNIT = re.compile(r"\\u[0-9a-fA-F]{4}|%[0-7][0-9a-fA-F]|\\.|.", re.DOTALL)
_ADDRESS = re.compile(r"([\w.!#$%&'*+/=?^`{|}~-]{1,128})@([\w-]+(?:\.[\w-]+)*)")
_BEGINS = re.compile(r"(?<![\w.+-])[\w.+-]")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def mark_of(address: str, salt: bytes) -> str:
    """Make the mark of an address: HMAC-SHA256 of it, trimmed and lower-cased, under a salt of the store.

    Examples
    --------
    >>> mark_of(" User@Site.ru", b"salt") == mark_of("user@site.ru", b"salt")
    True
    """
    return hmac.digest(salt, address.strip().lower().encode("utf-8", "surrogatepass"), "sha256").hex()


@dataclass(frozen=True)
class Forgotten:
    """Know the marks of people, and blank their addresses."""

    marks: frozenset[str]
    salt: bytes

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection) -> Forgotten:
        """Read the tombstones of a store."""
        marks = connection.execute("SELECT mark FROM tombstones").fetchall()
        salt = bytes.fromhex(read_meta(connection)["tombstone_salt"])
        return cls(frozenset(mark for (mark,) in marks), salt)

    def knows(self, address: str) -> bool:
        """Tell whether an address was forgotten."""
        return mark_of(address, self.salt) in self.marks

    def wiped(self, text: str) -> str:
        r"""Blank the addresses within a text, written plainly or with the escapes of JSON and URLs.

        Examples
        --------
        >>> forgotten = Forgotten(frozenset([mark_of("user@site.ru", b"")]), b"")
        >>> forgotten.wiped('{"by": "USER\\u0040site.ru", "to": "mailto:a.user@site.ru"}')
        '{"by": "***", "to": "mailto:a.user@site.ru"}'
        """
        units = _UNIT.findall(text) if "\\" in text or "%" in text else list(text)
        plain = "".join(_character(unit) for unit in units)
        for start, end in reversed(list(self._places(plain))):
            units[start:end] = [FORGOTTEN_TEXT]
        return "".join(units)

    def _places(self, plain: str) -> Iterator[tuple[int, int]]:
        for found in _ADDRESS.finditer(plain):
            local, domain = found[1], found[2]
            starts = dict.fromkeys([0, *(begin.start() for begin in _BEGINS.finditer(local))])
            for start in starts:
                if self.knows(f"{local[start:]}@{domain}"):
                    yield found.start() + start, found.end()
                    break

    def blank(self, table: pa.Table) -> tuple[pa.Table, int]:
        """Blank the addresses in every text of a table; the customer of such an order becomes unknown.

        Returns
        -------
        tuple of pyarrow.Table and int
            The table, and how many values were blanked.
        """
        if not self.marks:
            return table, 0
        count = 0
        for place, field in enumerate(table.schema):
            if not pa.types.is_string(field.type):
                continue
            if field.name == "email":
                table, found = self._without_emails(table)
            else:
                column, found = self._without_texts(table[field.name])
                table = table.set_column(place, field, column) if found else table
            count += found
        return table, count

    def _without_emails(self, table: pa.Table) -> tuple[pa.Table, int]:
        encoded = one_chunk(table["email"]).dictionary_encode()
        addresses = encoded.dictionary.to_pylist()
        gone = [self.knows(address) or self.wiped(address) != address for address in addresses]
        if not any(gone):
            return table, 0
        mask = pc.fill_null(pa.array(gone, pa.bool_()).take(encoded.indices), fill_value=False)
        for name in {"email", "customer"} & set(table.column_names):
            place = table.schema.get_field_index(name)
            table = table.set_column(place, table.schema.field(place), pc.if_else(mask, None, table[name]))
        return table, pc.sum(mask).as_py()

    def _without_texts(self, column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int]:
        may = pc.fill_null(pc.match_substring_regex(column, _AT), fill_value=False)
        places = np.flatnonzero(may.to_numpy())
        if not len(places):
            return column, 0
        before = column.take(pa.array(places)).to_pylist()
        after = [self.wiped(text) for text in before]
        count = sum(old != new for old, new in zip(before, after, strict=True))
        if not count:
            return column, 0
        return pc.replace_with_mask(one_chunk(column), one_chunk(may), pa.array(after)), count


def _character(unit: str) -> str:
    """Read one character of a text as it is meant; one place for one place, so that places can be told."""
    if len(unit) == 1:
        return unit
    if unit[0] == "%":
        return bytes.fromhex(unit[1:]).decode("latin-1")
    if unit[1] == "u" and len(unit) > len("\\u"):
        return bytes.fromhex(unit[2:]).decode("utf-16-be", "surrogatepass")
    return _ESCAPES.get(unit[1], unit[1])
