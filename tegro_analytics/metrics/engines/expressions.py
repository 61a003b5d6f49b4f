"""Columns of a frame that stays in its engine, in the types that the metrics count on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import narwhals as nw

from tegro_analytics.exceptions import DataError
from tegro_analytics.schemas import MONEY_SCALE, ORDERS

MONEY = nw.Decimal(18, 8)
SUM = nw.Decimal(38, 8)
"""The type of every sum of money: each engine has another one of its own."""

_CLOCKS = ("created", "paid")
_PARTS = ("date", "week", "weekday", "hour")
_FLOAT_LIMIT = 1e10
_SMALLEST = 1e-8
_WIDE = nw.Decimal(38, 24)
_AMOUNT = r"^[+-]?(0*[0-9]{1,10}(\.[0-9]{0,8}0*)?|\.[0-9]{1,8}0*)$"
_NUMBER = r"^[+-]?[0-9]{1,18}$"
_WHOLE_LIMIT = 9e18


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

    def doubtful(self, names: Iterable[str]) -> dict[str, nw.Expr]:
        """Ask of each column that may hold what its type cannot whether a value is such a one."""
        found = {}
        for name in names:
            kind = ORDERS.by_name[name].kind if name in ORDERS.by_name else None
            dtype = self.schema.get(name)
            if kind is not None and dtype is not None and _is_loose(kind, dtype):
                column = _known(nw.col(name), dtype)
                found[name] = ~column.is_null() & self._typed(nw.col(name), name, dtype).is_null()
        return found

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
            column, dtype = column.cast(nw.String), nw.String()
        if kind is None or isinstance(dtype, _OF_KIND.get(kind, ())):
            return column
        if kind == "instant":
            return self._instant(column, name, dtype)
        if isinstance(dtype, nw.Unknown):  # nulls alone, or a type that an engine has for itself
            return column.cast(_TYPES[kind])
        if (typed := _CASTS[kind](column, dtype)) is None:
            raise DataError(
                f"the column {name!r} holds {dtype}, which is not {_WORDS[kind]}: convert it first"
            )
        return typed

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


def _is_loose(kind: str, dtype: Any) -> bool:
    """Say whether a type may hold what a column of this kind cannot."""
    if isinstance(dtype, nw.Decimal):
        return dtype.scale > (MONEY_SCALE if kind == "money" else 0) and kind in ("money", "int")
    return kind in ("money", "int", "bool") and (dtype.is_float() or isinstance(dtype, nw.String))


def _known(column: nw.Expr, dtype: Any) -> nw.Expr:
    """Take what is no number for missing, as pandas does."""
    return nw.when(~column.is_nan()).then(column) if dtype.is_float() else column


def _money(column: nw.Expr, dtype: Any) -> nw.Expr | None:
    """Hold money exactly. The shortest digits of a float are its amount; what is none becomes null.

    The digits go through text, because engines divide by a constant in ways of their own.
    """
    if isinstance(dtype, nw.Decimal):
        if dtype.scale <= MONEY_SCALE:
            return column
        amount = column.cast(SUM)
        return nw.when(amount.cast(dtype) == column).then(amount)
    if dtype.is_integer():
        return column.cast(SUM)
    if isinstance(dtype, nw.String):
        return nw.when(column.str.contains(_AMOUNT)).then(column).cast(SUM)
    if not dtype.is_float():
        return None
    column = column.cast(nw.Float64)  # the digits of a shorter float are not those that were meant
    size = column.abs()
    digits = nw.when((size < _FLOAT_LIMIT) & ((size >= _SMALLEST) | (size == 0))).then(column).cast(nw.String)
    wide = digits.cast(_WIDE)
    amount = wide.cast(MONEY)
    return nw.when(amount.cast(_WIDE) == wide).then(amount)


def _whole(column: nw.Expr, dtype: Any) -> nw.Expr | None:
    """Hold whole numbers; what is none becomes null."""
    if dtype.is_integer() or isinstance(dtype, nw.Boolean):
        return column.cast(nw.Int64)
    if isinstance(dtype, nw.String):
        return nw.when(column.str.contains(_NUMBER)).then(column).cast(nw.Int64)
    if isinstance(dtype, nw.Decimal):
        whole = column.cast(nw.Decimal(38, 0))
        return nw.when(whole.cast(dtype) == column).then(whole).cast(nw.Int64)
    if not dtype.is_float():
        return None
    column = _known(column, dtype)
    is_whole = (column == column.round()) & (column.abs() < _WHOLE_LIMIT)
    return nw.when(is_whole).then(column).cast(nw.Int64)


def _truth(column: nw.Expr, dtype: Any) -> nw.Expr | None:
    """Hold what is true and what is not: numbers other than 0 are, and the words say it."""
    if isinstance(dtype, nw.String):
        word, yes, no = column.str.to_lowercase(), nw.lit(value=True), nw.lit(value=False)
        is_false = nw.when((word == "false") | (word == "0")).then(no)
        return nw.when((word == "true") | (word == "1")).then(yes).otherwise(is_false)
    return _known(column, dtype) != 0 if dtype.is_numeric() else None


def _text(column: nw.Expr, dtype: Any) -> nw.Expr | None:
    """Hold text: a whole number is its digits; how another number is written, no two engines agree."""
    return column.cast(nw.String) if dtype.is_integer() else None


def _day(column: nw.Expr, dtype: Any) -> nw.Expr | None:
    """Hold days: an instant without a zone is the day that it lies in."""
    return column.cast(nw.Date) if isinstance(dtype, nw.Datetime) else None


_OF_KIND: dict[str, tuple[type[Any], ...]] = {
    "int": (nw.Int64,),
    "bool": (nw.Boolean,),
    "text": (nw.String,),
    "date": (nw.Date,),
}
"""Types that are taken as they are."""

_TYPES: dict[str, Any] = {
    "int": nw.Int64(),
    "bool": nw.Boolean(),
    "text": nw.String(),
    "date": nw.Date(),
    "money": SUM,
}

_CASTS: dict[str, Callable[[nw.Expr, Any], nw.Expr | None]] = {
    "money": _money,
    "int": _whole,
    "bool": _truth,
    "text": _text,
    "date": _day,
}
"""How a column of another type becomes one of a kind; None where it cannot."""

_WORDS = {
    "money": "amounts",
    "int": "whole numbers",
    "bool": "what is true or false",
    "text": "text",
    "date": "days",
}


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
