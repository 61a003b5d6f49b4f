"""What a customer is worth: gross and net of the mean payer, over time or by group."""

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
from tegro_analytics.charts.drawing.numerals import (
    NumberFormatter,
    Scale,
    count,
    money,
    percent,
    scale,
    symbol,
)
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.drawing.rows import Bars, Block, Column, Rows, room_for
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, MARKERS, SERIES, STRIP, tint
from tegro_analytics.charts.drawing.timeline import MOST_BARS, Timeline, line_sample, open_patch
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.texts import language, tr

__all__ = ["customer_value"]

SUBJECT = Subject(
    chart="customer_value",
    metric="customer_value",
    reads=("unique_payers", "arppu", "ltv_historic"),
    weight="unique_payers",
    unit="",
    chooses_freq=True,
)

GROSS = tint(BLUE, 0.32)
NET = "ltv_historic"


def customer_value(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw what a customer brought on average, gross and net, over time or by group.

    Light bars are gross per customer, the dark ones on them net: what shows of the light ones went into fees
    and refunds. Over time a strip below says how many customers each mean is of.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.customer_value` returned, or orders in any frame that it takes.
    ax, lang, currency
        As for :func:`tegro_analytics.charts.revenue`.
    **keywords
        With orders: what :func:`tegro_analytics.customer_value` takes. With ``freq`` and ``by`` a line for
        each group shows net per customer.

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the amounts; a period without customers has none. The strip is its child.

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
    ...     "currency": ["RUB", "RUB"], "payment_system": ["Card", "SBP"], "unique_payers": [4, 2],
    ...     "arppu": [587.5, 300.0], "ltv_historic": [463.75, 300.0]})
    >>> ax = charts.customer_value(result, lang="en")
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['Card', 'SBP']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if nothing_in(source, "unique_payers"):
            blank(page, source, counted="unique_payers")
        elif not source.timed:
            _rows(page, source)
        elif source.by:
            _groups(page, source)
        else:
            _time(page, source)
    return page.ax


def _time(page: Sheet, source: Source) -> None:
    lang = page.lang
    page.plan(PLOT)
    periods = Periods.of(source.table)
    gross, net = floats(source.table["arppu"]), floats(source.table[NET])
    line = Timeline(page, periods, strip=True)
    unit = _money_axis(line, np.concatenate([gross, net]))
    if len(periods) > MOST_BARS:
        line.shade_open()
    line.bars(gross, GROSS, hatch=tint(BLUE, 0.6))
    line.bars(net, BLUE, wide=0.5)
    _counts(line, floats(source.table["unique_payers"]))
    said = [
        words.say_series(
            tr(f"chart.customer_value.{name}", lang), values, periods, _writer(source, lang), lang
        )
        for name, values in (("gross", gross), ("net", net))
    ]
    _close(page, source, periods, unit, _samples(lang), said)


def _groups(page: Sheet, source: Source) -> None:
    """Draw net per customer of each group as a line: means are not stacked."""
    lang = page.lang
    page.plan(PLOT)
    periods = Periods.of(source.table)
    groups = spread(source, periods, (NET, "unique_payers"), lang)
    shown, rest = by_group(groups, "unique_payers", most=len(SERIES))
    line = Timeline(page, periods, strip=False)
    unit = _money_axis(line, np.concatenate([group.values[NET] for group in shown]))
    line.shade_open()
    legend: list[tuple[Artist, str]] = []
    for at, group in enumerate(shown):
        line.line(group.values[NET], SERIES[at], marker=MARKERS[at])
        legend.append((line_sample(SERIES[at], MARKERS[at]), group.label))
    write = _writer(source, lang)
    said = [words.say_series(group.name, group.values[NET], periods, write, lang) for group in shown]
    more = [tr("chart.not_drawn", lang, count=len(rest))] if rest else []
    _close(page, source, periods, unit, legend, said, more=more, name=tr("chart.customer_value.net", lang))


def _close(
    page: Sheet,
    source: Source,
    periods: Periods,
    unit: Scale,
    legend: list[tuple[Artist, str]],
    said: list[str],
    *,
    more: list[str] | None = None,
    name: str = "",
) -> None:
    lang = page.lang
    if not periods.complete.all():
        legend = [*legend, (open_patch(), tr("chart.incomplete", lang))]
    written = unit.unit(symbol(source.currency or "", lang), lang)
    conclude(
        page,
        source,
        periods=periods,
        unit=f"{name}, {written}" if name else written,
        legend=legend,
        more=[*(more or []), _formula(source, lang)],
        said=said,
        counted="unique_payers",
        height=PLOT,
    )


def _money_axis(line: Timeline, values: np.ndarray) -> Scale:
    lang = line.page.lang
    low, high = float(np.nanmin(values, initial=0.0)), float(np.nanmax(values, initial=0.0))
    unit = scale(max(abs(low), high))
    below = low - (high - low) * 0.04 if low < 0 else 0.0
    top = high if high > below else below + 1.0
    line.value_axis(below, top, NumberFormatter(lang, divisor=unit.divisor), rounded=True)
    if low < 0:
        line.ax.axhline(0, color="#AEB6BF", linewidth=0.8, zorder=4)
    return unit


def _counts(line: Timeline, payers: np.ndarray) -> None:
    lang = line.page.lang
    line.strip(payers, tr("chart.customers.n", lang), STRIP, NumberFormatter(lang, whole=True))


def _samples(lang: str) -> list[tuple[Artist, str]]:
    names = (tr(f"chart.customer_value.{name}", lang) for name in ("gross", "net"))
    return [(Patch(color=colour), name) for colour, name in zip((GROSS, BLUE), names, strict=True)]


def _writer(source: Source, lang: str) -> partial[str]:
    return partial(money, currency=source.currency or "", lang=lang)


def _formula(source: Source, lang: str) -> str:
    share = source.options.get("merchant_share", 1)
    if float(share) != 1:
        return tr("chart.revenue.formula_share", lang, share=share)
    return tr("chart.revenue.formula", lang)


def _rows(page: Sheet, source: Source) -> None:
    lang = page.lang
    ordered, _ = largest(source.table, floats(source.table["unique_payers"]), len(source.table))
    shown, rest = ordered.iloc[: room_for(page)], ordered.iloc[room_for(page) :]
    names = words.group_names(shown, source.by, lang)
    rows = Rows(page, names, keys=words.group_keys(shown, source.by), unnamed=tr("chart.unnamed", lang))
    blocks, told = _blocks(shown, source, lang)
    above = rows.draw(blocks)
    more = [tr("chart.not_drawn", lang, count=len(rest))] if len(rest) else []
    top = [tr("chart.customer_value.note", lang)] if "top_customer_share" in shown.columns else []
    conclude(
        page,
        source,
        legend=_samples(lang),
        said=[words.say_rows(names, told, lang)],
        more=[*more, _formula(source, lang), *top],
        counted="unique_payers",
        height=rows.height,
        above=above,
        below=rows.below,
        table=pd.DataFrame(ordered),
    )


def _blocks(shown: pd.DataFrame, source: Source, lang: str) -> tuple[list[Block], list[str]]:
    """Set amounts, the weight of the largest and counts side by side; gives the amounts in words."""
    gross, net, payers = (floats(shown[name]) for name in ("arppu", NET, "unique_payers"))
    unit = scale(float(np.nanmax(np.abs(gross), initial=0.0)))
    write = _writer(source, lang)
    told_gross, told_net = [write(value) for value in gross], [write(value) for value in net]
    written = unit.unit(symbol(source.currency or "", lang), lang)
    formatter = NumberFormatter(lang, divisor=unit.divisor)
    blocks: list[Block] = [
        Bars(tr("chart.title.customer_value", lang), gross, formatter, written, inner=net),
        Column(tr("chart.customer_value.gross", lang), told_gross, rank=2),
        Column(tr("chart.customer_value.net", lang), told_net, rank=1),
    ]
    if "top_customer_share" in shown.columns:
        shares = [percent(value, lang) for value in floats(shown["top_customer_share"])]
        blocks.append(Column(tr("chart.customer_value.top", lang), shares, rank=3))
    blocks.append(Column(tr("chart.customers.n", lang), [count(value, lang) for value in payers]))
    return blocks, [f"{one} / {two}" for one, two in zip(told_gross, told_net, strict=True)]
