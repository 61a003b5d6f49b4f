"""The schema of the file, step by step: each has a name, is done whole or not at all, and leads forward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from tegro_analytics.exceptions import StoreNewer, WrongStore
from tegro_analytics.store.failpoints import reach
from tegro_analytics.store.meta import new_meta
from tegro_analytics.store.session import transaction
from tegro_analytics.store.sql import one_row
from tegro_analytics.store.tables import create_tables

__all__ = ["MIGRATIONS", "Migration", "migrate", "refuse_newer", "schema_version"]


@dataclass(frozen=True)
class Migration:
    """Hold one step: what it is called, and what it does to the file."""

    name: str
    apply: Callable[[duckdb.DuckDBPyConnection], None]


def _first_schema(connection: duckdb.DuckDBPyConnection) -> None:
    for statement in create_tables():
        connection.execute(statement)
    new_meta(connection)


MIGRATIONS: Final[tuple[Migration, ...]] = (Migration("first schema", _first_schema),)
"""Every step so far. The first one makes the tables of today's schemas, so that a later step finds what it
adds in a new file already: it says ``IF NOT EXISTS``. Steps are added at the end and never changed."""


def schema_version(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Count the steps that were done to the file; 0 for one that holds nothing yet.

    Raises
    ------
    WrongStore
        If it holds tables of somebody else.
    """
    try:
        row = one_row(connection, "SELECT max(migrations.number) FROM migrations, meta")
    except (duckdb.CatalogException, duckdb.BinderException):
        if one_row(connection, "SELECT 1 FROM duckdb_tables() LIMIT 1") is None:
            return 0
    else:
        if row and row[0]:
            return int(row[0])
    raise WrongStore(
        f"{path} is a DuckDB file, but no store of tegro_analytics. Nothing was changed. Move it away, or "
        "name another folder for the store (TEGRO_STORE)."
    )


def refuse_newer(version: int, migrations: Sequence[Migration], path: Path) -> None:
    """Refuse a file to which steps were done that are not known here.

    Raises
    ------
    StoreNewer
        Nothing was touched.
    """
    if version > len(migrations):
        raise StoreNewer(
            f"{path} was made by a newer version of tegro_analytics: its schema is {version}, and this "
            f"version knows {len(migrations)}. Nothing was changed. Bring the package up to date (pip "
            "install --upgrade tegro_analytics), or name another folder for the store (TEGRO_STORE)."
        )


def migrate(
    connection: duckdb.DuckDBPyConnection, path: Path, migrations: Sequence[Migration] = MIGRATIONS
) -> list[str]:
    """Do the steps that were not done yet, each in a transaction with a checkpoint after it.

    Returns
    -------
    list of str
        The names of the steps that were done now.

    Raises
    ------
    StoreNewer, WrongStore
        If the file is not one that these steps are for; nothing was touched.
    """
    version = schema_version(connection, path)
    refuse_newer(version, migrations, path)
    done = []
    for number, step in enumerate(migrations[version:], version + 1):
        with transaction(connection):
            reach("migration begun")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS migrations "
                "(number BIGINT NOT NULL, name VARCHAR NOT NULL, applied_at TIMESTAMPTZ NOT NULL)"
            )
            step.apply(connection)
            connection.execute("INSERT INTO migrations VALUES (?, ?, now())", [number, step.name])
            reach("migration written")
        reach("migration committed")
        connection.execute("CHECKPOINT")
        done.append(step.name)
    return done
