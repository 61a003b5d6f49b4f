"""Read a CSV file of either dialect back, with the types that it was written from."""

from __future__ import annotations

import csv
import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as arrow_csv

from tegro_analytics.exceptions import DataError
from tegro_analytics.privacy import mask_emails
from tegro_analytics.reports.clocks import check_zone
from tegro_analytics.reports.csv_cells import Cells
from tegro_analytics.reports.dialects import DIALECTS, Dialect, column_of, table_of
from tegro_analytics.reports.guard import unguard
from tegro_analytics.reports.typed import MoneyForm, to_frame, without_gaps
from tegro_analytics.schemas import Table
from tegro_analytics.settings import load_settings

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_csv", "read_csv_table"]

_BLOCK = 64 << 20  # longer than any row: a row may not reach over more than two blocks


def read_csv(
    path: str | os.PathLike[str],
    *,
    zone: str | None = None,
    money: MoneyForm | None = None,
    guard: bool = True,
) -> pd.DataFrame:
    """Read a CSV file that the package wrote, whichever its dialect.

    One row of the result is one row of the table that was written; a column that the package does not know is
    kept as text.

    Parameters
    ----------
    path : path
        The file. Columns may have been left out or added since.
    zone : str, optional
        The report zone of the result; by default the one that the file names (``excel-ru``), else the one of
        the settings.
    money : {"float64", "decimal"}, optional
        How amounts are held; by default as the settings say.
    guard : bool
        Take the apostrophes off that ``write_csv`` put before what looks like a formula; pass False for a
        file that was written with ``guard=False``.

    Returns
    -------
    pandas.DataFrame
        The types of ``shop.orders()``, or of the table that was written.

    Raises
    ------
    DataError
        If the file cannot be read, or a value is not what its column holds: column and line are named.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "orders.csv"
    >>> written = file.write_text("id,payment_id,amount\\n1,'=1+1,1000.00\\n")
    >>> read_csv(file).to_dict("records")
    [{'id': 1, 'payment_id': '=1+1', 'amount': 1000.0}]
    """
    settings = load_settings(report_timezone=zone, money=money)
    table, schema, named = read_csv_table(path, zone=zone or settings.report_timezone, guard=guard)
    return to_frame(table, schema, zone=zone or named or settings.report_timezone, money=settings.money)


def read_csv_table(
    path: str | os.PathLike[str], *, zone: str, guard: bool = True
) -> tuple[pa.Table, Table | None, str | None]:
    """Read a CSV file as an Arrow table; tell which table it is, and which zone its headers name."""
    file = Path(path).expanduser()
    check_zone(zone)
    heads, style = _header(file)
    heads = [unguard(head, separator=style.separator) if guard else head for head in heads]
    found = [column_of(head) for head in heads]
    names = [name for name, _ in found]
    if len(set(names)) < len(names):
        raise DataError(f"{file} has the same column twice: {', '.join(names)}.")
    schema = table_of(names)
    texts = _texts(file, style, names)
    columns = []
    for place, (name, named) in enumerate(found):
        kind = schema.by_name[name].kind if schema and name in schema.by_name else "text"
        cells = Cells(file=file, column=name, style=style, zone=named or zone, guard=guard)
        columns.append(cells.typed(texts.column(place), kind))
    zones = {named for _, named in found if named}
    table = without_gaps(pa.table(dict(zip(names, columns, strict=True))), schema, file)
    return table, schema, zones.pop() if len(zones) == 1 else None


def _header(file: Path) -> tuple[list[str], Dialect]:
    """Read the first record, and see by it which dialect the file has."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            first = lines.readline()
            if not first.strip():
                raise DataError(f"{file} is empty: it has no line of column names.")
            style = DIALECTS["excel-ru" if ";" in first else "rfc4180"]
            rest = itertools.chain([first], lines)
            return next(csv.reader(rest, delimiter=style.separator)), style
    except UnicodeDecodeError as error:
        raise DataError(_not_utf8(file)) from error
    except (OSError, csv.Error) as error:
        raise DataError(f"{file} cannot be read: {error}.") from error


def _not_utf8(file: Path) -> str:
    return (
        f"{file} is not UTF-8 text. If a spreadsheet program saved it, save it again as 'CSV UTF-8', "
        "or export it anew."
    )


def _texts(file: Path, style: Dialect, names: list[str]) -> pa.Table:
    """Read every cell as text; nothing between two separators is missing, two quotes are an empty text."""
    try:
        return arrow_csv.read_csv(
            file,
            read_options=arrow_csv.ReadOptions(
                block_size=_BLOCK,
                column_names=[str(place) for place in range(len(names))],
                skip_rows_after_names=1,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=style.separator, newlines_in_values=True, ignore_empty_lines=len(names) > 1
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types={str(place): pa.string() for place in range(len(names))},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        reason = (
            _not_utf8(file)
            if "UTF8" in str(error)
            else f"{file} is not a CSV file as written: {mask_emails(str(error))}"
        )
        raise DataError(reason) from error
