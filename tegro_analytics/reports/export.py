"""Write any table in the form that is asked for, and the result of a metric as JSON."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from tegro_analytics.exceptions import ExportError
from tegro_analytics.metrics import METRICS
from tegro_analytics.reference import Reference, load_reference
from tegro_analytics.reports.csv_write import write_csv
from tegro_analytics.reports.dialects import DialectName
from tegro_analytics.reports.parquet import write_parquet
from tegro_analytics.reports.xlsx import write_xlsx
from tegro_analytics.schemas import Table

if TYPE_CHECKING:
    from tegro_analytics.metrics import MetricFrame

__all__ = ["FORMATS", "Format", "format_of", "to_json", "write_table"]

Format = Literal["csv", "parquet", "xlsx"]
FORMATS: tuple[Format, ...] = ("csv", "parquet", "xlsx")


def format_of(path: str | os.PathLike[str]) -> Format:
    """Read the format off the ending of a file name.

    Raises
    ------
    ExportError
        If the ending says none.

    Examples
    --------
    >>> format_of("orders.XLSX")
    'xlsx'
    """
    ending = Path(path).suffix.lower().removeprefix(".")
    for known in FORMATS:
        if ending == known:
            return known
    raise ExportError(
        f"{Path(path).name!r} does not say in which format to write: end it with .csv, .parquet or .xlsx, "
        "or name the format (format='csv', --format csv). Nothing was written."
    )


def write_table(
    table: pa.Table,
    path: str | os.PathLike[str],
    *,
    zone: str,
    schema: Table | None = None,
    format: Format | None = None,  # noqa: A002  the word that people look for
    dialect: DialectName = "rfc4180",
    overwrite: bool = False,
    lang: str | None = None,
    pii: bool = False,
    reference: Reference | None = None,
) -> Path:
    """Write a table as CSV, Parquet or XLSX: the ending of the file says which, or ``format``.

    The parameters are those of :func:`write_csv`, :func:`write_parquet` and :func:`write_xlsx`; ``schema``
    says which table it is, where its columns alone may not.

    Raises
    ------
    ExportError
        If the format is not clear, or if the file exists or cannot be written.
    """
    chosen = format or format_of(path)
    if chosen == "parquet":
        return write_parquet(table, path, zone=zone, overwrite=overwrite, pii=pii)
    if schema is not None:
        table = table.select([name for name in schema.names(engine=False) if name in table.column_names])
    if chosen == "xlsx":
        return write_xlsx(
            table, path, zone=zone, overwrite=overwrite, lang=lang, pii=pii, reference=reference
        )
    return write_csv(
        table,
        path,
        zone=zone,
        dialect=dialect,
        overwrite=overwrite,
        lang=lang,
        pii=pii,
        reference=reference,
    )


def to_json(result: MetricFrame, *, reference: Reference | None = None) -> str:
    """Write the result of a metric as JSON: a list of records, money as strings of exact decimals.

    Money has at least the places of its currency; what is missing is ``null``; a period begins with a date,
    or with a time where it begins within a day.
    """
    metric, known = METRICS[result.metric], reference or load_reference()
    kinds = {name: metric.column(name).kind for name in result.columns}
    records = []
    for row in zip(*(result[name].array for name in kinds), strict=True):
        record = dict(zip(kinds, row, strict=True))
        places = known.minor_unit(record["currency"]) if "currency" in record else 0
        records.append({name: _plain(value, kinds[name], places) for name, value in record.items()})
    return json.dumps(records, ensure_ascii=False, indent=2, allow_nan=False)


def _plain(value: Any, kind: str, places: int) -> Any:
    """Give a value in the types of JSON."""
    if _is_missing(value):
        return None
    if kind == "money":
        return money_text(value if isinstance(value, Decimal) else Decimal(repr(float(value))), places)
    if kind == "date":
        moment: dt.datetime = value
        whole = moment.time() == dt.time()
        return moment.date().isoformat() if whole else moment.isoformat()
    make = _PLAIN.get(kind, str)
    return make(value)


_PLAIN: dict[str, Callable[[Any], Any]] = {
    "count": int,
    "number": int,
    "bool": bool,
    "rate": float,
    "fine_rate": float,
    "seconds": float,
    "measure": float,
    "estimate": float,
}


def money_text(amount: Decimal, places: int) -> str:
    """Write an amount exactly, with at least ``places`` places.

    Examples
    --------
    >>> money_text(Decimal("2350.00000000"), 2), money_text(Decimal("1E-8"), 2), money_text(Decimal(100), 0)
    ('2350.00', '0.00000001', '100')
    """
    text = f"{amount.normalize():f}"
    whole, _, tail = text.partition(".")
    tail = tail.ljust(places, "0")
    return f"{whole}.{tail}" if tail else whole


def _is_missing(value: Any) -> bool:
    import pandas as pd

    return value is None or bool(pd.isna(value))
