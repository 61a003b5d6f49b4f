"""Walk over a table some thousand rows at a time, however finely it is cut."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

__all__ = ["in_batches", "one_batch"]


def in_batches(table: pa.Table, rows: int) -> Iterator[pa.RecordBatch]:
    """Give the rows in order, ``rows`` at a time; the last batch has what is left."""
    for start in range(0, table.num_rows, rows):
        yield one_batch(table.slice(start, rows))


def one_batch(table: pa.Table) -> pa.RecordBatch:
    """Make one batch of a small table."""
    columns = [
        pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
        for column in table.columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=table.schema)
