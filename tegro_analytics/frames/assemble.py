"""Batches to one table: the latest observation of each record, in the order of the schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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


def assemble(batches: Iterable[pa.Table], schema: pa.Schema, *, sort: Sequence[str]) -> pa.Table:
    """Join batches, keep the row of the latest request for each id, and sort.

    Of two rows of one request the later one is kept. The columns are put in order one after the other, each
    freed from the batches as it is done: the table is there once, not three times, if nobody else holds it.
    """
    pieces: dict[str, list[pa.Array]] = {name: [] for name in schema.names}
    for batch in batches:
        for name in schema.names:
            pieces[name].extend(batch[name].chunks)
    whole = {name: pa.chunked_array(pieces.pop(name), schema.field(name).type) for name in schema.names}
    order = _order(whole, sort)
    arrays = [one_chunk(whole.pop(name).take(order)) for name in schema.names]
    return pa.Table.from_arrays(arrays, schema=schema)


def _order(columns: Mapping[str, pa.ChunkedArray], sort: Sequence[str]) -> pa.Array:
    """Number the rows that are kept, in the order of the table."""
    keys = pa.table({name: columns[name] for name in sort})
    kept = _latest(one_chunk(columns["id"]), one_chunk(columns["observed_at"]))
    directions = [(name, "ascending") for name in sort]
    if kept is None:
        return pc.sort_indices(keys, sort_keys=directions)
    return kept.take(pc.sort_indices(keys.take(kept), sort_keys=directions))


def one_chunk(array: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Give a column as one array; what is one already is not copied, as ``combine_chunks`` would."""
    if isinstance(array, pa.Array):
        return array
    if array.num_chunks == 1:
        return array.chunk(0)
    return pa.concat_arrays([*array.chunks, pa.array([], array.type)])


def _latest(ids: pa.Array, observed: pa.Array) -> pa.Array | None:
    """Choose for each id the row that was observed last; None where no id occurs twice."""
    encoded = ids.dictionary_encode()
    if len(encoded.dictionary) == len(ids):
        return None
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    order = np.lexsort((observed.cast(pa.int64()).to_numpy(), codes))  # stable: the later row stays later
    last = np.append(np.diff(codes[order]) != 0, True)
    return pa.array(np.sort(order[last]))


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
