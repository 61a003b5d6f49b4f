"""Concentration: how much of gross revenue hangs on few payment systems."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from babel.numbers import format_decimal
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import PLOT, blank, conclude, fold, largest, nothing_in
from tegro_analytics.charts.drawing.groups import by_group, spread
from tegro_analytics.charts.drawing.lettering import elide, readable
from tegro_analytics.charts.drawing.numerals import NO_VALUE, NumberFormatter, count, percent
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.drawing.pieces import Piece, Pieces
from tegro_analytics.charts.drawing.rows import Bars, Block, Column, Rows, room_for
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, INK, MARKERS, SERIES, SIZES, STRIP, tint
from tegro_analytics.charts.drawing.timeline import MOST_POINTS, Timeline, line_sample, open_patch
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.reference import load_reference
from tegro_analytics.texts import language, plural, tr

__all__ = ["concentration"]

TOP, WHO = "top_share", "top_payment_system_id"

SUBJECT = Subject(
    chart="concentration",
    metric="concentration",
    reads=("currency", "systems", "hhi", "effective_systems", TOP, WHO),
    weight="systems",
    unit="",
    chooses_freq=True,
)

SYSTEMS = Subject(
    chart="concentration",
    metric="payment_systems",
    reads=("currency", "payment_system", "share_value", "gross_volume", "payments"),
    rows=("payment_system", "payment_system_id"),
)
"""Of a result of payment systems each is a row, with what all before it have together."""

ROOM = 150.0
"""Points that the name of the largest system may take."""


def concentration(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw how much of gross revenue hangs on few payment systems.

    Over time a line shows the share of the largest system, its marks which one that is; the strip below how
    many systems of equal size would be as concentrated. Groups are rows. A result of payment systems gives
    the systems themselves, the largest first, each from the end of the one before.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.concentration` or :func:`tegro_analytics.payment_systems` returned, or
        orders in any frame that the former takes.
    ax, lang, currency
        As for :func:`tegro_analytics.charts.revenue`; without ``currency`` the one with the most systems is
        drawn.
    **keywords
        With orders: what :func:`tegro_analytics.concentration` takes.

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the shares.

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
    ...     "currency": "RUB", "payment_system": ["Card", "SBP"], "payment_system_id": [25, 28],
    ...     "share_value": [0.75, 0.25], "gross_volume": [300.0, 100.0], "payments": [3, 1]})
    >>> ax = charts.concentration(result, lang="en")
    >>> [(round(float(bar.get_x()), 2), round(float(bar.get_width()), 2)) for bar in ax.patches]
    [(0.0, 0.75), (0.75, 0.25)]
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    listed = isinstance(data, pd.DataFrame) and set(SYSTEMS.reads) <= set(data.columns)
    source = resolve(SYSTEMS if listed else SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if nothing_in(source, "payments" if listed else "systems"):
            blank(page, source, counted="payments" if listed else None)
        elif listed:
            _systems(page, source)
        elif source.timed:
            _time(page, source)
        else:
            _rows(page, source)
    return page.ax


def _time(page: Sheet, source: Source) -> None:
    lang = page.lang
    page.plan(PLOT)
    periods = Periods.of(source.table)
    groups = spread(source, periods, (TOP, WHO, "effective_systems", "systems"), lang)
    shown, rest = by_group(groups, "systems", most=len(SERIES))
    line = Timeline(page, periods, strip=not source.by)
    highest = float(np.nanmax(np.concatenate([group.values[TOP] for group in shown]), initial=0.1))
    high = highest * 1.1 if highest < 0.85 else 1.03  # a mark at the whole is not cut
    line.value_axis(0.0, high, NumberFormatter(lang, percent=True), rounded=high < 1)
    line.shade_open()
    legend: list[tuple[Artist, str]] = []
    if source.by:
        for at, group in enumerate(shown):
            line.line(group.values[TOP], SERIES[at], marker=MARKERS[at])
            legend.append((line_sample(SERIES[at], MARKERS[at]), group.label))
    else:
        legend = _largest_over_time(line, shown[0].values[TOP], shown[0].values[WHO])
        effective = shown[0].values["effective_systems"]
        line.strip(effective, tr("chart.concentration.strip", lang), STRIP, NumberFormatter(lang))
    if not periods.complete.all():
        legend.append((open_patch(), tr("chart.incomplete", lang)))
    write = partial(percent, lang=lang)
    top = tr("chart.concentration.top", lang)
    conclude(
        page,
        source,
        periods=periods,
        unit=tr("chart.concentration.unit", lang),
        legend=legend,
        more=_notes(len(rest), lang),
        said=[
            words.say_series(group.name if source.by else top, group.values[TOP], periods, write, lang)
            for group in shown
        ],
        counted=None,
        height=PLOT,
    )


def _largest_over_time(line: Timeline, values: np.ndarray, systems: np.ndarray) -> list[tuple[Artist, str]]:
    """Draw the line of the largest share, and which system has it as the mark of each period."""
    lang, periods = line.page.lang, line.periods
    if len(periods) > MOST_POINTS:
        line.line(values, BLUE)
        return [(Line2D([], [], color=BLUE, linewidth=1.8), tr("chart.concentration.top", lang))]
    line.ax.plot(*periods.with_gaps(values), color=tint(INK, 0.45), linewidth=1.5, zorder=3)
    legend: list[tuple[Artist, str]] = []
    there = np.isfinite(values)
    seen = pd.unique(pd.Series(systems[there]))
    counted = sorted(seen, key=lambda system: -_alike(systems[there], system).sum())
    for at, system in enumerate(counted):
        mine = there & _alike(systems, system)
        place = min(at, len(SERIES) - 1)
        for complete in (True, False):
            chosen = mine & (periods.complete == complete)
            line.ax.plot(
                periods.centre[chosen],
                values[chosen],
                MARKERS[place],
                color=SERIES[place],
                markerfacecolor=SERIES[place] if complete else "white",
                markersize=6.0,
                linestyle="none",
                zorder=4,
            )
        if at < len(SERIES):
            sample = Line2D(
                [], [], color=SERIES[place], marker=MARKERS[place], markersize=6, linestyle="none"
            )
            legend.append((sample, _name(system, lang)))
    return legend


def _alike(systems: np.ndarray, system: float) -> np.ndarray:
    """Find where the same system stands; one that is not stated is like itself."""
    return np.asarray(np.isnan(systems) if np.isnan(system) else systems == system)


def _name(system: float, lang: str) -> str:
    """Name a payment system by its number."""
    if np.isnan(system):
        return tr("chart.unknown", lang)
    return load_reference().payment_system(int(system)).display


def _rows(page: Sheet, source: Source) -> None:
    lang = page.lang
    shown, rest = largest(source.table, floats(source.table[TOP]), room_for(page))
    names = words.group_names(shown, source.by, lang)
    rows = Rows(page, names, keys=words.group_keys(shown, source.by), unnamed=tr("chart.unnamed", lang))
    tops = [percent(value, lang) for value in floats(shown[TOP])]
    who = [_name(system, lang) for system in floats(shown[WHO])]
    above = rows.draw(_blocks(shown, tops, who, lang))
    conclude(
        page,
        source,
        said=[words.say_rows(names, [f"{one} ({two})" for one, two in zip(tops, who, strict=True)], lang)],
        more=_notes(len(rest), lang),
        counted=None,
        height=rows.height,
        above=above,
        below=rows.below,
        table=pd.concat([shown, rest], ignore_index=True) if len(rest) else shown,
    )


def _blocks(shown: pd.DataFrame, tops: list[str], who: list[str], lang: str) -> list[Block]:
    """Set the largest share, whose it is, and how concentrated each group is side by side."""
    hhi, effective = (
        [_measure(value, lang, places) for value in floats(shown[name])]
        for name, places in (("hhi", 3), ("effective_systems", 1))
    )
    top, formatter = floats(shown[TOP]), NumberFormatter(lang, percent=True)
    systems = [count(value, lang) for value in floats(shown["systems"])]
    return [
        Bars(tr("chart.concentration.top", lang), top, formatter, "", colour=STRIP),
        Column("", tops, rank=1),
        Column(tr("chart.concentration.largest", lang), [_short(name) for name in who], rank=2),
        Column(tr("chart.concentration.hhi", lang), hhi, rank=4),
        Column(tr("chart.concentration.effective", lang), effective, rank=3),
        Column(tr("chart.concentration.systems", lang), systems),
    ]


def _short(name: str) -> str:
    return elide(readable(name), ROOM, SIZES["tick"])


def _measure(value: float, lang: str, places: int) -> str:
    if np.isnan(value):
        return NO_VALUE
    return str(format_decimal(value, format="0." + "0" * places, locale=lang))


def _notes(rest: int, lang: str) -> list[str]:
    lines = [tr("chart.concentration.explained", lang)]
    return [tr("chart.not_drawn", lang, count=rest), *lines] if rest else lines


def _systems(page: Sheet, source: Source) -> None:
    """Lay the shares end to end, the largest first: each bar ends where all up to it have together."""
    lang = page.lang
    by = [name for name in ("payment_system", "payment_system_id") if name in source.table.columns]
    folded = fold(page, source, by=by, weight="share_value", sums=("share_value", "payments"))
    shares = np.nan_to_num(folded.columns["share_value"])
    ends = np.cumsum(shares)
    rows = Rows(page, folded.names, keys=folded.keys, unnamed=tr("chart.unnamed", lang))
    written, together = ([percent(value, lang) for value in values] for values in (shares, ends))
    above = rows.draw(
        [
            _end_to_end(shares, ends, lang),
            Column(tr("chart.concentration.share", lang), written),
            Column(tr("chart.concentration.together", lang), together, rank=1),
            Column(
                tr("chart.payments_n", lang), [count(n, lang) for n in folded.columns["payments"]], rank=2
            ),
        ]
    )
    told = _summed_up(floats(source.table["share_value"]), lang)
    conclude(
        page,
        source,
        said=[words.say_rows(folded.names, written, lang), *told],
        more=[" ".join(told), tr("chart.concentration.explained", lang)],
        counted="payments",
        height=rows.height,
        above=above,
        below=rows.below,
        table=folded.table,
    )


def _end_to_end(shares: np.ndarray, ends: np.ndarray, lang: str) -> Pieces:
    pieces = [
        Piece(row, float(end - share), float(end), BLUE if row == 0 else tint(BLUE, 0.45))
        for row, (share, end) in enumerate(zip(shares, ends, strict=True))
    ]
    joints = [(row, float(end)) for row, end in enumerate(ends[:-1])]
    formatter = NumberFormatter(lang, percent=True)
    return Pieces(tr("chart.concentration.panel", lang), pieces, formatter, "", joints=joints)


def _summed_up(shares: np.ndarray, lang: str) -> list[str]:
    """Say how many systems bring half of it, and how concentrated that is."""
    ordered = np.sort(np.nan_to_num(shares))[::-1]
    whole, squares = float(ordered.sum()), float((ordered**2).sum())
    if not whole:
        return []
    half = int(np.searchsorted(np.cumsum(ordered), whole / 2 - 1e-12)) + 1
    hhi = squares / whole**2
    equal = tr(
        "chart.concentration.as_equal",
        lang,
        hhi=_measure(hhi, lang, 3),
        effective=_measure(1 / hhi, lang, 1),
    )
    return [plural("count.chart.half", half, lang), equal]
