"""The rows of a run in temporary tables: checked, blanked where they have to be, one for each record."""

# ruff: noqa: S608  every name in the SQL is a constant of the schemas; values are parameters, or quoted

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

import duckdb
import pyarrow as pa

from tegro_analytics.exceptions import DataError
from tegro_analytics.store.people import Forgotten
from tegro_analytics.store.sql import one_row, without_flag
from tegro_analytics.store.tables import HELD, Held, columns_of, quoted

__all__ = ["Rows", "Staged", "stage"]

Rows: TypeAlias = pa.Table | pa.RecordBatchReader
"""Rows of one table in its canonical schema; a reader is read once, in bounded memory."""


class Staged(NamedTuple):
    """Say what was staged: the rows of each table, and how many values were blanked on the way.

    Values are blanked that hold the address of a person who was forgotten.
    """

    rows: dict[str, int]
    blanked: int


def stage(connection: duckdb.DuckDBPyConnection, staged: Mapping[str, Rows], forgotten: Forgotten) -> Staged:
    """Put rows into temporary tables ``staged_<table>``, where ``place`` numbers them as they came.

    Of several rows of one record the one of the later request stays, and of one request the later row. That
    is settled here: a statement that changes a table finds every record once.

    Raises
    ------
    DataError
        If a table is not known, or its rows are not in the canonical schema.
    """
    if strange := staged.keys() - HELD.keys():
        raise DataError(f"There is no table {min(strange)!r}. The tables are {', '.join(HELD)}.")
    found: dict[str, int] = {}
    blanked = 0
    for held in (HELD[name] for name in HELD if name in staged):
        name = f"staged_{held.name}"
        connection.execute(f"CREATE TEMP TABLE {name} ({', '.join(columns_of(held))}, place BIGINT)")
        blanked += _fill(connection, held, rows=staged[held.name], forgotten=forgotten)
        found[held.name] = _keep_latest(connection, held)
    if found.get("orders"):
        connection.execute(
            f"UPDATE staged_orders SET flags = {without_flag('flags', 'paid_twice')} "
            "WHERE contains(flags, 'paid_twice')"
        )
    return Staged(found, blanked)


def _fill(connection: duckdb.DuckDBPyConnection, held: Held, *, rows: Rows, forgotten: Forgotten) -> int:
    names = ", ".join(quoted(name) for name in held.names)
    blanked = done = 0
    for chunk in _chunks(held, rows):
        clean, count = forgotten.blank(chunk)
        blanked += count
        # Not under a name: what was registered is held until the transaction ends.
        numbered = connection.from_arrow(clean).project(f"{names}, {done} + row_number() OVER ()")
        numbered.insert_into(f"staged_{held.name}")
        done += chunk.num_rows
    return blanked


def _chunks(held: Held, rows: Rows) -> Iterator[pa.Table]:
    """Give the rows in parts, each in the canonical schema; a part of a reader is one of its batches."""
    wanted = held.table.arrow()
    found = {field.name: field.type for field in rows.schema}
    if found != {field.name: field.type for field in wanted}:
        odd = sorted(
            name
            for name in found.keys() | set(wanted.names)
            if name not in found or name not in wanted.names or found[name] != wanted.field(name).type
        )
        raise DataError(
            f"The rows for {held.name} are not in its canonical schema (tegro_analytics.schemas): look at "
            f"{', '.join(odd)}."
        )
    if isinstance(rows, pa.Table):
        yield rows
    else:
        for batch in rows:
            yield pa.Table.from_batches([batch])


def _keep_latest(connection: duckdb.DuckDBPyConnection, held: Held) -> int:
    """Leave one row of each record, and say how many there are."""
    name = f"staged_{held.name}"
    key = ", ".join(quoted(column) for column in held.key)
    row = one_row(
        connection,
        f"SELECT count(*), coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM {name} GROUP BY {key})",
    )
    records, rows = row or (0, 0)
    if records < rows:
        _drop_earlier(connection, held)
    return int(records)


def _drop_earlier(connection: duckdb.DuckDBPyConnection, held: Held) -> None:
    name = f"staged_{held.name}"
    key = ", ".join(f"b.{quoted(column)}" for column in held.key)
    connection.execute(
        f"CREATE TEMP TABLE repeated AS SELECT {key} FROM {name} AS b GROUP BY ALL HAVING count(*) > 1"
    )
    among = f"FROM {name} AS b JOIN repeated AS r ON {held.match('b', 'r')}"
    if "first_seen_at" in held.names:
        connection.execute(
            f"UPDATE {name} AS b SET first_seen_at = f.earliest FROM (SELECT {key}, "
            f"min(b.first_seen_at) AS earliest {among} GROUP BY ALL) AS f WHERE {held.match('b', 'f')}"
        )
    connection.execute(
        f"DELETE FROM {name} WHERE place IN (SELECT place FROM (SELECT b.place, row_number() OVER "
        f"(PARTITION BY {key} ORDER BY b.observed_at DESC, b.place DESC) AS rank {among}) WHERE rank > 1)"
    )
    connection.execute("DROP TABLE repeated")
