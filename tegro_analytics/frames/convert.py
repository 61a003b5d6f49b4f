"""Frames of pandas: money to floats and back, days in another zone."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from tegro_analytics import schemas
from tegro_analytics.exceptions import DataError, MissingColumn
from tegro_analytics.frames.assemble import one_chunk
from tegro_analytics.frames.dataframe import show
from tegro_analytics.frames.zones import INSTANT, clock, known_zone
from tegro_analytics.money import decimals_from_floats, floats_from_decimals

_MONEY: Final = schemas.arrow_types()["money"]
_MONEY_NAMES: Final = frozenset(
    column.name for table in schemas.TABLES.values() for column in table.columns if column.kind == "money"
)
_CLOCKS: Final = ("created", "paid")
_PARTS: Final = ("date", "week", "month", "hour", "weekday")


def to_float(df: pd.DataFrame) -> pd.DataFrame:
    """Turn every column of decimals into ``float64``, the nearest to each amount.

    Parameters
    ----------
    df : pandas.DataFrame
        Any frame; columns of Arrow decimals and of Python's ``Decimal`` are turned.

    Returns
    -------
    pandas.DataFrame
        A new frame; missing amounts are NaN.

    Examples
    --------
    >>> to_float(pd.DataFrame({"amount": [Decimal("0.10"), None]}))["amount"].tolist()
    [0.1, nan]
    """
    turned = {}
    for place, name in enumerate(df.columns):
        series = df.iloc[:, place]
        if is_decimal(series):
            turned[name] = floats_from_decimals(_arrow_decimals(series))
    return _with(df, turned)


def to_decimal(df: pd.DataFrame, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Turn money in ``float64`` into the exact decimals that its shortest digits show.

    Parameters
    ----------
    df : pandas.DataFrame
        Any frame.
    columns : list of str, optional
        Which columns are money. By default ``amount``, ``fee`` and ``balance``, those that are there. For the
        result of a metric, ask the metric itself for ``money="decimal"``: it is exact from the beginning.

    Returns
    -------
    pandas.DataFrame
        A new frame whose money is ``decimal128(18, 8)``.

    Raises
    ------
    DataError
        If a value has no exact amount, as sums of floats have; it is named.
    MissingColumn
        If a column is named that is not there.

    Examples
    --------
    >>> to_decimal(pd.DataFrame({"amount": [0.1]}))["amount"].tolist()
    [Decimal('0.10000000')]
    """
    names = [name for name in df.columns if name in _MONEY_NAMES] if columns is None else list(columns)
    missing = [name for name in names if name not in df.columns]
    if missing:
        raise MissingColumn(missing, needed_by="to_decimal")
    return _with(df, {name: pd.array(amounts_of(df[name]), dtype=pd.ArrowDtype(_MONEY)) for name in names})


def with_report_zone(df: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Show a frame in another zone: its instants, and anew every day, week, month and hour derived from them.

    Parameters
    ----------
    df : pandas.DataFrame
        As :meth:`Shop.orders` gives it, whatever its columns.
    zone : str
        An IANA zone, as in ``Europe/Berlin``.

    Returns
    -------
    pandas.DataFrame
        A new frame.

    Raises
    ------
    MissingColumn
        If there is a day, but not the instant that it is the day of.
    ConfigurationError
        If the zone is unknown.
    """
    zone = known_zone(zone)
    turned: dict[str, Any] = {}
    for name in df.columns:
        if isinstance(df[name].dtype, pd.DatetimeTZDtype):
            turned[name] = df[name].dt.tz_convert(zone)
    for prefix in _CLOCKS:
        derived = [f"{prefix}_{part}" for part in _PARTS if f"{prefix}_{part}" in df.columns]
        if derived and f"{prefix}_at" not in df.columns:
            raise MissingColumn(
                [f"{prefix}_at"], needed_by="with_report_zone", hint=f"{derived[0]} is made of it"
            )
        if derived:
            parts = clock(instants_of(df[f"{prefix}_at"]), zone)
            for name in derived:
                array = parts[name.removeprefix(f"{prefix}_")]
                turned[name] = show(array, schemas.ORDERS.by_name[name], zone=zone)
    return _with(df, turned)


def instants_of(series: pd.Series[Any]) -> pa.Array:
    """Read instants of pandas as Arrow does: UTC, microseconds.

    Raises
    ------
    DataError
        If they have no zone, or parts of a microsecond.
    """
    try:
        array = pa.Array.from_pandas(series)
        if not pa.types.is_timestamp(array.type) or array.type.tz is None:
            if array.null_count == len(array):
                return pa.nulls(len(array), INSTANT)
            raise DataError(f"the column {series.name!r} holds {array.type}, not moments with a zone")
        return array.cast(pa.timestamp("us", tz=array.type.tz)).cast(INSTANT)
    except pa.ArrowInvalid as error:
        reason = str(error)
    raise DataError(f"the column {series.name!r} does not hold moments in microseconds: {reason}")


def amounts_of(series: pd.Series[Any]) -> pa.Array:
    """Read money of pandas, floats or decimals or whole numbers, as exact decimals.

    Raises
    ------
    DataError
        If a value has no exact amount.
    """
    if is_decimal(series):
        decimals = _arrow_decimals(series)
    elif pd.api.types.is_float_dtype(series.dtype):
        return decimals_from_floats(series.to_numpy(dtype=np.float64, na_value=np.nan))
    else:
        decimals = pa.Array.from_pandas(series)
    try:
        if pa.types.is_integer(decimals.type) or pa.types.is_null(decimals.type):
            decimals = decimals.cast(pa.decimal128(38, schemas.MONEY_SCALE))
        if pa.types.is_decimal(decimals.type):
            return decimals.cast(_MONEY)
        reason = f"it holds {decimals.type}"
    except pa.ArrowInvalid as error:
        reason = str(error)
    raise DataError(f"the column {series.name!r} does not hold amounts: {reason}")


def is_decimal(series: pd.Series[Any]) -> bool:
    """Tell whether a column holds decimals: Arrow's, or Python's."""
    dtype = series.dtype
    if isinstance(dtype, pd.ArrowDtype):
        return bool(pa.types.is_decimal(dtype.pyarrow_dtype))
    if not pd.api.types.is_object_dtype(dtype):
        return False
    present = series.dropna()
    return len(present) > 0 and all(isinstance(value, Decimal) for value in present)


def _arrow_decimals(series: pd.Series[Any]) -> pa.Array:
    """Read decimals of either kind; Python's NaN is missing too."""
    if isinstance(series.dtype, pd.ArrowDtype):
        return one_chunk(pa.Array.from_pandas(series))
    values = [None if pd.isna(value) else value for value in series]
    try:
        return pa.array(values, pa.decimal128(38, schemas.MONEY_SCALE))
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        reason = str(error)
    raise DataError(f"the column {series.name!r} does not hold amounts with at most 8 places: {reason}")


def _with(df: pd.DataFrame, turned: dict[Any, Any]) -> pd.DataFrame:
    """Copy a frame with some columns replaced, as a plain frame with the same index."""
    result = pd.DataFrame(df).copy()
    for name, values in turned.items():
        result[name] = values
    return result
