"""One question: a metric, the orders, bounds, frequency, dimensions, and how far the orders reach."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from tegro_analytics.exceptions import DataError, MixedCurrencies
from tegro_analytics.metrics.asking.bands import AMOUNT_BAND, amount_band
from tegro_analytics.metrics.asking.exchange import Exchange, exchange
from tegro_analytics.metrics.asking.periods import Freq, frequency
from tegro_analytics.metrics.asking.populations import not_test
from tegro_analytics.metrics.asking.window import Bound, Window, instant, local_time, window
from tegro_analytics.metrics.definition import PERIOD_KEYS, Metric
from tegro_analytics.metrics.engines.source import MoneyForm, Source, moment_of, money_form, open_source
from tegro_analytics.reference import Reference, load_reference

By = str | Iterable[str] | None

CALENDAR = ("hour", "weekday")
"""Dimensions that follow from the clock of the metric."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold what the caller said, as it was said."""

    since: Bound | None = None
    until: Bound | None = None
    freq: str | None = None
    by: By = None
    as_of: Bound | None = None
    money: str | None = None
    zone: str | ZoneInfo | None = None
    reference: Reference | None = None
    total_in: str | None = None
    fx: Any = None


@dataclass(frozen=True)
class Question:
    """Hold a question whose parts were checked, about orders that were opened.

    ``dims`` are the dimensions without ``currency`` where the metric has it as a key anyway. ``as_of`` is
    None where there are no orders. ``exchange`` brings all money into one currency, if that was asked for.
    """

    metric: Metric
    source: Source
    window: Window
    freq: Freq | None
    dims: tuple[str, ...]
    as_of: dt.datetime | None
    money: MoneyForm
    reference: Reference
    exchange: Exchange | None = None

    @property
    def groups(self) -> list[str]:
        """List the keys of a group: those of the metric, then the dimensions."""
        return [*self.metric.keys, *self.dims]

    @property
    def stored_groups(self) -> list[str]:
        """List the keys of a group that are columns of the orders."""
        return [name for name in self.groups if name not in CALENDAR]

    @property
    def keys(self) -> list[str]:
        """List the keys of a row, in their order in the result."""
        return [*self.metric.keys, *(PERIOD_KEYS if self.freq else ()), *self.dims]

    @property
    def hourly(self) -> bool:
        """Say whether hours matter, beside days."""
        return self.freq == "hour" or "hour" in self.dims

    @property
    def now(self) -> dt.datetime:
        """Give ``as_of`` as a wall-clock time of the report zone."""
        if self.as_of is None:
            raise AssertionError("an empty frame has no moment")
        return self.as_of.astimezone(self.window.zone).replace(tzinfo=None)

    def keep_apart(self, names: Iterable[str]) -> None:
        """Refuse a dimension that has the name of a value: one of them would be taken for the other.

        Raises
        ------
        DataError
            If there is one.
        """
        for name in names:
            if name in self.dims:
                raise DataError(
                    f"by={name!r}: {self.metric.name} makes a column of this name itself; rename that of the "
                    "orders"
                )

    def ends_by(self, local: dt.datetime, *, after: dt.timedelta = dt.timedelta(0)) -> bool:
        """Say whether what ends at a wall-clock time was over, and ``after`` it had passed, at ``as_of``."""
        return self.as_of is not None and instant(local, self.window.zone) + after <= self.as_of


