"""Orders of one shop with one ``payment_id`` that were paid more than once: told of the whole table.

The flag is kept right with each merge, so that reading costs nothing; for an earlier moment it is told anew.
"""

# ruff: noqa: S608  every name in the SQL is a constant of the schemas; values are parameters, or quoted

from __future__ import annotations

import datetime as dt

import duckdb

from tegro_analytics.store.sql import instant, listed, one_row, without_flag

__all__ = ["flagged_anew", "mark_all_paid_twice", "mark_paid_twice"]


def mark_paid_twice(
    connection: duckdb.DuckDBPyConnection, moment: dt.datetime, *, paid: tuple[int, ...]
) -> None:
    """Set the flag where this merge made it true, and take it off where it did not stay true."""
    connection.execute(
        "CREATE TEMP TABLE touched AS SELECT shop_id, payment_id FROM orders_ledger "
        f"WHERE version_to = {instant(moment)} AND payment_id <> '' UNION "
        "SELECT shop_id, payment_id FROM staged_orders JOIN verdict_orders USING (place) "
        "WHERE verdict IN ('new', 'changed', 'refreshed') AND payment_id <> ''"
    )
    row = one_row(connection, "SELECT count(*) FROM touched")
    if row and row[0]:
        _mark(
            connection,
            "SEMI JOIN touched AS t ON t.shop_id = o.shop_id AND t.payment_id = o.payment_id",
            paid,
        )


def mark_all_paid_twice(connection: duckdb.DuckDBPyConnection, *, paid: tuple[int, ...]) -> None:
    """Set the flag anew in the whole table."""
    _mark(connection, "", paid)


def _mark(connection: duckdb.DuckDBPyConnection, among: str, paid: tuple[int, ...]) -> None:
    live = f"o.status IN ({listed(paid)}) AND NOT o.is_test"
    connection.execute(
        f"CREATE TEMP TABLE twice AS SELECT o.shop_id, o.payment_id FROM orders AS o {among} "
        f"WHERE {live} AND o.payment_id <> '' GROUP BY ALL HAVING count(*) > 1"
    )
    flags = without_flag("o.flags", "paid_twice")
    connection.execute(
        f"UPDATE orders AS w SET flags = n.flags FROM (SELECT o.shop_id, o.id, {flags} AS flags "
        f"FROM orders AS o {among} ANTI JOIN twice AS x ON x.shop_id = o.shop_id AND x.payment_id = "
        f"o.payment_id AND {live} WHERE contains(o.flags, 'paid_twice')) AS n WHERE n.shop_id = w.shop_id "
        "AND n.id = w.id"
    )
    connection.execute(
        "UPDATE orders AS o SET flags = CASE o.flags WHEN '' THEN 'paid_twice' ELSE o.flags || ',paid_twice' "
        f"END FROM twice AS x WHERE x.shop_id = o.shop_id AND x.payment_id = o.payment_id AND {live} "
        "AND NOT contains(o.flags, 'paid_twice')"
    )
    connection.execute("DROP TABLE twice")


def flagged_anew(orders: str, *, paid: tuple[int, ...]) -> str:
    """Write a query like ``orders``, another query, with the flag as it was true of its rows alone."""
    live = f"status IN ({listed(paid)}) AND NOT is_test AND payment_id <> ''"
    plain = without_flag("flags", "paid_twice")
    return (
        f"WITH known AS ({orders}), twice AS (SELECT shop_id, payment_id FROM known WHERE {live} "
        f"GROUP BY ALL HAVING count(*) > 1) SELECT known.* REPLACE (CASE WHEN {live} AND (shop_id, "
        "payment_id) IN (SELECT (shop_id, payment_id) FROM twice) "
        f"THEN CASE ({plain}) WHEN '' THEN 'paid_twice' ELSE ({plain}) || ',paid_twice' END "
        f"ELSE {plain} END AS flags) FROM known"
    )
