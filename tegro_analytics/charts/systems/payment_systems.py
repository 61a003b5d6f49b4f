"""Payment systems: who carries what share of the payments, and how often each of them succeeds."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import blank, conclude, fold, nothing_in
from tegro_analytics.charts.drawing.numerals import NumberFormatter, count, percent
from tegro_analytics.charts.drawing.rows import Bars, Block, Column, Dots, Rows
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import STRIP
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject
from tegro_analytics.texts import language, tr

__all__ = ["payment_systems"]

SUBJECT = Subject(
    chart="payment_systems",
    metric="payment_systems",
    reads=(
        "payment_system",
        "share",
        "payments",
        "mature",
        "conversion_24h",
        "conversion_24h_low",
        "conversion_24h_high",
    ),
    rows=("payment_system", "payment_system_id"),
)

RATE = "conversion_24h"


def payment_systems(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw the share and the conversion of each payment system, the largest share first.

    Where there are more systems than can be read, the small ones are added into one row: their shares can be
    added, their conversions cannot, so that row has none.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.payment_systems` returned, or orders in any frame that it takes.
    ax, lang, currency
        As for :func:`tegro_analytics.charts.revenue`.
    **keywords
        With orders: what :func:`tegro_analytics.payment_systems` takes.

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the shares; that of the conversion is its child.

    Raises
    ------
    DataError
        If ``data`` is the result of another metric, has no such currency, or is split by period.
    TypeError
        If a keyword is not known, or comes with a result.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics import charts
    >>> result = pd.DataFrame({
    ...     "currency": ["RUB", "RUB"], "payment_system_id": [28, 25], "payment_system": ["SBP", "Card"],
    ...     "share": [0.25, 0.75], "payments": [1, 3], "mature": [4, 4], "conversion_24h": [0.25, 0.75],
    ...     "conversion_24h_low": [0.045587, 0.300642], "conversion_24h_high": [0.699358, 0.954413]})
    >>> ax = charts.payment_systems(result, lang="en")
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['Card', 'SBP']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if nothing_in(source, "payments", "mature"):
            blank(page, source, counted="payments")
        else:
            _rows(page, source)
    return page.ax


def _rows(page: Sheet, source: Source) -> None:
    lang = page.lang
    by = [name for name in ("payment_system", "payment_system_id") if name in source.table.columns]
    ends = [name for name in ("share_low", "share_high") if name in source.table.columns]
    folded = fold(
        page,
        source,
        by=by,
        weight="share",
        sums=("share", "mature"),
        rates=(RATE, f"{RATE}_low", f"{RATE}_high", *ends),
    )
    rows = Rows(page, folded.names, keys=folded.keys, unnamed=tr("chart.unnamed", lang))
    shares, rates = ([percent(value, lang) for value in folded.columns[name]] for name in ("share", RATE))
    above = rows.draw(_blocks(folded.columns, shares, rates, lang))
    succeeds = tr("chart.conversion.rate", lang).lower()
    told = [f"{one}, {succeeds} {two}" for one, two in zip(shares, rates, strict=True)]
    conclude(
        page,
        source,
        said=[words.say_rows(folded.names, told, lang)],
        counted="payments",
        height=rows.height,
        above=above,
        below=rows.below,
        table=folded.table,
    )


def _blocks(columns: dict[str, np.ndarray], shares: list[str], rates: list[str], lang: str) -> list[Block]:
    """Set shares, conversions and counts side by side."""
    share, mature, rate, low, high, *spread = columns.values()
    formatter = NumberFormatter(lang, percent=True)
    ends = (spread[0], spread[1]) if len(spread) == 2 else None
    return [
        Bars(tr("chart.payment_systems.share", lang), share, formatter, "", spread=ends, colour=STRIP),
        Column("", shares, rank=2),
        Dots(tr("chart.payment_systems.conversion", lang), rate, low, high, formatter),
        Column("", rates, rank=1),
        Column(tr("chart.payment_systems.n", lang), [count(value, lang) for value in mature]),
    ]
