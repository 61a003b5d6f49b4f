"""One run into the store: compared with what is there, in one transaction.

Rows are new, changed, refreshed, the same or stale. A changed row sends the old version to the ledger. A
refreshed one differs only in what no version is made of (names that the reference gives, unknown fields). The
same row is only marked as seen. A stale one was asked for before the one that is there: another run, that
began later, was merged first.
"""

# ruff: noqa: S608  every name in the SQL is a constant of the schemas; values are parameters, or quoted

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from tegro_analytics.frames.derive import REFUNDED
from tegro_analytics.reference import Reference
from tegro_analytics.store.batch import Rows, Staged, stage
from tegro_analytics.store.failpoints import reach
from tegro_analytics.store.meta import bind
from tegro_analytics.store.oddities import oddities
from tegro_analytics.store.paid_twice import mark_paid_twice
from tegro_analytics.store.people import Forgotten
from tegro_analytics.store.receipt import chained
from tegro_analytics.store.runs import Counts, Merged, Run, mark_of_reference
from tegro_analytics.store.sql import instant, one_row, select_list, without_flag
from tegro_analytics.store.tables import HELD, LEDGERS, Held, quoted

__all__ = ["merge"]

Report = Callable[[Merged], Mapping[str, Any]]

_LEAST: Final = dt.timedelta(microseconds=1)
_MANY: Final = 100_000
_IN_ORDER: Final = 0.99
"""Correlation of age and place from which rows count as being in order."""


def merge(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    run: Run,
    staged: Mapping[str, Rows],
    *,
    reference: Reference,
    report: Report | None = None,
) -> Merged:
    """Merge the rows of a run, within the transaction of ``connection``; see :meth:`Store.merge`."""
    reach("merge begun")
    bind(connection, path, owner=run.owner, basis=run.basis, reference=mark_of_reference(reference))
    number, moment, checksum = _next_run(connection, run)
    brought = stage(connection, staged, Forgotten.of(connection))
    reach("staged")
    tables = [held for held in LEDGERS if brought.rows.get(held.name)]
    for held in tables:
        _judge(connection, held)
        _supersede(connection, held, moment)
    reach("old rows deleted")
    for held in tables:
        _write(connection, held, moment)
    _append(connection, moment, brought)
    reach("new rows written")
    for held in tables:
        _mark_seen(connection, held)
    warnings: list[str] = []
    if HELD["orders"] in tables:
        mark_paid_twice(connection, moment, paid=reference.codes("paid"))
        warnings += oddities(connection, moment, reference)
    reach("seen rows marked")
    merged = Merged(
        run=number,
        moment=moment,
        counts={held.name: _counts(connection, held) for held in tables},
        quarantined=brought.rows.get("quarantine", 0),
        forgotten=brought.blanked,
        warnings=tuple(warnings),
    )
    _write_run(connection, run, merged, report(merged) if report else {}, before=checksum)
    reach("run written")
    return merged


def _next_run(connection: duckdb.DuckDBPyConnection, run: Run) -> tuple[int, dt.datetime, str]:
    """Number a run, and settle its moment: moments only grow, though runs overlap and clocks are set."""
    row = one_row(
        connection, "SELECT number, moment::VARCHAR, checksum FROM runs ORDER BY number DESC LIMIT 1"
    )
    if row is None:
        return 1, run.started_at, ""
    return row[0] + 1, max(run.started_at, dt.datetime.fromisoformat(row[1]) + _LEAST), row[2]


def _judge(connection: duckdb.DuckDBPyConnection, held: Held) -> None:
    """Compare the rows of a run with those that are there: a table of places and verdicts."""
    kept = [name for name in ("first_seen_at", "refund_first_seen_at", "status") if name in held.names]
    was = ", ".join(f"s.{name} AS was_{name}" for name in [*kept, "version_from", "shop_id"])
    connection.execute(
        f"CREATE TEMP TABLE verdict_{held.name} AS SELECT b.place, CASE "
        "WHEN s.version_from IS NULL THEN 'new' WHEN b.observed_at < s.observed_at THEN 'stale' "
        f"WHEN {_differ(held.watched)} THEN 'changed' WHEN {_differ(held.quiet)} THEN 'refreshed' "
        f"ELSE 'same' END AS verdict, {was} "
        f"FROM staged_{held.name} AS b LEFT JOIN {held.name} AS s ON {held.match('b', 's')}"
    )


