"""What moved the fee rate: other rates, or another mix of payments."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import PLOT, Fold, blank, conclude, fold
from tegro_analytics.charts.drawing.groups import Group, spread
from tegro_analytics.charts.drawing.numerals import NumberFormatter, percent, points
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.drawing.pieces import Mark, Piece, Pieces
from tegro_analytics.charts.drawing.rows import Block, Column, Rows
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, INK, STRIP, VERMILION
from tegro_analytics.charts.drawing.timeline import MOST_BARS, Timeline, open_patch, total_of
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.texts import language, tr

__all__ = ["fee_drift"]

RATE, MIX = "rate_effect", "mix_effect"
RATES, WEIGHTS = ("fee_rate_before", "fee_rate"), ("weight_before", "weight")
COLOURS = {RATE: VERMILION, MIX: BLUE}
SUBJECT = Subject(
    chart="fee_drift",
    metric="fee_drift",
    reads=("period_start", *RATES, *WEIGHTS, RATE, MIX, "total_change"),
    unit="",
)
PLACES = 2


def fee_drift(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw what moved the fee rate against the period before: the rates themselves, or the mix of payments.

    One period is a bridge from the rate before to the rate after, with a step for each group, the largest
    first. Several periods are bars: what the rates did and what the mix did, with the change in all.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.fee_drift` returned, or orders in any frame that it takes.
    ax, lang, currency
        As for :func:`tegro_analytics.charts.revenue`.
    **keywords
        With orders: what :func:`tegro_analytics.fee_drift` takes; ``since`` and ``until`` around one period
        make the bridge.

    Returns
    -------
    matplotlib.axes.Axes
        Its table is ``charts.data(ax)``, its description in words ``charts.alt_text(ax)``.

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
    ...     "currency": "RUB", "period_start": pd.to_datetime(["2026-10-01"]),
    ...     "period_end": pd.to_datetime(["2026-11-01"]), "complete": True, "rail": ["Bank"],
    ...     "fee_rate_before": 0.05, "fee_rate": 0.06, "weight_before": 1.0, "weight": 1.0,
    ...     "rate_effect": 0.01, "mix_effect": 0.0, "total_change": 0.01})
    >>> ax = charts.fee_drift(result, lang="en")
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['Rate before', 'Bank', 'Rate: October 2026']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if not np.isfinite(floats(source.table["total_change"])).any():
            blank(page, source, counted=0)
        elif source.table["period_start"].nunique() == 1:
            _bridge(page, source)
        else:
            _time(page, source)
    return page.ax


def _bridge(page: Sheet, source: Source) -> None:
    lang = page.lang
    effects = floats(source.table[RATE]) + floats(source.table[MIX])
    folded = fold(page, source, by=source.by, weight=np.abs(effects), sums=(RATE, MIX, *WEIGHTS), rates=RATES)
    before, after = (_whole(source, rate, weight) for rate, weight in zip(RATES, WEIGHTS, strict=True))
    names = [tr("chart.fee_drift.before", lang), *folded.names, _after_name(source, lang)]
    keys = None if folded.keys is None else ["–", *folded.keys, "–"]
    rows = Rows(page, names, keys=keys, unnamed=tr("chart.unnamed", lang))
    steps = folded.columns[RATE] + folded.columns[MIX]
    told = [
        percent(before, lang, places=PLACES),
        *(points(step, lang) for step in steps),
        percent(after, lang, places=PLACES),
    ]
    above = rows.draw(_blocks(folded, before, after, told, lang))
    totals = {name: source.total(name) for name in (RATE, MIX)}
    conclude(
        page,
        source,
        legend=_legend(totals, lang),
        more=[tr("chart.not_from_zero", lang)] if min(before, after) > 0 else [],
        said=[words.say_rows(names, told, lang), *(f"{text}." for _, text in _legend(totals, lang))],
        counted=len(source.table),
        height=rows.height,
        above=above,
        below=rows.below,
        table=folded.table,
    )


def _after_name(source: Source, lang: str) -> str:
    periods = Periods.of(source.table)
    unfinished = "" if periods.complete.all() else tr("chart.alt.open", lang)
    return tr("chart.fee_drift.after", lang, period=periods.name(0, lang)) + unfinished


def _whole(source: Source, rate: str, weight: str) -> float:
    """Give the rate of all groups: their rates weighted by their shares of the volume."""
    return float(np.nansum(floats(source.table[rate]) * floats(source.table[weight])))


def _blocks(folded: Fold, before: float, after: float, told: list[str], lang: str) -> list[Block]:
    """Set the bridge beside the rates and shares of each group."""
    columns = folded.columns
    pieces, joints, level = [], [(0, before)], before
    for at, (rate, mix) in enumerate(zip(columns[RATE], columns[MIX], strict=True), start=1):
        middle = level + np.nan_to_num(rate)
        pieces.append(Piece(at, level, middle, COLOURS[RATE], half=-1))
        level = middle + np.nan_to_num(mix)
        pieces.append(Piece(at, middle, level, COLOURS[MIX], half=1))
        joints.append((at, level))
    marks = [Mark(0, before), Mark(len(told) - 1, after)]

    def pairs(names: tuple[str, str], places: int) -> list[str]:
        both = zip(*(columns[name] for name in names), strict=True)
        rows = [" → ".join(percent(value, lang, places=places) for value in pair) for pair in both]
        return ["", *rows, ""]

    return [
        Pieces(
            tr("chart.fee_drift.panel", lang),
            pieces,
            NumberFormatter(lang, percent=True),
            "",
            marks=marks,
            joints=joints,
        ),
        Column("", told, rank=1),
        Column(tr("chart.fee_drift.rates", lang), pairs(RATES, PLACES), rank=2),
        Column(tr("chart.fee_drift.weights", lang), pairs(WEIGHTS, 1), rank=3),
    ]


def _legend(totals: dict[str, float], lang: str) -> list[tuple[Artist, str]]:
    return [
        (Patch(color=COLOURS[name]), f"{tr(f'chart.fee_drift.{name}', lang)}: {points(value, lang)}")
        for name, value in totals.items()
    ]


def _time(page: Sheet, source: Source) -> None:
    """Draw both effects of all groups in each period, and the rate itself below."""
    lang = page.lang
    page.plan(PLOT)
    periods = Periods.of(source.table)
    groups = spread(source, periods, (RATE, MIX, *RATES, *WEIGHTS, "total_change"), lang)
    effects = {name: total_of([group.values[name] for group in groups]) for name in (RATE, MIX)}
    change = effects[RATE] + effects[MIX]
    line = Timeline(page, periods, strip=True)
    _effects(line, effects, change)
    whole = total_of([_weighted(group) for group in groups])
    line.strip(whole, tr("chart.fee_drift.strip", lang), STRIP, NumberFormatter(lang, percent=True))
    legend: list[tuple[Artist, str]] = [
        *((Patch(color=COLOURS[name]), tr(f"chart.fee_drift.{name}", lang)) for name in (RATE, MIX)),
        (_diamonds(), tr("chart.fee_drift.total", lang)),
    ]
    if not periods.complete.all():
        legend.append((open_patch(), tr("chart.incomplete", lang)))
        if len(periods) > MOST_BARS:
            line.shade_open()
    write = partial(points, lang=lang)
    series = {**{tr(f"chart.fee_drift.{name}", lang): effects[name] for name in effects}}
    series[tr("chart.fee_drift.total", lang)] = change
    conclude(
        page,
        replace(source, by=()),  # nothing is split by it in the drawing
        periods=periods,
        unit=tr("chart.fee_drift.unit", lang),
        legend=legend,
        said=[words.say_series(name, values, periods, write, lang) for name, values in series.items()],
        counted=len(groups),
        height=PLOT,
    )


def _weighted(group: Group) -> np.ndarray:
    """Give what a group adds to the rate of all: nothing where it has no volume."""
    return np.asarray(np.nan_to_num(group.values["fee_rate"]) * group.values["weight"])


def _diamonds() -> Line2D:
    return Line2D([], [], color=INK, marker="D", markersize=4.5, linestyle="none")


def _effects(line: Timeline, effects: dict[str, np.ndarray], change: np.ndarray) -> None:
    """Stack both effects where they point the same way; else they stand on both sides of zero."""
    rate, mix = effects[RATE], effects[MIX]
    base = np.where(rate * mix > 0, rate, 0.0)
    ends = np.concatenate([rate, mix + base, [0.0]])
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    air = (high - low) * 0.06 or 0.001
    formatter = NumberFormatter(line.page.lang, divisor=0.01)
    line.value_axis(low - air if low else 0.0, high + air, formatter)
    line.bars(rate, COLOURS[RATE])
    line.bars(mix, COLOURS[MIX], bottom=base)
    line.ax.axhline(0, color="#AEB6BF", linewidth=0.8, zorder=4)
    if len(line.periods) <= MOST_BARS:
        line.ax.plot(line.periods.centre, change, "D", color=INK, markersize=4.5, zorder=5)
    else:
        line.line(change, INK)
