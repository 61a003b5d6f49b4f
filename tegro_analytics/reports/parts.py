"""Write rows that come in any order as Parquet files of a sane size, in memory that does not grow.

Rows wait until they are many, then the longest wait is over first. A folder whose rows came in too many small
files, because months were mixed, is put together at the end.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["PART", "ROW_GROUP", "Parts", "private_file"]

PART = re.compile(r"part-\d{5,}\.parquet", re.ASCII)
ROW_GROUP = 122_880  # what DuckDB writes; some tens of MB in memory, so that engines can share the work
_WAITING = 96 << 20  # bytes of rows that wait
_SMALL = ROW_GROUP // 2
_BINARY = getattr(os, "O_BINARY", 0)  # Windows


class Parts:
    """Take rows, each for a folder, and write them as ``part-00000.parquet`` and so on in that folder."""

    def __init__(self, root: Path, schema: pa.Schema) -> None:
        self._root, self._schema = root, schema
        self._waiting: dict[str, list[pa.Table]] = {}
        self._sizes: dict[str, int] = {}
        self._written: dict[str, list[int]] = {}
        """How many rows each file of a folder has."""

    def add(self, folder: str, rows: pa.Table) -> None:
        """Take rows for a folder; ``""`` is the root."""
        self._waiting.setdefault(folder, []).append(rows)
        self._sizes[folder] = self._sizes.get(folder, 0) + rows.nbytes
        if sum(self._sizes.values()) > _WAITING:
            self._write_longest()

    def finish(self, *, unless_only: str) -> int:
        """Write what waits, and give the number of rows.

        Rows of the folder ``unless_only`` go to the root where no other folder is: of a key that is missing
        in every row, pyarrow cannot tell the type. Without rows there is one file without rows.
        """
        for folder in list(self._waiting):
            self._write(folder)
        for folder, counts in self._written.items():
            if len(counts) > 1 and sum(counts) < len(counts) * _SMALL:
                self._put_together(folder, len(counts))
        if not self._written:
            self._write_file("", 0, [self._schema.empty_table()])
        if list(self._written) == [unless_only]:
            for path in sorted((self._root / unless_only).iterdir()):
                path.rename(self._root / path.name)
            (self._root / unless_only).rmdir()
        return sum(map(sum, self._written.values()))

    def _write_longest(self) -> None:
        """Write the folders with the most rows, until half of the room is free."""
        for folder in sorted(self._sizes, key=self._sizes.__getitem__, reverse=True):
            if sum(self._sizes.values()) <= _WAITING // 2:
                return
            self._write(folder)

    def _write(self, folder: str) -> None:
        counts = self._written.setdefault(folder, [])
        rows = pa.concat_tables(self._waiting.pop(folder))
        del self._sizes[folder]
        self._write_file(folder, len(counts), [rows])
        counts.append(rows.num_rows)

    def _write_file(self, folder: str, number: int, tables: Iterable[pa.Table]) -> None:
        place = self._root / folder
        place.mkdir(0o700, exist_ok=True)
        with (
            private_file(place / _name(number)) as file,
            pq.ParquetWriter(
                file,
                self._schema,
                compression="zstd",  # a quarter smaller than snappy; Spark reads both as it comes
                version="2.6",  # microseconds stay microseconds
                store_decimal_as_integer=True,
            ) as writer,
        ):
            for table in tables:
                writer.write_table(table, row_group_size=ROW_GROUP)

    def _put_together(self, folder: str, count: int) -> None:
        """Make one file of many small ones."""
        small = [self._root / folder / _name(number) for number in range(count)]
        self._write_file(folder, count, _gathered(small))
        for path in small:
            path.unlink()
        (self._root / folder / _name(count)).rename(small[0])


def _gathered(paths: list[Path]) -> Iterator[pa.Table]:
    """Read files one after the other; give row groups of full size."""
    held: list[pa.Table] = []
    rows = 0
    for path in paths:
        table = pq.read_table(path, partitioning=None)
        held, rows = [*held, table], rows + table.num_rows
        if rows >= ROW_GROUP:
            yield pa.concat_tables(held)
            held, rows = [], 0
    if held:
        yield pa.concat_tables(held)


def private_file(path: Path) -> BinaryIO:
    """Make a file that belongs to its owner alone."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600), "wb")


def _name(number: int) -> str:
    return f"part-{number:05}.parquet"
