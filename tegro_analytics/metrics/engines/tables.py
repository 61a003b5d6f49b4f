"""Small tables beside the orders, such as withdrawals: brought here whole, in their canonical types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import narwhals as nw
import pyarrow as pa

from tegro_analytics.exceptions import DataError, MissingColumn
from tegro_analytics.metrics.engines.arrow import array_of, canonical_column
from tegro_analytics.metrics.engines.source import collected
from tegro_analytics.schemas import Table, arrow_types

__all__ = ["read_table"]


def read_table(
    frame: Any, table: Table, needs: Iterable[str], *, metric: str, optional: Iterable[str] = ()
) -> pa.Table:
    """Read a frame of any engine as Arrow, with the columns that are needed.

    Parameters
    ----------
    frame
        As :func:`~tegro_analytics.metrics.engines.source.open_source` takes orders.
    table
        What its columns are.
    needs
        Columns that have to be there.
    metric
        Who needs them.
    optional
        Columns that are null throughout where the frame lacks them.

    Raises
    ------
    MissingColumn
        If a column that is needed is not there.
    DataError
        If it is no frame, or a column has a wrong type.
    """
    given = _narwhals(frame, table, metric)
    has = set(given.collect_schema().names())
    wanted, more = list(dict.fromkeys(needs)), list(dict.fromkeys(optional))
    if missing := [name for name in wanted if name not in has]:
        raise MissingColumn(missing, needed_by=metric, hint=f"`shop.{table.name}()` has it")
    columns, rows = _columns(given, [name for name in (*wanted, *more) if name in has], table, metric=metric)
    types = arrow_types()
    for name in more:
        if name not in columns:
            columns[name] = pa.nulls(rows, types[table.by_name[name].kind])
    return pa.table(columns)


def _columns(given: Any, names: list[str], table: Table, *, metric: str) -> tuple[dict[str, Any], int]:
    """Read columns in their canonical types, and count the rows."""
    native = given.to_native()
    if given.implementation.is_pandas_like():
        found = {name: canonical_column(array_of(native[name], name, table), name, table) for name in names}
        return found, len(native)
    lazy = given.lazy().select(*names)
    arrow = collected(lazy, metric=metric)
    return {name: canonical_column(arrow[name], name, table) for name in names}, arrow.num_rows


def _narwhals(frame: Any, table: Table, metric: str) -> Any:
    """Wrap the native frame, or say that it is none."""
    try:
        return nw.from_native(frame)
    except TypeError:
        pass
    raise DataError(
        f"{metric} was given {type(frame).__name__} for {table.name}: give a pandas DataFrame, a PyArrow "
        f"table, a Polars frame, a DuckDB relation or a PySpark DataFrame, as `shop.{table.name}()` gives it"
    )
