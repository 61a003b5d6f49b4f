"""The whole file written anew, row by row: without a person, or with its dates and names derived again.

What is not carried over is gone: DuckDB leaves the bytes of deleted rows in the file.
"""

# ruff: noqa: S608  every name in the SQL is a constant of the schemas; values are parameters, or quoted

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics import schemas
from tegro_analytics.frames.assemble import one_chunk
from tegro_analytics.frames.columns import ZERO_DATE
from tegro_analytics.frames.context import Context
from tegro_analytics.frames.derive import derive, settle
from tegro_analytics.frames.zones import known_zone, localize
from tegro_analytics.reference import Reference
from tegro_analytics.store.meta import basis_of, read_meta, write_meta
from tegro_analytics.store.opening import StoreFile
from tegro_analytics.store.paid_twice import mark_all_paid_twice
from tegro_analytics.store.people import Forgotten, mark_of
from tegro_analytics.store.runs import mark_of_reference

__all__ = ["Forgetting", "forget", "rederive"]

_ROWS: Final = 50_000
_LOCAL: Final = pa.timestamp("us")
_ORDERS: Final = ("orders", "orders_ledger")
_INSTANTS: Final = {
    "withdrawals": ("created_at", "done_at"),
    "withdrawals_ledger": ("created_at", "done_at"),
    "shops": ("added_at",),
    "shops_ledger": ("added_at",),
    "coverage": ("since", "until"),
}
"""Dates of the API of which no text is kept; those of the coverage bound what was read of a list."""


@dataclass(frozen=True)
class Forgetting:
    """Say what was done to forget a person.

    Attributes
    ----------
    values : int
        How many values were blanked.
    unreached : tuple of Path
        Files in the folder that may still hold the address, and that the store does not rewrite: logs that
        were moved aside. Backups elsewhere hold it too.
    """

    values: int
    unreached: tuple[Path, ...]


def forget(file: StoreFile, email: str) -> Forgetting:
    """Blank an address everywhere, and keep its mark; see :meth:`Store.forget`."""
    count = 0
    with file.rewriting("forget") as (old, new):
        before = Forgotten.of(old)
        mark = mark_of(email, before.salt)
        one = Forgotten(frozenset([mark]), before.salt)

        def blank(_: str, rows: pa.Table) -> pa.Table:
            nonlocal count
            clean, found = one.blank(rows)
            count += found
            return clean

        _copy(old, new, blank)
        if mark not in before.marks:
            new.execute("INSERT INTO tombstones VALUES (?, now())", [mark])
    left = [path for path in file.path.parent.iterdir() if path.name.startswith(f"{file.path.name}.wal.")]
    return Forgetting(count, tuple(sorted(left)))


def rederive(file: StoreFile, *, source_zone: str, report_zone: str, reference: Reference) -> None:
    """Derive dates and names of every row again; see :meth:`Store.rederive`."""
    context = Context("", known_zone(source_zone), known_zone(report_zone), reference, b"")
    with file.rewriting("rederive") as (old, new):
        basis = basis_of(read_meta(old))
        before = basis.source_zone if basis else source_zone

        def again(name: str, rows: pa.Table) -> pa.Table:
            if name in _ORDERS:
                return _derived(rows, context)
            return _moved(rows, _INSTANTS.get(name, ()), before=before, after=source_zone)

        _copy(old, new, again)
        if basis is not None:
            zones = {"source_zone": source_zone, "report_zone": report_zone}
            write_meta(new, {**zones, "reference": mark_of_reference(reference)})
        mark_all_paid_twice(new, paid=reference.codes("paid"))


def _copy(
    old: duckdb.DuckDBPyConnection,
    new: duckdb.DuckDBPyConnection,
    change: Callable[[str, pa.Table], pa.Table],
) -> None:
    """Carry every table over, its rows changed; orders in the order of their age."""
    names = [name for (name,) in old.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
    for name in names:
        new.execute(f"DELETE FROM {name}")  # what a new file says of itself
        order = " ORDER BY created_at, id" if name == "orders" else ""
        reader = old.sql(f"SELECT * FROM {name}{order}").to_arrow_reader(_ROWS)
        try:
            for batch in reader:
                new.register("chunk", change(name, pa.Table.from_batches([batch])))
                new.execute(f"INSERT INTO {name} BY NAME SELECT * FROM chunk")
                new.unregister("chunk")
        finally:
            reader.close()  # one that is left open keeps the file from being opened again


def _derived(rows: pa.Table, context: Context) -> pa.Table:
    """Derive the dates, names and flags of orders again from what was received."""
    columns = {name: one_chunk(rows[name]) for name in rows.column_names}
    zero = pc.fill_null(pc.equal(columns["paid_text"], ZERO_DATE), fill_value=False)
    paid = pc.if_else(zero, None, columns["paid_text"]).cast(_LOCAL)
    created = columns["created_text"].cast(_LOCAL)
    not_known = pc.match_substring(columns["flags"], "test_unknown")
    received: dict[str, Any] = {
        **{name: columns[name] for name in _RECEIVED},
        **settle(localize(created, context.source_zone), localize(paid, context.source_zone)),
        "paid_zero": zero,
        "is_test_int": pc.if_else(not_known, None, columns["is_test_int"]),
        "as_of": columns["observed_at"],
    }
    derived = derive(received, context=context).drop_columns(["as_of"])
    for name in rows.column_names:
        if name not in derived.column_names:
            derived = derived.append_column(name, rows[name])
    return derived


_RECEIVED: Final = (
    *(column.name for column in schemas.ORDERS.columns if column.api == column.name),
    *("shop_id", "customer", "extra", "created_text", "paid_text"),
    *("first_seen_at", "observed_at", "refund_first_seen_at"),
)


def _moved(rows: pa.Table, names: tuple[str, ...], *, before: str, after: str) -> pa.Table:
    """Read instants, of which no text is kept, as the same local times in another zone."""
    for name in names:
        local = pc.local_timestamp(one_chunk(rows[name]).cast(pa.timestamp("us", tz=before)))
        found = localize(local, after)
        # Of an hour that occurs twice, a stretch begins in the second one: it is rather too short.
        instants = found.second if name == "since" else found.instants
        place = rows.schema.get_field_index(name)
        rows = rows.set_column(place, rows.schema.field(place), instants)
    return rows