def ask(orders: Any, metric: Metric, needs: Iterable[str], asked: Asked) -> Question:
    """Check what the caller said, and open the orders with the columns that the answer needs.

    Raises
    ------
    MissingColumn, DataError, ConfigurationError
        If something that was said, or a column, cannot be used.
    """
    if not isinstance(asked.reference, Reference | None):
        raise DataError(f"reference={asked.reference!r}: give what `load_reference()` gives, or None")
    freq = frequency(asked.freq)
    dims = dimensions(asked.by, metric)
    columns = _columns(metric, needs, asked, freq=freq, dims=dims)
    source = open_source(orders, columns, metric=metric.name, zone=asked.zone)
    if AMOUNT_BAND in dims:
        source = replace(source, frame=source.frame.with_columns(amount_band().alias(AMOUNT_BAND)))
        if "currency" not in (*metric.keys, *dims) or asked.total_in is not None:
            _refuse_several_currencies(source)
    bounds = window(asked.since, asked.until, source.zone)
    as_of = None
    if asked.as_of is not None:
        as_of = instant(local_time(asked.as_of, source.zone, name="as_of"), source.zone)
    return Question(
        metric=metric,
        source=source,
        window=bounds,
        freq=freq,
        dims=dims,
        as_of=moment_of(source, as_of),
        money=money_form(asked.money, source),
        reference=asked.reference or load_reference(),
        exchange=exchange(asked.total_in, asked.fx),
    )


def _refuse_several_currencies(source: Source) -> None:
    """Refuse bands over several currencies: 100 of one and 100 of another have nothing in common.

    Raises
    ------
    MixedCurrencies
        If the orders have several.
    """
    live = source.frame.filter(not_test()).select("currency").unique()
    codes = sorted(str(code) for code in source.collect(live)["currency"].to_pylist())
    if len(codes) > 1:
        raise MixedCurrencies(
            f"by={AMOUNT_BAND!r} compares amounts, and the orders have {', '.join(map(repr, codes))}: ask "
            f"for by=['currency', {AMOUNT_BAND!r}] without total_in=, or give the orders of one currency"
        )


def names_of(by: By) -> tuple[str, ...]:
    """Read ``by`` as names, whatever they are.

    Raises
    ------
    DataError
        If it is neither a name nor a list.
    """
    if by is None or isinstance(by, str):
        return () if by is None else (by,)
    if not isinstance(by, Iterable):
        raise DataError(f"by={by!r}: give the name of a column, or a list of names")
    return tuple(by)


def dimensions(by: By, metric: Metric) -> tuple[str, ...]:
    """Read ``by``: one name or several.

    Raises
    ------
    DataError
        If a name is given twice, is no text, or is a column of the result.
    """
    names = names_of(by)
    for name in names:
        if not isinstance(name, str):
            raise DataError(f"by={by!r}: give the name of a column, or a list of names")
        if name in PERIOD_KEYS or name in metric.names():
            raise DataError(f"by={name!r} is a column of the result of {metric.name}: group by another one")
    if len(set(names)) < len(names):
        raise DataError(f"by={by!r} names a dimension twice")
    return (*metric.dims, *(name for name in names if name not in (*metric.keys, *metric.dims)))


def _columns(
    metric: Metric, needs: Iterable[str], asked: Asked, *, freq: Freq | None, dims: tuple[str, ...]
) -> list[str]:
    """List the columns of the orders that the answer needs."""
    clocks = ("created",) if metric.clock == "created" else ("paid", "created")
    columns = [*needs, *metric.keys, *(name for name in dims if name not in (*CALENDAR, AMOUNT_BAND))]
    if AMOUNT_BAND in dims:
        columns += ["amount", "currency", "is_test"]
    if asked.as_of is None:
        columns.append("as_of")
    if freq == "hour" or "hour" in dims:
        columns += [f"{clock}_hour" for clock in clocks]
    if metric.clock != "paid":
        columns += ["created_week"] * (freq == "week") + ["created_weekday"] * ("weekday" in dims)
    if not all(_is_day(bound) for bound in (asked.since, asked.until)):
        columns += [f"{clock}_at" for clock in clocks]
    return columns


def _is_day(bound: Bound | None) -> bool:
    """Say whether a bound was given as a day, without a time."""
    if isinstance(bound, str):
        return len(bound.strip()) <= len("2026-10-01")
    return bound is None or (isinstance(bound, dt.date) and not isinstance(bound, dt.datetime))
