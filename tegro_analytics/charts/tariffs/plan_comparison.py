"""The plans of the tariff table: what each would have cost, beside what was charged."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import blank, conclude, largest, nothing_in
from tegro_analytics.charts.drawing.numerals import (
    NO_VALUE,
    NumberFormatter,
    change,
    count,
    money,
    percent,
    scale,
    symbol,
)
from tegro_analytics.charts.drawing.pieces import Mark, Piece, Pieces, hatched_patch, mark_sample
from tegro_analytics.charts.drawing.rows import Block, Column, Rows, room_for
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, STRIP, VERMILION
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.texts import language, tr

__all__ = ["plan_comparison"]

ACTUAL, EXPECTED, RATE = "actual_fees", "expected_fees", "expected_fee_rate"
SUBJECT = Subject(
    chart="plan_comparison",
    metric="plan_comparison",
    reads=("plan", "payments", "audited", ACTUAL, EXPECTED, "saving", RATE),
    unit="",
    rows=("plan",),
)


def plan_comparison(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw what each plan would have cost, and how far that is from what was charged, the cheapest first.

    A stroke is what was charged for the payments that the plan has a tariff for. From there to the end of the
    bar the plan is dearer, or cheaper.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.plan_comparison` returned, or orders in any frame that it takes.
    ax, lang, currency
        As for :func:`tegro_analytics.charts.revenue`.
    **keywords
        With orders: what :func:`tegro_analytics.plan_comparison` takes; ``freq`` and ``by`` cannot be drawn.

    Returns
    -------
    matplotlib.axes.Axes
        Its table is ``charts.data(ax)``, its description in words ``charts.alt_text(ax)``.

    Raises
    ------
    DataError
        If ``data`` is the result of another metric, has several rows of one plan, or no such currency.
    TypeError
        If a keyword is not known, or comes with a result.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics import charts
    >>> result = pd.DataFrame({
    ...     "currency": "RUB", "plan": ["starter", "business"], "payments": 2, "audited": 2,
    ...     "actual_fees": 94.5, "expected_fees": [94.5, 70.0], "saving": [0.0, 24.5],
    ...     "expected_fee_rate": [0.0675, 0.05]})
    >>> ax = charts.plan_comparison(result, lang="en")
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['business', 'starter']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if nothing_in(source, "payments"):
            blank(page, source, counted=0)
        else:
            _rows(page, source)
    return page.ax


def _rows(page: Sheet, source: Source) -> None:
    lang = page.lang
    shown, rest = largest(source.table, _weights(source.table), room_for(page))
    names = words.group_names(shown, ("plan",), lang)
    rows = Rows(page, names, keys=None, unnamed=tr("chart.unnamed", lang))
    known = floats(shown["audited"]) > 0
    told = [
        change(-saving, source.currency or "", lang) if there else tr("chart.fee_audit.no_tariff", lang)
        for saving, there in zip(floats(shown["saving"]), known, strict=True)
    ]
    above = rows.draw(_blocks(shown, told, source, lang))
    conclude(
        page,
        source,
        legend=_legend(lang),
        more=_notes(source, len(rest), lang),
        said=[words.say_rows(names, told, lang)],
        counted=round(float(floats(source.table["payments"]).max())),
        height=rows.height,
        above=above,
        below=rows.below,
        table=pd.concat([shown, rest], ignore_index=True) if len(rest) else shown,
    )


def _weights(table: pd.DataFrame) -> np.ndarray:
    """Put the lowest rate first, and plans that cover no payment last."""
    rates = floats(table[RATE])
    return np.where(np.isfinite(rates), -rates, -np.inf)


def _blocks(shown: pd.DataFrame, told: list[str], source: Source, lang: str) -> list[Block]:
    """Set bars, differences, fees and rates side by side."""
    actual, expected = floats(shown[ACTUAL]), floats(shown[EXPECTED])
    known = floats(shown["audited"]) > 0
    unit = scale(float(np.nanmax([*actual, *expected], initial=0.0)))
    write = partial(money, currency=source.currency or "", lang=lang)
    due = [write(value) if there else NO_VALUE for value, there in zip(expected, known, strict=True)]
    checked = [
        tr("chart.fee_audit.of", lang, checked=count(some, lang), all=count(every, lang))
        for some, every in zip(floats(shown["audited"]), floats(shown["payments"]), strict=True)
    ]
    return [
        Pieces(
            tr("chart.plan_comparison.panel", lang),
            _pieces(actual, expected),
            NumberFormatter(lang, divisor=unit.divisor),
            unit.unit(symbol(source.currency or "", lang), lang),
            marks=[Mark(int(row), actual[row]) for row in np.flatnonzero(known)],
        ),
        Column("", told, rank=1),
        Column(tr("chart.plan_comparison.due", lang), due, rank=2),
        Column(
            tr("chart.plan_comparison.rate", lang),
            [percent(rate, lang, places=2) for rate in floats(shown[RATE])],
            rank=3,
        ),
        Column(tr("chart.plan_comparison.checked", lang), checked),
    ]


def _pieces(actual: np.ndarray, expected: np.ndarray) -> list[Piece]:
    """Draw what both have in common, and what the plan takes or leaves beyond it."""
    pieces = []
    for row, (charged, due) in enumerate(zip(actual, expected, strict=True)):
        pieces.append(Piece(row, 0.0, min(charged, due), STRIP))
        if due > charged:
            pieces.append(Piece(row, charged, due, VERMILION))
        elif due < charged:
            pieces.append(Piece(row, due, charged, BLUE, hatched=True))
    return pieces


def _legend(lang: str) -> list[tuple[Artist, str]]:
    return [
        (Patch(color=STRIP), tr("chart.plan_comparison.plan", lang)),
        (mark_sample(), tr("chart.plan_comparison.actual", lang)),
        (Patch(color=VERMILION), tr("chart.plan_comparison.dearer", lang)),
        (hatched_patch(BLUE), tr("chart.plan_comparison.cheaper", lang)),
    ]


def _notes(source: Source, rest: int, lang: str) -> list[str]:
    covered = floats(source.table["audited"])
    lines = []
    if len(set(covered[covered > 0])) > 1:
        lines.append(tr("chart.plan_comparison.coverage", lang))
    if rest:
        lines.append(tr("chart.not_drawn", lang, count=rest))
    return lines
