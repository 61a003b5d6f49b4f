"""The rows of a run in temporary tables: checked, blanked where they have to be, one for each record."""

# ruff: noqa: S608  every name in the SQL is a constant of the schemas; values are parameters, or quoted

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import duckdb
import pyarrow as pa

from tegro_analytics.exceptions import DataError
from tegro_analytics.store.people import Forgotten
from tegro_analytics.store.sql import one_row, without_flag
from tegro_analytics.store.tables import HELD, Held, columns_of, quoted

__all__ = ["Rows", "stage"]

Rows: TypeAlias = pa.Table | pa.RecordBatchReader
"""Rows of one table in its canonical schema; a reader is read once, in bounded memory."""


def stage(connection: duckdb.DuckDBPyConnection, staged: Mapping[str, Rows], forgotten: Forgotten) -> int:
    """Put rows into temporary tables ``staged_<table>``, where ``place`` numbers them as they came.

    Of several rows of one record the one of the later request stays, and of one request the later row. That
    is settled here: a statement that changes a table finds every record once.

    Returns
    -------
    int
        How many values were blanked because they hold the address of a person who was forgotten.

    Raises
    ------
    DataError
        If a table is not known, or its rows are not in the canonical schema.
    """
    if strange := staged.keys() - HELD.keys():
        raise DataError(f"There is no table {min(strange)!r}. The tables are {', '.join(HELD)}.")
    blanked = 0
    for held in HELD.values():
        name = f"staged_{held.name}"
        connection.execute(f"CREATE TEMP TABLE {name} ({', '.join(columns_of(held))}, place BIGINT)")
        if held.name in staged:
            blanked += _fill(connection, held, rows=staged[held.name], forgotten=forgotten)
            _keep_latest(connection, held)
    if "orders" in staged:
        connection.execute(
            f"UPDATE staged_orders SET flags = {without_flag('flags', 'paid_twice')} "
            "WHERE contains(flags, 'paid_twice')"
        )
    return blanked


def _fill(connection: duckdb.DuckDBPyConnection, held: Held, *, rows: Rows, forgotten: Forgotten) -> int:
    names = ", ".join(quoted(name) for name in held.names)
    blanked = done = 0
    for chunk in _chunks(held, rows):
        clean, count = forgotten.blank(chunk)
        blanked += count
        connection.register("chunk", clean)
        connection.execute(
            f"INSERT INTO staged_{held.name} SELECT {names}, {done} + row_number() OVER () FROM chunk"
        )
        connection.unregister("chunk")
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


def _keep_latest(connection: duckdb.DuckDBPyConnection, held: Held) -> None:
    name = f"staged_{held.name}"
    key = ", ".join(quoted(column) for column in held.key)
    connection.execute(
        f"CREATE TEMP TABLE repeated AS SELECT {key} FROM {name} GROUP BY ALL HAVING count(*) > 1"
    )
    row = one_row(connection, "SELECT count(*) FROM repeated")
    if row and row[0]:
        among = f"FROM {name} AS b JOIN repeated AS r ON {held.match('b', 'r')}"
        if "first_seen_at" in held.names:
            names = ", ".join(f"b.{quoted(column)}" for column in held.key)
            connection.execute(
                f"UPDATE {name} AS b SET first_seen_at = f.earliest FROM (SELECT {names}, "
                f"min(b.first_seen_at) AS earliest {among} GROUP BY ALL) AS f WHERE {held.match('b', 'f')}"
            )
        order = ", ".join(f"b.{quoted(column)}" for column in held.key)
        connection.execute(
            f"DELETE FROM {name} WHERE place IN (SELECT place FROM (SELECT b.place, row_number() OVER "
            f"(PARTITION BY {order} ORDER BY b.observed_at DESC, b.place DESC) AS rank {among}) WHERE rank > "
            "1)"
        )
    connection.execute("DROP TABLE repeated")
