"""What a run asks of the store before it reads, and what others ask of its runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pyarrow as pa

from tegro_analytics.store import progress
from tegro_analytics.store.meta import read_meta, refuse_other
from tegro_analytics.store.opening import StoreFile
from tegro_analytics.store.progress import Due, ListState
from tegro_analytics.store.runs import Basis, Owner
from tegro_analytics.store.status import KnownRun

__all__ = ["Knowing"]


class Knowing:
    """Tell a run what the runs before it know; the half of a store that plans go by."""

    _file: StoreFile

    def list_state(self, shop_id: str, name: str) -> ListState:
        """Say what the runs know of a list of a shop: the last that read it, the last that read all of it."""
        if not self._file.exists():
            return ListState()
        with self._file.reading() as connection:
            return progress.list_state(connection, shop_id, name)

    def all_known(self, rows: Mapping[str, pa.Table]) -> bool:
        """Tell whether every row of ``orders``, ``withdrawals``, ``quarantine`` is there just as it is."""
        if not self._file.exists():
            return not any(table.num_rows for table in rows.values())
        with self._file.reading() as connection:
            return progress.all_known(connection, rows)

    def due(self, shop_id: str, *, now: dt.datetime, open_codes: tuple[int, ...], most: int) -> Due:
        """List the open orders of a shop that are due to be looked up one by one, at most so many.

        Most orders that are paid at all are paid soon. So an open order is due when its age passes 2, 4, 8,
        16 … days and it was not observed since: often while it is young, ever more rarely, never given up.
        Those that are due longest come first.
        """
        if not self._file.exists():
            return Due()
        with self._file.reading() as connection:
            return progress.due(connection, shop_id, now=now, open_codes=open_codes, most=most)

    def refuse_other(self, owner: Owner, basis: Basis) -> None:
        """Refuse before anything is read what :meth:`merge` would refuse in the end.

        Raises
        ------
        WrongStore
            If the store belongs to another account or server.
        StoreError
            If its rows were made with another salt or other zones.
        """
        if self._file.exists():
            with self._file.reading() as connection:
                refuse_other(read_meta(connection), owner, basis, self._file.path)

    def stamp(self) -> int:
        """Give a number that is another one after each run; 0 where there is no store."""
        try:
            return self._file.receipt_path.stat().st_mtime_ns
        except OSError:
            return 0

    def last_of(self, shop_id: str, *, at: dt.datetime | None = None) -> KnownRun | None:
        """Give the last run that read a shop, up to a moment if one is given; it need not have come far."""
        if not self._file.exists():
            return None
        with self._file.reading() as connection:
            return progress.last_of(connection, shop_id, at)
