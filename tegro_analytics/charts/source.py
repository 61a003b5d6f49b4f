"""What a chart is drawn from: the result of a metric, or orders, of which the metric is then asked."""

from __future__ import annotations

import datetime as dt
import difflib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from tegro_analytics.exceptions import DataError, MixedCurrencies

__all__ = ["Source", "floats", "resolve"]

KEYS = ("currency", "period_start", "period_end", "complete")

_MARKS = {
    "revenue": ("gross_volume", "net_volume", "payments"),
    "fees": ("gross_volume", "fees", "payments", "effective_fee_rate"),
    "conversion": ("mature", "conversion_24h", "conversion_24h_low", "conversion_24h_high"),
    "payment_systems": (
        "payment_system",
        "share",
        "payments",
        "mature",
        "conversion_24h",
        "conversion_24h_low",
        "conversion_24h_high",
    ),
}
"""The columns that a chart reads: a pandas frame that has them is taken for a result of the metric."""


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

    metric: str
    table: pd.DataFrame
    currency: str | None
    others: tuple[tuple[str, int], ...]
    """The currencies that are not drawn, each with its payments."""
    by: tuple[str, ...]
    facts: Facts
    options: Mapping[str, Any]

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


def resolve(metric: str, data: Any, *, currency: str | None, keywords: dict[str, Any]) -> Source:
    """Get the rows to draw.

    Parameters
    ----------
    metric
        The name of the metric.
    data
        What the metric returned, or orders.
    currency
        The currency to draw; None takes the one with the most payments.
    keywords
        What the metric is to be asked with, if ``data`` are orders.

    Raises
    ------
    DataError
        If ``data`` is the result of another metric, or has no such currency.
    TypeError
        If the metric knows no such keyword, or ``data`` is a result already.
    """
    if isinstance(data, pd.DataFrame) and set(_MARKS[metric]) <= set(data.columns):
        if keywords:
            names = ", ".join(f"{name}=" for name in sorted(keywords))
            raise TypeError(
                f"charts.{metric} was given a result of {metric} and {names} as well. "
                f"Put {names} into the call of {metric}, or give the chart the orders."
            )
        table, facts = pd.DataFrame(data), Facts()
    else:
        _refuse_other(metric, data)
        function = _metric(metric)
        _check_keywords(metric, function, keywords)
        if currency is not None and metric == "conversion":
            data = _only(data, currency)
        table = _ask(metric, function, data, keywords)
        facts = _facts(metric, data, keywords)
    source = Source(metric, table, None, (), _dimensions(metric, table), facts, keywords)
    return _one_currency(source, currency)


def _metric(name: str) -> Callable[..., pd.DataFrame]:
    from tegro_analytics import metrics

    function: Callable[..., pd.DataFrame] = getattr(metrics, name)
    return function


def _ask(
    metric: str, function: Callable[..., pd.DataFrame], orders: Any, keywords: dict[str, Any]
) -> pd.DataFrame:
    """Call the metric; where neither ``freq`` nor ``by`` was asked for, choose periods that suit the span."""
    if metric == "payment_systems" or keywords.get("freq") or keywords.get("by"):
        return pd.DataFrame(function(orders, **keywords))
    months = pd.DataFrame(function(orders, **{**keywords, "freq": "month"}))
    seen = months["period_start"].nunique()
    if seen > 9:
        return months
    return pd.DataFrame(function(orders, **{**keywords, "freq": "day" if seen <= 3 else "week"}))


def _check_keywords(metric: str, function: Callable[..., Any], keywords: Mapping[str, Any]) -> None:
    known = list(inspect.signature(function).parameters)[1:]
    for name in keywords:
        if name not in known:
            near = difflib.get_close_matches(name, [*known, "ax", "lang", "currency"], n=1)
            hint = f" Did you mean {near[0]}=?" if near else ""
            options = ", ".join(["ax", "lang", "currency", *known])
            raise TypeError(f"charts.{metric} has no keyword {name}=.{hint} It takes: {options}.")


def _refuse_other(metric: str, data: Any) -> None:
    """Say which chart a result of another metric belongs to."""
    if not isinstance(data, pd.DataFrame) or {"id", "created_at"} <= set(data.columns):
        return
    made_by = getattr(data, "metric", None)
    if not isinstance(made_by, str):
        made_by = next((name for name, marks in _MARKS.items() if set(marks) <= set(data.columns)), None)
    if made_by is not None and made_by != metric:
        raise DataError(
            f"charts.{metric} draws orders or the result of {metric}; this is a result of {made_by}. "
            + (f"Draw it with charts.{made_by}." if made_by in _MARKS else "It has no chart yet.")
        )
    if made_by == metric:
        lacking = ", ".join(repr(name) for name in _MARKS[metric] if name not in data.columns)
        raise DataError(
            f"charts.{metric} needs the column {lacking} of the result of {metric}: it was taken out."
        )


def _only(orders: Any, currency: str) -> Any:
    """Keep the orders of one currency, in whatever engine they are."""
    frame = nw.from_native(orders)
    return frame.filter(nw.col("currency") == currency).to_native()


