"""Exchange rates: the only way to a total over several currencies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from tegro_analytics.exceptions import DataError, MissingColumn, MissingRate
from tegro_analytics.metrics.asking.window import local_time

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Exchange", "exchange"]

_COLUMNS = ("date", "currency", "rate")
_PLACES = 16
_ONE = Decimal(1)
_SHAPE = (
    "fx= takes a frame with the columns date, currency and rate: how many units of total_in= one "
    "unit of that currency was worth on that day"
)


@dataclass(frozen=True)
class Exchange:
    """Hold the rate of every currency and day into one currency."""

    currency: str
    rates: Mapping[tuple[str, dt.date], Decimal]

    def rate(self, currency: str, day: dt.date) -> Decimal:
        """Look the rate of a day up.

        Raises
        ------
        MissingRate
            If there is none: neither 0 nor the rate of another day would be true.
        """
        if currency == self.currency:
            return _ONE
        found = self.rates.get((currency, day))
        if found is None:
            raise MissingRate(
                f"there is no rate from {currency} to {self.currency} for {day}: add it to fx=, or ask "
                "without total_in= for one row in each currency"
            )
        return found

    def converted(self, table: pa.Table, days: Iterable[Any], names: Sequence[str]) -> pa.Table:
        """Convert sums of money of single days, exactly; ``currency`` is the same in every row then.

        Parameters
        ----------
        table
            Rows with ``currency`` and sums.
        days
            The day of each row.
        names
            The columns of money.
        """
        import pyarrow as pa

        currencies = table["currency"].to_pylist()
        pairs = zip(currencies, (_day(day) for day in days), strict=True)
        ratios = [self.rate(currency, day) for currency, day in pairs]
        for name in names:
            values = zip(table[name].to_pylist(), ratios, strict=True)
            money = pa.array([_times(value, rate) for value, rate in values], pa.decimal256(70, 8 + _PLACES))
            table = table.set_column(table.column_names.index(name), name, money)
        place = table.column_names.index("currency")
        return table.set_column(place, "currency", pa.array([self.currency] * table.num_rows, pa.string()))


def _day(day: Any) -> dt.date:
    found: dt.date = day.astype("M8[D]").item() if hasattr(day, "astype") else day
    return found


def _times(value: Decimal | None, rate: Decimal) -> Decimal | None:
    """Multiply without rounding, whatever the context of decimal is."""
    if value is None:
        return None
    sign, digits, exponent = value.as_tuple()
    _, more, further = rate.as_tuple()
    product = int("".join(map(str, digits))) * int("".join(map(str, more)))
    return Decimal((sign, tuple(map(int, str(product))), int(exponent) + int(further)))


def exchange(total_in: str | None, fx: Any) -> Exchange | None:
    """Read the rates for a total in one currency; None where no total is asked for.

    Raises
    ------
    MissingRate
        If a total is asked for without rates.
    DataError
        If the rates cannot be read, or no total is asked for.
    """
    if total_in is None and fx is None:
        return None
    if total_in is None:
        raise DataError("fx= was given without total_in=: say in which currency the total is wanted")
    if fx is None:
        raise MissingRate(f"a total in {total_in} needs rates: {_SHAPE}")
    rates: dict[tuple[str, dt.date], Decimal] = {}
    for row, (day, currency, rate) in enumerate(_rows(fx)):
        key = (str(currency), _read_day(day, row))
        value = _read_rate(rate, row)
        if rates.setdefault(key, value) != value:
            raise DataError(f"fx= has two rates from {key[0]} for {key[1]}: {rates[key]} and {value}")
    return Exchange(str(total_in), rates)


def _rows(fx: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Read the three columns of a frame of any engine."""
    import narwhals as nw

    try:
        frame = nw.from_native(fx)
    except TypeError:
        raise DataError(f"fx= was given {type(fx).__name__}: {_SHAPE}") from None
    has = frame.collect_schema().names()
    if missing := [name for name in _COLUMNS if name not in has]:
        raise MissingColumn(missing, needed_by="fx=", hint=_SHAPE)
    frame = frame.select(*_COLUMNS)
    eager = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    return zip(*(eager[name].to_list() for name in _COLUMNS), strict=True)


def _read_day(value: Any, row: int) -> dt.date:
    import zoneinfo

    try:
        return local_time(value, zoneinfo.ZoneInfo("UTC"), name="date").date()
    except DataError:
        pass
    raise DataError(f"the date {value!r} in row {row} of fx= is no day: write it as '2026-10-01'")


def _read_rate(value: Any, row: int) -> Decimal:
    """Read a rate exactly; the shortest digits of a float are the rate."""
    try:
        rate = Decimal(str(value))
    except InvalidOperation:
        rate = Decimal("NaN")
    exponent = rate.as_tuple().exponent
    if rate.is_finite() and rate > 0 and isinstance(exponent, int) and -exponent <= _PLACES:
        return rate
    raise DataError(
        f"the rate {value!r} in row {row} of fx= is no number above 0 with at most {_PLACES} places"
    )
