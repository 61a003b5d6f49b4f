"""What a run has to know of the runs before it: how far they came, what is known, what is to be looked up."""

# ruff: noqa: S608  every name in the SQL is a constant of the schemas; values are parameters, or quoted

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import duckdb
import pyarrow as pa

from tegro_analytics.store.people import Forgotten
from tegro_analytics.store.sql import instant, listed, one_row, text
from tegro_analytics.store.status import RUN_COLUMNS, KnownRun, run_of
from tegro_analytics.store.tables import HELD, quoted

__all__ = ["Due", "ListState", "all_known", "due", "last_of", "list_state"]

_DAY: Final = 86_400_000_000
_READINGS: Final = 3
"""So many whole readings are compared with one another."""
_COMPARED: Final = {"orders": None, "withdrawals": None, "quarantine": ("table", "raw")}
"""The columns by which a row is known again; None: its key and what its versions are made of."""


@dataclass(frozen=True)
class ListState:
    """Say what the runs of a store know of one list of one shop.

    Attributes
    ----------
    last : KnownRun or None
        The last run that read the list as far as it had to.
    whole : tuple of KnownRun
        The last three of those that read all of it, the oldest first.
    """

    last: KnownRun | None = None
    whole: tuple[KnownRun, ...] = ()


@dataclass(frozen=True)
class Due:
    """Hold the open orders to be looked up: those that are due longest, and how many are due in all."""

    ids: tuple[int, ...] = ()
    every: int = 0


def list_state(connection: duckdb.DuckDBPyConnection, shop_id: str, name: str) -> ListState:
    """Say what the runs know of a list; see :meth:`Store.list_state`."""
    found = (
        "SELECT r.* FROM runs AS r SEMI JOIN (SELECT run FROM coverage WHERE shop_id = "
        f"{text(shop_id)} AND list = {text(name)} AND {{which}}) AS c ON c.run = r.number "
        "ORDER BY r.number DESC LIMIT {most}"
    )
    newest = connection.sql(found.format(which="until IS NULL", most=1))
    whole = connection.sql(found.format(which="until IS NULL AND since IS NULL", most=_READINGS))
    last = [run_of(row) for row in newest.project(RUN_COLUMNS).fetchall()]
    every = [run_of(row) for row in whole.project(RUN_COLUMNS).fetchall()]
    return ListState(last[0] if last else None, tuple(reversed(every)))


def last_of(connection: duckdb.DuckDBPyConnection, shop_id: str, at: dt.datetime | None) -> KnownRun | None:
    """Give the last run that read a shop; see :meth:`Store.last_of`."""
    until = f" AND moment <= {instant(at)}" if at is not None else ""
    row = one_row(
        connection,
        f"SELECT {RUN_COLUMNS} FROM runs WHERE contains(evidence, {text(json.dumps(shop_id))}){until} "
        "ORDER BY number DESC LIMIT 1",
    )
    return run_of(row) if row else None


def all_known(connection: duckdb.DuckDBPyConnection, rows: Mapping[str, pa.Table]) -> bool:
    """Tell whether every row is there just as it is; see :meth:`Store.all_known`."""
    forgotten = Forgotten.of(connection)
    # As a merge would write them: of a person who was forgotten the store holds no address.
    asked = ((name, forgotten.blank(table)[0]) for name, table in rows.items() if table.num_rows)
    return all(_all_known(connection, name, table) for name, table in asked)


def _all_known(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> bool:
    held = HELD[name]
    names = _COMPARED[name] or (*held.key, *held.watched)
    same = " AND ".join(f"s.{quoted(column)} IS NOT DISTINCT FROM b.{quoted(column)}" for column in names)
    # The keys stand there as literals: that reads some blocks of the file, a join all of them.
    narrow = ""
    if name == "orders":
        narrow = f"WHERE id IN ({listed(table['id'].to_pylist())})"
    connection.register("asked", table)
    try:
        row = one_row(
            connection,
            f"SELECT count(*) FROM asked AS b ANTI JOIN (SELECT * FROM {name} {narrow}) AS s ON {same}",
        )
    finally:
        connection.unregister("asked")
    return row is not None and row[0] == 0


def due(
    connection: duckdb.DuckDBPyConnection,
    shop_id: str,
    *,
    now: dt.datetime,
    open_codes: tuple[int, ...],
    most: int,
) -> Due:
    """List the open orders that are due to be looked up; see :meth:`Store.due`."""
    asked = (
        "SELECT l.id::BIGINT AS id, max(r.started_at) AS at FROM lookups AS l JOIN runs AS r "
        f"ON r.number = l.run WHERE l.shop_id = {text(shop_id)} AND l.list = 'orders' GROUP BY ALL"
    )
    seen = "epoch_us(greatest(o.observed_at, a.at)) - epoch_us(o.created_at)"
    # 2, 4, 8, 16 … days: the first of them that is more than the age at which it was last seen.
    doubled = f"2 << floor(log2(greatest(({seen}) // {_DAY}, 1)))::BIGINT"
    days = f"(CASE WHEN {seen} < {2 * _DAY} THEN 2 ELSE {doubled} END)"
    query = (
        f"SELECT o.id, epoch_us(o.created_at) + {days} * {_DAY} AS due_at FROM orders AS o "
        f"LEFT JOIN ({asked}) AS a ON a.id = o.id "
        f"WHERE o.shop_id = {text(shop_id)} AND o.status IN ({listed(open_codes)})"
    )
    passed = f"FROM ({query}) WHERE due_at <= epoch_us({instant(now)})"
    every = one_row(connection, f"SELECT count(*) {passed}")
    first = connection.execute(f"SELECT id {passed} ORDER BY due_at, id LIMIT {most}").fetchall()
    return Due(tuple(row[0] for row in first), every[0] if every else 0)
