"""Write a table as a data set: a folder of Parquet files, one sub-folder for each month.

This is what a cluster reads: PySpark, DuckDB, Polars and pyarrow take the folder as one table.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.exceptions import DataError, ExportError, MissingColumn
from tegro_analytics.reports.clocks import check_zone
from tegro_analytics.reports.folders import new_folder
from tegro_analytics.reports.masking import masked
from tegro_analytics.reports.parquet import MANIFEST, ZONE
from tegro_analytics.reports.parts import PART, Parts, private_file
from tegro_analytics.schemas import TABLES, Table

__all__ = ["write_dataset"]

_VERSION = 1
_AT_A_TIME = 65_536
_MONTH = re.compile(r"(?!0000)\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_MOST_BYTES = 65_536  # of a manifest: ours has some hundred

# The key of the folders is `month`, and `created_month` stays in the files. Were it the key, Polars would
# lose it with a glob, DuckDB with hive_partitioning = false and everyone in a single file; with one name in
# both places, pyarrow.parquet refuses to merge the text of the files with its dictionary of the folders. And
# what an engine guesses from the name of a folder (a date, a number) is of no weight then.
_KEY = "month"
_NO_MONTH = "__HIVE_DEFAULT_PARTITION__"  # the name that every engine reads as a missing key


def write_dataset(
    rows: pa.Table | pa.RecordBatchReader,
    folder: str | os.PathLike[str],
    *,
    schema: Table,
    zone: str | None = None,
    pii: bool = False,
    overwrite: bool = False,
) -> Path:
    """Write a table of the package as a partitioned Parquet data set, the columns for the engines included.

    Orders lie in folders ``month=2026-10``, by ``created_month``; withdrawals by the month of ``created_at``
    in UTC, those without one in ``month=__HIVE_DEFAULT_PARTITION__``. Every file holds all columns, so
    ``month`` is one column more, and only a key by which engines leave files unread. Tables without a date of
    creation, and one without rows, have no sub-folders. ``_tegro.json`` says what the folder holds.

    ==========  =================================================================
    engine      how to read ``DIR``
    ==========  =================================================================
    PySpark     ``spark.read.parquet("DIR")``
    DuckDB      ``SELECT * FROM read_parquet('DIR/**/*.parquet')``
    Polars      ``pl.read_parquet("DIR/**/*.parquet")``
    pyarrow     ``pyarrow.dataset.dataset("DIR", partitioning="hive")``
    pandas      ``ta.read_parquet("DIR")``, with the types of ``shop.orders()``
    ==========  =================================================================

    Parameters
    ----------
    rows : pyarrow.Table or pyarrow.RecordBatchReader
        The columns of ``schema``, rows in any order. A reader is read once, in memory that does not grow with
        it; rows of one month stay in their order.
    folder : path
        Where the data set will stand; it appears whole or not at all, and belongs to its owner alone.
    schema : Table
        Which table it is.
    zone : str, optional
        The report zone, in which the dates of the table are; it is kept in the files.
    pii : bool
        Write e-mail addresses and payout accounts in full; they are masked by default.
    overwrite : bool
        Replace an existing data set; a folder that holds anything else is never replaced.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    ExportError
        If the folder holds something, or cannot be written; what stood there is untouched.
    DataError
        If the rows do not fit the schema: a column is missing or unknown, or a value does not fit.

    Examples
    --------
    >>> import tempfile
    >>> from tegro_analytics.schemas import WITHDRAWALS
    >>> when = dt.datetime(2026, 10, 5, tzinfo=dt.timezone.utc)
    >>> row = {"shop_id": "A1", "id": "7", "created_at": when, "observed_at": when, "as_of": when}
    >>> table = pa.Table.from_pylist([row], schema=WITHDRAWALS.arrow())
    >>> folder = write_dataset(table, Path(tempfile.mkdtemp()) / "withdrawals", schema=WITHDRAWALS)
    >>> sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
    ['_tegro.json', 'month=2026-10/part-00000.parquet']
    """
    kept = {ZONE: check_zone(zone).encode()} if zone else None
    columns = schema.arrow().with_metadata(kept)
    _check_columns(rows.schema, schema)
    with new_folder(folder, overwrite=overwrite, foreign=_foreign) as (draft, target):
        try:
            parts, as_of = Parts(draft, columns), None
            for piece in _pieces(rows):
                whole = masked(_fitted(piece, columns), pii=pii)
                as_of = _later(as_of, whole)
                for month, some in _by_month(whole):
                    parts.add(month, some)
            count = parts.finish(unless_only=f"{_KEY}={_NO_MONTH}")
        except pa.ArrowException as error:
            raise ExportError(  # without its words: they may hold a value
                f"The rows could not be read to their end ({type(error).__name__}). {target} was not "
                "written; what stood there is untouched."
            ) from error
        _write_manifest(draft, schema, rows=count, as_of=as_of, zone=zone, pii=pii)
    return target


def _check_columns(given: pa.Schema, schema: Table) -> None:
    """Refuse rows of another shape before anything is written."""
    missing = [name for name in schema.names() if name not in given.names]
    if missing:
        raise MissingColumn(missing, needed_by="write_dataset")
    for place, name in enumerate(given.names):
        if name not in schema.by_name:
            raise DataError(f"{schema.name} have no column {name!r}: leave it out. Nothing was written.")
        if name in given.names[:place]:
            raise DataError(f"The column {name!r} is there twice: leave one out. Nothing was written.")


def _pieces(rows: pa.Table | pa.RecordBatchReader) -> Iterator[pa.Table]:
    batches = rows.to_batches(max_chunksize=_AT_A_TIME) if isinstance(rows, pa.Table) else rows
    for batch in batches:
        for start in range(0, batch.num_rows, _AT_A_TIME):
            yield pa.Table.from_batches([batch.slice(start, _AT_A_TIME)])


def _fitted(piece: pa.Table, columns: pa.Schema) -> pa.Table:
    """Put the columns in their order and types; nothing is rounded."""
    fitted = []
    for field in columns:
        values = piece.column(field.name)
        if values.null_count and not field.nullable:
            raise DataError(
                f"{field.name!r} is missing in a row, and every row has one. Nothing was written."
            )
        try:
            fitted.append(values.cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise DataError(
                f"A value of {field.name!r} does not fit its type {field.type}. Nothing was written."
            ) from error
    return pa.Table.from_arrays(fitted, schema=columns)


def _by_month(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Split rows by the folder in which they belong; each split is a copy, which keeps nothing else alive."""
    names, places = _months(table)
    folders = [f"{_KEY}={name}" if name else name for name in names]
    order = pc.sort_indices(places)
    start = 0
    for place, count in zip(*pc.value_counts(places.take(order)).flatten(), strict=True):
        yield folders[place.as_py()], table.take(order.slice(start, count.as_py()))
        start += count.as_py()


