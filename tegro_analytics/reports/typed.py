"""Give what was read from a file the types of the frames of the package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics import frames
from tegro_analytics.exceptions import DataError
from tegro_analytics.schemas import Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MoneyForm", "to_frame", "without_gaps"]

MoneyForm = Literal["float64", "decimal"]


def to_frame(table: pa.Table, schema: Table | None, *, zone: str, money: MoneyForm) -> pd.DataFrame:
    """Make the pandas frame; a column that the package does not know comes as pandas takes it from Arrow."""
    known = [name for name in table.column_names if schema and name in schema.by_name]
    whole: pd.DataFrame = table.drop_columns(known).to_pandas()
    if schema and known:
        types = frames.to_pandas(
            table.select(known), schema, report_zone=zone, money=money, columns=known, pii=True
        )
        for name in known:
            whole[name] = types[name]
    ordered: pd.DataFrame = whole[table.column_names]
    return ordered


def without_gaps(table: pa.Table, schema: Table | None, file: Path) -> pa.Table:
    """Check that nothing is missing where nothing may be; an empty text may have been taken for a gap.

    Raises
    ------
    DataError
        If a value is missing: a guess would be a lie.
    """
    for place, name in enumerate(table.column_names):
        column = schema.by_name.get(name) if schema else None
        values = table.column(place)
        if column is None or column.nullable or not values.null_count:
            continue
        if column.kind != "text":
            row = pc.index(pc.is_null(values), True).as_py() + 1
            raise DataError(
                f"{file}, row {row}: {name!r} is missing, and every row has one. Look at the file."
            )
        filled: Any = pc.fill_null(values, "")
        table = table.set_column(place, table.schema.field(place), filled)
    return table
