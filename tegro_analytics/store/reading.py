"""What the store knows, as queries: now, or as it was known at an earlier moment."""

# ruff: noqa: S608  every name in the SQL is a constant of the schemas; values are parameters, or quoted

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import duckdb.func
import duckdb.sqltypes
import pyarrow as pa

from tegro_analytics.exceptions import DataError, StoreError
from tegro_analytics.store.observed import register_stretches
from tegro_analytics.store.paid_twice import flagged_anew
from tegro_analytics.store.sql import instant, one_row, text
from tegro_analytics.store.tables import HELD, Held, quoted

__all__ = [
    "Choice",
    "batches",
    "held_of",
    "query",
    "read",
    "refuse_empty",
    "refuse_unknown",
    "shops",
    "shown",
]

_views = itertools.count()


@dataclass(frozen=True)
class Choice:
    """Say which rows and columns of a table are wanted, and as of when.

    Attributes
    ----------
    as_of : datetime or None
        A moment: what was known then. None is now.
    since, until : datetime or None
        Bounds, half-open, on the table's clock: ``created_at``, for balances and quarantine ``observed_at``.
    shop_id : str, sequence of str, or None
        One shop, or some.
    columns : sequence of str or None
        Some columns; None is all of them.
    """

    as_of: dt.datetime | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    shop_id: str | Sequence[str] | None = None
    columns: Sequence[str] | None = None


def held_of(name: str) -> Held:
    """Look a table up.

    Raises
    ------
    DataError
        If there is none of that name.
    """
    if name in HELD:
        return HELD[name]
    raise DataError(f"There is no table {name!r}. The tables are {', '.join(HELD)}.")


def read(
    connection: duckdb.DuckDBPyConnection, path: Path, held: Held, choice: Choice, *, paid: tuple[int, ...]
) -> pa.Table:
    """Read a table in its canonical schema and order."""
    order = ", ".join(quoted(name) for name in held.table.sort)
    rows = query(connection, path, held, choice, paid=paid, order=order)
    wanted = held.table.arrow()
    if choice.columns is not None:
        wanted = pa.schema([wanted.field(name) for name in choice.columns])
    return connection.sql(rows).to_arrow_table().cast(wanted)


def query(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    held: Held,
    choice: Choice,
    *,
    paid: tuple[int, ...],
    order: str = "",
) -> str:
    """Write the query for a choice; it holds on this connection alone.

    Parameters
    ----------
    connection
        A connection that reads the store.
    path
        The file, for the messages.
    held, choice
        The table, and what of it.
    paid
        The status codes that mean paid.
    order
        What to sort by.

    Raises
    ------
    StoreError
        If nothing was known at the moment asked for.
    DataError
        If a column or a bound does not fit the table.
    """
    moment = _moment(connection, path, choice.as_of)
    names = _names(held, choice.columns)
    source = held.name if moment is None else f"({_known_at(connection, held, moment, paid=paid)})"
    shown = ", ".join(
        f"{_as_of(connection, held, choice.shop_id, moment)} AS as_of" if name == "as_of" else quoted(name)
        for name in names
    )
    conditions = list(_conditions(held, choice))
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {shown} FROM {source}{where}{f' ORDER BY {order}' if order else ''}"


def _plain(function: Callable[[pa.Array], pa.Array]) -> Callable[..., Any]:
    """Leave the annotations out: DuckDB would evaluate them."""
    return lambda array: function(array)  # noqa: PLW0108  the function itself has them


BATCH_ROWS: Final = 100_000


def batches(rows: duckdb.DuckDBPyRelation, held: Held) -> pa.RecordBatchReader:
    """Give the rows of a relation in the canonical schema of their table, some at a time."""
    wanted = held.table.arrow()
    found = rows.to_arrow_reader(BATCH_ROWS)
    return pa.RecordBatchReader.from_batches(
        wanted, (cast for batch in found for cast in pa.Table.from_batches([batch]).cast(wanted).to_batches())
    )


def shown(
    connection: duckdb.DuckDBPyConnection,
    rows: duckdb.DuckDBPyRelation,
    how: Mapping[str, Callable[[pa.Array], pa.Array]],
) -> duckdb.DuckDBPyRelation:
    """Show columns of text as their functions make them."""
    replaced = []
    for column, function in how.items():
        if column in rows.columns:
            name = f"shown_{column}_{next(_views)}"
            connection.create_function(
                name,
                _plain(function),
                [duckdb.sqltypes.VARCHAR],
                duckdb.sqltypes.VARCHAR,
                type=duckdb.func.PythonUDFType.ARROW,
                null_handling=duckdb.func.FunctionNullHandling.SPECIAL,
            )
            replaced.append(f"{name}({quoted(column)}) AS {quoted(column)}")
    return rows.project(f"* REPLACE ({', '.join(replaced)})") if replaced else rows


