"""Fees: what share of revenue they take, and how much they come to."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import PLOT, blank, conclude, fold, nothing_in
from tegro_analytics.charts.drawing.groups import Group, by_group, spread
from tegro_analytics.charts.drawing.numerals import NumberFormatter, count, money, percent, scale, symbol
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.drawing.rows import Bars, Column, Rows
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import MARKERS, MUTED, SERIES, STRIP, VERMILION, tint
from tegro_analytics.charts.drawing.timeline import Timeline, line_sample, open_patch, total_of
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.texts import language, tr

__all__ = ["fees"]

SUBJECT = Subject(
    chart="fees",
    metric="fees",
    reads=("gross_volume", "fees", "payments", "effective_fee_rate"),
    chooses_freq=True,
)

RATE = "effective_fee_rate"
PLACES = 2
"""A fee of 4.75 % is not one of 4.8 %."""


def fees(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw the effective fee rate, and the fees themselves in a strip below it, over time or by group.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.fees` returned, or orders in any frame that it takes.
    ax, lang, currency
        As for :func:`tegro_analytics.charts.revenue`.
    **keywords
        With orders: what :func:`tegro_analytics.fees` takes.

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the rate; a period without payments has none and is a gap. The strip is its child.

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
    ...     "currency": ["RUB"], "period_start": pd.to_datetime(["2026-10-01"]),
    ...     "period_end": pd.to_datetime(["2026-11-01"]), "complete": [True],
    ...     "gross_volume": [2350.0], "fees": [95.0], "payments": [5], "effective_fee_rate": [95 / 2350]})
    >>> ax = charts.fees(result, lang="en")
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['Effective rate', 'Whole period: 4.04%', 'Fees: RUB\\xa095.00']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if nothing_in(source, "gross_volume", "fees", "payments"):
            blank(page, source, counted="payments")
        elif source.timed:
            _time(page, source)
        else:
            _rows(page, source)
    return page.ax


def _time(page: Sheet, source: Source) -> None:
    lang = page.lang
    page.plan(PLOT)
    periods = Periods.of(source.table)
    groups = spread(source, periods, (RATE, "fees"), lang)
    shown, rest = by_group(groups, "fees", most=len(SERIES))
    line = Timeline(page, periods, strip=True)
    legend = [*_rates(line, source, shown), _amounts(line, source, groups)]
    if not periods.complete.all():
        legend.append((open_patch(), tr("chart.incomplete", lang)))
    write = partial(percent, lang=lang, places=PLACES)
    said = [
        words.say_series(_name(group, source, lang), group.values[RATE], periods, write, lang)
        for group in shown
    ]
    conclude(
        page,
        source,
        periods=periods,
        unit=tr("chart.fees.rate_unit", lang),
        legend=legend,
        more=[tr("chart.not_drawn", lang, count=len(rest))] if rest else [],
        said=[*said, f"{_total(source, lang)}."],
        counted="payments",
        height=PLOT,
    )


def _rates(line: Timeline, source: Source, groups: list[Group]) -> list[tuple[Artist, str]]:
    """Draw a line of rates for each group, and the rate over all rows."""
    lang = line.page.lang
    mean = _mean(source)
    rates = np.concatenate([[mean], *(group.values[RATE] for group in groups)])
    line.value_axis(*_limits(rates), NumberFormatter(lang, percent=True))
    line.shade_open()
    legend: list[tuple[Artist, str]] = []
    for at, group in enumerate(groups):
        colour, marker = (SERIES[at], MARKERS[at]) if source.by else (VERMILION, "o")
        line.line(group.values[RATE], colour, marker=marker)
        legend.append((line_sample(colour, marker), _label(group, source, lang)))
    if np.isfinite(mean):
        dashes = (0, (4, 3))
        line.ax.axhline(mean, color=MUTED, linewidth=1.0, linestyle=dashes, zorder=1.8)
        text = tr("chart.fees.mean", lang, rate=percent(mean, lang, places=PLACES))
        legend.append((Line2D([], [], color=MUTED, linewidth=1.0, linestyle=dashes), text))
    return legend


def _amounts(line: Timeline, source: Source, groups: list[Group]) -> tuple[Artist, str]:
    """Draw the fees of all groups in the strip."""
    lang = line.page.lang
    amounts = total_of([group.values["fees"] for group in groups])
    unit = scale(float(np.nanmax(np.abs(amounts))))
    written = tr("chart.fees.amount", lang, unit=unit.unit(symbol(source.currency or "", lang), lang))
    line.strip(amounts, written, STRIP, NumberFormatter(lang, divisor=unit.divisor))
    return Patch(color=STRIP), _total(source, lang)


def _label(group: Group, source: Source, lang: str) -> str:
    return group.label if source.by else tr("chart.fees.rate", lang)


def _name(group: Group, source: Source, lang: str) -> str:
    return group.name if source.by else tr("chart.fees.rate", lang)


def _total(source: Source, lang: str) -> str:
    total = money(source.total("fees"), source.currency or "", lang)
    return tr("chart.fees.amounts", lang, total=total)


def _mean(source: Source) -> float:
    """Divide sums: the rate over all rows is no mean of rates."""
    fees_, gross = floats(source.table["fees"]), floats(source.table["gross_volume"])
    both = np.isfinite(fees_) & np.isfinite(gross)
    total = float(gross[both].sum())
    return float(fees_[both].sum()) / total if total else np.nan


def _limits(rates: np.ndarray) -> tuple[float, float]:
    """Choose the ends of the rate's axis: from zero where the rates spread widely, else around them."""
    seen = rates[np.isfinite(rates)]
    if not len(seen) or float(seen.max()) <= 0:
        return 0.0, 0.01
    low, high = float(seen.min()), float(seen.max())
    air = max((high - low) * 0.15, high * 0.08)
    return (0.0 if low < high * 0.45 else max(0.0, low - air)), high + air


def _rows(page: Sheet, source: Source) -> None:
    lang = page.lang
    folded = fold(
        page, source, by=source.by, weight="fees", sums=("fees", "gross_volume", "payments"), rates=(RATE,)
    )
    amounts, gross, payments, rates = folded.columns.values()
    if folded.others and gross[-1]:
        rates[-1] = amounts[-1] / gross[-1]
    rows = Rows(page, folded.names, keys=folded.keys, unnamed=tr("chart.unnamed", lang))
    written = [percent(rate, lang, places=PLACES) for rate in rates]
    colour = tint(VERMILION, 0.7)
    above = rows.draw(
        [
            Bars(tr("chart.fees.rate", lang), rates, NumberFormatter(lang, percent=True), "", colour=colour),
            Column("", written, rank=2),
            Column(
                tr("chart.title.fees", lang),
                [money(value, source.currency or "", lang) for value in amounts],
                rank=1,
            ),
            Column(tr("chart.payments_n", lang), [count(value, lang) for value in payments]),
        ]
    )
    mean = tr("chart.fees.mean", lang, rate=percent(_mean(source), lang, places=PLACES))
    conclude(
        page,
        source,
        said=[words.say_rows(folded.names, written, lang)],
        more=[f"{_total(source, lang)} · {mean}"],
        counted="payments",
        height=rows.height,
        above=above,
        below=rows.below,
        table=folded.table,
    )
