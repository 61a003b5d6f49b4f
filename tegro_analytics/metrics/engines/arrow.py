"""Arrow columns from pandas and Arrow frames: the canonical types, checked, without touching the input."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.exceptions import DataError
from tegro_analytics.money import decimals_from_floats
from tegro_analytics.schemas import MONEY_SCALE, ORDERS, Table, arrow_types

if TYPE_CHECKING:
    import pandas as pd

_CLOCKS = ("created", "paid")


def arrow_from_pandas(frame: pd.DataFrame, names: Iterable[str], *, zone: ZoneInfo, remake: bool) -> pa.Table:
    """Take columns from a pandas frame as Arrow, and make those of the calendar that it lacks.

    Parameters
    ----------
    frame
        Orders; its index does not matter.
    names
        The columns that are wanted; one that the frame lacks and that cannot be made is left out.
    zone
        The zone in which days begin.
    remake
        Whether to make the dates anew in this zone although the frame has some.
    """
    made: dict[str, Any] = {}
    for name in names:
        if name in frame.columns and not (remake and calendar_part(name)):
            made[name] = canonical_column(array_of(frame[name], name), name)
        elif (column := _made(name, frame.get, zone)) is not None:
            made[name] = column
    return _table(made, len(frame))


def arrow_from_arrow(table: pa.Table, names: Iterable[str], *, zone: ZoneInfo) -> pa.Table:
    """Take columns from an Arrow table in their canonical types; make those of the calendar that it lacks."""
    made: dict[str, Any] = {}

    def series(name: str) -> Any:
        return table[name].to_pandas() if name in table.column_names else None

    for name in names:
        if name in table.column_names:
            made[name] = canonical_column(table[name], name)
        elif (column := _made(name, series, zone)) is not None:
            made[name] = column
    return _table(made, table.num_rows)


def _table(columns: dict[str, Any], rows: int) -> pa.Table:
    """Put columns together; a table of none still has its rows."""
    return pa.table(columns or {"nothing": pa.nulls(rows, pa.bool_())})


def calendar_part(name: str) -> tuple[str, str] | None:
    """Split the name of a column of the calendar into its clock and its part; None for any other column."""
    clock, _, part = name.partition("_")
    return (clock, part) if clock in _CLOCKS and part in _PARTS else None


def array_of(series: pd.Series[Any], name: str, table: Table = ORDERS) -> pa.Array | pa.ChunkedArray:
    """Turn one column of pandas into Arrow; whatever pandas takes for missing becomes null."""
    kind = table.by_name[name].kind if name in table.by_name else None
    if kind == "money" and series.dtype.kind == "f" and not hasattr(series.dtype, "pyarrow_dtype"):
        return _exact(series.to_numpy(dtype=np.float64, na_value=np.nan), name)
    if kind == "instant" and series.dtype == object and series.isna().all():
        return pa.nulls(len(series), pa.timestamp("us", "UTC"))
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        reason = f"holds values of several kinds: {error}"
    except TypeError:  # so it goes for an infinite decimal
        reason = "holds a value that no column of a table takes, such as an infinite number"
    raise DataError(f"the column {name!r} {reason}")


def _exact(values: Any, name: str) -> pa.Array:
    """Give floats their exact amounts back; the error names the column too."""
    try:
        return decimals_from_floats(values)
    except DataError as error:
        reason = str(error)
    raise DataError(f"the column {name!r}: {reason}")


def canonical_column(
    array: pa.Array | pa.ChunkedArray, name: str, table: Table = ORDERS
) -> pa.Array | pa.ChunkedArray:
    """Give a column the type that the schema of its table names.

    Raises
    ------
    DataError
        If a value does not fit that type, or instants have no time zone.
    """
    column = table.by_name.get(name)
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if column is None:
        return array
    wanted = arrow_types()[column.kind]
    if array.type == wanted:
        return array
    if array.null_count == len(array):
        return pa.nulls(len(array), wanted)
    if column.kind == "instant" and pa.types.is_timestamp(array.type) and array.type.tz is None:
        raise DataError(
            f"the instants in {name!r} have no time zone: "
            "`ta.canonical(df, zone='Europe/Moscow')` makes a frame from elsewhere fit"
        )
    if column.kind == "money" and pa.types.is_floating(array.type):
        values = pc.cast(array, pa.float64()).to_numpy(zero_copy_only=False)
        return _exact(values, name)
    if column.kind == "int" and pa.types.is_floating(array.type):
        array = pc.if_else(pc.is_nan(array), None, array)  # what is no number is missing, as in pandas
    try:
        return _cast(array, wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        reason = "" if name == "customer" else f": {error}"  # what is no key may be an e-mail
    raise DataError(f"the column {name!r} does not hold {column.meaning} as {wanted}{reason}")


def _cast(array: pa.Array | pa.ChunkedArray, wanted: pa.DataType) -> pa.Array | pa.ChunkedArray:
    """Cast without losing anything; integers reach decimals by way of a width that holds them."""
    if pa.types.is_decimal(wanted) and pa.types.is_integer(array.type):
        array = array.cast(pa.decimal128(38, MONEY_SCALE))
    return array.cast(wanted)


def _made(name: str, series: Callable[[str], Any], zone: ZoneInfo) -> pa.Array | None:
    """Make a column of the calendar, or the time to pay, from the instants; None where that cannot be."""
    if name == "seconds_to_pay":
        return _seconds_to_pay(series("created_at"), series("paid_at"))
    calendar = calendar_part(name)
    instants = series(f"{calendar[0]}_at") if calendar else None
    if calendar is None or instants is None:
        return None
    wanted = arrow_types()[ORDERS.by_name[name].kind]
    if instants.isna().all():
        return pa.nulls(len(instants), wanted)
    if getattr(instants.dtype, "kind", "") != "M" or instants.dt.tz is None:
        return None
    return pa.array(
        _PARTS[calendar[1]](instants.dt.tz_convert(zone).dt.tz_localize(None)), from_pandas=True
    ).cast(wanted)


def _seconds_to_pay(created: Any, paid: Any) -> pa.Array | None:
    """Measure the time from creation to payment, in whole seconds."""
    if created is None or paid is None:
        return None
    start, end = (
        canonical_column(array_of(series, name), name).cast(pa.int64())
        for series, name in ((created, "created_at"), (paid, "paid_at"))
    )
    return pc.divide(pc.subtract(end, start), 1_000_000)


_PARTS: dict[str, Any] = {
    "date": lambda local: local.dt.normalize(),
    "week": lambda local: local.dt.normalize() - local.dt.day_of_week.astype("timedelta64[D]"),
    "hour": lambda local: local.dt.hour,
    "weekday": lambda local: local.dt.day_of_week + 1,
}
"""How the columns of the calendar follow from a wall-clock time."""


def money_form(frame: pd.DataFrame) -> str:
    """Say in which form the money of a pandas frame is: ``float64`` or ``decimal``."""
    for name in ("amount", "fee"):
        if name in frame.columns and frame[name].dtype.kind in "fi":
            return "float64"
    return "decimal"


def stored_zone(frame: pd.DataFrame, default: ZoneInfo) -> ZoneInfo:
    """Find the zone in which the days of a pandas frame begin.

    It is the zone of ``created_at``. Instants in UTC beside dates of another zone, as Arrow and Parquet bring
    them, do not say it: then it is ``default``.
    """
    zone = _zone_of(frame)
    if zone is None:
        return default
    differs = zone.key == "UTC" and any(_days_differ(frame, clock) for clock in _CLOCKS)
    return default if differs else zone


def _days_differ(frame: pd.DataFrame, clock: str) -> bool:
    """Say whether the stored days of a clock are others than those of its instants in UTC."""
    if not {f"{clock}_at", f"{clock}_date"} <= set(frame.columns):
        return False
    days, instants = (
        canonical_column(array_of(frame[name], name), name) for name in (f"{clock}_date", f"{clock}_at")
    )
    same = pc.equal(days, instants.cast(pa.timestamp("us")).cast(pa.date32()))
    return pc.all(same).as_py() is False


def _zone_of(frame: pd.DataFrame) -> ZoneInfo | None:
    """Read the zone from the dtype of ``created_at``; a fixed offset has no name, and is none but UTC."""
    if "created_at" not in frame.columns or frame["created_at"].dtype.kind != "M":
        return None
    zone = getattr(frame["created_at"].dt, "tz", None)
    if zone is None:
        return None
    name = getattr(zone, "key", None) or getattr(zone, "zone", None)
    if name is None:
        name = "UTC" if zone.utcoffset(dt.datetime(2026, 1, 1)) == dt.timedelta(0) else None  # noqa: DTZ001
    return None if name is None else ZoneInfo(name)