def _months(table: pa.Table) -> tuple[list[str], pa.Array]:
    """Give the names of the months, and for each row the place of its own among them.

    A name holds nothing but YYYY-MM: what is no month of four-digit years, from whatever the data say, goes
    where rows without a month go.
    """
    if "created_month" in table.column_names:
        months = table.column("created_month").combine_chunks().dictionary_encode()
        names = [text if _MONTH.fullmatch(text) else _NO_MONTH for text in months.dictionary.to_pylist()]
    elif "created_at" in table.column_names:
        instants = table.column("created_at").combine_chunks()
        numbers = pc.add(pc.multiply(pc.year(instants), 100), pc.month(instants))
        months = numbers.dictionary_encode()
        texts = (f"{number // 100:04}-{number % 100:02}" for number in months.dictionary.to_pylist())
        names = [text if _MONTH.fullmatch(text) else _NO_MONTH for text in texts]
    else:
        return [""], pa.repeat(pa.scalar(0, pa.int32()), table.num_rows)
    return [*names, _NO_MONTH], pc.fill_null(months.indices, len(names))


def _later(as_of: dt.datetime | None, table: pa.Table) -> dt.datetime | None:
    if "as_of" not in table.column_names:
        return None
    newest = pc.max(table.column("as_of")).as_py()
    return max(filter(None, (as_of, newest)), default=None)


def _write_manifest(
    draft: Path, schema: Table, *, rows: int, as_of: dt.datetime | None, zone: str | None, pii: bool
) -> None:
    facts = {
        "version": _VERSION,
        "table": schema.name,
        "columns": schema.names(),
        "rows": rows,
        "as_of": as_of.isoformat() if as_of else None,
        "zone": zone,
        "pii": pii,
    }
    with private_file(draft / MANIFEST) as file:
        file.write(json.dumps(facts, indent=2).encode())


def _foreign(folder: Path) -> str | None:
    """Say why a folder is not a data set of ours, to the last file in it: what is replaced is removed."""
    facts = _manifest(folder)
    if facts is None:
        return "was not written by this export"
    if facts.get("version") != _VERSION or facts.get("table") not in TABLES:
        return "was written by another version of this export"
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).as_posix()
        if path.is_symlink() or not _OURS.fullmatch(inside):
            return f"holds {inside!r}, which this export did not write"
    return None


_OURS = re.compile(
    rf"{re.escape(MANIFEST)}|{_KEY}=({_MONTH.pattern}|{_NO_MONTH})|"
    rf"({_KEY}=({_MONTH.pattern}|{_NO_MONTH})/)?{PART.pattern}",
    re.ASCII,
)


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        with (folder / MANIFEST).open("rb") as file:
            facts = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    return facts if isinstance(facts, dict) else None
