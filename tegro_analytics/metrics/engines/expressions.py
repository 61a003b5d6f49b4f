"""Columns of a frame that stays in its engine, in the types that the metrics count on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import narwhals as nw

from tegro_analytics.exceptions import DataError
from tegro_analytics.schemas import ORDERS

MONEY = nw.Decimal(18, 8)
SUM = nw.Decimal(38, 8)
"""The type of every sum of money: each engine has another one of its own."""

_CLOCKS = ("created", "paid")
_PARTS = ("date", "week", "weekday", "hour")
_FLOAT_LIMIT = 1e10
_SMALLEST = 1e-8
_WIDE = nw.Decimal(38, 24)


@dataclass(frozen=True, slots=True)
class Canon:
    """Express the columns of a frame in their canonical types.

    ``polars`` says that the engine turns an instant into a day of any zone; the others do it in that of their
    session only, and that is not ours to set. ``remake`` makes the days anew although the frame has some.
    """

    schema: Mapping[str, Any]
    zone: ZoneInfo
    polars: bool
    remake: bool

    def columns(self, names: Iterable[str]) -> list[nw.Expr]:
        """Express the columns, without those that the frame lacks and that cannot be made safely."""
        found = {name: self._column(name) for name in names}
        return [expression.alias(name) for name, expression in found.items() if expression is not None]

    def floats(self, names: Iterable[str]) -> list[str]:
        """List the columns of money that are floats."""
        known = [name for name in names if name in self.schema and name in ORDERS.by_name]
        return [
            name for name in known if ORDERS.by_name[name].kind == "money" and self.schema[name].is_float()
        ]

    def is_doubtful(self, name: str) -> nw.Expr:
        """Ask whether a float is there whose shortest digits are no amount."""
        column = nw.col(name)
        return ~column.is_null() & ~column.is_nan() & _money(column, self.schema[name]).is_null()

    def _column(self, name: str) -> nw.Expr | None:
        clock, _, part = name.partition("_")
        if clock in _CLOCKS and part in _PARTS and (self.remake or name not in self.schema):
            return self._calendar(clock, part)
        dtype = self.schema.get(name)
        return None if dtype is None else self._typed(nw.col(name), name, dtype)

    def _calendar(self, clock: str, part: str) -> nw.Expr | None:
        """Make a column of the calendar: from the instant in Polars, else from the day that is stored."""
        if part in ("week", "weekday"):
            day = self._column(f"{clock}_date")
            return None if day is None else week_number(day) if part == "week" else weekday_number(day)
        if not self.polars or f"{clock}_at" not in self.schema:
            return None
        local = nw.col(f"{clock}_at").dt.convert_time_zone(self.zone.key)
        return local.dt.date() if part == "date" else local.dt.hour().cast(nw.Int64)

    def _typed(self, column: nw.Expr, name: str, dtype: Any) -> nw.Expr:
        """Cast a column that the frame has."""
        kind = ORDERS.by_name[name].kind if name in ORDERS.by_name else None
        if isinstance(dtype, (nw.Categorical, nw.Enum)):
            return column.cast(nw.String)
        if kind == "instant":
            return self._instant(column, name, dtype)
        if kind == "date" and not isinstance(dtype, nw.Date):
            return column.cast(nw.Date)
        if kind == "int" and not isinstance(dtype, nw.Int64):
            return column.cast(nw.Int64)
        if kind == "money":
            return _money(column, dtype)
        return column

    def _instant(self, column: nw.Expr, name: str, dtype: Any) -> nw.Expr:
        """Hold an instant in UTC: Polars compares no others, elsewhere an instant is one anyway."""
        zone = dtype.time_zone if isinstance(dtype, nw.Datetime) else None
        if isinstance(dtype, nw.Unknown):  # a column of nulls alone
            return column.cast(nw.Datetime("us", "UTC"))
        if zone is None:
            raise DataError(
                f"the column {name!r} holds {dtype}, not instants with a time zone: make them instants in "
                "UTC first (`ta.canonical(df, zone='Europe/Moscow')` does it for a pandas frame)"
            )
        return column.dt.convert_time_zone("UTC") if self.polars and zone != "UTC" else column


def _money(column: nw.Expr, dtype: Any) -> nw.Expr:
    """Hold money exactly. The shortest digits of a float are its amount; what is none becomes null.

    The digits go through text, because engines divide by a constant in ways of their own.
    """
    if isinstance(dtype, nw.Decimal):
        return column
    if not dtype.is_float():
        return column.cast(SUM)
    size = column.abs()
    digits = nw.when((size < _FLOAT_LIMIT) & ((size >= _SMALLEST) | (size == 0))).then(column).cast(nw.String)
    wide = digits.cast(_WIDE)
    amount = wide.cast(MONEY)
    return nw.when(amount.cast(_WIDE) == wide).then(amount)


def week_number(day: nw.Expr) -> nw.Expr:
    """Number the weeks, Monday first."""
    return (_ordinal(day) - 1) // 7


def weekday_number(day: nw.Expr) -> nw.Expr:
    """Number the weekdays, 1 = Monday."""
    return (_ordinal(day) - 1) % 7 + 1


def _ordinal(day: nw.Expr) -> nw.Expr:
    """Number the days by the calendar, a Monday as 1: no engine's own notion of a week is asked."""
    past = day.dt.year().cast(nw.Int64) - 1
    return past * 365 + past // 4 - past // 100 + past // 400 + day.dt.ordinal_day().cast(nw.Int64)
