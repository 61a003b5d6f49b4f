"""Withdrawals: how much was withdrawn and at what fee, by status or over time."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from tegro_analytics.charts.checkout.elapsed import duration
from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import PLOT, blank, conclude, fold, nothing_in
from tegro_analytics.charts.drawing.groups import Group, by_group, spread
from tegro_analytics.charts.drawing.numerals import NO_VALUE, NumberFormatter, count, money, scale, symbol
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.drawing.rows import Bars, Column, Rows
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, SERIES, STRIP
from tegro_analytics.charts.drawing.timeline import MOST_BARS, Timeline, open_patch, total_of
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject
from tegro_analytics.texts import language, plural, tr

__all__ = ["withdrawals_summary"]

AMOUNT, FEES, NUMBER, LAG = "withdrawn", "withdrawal_fees", "withdrawals", "lag_seconds_p50"
SUBJECT = Subject(
    chart="withdrawals_summary",
    metric="withdrawals_summary",
    reads=(NUMBER, AMOUNT, FEES, "without_amount", "without_fee", LAG),
    weight=NUMBER,
    unit="withdrawals",
    day="created_at",
    nameless=True,
)


def withdrawals_summary(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw what was withdrawn: by status or another group, or with ``freq`` over time, fees in a strip below.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.withdrawals_summary` returned, or withdrawals as ``shop.withdrawals()``
        gives them, of any engine.
    ax, lang
        As for :func:`tegro_analytics.charts.revenue`.
    currency
        The one to draw; without it the one with the most withdrawals. Those that do not say their currency
        are counted below the chart.
    **keywords
        With withdrawals: what :func:`tegro_analytics.withdrawals_summary` takes.

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
    ...     "currency": "RUB", "status": ["done", "failed"], "withdrawals": [3, 1],
    ...     "withdrawn": [2500.0, 100.0],
    ...     "withdrawal_fees": [50.0, None], "without_amount": 0, "without_fee": [0, 1],
    ...     "lag_seconds_p50": [1800.0, None]})
    >>> ax = charts.withdrawals_summary(result, lang="en")
    >>> ax.get_title(loc="left"), [label.get_text() for label in ax.get_yticklabels()]
    ('Withdrawals by status', ['done', 'failed'])
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if nothing_in(source, NUMBER):
            blank(page, source, counted=NUMBER)
        elif source.timed:
            _time(page, source)
        else:
            _rows(page, source)
    return page.ax


def _rows(page: Sheet, source: Source) -> None:
    lang = page.lang
    folded = fold(page, source, by=source.by, weight=AMOUNT, sums=(AMOUNT, FEES, NUMBER), rates=(LAG,))
    amounts, fees, numbers, lags = folded.columns.values()
    rows = Rows(page, folded.names, keys=folded.keys, unnamed=tr("chart.unnamed", lang))
    write = partial(money, currency=source.currency or "", lang=lang)
    unit = scale(float(np.nanmax(np.abs(amounts), initial=0.0)))
    told = [write(value) for value in amounts]
    above = rows.draw(
        [
            Bars(
                tr("chart.withdrawals_summary.amount", lang),
                amounts,
                NumberFormatter(lang, divisor=unit.divisor),
                unit.unit(symbol(source.currency or "", lang), lang),
                colour=BLUE,
            ),
            Column("", told, rank=1),
            Column(tr("chart.withdrawals_summary.fees", lang), [write(value) for value in fees], rank=2),
            Column(
                tr("chart.withdrawals_summary.lag", lang),
                [duration(lag, lang) if np.isfinite(lag) else NO_VALUE for lag in lags],
                rank=3,
            ),
            Column(tr("chart.withdrawals_summary.n", lang), [count(value, lang) for value in numbers]),
        ]
    )
    conclude(
        page,
        source,
        said=[words.say_rows(folded.names, told, lang), *_notes(source, lang)],
        more=_notes(source, lang),
        counted=NUMBER,
        height=rows.height,
        above=above,
        below=rows.below,
        table=folded.table,
    )


def _time(page: Sheet, source: Source) -> None:
    """Stack what the groups withdrew in each period, and draw all fees below."""
    lang = page.lang
    page.plan(PLOT)
    periods = Periods.of(source.table)
    groups = spread(source, periods, (AMOUNT, FEES), lang)
    layers = _layers(groups, lang)
    if not source.by:
        layers = [(tr("chart.withdrawals_summary.amount", lang), *layer[1:]) for layer in layers]
    highest = float(np.nanmax(total_of([values for _, values, _ in layers]), initial=0.0))
    unit = scale(highest)
    line = Timeline(page, periods, strip=True)
    line.value_axis(0.0, highest or 1.0, NumberFormatter(lang, divisor=unit.divisor), rounded=True)
    base = np.zeros(len(periods))
    for _, values, colour in layers:
        line.bars(values, colour, bottom=base)
        base = base + np.nan_to_num(values)
    _strip(line, total_of([group.values[FEES] for group in groups]), source)
    legend: list[tuple[Artist, str]] = [(Patch(color=colour), name) for name, _, colour in layers]
    if not periods.complete.all():
        legend.append((open_patch(), tr("chart.incomplete", lang)))
        if len(periods) > MOST_BARS:
            line.shade_open()
    write = partial(money, currency=source.currency or "", lang=lang)
    written = unit.unit(symbol(source.currency or "", lang), lang)
    conclude(
        page,
        source,
        periods=periods,
        unit=f"{tr('chart.withdrawals_summary.amount', lang)}, {written}",
        legend=legend,
        more=_notes(source, lang),
        said=[words.say_series(name, values, periods, write, lang) for name, values, _ in layers],
        counted=NUMBER,
        height=PLOT,
    )


def _layers(groups: list[Group], lang: str) -> list[tuple[str, np.ndarray, str]]:
    """Give each group its colour; the small ones are added into one."""
    shown, rest = by_group(groups, AMOUNT, most=len(SERIES))
    layers = [(group.label, group.values[AMOUNT], SERIES[at]) for at, group in enumerate(shown)]
    if rest:
        name = tr("chart.other", lang, count=len(rest))
        layers.append((name, total_of([group.values[AMOUNT] for group in rest]), STRIP))
    return layers


def _strip(line: Timeline, fees: np.ndarray, source: Source) -> None:
    lang = line.page.lang
    unit = scale(float(np.nanmax(np.abs(fees), initial=0.0)))
    written = unit.unit(symbol(source.currency or "", lang), lang)
    title = tr("chart.withdrawals_summary.strip", lang, unit=written)
    line.strip(fees, title, STRIP, NumberFormatter(lang, divisor=unit.divisor))


def _notes(source: Source, lang: str) -> list[str]:
    """Tell the sums, and what the records do not say."""
    amount, fees = (money(source.total(name), source.currency or "", lang) for name in (AMOUNT, FEES))
    lines = [tr("chart.withdrawals_summary.totals", lang, amount=amount, fees=fees)]
    for number, key in (
        (round(source.total("without_amount")), "no_amount"),
        (round(source.total("without_fee")), "no_fee"),
        (source.nameless, "no_currency"),
    ):
        if number:
            lines.append(plural(f"count.chart.{key}", number, lang))
    return [" ".join(lines)]
