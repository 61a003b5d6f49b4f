"""One record: found by what a person knows of it, and every version of it."""

# ruff: noqa: S608  every name in the SQL is a constant of the schemas; values are parameters, or quoted

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from tegro_analytics.exceptions import DataError
from tegro_analytics.schemas import ORDERS, Column, Table
from tegro_analytics.store.reading import Choice, query
from tegro_analytics.store.sql import text
from tegro_analytics.store.tables import HELD, Held, quoted

__all__ = ["HISTORY", "find", "histories", "history", "history_of"]

_INT64_DIGITS: Final = 19


def find(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    held: Held,
    wanted: str,
    *,
    paid: tuple[int, ...],
    shop_id: str | Sequence[str] | None = None,
) -> pa.Table:
    """Find the rows of a table whose id, ``payment_id`` or e-mail is ``wanted``; see :meth:`Store.find`."""
    value = text(wanted.strip())
    conditions = [f"id::VARCHAR = {value}"]
    if held.table.by_name["id"].kind == "int":
        conditions = [f"id = {wanted.strip()}"] if _is_int64(wanted.strip()) else []
    if "payment_id" in held.names:
        conditions.append(f"payment_id IN ({value}, {text(wanted)})")
    if "email" in held.names:
        conditions.append(f"lower(trim(email)) = lower({value})")
    rows = query(connection, path, held, Choice(shop_id=shop_id), paid=paid)
    order = ", ".join(quoted(name) for name in held.table.sort)
    if not wanted.strip():  # an order without a number is not what a blank asks for
        conditions = ["false"]
    found = f"SELECT * FROM ({rows}) WHERE {' OR '.join(conditions)} ORDER BY {order}"
    return connection.sql(found).to_arrow_table().cast(held.table.arrow())


def _is_int64(digits: str) -> bool:
    plain = digits.isascii() and digits.isdigit() and len(digits) <= _INT64_DIGITS
    return plain and int(digits) < 2**63  # many digits cost much, and thousands are refused


def history(
    connection: duckdb.DuckDBPyConnection, held: Held, number: int | str, *, shop_id: str | None
) -> pa.Table:
    """Give every version of a record, the oldest first; see :meth:`Store.history`."""
    if not held.watched:
        raise DataError(f"{held.name} have no history: every row is kept as it came.")
    shop = f" AND shop_id = {text(shop_id)}" if shop_id is not None else ""
    where = f"WHERE id::VARCHAR = {text(str(number))}{shop}"
    if held.table.by_name["id"].kind == "int" and _is_int64(str(number)):
        where = f"WHERE id = {number}{shop}"
    versions = connection.sql(f"{_versions(held, where)} ORDER BY version_from, shop_id").to_arrow_table()
    return versions.cast(history_of(held.table).arrow())


def histories(connection: duckdb.DuckDBPyConnection, found: pa.Table) -> pa.Table:
    """Give every version of many orders in one query; see :meth:`Store.histories`."""
    connection.register("wanted", found.select(["id", "shop_id"]))
    try:
        versions = connection.sql(
            f"SELECT * FROM ({_versions(HELD['orders'])}) SEMI JOIN wanted USING (id, shop_id) "
            "ORDER BY shop_id, id, version_from"
        ).to_arrow_table()
    finally:
        connection.unregister("wanted")
    return versions.select(HISTORY.names()).cast(HISTORY.arrow())


def _versions(held: Held, where: str = "") -> str:
    """Write the latest versions and those in the ledger, in the columns of :func:`history_of`."""
    names = ", ".join(quoted(name) for name in held.names)
    return (
        f"SELECT {names}, version_from, NULL::TIMESTAMPTZ AS version_to FROM {held.name} {where} UNION ALL "
        f"SELECT {names}, version_from, version_to FROM {held.ledger} {where}"
    )


def history_of(table: Table) -> Table:
    """Describe the versions of a record: each is a row, with from when and up to when it was the known one.

    Examples
    --------
    >>> history_of(ORDERS).names()[-2:]
    ['version_from', 'version_to']
    """
    columns = (
        *(column for column in table.columns if column.name != "as_of"),
        Column("version_from", "instant", "moment of the run that saw this version first"),
        Column("version_to", "instant", "moment of the run that saw the next one", True),
    )
    return Table(table.name, f"one version of {table.row}", columns, sort=("version_from", "shop_id"))


HISTORY: Final = history_of(ORDERS)
"""What :func:`history` and :func:`histories` give of orders."""
