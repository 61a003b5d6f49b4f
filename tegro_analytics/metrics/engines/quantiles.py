"""Quantiles of a column: all at once where an engine can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["quantiles", "spread"]

_ALL = "~quantiles"


def quantiles(frame: nw.LazyFrame[Any], column: str, shares: Mapping[str, float]) -> list[nw.Expr]:
    """Express the quantiles of a column of floats, interpolated linearly, as aggregates.

    DuckDB and Spark keep all the values of a group for each quantile, unless they are asked for a list of
    them: then they keep the values, and sort them, once. :func:`spread` makes columns of the answer.
    """
    values = nw.col(column)
    if frame.implementation.is_duckdb() or frame.implementation.is_pyspark():
        every = cast("float", list(shares.values()))  # what narwhals hands on as it is
        return [values.quantile(every, interpolation="linear").alias(_ALL)]
    return [values.quantile(share, interpolation="linear").alias(name) for name, share in shares.items()]


def spread(table: pa.Table, shares: Mapping[str, float]) -> pa.Table:
    """Give each quantile its column, where an engine gave all of them in one."""
    if _ALL not in table.column_names:
        return table
    lists = table[_ALL]
    for place, name in enumerate(shares):
        table = table.append_column(name, pc.list_element(lists, place))
    return table.drop_columns(_ALL)