def _dimensions(metric: str, table: pd.DataFrame) -> tuple[str, ...]:
    """Find the keys by which a table is split besides currency and period: they stand before the values."""
    if metric == "payment_systems":
        return ()
    from tegro_analytics.metrics import METRICS

    drawn = [METRICS[name] for name in (metric, "payment_systems")]  # whose results charts take
    values = {column.name for one in drawn for column in one.columns if column.kind != "text"}
    first = next(at for at, name in enumerate(table.columns) if name in values)
    # Conversion counts orders of all currencies together: there a currency is a way to split them.
    known = KEYS[1:] if metric == "conversion" else KEYS
    keys = [name for name in table.columns[:first] if name not in known]
    if "payment_system_id" in keys:  # a result of payment_systems names the family and rail of each as well
        keys = [name for name in keys if name not in ("family", "rail")]
    return tuple(keys)


def _one_currency(source: Source, wanted: str | None) -> Source:
    """Keep the rows of one currency: amounts of two are never drawn on one scale."""
    table = source.table
    if "currency" not in table.columns or (source.metric == "conversion" and wanted is None):
        if wanted is not None and source.metric == "conversion" and not source.options:
            raise DataError(
                f"currency={wanted!r}: a result of conversion counts orders of all currencies. "
                "Give the chart the orders instead."
            )
        return replace(source, currency=wanted, table=_sorted(source, table))
    payments = _weights(table)
    if wanted is not None and wanted not in payments and payments:
        raise DataError(f"currency={wanted!r} is not in the data, which has {', '.join(payments)}.")
    chosen = wanted if wanted is not None else next(iter(payments), None)
    others = tuple((name, number) for name, number in payments.items() if name != chosen)
    rows = table[table["currency"] == chosen] if chosen is not None else table
    by = tuple(name for name in source.by if name != "currency")
    source = replace(source, currency=chosen, others=others, by=by)
    return replace(source, table=_sorted(source, rows))


def _weights(table: pd.DataFrame) -> dict[str, int]:
    """Count the payments of each currency, the most first: counts compare where amounts do not."""
    if table["currency"].isna().any():
        raise MixedCurrencies("Some rows have no currency: amounts without one cannot be drawn on a scale.")
    counted = [
        (str(name), int(np.nansum(floats(rows["payments"]))) if "payments" in rows else len(rows))
        for name, rows in table.groupby("currency", sort=True)
    ]
    return dict(sorted(counted, key=lambda pair: -pair[1]))


def _sorted(source: Source, table: pd.DataFrame) -> pd.DataFrame:
    """Put the rows in order of time, and make sure that each is there once."""
    time = ["period_start"] if "period_start" in table.columns else []
    names = ("payment_system", "payment_system_id") if source.metric == "payment_systems" else source.by
    if source.metric == "payment_systems":
        time = []  # one row for each system: periods would be several
    keys = [*time, *(name for name in names if name in table.columns)]
    twice = table.duplicated(keys).any() if keys else len(table) > 1
    if twice and source.metric == "payment_systems":
        raise DataError(
            "charts.payment_systems draws one row for each payment system: leave freq= and by= out of "
            "payment_systems, or draw charts.conversion with by='payment_system'."
        )
    if twice:
        told = ", ".join(keys) or "currency"
        raise DataError(
            f"charts.{source.metric} was given several rows of the same {told}: it draws one result of "
            f"{source.metric}, and adds nothing up."
        )
    ordered = table.sort_values(time, kind="stable") if time else table
    return pd.DataFrame(ordered).reset_index(drop=True)


def _facts(metric: str, orders: Any, keywords: Mapping[str, Any]) -> Facts:
    """Ask orders for the moment up to which they are known, their zone, and their first and last day."""
    from tegro_analytics.metrics.asking.window import local_time
    from tegro_analytics.metrics.engines.source import open_source

    day = "created_date" if metric == "conversion" else "paid_date"
    told = keywords.get("as_of")
    needs = [day] if told is not None else ["as_of", day]
    source = open_source(orders, needs, metric=metric, zone=keywords.get("zone"))
    wanted = [nw.col(day).min().alias("first"), nw.col(day).max().alias("last")]
    if told is None:
        wanted.append(nw.col("as_of").min().alias("as_of"))
    row = source.collect(source.frame.select(*wanted)).to_pylist()[0]
    known = (
        local_time(told, source.zone, name="as_of") if told is not None else _local(row["as_of"], source.zone)
    )
    first, last = row["first"], row["last"]
    if keywords.get("since") is not None:
        first = local_time(keywords["since"], source.zone, name="since").date()
    if keywords.get("until") is not None:
        last = (
            local_time(keywords["until"], source.zone, name="until") - dt.timedelta(microseconds=1)
        ).date()
    bounded = keywords.get("since") is not None, keywords.get("until") is not None
    return Facts(as_of=known, zone=source.zone.key, first=first, last=last, bounded=bounded)


def _local(moment: dt.datetime | None, zone: dt.tzinfo) -> dt.datetime | None:
    """Write a moment in UTC as the time on the clock of a zone."""
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return aware.astimezone(zone).replace(tzinfo=None)
