"""A receipt beside the store: what it held when it was last closed, so that an older file is noticed.

A file that is copied without its write-ahead log, or put back from an old copy, loses runs without a word.
The receipt stands in a file of its own and says how far the store had come.
"""

# ruff: noqa: S608  every name in the SQL is a constant of the schemas; values are parameters, or quoted

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from pathlib import Path

import duckdb
import msgspec

from tegro_analytics.exceptions import StoreRolledBack
from tegro_analytics.store import files
from tegro_analytics.store.failpoints import reach
from tegro_analytics.store.meta import read_meta
from tegro_analytics.store.sql import one_row
from tegro_analytics.store.tables import HELD

__all__ = ["Receipt", "chained", "compare", "draw", "load", "refuse_missing", "save"]

log = logging.getLogger("tegro_analytics")


class Receipt(msgspec.Struct, frozen=True):
    """Say what a store held.

    Attributes
    ----------
    store : str
        The own name of the file.
    run, run_id, moment
        The last run: its number, its name and its moment; 0 and None before the first.
    checksum : str
        Checksum of the table of runs up to the last one.
    rewritten : int
        How often the file was rewritten as a whole.
    rows : dict
        Rows of each table.
    newest_id : int or None
        The largest id of an order.
    written_at : datetime
        When the receipt was written (UTC).
    """

    store: str
    run: int
    run_id: str | None
    moment: dt.datetime | None
    checksum: str
    rewritten: int
    rows: dict[str, int]
    newest_id: int | None
    written_at: dt.datetime


def chained(before: str, *values: object) -> str:
    """Add a run to the checksum of the runs before it.

    Examples
    --------
    >>> chained("", 1, "a1b2") == chained("", 1, "a1b2"), chained("x", 1) == chained("", 1)
    (True, False)
    """
    text = "\n".join([before, *(str(value) for value in values)])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def draw(connection: duckdb.DuckDBPyConnection) -> Receipt:
    """Make the receipt of a store as it is now."""
    meta = read_meta(connection)
    last = one_row(
        connection, "SELECT number, run_id, moment::VARCHAR, checksum FROM runs ORDER BY number DESC LIMIT 1"
    )
    number, run_id, moment, checksum = last or (0, None, None, "")
    counts = ", ".join(f"(SELECT count(*) FROM {name})" for name in HELD)
    *rows, newest = one_row(connection, f"SELECT {counts}, (SELECT max(id) FROM orders)") or ()
    return Receipt(
        store=meta["store"],
        run=number,
        run_id=run_id,
        moment=dt.datetime.fromisoformat(moment) if moment else None,
        checksum=checksum,
        rewritten=int(meta["rewritten"]),
        rows=dict(zip(HELD, rows, strict=True)),
        newest_id=newest,
        written_at=dt.datetime.now(dt.UTC).replace(microsecond=0),
    )


def save(path: Path, receipt: Receipt) -> None:
    """Put a receipt in the place of the one before, whole or not at all."""
    draft = files.write_file(path, msgspec.json.format(msgspec.json.encode(receipt), indent=2))
    reach("receipt drafted")
    files.place(draft, path)
    reach("receipt in place")


def load(path: Path) -> Receipt | None:
    """Read the receipt; None where there is none, or none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Receipt)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError:
        log.warning("%s cannot be read; the next run writes a new one.", path)
        return None


def compare(connection: duckdb.DuckDBPyConnection, receipt: Receipt | None, path: Path) -> None:
    """Refuse a store that is older than its receipt, or another one; one that is newer is right.

    A run that was killed between its commit and its receipt leaves a store that is newer.

    Raises
    ------
    StoreRolledBack
        With what is missing, and the mend. Nothing was changed.
    """
    if receipt is None:
        return
    meta = read_meta(connection)
    if meta["store"] != receipt.store:
        raise StoreRolledBack(
            f"{path} is not the file that its receipt was written for, but another store. Nothing was "
            "changed. " + _mend(path)
        )
    row = one_row(connection, "SELECT checksum FROM runs WHERE number = ?", [receipt.run])
    whole = receipt.run == 0 or (row is not None and row[0] == receipt.checksum)
    if whole and int(meta["rewritten"]) >= receipt.rewritten:
        return
    last = one_row(connection, "SELECT max(number), max(moment)::VARCHAR FROM runs") or (None, None)
    raise StoreRolledBack(
        f"{path} is older than its receipt. The file ends with run {last[0] or 0} ({last[1] or 'none'}); it "
        f"held run {receipt.run} ({receipt.moment or 'none'}) on {receipt.written_at}. It may have been "
        f"copied without its .wal file, or put back from an old copy. Nothing was changed. {_mend(path)}"
    )


def refuse_missing(receipt: Receipt | None, path: Path) -> None:
    """Refuse to begin a new store where a receipt says that there was one.

    Raises
    ------
    StoreRolledBack
        Nothing was changed.
    """
    if receipt is not None and receipt.run:
        raise StoreRolledBack(
            f"{path} is gone: its receipt says that it held run {receipt.run} of {receipt.moment}, and "
            f"{receipt.rows.get('orders', 0)} orders. Nothing was changed. {_mend(path)}"
        )


def _mend(path: Path) -> str:
    return (
        "Put the newer file back, together with its .wal file if it has one. If there is none, accept what "
        f"is there (Store.accept): {path.name} is used as it is, and a full sync brings the orders up to "
        "date; what changed in the meantime cannot be told any more."
    )
