"""Checkouts: how many were paid at the first attempt, how many a later one recovered, how many were lost."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tegro_analytics.charts.checkout.rates import Rate, over_time
from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import PLOT, Fold, blank, conclude, fold, nothing_in
from tegro_analytics.charts.drawing.numerals import NumberFormatter, count, percent
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.drawing.pieces import Piece, Pieces
from tegro_analytics.charts.drawing.rows import Column, Rows
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, INK, SERIES, STRIP, tint
from tegro_analytics.charts.drawing.timeline import MOST_BARS, Timeline, open_patch
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.texts import language, plural, tr

__all__ = ["checkouts"]

RATE = Rate("checkout_conversion", "mature_checkouts")
PAID, ALL, UNPAID, SAVED = "paid_checkouts", "mature_checkouts", "first_unpaid", "recovered"

SUBJECT = Subject(
    chart="checkouts",
    metric="checkouts",
    reads=(ALL, PAID, UNPAID, SAVED, RATE.name, *RATE.ends),
    unit="",
    day="created_date",
    chooses_freq=True,
    all_currencies=True,
)

LATER = SERIES[4]
LOST = "#D3D9DF"
COLOURS = {"first": BLUE, "later": LATER, "lost": LOST}


def checkouts(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw what became of checkouts: paid at the first attempt, recovered at a later one, not paid.

    The parts are shares of all checkouts older than 24 hours; the interval is that of the share that was paid
    at all. Groups over time are lines of that share.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.checkouts` returned, or orders in any frame that it takes.
    ax, lang, currency
        As for :func:`tegro_analytics.charts.conversion`.
    **keywords
        With orders: what :func:`tegro_analytics.checkouts` takes. Without ``freq`` and ``by`` days are drawn
        up to three months, weeks up to nine, then months.

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the shares; the counts below it are its child.

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
    ...     "mature_checkouts": [10], "paid_checkouts": [8], "first_unpaid": [4], "recovered": [2],
    ...     "checkout_conversion": [0.8], "checkout_conversion_low": [0.49],
    ...     "checkout_conversion_high": [0.943], "recovery_rate": [0.5]})
    >>> ax = charts.checkouts(result, lang="en")
    >>> [round(float(bar.get_width()), 2) for bar in ax.patches]
    [0.6, 0.2, 0.2]
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if nothing_in(source, ALL):
            blank(page, source, counted=ALL)
        elif not source.timed:
            _rows(page, source)
        elif source.by:
            over_time(page, source, RATE)
        else:
            _time(page, source)
    return page.ax


def _parts(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Part checkouts into what became of them, as shares; missing where there are none."""
    whole = np.where(columns[ALL] > 0, columns[ALL], np.nan)
    return {
        "first": (columns[ALL] - columns[UNPAID]) / whole,
        "later": columns[SAVED] / whole,
        "lost": (columns[UNPAID] - columns[SAVED]) / whole,
    }


def _time(page: Sheet, source: Source) -> None:
    lang = page.lang
    page.plan(PLOT)
    periods = Periods.of(source.table)
    columns = {name: floats(source.table[name]) for name in (ALL, UNPAID, SAVED, RATE.name, *RATE.ends)}
    line = Timeline(page, periods, strip=True)
    line.value_axis(0.0, 1.0, NumberFormatter(lang, percent=True))
    base = np.zeros(len(periods))
    parts = _parts(columns)
    for name, values in parts.items():
        line.bars(values, COLOURS[name], bottom=base, hatch=tint(INK, 0.35))
        base = base + np.nan_to_num(values)
    low, high = (columns[name] for name in RATE.ends)
    line.interval(columns[RATE.name], low, high, INK, alone=True)
    if len(periods) > MOST_BARS:
        line.shade_open()
    line.strip(columns[ALL], tr("chart.checkouts.n", lang), STRIP, NumberFormatter(lang, whole=True))
    sample = _sample(band=line.banded(alone=True))
    legend = [*_legend(source, lang), (sample, tr("chart.checkouts.interval", lang))]
    if not periods.complete.all():
        legend.append((open_patch(), tr("chart.incomplete", lang)))
    write = partial(percent, lang=lang)
    conclude(
        page,
        source,
        periods=periods,
        unit=tr("chart.checkouts.unit", lang),
        legend=legend,
        more=[_recovered(source, lang)],
        said=[
            words.say_series(tr(f"chart.checkouts.{name}", lang), values, periods, write, lang)
            for name, values in parts.items()
        ],
        counted=ALL,
        height=PLOT,
    )


