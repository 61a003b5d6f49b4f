"""The rows that a chart draws, and what has to be said about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["KEYS", "Facts", "Source", "Subject", "floats"]

KEYS = ("currency", "period_start", "period_end", "complete")
"""The keys that say neither what is split nor by what: the currency, and the period."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a chart is of: which metric it draws, and what it needs of its result.

    Attributes
    ----------
    chart : str
        The name of the chart in ``tegro_analytics.charts``, and of its texts.
    metric : str
        The name of the metric.
    reads : tuple of str
        The columns of the result that the chart reads: a pandas frame that has them is taken for a result.
    weight : str
        The count by which the currency with the most is chosen; where a result has no such column, its rows
        are counted.
    unit : str
        What the rows of another currency are counted in where it is named: the key of a plural text under
        ``count.chart``; where it is empty, the currency is named without a count.
    day : str or None
        The column of days, or of instants, of the frame that say which span is covered; None where it has
        none.
    chooses_freq : bool
        Whether periods that suit the span are chosen where neither ``freq`` nor ``by`` was asked for.
    all_currencies : bool
        Whether the result counts all currencies together: then a currency is chosen among the orders.
    rows : tuple of str or None
        What tells the rows of one currency apart, where the chart is always of these; None takes the keys by
        which the result was split, and names them in the title.
    along : tuple of str
        Further columns that tell rows apart: the moments of a curve.
    nameless : bool
        Whether rows without a currency are left out and counted; else they are refused.
    options : mapping
        Keywords that the metric is asked with unless the caller says otherwise.
    """

    chart: str
    metric: str
    reads: tuple[str, ...]
    weight: str = "payments"
    unit: str = "payments"
    day: str | None = "paid_date"
    chooses_freq: bool = False
    all_currencies: bool = False
    rows: tuple[str, ...] | None = None
    along: tuple[str, ...] = ()
    nameless: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """What orders say of themselves: ``as_of`` on the clock of ``zone``; the days that are bounds."""

    as_of: dt.datetime | None = None
    zone: str | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    bounded: tuple[bool, bool] = (False, False)


@dataclass(frozen=True)
class Source:
    """The rows to draw, of one currency, and what has to be said about them."""

    subject: Subject
    table: pd.DataFrame
    currency: str | None
    others: tuple[tuple[str, int], ...]
    """The currencies that are not drawn, each with its payments."""
    by: tuple[str, ...]
    facts: Facts
    options: Mapping[str, Any]
    """What the metric was asked with."""
    asked: bool = False
    """Whether the chart was given orders and asked the metric itself."""
    found: int | None = None
    """How many rows there are, where the result is a list that may be cut."""
    nameless: int = 0
    """How many have no currency, and are left out."""

    @property
    def chart(self) -> str:
        """The name of the chart, under which its texts stand."""
        return self.subject.chart

    @property
    def timed(self) -> bool:
        """Whether the rows are periods."""
        return "period_start" in self.table.columns

    def total(self, column: str) -> float:
        """Add a column up; 0 where there are no rows."""
        return float(np.nansum(floats(self.table[column])))


def floats(values: pd.Series) -> np.ndarray:
    """Take numbers of any type (float, decimal, nullable integer) as floats; missing is NaN."""
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "fiu":
        return values.to_numpy(dtype=float)
    return np.array([np.nan if pd.isna(value) else float(value) for value in values], dtype=float)
