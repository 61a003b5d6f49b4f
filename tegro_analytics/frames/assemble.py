"""Batches to one table: the latest observation of each record, in the order of the schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics import schemas
from tegro_analytics.frames.records import Problem

if TYPE_CHECKING:
    import datetime as dt


def empty(schema: schemas.Table) -> pa.Table:
    """Make a table without rows that has every column and type of its schema.

    Examples
    --------
    >>> empty(schemas.BALANCES).num_rows, empty(schemas.BALANCES).column_names
    (0, ['user_id', 'currency', 'balance', 'observed_at'])
    """
    return schema.arrow().empty_table()


def assemble(batches: Iterable[pa.Table], schema: schemas.Table) -> pa.Table:
    """Join batches, keep the row of the latest request for each id, and sort.

    Of two rows of one request the later one is kept: a page read again within one microsecond.
    """
    whole = pa.concat_tables([*batches, empty(schema)]).combine_chunks()
    kept = _latest(whole["id"].combine_chunks(), whole["observed_at"].combine_chunks())
    keys = [(name, "ascending") for name in schema.sort]
    if kept is not None:
        whole = whole.take(pa.array(kept))
    order = pc.sort_indices(whole, sort_keys=keys)
    if np.array_equal(order.to_numpy(), np.arange(len(order))):
        return whole
    return whole.take(order).combine_chunks()


def _latest(ids: pa.Array, observed: pa.Array) -> np.ndarray[Any, np.dtype[np.int64]] | None:
    """Choose for each id the row that was observed last; None where no id occurs twice."""
    encoded = ids.dictionary_encode()
    if len(encoded.dictionary) == len(ids):
        return None
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    order = np.lexsort((observed.cast(pa.int64()).to_numpy(), codes))  # stable: the later row stays later
    last = np.append(np.diff(codes[order]) != 0, True)
    return np.sort(order[last])


def looked_up(codes: pa.Array, name: Callable[[Any], str | None]) -> pa.Array:
    """Name codes: each different one is looked up once, a missing one too.

    Examples
    --------
    >>> looked_up(pa.array([1, 2, 1]), {1: "one", 2: "two"}.get).to_pylist()
    ['one', 'two', 'one']
    """
    encoded = codes.dictionary_encode(null_encoding="encode")
    names = pa.array([name(code) for code in encoded.dictionary.to_pylist()], pa.string())
    return names.take(encoded.indices)


class Quarantine:
    """Collect the records that could not be read: nothing of them is lost, nothing of them is counted."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._rows: list[dict[str, Any]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, problem: Problem, raw: bytes, *, page: int, row: int, observed_at: dt.datetime) -> None:
        """Set one record aside, with what is wrong and the JSON that it came as."""
        self._rows.append(
            {
                "table": self._table,
                "page": page,
                "row": row,
                "reason": problem.reason,
                "column": problem.field,
                "raw": raw.decode("utf-8", "backslashreplace"),
                "observed_at": observed_at,
            }
        )

    def table(self) -> pa.Table:
        """Make the quarantine table of what was collected, and begin anew."""
        rows, self._rows = self._rows, []
        return pa.Table.from_pylist(rows, schema=schemas.QUARANTINE.arrow())


def filled(schema: schemas.Table, columns: dict[str, pa.Array | Any], *, length: int) -> pa.Table:
    """Make a table of columns and of single values that stand in every row, in the order of the schema."""
    wanted = schema.arrow()
    arrays: Sequence[pa.Array] = [
        columns[field.name]
        if isinstance(columns[field.name], pa.Array)
        else pa.repeat(pa.scalar(columns[field.name], field.type), length)
        for field in wanted
    ]
    return pa.Table.from_arrays(list(arrays), schema=wanted)
