"""What was restated: which field of which order changed when, and what that did to the money of which month.

Each pair of versions that follow one another gives a row for each field that changed, and a row for each sum
of money that changed with it. The sums are ``gross_volume``, ``fees`` and ``refunds`` of the month to which
the order counts there, so that the effects of many orders add up to what a report of the month shows now.
"""

# ruff: noqa: S608  every name in the SQL is a constant of the schemas; values are parameters, or quoted

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.frames.derive import REFUNDED
from tegro_analytics.frames.masks import mask_email_column
from tegro_analytics.schemas import Column, Table
from tegro_analytics.store.meta import read_meta
from tegro_analytics.store.reading import shops
from tegro_analytics.store.sql import instant, listed, one_row, text
from tegro_analytics.store.tables import HELD, quoted

__all__ = ["CHANGES", "changes"]

CHANGES: Final = Table(
    "changes",
    "one field of an order that changed between two observations, or one sum of money that changed with it",
    (
        Column("shop_id", "text", "public key of the shop"),
        Column("id", "int", "Tegro's number of the order"),
        Column("changed_at", "instant", "moment of the run that saw the change"),
        Column(
            "reason",
            "text",
            "turned_paid, refunded, refund_withdrawn, no_longer_paid, amount_changed, found_late or changed",
        ),
        Column(
            "field",
            "text",
            "column that changed, or gross_volume, fees, refunds; first_seen_at if found late",
        ),
        Column("old", "text", "value before", True),
        Column("new", "text", "value after", True),
        Column("month", "text", "month to which a sum of money counts", True, unit="YYYY-MM"),
        Column("currency", "text", "currency of a sum of money", True),
        Column("effect", "money", "what the change of a sum adds to net volume of its month", True),
        Column("paid_month", "text", "month in which the order was paid", True, unit="YYYY-MM"),
    ),
    sort=("changed_at", "shop_id", "id", "field", "month", "currency"),
)
"""What :func:`changes` gives. ``effect`` is null for a field; of a sum it is what a merchant who bears all
fees keeps more, so that fees and refunds count negatively."""

_ORDERS: Final = HELD["orders"]
_SUMS: Final = (("gross_volume", 1), ("fees", -1), ("refunds", -1))


def changes(
    connection: duckdb.DuckDBPyConnection,
    *,
    since: dt.datetime,
    until: dt.datetime | None,
    paid: tuple[int, ...],
    pii: bool,
    shop_id: str | Sequence[str] | None = None,
) -> pa.Table:
    """Tell what changed after one moment and up to another; see :meth:`Store.changes`."""
    zone = read_meta(connection).get("report_zone", "UTC")
    connection.execute("CREATE TEMP TABLE pairs AS " + _pairs(connection, since, until, shop_id=shop_id))
    reason = _reason(paid)
    queries = [
        f"SELECT p.now.shop_id AS shop_id, p.now.id AS id, p.at AS changed_at, {reason} AS reason, "
        f"{text(name)} AS field, p.was.{quoted(name)}::VARCHAR AS old, p.now.{quoted(name)}::VARCHAR AS new, "
        "NULL AS month, NULL AS currency, NULL::DECIMAL(18,8) AS effect, p.now.paid_month AS paid_month "
        f"FROM pairs AS p WHERE p.was.id IS NOT NULL AND p.was.{quoted(name)} IS DISTINCT FROM "
        f"p.now.{quoted(name)}"
        for name in _ORDERS.watched
    ]
    queries.append(
        "SELECT p.now.shop_id, p.now.id, p.at, 'found_late', 'first_seen_at', NULL, "
        "p.now.first_seen_at::VARCHAR, NULL, NULL, NULL, p.now.paid_month FROM pairs AS p WHERE p.was.id IS "
        "NULL"
    )
    queries += [_sum_changes(name, sign, reason=reason, paid=paid, zone=zone) for name, sign in _SUMS]
    order = ", ".join(quoted(name) for name in CHANGES.sort)
    found = connection.sql(f"SELECT * FROM ({' UNION ALL '.join(queries)}) ORDER BY {order}").to_arrow_table()
    connection.execute("DROP TABLE pairs")
    table = found.cast(CHANGES.arrow())
    return table if pii else _masked(table)


