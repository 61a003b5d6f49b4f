"""Fees against the tariff: what was charged too much, and what too little."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import PLOT, Fold, blank, conclude, fold, nothing_in
from tegro_analytics.charts.drawing.groups import spread
from tegro_analytics.charts.drawing.lettering import readable
from tegro_analytics.charts.drawing.numerals import (
    NO_VALUE,
    NumberFormatter,
    change,
    count,
    money,
    scale,
    symbol,
)
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.drawing.pieces import Piece, Pieces
from tegro_analytics.charts.drawing.rows import Block, Column, Rows
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, VERMILION
from tegro_analytics.charts.drawing.timeline import MOST_BARS, Timeline, open_patch, total_of
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.reference import load_reference
from tegro_analytics.texts import language, plural, tr

__all__ = ["fee_audit"]

MONEY = ("overcharged_value", "undercharged_value", "fee_difference", "actual_fees", "expected_fees")
COUNTS = ("overcharged", "undercharged", "audited", "payments", "unknown_tariff", "unknown_fee")
SUBJECT = Subject(chart="fee_audit", metric="fee_audit", reads=(*MONEY, *COUNTS))


def fee_audit(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw by how much fees lie above and below the tariff, by payment system or over time.

    Bars to the right, or upwards, are what was charged above the tariff, the others what was charged below
    it; they are not set off against each other. What has no tariff is named and not drawn.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.fee_audit` returned, or orders in any frame that it takes.
    ax, lang, currency
        As for :func:`tegro_analytics.charts.revenue`.
    **keywords
        With orders: what :func:`tegro_analytics.fee_audit` takes (``plan``, ``freq``, ``by``, ``since`` …).
        With ``freq`` all payment systems of a period are added up.

    Returns
    -------
    matplotlib.axes.Axes
        Its table is ``charts.data(ax)``, its description in words ``charts.alt_text(ax)``.

    Raises
    ------
    ConfigurationError
        If nobody says the plan.
    DataError
        If ``data`` is the result of another metric, or has no such currency.
    TypeError
        If a keyword is not known, or comes with a result.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics import charts
    >>> result = pd.DataFrame({
    ...     "currency": "RUB", "payment_system": ["Card", "SBP"], "payments": [3, 4], "audited": [3, 0],
    ...     "unknown_tariff": [0, 4], "unknown_fee": 0, "actual_fees": [72.25, 0.0],
    ...     "expected_fees": [69.75, 0.0], "fee_difference": [2.5, 0.0], "overcharged": [1, 0],
    ...     "overcharged_value": [2.5, 0.0], "undercharged": 0, "undercharged_value": 0.0})
    >>> ax = charts.fee_audit(result, lang="en")
    >>> [text.get_text().replace("\\xa0", " ") for text in ax.get_legend().get_texts()]
    ['Above the tariff: RUB 2.50 (1)', 'Below the tariff: RUB 0.00 (0)']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if nothing_in(source, "payments"):
            blank(page, source, counted="audited")
        elif source.timed:
            _time(page, source)
        else:
            _rows(page, source)
    return page.ax


def _rows(page: Sheet, source: Source) -> None:
    lang = page.lang
    folded = fold(page, source, by=source.by, weight=_weights(source), sums=(*MONEY, *COUNTS))
    rows = Rows(page, folded.names, keys=folded.keys, unnamed=tr("chart.unnamed", lang))
    told = _told(folded.columns, source, lang)
    above = rows.draw(_blocks(folded, told, source, lang))
    conclude(
        page,
        source,
        legend=_legend(source, lang),
        more=_notes(source, lang),
        said=[words.say_rows(folded.names, told, lang), *_notes(source, lang)],
        counted="audited",
        height=rows.height,
        above=above,
        below=rows.below,
        table=folded.table,
    )


def _weights(source: Source) -> np.ndarray:
    """Put the largest differences first, and what could not be checked last."""
    table = source.table
    size = floats(table["overcharged_value"]) + floats(table["undercharged_value"])
    audited, payments = floats(table["audited"]), floats(table["payments"])
    order = np.lexsort((-payments, -size, audited == 0))
    weights = np.empty(len(order))
    weights[order] = -np.arange(len(order), dtype=float)
    return weights


def _told(columns: dict[str, np.ndarray], source: Source, lang: str) -> list[str]:
    """Write the difference of each row, or why there is none."""
    texts = []
    for difference, audited, nameless in zip(
        columns["fee_difference"], columns["audited"], columns["unknown_tariff"], strict=True
    ):
        if audited:
            texts.append(change(difference, source.currency or "", lang))
        else:
            texts.append(tr("chart.fee_audit.no_tariff" if nameless else "chart.fee_audit.no_fee", lang))
    return texts


def _blocks(folded: Fold, told: list[str], source: Source, lang: str) -> list[Block]:
    """Set differences, fees and counts side by side."""
    columns = folded.columns
    write = partial(money, currency=source.currency or "", lang=lang)
    known = columns["audited"] > 0

    def counts(*names: str) -> list[tuple[str, ...]]:
        rows = zip(*(columns[name] for name in names), strict=True)
        return [tuple(count(value, lang) for value in row) for row in rows]

    def amounts(name: str) -> list[str]:
        return [write(value if there else np.nan) for value, there in zip(columns[name], known, strict=True)]

    unit = scale(float(max(columns["overcharged_value"].max(), columns["undercharged_value"].max())))
    bars = [
        Piece(row, 0.0, value, colour)
        for name, colour, sign in (
            ("overcharged_value", VERMILION, 1),
            ("undercharged_value", BLUE, -1),
        )
        for row, value in enumerate(sign * columns[name])
    ]
    return [
        Pieces(
            tr("chart.fee_audit.difference", lang),
            bars,
            NumberFormatter(lang, divisor=unit.divisor),
            unit.unit(symbol(source.currency or "", lang), lang),
        ),
        Column("", told, rank=1),
        Column(tr("chart.fee_audit.charged", lang), amounts("actual_fees"), rank=4),
        Column(tr("chart.fee_audit.due", lang), amounts("expected_fees"), rank=3),
        Column(
            tr("chart.fee_audit.sides", lang),
            [
                f"{above} / {below}" if there else NO_VALUE
                for (above, below), there in zip(counts("overcharged", "undercharged"), known, strict=True)
            ],
            rank=2,
        ),
        Column(
            tr("chart.fee_audit.checked", lang),
            [
                tr("chart.fee_audit.of", lang, checked=checked, all=everyone)
                for checked, everyone in counts("audited", "payments")
            ],
        ),
    ]


def _time(page: Sheet, source: Source) -> None:
    """Draw what lies above and below the tariff in each period, all groups together."""
    lang = page.lang
    page.plan(PLOT)
    periods = Periods.of(source.table)
    groups = spread(source, periods, MONEY[:2], lang)
    above, below = (total_of([group.values[name] for group in groups]) for name in MONEY[:2])
    unit = scale(float(np.nanmax([*above, *below])))
    line = Timeline(page, periods, strip=False)
    _axis(line, above, below, NumberFormatter(lang, divisor=unit.divisor))
    line.bars(above, VERMILION)
    line.bars(-below, BLUE)
    line.ax.axhline(0, color="#AEB6BF", linewidth=0.8, zorder=4)
    legend = _legend(source, lang)
    if not periods.complete.all():
        legend.append((open_patch(), tr("chart.incomplete", lang)))
        if len(periods) > MOST_BARS:
            line.shade_open()
    write = partial(money, currency=source.currency or "", lang=lang)
    said = [
        words.say_series(label, values, periods, write, lang)
        for (_, label), values in zip(legend, (above, below), strict=False)
    ]
    conclude(
        page,
        replace(source, by=()),  # nothing is split by it in the drawing
        periods=periods,
        unit=f"{tr('chart.fee_audit.difference', lang)}, "
        + unit.unit(symbol(source.currency or "", lang), lang),
        legend=legend,
        more=_notes(source, lang),
        said=said,
        counted="audited",
        height=PLOT,
    )


def _axis(line: Timeline, above: np.ndarray, below: np.ndarray, formatter: NumberFormatter) -> None:
    """Reach as far up and down as the bars do, with a little air."""
    high, low = float(np.nanmax(above, initial=0.0)), -float(np.nanmax(below, initial=0.0))
    air = (high - low) * 0.05
    if not air:
        line.value_axis(0.0, 1.0, formatter)
        return
    line.value_axis(low - air if low else 0.0, high + air if high else 0.0, formatter)


def _legend(source: Source, lang: str) -> list[tuple[Artist, str]]:
    """Tell what lies above and below in all, and of how many payments."""
    return [
        (
            Patch(color=colour),
            tr(
                f"chart.fee_audit.{side}",
                lang,
                value=money(source.total(f"{name}_value"), source.currency or "", lang),
                count=count(source.total(name), lang),
            ),
        )
        for side, name, colour in (("above", "overcharged", VERMILION), ("below", "undercharged", BLUE))
    ]


def _notes(source: Source, lang: str) -> list[str]:
    """Tell the sums, the plan where it is known, and what could not be checked."""
    charged, due = (
        money(source.total(name), source.currency or "", lang) for name in ("actual_fees", "expected_fees")
    )
    parts = [tr("chart.fee_audit.totals", lang, charged=charged, due=due)]
    if source.asked:
        from tegro_analytics.metrics.tariffs.terms import plan_of

        reference = source.options.get("reference") or load_reference()
        plan = plan_of(source.options.get("plan"), reference, metric="fee_audit")
        parts.insert(0, tr("chart.fee_audit.plan", lang, plan=readable(plan)))
    for column, key in (("unknown_tariff", "without_tariff"), ("unknown_fee", "without_fee")):
        number = round(source.total(column))
        if number:
            parts.append(plural(f"count.chart.{key}", number, lang))
    return [" ".join(parts)]
