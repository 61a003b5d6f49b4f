"""The frame that a metric returns."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.asking.question import Question
from tegro_analytics.metrics.definition import Kind, Metric
from tegro_analytics.metrics.engines.source import MoneyForm
from tegro_analytics.metrics.results.frame import MetricFrame

MONEY = pa.decimal128(28, 8)
"""Decimals of results: wide enough for every sum, narrow enough for `a - b`, which adds a digit each time."""


def finish(question: Question, frame: pd.DataFrame, values: Mapping[str, Any]) -> MetricFrame:
    """Put keys and values into the order and the dtypes of the contract.

    Parameters
    ----------
    question
        What was asked.
    frame
        Has the keys.
    values
        The value columns by name; those that the metric does not have are left out.
    """
    zone = question.window.zone
    keys = {name: _key(frame[name], question.metric.column(name).kind, name, zone) for name in question.keys}
    columns = {
        column.name: _instants(values[column.name], zone)
        if column.kind == "instant"
        else _typed(values[column.name], column.kind, question.money, index=frame.index)
        for column in question.metric.columns
    }
    return MetricFrame(pd.DataFrame({**keys, **columns}, index=frame.index), metric=question.metric.name)


FIRST = 1_000
"""So many rows of a list are given unless more are asked for."""


def listed(
    metric: Metric, values: Mapping[str, Any], *, money: MoneyForm, zone: ZoneInfo, found: int
) -> MetricFrame:
    """Put a list into the order and the dtypes of its metric: one row for each order, customer or the like.

    Parameters
    ----------
    values
        All columns by name, instants as aware moments; those that the metric does not have are left out.
    found
        How many rows there are, of which these are the first.
    """
    columns = {
        column.name: _instants(values[column.name], zone)
        if column.kind == "instant"
        else _typed(values[column.name], column.kind, money, index=None)
        for column in metric.columns
    }
    return MetricFrame(pd.DataFrame(columns), metric=metric.name, found=found)


def _instants(values: Any, zone: ZoneInfo) -> pd.Series[Any]:
    """Show moments in the report zone."""
    moments = pd.Series(pd.to_datetime(pd.Series(values), utc=True))
    return moments.dt.tz_convert(zone).astype(pd.DatetimeTZDtype("us", zone)).reset_index(drop=True)


def _key(series: pd.Series[Any], kind: Kind, name: str, zone: ZoneInfo) -> pd.Series[Any]:
    """Type a key: the currency is text that never misses, numbers of the calendar are int64.

    Of an instant each engine says the zone of its own session: it is shown in that of the report.
    """
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        shown: pd.Series[Any] = series.dt.tz_convert(zone).astype(pd.DatetimeTZDtype("us", zone))
        return shown
    if name in ("hour", "weekday"):
        return series.astype("int64")
    if kind == "text" and pd.api.types.is_string_dtype(series.dtype):
        return series.astype("str")
    return series


def _typed(values: Any, kind: Kind, money: MoneyForm, *, index: pd.Index[Any] | None) -> pd.Series[Any]:
    """Type the values of one column."""
    if kind == "money":
        return _money(values, money, index)
    if kind == "count":
        return pd.Series(np.asarray(values, np.int64), index=index)
    if kind in ("rate", "fine_rate", "seconds", "measure", "estimate"):
        return pd.Series(np.asarray(values, np.float64), index=index)
    if kind == "number":
        return pd.Series(values, index=index, dtype="Int64")
    if kind == "bool":
        return pd.Series(np.asarray(values, np.bool_), index=index)
    if kind == "date":
        return pd.Series(np.asarray(values, "M8[us]"), index=index)
    return pd.Series(values, index=index, dtype="str")


def _money(values: Any, form: MoneyForm, index: pd.Index[Any] | None) -> pd.Series[Any]:
    """Give money its form: the nearest floats, or exact decimals."""
    if form == "float64":
        floats = [np.nan if value is None else float(value) for value in values]
        return pd.Series(np.array(floats, np.float64), index=index)
    try:
        exact = pa.array(list(values), MONEY)
    except pa.ArrowInvalid:
        pass
    else:
        return pd.Series(pd.arrays.ArrowExtensionArray(exact), index=index)
    widest = max((value for value in values if value is not None), key=abs, default=Decimal(0))
    raise DataError(f"{widest} is beyond 20 digits before the point, which a sum of money may have")
