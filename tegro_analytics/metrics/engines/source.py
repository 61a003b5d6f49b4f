"""Any frame of orders → one lazy frame with the columns that a metric needs.

pandas and Arrow run inside DuckDB; Polars, DuckDB relations and PySpark stay in their own engine. What is
written here and in the metrics keeps to what all of them do alike: conditions become columns before they are
summed, sums are cast, money is never multiplied or divided in an engine, instants are never truncated.
"""

from __future__ import annotations

import datetime as dt
import functools
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast
from zoneinfo import ZoneInfo

import narwhals as nw

from tegro_analytics.exceptions import ConfigurationError, DataError, MissingColumn
from tegro_analytics.schemas import ORDERS

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

MoneyForm = Literal["float64", "decimal"]

_DEFAULT_ZONE = "Europe/Moscow"
_WHAT_TO_NAME = (
    "split by payment_system, family, rail, amount_band, weekday, hour, status_name, shop_id, or by a column "
    "of your own that the frame has"
)
_HOW_TO_MEND = (
    "`shop.orders()` has it (`columns='all'` for those of the engines); `ta.canonical(df, zone=)` makes a "
    "frame from elsewhere fit"
)
_INEXACT = (
    "money has at most 10 digits before the point and 8 after it. Round the column to the places that are "
    "meant, or give it as decimals"
)
_PRIVATE = ("customer",)
"""Columns of which no text is shown: it may be an e-mail."""

_NOT_ORDERS = (
    "orders are a pandas DataFrame, a PyArrow table, a Polars frame, a DuckDB relation or a PySpark "
    "DataFrame, as `shop.orders()` and `shop.relation('orders')` give them"
)


@dataclass(frozen=True)
class Source:
    """Hold the orders as one lazy frame, and what is known of them.

    ``keep`` holds what the lazy frame reads from, for as long as it is read.
    """

    frame: nw.LazyFrame[Any]
    zone: ZoneInfo
    money: MoneyForm
    metric: str
    keep: tuple[Any, ...] = ()

    def collect(self, query: nw.LazyFrame[Any]) -> pa.Table:
        """Run a query in its engine and bring the small result here, as Arrow.

        Raises
        ------
        DataError
            If the engine refuses it.
        """
        return collected(query, metric=self.metric)


_ENGINES = ("duckdb", "_duckdb", "polars", "pyspark", "py4j", "narwhals")


def collected(query: nw.LazyFrame[Any], *, metric: str) -> pa.Table:
    """Run a query; what its engine says against it becomes an error of ours.

    Raises
    ------
    DataError
        If the engine refuses it: its frame may come from a query of the caller that cannot run.
    """
    try:
        return cast("pa.Table", query.collect(backend="pyarrow").to_native())
    except Exception as error:
        if type(error).__module__.split(".")[0] not in _ENGINES or "Interrupt" in type(error).__name__:
            raise
        reason = next(iter(str(error).splitlines()), type(error).__name__)
    raise DataError(f"{metric} cannot be computed, for the engine of the frame says: {reason}")


def open_source(orders: Any, needs: Iterable[str], *, metric: str, zone: str | ZoneInfo | None) -> Source:
    """Open orders of any engine, with the columns ``needs`` in their canonical types.

    Raises
    ------
    MissingColumn
        If the frame lacks one that cannot be made from the others.
    DataError
        If it is no frame of orders, or a column has a wrong type.
    """
    wanted = list(dict.fromkeys(needs))
    given = _narwhals(orders, metric)
    if given.implementation.is_pandas_like():
        source = _from_pandas(given.to_native(), wanted, metric=metric, zone=zone)
    elif given.implementation.is_pyarrow():
        source = _from_arrow(given.to_native(), wanted, metric=metric, zone=zone)
    else:
        source = _from_lazy(given.lazy(), wanted, metric=metric, zone=zone)
    has = source.frame.collect_schema().names()
    if missing := [name for name in wanted if name not in has]:
        strange = [name for name in missing if name not in ORDERS.by_name]
        raise MissingColumn(missing, needed_by=metric, hint=_WHAT_TO_NAME if strange else _HOW_TO_MEND)
    return source


def _twice(orders: Any) -> list[Any]:
    """List the names that several columns of a pandas or an Arrow frame have; the others cannot have any."""
    kind = type(orders).__module__.split(".")[0]
    columns = {"pandas": "columns", "pyarrow": "column_names"}.get(kind, "")
    names = list(getattr(orders, columns, ()))
    return [name for place, name in enumerate(names) if name in names[:place]]


def _narwhals(orders: Any, metric: str) -> Any:
    """Wrap the native frame, or say that it is none."""
    for name in _twice(orders):
        raise DataError(f"{metric} was given a frame with several columns {name!r}: leave one of them")
    try:
        return nw.from_native(orders)
    except TypeError:
        pass
    raise DataError(f"{metric} was given {type(orders).__name__}: {_NOT_ORDERS}")


def _from_pandas(frame: Any, wanted: list[str], *, metric: str, zone: str | ZoneInfo | None) -> Source:
    """Bring the columns of a pandas frame into DuckDB, without touching the frame."""
    from tegro_analytics.metrics.engines import arrow

    own = arrow.stored_zone(frame, report_zone(None))
    chosen = own if zone is None else report_zone(zone)
    table = arrow.arrow_from_pandas(frame, wanted, zone=chosen, remake=chosen.key != own.key)
    money = cast("MoneyForm", arrow.money_form(frame))
    return _in_duckdb(table, metric=metric, zone=chosen, money=money)


