"""The tables of the file, made from the schemas: what is latest, what was before, what is known of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tegro_analytics import schemas
from tegro_analytics.schemas import Kind

__all__ = ["HELD", "HELD_NAMES", "LEDGERS", "Held", "columns_of", "create_tables", "quoted"]

_TYPES: Final[dict[Kind, str]] = {
    "text": "VARCHAR",
    "int": "BIGINT",
    "bool": "BOOLEAN",
    "money": f"DECIMAL({schemas.MONEY_DIGITS},{schemas.MONEY_SCALE})",
    "instant": "TIMESTAMPTZ",
    "date": "DATE",
}


@dataclass(frozen=True)
class Held:
    """Say how a table of the schemas is kept.

    Attributes
    ----------
    table : Table
        The schema. Its column ``as_of`` is not stored: it is told anew for each reading.
    key : tuple of str
        What a record is known by; empty where every row is one of its own.
    watched : tuple of str
        The columns whose change makes a new version, and sends the old one to the ledger.
    quiet : tuple of str
        Further columns whose change is taken over without a new version: names that the reference gives, and
        fields that the schema does not know.
    clock : str or None
        The instant by which ``since`` and ``until`` choose.
    """

    table: schemas.Table
    key: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    clock: str | None = None

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def stored(self) -> tuple[schemas.Column, ...]:
        """List the columns of the schema that are stored."""
        return tuple(column for column in self.table.columns if column.name != "as_of")

    @property
    def names(self) -> list[str]:
        """List the names of the columns that are stored."""
        return [column.name for column in self.stored]

    @property
    def ledger(self) -> str:
        """Name the table of the versions that were superseded."""
        return f"{self.name}_ledger"

    def match(self, left: str, right: str) -> str:
        """Write the condition that two rows are of one record; nulls are the same as nulls.

        Examples
        --------
        >>> HELD["orders"].match("a", "b")
        'a."shop_id" = b."shop_id" AND a."id" = b."id"'
        """
        pairs = [
            (quoted(name), "IS NOT DISTINCT FROM" if self.table.by_name[name].nullable else "=")
            for name in self.key
        ]
        return " AND ".join(f"{left}.{name} {equals} {right}.{name}" for name, equals in pairs)


HELD: Final[dict[str, Held]] = {
    held.name: held
    for held in (
        Held(
            schemas.ORDERS,
            key=("shop_id", "id"),
            watched=(
                "status",
                "amount",
                "fee",
                "paid_text",
                "created_text",
                "payment_id",
                "email",
                "payment_system_id",
                "currency_id",
                "is_test",
            ),
            quiet=(
                "status_name",
                "currency",
                "payment_system",
                "family",
                "rail",
                "customer",
                "extra",
                "flags",
            ),
            clock="created_at",
        ),
        # The same withdrawal may be shown to each shop of an account: the shop is not what it is known by.
        Held(
            schemas.WITHDRAWALS,
            key=("id", "created_at"),
            watched=(
                "payment_id",
                "status",
                "done_at",
                "amount",
                "fee",
                "currency",
                "payment_system_id",
                "account",
                "extra",
            ),
            clock="created_at",
        ),
        Held(
            schemas.SHOPS,
            key=("id",),
            watched=("shop_id", "name", "url", "status", "desc"),
            quiet=("added_at",),
        ),
        Held(schemas.BALANCES, key=("user_id", "currency", "observed_at"), clock="observed_at"),
        Held(schemas.QUARANTINE, key=("table", "raw"), clock="observed_at"),
    )
}
"""How each table is kept, by its name."""

HELD_NAMES: Final = tuple(HELD)
LEDGERS: Final = tuple(held for held in HELD.values() if held.watched)
"""The tables that have a ledger."""

_INSIDE: Final[dict[str, str]] = {
    "meta": "name VARCHAR NOT NULL, value VARCHAR NOT NULL",
    "runs": (
        "number BIGINT NOT NULL, run_id VARCHAR NOT NULL, kind VARCHAR NOT NULL, moment TIMESTAMPTZ NOT "
        "NULL, started_at TIMESTAMPTZ NOT NULL, finished_at TIMESTAMPTZ NOT NULL, complete BOOLEAN NOT NULL, "
        "counts VARCHAR NOT NULL, evidence VARCHAR NOT NULL, report VARCHAR NOT NULL, checksum VARCHAR NOT "
        "NULL"
    ),
    "coverage": (
        "run BIGINT NOT NULL, shop_id VARCHAR NOT NULL, list VARCHAR NOT NULL, since TIMESTAMPTZ, "
        "since_id VARCHAR, until TIMESTAMPTZ, until_id VARCHAR"
    ),
    "lookups": "run BIGINT NOT NULL, shop_id VARCHAR NOT NULL, list VARCHAR NOT NULL, id VARCHAR NOT NULL",
    "tombstones": "mark VARCHAR NOT NULL, forgotten_at TIMESTAMPTZ NOT NULL",
}
"""The tables that no schema describes. Coverage is a stretch of a list; without bounds it is all of it."""


def quoted(name: str) -> str:
    """Quote a name for SQL.

    Examples
    --------
    >>> quoted("table")
    '"table"'
    """
    return '"' + name.replace('"', '""') + '"'


def create_tables() -> list[str]:
    """Write the statements that make every table of the current schema.

    There is no index: deleting by key and inserting in one transaction is faster and smaller, and nothing of
    it has to be replayed after a crash.
    """
    statements = []
    for held in HELD.values():
        definition = ", ".join([*columns_of(held), "version_from TIMESTAMPTZ NOT NULL"])
        statements.append(f"CREATE TABLE {held.name} ({definition})")
        if held.watched:
            statements.append(f"CREATE TABLE {held.ledger} ({definition}, version_to TIMESTAMPTZ NOT NULL)")
    statements += [f"CREATE TABLE {name} ({definition})" for name, definition in _INSIDE.items()]
    return statements


def columns_of(held: Held) -> list[str]:
    """Write the definition of each stored column."""
    return [
        f"{quoted(column.name)} {_TYPES[column.kind]}{'' if column.nullable else ' NOT NULL'}"
        for column in held.stored
    ]
