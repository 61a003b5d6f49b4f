"""Orders against the merchant's own books: how many agree, and what the others come to."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import blank, conclude, nothing_in
from tegro_analytics.charts.drawing.numerals import (
    NumberFormatter,
    change,
    count,
    money,
    percent,
    scale,
    symbol,
)
from tegro_analytics.charts.drawing.pieces import Piece, Pieces
from tegro_analytics.charts.drawing.rows import Block, Column, Rows
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, STRIP, VERMILION
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.texts import in_words, language, tr

__all__ = ["match_orders"]

NUMBER, DIFFERENCE = "compared", "difference"
SUBJECT = Subject(
    chart="match_orders",
    metric="match_orders",
    reads=("result", NUMBER, "amount_here", "amount_there", DIFFERENCE),
    weight=NUMBER,
    unit="compared",
    rows=("result",),
)


def match_orders(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw how the orders compare with the merchant's own books: how many of each result, and in money.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.match_orders` returned, or orders in any frame that it takes.
    ax, lang
        As for :func:`tegro_analytics.charts.revenue`.
    currency
        The one to draw; without it the one with the most orders compared.
    **keywords
        With orders: what :func:`tegro_analytics.match_orders` takes; ``mine``, the merchant's table, is
        needed.

    Returns
    -------
    matplotlib.axes.Axes
        Its table is ``charts.data(ax)``, its description in words ``charts.alt_text(ax)``.

    Raises
    ------
    DataError
        If ``data`` is the result of another metric, or has no such currency.
    TypeError
        If a keyword is not known or is lacking, or comes with a result.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics import charts
    >>> result = pd.DataFrame({
    ...     "currency": "RUB", "result": ["missing_there", "matched"], "compared": [1, 9],
    ...     "amount_here": [400.0, 9000.0], "amount_there": [0.0, 9000.0], "difference": [400.0, 0.0]})
    >>> ax = charts.match_orders(result, lang="en")
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['Matched: 9 (90.0%)', 'To be looked into: 1']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if nothing_in(source, NUMBER):
            blank(page, source, counted=NUMBER)
        else:
            _rows(page, source)
    return page.ax


def _rows(page: Sheet, source: Source) -> None:
    lang = page.lang
    names = [in_words("result", str(result), lang) for result in source.table["result"]]
    rows = Rows(page, names, keys=None, unnamed=tr("chart.unnamed", lang))
    above = rows.draw(_blocks(source, lang))
    told = [
        f"{count(number, lang)}, {change(difference, source.currency or '', lang)}"
        for number, difference in zip(
            *(floats(source.table[name]) for name in (NUMBER, DIFFERENCE)), strict=True
        )
    ]
    notes = _notes(source, lang)
    conclude(
        page,
        source,
        legend=_legend(source, lang),
        more=notes,
        said=[words.say_rows(names, told, lang), *notes],
        counted=NUMBER,
        height=rows.height,
        above=above,
        below=rows.below,
    )


def _blocks(source: Source, lang: str) -> list[Block]:
    """Set counts, differences and amounts side by side."""
    table = source.table
    numbers, differences = floats(table[NUMBER]), floats(table[DIFFERENCE])
    unit = scale(float(np.abs(differences).max()))
    write = partial(money, currency=source.currency or "", lang=lang)
    agree = _agree(source)
    return [
        Pieces(
            tr("chart.match_orders.number", lang),
            [
                Piece(row, 0.0, value, STRIP if good else VERMILION)
                for row, (value, good) in enumerate(zip(numbers, agree, strict=True))
            ],
            NumberFormatter(lang, whole=True),
            "",
        ),
        Column("", [count(value, lang) for value in numbers], rank=1),
        Pieces(
            tr("chart.match_orders.difference", lang),
            [
                Piece(row, 0.0, value, BLUE if value < 0 else VERMILION)
                for row, value in enumerate(differences)
            ],
            NumberFormatter(lang, divisor=unit.divisor),
            unit.unit(symbol(source.currency or "", lang), lang),
        ),
        Column("", [change(value, source.currency or "", lang) for value in differences], rank=2),
        Column(
            tr("chart.match_orders.here", lang),
            [write(value) for value in floats(table["amount_here"])],
            rank=3,
        ),
        Column(
            tr("chart.match_orders.there", lang),
            [write(value) for value in floats(table["amount_there"])],
            rank=4,
        ),
    ]


def _agree(source: Source) -> list[bool]:
    return [result == "matched" for result in source.table["result"]]


def _legend(source: Source, lang: str) -> list[tuple[Artist, str]]:
    """Tell how many agree, and how many do not."""
    numbers, agree = floats(source.table[NUMBER]), np.array(_agree(source))
    matched, everyone = float(numbers[agree].sum()), float(numbers.sum())
    whole = matched == everyone
    share = percent(1.0 if whole else min(matched / everyone, 0.999), lang)  # 100 % are all of them
    return [
        (Patch(color=STRIP), tr("chart.match_orders.agree", lang, count=count(matched, lang), share=share)),
        (
            Patch(color=VERMILION),
            tr("chart.match_orders.differ", lang, count=count(everyone - matched, lang)),
        ),
    ]


def _notes(source: Source, lang: str) -> list[str]:
    here, there = (
        money(source.total(name), source.currency or "", lang) for name in ("amount_here", "amount_there")
    )
    difference = change(source.total(DIFFERENCE), source.currency or "", lang)
    return [tr("chart.match_orders.totals", lang, here=here, there=there, difference=difference)]
