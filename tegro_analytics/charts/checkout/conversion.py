"""Conversion within 24 hours, with its interval: over time or by group."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import PLOT, blank, conclude, largest, nothing_in
from tegro_analytics.charts.drawing.groups import Group, by_group, spread
from tegro_analytics.charts.drawing.numerals import NumberFormatter, count, percent
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.drawing.rows import Column, Dots, Rows, room_for
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, MARKERS, SERIES, STRIP, tint
from tegro_analytics.charts.drawing.timeline import Timeline, asides, line_sample, open_patch, total_of
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.texts import language, tr

__all__ = ["conversion"]

SUBJECT = Subject(
    chart="conversion",
    metric="conversion",
    reads=("mature", "conversion_24h", "conversion_24h_low", "conversion_24h_high"),
    day="created_date",
    chooses_freq=True,
    all_currencies=True,
)

RATE = "conversion_24h"
LOW, HIGH = f"{RATE}_low", f"{RATE}_high"
LEAST, MOST = f"{RATE}_min", f"{RATE}_max"
BOUND: dict[str, Any] = {"marker": "_", "markersize": 7.0, "markeredgewidth": 1.2, "linestyle": "none"}


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
            _time(page, source)
        else:
            _rows(page, source)
    return page.ax


def _time(page: Sheet, source: Source) -> None:
    lang = page.lang
    page.plan(PLOT)
    periods = Periods.of(source.table)
    bounds = [name for name in (LEAST, MOST) if name in source.table.columns]
    groups = spread(source, periods, (RATE, LOW, HIGH, "mature", *bounds), lang)
    shown, rest = by_group(groups, "mature", most=len(SERIES))
    line = Timeline(page, periods, strip=True)
    drawn = [group.values[name] for group in shown for name in (RATE, LOW, HIGH, *bounds)]
    line.value_axis(*_limits(np.concatenate(drawn)), NumberFormatter(lang, percent=True))
    legend = _rates(line, source, shown)
    if len(bounds) == 2 and _draw_bounds(line, shown, grouped=bool(source.by)):
        sample = Line2D([], [], color=SERIES[-1], **BOUND)
        legend.append((sample, tr("chart.conversion.bounds", lang)))
    counts = total_of([group.values["mature"] for group in groups])
    line.strip(counts, tr("chart.conversion.n", lang), STRIP, NumberFormatter(lang, whole=True))
    if not periods.complete.all():
        legend.append((open_patch(), tr("chart.incomplete", lang)))
    write = partial(percent, lang=lang)
    conclude(
        page,
        source,
        periods=periods,
        unit=tr("chart.conversion.unit", lang),
        legend=legend,
        more=[tr("chart.not_drawn", lang, count=len(rest))] if rest else [],
        said=[
            words.say_series(_name(group, source, lang), group.values[RATE], periods, write, lang)
            for group in shown
        ],
        counted="mature",
        height=PLOT,
    )


def _rates(line: Timeline, source: Source, groups: list[Group]) -> list[tuple[Artist, str]]:
    """Draw the rate of each group with its interval."""
    lang = line.page.lang
    line.shade_open()
    alone = len(groups) == 1
    legend: list[tuple[Artist, str]] = []
    for at, (group, aside) in enumerate(zip(groups, asides(len(groups)), strict=True)):
        colour, marker = (SERIES[at], MARKERS[at]) if source.by else (BLUE, "o")
        values = group.values
        line.interval(values[RATE], values[LOW], values[HIGH], colour, alone=alone, aside=aside)
        line.line(values[RATE], colour, marker=marker, aside=aside)
        legend.append((line_sample(colour, marker), _label(group, source, lang)))
    sample = _interval_sample(band=line.banded(alone=alone))
    return [*legend, (sample, tr("chart.conversion.interval", lang))]


def _label(group: Group, source: Source, lang: str) -> str:
    return group.label if source.by else tr("chart.conversion.rate", lang)


def _name(group: Group, source: Source, lang: str) -> str:
    return group.name if source.by else tr("chart.conversion.rate", lang)


def _interval_sample(*, band: bool) -> Artist:
    if band:
        return Patch(color=tint(BLUE, 0.2))
    return Line2D(
        [], [], color=tint(BLUE, 0.55), marker="|", markersize=10, markeredgewidth=1.6, linestyle="none"
    )


def _draw_bounds(line: Timeline, groups: list[Group], *, grouped: bool) -> bool:
    """Draw the bounds of what is not resolved, where there is any; says whether there was."""
    found = False
    for at, (group, aside) in enumerate(zip(groups, asides(len(groups)), strict=True)):
        least, most = group.values[LEAST], group.values[MOST]
        apart = np.isfinite(least) & np.isfinite(most) & (most - least > 1e-12)
        if not apart.any():
            continue
        found = True
        x = line.place(aside)[apart]
        colour = SERIES[at] if grouped else SERIES[-1]
        for ends in (least, most):
            line.ax.plot(x, ends[apart], color=colour, zorder=2.5, **BOUND)
    return found


def _limits(values: np.ndarray) -> tuple[float, float]:
    """Choose the ends of the axis: never less than 20 points apart, so that noise looks like noise."""
    seen = values[np.isfinite(values)]
    if not len(seen):
        return 0.0, 1.0
    low, high = float(seen.min()), float(seen.max())
    air = max(0.02, (0.2 - (high - low)) / 2)
    return max(0.0, low - air), min(1.0, high + air)


def _rows(page: Sheet, source: Source) -> None:
    lang = page.lang
    shown, rest = _largest(page, source)
    names = words.group_names(shown, source.by, lang)
    rates, low, high, mature = (floats(shown[name]) for name in (RATE, LOW, HIGH, "mature"))
    rows = Rows(page, names, keys=words.group_keys(shown, source.by), unnamed=tr("chart.unnamed", lang))
    written = [percent(rate, lang) for rate in rates]
    between = [f"{percent(one, lang)} – {percent(two, lang)}" for one, two in zip(low, high, strict=True)]
    heading = tr("chart.payment_systems.conversion", lang)
    above = rows.draw(
        [
            Dots(heading, rates, low, high, NumberFormatter(lang, percent=True)),
            Column("", written, rank=2),
            Column(tr("chart.conversion.range", lang), between, rank=3),
            Column(tr("chart.conversion.orders", lang), [count(value, lang) for value in mature]),
        ]
    )
    told = [f"{one} ({two})" for one, two in zip(written, between, strict=True)]
    conclude(
        page,
        source,
        said=[words.say_rows(names, told, lang)],
        more=[tr("chart.not_drawn", lang, count=len(rest))] if len(rest) else [],
        counted="mature",
        height=rows.height,
        above=above,
        below=rows.below,
        table=pd.concat([shown, rest], ignore_index=True) if len(rest) else shown,
    )


def _largest(page: Sheet, source: Source) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Choose the groups with the most orders; the rate of all others would be a number of no metric."""
    most = room_for(page)
    ordered, _ = largest(source.table, floats(source.table["mature"]), len(source.table))
    return _in_order(ordered.iloc[:most], source), ordered.iloc[most:]


def _in_order(table: pd.DataFrame, source: Source) -> pd.DataFrame:
    """Put the best rate first; hours and weekdays keep their own order."""
    if source.by and all(name.endswith(("hour", "weekday")) for name in source.by):
        return table.sort_values(list(source.by), kind="stable").reset_index(drop=True)
    order = np.argsort(-np.nan_to_num(floats(table[RATE]), nan=-1), kind="stable")
    return table.iloc[order].reset_index(drop=True)
