"""Conversion within 24 hours, with its interval: over time or by group."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from tegro_analytics.charts.checkout.rates import Rate, in_rows, over_time
from tegro_analytics.charts.drawing.compose import blank, nothing_in
from tegro_analytics.charts.drawing.sheet import sheet
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Subject
from tegro_analytics.texts import language

__all__ = ["conversion"]

SUBJECT = Subject(
    chart="conversion",
    metric="conversion",
    reads=("mature", "conversion_24h", "conversion_24h_low", "conversion_24h_high"),
    day="created_date",
    chooses_freq=True,
    all_currencies=True,
)

RATE = Rate("conversion_24h", "mature")


def conversion(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw the share of orders paid within 24 hours, with its Wilson interval, over time or by group.

    Over time a strip below shows how many orders each rate stands on. Where the outcome of orders is not
    known, dashes show between what bounds the rate may lie.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.conversion` returned, or orders in any frame that it takes.
    ax, lang
        As for :func:`tegro_analytics.charts.revenue`.
    currency
        Count the orders of this currency alone; without it those of all currencies are counted together.
    **keywords
        With orders: what :func:`tegro_analytics.conversion` takes.

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the rate; a period without orders older than 24 hours has none and is a gap.

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
    ...     "payment_system": ["Card", "SBP"], "orders": [4, 4], "mature": [4, 3],
    ...     "conversion_24h": [0.5, 2 / 3],
    ...     "conversion_24h_low": [0.150036, 0.207655], "conversion_24h_high": [0.849964, 0.938511]})
    >>> ax = charts.conversion(result, lang="en")
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['SBP', 'Card']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if nothing_in(source, "mature"):
            blank(page, source, counted="mature")
        elif source.timed:
            over_time(page, source, RATE)
        else:
            in_rows(page, source, RATE)
    return page.ax
