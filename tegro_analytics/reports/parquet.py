"""Write a table as Parquet and read it back: every type is kept, and the report zone goes with it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from tegro_analytics.exceptions import DataError, MissingColumn
from tegro_analytics.reports.clocks import check_zone
from tegro_analytics.reports.dialects import shown, table_of
from tegro_analytics.reports.files import new_file
from tegro_analytics.reports.masking import masked
from tegro_analytics.reports.typed import MoneyForm, to_frame
from tegro_analytics.settings import load_settings

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MANIFEST", "ZONE", "read_parquet", "write_parquet"]

ZONE = b"tegro.report_zone"
MANIFEST = "_tegro.json"
"""The file of a folder that holds a data set of the package: see :func:`write_dataset`."""


def write_parquet(
    table: pa.Table,
    path: str | os.PathLike[str],
    *,
    zone: str,
    overwrite: bool = False,
    pii: bool = False,
) -> Path:
    """Write a table of the package as a Parquet file, the columns for the engines included.

    Parameters
    ----------
    table : pyarrow.Table
        Orders, withdrawals, balances, shops or quarantine, with the types of ``schemas``.
    path : path
        Where the file will stand; it appears whole or not at all, and belongs to its owner alone.
    zone : str
        The report zone, in which the dates of the table are; it is kept in the file.
    overwrite : bool
        Replace an existing file.
    pii : bool
        Write e-mail addresses and payout accounts in full; they are masked by default.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ExportError
        If the file exists, or cannot be written; what stood there is untouched.

    Examples
    --------
    >>> import tempfile
    >>> table = pa.table({"id": [1], "payment_id": ["=1+1"]})
    >>> file = write_parquet(table, Path(tempfile.mkdtemp()) / "orders.parquet", zone="Europe/Moscow")
    >>> read_parquet(file).to_dict("records")
    [{'id': 1, 'payment_id': '=1+1'}]
    """
    check_zone(zone)
    table = masked(table, pii=pii)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), ZONE: zone.encode()})
    with new_file(path, overwrite=overwrite) as (draft, target):
        pq.write_table(table, draft, compression="zstd")
    return target


def read_parquet(
    path: str | os.PathLike[str],
    *,
    zone: str | None = None,
    money: MoneyForm | None = None,
    columns: Literal["all"] | list[str] | None = None,
) -> pd.DataFrame:
    """Read a Parquet file that the package wrote, with the types of ``shop.orders()``.

    Parameters
    ----------
    path : path
        The file, or a folder: a data set, or such files.
    zone : str, optional
        The report zone of the result; by default the one kept in the file, else the one of the settings.
    money : {"float64", "decimal"}, optional
        How amounts are held; by default as the settings say.
    columns : "all" or list of str, optional
        ``"all"`` adds the columns that are made for the engines.

    Returns
    -------
    pandas.DataFrame
        One row for each row of the table that was written.

    Raises
    ------
    DataError
        If the file cannot be read as Parquet, or lacks a column that was asked for.
    """
    file = Path(path).expanduser()
    try:
        keys = None if (file / MANIFEST).is_file() else "hive"  # a data set has all columns in its files
        table = pq.read_table(file, partitioning=keys)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{file} cannot be read as Parquet: {str(error).splitlines()[0]}") from error
    settings = load_settings(report_timezone=zone, money=money)
    kept = (table.schema.metadata or {}).get(ZONE, b"").decode()
    schema = table_of(table.column_names)
    if columns is None:
        table = shown(table)
    elif columns != "all":
        missing = [name for name in columns if name not in table.column_names]
        if missing:
            raise MissingColumn(missing, needed_by=str(file))
        table = table.select(columns)
    return to_frame(table, schema, zone=zone or kept or settings.report_timezone, money=settings.money)