def _pairs(
    connection: duckdb.DuckDBPyConnection,
    since: dt.datetime,
    until: dt.datetime | None,
    *,
    shop_id: str | Sequence[str] | None,
) -> str:
    """Write each version that came within the bounds, beside the one before it.

    A first version counts where it was found late: created before the last run that ``since`` knew of.
    """
    names = ", ".join(quoted(name) for name in _ORDERS.names)
    every = (
        f"SELECT {names}, version_from, NULL AS version_to FROM orders UNION ALL "
        f"SELECT {names}, version_from, version_to FROM orders_ledger"
    )
    within = f"v.version_from > {instant(since)}"
    if until is not None:
        within += f" AND v.version_from <= {instant(until)}"
    if shop_id is not None:
        within += f" AND v.shop_id IN ({shops(shop_id)})"
    row = one_row(connection, f"SELECT max(moment)::VARCHAR FROM runs WHERE moment <= {instant(since)}")
    known = f"TIMESTAMPTZ {text(row[0])}" if row and row[0] else "NULL"
    return (
        f"WITH every AS ({every}) SELECT v.version_from AS at, b AS was, v AS now FROM every AS v "
        f"LEFT JOIN orders_ledger AS b ON {_ORDERS.match('b', 'v')} AND b.version_to = v.version_from "
        f"WHERE {within} AND (b.id IS NOT NULL OR v.created_at < {known})"
    )


def _reason(paid: tuple[int, ...]) -> str:
    """Write in one word what happened to an order."""
    was_paid, is_paid = (f"coalesce(p.{row}.status IN ({listed(paid)}), false)" for row in ("was", "now"))
    was_back, is_back = (f"coalesce(p.{row}.status = {REFUNDED}, false)" for row in ("was", "now"))
    return (
        f"CASE WHEN p.was.id IS NULL THEN 'found_late' WHEN {is_back} AND NOT {was_back} THEN 'refunded' "
        f"WHEN {was_paid} AND NOT {is_paid} THEN 'no_longer_paid' "
        f"WHEN {was_back} AND NOT {is_back} THEN 'refund_withdrawn' "
        f"WHEN {is_paid} AND NOT {was_paid} THEN 'turned_paid' "
        "WHEN p.was.amount <> p.now.amount OR p.was.currency_id <> p.now.currency_id THEN 'amount_changed' "
        "ELSE 'changed' END"
    )


def _sum_changes(name: str, sign: int, *, reason: str, paid: tuple[int, ...], zone: str) -> str:
    """Write how one sum of money changed, for each month and currency that it changed in."""
    halves = " UNION ALL ".join(
        f"SELECT p, {_month(row, name, zone)} AS month, p.{row}.currency AS currency, "
        f"{_amount(row, name, paid) if row == 'was' else '0'} AS old, "
        f"{_amount(row, name, paid) if row == 'now' else '0'} AS new FROM pairs AS p WHERE p.{row}.id IS NOT "
        "NULL"
        for row in ("was", "now")
    )
    money = "DECIMAL(18,8)"
    return (
        f"SELECT p.now.shop_id, p.now.id, p.at, {reason}, {text(name)}, sum(old)::{money}::VARCHAR, "
        f"sum(new)::{money}::VARCHAR, month, currency, ({sign} * (sum(new) - sum(old)))::{money}, "
        f"p.now.paid_month FROM ({halves}) GROUP BY p, month, currency HAVING sum(new) <> sum(old)"
    )


def _amount(row: str, name: str, paid: tuple[int, ...]) -> str:
    """Write what an order adds to a sum: tests and negative amounts add nothing."""
    column = "fee" if name == "fees" else "amount"
    codes = str(REFUNDED) if name == "refunds" else listed(paid)
    counts = f"p.{row}.status IN ({codes}) AND NOT p.{row}.is_test AND p.{row}.amount >= 0"
    return f"CASE WHEN {counts} THEN coalesce(p.{row}.{column}, 0) ELSE 0 END"


def _month(row: str, name: str, zone: str) -> str:
    """Write the month to which an order counts in a sum."""
    paid = f"coalesce(p.{row}.paid_month, p.{row}.created_month)"
    if name != "refunds":
        return paid
    return f"coalesce(strftime(timezone({text(zone)}, p.{row}.refund_first_seen_at), '%Y-%m'), {paid})"


def _masked(table: pa.Table) -> pa.Table:
    """Mask the addresses among old and new values."""
    is_email = pc.equal(table["field"], "email")
    for name in ("old", "new"):
        place = table.schema.get_field_index(name)
        column = pc.if_else(is_email, mask_email_column(table[name]), table[name])
        table = table.set_column(place, table.schema.field(name), column)
    return table
