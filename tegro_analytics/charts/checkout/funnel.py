"""The way from order to payment: how many went on at each step, and where the others were lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import Fold, blank, conclude, fold, nothing_in
from tegro_analytics.charts.drawing.numerals import NumberFormatter, count, percent
from tegro_analytics.charts.drawing.pieces import Piece, Pieces, hatched_patch
from tegro_analytics.charts.drawing.rows import Column, Rows
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, SERIES, STRIP, VERMILION, tint
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject
from tegro_analytics.exceptions import DataError
from tegro_analytics.texts import language, tr

__all__ = ["funnel"]

COUNTS = ("orders", "mature", "paid_24h", "paid_ever", "stale_open", "unresolved")
ENDS = ("conversion_24h_low", "conversion_24h_high")
RATES = ("conversion_24h", "conversion_ever")

SUBJECT = Subject(
    chart="funnel",
    metric="conversion",
    reads=(*COUNTS, *(f"{name}{end}" for name in RATES for end in ("", "_low", "_high"))),
    unit="",
    day="created_date",
    all_currencies=True,
)

LEFT = SERIES[4]
LATER = tint(BLUE, 0.45)


def funnel(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw what became of orders step by step, and where those were lost that were not paid.

    Dark bars are the orders that went on; the coloured ones between them those that fell out: payments that
    failed, and orders left unpaid, hatched as far as their outcome is not known yet. Of several groups each
    is one bar, in shares.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.conversion` returned without ``freq``, or orders in any frame that it
        takes.
    ax, lang, currency
        As for :func:`tegro_analytics.charts.conversion`.
    **keywords
        With orders: what :func:`tegro_analytics.conversion` takes, without ``freq``.

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the bars; shares are of the orders older than 24 hours.

    Raises
    ------
    DataError
        If ``data`` is the result of another metric, has no such currency, or is split by period.
    TypeError
        If a keyword is not known, or comes with a result.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics import charts
    >>> result = pd.DataFrame({
    ...     "orders": [12], "mature": [10], "paid_24h": [6], "paid_ever": [7], "stale_open": [2],
    ...     "unresolved": [0], "conversion_24h": [0.6], "conversion_24h_low": [0.31],
    ...     "conversion_24h_high": [0.83], "conversion_ever": [0.7], "conversion_ever_low": [0.4],
    ...     "conversion_ever_high": [0.89]})
    >>> ax = charts.funnel(result, lang="en")
    >>> [round(float(bar.get_width())) for bar in ax.patches]
    [12, 2, 10, 1, 2, 7, 1, 6]
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    if source.timed:
        raise DataError(
            "charts.funnel draws one funnel, or one bar for each group: leave freq= out of conversion, or "
            "draw the periods with charts.conversion."
        )
    with sheet(ax, chosen) as page:
        if nothing_in(source, "orders"):
            blank(page, source, counted="orders")
        elif source.by:
            _groups(page, source)
        else:
            _steps(page, source)
    return page.ax


@dataclass(frozen=True)
class Step:
    """One row: the orders that it is about, as a bar from ``start``; of all that are old enough ``share``."""

    name: str
    start: float
    number: float
    colour: str
    share: float = np.nan
    rate: str = ""
    """The rate whose interval the share has."""


def _steps(page: Sheet, source: Source) -> None:
    lang = page.lang
    numbers = {name: source.total(name) for name in COUNTS}
    steps = _way(numbers)
    names = [tr(f"chart.funnel.{step.name}", lang) for step in steps]
    rows = Rows(page, names, keys=None, unnamed="")
    shares = [percent(step.share, lang) if np.isfinite(step.share) else "" for step in steps]
    between = [_interval(source, step.rate, lang) for step in steps]
    counted = [count(step.number, lang) for step in steps]
    pieces = [
        piece
        for row, step in enumerate(steps)
        for piece in _pieces(row, step, numbers["unresolved"] if step.name == "stale_open" else 0.0)
    ]
    above = rows.draw(
        [
            Pieces(tr("chart.funnel.panel", lang), pieces, NumberFormatter(lang, whole=True), ""),
            Column(tr("chart.funnel.n", lang), counted, rank=1),
            Column(tr("chart.funnel.share", lang), shares, rank=2),
            Column(tr("chart.conversion.range", lang), between, rank=3),
        ]
    )
    legend: list[tuple[Artist, str]] = [
        (Patch(color=BLUE), tr("chart.funnel.kept", lang)),
        (Patch(color=VERMILION), tr("chart.funnel.gone", lang)),
    ]
    if numbers["unresolved"]:
        legend.append((hatched_patch(VERMILION), tr("chart.funnel.unresolved", lang)))
    told = [f"{one} ({two})" if two else one for one, two in zip(counted, shares, strict=True)]
    conclude(
        page,
        source,
        legend=legend,
        more=[tr("chart.funnel.of", lang), *_bounds(source, lang)],
        said=[words.say_rows(names, told, lang)],
        counted="orders",
        height=rows.height,
        above=above,
        below=rows.below,
    )


def _way(numbers: dict[str, float]) -> list[Step]:
    """Lead from all orders to those paid within 24 hours; every order is lost once."""
    orders, mature, in_time, paid, left, _ = (numbers[name] for name in COUNTS)
    failed = mature - paid - left
    whole = mature or np.nan
    return [
        Step("orders", 0, orders, BLUE),
        Step("young", mature, orders - mature, STRIP),
        Step("mature", 0, mature, BLUE, mature / whole),
        Step("lost", mature - failed, failed, VERMILION, failed / whole),
        Step("stale_open", paid, left, VERMILION, left / whole),
        Step("paid_ever", 0, paid, BLUE, paid / whole, "conversion_ever"),
        Step("later", in_time, paid - in_time, STRIP, (paid - in_time) / whole),
        Step("paid_24h", 0, in_time, BLUE, in_time / whole, "conversion_24h"),
    ]


def _pieces(row: int, step: Step, unknown: float) -> list[Piece]:
    """Make the bar of a step, hatched as far as the outcome is not known."""
    middle, end = step.start + unknown, step.start + step.number
    sure = Piece(row, middle, end, step.colour)
    return [Piece(row, step.start, middle, step.colour, hatched=True), sure] if unknown else [sure]


def _interval(source: Source, rate: str, lang: str) -> str:
    if not rate:
        return ""
    return _between(*(source.total(f"{rate}_{end}") for end in ("low", "high")), lang=lang)


def _between(low: float, high: float, *, lang: str) -> str:
    return f"{percent(low, lang)} – {percent(high, lang)}" if np.isfinite([low, high]).all() else ""


def _bounds(source: Source, lang: str) -> list[str]:
    """Say between what the rate lies where something is not known."""
    names = ("conversion_24h_min", "conversion_24h_max")
    if not set(names) <= set(source.table.columns):
        return []
    low, high = (percent(source.total(name), lang) for name in names)
    return [tr("chart.funnel.bounds", lang, low=low, high=high)] if low != high else []


def _groups(page: Sheet, source: Source) -> None:
    """Draw a bar for each group, parted into what became of its orders."""
    lang = page.lang
    folded = fold(page, source, by=source.by, weight="mature", sums=COUNTS, rates=ENDS)
    parts = _parts(folded)
    rows = Rows(page, folded.names, keys=folded.keys, unnamed=tr("chart.unnamed", lang))
    written = {name: [percent(value, lang) for value in values] for name, (values, _) in parts.items()}
    ends = zip(*(folded.columns[name] for name in ENDS), strict=True)
    panel = Pieces(
        tr("chart.funnel.shares", lang),
        _stacks([values for values, _ in parts.values()], [colour for _, colour in parts.values()]),
        NumberFormatter(lang, percent=True),
        "",
    )
    above = rows.draw(
        [
            panel,
            Column(tr("chart.funnel.within", lang), written["within"], rank=1),
            Column(tr("chart.conversion.range", lang), [_between(*pair, lang=lang) for pair in ends], rank=3),
            Column(tr("chart.funnel.left", lang), written["left"], rank=2),
            Column(tr("chart.funnel.n", lang), [count(value, lang) for value in folded.columns["mature"]]),
        ]
    )
    told = [
        ", ".join(f"{tr(f'chart.funnel.{name}', lang).lower()} {written[name][row]}" for name in parts)
        for row in range(len(folded.names))
    ]
    conclude(
        page,
        source,
        legend=[
            (Patch(color=colour), tr(f"chart.funnel.{name}", lang)) for name, (_, colour) in parts.items()
        ],
        said=[words.say_rows(folded.names, told, lang)],
        counted="orders",
        height=rows.height,
        above=above,
        below=rows.below,
        table=folded.table,
    )


def _parts(folded: Fold) -> dict[str, tuple[np.ndarray, str]]:
    """Part the orders of each group that are old enough, as shares."""
    numbers = folded.columns
    mature, paid, left = numbers["mature"], numbers["paid_ever"], numbers["stale_open"]
    whole = np.where(mature > 0, mature, np.nan)
    return {
        "within": (numbers["paid_24h"] / whole, BLUE),
        "after": ((paid - numbers["paid_24h"]) / whole, LATER),
        "left": (left / whole, LEFT),
        "failed": ((mature - paid - left) / whole, VERMILION),
    }


def _stacks(parts: list[np.ndarray], colours: list[str]) -> list[Piece]:
    """Put the parts of each row one after the other."""
    ends = np.cumsum(np.vstack(parts), axis=0)
    starts = np.vstack([np.zeros(ends.shape[1]), ends[:-1]])
    return [
        Piece(row, float(starts[part, row]), float(ends[part, row]), colour)
        for row in range(ends.shape[1])
        for part, colour in enumerate(colours)
    ]
