"""What a chart is given: the result of a metric, or a frame of which the metric is then asked."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import narwhals as nw
import pandas as pd

from tegro_analytics.charts.sources.currency import one_currency
from tegro_analytics.charts.sources.facts import facts_of
from tegro_analytics.charts.sources.source import KEYS, Facts, Source, Subject
from tegro_analytics.exceptions import DataError

__all__ = ["resolve"]


def resolve(subject: Subject, data: Any, *, currency: str | None, keywords: dict[str, Any]) -> Source:
    """Get the rows to draw.

    Parameters
    ----------
    subject
        What the chart is of.
    data
        What the metric returned, or what it takes: orders, in any frame.
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
    if isinstance(data, pd.DataFrame) and set(subject.reads) <= set(data.columns):
        if keywords:
            names = ", ".join(f"{name}=" for name in sorted(keywords))
            raise TypeError(
                f"charts.{subject.chart} was given a result of {subject.metric} and {names} as well. "
                f"Put {names} into the call of {subject.metric}, or give the chart the orders."
            )
        found = getattr(data, "found", None)
        source = Source(subject, pd.DataFrame(data), None, (), (), Facts(), {}, found=found)
    else:
        _refuse_other(subject, data)
        function = _metric(subject.metric)
        _check_keywords(subject, function, keywords)
        keywords = {**subject.options, **keywords}
        if currency is not None and subject.all_currencies:
            data = _only(data, currency)
        table = _ask(subject, function, data, keywords)
        facts = facts_of(subject, data, keywords)
        found = getattr(table, "found", None)
        source = Source(subject, pd.DataFrame(table), None, (), (), facts, keywords, asked=True, found=found)
    return one_currency(replace(source, by=_dimensions(subject, source.table)), currency)


def _metric(name: str) -> Callable[..., pd.DataFrame]:
    from tegro_analytics import metrics

    function: Callable[..., pd.DataFrame] = getattr(metrics, name)
    return function


def _ask(
    subject: Subject, function: Callable[..., pd.DataFrame], orders: Any, keywords: dict[str, Any]
) -> pd.DataFrame:
    """Call the metric; where neither ``freq`` nor ``by`` was asked for, choose periods that suit the span."""
    if not subject.chooses_freq or keywords.get("freq") or keywords.get("by"):
        return function(orders, **keywords)
    months = pd.DataFrame(function(orders, **{**keywords, "freq": "month"}))
    seen = months["period_start"].nunique()
    if seen > 9:
        return months
    return pd.DataFrame(function(orders, **{**keywords, "freq": "day" if seen <= 3 else "week"}))


def _check_keywords(subject: Subject, function: Callable[..., Any], keywords: Mapping[str, Any]) -> None:
    _, *others = inspect.signature(function).parameters.values()
    known = [one.name for one in others]
    lacking = [f"{one.name}=" for one in others if one.default is one.empty and one.name not in keywords]
    if lacking:
        raise TypeError(
            f"charts.{subject.chart} needs {' and '.join(lacking)} beside what it was given, or the result "
            f"of {subject.metric}."
        )
    for name in keywords:
        if name not in known:
            near = difflib.get_close_matches(name, [*known, "ax", "lang", "currency"], n=1)
            hint = f" Did you mean {near[0]}=?" if near else ""
            options = ", ".join(["ax", "lang", "currency", *known])
            raise TypeError(f"charts.{subject.chart} has no keyword {name}=.{hint} It takes: {options}.")


def _refuse_other(subject: Subject, data: Any) -> None:
    """Say which chart a result of another metric belongs to."""
    if not isinstance(data, pd.DataFrame) or {"id", "created_at"} <= set(data.columns):
        return
    made_by = getattr(data, "metric", None)
    if not isinstance(made_by, str):
        made_by = _maker_of(data)
    if made_by is not None and made_by != subject.metric:
        from tegro_analytics import charts

        raise DataError(
            f"charts.{subject.chart} draws orders or the result of {subject.metric}; this is a result of "
            f"{made_by}. "
            + (f"Draw it with charts.{made_by}." if made_by in charts.__all__ else "It has no chart yet.")
        )
    if made_by == subject.metric:
        lacking = ", ".join(repr(name) for name in subject.reads if name not in data.columns)
        asked = ", ".join(f"{name}={value!r}" for name, value in subject.options.items())
        raise DataError(
            f"charts.{subject.chart} needs the column {lacking} of the result of {subject.metric}: "
            + (f"draw {subject.metric}(orders, {asked})." if asked else "it was taken out.")
        )


def _maker_of(table: pd.DataFrame) -> str | None:
    """Guess whose result a plain frame is: that of the metric most of whose columns it has, all of them."""
    from tegro_analytics.metrics import METRICS

    names = set(table.columns)
    found = [
        (len(metric.columns), name)
        for name, metric in METRICS.items()
        if names >= {column.name for column in metric.columns}
    ]
    return max(found)[1] if found else None


def _only(orders: Any, currency: str) -> Any:
    """Keep the orders of one currency, in whatever engine they are."""
    frame = nw.from_native(orders)
    return frame.filter(nw.col("currency") == currency).to_native()


def _dimensions(subject: Subject, table: pd.DataFrame) -> tuple[str, ...]:
    """Find the keys by which a table is split besides currency and period: they stand before the values."""
    if subject.rows is not None:
        return ()
    from tegro_analytics.metrics import METRICS

    drawn = [METRICS[name] for name in (subject.metric, "payment_systems")]  # whose results charts take
    values = {column.name for one in drawn for column in one.columns if column.kind != "text"}
    first = next(at for at, name in enumerate(table.columns) if name in values)
    # Where orders of all currencies are counted together, a currency is a way to split them.
    known = KEYS[1:] if subject.all_currencies else KEYS
    keys = [name for name in table.columns[:first] if name not in known]
    if "payment_system_id" in keys:  # a result of payment_systems names the family and rail of each as well
        keys = [name for name in keys if name not in ("family", "rail")]
    return tuple(keys)