def _rows(page: Sheet, source: Source) -> None:
    lang = page.lang
    folded = fold(
        page, source, by=source.by, weight=ALL, sums=(ALL, UNPAID, SAVED, PAID), rates=(RATE.name, *RATE.ends)
    )
    parts = _parts(folded.columns)
    rows = Rows(page, folded.names, keys=folded.keys, unnamed=tr("chart.unnamed", lang))
    paid, between = _paid(folded, lang)
    unpaid = np.where(folded.columns[UNPAID] > 0, folded.columns[UNPAID], np.nan)
    saved = [percent(value, lang) for value in folded.columns[SAVED] / unpaid]
    above = rows.draw(
        [
            Pieces(tr("chart.checkouts.unit", lang), _pieces(parts), NumberFormatter(lang, percent=True), ""),
            Column(tr("chart.checkouts.paid", lang), paid, rank=1),
            Column(tr("chart.conversion.range", lang), between, rank=3),
            Column(
                tr("chart.checkouts.saved", lang), [percent(value, lang) for value in parts["later"]], rank=2
            ),
            Column(tr("chart.checkouts.n", lang), [count(value, lang) for value in folded.columns[ALL]]),
        ]
    )
    told = [
        f"{one}; {tr('chart.checkouts.recovery', lang).lower()}: {two}"
        for one, two in zip(paid, saved, strict=True)
    ]
    conclude(
        page,
        source,
        legend=_legend(source, lang),
        more=[_recovered(source, lang)],
        said=[words.say_rows(folded.names, told, lang)],
        counted=ALL,
        height=rows.height,
        above=above,
        below=rows.below,
        table=folded.table,
    )


def _pieces(parts: dict[str, np.ndarray]) -> list[Piece]:
    """Stack the parts of each row from zero to one."""
    pieces = []
    for row in range(len(parts["first"])):
        start = 0.0
        for name, values in parts.items():
            pieces.append(Piece(row, start, start + float(values[row]), COLOURS[name]))
            start += float(values[row])
    return pieces


def _paid(folded: Fold, lang: str) -> tuple[list[str], list[str]]:
    """Write the share that was paid at all, and its interval; small groups together have none."""
    counts = zip(folded.columns[ALL], folded.columns[PAID], strict=True)
    shares = [percent(paid / all_ if all_ else np.nan, lang) for all_, paid in counts]
    ends = zip(*(folded.columns[name] for name in RATE.ends), strict=True)
    between = [
        f"{percent(low, lang)} – {percent(high, lang)}" if np.isfinite([low, high]).all() else ""
        for low, high in ends
    ]
    return shares, between


def _sample(*, band: bool) -> Artist:
    colour = tint(INK, 0.5)
    if band:
        return Patch(color=tint(INK, 0.2))
    return Line2D([], [], color=colour, marker="|", markersize=10, markeredgewidth=1.6, linestyle="none")


def _legend(source: Source, lang: str) -> list[tuple[Artist, str]]:
    """Name the parts, each with its share of all checkouts."""
    totals = {name: np.array([source.total(name)]) for name in (ALL, UNPAID, SAVED)}
    return [
        (
            Patch(color=COLOURS[name]),
            f"{tr(f'chart.checkouts.{name}', lang)}: {percent(float(share[0]), lang)}",
        )
        for name, share in _parts(totals).items()
    ]


def _recovered(source: Source, lang: str) -> str:
    """Say how many of the checkouts that were not paid at first a later attempt recovered."""
    unpaid, saved = source.total(UNPAID), source.total(SAVED)
    share = percent(saved / unpaid if unpaid else np.nan, lang)
    return plural("count.chart.recovered", round(unpaid), lang, share=share)
