"""A rate over time or by group: its interval where it is one of counts, and what it stands on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import PLOT, conclude, largest
from tegro_analytics.charts.drawing.groups import Group, by_group, spread
from tegro_analytics.charts.drawing.numerals import NumberFormatter, count, money, percent, scale, symbol
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.drawing.rows import Block, Column, Dots, Rows, room_for
from tegro_analytics.charts.drawing.sheet import Sheet
from tegro_analytics.charts.drawing.style import BLUE, MARKERS, SERIES, STRIP, tint
from tegro_analytics.charts.drawing.timeline import Timeline, asides, line_sample, open_patch, total_of
from tegro_analytics.charts.sources.source import Source, floats
from tegro_analytics.texts import tr

__all__ = ["Rate", "in_rows", "over_time"]

BOUND: dict[str, Any] = {"marker": "_", "markersize": 7.0, "markeredgewidth": 1.2, "linestyle": "none"}


@dataclass(frozen=True)
class Rate:
    """A rate of a result, and the column that it is a share of.

    Its texts stand under ``chart.<chart>``: ``rate``, ``unit``, ``n`` over the strip of ``base``, ``orders``
    over its column.
    """

    name: str
    base: str
    money: bool = False
    """Whether it is a share of money, which has no interval, rather than of a count."""

    @property
    def ends(self) -> tuple[str, str]:
        """The columns of its interval."""
        return f"{self.name}_low", f"{self.name}_high"

    @property
    def bounds(self) -> tuple[str, str]:
        """The columns of its bounds where the outcome is not known."""
        return f"{self.name}_min", f"{self.name}_max"

    def of(self, table: pd.DataFrame) -> list[str]:
        """List the columns that a table has of it."""
        return [name for name in (self.name, *self.ends, *self.bounds) if name in table.columns]

    def writer(self, source: Source, lang: str) -> Callable[[float], str]:
        """Say how what it stands on is written."""
        return (
            partial(money, currency=source.currency or "", lang=lang)
            if self.money
            else partial(count, lang=lang)
        )


def over_time(page: Sheet, source: Source, rate: Rate) -> None:
    """Draw a line for each group, with intervals and bounds, over a strip of what the rate stands on."""
    lang = page.lang
    page.plan(PLOT)
    periods = Periods.of(source.table)
    columns = rate.of(source.table)
    groups = spread(source, periods, (*columns, rate.base), lang)
    shown, rest = by_group(groups, rate.base, most=len(SERIES))
    line = Timeline(page, periods, strip=True)
    drawn = [group.values[name] for group in shown for name in columns]
    line.value_axis(*_limits(np.concatenate(drawn)), NumberFormatter(lang, percent=True))
    legend = _rates(line, source, rate, shown)
    if set(rate.bounds) <= set(columns) and _draw_bounds(line, rate, shown, grouped=bool(source.by)):
        sample = Line2D([], [], color=SERIES[-1], **BOUND)
        legend.append((sample, tr("chart.conversion.bounds", lang)))
    _base(line, source, rate, total_of([group.values[rate.base] for group in groups]))
    if not periods.complete.all():
        legend.append((open_patch(), tr("chart.incomplete", lang)))
    write = partial(percent, lang=lang)
    conclude(
        page,
        source,
        periods=periods,
        unit=tr(f"chart.{source.chart}.unit", lang),
        legend=legend,
        more=_notes(source, rate, len(rest), lang),
        said=[
            words.say_series(_name(group, source, lang), group.values[rate.name], periods, write, lang)
            for group in shown
        ],
        counted=None if rate.money else rate.base,
        height=PLOT,
    )


def _notes(source: Source, rate: Rate, rest: int, lang: str) -> list[str]:
    """Say how much money is shared out, and how many groups are not drawn."""
    lines = []
    if rate.money:
        total = rate.writer(source, lang)(source.total(rate.base))
        lines.append(tr(f"chart.{source.chart}.total", lang, total=total))
    return [*lines, tr("chart.not_drawn", lang, count=rest)] if rest else lines


def _base(line: Timeline, source: Source, rate: Rate, values: np.ndarray) -> None:
    """Draw what the rates stand on in the strip below them."""
    lang, key = line.page.lang, f"chart.{source.chart}.n"
    if not rate.money:
        line.strip(values, tr(key, lang), STRIP, NumberFormatter(lang, whole=True))
        return
    unit = scale(float(np.nanmax(np.abs(values), initial=0.0)))
    written = tr(key, lang, unit=unit.unit(symbol(source.currency or "", lang), lang))
    line.strip(values, written, STRIP, NumberFormatter(lang, divisor=unit.divisor))


def _rates(line: Timeline, source: Source, rate: Rate, groups: list[Group]) -> list[tuple[Artist, str]]:
    """Draw the rate of each group with its interval, where it has one."""
    lang = line.page.lang
    line.shade_open()
    alone = len(groups) == 1
    legend: list[tuple[Artist, str]] = []
    whiskers = set(rate.ends) <= set(source.table.columns)
    for at, (group, aside) in enumerate(zip(groups, asides(len(groups)), strict=True)):
        colour, marker = (SERIES[at], MARKERS[at]) if source.by else (BLUE, "o")
        values = group.values
        if whiskers:
            low, high = (values[name] for name in rate.ends)
            line.interval(values[rate.name], low, high, colour, alone=alone, aside=aside)
        line.line(values[rate.name], colour, marker=marker, aside=aside)
        legend.append((line_sample(colour, marker), _label(group, source, lang)))
    if not whiskers:
        return legend
    sample = _interval_sample(band=line.banded(alone=alone))
    return [*legend, (sample, tr("chart.conversion.interval", lang))]


def _label(group: Group, source: Source, lang: str) -> str:
    return group.label if source.by else tr(f"chart.{source.chart}.rate", lang)


def _name(group: Group, source: Source, lang: str) -> str:
    return group.name if source.by else tr(f"chart.{source.chart}.rate", lang)


def _interval_sample(*, band: bool) -> Artist:
    if band:
        return Patch(color=tint(BLUE, 0.2))
    return Line2D(
        [], [], color=tint(BLUE, 0.55), marker="|", markersize=10, markeredgewidth=1.6, linestyle="none"
    )


def _draw_bounds(line: Timeline, rate: Rate, groups: list[Group], *, grouped: bool) -> bool:
    """Draw the bounds of what is not resolved, where there is any; says whether there was."""
    found = False
    for at, (group, aside) in enumerate(zip(groups, asides(len(groups)), strict=True)):
        least, most = (group.values[name] for name in rate.bounds)
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
    return max(0.0, low - air), min(1.03, high + air)  # a point at the whole is not cut


def in_rows(page: Sheet, source: Source, rate: Rate) -> None:
    """Draw a point for each group, with its interval, beside the numbers."""
    lang = page.lang
    shown, rest = _largest(page, source, rate)
    names = words.group_names(shown, source.by, lang)
    rows = Rows(page, names, keys=words.group_keys(shown, source.by), unnamed=tr("chart.unnamed", lang))
    blocks, told = _blocks(source, shown, rate, lang)
    above = rows.draw(blocks)
    conclude(
        page,
        source,
        said=[words.say_rows(names, told, lang)],
        more=_notes(source, rate, len(rest), lang),
        counted=None if rate.money else rate.base,
        height=rows.height,
        above=above,
        below=rows.below,
        table=pd.concat([shown, rest], ignore_index=True) if len(rest) else shown,
    )


def _blocks(source: Source, shown: pd.DataFrame, rate: Rate, lang: str) -> tuple[list[Block], list[str]]:
    """Make the panel and the columns of the rows; gives them, and each row in words."""
    rates, base = floats(shown[rate.name]), floats(shown[rate.base])
    written = [percent(value, lang) for value in rates]
    write = rate.writer(source, lang)
    formatter, head = NumberFormatter(lang, percent=True), tr(f"chart.{source.chart}.rows", lang)
    amounts = Column(tr(f"chart.{source.chart}.orders", lang), [write(value) for value in base])
    if not set(rate.ends) <= set(shown.columns):
        nothing = np.full(len(rates), np.nan)
        return [Dots(head, rates, nothing, nothing, formatter), Column("", written, rank=2), amounts], written
    low, high = (floats(shown[name]) for name in rate.ends)
    between = [f"{percent(one, lang)} – {percent(two, lang)}" for one, two in zip(low, high, strict=True)]
    blocks: list[Block] = [
        Dots(head, rates, low, high, formatter),
        Column("", written, rank=2),
        Column(tr("chart.conversion.range", lang), between, rank=3),
        amounts,
    ]
    return blocks, [f"{one} ({two})" for one, two in zip(written, between, strict=True)]


def _largest(page: Sheet, source: Source, rate: Rate) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Choose the groups that carry the most; the rate of all others would be a number of no metric."""
    most = room_for(page)
    ordered, _ = largest(source.table, floats(source.table[rate.base]), len(source.table))
    return _in_order(ordered.iloc[:most], source, rate), ordered.iloc[most:]


def _in_order(table: pd.DataFrame, source: Source, rate: Rate) -> pd.DataFrame:
    """Put the best rate first; hours and weekdays keep their own order."""
    if source.by and all(name.endswith(("hour", "weekday")) for name in source.by):
        return table.sort_values(list(source.by), kind="stable").reset_index(drop=True)
    order = np.argsort(-np.nan_to_num(floats(table[rate.name]), nan=-1), kind="stable")
    return table.iloc[order].reset_index(drop=True)
