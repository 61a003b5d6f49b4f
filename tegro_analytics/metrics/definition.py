"""What a metric is: its name, population, clock, columns and rules, each once.

Docstrings, reports, charts and ``tegro show`` read the definitions; the texts that people read stand in
``texts/metrics.toml`` under ``metric.<name>``, ``column.<name>``, ``formula.<name>`` and ``rule.<name>``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tegro_analytics.texts import catalogue, tr

Kind = Literal[
    "money",
    "count",
    "rate",
    "fine_rate",
    "number",
    "seconds",
    "measure",
    "estimate",
    "text",
    "date",
    "instant",
    "bool",
]
Clock = Literal["paid", "created", "both"]

DTYPES: dict[Kind, str] = {
    "money": "float64, or decimal128(28, 8) with money='decimal'",
    "count": "int64",
    "rate": "float64, a fraction, missing where the denominator is 0",
    "fine_rate": "float64, a fraction that is shown to a hundredth of a percent; missing as a rate is",
    "number": "Int64, may be missing",
    "seconds": "float64, missing where there is none",
    "measure": "float64, a number in the unit that its name says, or in none; missing where there is none",
    "estimate": "float64, an amount that is no sum, such as a quantile; missing where there is none",
    "text": "str",
    "date": "datetime64[us], the wall clock of the report zone",
    "instant": "datetime64[us, zone], the report zone; may be missing",
    "bool": "bool",
}
"""The dtype in pandas of each kind of column."""

PERIOD_KEYS = ("period_start", "period_end", "complete")
SPREAD = ("low", "high", "n")
"""What a rate of counts brings beside itself: the Wilson interval, 95 %, and its denominator."""


@dataclass(frozen=True, slots=True)
class MetricColumn:
    """Describe one column of a result; ``base`` is the rate that an interval or a denominator belongs to."""

    name: str
    kind: Kind
    base: str | None = None

    def label(self, lang: str | None = None) -> str:
        """Give the heading that people read; a column that the caller made is called by its name."""
        if self.base is None:
            key = f"column.{self.name}"
            return tr(key, lang) if key in catalogue() else self.name
        part = self.name.removeprefix(f"{self.base}_")
        return f"{tr(f'column.{self.base}', lang)}, {tr(f'column.rate.{part}', lang)}"

    def formula(self, lang: str | None = None) -> str:
        """Give the formula in words."""
        if self.base is None:
            return tr(f"formula.{self.name}", lang)
        part = self.name.removeprefix(f"{self.base}_")
        return tr(f"formula.rate.{part}", lang)


def rate_of_counts(name: str) -> tuple[MetricColumn, ...]:
    """Make the columns of a rate of counts: itself, its interval, its denominator."""
    low, high, n = (f"{name}_{part}" for part in SPREAD)
    return (
        MetricColumn(name, "rate"),
        MetricColumn(low, "rate", base=name),
        MetricColumn(high, "rate", base=name),
        MetricColumn(n, "count", base=name),
    )


@dataclass(frozen=True, slots=True)
class Metric:
    """Define one metric.

    Attributes
    ----------
    name
        The name of the function: ``ta.<name>``, ``shop.<name>``, ``tegro show <name>``.
    population
        Which orders it is about, as in ``metric.<name>.population``.
    clock
        What its bounds and periods go by: when an order was ``paid``, or when it was ``created``; ``both``
        where some columns go by the one and some by the other.
    keys
        Keys that every result has, before those of ``freq``.
    columns
        The values, in order.
    rules
        Names of the rules for edge cases that apply, as in ``rule.<name>``.
    dims
        Keys that every result has, after those of ``freq`` and before those of ``by``.
    headline
        The columns that a result of many rows is shown with; every column is in the frame.
    inputs
        What the function takes, in order: ``orders``, else the names of other tables.
    is_list
        Whether a row of the result is one order, customer or the like: no sum, and the first 1,000 alone.
    """

    name: str
    population: str
    clock: Clock
    keys: tuple[str, ...]
    columns: tuple[MetricColumn, ...]
    rules: tuple[str, ...]
    dims: tuple[str, ...] = ()
    headline: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ("orders",)
    is_list: bool = False

    @property
    def function(self) -> Callable[..., Any]:
        """Give the function that computes it."""
        function: Callable[..., Any] = getattr(importlib.import_module("tegro_analytics.metrics"), self.name)
        return function

    def names(self) -> list[str]:
        """List the names of the value columns."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> MetricColumn:
        """Describe any column of a result, keys included."""
        found = next((column for column in self.columns if column.name == name), None)
        return found or MetricColumn(name, _KEY_KINDS.get(name, "text"))

    def title(self, lang: str | None = None) -> str:
        """Give the heading that people read."""
        return tr(f"metric.{self.name}.title", lang)

    def about(self, lang: str | None = None) -> str:
        """Say in one sentence what it tells."""
        return tr(f"metric.{self.name}.about", lang)

    def who(self, lang: str | None = None) -> str:
        """Say in words which orders it is about."""
        return tr(f"metric.{self.name}.population", lang)


_KEY_KINDS: dict[str, Kind] = {
    "period_start": "date",
    "period_end": "date",
    "complete": "bool",
    "payment_system_id": "number",
    "weekday": "number",
    "amount_band": "number",
    "hour": "number",
}
