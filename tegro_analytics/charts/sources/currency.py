"""One currency of a result: amounts of two are never drawn on one scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from tegro_analytics.charts.sources.source import Source, floats
from tegro_analytics.exceptions import DataError, MixedCurrencies
from tegro_analytics.reference import load_reference

__all__ = ["one_currency"]


def one_currency(source: Source, wanted: str | None) -> Source:
    """Keep the rows of one currency, in order.

    Raises
    ------
    DataError
        If the data have no such currency, or several rows of the same.
    MixedCurrencies
        If some rows have no currency.
    """
    table, together = source.table, source.subject.all_currencies
    if "currency" not in table.columns or (together and wanted is None):
        if wanted is not None and together and not source.asked:
            raise DataError(
                f"currency={wanted!r}: a result of {source.subject.metric} counts orders of all currencies. "
                "Give the chart the orders instead."
            )
        return replace(source, currency=wanted, table=_sorted(source, table))
    nameless = table[table["currency"].isna()] if source.subject.nameless else table.iloc[:0]
    table = table.drop(index=nameless.index)
    payments = _weights(source.subject.weight, table)
    if wanted is not None and wanted not in payments and payments:
        raise DataError(f"currency={wanted!r} is not in the data, which has {', '.join(payments)}.")
    chosen = wanted if wanted is not None else next(iter(payments), None)
    others = tuple((name, number) for name, number in payments.items() if name != chosen)
    rows = table[table["currency"] == chosen] if chosen is not None else table
    by = tuple(name for name in source.by if name != "currency")
    left = _number(source.subject.weight, nameless)
    source = replace(source, currency=chosen, others=others, by=by, nameless=left)
    return replace(source, table=_sorted(source, rows))


def _weights(weight: str, table: pd.DataFrame) -> dict[str, int]:
    """Count the payments of each currency, the most first: counts compare where amounts do not."""
    if table["currency"].isna().any():
        raise MixedCurrencies("Some rows have no currency: amounts without one cannot be drawn on a scale.")
    counted = [(str(name), _number(weight, rows)) for name, rows in table.groupby("currency", sort=True)]
    known = load_reference().currencies.values()  # where as much speaks for each, a currency of the house
    return dict(sorted(counted, key=lambda pair: (-pair[1], pair[0] not in known)))


def _number(weight: str, rows: pd.DataFrame) -> int:
    """Count what rows stand for."""
    return int(np.nansum(floats(rows[weight]))) if weight in rows else len(rows)


def _sorted(source: Source, table: pd.DataFrame) -> pd.DataFrame:
    """Put the rows in order of time, and make sure that each is there once."""
    chart, metric = source.chart, source.subject.metric
    rows = source.subject.rows
    time = ["period_start"] if "period_start" in table.columns and rows is None else []
    names = (*(source.by if rows is None else rows), *source.subject.along)
    keys = [*time, *(name for name in names if name in table.columns)]
    twice = table.duplicated(keys).any() if keys else len(table) > 1
    if twice and chart == "payment_systems":
        raise DataError(
            "charts.payment_systems draws one row for each payment system: leave freq= and by= out of "
            "payment_systems, or draw charts.conversion with by='payment_system'."
        )
    if twice:
        told = ", ".join(keys) or "currency"
        raise DataError(
            f"charts.{chart} was given several rows of the same {told}: it draws one result of {metric}, and "
            "adds nothing up."
        )
    ordered = table.sort_values(time, kind="stable") if time else table
    return pd.DataFrame(ordered).reset_index(drop=True)