def _differ(names: tuple[str, ...]) -> str:
    return (
        " OR ".join(f"{_plain('b', name)} IS DISTINCT FROM {_plain('s', name)}" for name in names) or "false"
    )


def _plain(alias: str, name: str) -> str:
    """Write a column as it is compared: without the flags that the store itself sets and takes off."""
    column = f"{alias}.{quoted(name)}"
    if name != "flags":
        return column
    return without_flag(f"({without_flag(column, 'paid_twice')})", "refund_undated")


def _supersede(connection: duckdb.DuckDBPyConnection, held: Held, moment: dt.datetime) -> None:
    """Send the versions that changed to the ledger, and take them and those to be refreshed out."""
    key = ", ".join(f"b.{quoted(name)}" for name in held.key)
    among = f"SELECT {key} FROM staged_{held.name} AS b JOIN verdict_{held.name} AS v USING (place)"
    connection.execute(
        f"INSERT INTO {held.ledger} BY NAME SELECT s.*, {instant(moment)} AS version_to "
        f"FROM {held.name} AS s JOIN ({among} WHERE v.verdict = 'changed') AS b ON {held.match('b', 's')}"
    )
    reach("ledger written")
    connection.execute(
        f"DELETE FROM {held.name} AS s USING ({among} WHERE v.verdict IN ('changed', 'refreshed')) AS b "
        f"WHERE {held.match('b', 's')}"
    )


def _write(connection: duckdb.DuckDBPyConnection, held: Held, moment: dt.datetime) -> None:
    """Write the rows that are new or differ."""
    connection.execute(
        f"INSERT INTO {held.name} BY NAME SELECT {select_list(held, 'b', _kept(held))}, "
        f"CASE v.verdict WHEN 'refreshed' THEN v.was_version_from ELSE {instant(moment)} END AS version_from "
        f"FROM staged_{held.name} AS b JOIN verdict_{held.name} AS v USING (place) "
        f"WHERE v.verdict IN ('new', 'changed', 'refreshed'){_order(connection, held)}"
    )


def _order(connection: duckdb.DuckDBPyConnection, held: Held) -> str:
    """Write the order in which rows are written: by age, so that the young, asked for again, stand together.

    Many rows that came in the order of their age, or in its reverse, stay as they came: to sort a million
    takes as long as to write them.
    """
    if held.clock:
        row = one_row(
            connection, f"SELECT count(*), abs(corr(epoch_us({held.clock}), place)) FROM staged_{held.name}"
        )
        if row and row[0] > _MANY and (row[1] or 0) > _IN_ORDER:
            return ""
    return " ORDER BY " + ", ".join(f"b.{quoted(name)}" for name in held.table.sort)


def _kept(held: Held) -> dict[str, str]:
    """Write the columns that a new version takes from the one before it."""
    if held.name == "withdrawals":  # it stays with the shop that was asked first
        return {"shop_id": "coalesce(v.was_shop_id, b.shop_id)"}
    if held.name != "orders":
        return {}
    seen = (
        f"CASE WHEN b.status <> {REFUNDED} THEN NULL "
        f"WHEN v.was_status = {REFUNDED} THEN v.was_refund_first_seen_at "
        "WHEN v.was_status IS NOT NULL OR b.shop_id IN (SELECT c.shop_id FROM coverage AS c "
        "WHERE c.list = 'orders' AND c.until IS NULL) THEN b.observed_at END"
    )
    dated = without_flag("b.flags", "refund_undated")
    return {
        "first_seen_at": "coalesce(v.was_first_seen_at, b.first_seen_at)",
        "refund_first_seen_at": seen,
        "flags": f"CASE WHEN ({seen}) IS NULL THEN b.flags ELSE {dated} END",
    }


def _mark_seen(connection: duckdb.DuckDBPyConnection, held: Held) -> None:
    """Say when the rows that did not change were last observed; they stay where they are."""
    key = ", ".join(f"b.{quoted(name)}" for name in held.key)
    connection.execute(
        f"UPDATE {held.name} AS s SET observed_at = b.observed_at "
        f"FROM (SELECT {key}, b.observed_at FROM staged_{held.name} AS b "
        f"JOIN verdict_{held.name} AS v USING (place) WHERE v.verdict = 'same') AS b "
        f"WHERE {held.match('b', 's')} AND s.observed_at < b.observed_at"
    )


