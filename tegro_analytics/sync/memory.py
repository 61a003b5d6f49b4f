"""What a run asks of the store; :class:`tegro_analytics.store.Store` is one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from tegro_analytics.store import Basis, Due, ListState, Merged, Owner, Run

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Memory"]


class Memory(Protocol):
    """Remember what runs have read; the methods are those of :class:`tegro_analytics.store.Store`."""

    def refuse_other(self, owner: Owner, basis: Basis) -> None:
        """Refuse another's data before anything is read."""

    def list_state(self, shop_id: str, name: str) -> ListState:
        """Say what the runs know of a list."""

    def all_known(self, rows: Mapping[str, pa.Table]) -> bool:
        """Tell whether every row is there just as it is."""

    def due(self, shop_id: str, *, now: dt.datetime, open_codes: tuple[int, ...], most: int) -> Due:
        """List the open orders that are due to be looked up."""

    def merge(
        self,
        run: Run,
        staged: Mapping[str, pa.Table | pa.RecordBatchReader],
        *,
        report: Callable[[Merged], Mapping[str, Any]] | None = None,
    ) -> Merged:
        """Merge what a finished run read."""
