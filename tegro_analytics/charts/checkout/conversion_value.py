"""Conversion in money: which part of the amount of orders was paid within 24 hours, over time or by group."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from tegro_analytics.charts.checkout.rates import Rate, in_rows, over_time
from tegro_analytics.charts.drawing.compose import blank, nothing_in
from tegro_analytics.charts.drawing.sheet import sheet
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Subject
from tegro_analytics.texts import language

__all__ = ["conversion_value"]

SUBJECT = Subject(
    chart="conversion_value",
    metric="conversion_value",
    reads=("currency", "mature", "conversion_24h", "stale_open"),
    unit="",
    day="created_date",
    chooses_freq=True,
)

RATE = Rate("conversion_24h", "mature", money=True)


def conversion_value(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw which part of the amount of orders was paid within 24 hours, over time or by group.

    Over time a strip below shows the amount that each share is of. A share of money has no interval; where
    the outcome of orders is not known, dashes show between what bounds it may lie.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.conversion_value` returned, or orders in any frame that it takes.
    ax, lang
        As for :func:`tegro_analytics.charts.revenue`.
    currency
        The one to draw. Without it the one with the most rows is drawn, and the others are named below the
        chart: amounts of different currencies never share a scale.
    **keywords
        With orders: what :func:`tegro_analytics.conversion_value` takes.

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the share; a period without orders older than 24 hours has none and is a gap.

    Raises
    ------
    DataError
        If ``data`` is the result of another metric, or has no such currency.
    TypeError
        If a keyword is not known, or comes with a result.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics import charts
    >>> result = pd.DataFrame({
    ...     "currency": "RUB", "payment_system": ["Card", "SBP"], "mature": [1000.0, 500.0],
    ...     "stale_open": [200.0, 0.0], "conversion_24h": [0.75, 0.9]})
    >>> ax = charts.conversion_value(result, lang="en")
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['SBP', 'Card']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if nothing_in(source, "mature"):
            blank(page, source, counted=None)
        elif source.timed:
            over_time(page, source, RATE)
        else:
            in_rows(page, source, RATE)
    return page.ax
