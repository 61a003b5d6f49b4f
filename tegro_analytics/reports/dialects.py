"""The two dialects of CSV: one for machines, one for people with a Russian spreadsheet program.

=============  ==========================================  ==========================================
..             ``rfc4180``                                 ``excel-ru``
=============  ==========================================  ==========================================
separator      ``,``                                       ``;``
encoding       UTF-8                                       UTF-8 with BOM
headers        names of the columns                        labels; an instant names its zone: ``Создан
                                                           (Europe/Moscow)``
money          exact, ``1000.00``                          exact, ``1000,00``
instants       ``2026-03-01T10:00:00+03:00``               ``01.03.2026 10:00:00``
dates          ``2026-03-01``                              ``01.03.2026``
booleans       ``true``, ``false``                         ``да``, ``нет`` (``yes``, ``no``)
missing        nothing                                     nothing
empty text     ``""``                                      ``""``
=============  ==========================================  ==========================================

Both write clock times of the report zone, fractions of a second only where there are some, and end lines
with CR LF. ``excel-ru`` shows the offset (``26.10.2014 01:30:00 +03:00``) only where the clock showed that
time twice.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tegro_analytics.exceptions import ConfigurationError
from tegro_analytics.schemas import TABLES, Column, Table
from tegro_analytics.texts import LANGUAGES, catalogue, tr

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DIALECTS", "Dialect", "DialectName", "column_of", "dialect_named", "label", "shown", "table_of"]

DialectName = Literal["rfc4180", "excel-ru"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """Say how a dialect writes cells."""

    name: str
    separator: str
    decimal: str
    mark: str
    """What the file begins with: the byte order mark, or nothing."""
    labels: bool
    """Whether headers are labels for people."""
    instant: str
    date: str


DIALECTS: Mapping[str, Dialect] = {
    "rfc4180": Dialect("rfc4180", ",", ".", "", False, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"),
    "excel-ru": Dialect("excel-ru", ";", ",", "\ufeff", True, "%d.%m.%Y %H:%M:%S", "%d.%m.%Y"),
}

_ZONED = re.compile(r"^(?P<label>.+) \((?P<zone>[A-Za-z0-9_+\-]+(?:/[A-Za-z0-9_+\-]+)*)\)$")


def dialect_named(name: str) -> Dialect:
    """Look a dialect up.

    Raises
    ------
    ConfigurationError
        If there is no such dialect.
    """
    if name not in DIALECTS:
        raise ConfigurationError(f"There is no CSV dialect {name!r}: choose 'rfc4180' or 'excel-ru'.")
    return DIALECTS[name]


def label(name: str, lang: str, *, zone: str | None = None) -> str:
    """Give the header that people read; an instant says its zone.

    Examples
    --------
    >>> label("created_at", "ru", zone="Europe/Moscow")
    'Создан (Europe/Moscow)'
    """
    key = f"column.{name}"
    text = tr(key, lang) if key in catalogue() else name
    return f"{text} ({zone})" if zone else text


def column_of(header: str) -> tuple[str, str | None]:
    """Find the column and the zone that a header means; an unknown header is a column of that name.

    Examples
    --------
    >>> column_of("Создан (Europe/Moscow)"), column_of("amount"), column_of("Мой столбец (x)")
    (('created_at', 'Europe/Moscow'), ('amount', None), ('Мой столбец (x)', None))
    """
    names = _names()
    if header in names:
        return names[header], None
    zoned = _ZONED.match(header)
    if zoned and zoned["label"] in names:
        return names[zoned["label"]], zoned["zone"]
    return header, None


def table_of(names: list[str]) -> Table | None:
    """Find the table that these columns belong to: the one that knows most of them, if it knows half."""
    best = max(TABLES.values(), key=lambda table: len(table.by_name.keys() & set(names)))
    return best if 2 * len(best.by_name.keys() & set(names)) >= len(names) > 0 else None


def shown(table: pa.Table) -> pa.Table:
    """Leave out the columns that are made for the engines."""
    schema = table_of(table.column_names)
    known = schema.by_name if schema else {}
    return table.select([name for name in table.column_names if not (name in known and known[name].engine)])


@functools.cache
def _names() -> Mapping[str, str]:
    """Map every header that the package writes to its column."""
    columns: list[Column] = [column for table in TABLES.values() for column in table.columns]
    names = {label(column.name, lang): column.name for lang in LANGUAGES for column in columns}
    return names | {column.name: column.name for column in columns}
