"""Changes that should not happen: a status that goes back, an amount that becomes another one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import duckdb

from tegro_analytics.frames.derive import REFUNDED
from tegro_analytics.reference import Reference
from tegro_analytics.store.sql import instant
from tegro_analytics.store.tables import HELD

__all__ = ["oddities"]

_SHOWN = 5
_RANK = {"open": 0, "lost": 1, "paid": 2}
_HIGHEST = 3


def oddities(
    connection: duckdb.DuckDBPyConnection, moment: dt.datetime, reference: Reference
) -> Iterator[str]:
    """Tell what this merge changed that should stay as it is. Both versions are kept."""
    orders = HELD["orders"]
    changes = (
        f"FROM orders_ledger AS l JOIN staged_orders AS b ON {orders.match('b', 'l')} "
        f"WHERE l.version_to = {instant(moment)}"
    )
    back = f"{_rank('b.status', reference)} < {_rank('l.status', reference)}"
    yield from _told(
        connection,
        f"l.id, l.status_name || ' → ' || b.status_name {changes} AND {back}",
        "went back in status",
    )
    amounts = "l.amount <> b.amount OR l.currency_id <> b.currency_id"
    money = " || ' → ' || ".join(
        f"rtrim(rtrim({row}.amount::VARCHAR, '0'), '.') || ' ' || {row}.currency" for row in ("l", "b")
    )
    yield from _told(connection, f"l.id, {money} {changes} AND ({amounts})", "changed their amount")


def _told(connection: duckdb.DuckDBPyConnection, query: str, what: str) -> Iterator[str]:
    found = connection.execute(f"SELECT {query} ORDER BY 1").fetchall()
    if found:
        shown = ", ".join(f"{number} ({change})" for number, change in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        yield f"orders that {what}: {shown}{more}. Both versions are kept (history)."


def _rank(status: str, reference: Reference) -> str:
    """Write how far a status is; null for one that is not known, which is neither before nor behind."""
    cases = " ".join(
        f"WHEN {code} THEN {_HIGHEST if code == REFUNDED else _RANK[known.population]}"
        for code, known in reference.statuses.items()
    )
    return f"CASE {status} {cases} END"