def refuse_empty(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse a store in which there is no run yet.

    Raises
    ------
    StoreError
        With what to do.
    """
    if one_row(connection, "SELECT 1 FROM runs LIMIT 1") is None:
        raise StoreError(f"There is no run in {path} yet: sync first.")


def _moment(connection: duckdb.DuckDBPyConnection, path: Path, as_of: dt.datetime | None) -> str | None:
    """Write the moment asked for; None where that is what is known now."""
    refuse_empty(connection, path)
    if as_of is None:
        return None
    refuse_unknown(connection, path, as_of)
    moment = instant(as_of)
    row = one_row(connection, f"SELECT max(moment) <= {moment} FROM runs")
    return None if row and row[0] else moment


def refuse_unknown(connection: duckdb.DuckDBPyConnection, path: Path, moment: dt.datetime) -> None:
    """Refuse a moment at which nothing was known.

    Raises
    ------
    StoreError
        With when the first run began.
    """
    row = one_row(connection, f"SELECT min(moment)::VARCHAR, min(moment) <= {instant(moment)} FROM runs")
    if row is None or not row[1]:
        first = row[0] if row else "never"
        raise StoreError(
            f"What was known at {moment} cannot be told: the first run in {path} began at {first}. "
            "Leave it out, or take a later moment."
        )


def _names(held: Held, columns: Sequence[str] | None) -> list[str]:
    every = held.table.names()
    if columns is None:
        return every
    if strange := [name for name in columns if name not in every]:
        raise DataError(f"{held.name} has no column {strange[0]!r}. Its columns are {', '.join(every)}.")
    return list(columns)


def _conditions(held: Held, choice: Choice) -> list[str]:
    found = []
    bounds = [(">=", choice.since), ("<", choice.until)]
    for compare, bound in bounds:
        if bound is not None:
            if held.clock is None:
                raise DataError(f"{held.name} have no moment by which since and until could choose.")
            found.append(f"{held.clock} {compare} {instant(bound)}")
    if choice.shop_id is not None:
        if "shop_id" not in held.names:
            raise DataError(f"{held.name} belong to the account, not to a shop: leave shop_id out.")
        found.append(f"shop_id IN ({shops(choice.shop_id)})")
    return found


def shops(shop_id: str | Sequence[str]) -> str:
    """Write the shops that are chosen."""
    chosen = [shop_id] if isinstance(shop_id, str) else shop_id
    return ", ".join(map(text, chosen)) or "NULL"


def _as_of(
    connection: duckdb.DuckDBPyConnection,
    held: Held,
    shop_id: str | Sequence[str] | None,
    moment: str | None,
) -> str:
    """Write when the last run began that read the list as far as it had to be read; any run if none did.

    Of several shops it is the oldest. Whether another list of the run was read so far does not matter: as in
    :func:`tegro_analytics.store.progress.list_state`, there is coverage up to the newest row only where it
    was.
    """
    seen = f"r.moment <= {moment}" if moment else "true"
    shop = f"c.shop_id IN ({shops(shop_id)})" if shop_id is not None else "true"
    row = one_row(
        connection,
        "SELECT coalesce((SELECT min(began) FROM (SELECT max(r.started_at) AS began FROM runs AS r "
        f"JOIN coverage AS c ON c.run = r.number WHERE c.list = ? AND c.until IS NULL AND {seen} AND {shop} "
        f"GROUP BY c.shop_id)), (SELECT max(r.started_at) FROM runs AS r WHERE {seen}))::VARCHAR",
        [held.name],
    )
    return f"TIMESTAMPTZ {text(row[0])}" if row else "NULL"


def _known_at(
    connection: duckdb.DuckDBPyConnection, held: Held, moment: str, *, paid: tuple[int, ...]
) -> str:
    """Write the rows as they were known at a moment."""
    names = ", ".join(quoted(name) for name in held.names)
    known = f"SELECT {names}, version_from FROM {held.name} WHERE version_from <= {moment}"
    if not held.watched:
        return known
    known += (
        f" UNION ALL SELECT {names}, version_from FROM {held.ledger} "
        f"WHERE version_from <= {moment} AND version_to > {moment}"
    )
    known = _observed_at(connection, held, known, moment)
    return flagged_anew(known, paid=paid) if held.name == "orders" else known


def _observed_at(connection: duckdb.DuckDBPyConnection, held: Held, known: str, moment: str) -> str:
    """Write rows with ``observed_at`` as it was at a moment; see :mod:`tegro_analytics.store.observed`."""
    row = one_row(connection, f"SELECT min(started_at)::VARCHAR FROM runs WHERE moment > {moment}")
    following = f"TIMESTAMPTZ {text(row[0])}" if row and row[0] else "NULL"
    joined, seen = "", ""
    if held.clock:
        view = f"stretches_{next(_views)}"
        register_stretches(connection, list_name=held.name, until=moment, view=view)
        joined = (
            f" ASOF LEFT JOIN {view} AS c ON c.shop_id = k.shop_id AND epoch_us(k.{held.clock}) >= c.start"
            " LEFT JOIN (SELECT l.shop_id, l.id, max(r.started_at) AS seen FROM lookups AS l "
            f"JOIN runs AS r ON r.number = l.run WHERE l.list = {text(held.name)} AND r.moment <= {moment} "
            "GROUP BY ALL) AS a ON a.shop_id = k.shop_id AND a.id = k.id::VARCHAR"
        )
        seen = ", make_timestamptz(c.seen), a.seen"
    return (
        f"SELECT k.* REPLACE (CASE WHEN k.observed_at < {following} THEN k.observed_at "
        f"ELSE least(k.observed_at, greatest(k.version_from{seen})) END AS observed_at) "
        f"FROM ({known}) AS k{joined}"
    )
