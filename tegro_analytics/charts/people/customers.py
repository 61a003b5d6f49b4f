"""Customers: new and returning ones, and how many of them paid on several days."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import PLOT, blank, conclude, largest, nothing_in
from tegro_analytics.charts.drawing.groups import by_group, spread
from tegro_analytics.charts.drawing.numerals import NumberFormatter, count, percent
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.drawing.rows import Bars, Column, Dots, Rows, room_for
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, MARKERS, SERIES, VERMILION, tint
from tegro_analytics.charts.drawing.timeline import MOST_BARS, Timeline, line_sample, open_patch
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.texts import language, tr

__all__ = ["customers"]

SUBJECT = Subject(
    chart="customers",
    metric="customers",
    reads=("payments", "unique_payers", "new_payers", "returning_payers", "repeat_rate"),
    weight="unique_payers",
    chooses_freq=True,
    all_currencies=True,
)

RATE = "repeat_rate"
LOW, HIGH = f"{RATE}_low", f"{RATE}_high"
NEW = tint(BLUE, 0.32)
STRIP = 0.28
HEIGHT = PLOT + 30


def customers(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw new and returning customers on top of each other, over time or by group.

    Below, or beside, stands the share of them that paid on several days, with its Wilson interval. Days and
    hours have no such share: nobody pays on several days of a day.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.customers` returned, or orders in any frame that it takes: the whole
        history, for it says who is new.
    ax, lang
        As for :func:`tegro_analytics.charts.revenue`.
    currency
        Count those who paid in this currency alone; without it those of all currencies are counted together.
    **keywords
        With orders: what :func:`tegro_analytics.customers` takes. With ``freq`` and ``by`` a line for each
        group shows its customers: one who pays in two groups is in both, so they are not added up.

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the customers; that of the share is its child.

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
    ...     "period_start": pd.to_datetime(["2026-10-01"]), "period_end": pd.to_datetime(["2026-11-01"]),
    ...     "complete": [True], "payments": [9], "unique_payers": [5], "new_payers": [3],
    ...     "returning_payers": [2], "repeat_rate": [0.4], "repeat_rate_low": [0.117621],
    ...     "repeat_rate_high": [0.769280]})
    >>> ax = charts.customers(result, lang="en")
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['Returning', 'New: 3', 'Paid on several days, 95% interval (Wilson)']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if nothing_in(source, "unique_payers"):
            blank(page, source, counted="payments")
        elif not source.timed:
            _rows(page, source)
        elif source.by:
            _groups(page, source)
        else:
            _time(page, source)
    return page.ax


def _time(page: Sheet, source: Source) -> None:
    lang = page.lang
    page.plan(HEIGHT)
    periods = Periods.of(source.table)
    rated = periods.freq not in ("hour", "day")
    line = Timeline(page, periods, strip=rated, share=STRIP)
    new, returning = floats(source.table["new_payers"]), floats(source.table["returning_payers"])
    line.value_axis(0.0, float(np.nanmax(new + returning)), NumberFormatter(lang, whole=True), rounded=True)
    line.bars(returning, BLUE)
    line.bars(new, NEW, bottom=returning, hatch=tint(BLUE, 0.6))
    if len(periods) > MOST_BARS:
        line.shade_open()
    total = count(source.total("new_payers"), lang)
    legend: list[tuple[Artist, str]] = [
        (Patch(color=BLUE), tr("chart.customers.returning", lang)),
        (Patch(color=NEW), tr("chart.customers.new", lang, total=total)),
    ]
    legend += _repeat(line, source)
    write = partial(count, lang=lang)
    said = [
        words.say_series(tr(f"column.{name}_payers", lang), values, periods, write, lang)
        for name, values in (("new", new), ("returning", returning))
    ]
    if rated:
        rates = floats(source.table[RATE])
        said.append(
            words.say_series(
                tr("column.repeat_rate", lang), rates, periods, partial(percent, lang=lang), lang
            )
        )
    _close(page, source, periods, legend, said, more=_edge(source, periods, lang))


def _repeat(line: Timeline, source: Source) -> list[tuple[Artist, str]]:
    """Draw the share of those who paid on several days in the strip below."""
    lang = line.page.lang
    below = line.below(tr("chart.customers.repeat_unit", lang))
    if below is None:
        return []
    rates, low, high = (floats(source.table[name]) for name in (RATE, LOW, HIGH))
    top = float(np.nanmax(np.concatenate([rates, high]), initial=0.1))
    below.value_axis(0.0, min(1.0, top * 1.05), NumberFormatter(lang, percent=True), rounded=True)
    below.shade_open()
    below.interval(rates, low, high, VERMILION, alone=True)
    below.line(rates, VERMILION)
    return [(line_sample(VERMILION, "o"), tr("chart.customers.repeat", lang))]


def _edge(source: Source, periods: Periods, lang: str) -> list[str]:
    """Name the period in which the history begins."""
    if "left_edge" not in source.table.columns:
        return []
    rows = np.flatnonzero(source.table["left_edge"].to_numpy(bool))
    return [tr("chart.customers.edge", lang, period=periods.name(int(rows[0]), lang))] if len(rows) else []


def _close(
    page: Sheet,
    source: Source,
    periods: Periods,
    legend: list[tuple[Artist, str]],
    said: list[str],
    *,
    more: list[str],
) -> None:
    lang = page.lang
    if not periods.complete.all():
        legend = [*legend, (open_patch(), tr("chart.incomplete", lang))]
    conclude(
        page,
        source,
        periods=periods,
        unit=tr("chart.customers.unit", lang),
        legend=legend,
        more=more,
        said=said,
        counted="payments",
        height=HEIGHT,
    )


def _groups(page: Sheet, source: Source) -> None:
    """Draw the customers of each group as a line: who pays in two is in both, so nothing is stacked."""
    lang = page.lang
    page.plan(HEIGHT)
    periods = Periods.of(source.table)
    groups = spread(source, periods, ("unique_payers",), lang)
    shown, rest = by_group(groups, "unique_payers", most=len(SERIES))
    line = Timeline(page, periods, strip=False)
    series = [group.values["unique_payers"] for group in shown]
    line.value_axis(0.0, float(np.nanmax(series)), NumberFormatter(lang, whole=True), rounded=True)
    line.shade_open()
    legend: list[tuple[Artist, str]] = []
    for at, (group, values) in enumerate(zip(shown, series, strict=True)):
        line.line(values, SERIES[at], marker=MARKERS[at])
        legend.append((line_sample(SERIES[at], MARKERS[at]), group.label))
    write = partial(count, lang=lang)
    said = [
        words.say_series(group.name, values, periods, write, lang)
        for group, values in zip(shown, series, strict=True)
    ]
    more = [tr("chart.not_drawn", lang, count=len(rest))] if rest else []
    _close(page, source, periods, legend, said, more=more)


def _rows(page: Sheet, source: Source) -> None:
    lang = page.lang
    weights = floats(source.table["unique_payers"])
    ordered, _ = largest(source.table, weights, len(source.table))
    shown, rest = ordered.iloc[: room_for(page)], ordered.iloc[room_for(page) :]
    names = words.group_names(shown, source.by, lang)
    payers, returning, rates, low, high = (
        floats(shown[name]) for name in ("unique_payers", "returning_payers", RATE, LOW, HIGH)
    )
    rows = Rows(page, names, keys=words.group_keys(shown, source.by), unnamed=tr("chart.unnamed", lang))
    written = [count(value, lang) for value in payers]
    shares = [percent(rate, lang) for rate in rates]
    whole = NumberFormatter(lang, whole=True)
    both = bool(np.nansum(returning))  # over the whole history everybody is new
    above = rows.draw(
        [
            Bars(tr("chart.customers.unit", lang), payers, whole, "", inner=returning if both else None),
            Column(tr("chart.customers.n", lang), written, rank=1),
            Dots(
                tr("chart.customers.repeat", lang),
                rates,
                low,
                high,
                NumberFormatter(lang, percent=True),
                VERMILION,
            ),
            Column("", shares, rank=2),
        ]
    )
    told = [f"{one}, {two}" for one, two in zip(written, shares, strict=True)]
    conclude(
        page,
        source,
        legend=_shades(lang) if both else [],
        said=[words.say_rows(names, told, lang)],
        more=[tr("chart.not_drawn", lang, count=len(rest))] if len(rest) else [],
        counted="payments",
        height=rows.height,
        above=above,
        below=rows.below,
        table=pd.DataFrame(ordered),
    )


def _shades(lang: str) -> list[tuple[Artist, str]]:
    names = tr("chart.customers.returning", lang), tr("column.new_payers", lang)
    return [(Patch(color=colour), name) for colour, name in zip((BLUE, NEW), names, strict=True)]
