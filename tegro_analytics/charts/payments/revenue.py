"""Revenue: gross and net, over time or by group."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import PLOT, blank, conclude, fold, nothing_in
from tegro_analytics.charts.drawing.groups import by_group, spread
from tegro_analytics.charts.drawing.numerals import NumberFormatter, Scale, count, money, scale, symbol
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.drawing.rows import Bars, Column, Rows
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, SERIES, tint
from tegro_analytics.charts.drawing.timeline import MOST_BARS, Timeline, open_patch, total_of, trailing_mean
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.texts import language, plural, tr

__all__ = ["revenue"]

SUBJECT = Subject(
    chart="revenue",
    metric="revenue",
    reads=("gross_volume", "net_volume", "payments"),
    chooses_freq=True,
)

GROSS = tint(BLUE, 0.32)
FAINT = tint(BLUE, 0.6)
REST = "#AEB6BF"


def revenue(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw gross and net revenue over time or by group.

    Light bars are gross, the dark bars on them net: what shows of the light ones went into fees and refunds.
    Periods that are not complete are hatched.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.revenue` returned, or orders in any frame that it takes.
    ax : matplotlib.axes.Axes, optional
        Where to draw; without it a new figure is made.
    lang
        ``"ru"`` or ``"en"``; without it as everywhere (``TEGRO_LANG``, the system's language).
    currency
        The one to draw. Without it the one with the most payments is drawn, and the others are named below
        the chart: amounts of different currencies never share a scale.
    **keywords
        With orders: what :func:`tegro_analytics.revenue` takes (``freq``, ``by``, ``since``, ``until`` …).
        Without ``freq`` and ``by`` days are drawn up to three months, weeks up to nine, then months.

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
    ...     "currency": ["RUB"], "period_start": pd.to_datetime(["2026-10-01"]),
    ...     "period_end": pd.to_datetime(["2026-11-01"]), "complete": [True],
    ...     "gross_volume": [2350.0], "net_volume": [1855.0], "payments": [5]})
    >>> ax = charts.revenue(result, lang="en")
    >>> ax.get_title(loc="left"), ax.get_ylabel()
    ('Revenue by month', 'RUB')
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if nothing_in(source, "gross_volume", "net_volume", "payments"):
            blank(page, source, counted="payments")
        elif not source.timed:
            _rows(page, source)
        elif source.by:
            _parts(page, source)
        else:
            _time(page, source)
    return page.ax


def _time(page: Sheet, source: Source) -> None:
    lang = page.lang
    page.plan(PLOT)
    periods = Periods.of(source.table)
    gross, net = floats(source.table["gross_volume"]), floats(source.table["net_volume"])
    both = np.concatenate([gross, net])
    unit = scale(float(np.nanmax(np.abs(both))))
    line = Timeline(page, periods, strip=False)
    _money_axis(line, unit, both, lang)
    line.bars(gross, GROSS, hatch=tint(BLUE, 0.6))
    legend = _net(line, source, net)
    said = [
        words.say_series(tr(f"chart.revenue.{name}", lang), values, periods, _writer(source, lang), lang)
        for name, values in (("gross", gross), ("net", net))
    ]
    _close(page, source, periods, unit, legend, said, more=_notes(source, lang))


def _net(line: Timeline, source: Source, net: np.ndarray) -> list[tuple[Artist, str]]:
    """Draw net on top of gross: as bars, or where those would be hairs as a line and a calmer one."""
    lang = line.page.lang
    if len(line.periods) <= MOST_BARS:
        line.bars(net, BLUE, wide=0.5)
        return _totals(source, lang)
    line.line(net, FAINT, thick=0.8)
    line.shade_open()
    legend = _totals(source, lang, net=FAINT)
    if line.periods.freq == "day":
        line.line(trailing_mean(line.periods, net, 28), BLUE, thick=2.0, calm=True)
        legend.append((Line2D([], [], color=BLUE, linewidth=2.0), tr("chart.revenue.mean", lang)))
    return legend


def _parts(page: Sheet, source: Source) -> None:
    """Stack the gross volume of the largest groups; the others are added into one."""
    lang = page.lang
    page.plan(PLOT)
    periods = Periods.of(source.table)
    groups = spread(source, periods, ("gross_volume",), lang)
    shown, rest = by_group(groups, "gross_volume", most=len(SERIES))
    unit_of = total_of([group.values["gross_volume"] for group in groups])
    unit = scale(float(np.nanmax(np.abs(unit_of))))
    line = Timeline(page, periods, strip=False)
    _money_axis(line, unit, unit_of, lang)
    layers = [(group.label, group.values["gross_volume"], SERIES[at]) for at, group in enumerate(shown)]
    if rest:
        name = tr("chart.other", lang, count=len(rest))
        layers.append((name, total_of([group.values["gross_volume"] for group in rest]), REST))
    base = np.zeros(len(periods))
    for _, values, colour in layers:
        line.bars(values, colour, bottom=base)
        base = base + np.nan_to_num(values)
    if len(periods) > MOST_BARS:
        line.shade_open()
    write = _writer(source, lang)
    legend: list[tuple[Artist, str]] = [(Patch(color=colour), name) for name, _, colour in layers]
    said = [words.say_series(name, values, periods, write, lang) for name, values, _ in layers]
    name = tr("chart.revenue.by_parts", lang)
    _close(page, source, periods, unit, legend, said, more=_odd(source, lang), unit_name=name)


def _close(
    page: Sheet,
    source: Source,
    periods: Periods,
    unit: Scale,
    legend: list[tuple[Artist, str]],
    said: list[str],
    *,
    more: list[str],
    unit_name: str = "",
) -> None:
    lang = page.lang
    if not periods.complete.all():
        legend = [*legend, (open_patch(), tr("chart.incomplete", lang))]
    written = unit.unit(symbol(source.currency or "", lang), lang)
    conclude(
        page,
        source,
        periods=periods,
        unit=f"{unit_name}, {written}" if unit_name else written,
        legend=legend,
        more=more,
        said=said,
        counted="payments",
        height=PLOT,
    )


def _rows(page: Sheet, source: Source) -> None:
    lang = page.lang
    folded = fold(
        page, source, by=source.by, weight="gross_volume", sums=("gross_volume", "net_volume", "payments")
    )
    gross, net, payments = folded.columns.values()
    write = _writer(source, lang)
    rows = Rows(page, folded.names, keys=folded.keys, unnamed=tr("chart.unnamed", lang))
    unit = scale(float(np.nanmax(np.abs(gross))))
    shown = Bars(
        tr("chart.title.revenue", lang),
        gross,
        NumberFormatter(lang, divisor=unit.divisor),
        unit.unit(symbol(source.currency or "", lang), lang),
        inner=net,
    )
    told_gross, told_net = [write(value) for value in gross], [write(value) for value in net]
    above = rows.draw(
        [
            shown,
            Column(tr("chart.revenue.gross", lang), told_gross, rank=2),
            Column(tr("chart.revenue.net", lang), told_net, rank=1),
            Column(tr("chart.payments_n", lang), [count(value, lang) for value in payments]),
        ]
    )
    conclude(
        page,
        source,
        legend=_totals(source, lang),
        more=_notes(source, lang),
        said=[
            words.say_rows(
                folded.names, [f"{one} / {two}" for one, two in zip(told_gross, told_net, strict=True)], lang
            )
        ],
        counted="payments",
        height=rows.height,
        above=above,
        below=rows.below,
        table=folded.table,
    )


def _totals(source: Source, lang: str, *, net: str = BLUE) -> list[tuple[Artist, str]]:
    """Make legend entries that tell the sums of gross and net."""
    write = _writer(source, lang)
    return [
        (Patch(color=colour), f"{tr(f'chart.revenue.{name}', lang)}: {write(source.total(f'{name}_volume'))}")
        for name, colour in (("gross", GROSS), ("net", net))
    ]


def _money_axis(line: Timeline, unit: Scale, values: np.ndarray, lang: str) -> None:
    low, high = min(0.0, float(np.nanmin(values))), max(0.0, float(np.nanmax(values)))
    below = low - (high - low) * 0.04 if low < 0 else 0.0
    line.value_axis(below, high, NumberFormatter(lang, divisor=unit.divisor), rounded=True)
    if low < 0:
        line.ax.axhline(0, color="#AEB6BF", linewidth=0.8, zorder=4)


def _writer(source: Source, lang: str) -> Callable[[float], str]:
    return partial(money, currency=source.currency or "", lang=lang)


def _notes(source: Source, lang: str) -> list[str]:
    """Say how net is reckoned, and what is odd in the data."""
    share = source.options.get("merchant_share", 1)
    formula = tr("chart.revenue.formula", lang)
    if float(share) != 1:
        formula = tr("chart.revenue.formula_share", lang, share=share)
    return [" ".join([formula, *_odd(source, lang)])]


def _odd(source: Source, lang: str) -> list[str]:
    lines = []
    for column, key in (("undated_refunds", "undated"), ("excluded_negative", "negative")):
        number = round(source.total(column)) if column in source.table.columns else 0
        if number:
            lines.append(plural(f"count.chart.{key}", number, lang))
    return lines
