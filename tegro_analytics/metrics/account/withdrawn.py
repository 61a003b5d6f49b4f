"""Withdrawals as small tables: each once, in the report zone, and what its status says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, cast
from zoneinfo import ZoneInfo

import narwhals as nw
import pyarrow as pa

from tegro_analytics.metrics.engines import arrow
from tegro_analytics.metrics.engines.source import MoneyForm, report_zone
from tegro_analytics.metrics.engines.tables import read_table
from tegro_analytics.schemas import WITHDRAWALS

NEEDS = ("id", "created_at", "amount", "currency")
OPTIONAL = ("done_at", "fee", "status", "shop_id", "observed_at", "as_of")
"""Columns of withdrawals: what has to be there, and what is null where a frame lacks it."""

_NEVER = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
_CALENDAR = ("created_date", "created_week", "created_hour", "created_weekday")


def read_withdrawals(frame: Any, *, metric: str, more: Iterable[str] = ()) -> pa.Table:
    """Read withdrawals of any engine, each once: several shops of an account list the same ones.

    Of several rows of one id the one last observed stands. A row without an id is a withdrawal of its own.

    Raises
    ------
    MissingColumn, DataError
        If a column is missing or cannot be used, or if it is no frame.
    """
    needs = [*NEEDS, *more]
    optional = [name for name in OPTIONAL if name not in needs]
    table = read_table(frame, WITHDRAWALS, needs, metric=metric, optional=optional)
    last: dict[Any, tuple[Any, int]] = {}
    for place, row in enumerate(table.select([*NEEDS, *OPTIONAL]).to_pylist()):
        key = (place,) if row["id"] is None else row["id"]
        rank = (row["observed_at"] or _NEVER, str(row)), place
        last[key] = max(last.get(key, rank), rank)
    return table.take(pa.array(sorted(place for _, place in last.values()), pa.int64()))


def with_calendar(table: pa.Table, zone: ZoneInfo) -> pa.Table:
    """Add the columns by which a query groups the dates of creation."""
    made = arrow.arrow_from_arrow(table.select(["created_at"]), _CALENDAR, zone=zone)
    for name in made.column_names:
        if name not in table.column_names:
            table = table.append_column(name, made[name])
    return table


def zone_and_money(frame: Any, zone: str | ZoneInfo | None) -> tuple[ZoneInfo, MoneyForm]:
    """Choose the report zone as for orders, and say in which form the frame has its money."""
    given = nw.from_native(frame)
    if not given.implementation.is_pandas_like():
        return report_zone(zone), "float64"
    native = given.to_native()
    own = arrow.stored_zone(native, report_zone(None))
    return report_zone(own if zone is None else zone), cast("MoneyForm", arrow.money_form(native))