def _from_arrow(table: pa.Table, wanted: list[str], *, metric: str, zone: str | ZoneInfo | None) -> Source:
    """Bring the columns of an Arrow table into DuckDB."""
    from tegro_analytics.metrics.engines import arrow

    chosen = report_zone(zone)
    table = arrow.arrow_from_arrow(table, wanted, zone=chosen)
    return _in_duckdb(table, metric=metric, zone=chosen, money="float64")


def open_table(table: pa.Table, *, metric: str, zone: ZoneInfo, money: MoneyForm) -> Source:
    """Open a small table that is here already, in its canonical types, to be asked as orders are."""
    return _in_duckdb(table, metric=metric, zone=zone, money=money)


def _in_duckdb(table: pa.Table, *, metric: str, zone: ZoneInfo, money: MoneyForm) -> Source:
    """Open an Arrow table as a relation of DuckDB."""
    connection = _duckdb(os.getpid()).cursor()
    connection.execute("SET enable_progress_bar = false")
    relation = connection.from_arrow(table)
    return Source(_lazy(relation), zone, money, metric, keep=(connection, table))


@functools.cache
def _duckdb(process: int) -> duckdb.DuckDBPyConnection:  # noqa: ARG001  a forked process needs its own threads
    """Open a DuckDB in memory, in UTC, that knows nothing of what surrounds it; once a process."""
    import duckdb

    connection = duckdb.connect(":memory:", config={"python_enable_replacements": False})
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    return connection


def _lazy(native: Any) -> nw.LazyFrame[Any]:
    return cast("nw.LazyFrame[Any]", nw.from_native(native).lazy())


def _from_lazy(
    frame: nw.LazyFrame[Any], wanted: list[str], *, metric: str, zone: str | ZoneInfo | None
) -> Source:
    """Select columns of a frame that stays in its own engine; make missing ones where that is safe."""
    from tegro_analytics.metrics.engines.expressions import Canon

    schema = frame.collect_schema()
    polars = frame.implementation.is_polars()
    own = _zone_in(schema) if polars else None
    chosen = report_zone(own if zone is None else zone)
    canon = Canon(schema, chosen, polars=polars, remake=own is not None and own != chosen.key)
    columns = canon.columns(wanted)
    for name, is_doubtful in canon.doubtful(wanted).items():
        odd = collected(frame.filter(is_doubtful).select(name).head(1), metric=metric)
        for value in odd[name].to_pylist():
            shown = "text" if name in _PRIVATE and isinstance(value, str) else repr(value)
            raise DataError(f"the column {name!r} holds {shown}, which is not {_unlike(name)}")
    return Source(frame.select(*columns), chosen, "float64", metric)


def _unlike(name: str) -> str:
    """Say what the values of a column are."""
    column = ORDERS.by_name[name]
    if column.kind == "money":
        return f"an exact amount: {_INEXACT}"
    what = "a whole number" if column.kind == "int" else "true or false"
    return f"{what}: it is for {column.meaning}"


def _zone_in(schema: nw.Schema) -> str | None:
    """Read the zone that Polars keeps in the type of an instant; UTC says nothing, as all keep it so."""
    dtype = schema.get("created_at")
    zone = dtype.time_zone if isinstance(dtype, nw.Datetime) else None
    return None if zone == "UTC" else zone


def report_zone(zone: str | ZoneInfo | None) -> ZoneInfo:
    """Choose the report zone: the argument, ``TEGRO_REPORT_TIMEZONE``, Moscow.

    Raises
    ------
    ConfigurationError
        If there is no such zone.
    """
    if isinstance(zone, ZoneInfo):
        return zone
    name = zone or os.environ.get("TEGRO_REPORT_TIMEZONE") or _DEFAULT_ZONE
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError):
        pass
    raise ConfigurationError(
        f"there is no time zone {name!r}: zone= and TEGRO_REPORT_TIMEZONE take a name such as 'Europe/Moscow'"
    )


def money_form(asked: str | None, source: Source) -> MoneyForm:
    """Choose the form of money in the result: the argument, ``TEGRO_MONEY``, that of the input.

    Raises
    ------
    ConfigurationError
        If the form is neither ``float64`` nor ``decimal``.
    """
    form = asked or os.environ.get("TEGRO_MONEY") or source.money
    if form not in ("float64", "decimal"):
        raise ConfigurationError(f"money={form!r}: money= and TEGRO_MONEY take 'float64' or 'decimal'")
    return cast("MoneyForm", form)


def moment_of(source: Source, as_of: dt.datetime | None) -> dt.datetime | None:
    """Find the moment to which the orders are complete: as told, else the oldest in the column ``as_of``.

    None means that there are no orders.

    Raises
    ------
    DataError
        If there are orders, but nobody says to what moment they are complete.
    """
    import pyarrow as pa

    oldest = [] if as_of is not None else [nw.col("as_of").min()]
    table = source.collect(source.frame.select(nw.len().alias("orders"), *oldest))
    if not table["orders"][0].as_py():
        return None
    found = as_of or table["as_of"].cast(pa.timestamp("us", tz="UTC"))[0].as_py()
    if found is None:
        raise DataError(
            f"{source.metric} does not know to what moment the orders are complete, for their column 'as_of' "
            "is empty: pass as_of=, the moment at which they were read"
        )
    return cast("dt.datetime", found)
