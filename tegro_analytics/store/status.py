"""What can be said of a store without reading its rows."""

# ruff: noqa: S608  every name in the SQL is a constant of the schemas; values are parameters, or quoted

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from tegro_analytics.schemas import arrow_types
from tegro_analytics.store.meta import basis_of, owner_of, read_meta
from tegro_analytics.store.runs import Basis, Owner
from tegro_analytics.store.sql import one_row
from tegro_analytics.store.tables import HELD, LEDGERS

__all__ = ["RUN_COLUMNS", "KnownRun", "StoreStatus", "last_run", "run_of", "runs", "status"]


@dataclass(frozen=True)
class KnownRun:
    """Describe a run that was merged.

    Attributes
    ----------
    number, run_id, kind, complete
        Its number in this store, its name, what it was, and whether it read every list as far as it had to.
    moment, started_at, finished_at
        From when on what it brought is known; when it began and ended (UTC).
    counts, evidence, report
        What was merged, what was seen of the API, and the report.
    """

    number: int
    run_id: str
    kind: str
    complete: bool
    moment: dt.datetime
    started_at: dt.datetime
    finished_at: dt.datetime
    counts: dict[str, Any]
    evidence: dict[str, Any]
    report: dict[str, Any]


@dataclass(frozen=True)
class StoreStatus:
    """Say what a store holds.

    Attributes
    ----------
    path, size
        The file, and its bytes; 0 where there is none yet.
    schema_version, library_schema_version
        How many steps of the schema were done to the file, and how many this version knows.
    owner, basis
        Whose data it is, and what its rows were made with; None before the first run.
    reference : str
        Mark of the reference that gave the names; another one than today's means that names are stale.
    runs, first_run, last_run
        How many runs there were; the moment of the first; the last one.
    rows, superseded
        Rows of each table, and of each ledger.
    forgotten : int
        How many people were forgotten.
    """

    path: Path
    size: int
    schema_version: int
    library_schema_version: int
    owner: Owner | None = None
    basis: Basis | None = None
    reference: str = ""
    runs: int = 0
    first_run: dt.datetime | None = None
    last_run: KnownRun | None = None
    rows: dict[str, int] | None = None
    superseded: dict[str, int] | None = None
    forgotten: int = 0


def status(connection: duckdb.DuckDBPyConnection, path: Path, *, known: int) -> StoreStatus:
    """Look a store over; see :meth:`Store.status`."""
    meta = read_meta(connection)
    first = one_row(connection, "SELECT count(*), min(moment)::VARCHAR FROM runs") or (0, None)
    return StoreStatus(
        path=path,
        size=path.stat().st_size,
        schema_version=_count(connection, "migrations"),
        library_schema_version=known,
        owner=owner_of(meta),
        basis=basis_of(meta),
        reference=meta.get("reference", ""),
        runs=first[0],
        first_run=_moment(first[1]) if first[1] else None,
        last_run=last_run(connection),
        rows={name: _count(connection, name) for name in HELD},
        superseded={held.name: _count(connection, held.ledger) for held in LEDGERS},
        forgotten=_count(connection, "tombstones"),
    )


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = one_row(connection, f"SELECT count(*) FROM {table}")
    return int(row[0]) if row else 0


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)


def last_run(connection: duckdb.DuckDBPyConnection) -> KnownRun | None:
    """Give the last run that was merged; None before the first."""
    row = one_row(connection, f"SELECT {RUN_COLUMNS} FROM runs ORDER BY number DESC LIMIT 1")
    return run_of(row) if row else None


RUN_COLUMNS: Final = (
    "number, run_id, kind, complete, moment::VARCHAR, started_at::VARCHAR, finished_at::VARCHAR, counts, "
    "evidence, report"
)
"""What :func:`run_of` takes, in this order."""


def run_of(row: tuple[Any, ...]) -> KnownRun:
    """Make a run of the row of its table."""
    number, run_id, kind, complete, *rest = row
    moment, started_at, finished_at = map(_moment, rest[:3])
    counts, evidence, report = map(json.loads, rest[3:])
    return KnownRun(number, run_id, kind, complete, moment, started_at, finished_at, counts, evidence, report)


def runs(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Give every run, the first one first; see :meth:`Store.runs`."""
    types = arrow_types()
    instant = types["instant"]
    schema = pa.schema(
        [
            pa.field("number", types["int"], nullable=False),
            pa.field("run_id", types["text"], nullable=False),
            pa.field("kind", types["text"], nullable=False),
            *(pa.field(name, instant, nullable=False) for name in ("moment", "started_at", "finished_at")),
            pa.field("complete", types["bool"], nullable=False),
            *(pa.field(name, types["text"], nullable=False) for name in ("counts", "evidence", "report")),
        ]
    )
    names = ", ".join(schema.names)
    return connection.sql(f"SELECT {names} FROM runs ORDER BY number").to_arrow_table().cast(schema)
