"""Arrow tables to pandas frames with exactly the types of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from tegro_analytics import schemas
from tegro_analytics.exceptions import ConfigurationError, DataError, MissingColumn
from tegro_analytics.frames.assemble import one_chunk
from tegro_analytics.frames.masks import masked
from tegro_analytics.frames.zones import known_zone
from tegro_analytics.money import decimals_from_floats, floats_from_decimals

Money = Literal["float64", "decimal"]

_MICROSECONDS: Final = pa.timestamp("us")
EXACT_FLOATS: Final = 10.0**7
"""Below it every amount with 8 places is exact as a float."""


def to_pandas(
    table: pa.Table,
    schema: schemas.Table,
    *,
    report_zone: str,
    money: Money = "float64",
    columns: Literal["all"] | Sequence[str] | None = None,
    pii: bool = False,
) -> pd.DataFrame:
    """Show a canonical table as a pandas frame.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical: the types of ``schema.arrow()``.
    schema : schemas.Table
        What the table is.
    report_zone : str
        The zone in which instants are shown.
    money : {"float64", "decimal"}
        ``float64`` lets every line of pandas work; ``decimal`` is ``decimal128(18, 8)``, exact.
    columns : list of str or "all", optional
        Which columns, in which order. By default those that are not for engines alone.
    pii : bool
        Whether e-mail addresses and payout accounts are shown in full.

    Returns
    -------
    pandas.DataFrame
        With a RangeIndex. Texts are ``str``; whole numbers ``int64``, ``Int64`` where they may be missing;
        ``bool``; instants ``datetime64[us, zone]``; dates ``datetime64[us]`` at midnight.

    Raises
    ------
    MissingColumn
        If a column is asked for that the table does not have.
    DataError
        If an amount has more digits than a float holds.
    ConfigurationError
        If the zone or the kind of money is unknown.
    """
    zone = known_zone(report_zone)
    if money not in ("float64", "decimal"):
        raise ConfigurationError(f"money={money!r} is not known: take 'float64' or 'decimal'.")
    names = _names(table, schema, columns)
    arrays = {}
    for name in names:
        column = schema.by_name[name]
        array = table[name] if pii else masked(table[name], name, schema.name)
        arrays[name] = show(one_chunk(array), column, zone=zone, money=money)
    return pd.DataFrame(arrays, index=pd.RangeIndex(table.num_rows), copy=False)


def _names(
    table: pa.Table, schema: schemas.Table, columns: Literal["all"] | Sequence[str] | None
) -> list[str]:
    if columns is None or columns == "all":
        names = schema.names(engine=columns == "all")
    elif isinstance(columns, str):
        raise ConfigurationError(f"columns={columns!r} is not known: take a list of names, or 'all'.")
    else:
        names = list(dict.fromkeys(columns))
    missing = [name for name in names if name not in schema.by_name or name not in table.column_names]
    if missing:
        there = ", ".join(name for name in schema.names() if name in table.column_names)
        raise MissingColumn(missing, needed_by=f"a frame of {schema.name}", hint=f"there are {there}")
    return names


def show(array: pa.Array, column: schemas.Column, *, zone: str, money: Money = "float64") -> Any:
    """Show one column as :func:`to_pandas` does."""
    match column.kind:
        case "text":
            return pd.array(array, dtype="str")
        case "int" if column.nullable:
            missing = array.is_null().to_numpy(zero_copy_only=False)
            return pd.arrays.IntegerArray(array.fill_null(0).to_numpy(zero_copy_only=False).copy(), missing)
        case "money":
            return _money(array, column.name, money)
        case "instant":
            moments = array.cast(_MICROSECONDS).to_numpy(zero_copy_only=False)
            return pd.DatetimeIndex(moments).tz_localize("UTC").tz_convert(zone).array
        case "date":
            days = array.to_numpy(zero_copy_only=False)
            return days.astype("datetime64[D]").astype("datetime64[us]")
        case _:  # bool, and whole numbers that are never missing
            return array.to_numpy(zero_copy_only=False)


def _money(array: pa.Array, name: str, money: Money) -> Any:
    if money == "decimal":
        return pd.array(array, dtype=pd.ArrowDtype(schemas.arrow_types()["money"]))
    floats = floats_from_decimals(array)
    if len(floats) and np.nanmax(np.abs(floats), initial=0) >= EXACT_FLOATS:
        _check_digits(array, floats, name)
    return floats


def _check_digits(array: pa.Array, floats: Any, name: str) -> None:
    """Refuse amounts that would not come back from a float."""
    large = np.flatnonzero(np.abs(floats) >= EXACT_FLOATS)
    exact = array.take(pa.array(large))
    try:
        back = decimals_from_floats(floats[large])
    except DataError:
        back = None
    if back is None or not exact.equals(back):
        amounts = exact.to_pylist()
        culprit = next(value for value in amounts if not _survives(value))
        raise DataError(
            f"the {name} {culprit} has more digits than a float holds: take money='decimal', which is exact "
            "(TEGRO_MONEY=decimal makes it the rule)"
        )


def _survives(value: Any) -> bool:
    """Tell whether an amount comes back from a float."""
    try:
        return bool(decimals_from_floats(np.array([float(value)]))[0].as_py() == value)
    except DataError:
        return False
