"""Freshness: how long ago the data were read, and how old the newest order and payment are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import blank, conclude
from tegro_analytics.charts.drawing.numerals import NO_VALUE, NumberFormatter, moment
from tegro_analytics.charts.drawing.rows import Bars, Column, Rows
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import STRIP
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.charts.watching.silence import written_time
from tegro_analytics.texts import language, tr

__all__ = ["freshness"]

ROWS = {
    "hours_since_as_of": "as_of",
    "hours_since_order": "newest_order_at",
    "hours_since_payment": "newest_payment_at",
}
"""The hours that are drawn, each with the moment from which they count."""
SUBJECT = Subject(
    chart="freshness",
    metric="freshness",
    reads=(*ROWS, *ROWS.values()),
    weight="rows",
    unit="",
    day=None,
    all_currencies=True,
    rows=(),
)


def freshness(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw how many hours ago the data were read, and the newest order and payment were made.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.freshness` returned, or orders in any frame that it takes.
    ax, lang
        As for :func:`tegro_analytics.charts.revenue`.
    currency
        Look at the orders of this currency alone.
    **keywords
        With orders: what :func:`tegro_analytics.freshness` takes (``now``).

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the hours.

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
    >>> day = pd.to_datetime(["2026-03-01 10:00"])
    >>> result = pd.DataFrame({
    ...     "as_of": day, "newest_order_at": day, "newest_payment_at": day, "hours_since_as_of": 2.0,
    ...     "hours_since_order": 3.0, "hours_since_payment": 30.0})
    >>> ax = charts.freshness(result, lang="en")
    >>> [float(bar.get_width()) for bar in ax.containers[0]]
    [2.0, 3.0, 30.0]
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if len(source.table):
            _rows(page, source)
        else:
            blank(page, source, counted="hours_since_as_of")
    return page.ax


def _rows(page: Sheet, source: Source) -> None:
    lang, first = page.lang, source.table.iloc[0]
    names = [tr(f"chart.freshness.{name}", lang) for name in ROWS.values()]
    hours = np.concatenate([floats(source.table[name])[:1] for name in ROWS])
    told = [written_time(value, lang) for value in hours]
    when = [_moment(first[name], lang) for name in ROWS.values()]
    rows = Rows(page, names, keys=None, unnamed="")
    above = rows.draw(
        [
            Bars(tr("chart.freshness.bars", lang), hours, NumberFormatter(lang), "", colour=STRIP),
            Column(tr("chart.freshness.ago", lang), told, rank=1),
            Column(tr("chart.freshness.when", lang), when),
        ]
    )
    pairs = [f"{one} ({two})" for one, two in zip(told, when, strict=True)]
    conclude(
        page,
        source,
        said=[words.say_rows(names, pairs, lang)],
        counted="hours_since_as_of",
        height=rows.height,
        above=above,
        below=rows.below,
    )


def _moment(value: Any, lang: str) -> str:
    return NO_VALUE if pd.isna(value) else moment(pd.Timestamp(value).to_pydatetime(warn=False), lang)