def _append(connection: duckdb.DuckDBPyConnection, moment: dt.datetime, brought: Staged) -> None:
    """Add the balances, and the records in quarantine in place of the same ones."""
    if brought.rows.get("balances"):
        held = HELD["balances"]
        connection.execute(
            f"INSERT INTO balances BY NAME SELECT {select_list(held, 'b')}, "
            f"{instant(moment)} AS version_from FROM staged_balances AS b "
            f"ANTI JOIN balances AS s ON {held.match('b', 's')} ORDER BY b.place"
        )
    if brought.rows.get("quarantine"):
        held = HELD["quarantine"]
        connection.execute(
            'CREATE TEMP TABLE met AS SELECT s.raw, s."table", s.version_from FROM quarantine AS s '
            f"SEMI JOIN staged_quarantine AS b ON {held.match('b', 's')}"
        )
        connection.execute(f"DELETE FROM quarantine AS s USING met AS b WHERE {held.match('b', 's')}")
        connection.execute(
            f"INSERT INTO quarantine BY NAME SELECT {select_list(held, 'b')}, "
            f"coalesce(m.version_from, {instant(moment)}) AS version_from FROM staged_quarantine AS b "
            f"LEFT JOIN met AS m ON {held.match('b', 'm')} ORDER BY b.place"
        )


def _counts(connection: duckdb.DuckDBPyConnection, held: Held) -> dict[str, Counts]:
    rows = connection.execute(
        "SELECT b.shop_id, count(*) FILTER (v.verdict = 'new'), count(*) FILTER (v.verdict = 'changed'), "
        f"count(*) FROM staged_{held.name} AS b JOIN verdict_{held.name} AS v USING (place) GROUP BY ALL "
        "ORDER BY ALL"
    ).fetchall()
    return {shop: Counts(new, changed, every - new - changed) for shop, new, changed, every in rows}


def _write_run(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    merged: Merged,
    report: Mapping[str, Any],
    *,
    before: str,
) -> None:
    """Write the run down, with what it covered."""
    counts = {
        **{
            name: {shop: vars_of(one) for shop, one in shops.items()} for name, shops in merged.counts.items()
        },
        "quarantined": merged.quarantined,
    }
    moments = [
        moment.astimezone(dt.UTC).isoformat() for moment in (merged.moment, run.started_at, run.finished_at)
    ]
    checksum = chained(before, merged.run, run.run_id, run.kind, *moments, run.complete, to_json(counts))
    connection.execute(
        "INSERT INTO runs VALUES (?, ?, ?, ?::TIMESTAMPTZ, ?::TIMESTAMPTZ, ?::TIMESTAMPTZ, ?, ?, ?, ?, ?)",
        [
            merged.run,
            run.run_id,
            run.kind,
            *moments,
            run.complete,
            to_json(counts),
            to_json(run.evidence),
            to_json(report),
            checksum,
        ],
    )
    for one in run.coverage:
        bounds = [
            one.since and one.since.isoformat(),
            one.since_id,
            one.until and one.until.isoformat(),
            one.until_id,
        ]
        connection.execute(
            "INSERT INTO coverage VALUES (?, ?, ?, ?::TIMESTAMPTZ, ?, ?::TIMESTAMPTZ, ?)",
            [
                merged.run,
                one.shop_id,
                one.list,
                *(value if value is None else str(value) for value in bounds),
            ],
        )
    for (shop_id, name), ids in run.lookups.items():
        connection.register("asked", pa.table({"id": pa.array([str(one) for one in ids], pa.string())}))
        connection.execute("INSERT INTO lookups SELECT ?, ?, ?, id FROM asked", [merged.run, shop_id, name])
        connection.unregister("asked")


def vars_of(counts: Counts) -> dict[str, int]:
    """Give counts as a dictionary."""
    return {"new": counts.new, "changed": counts.changed, "unchanged": counts.unchanged}


def to_json(value: Mapping[str, Any]) -> str:
    """Write what a run says of itself; moments and decimals become text."""
    return json.dumps(value, ensure_ascii=False, default=str)
