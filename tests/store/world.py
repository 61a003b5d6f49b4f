"""Runs over literal records, hour by hour, as a sync would hand them to the store."""

from __future__ import annotations

import atexit
import datetime as dt
import functools
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import pyarrow as pa

from tegro_analytics.frames import orders_table, withdrawals_table
from tegro_analytics.store import Basis, Coverage, Merged, Owner, Run, Store, mark_of_salt
from tests.frames.wire import REFERENCE, SENT, context, page, record

SHOP = "SHOP"
OWNER = Owner("https://tegro.money", 5)
BASIS = Basis("Europe/Moscow", "Europe/Moscow", mark_of_salt(b"salt"))


def hour(number: float) -> dt.datetime:
    """Give the moment so many hours after the first request."""
    return SENT + dt.timedelta(hours=number)


def order(id: int, **fields: Any) -> bytes:  # noqa: A002
    """Write an order of March; with ``status=0`` it is not paid yet."""
    if fields.get("status") == 0:
        fields.setdefault("date_payed", None)
    return record(id, **{"email": f"payer{id}@site.ru", **fields})


def orders(*records: bytes, at: float = 0, shop_id: str = SHOP, zone: str = "Europe/Moscow") -> pa.Table:
    """Make the canonical orders of records that were asked for at an hour."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        decoded = orders_table(
            [page(*records, seconds=at * 3600)], context(zone, shop_id=shop_id), as_of=hour(at)
        )
    return decoded.table


def withdrawals(*records: bytes, at: float = 0, shop_id: str = SHOP) -> pa.Table:
    """Make the canonical withdrawals of records that were asked for at an hour."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        decoded = withdrawals_table(
            [page(*records, seconds=at * 3600)], context(shop_id=shop_id), as_of=hour(at)
        )
    return decoded.table


def run(at: float, *, shops: tuple[str, ...] = (SHOP,), **changes: Any) -> Run:
    """Describe a complete run that began at an hour and took a minute."""
    whole = tuple(Coverage(shop, name) for shop in shops for name in ("orders", "withdrawals"))
    return Run(
        **{
            "run_id": f"run-{at}",
            "kind": "full",
            "started_at": hour(at),
            "finished_at": hour(at) + dt.timedelta(minutes=1),
            "owner": OWNER,
            "basis": BASIS,
            "coverage": whole,
            **changes,
        }
    )


def store_in(folder: Path, **options: Any) -> Store:
    """Give an empty store that does not wait for others long: a copy, which is quicker than a new one."""
    if not (folder / "store").exists():
        shutil.copytree(_empty_store(), folder / "store")
    return new_store_in(folder, **options)


def new_store_in(folder: Path, **options: Any) -> Store:
    """Give a store of which there is no file yet."""
    return Store(folder / "store", **{"reference": REFERENCE, "patience": 5, **options})


@functools.cache
def _empty_store() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="tegro-store-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with new_store_in(folder).writing("make"):
        pass
    return folder / "store"


def merge(store: Store, at: float, *records: bytes, **changes: Any) -> Merged:
    """Merge a run over some orders of one shop."""
    return store.merge(run(at, **changes), {"orders": orders(*records, at=at)})


def rows(table: pa.Table, *names: str) -> list[Any]:
    """Give some columns, row by row; of one column the plain values."""
    if len(names) == 1:
        found: list[Any] = table[names[0]].to_pylist()
        return found
    return [tuple(row[name] for name in names) for row in table.to_pylist()]
