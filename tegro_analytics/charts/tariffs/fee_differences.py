"""The payments whose fee differs from the tariff: a point for each."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import blank, conclude
from tegro_analytics.charts.drawing.numerals import NumberFormatter, change, count, scale, symbol
from tegro_analytics.charts.drawing.pieces import Spots
from tegro_analytics.charts.drawing.rows import Block, Column, Rows, room_for
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, VERMILION
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.texts import language, tr

__all__ = ["fee_differences"]

DIFFERENCE = "fee_difference"
SYSTEM = ("payment_system_id", "payment_system")
SUBJECT = Subject(
    chart="fee_differences",
    metric="fee_differences",
    reads=("id", *SYSTEM, "fee", "expected_fee", DIFFERENCE),
    rows=("shop_id", "id"),
)


def fee_differences(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw the payments whose fee differs from the tariff, a point for each, by payment system.

    Points to the right of zero were charged too much, those to the left too little.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.fee_differences` returned, or orders in any frame that it takes.
    ax, lang
        As for :func:`tegro_analytics.charts.revenue`.
    currency
        The one to draw; without it the one with the most differences.
    **keywords
        With orders: what :func:`tegro_analytics.fee_differences` takes (``plan``, ``limit``, ``since`` …).

    Returns
    -------
    matplotlib.axes.Axes
        Its table is ``charts.data(ax)``, its description in words ``charts.alt_text(ax)``.

    Raises
    ------
    ConfigurationError
        If nobody says the plan.
    DataError
        If ``data`` is the result of another metric, or has no such currency.
    TypeError
        If a keyword is not known, or comes with a result.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics import charts
    >>> result = pd.DataFrame({
    ...     "shop_id": "shop", "id": [1, 2], "currency": "RUB", "payment_system_id": 25,
    ...     "payment_system": "Card", "fee": [70.0, 2.2], "expected_fee": [67.5, 2.25],
    ...     "fee_difference": [2.5, -0.05]})
    >>> ax = charts.fee_differences(result, lang="en")
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['Above the tariff: 1', 'Below the tariff: 1']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if source.table.empty:
            blank(page, source, counted=0)
        else:
            _rows(page, source)
    return page.ax


def _rows(page: Sheet, source: Source) -> None:
    lang, table = page.lang, source.table
    place, systems = _systems(table)
    most = room_for(page)
    shown = systems.head(most)
    names = words.group_names(shown, SYSTEM, lang)
    rows = Rows(page, names, keys=words.group_keys(shown, SYSTEM), unnamed=tr("chart.unnamed", lang))
    differences = floats(table[DIFFERENCE])
    drawn = place < most
    above = rows.draw(_blocks(place[drawn], differences[drawn], len(shown), source, lang))
    told = _sums(place, differences, len(shown), source, lang)
    more = _cut(source, lang)
    if len(systems) > most:
        more.append(tr("chart.not_drawn", lang, count=len(systems) - most))
    conclude(
        page,
        source,
        legend=_legend(differences, lang),
        more=more,
        said=[words.say_rows(names, told, lang), *(f"{text}." for _, text in _legend(differences, lang))],
        counted=len(table),
        height=rows.height,
        above=above,
        below=rows.below,
    )


def _systems(table: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Number the payment systems, the one with the largest sum of differences first."""
    grouped = table.groupby(list(SYSTEM), sort=False, dropna=False)
    number = grouped.ngroup().to_numpy()
    sizes = np.bincount(number, weights=np.abs(floats(table[DIFFERENCE])))
    order = np.argsort(-sizes, kind="stable")
    rank = np.empty(len(order), dtype=int)
    rank[order] = np.arange(len(order))
    place = rank[number]
    firsts = [int(np.flatnonzero(place == at)[0]) for at in range(len(order))]
    return place, table.iloc[firsts]


def _blocks(place: np.ndarray, differences: np.ndarray, rows: int, source: Source, lang: str) -> list[Block]:
    """Set points, sums, the largest difference and counts side by side."""
    unit = scale(float(np.abs(differences).max()))
    largest = [_largest(differences[place == row]) for row in range(rows)]
    numbers = np.bincount(place, minlength=rows)
    write = partial(change, currency=source.currency or "", lang=lang)
    return [
        Spots(
            tr("chart.fee_differences.panel", lang),
            place,
            differences,
            [VERMILION if value > 0 else BLUE for value in differences],
            NumberFormatter(lang, divisor=unit.divisor),
            unit.unit(symbol(source.currency or "", lang), lang),
        ),
        Column(tr("chart.fee_differences.largest", lang), [write(value) for value in largest], rank=2),
        Column(tr("chart.fee_differences.sum", lang), _sums(place, differences, rows, source, lang), rank=1),
        Column(tr("chart.payments_n", lang), [count(number, lang) for number in numbers]),
    ]


def _largest(values: np.ndarray) -> float:
    return float(values[np.argmax(np.abs(values))])


def _sums(place: np.ndarray, differences: np.ndarray, rows: int, source: Source, lang: str) -> list[str]:
    sums = np.bincount(place, weights=differences, minlength=rows)[:rows]
    return [change(value, source.currency or "", lang) for value in sums]


def _legend(differences: np.ndarray, lang: str) -> list[tuple[Artist, str]]:
    return [
        (
            Line2D([], [], color=colour, marker="o", markersize=5, linestyle="none"),
            tr(f"chart.fee_differences.{side}", lang, count=count(float(number), lang)),
        )
        for side, colour, number in (
            ("above", VERMILION, (differences > 0).sum()),
            ("below", BLUE, (differences < 0).sum()),
        )
    ]


def _cut(source: Source, lang: str) -> list[str]:
    """Say that the list does not hold every difference, where that is known."""
    shown = len(source.table) + sum(number for _, number in source.others)
    found = source.found or 0
    if found <= shown:
        return []
    return [tr("chart.fee_differences.limited", lang, shown=count(shown, lang), found=count(found, lang))]
