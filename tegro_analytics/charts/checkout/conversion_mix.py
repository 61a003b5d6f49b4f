"""Why conversion changed: a bridge from the period before, over the mix and the rate of each group."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import blank, conclude, largest
from tegro_analytics.charts.drawing.numerals import NO_VALUE, NumberFormatter, percent, points
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.drawing.pieces import Mark, Piece, Pieces
from tegro_analytics.charts.drawing.rows import Column, Rows, room_for
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, VERMILION
from tegro_analytics.charts.drawing.timeline import open_patch
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.texts import language, tr

__all__ = ["conversion_mix"]

SUBJECT = Subject(
    chart="conversion_mix",
    metric="conversion_mix",
    reads=(
        "period_start", "period_end", "complete", "conversion_before", "conversion", "weight_before",
        "weight", "rate_effect", "mix_effect", "total_change",
    ),
    unit="",
    day="created_date",
    all_currencies=True,
)  # fmt: skip

_BEFORE = {
    "hour": pd.DateOffset(hours=1),
    "day": pd.DateOffset(days=1),
    "week": pd.DateOffset(weeks=1),
    "month": pd.DateOffset(months=1),
    "quarter": pd.DateOffset(months=3),
    "year": pd.DateOffset(years=1),
}
ENDS = 3
"""Rows that are no group: the period before, the mix, this period."""


def conversion_mix(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw why conversion within 24 hours changed: the mix of groups, and the rate of each.

    A bridge leads from the conversion of the period before to that of this one: what other shares of orders
    added or took, then what the conversion of each group did, the largest effect first. Of several periods
    the last complete one is drawn.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.conversion_mix` returned, or orders in any frame that it takes.
    ax, lang, currency
        As for :func:`tegro_analytics.charts.conversion`.
    **keywords
        With orders: what :func:`tegro_analytics.conversion_mix` takes.

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the bridge. Its table are the rows of the period that is drawn.

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
    ...     "period_start": pd.to_datetime(["2026-10-01"] * 2),
    ...     "period_end": pd.to_datetime(["2026-11-01"] * 2), "complete": True,
    ...     "payment_system": ["Card", "SBP"], "conversion_before": [0.6, 0.8], "conversion": [0.7, 0.8],
    ...     "weight_before": [0.5, 0.5], "weight": [0.5, 0.5], "rate_effect": [0.05, 0.0],
    ...     "mix_effect": [0.0, 0.0], "total_change": 0.05})
    >>> ax = charts.conversion_mix(result, lang="en")
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['September 2026', 'Shift of shares (mix)', 'Card', 'SBP', 'October 2026']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        drawn = _period(source)
        if not len(drawn.table):
            blank(page, source, counted=None)
        else:
            _bridge(page, drawn, others=len(drawn.table) < len(source.table))
    return page.ax


def _period(source: Source) -> Source:
    """Keep the last complete period whose change is known; where none is complete, the last one."""
    table = source.table
    known = table[np.isfinite(floats(table["total_change"]))]
    done = known[known["complete"].fillna(False).astype(bool)]
    rows = done if len(done) else known
    rows = rows[rows["period_start"] == rows["period_start"].max()] if len(rows) else rows
    if not len(rows):
        return replace(source, table=rows)
    period = Periods.of(rows)
    last = (period.ends[0] - dt.timedelta(microseconds=1)).date()
    facts = replace(source.facts, first=period.starts[0].date(), last=last, bounded=(True, True))
    return replace(source, table=rows.reset_index(drop=True), facts=facts)


@dataclass(frozen=True)
class Bridge:
    """The rows of a bridge: names, what each adds (NaN at its ends), and the level that it leads to."""

    names: list[str]
    effects: np.ndarray
    levels: np.ndarray
    rates: list[str]
    weights: list[str]
    table: pd.DataFrame


def _bridge(page: Sheet, source: Source, *, others: bool) -> None:
    lang = page.lang
    bridge = _steps(page, source)
    rows = Rows(page, bridge.names, keys=_keys(source, bridge), unnamed=tr("chart.unnamed", lang))
    complete = bool(Periods.of(source.table).complete[0])
    last = len(bridge.names) - 1
    written = [
        percent(level, lang) if at in (0, last) else points(effect, lang)
        for at, (level, effect) in enumerate(zip(bridge.levels, bridge.effects, strict=True))
    ]
    above = rows.draw(
        [
            _panel(bridge, complete=complete, lang=lang),
            Column(tr("chart.conversion_mix.effect", lang), written),
            Column(tr("chart.conversion_mix.rates", lang), bridge.rates, rank=1),
            Column(tr("chart.conversion_mix.weights", lang), bridge.weights, rank=2),
        ]
    )
    conclude(
        page,
        source,
        legend=_legend(lang, complete=complete),
        more=[
            _total(source, lang),
            tr("chart.conversion_mix.method", lang),
            *([tr("chart.conversion_mix.periods", lang)] if others else []),
        ],
        said=[_total(source, lang), words.say_rows(bridge.names, written, lang)],
        counted=None,
        height=rows.height,
        above=above,
        below=rows.below,
        table=bridge.table,
    )


def _steps(page: Sheet, source: Source) -> Bridge:
    """Order the groups by what their rates did, add the small ones up, and sum from level to level."""
    lang, table = page.lang, source.table
    size = np.abs(np.nan_to_num(floats(table["rate_effect"])))
    shown, rest = largest(table, size, max(2, room_for(page) - ENDS))
    effects = np.nan_to_num(floats(shown["rate_effect"])).tolist()
    names = words.group_names(shown, source.by, lang)
    rates, weights = (_moves(shown, name, lang) for name in ("conversion", "weight"))
    if len(rest):
        names.append(tr("chart.other", lang, count=len(rest)))
        effects.append(float(np.nansum(floats(rest["rate_effect"]))))
        rates.append("")
        was, now = (float(np.nansum(floats(rest[name]))) for name in ("weight_before", "weight"))
        weights.append(_move(was, now, lang))
    before = float(np.nansum(floats(table["weight_before"]) * floats(table["conversion_before"])))
    after = before + float(floats(table["total_change"])[0])
    steps = [float(np.nansum(floats(table["mix_effect"]))), *effects]
    first, last = _ends(table, lang)
    return Bridge(
        [first, tr("chart.conversion_mix.mix", lang), *names, last],
        np.array([np.nan, *steps, np.nan]),
        np.array([*(before + np.cumsum([0.0, *steps])), after]),
        ["", "", *rates, ""],
        ["", "", *weights, ""],
        pd.concat([shown, rest], ignore_index=True) if len(rest) else shown,
    )


def _keys(source: Source, bridge: Bridge) -> list[object] | None:
    """Give the numbers of payment systems whose names are alike once they are shortened."""
    keys = words.group_keys(bridge.table, source.by)
    if keys is None:
        return None
    groups = len(bridge.names) - ENDS
    return ["–", "–", *[*keys, "–"][:groups], "–"]


def _moves(table: pd.DataFrame, name: str, lang: str) -> list[str]:
    ends = zip(floats(table[f"{name}_before"]), floats(table[name]), strict=True)
    return [_move(float(before), float(after), lang) for before, after in ends]


def _move(before: float, after: float, lang: str) -> str:
    """Write what a share was and is."""
    if np.isnan(before) and np.isnan(after):
        return NO_VALUE
    return f"{percent(before, lang)} → {percent(after, lang)}"


def _ends(table: pd.DataFrame, lang: str) -> tuple[str, str]:
    """Name the period before and this one."""
    period = Periods.of(table)
    start = period.starts[0]
    earlier = (pd.Timestamp(start) - _BEFORE[period.freq]).to_pydatetime()
    before = Periods((earlier,), (start,), np.array([True])).name(0, lang)
    return _capital(before), _capital(period.name(0, lang))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _panel(bridge: Bridge, *, complete: bool, lang: str) -> Pieces:
    """Lead from one level to the next."""
    levels, last = bridge.levels, len(bridge.levels) - 1
    pieces = [
        Piece(
            row,
            float(levels[row - 1]),
            float(levels[row]),
            BLUE if levels[row] >= levels[row - 1] else VERMILION,
            hatched=not complete,
        )
        for row in range(1, last)
    ]
    return Pieces(
        tr("chart.conversion_mix.axis", lang),
        pieces,
        NumberFormatter(lang, percent=True),
        "",
        marks=[Mark(0, float(levels[0])), Mark(last, float(levels[last]))],
        joints=[(row, float(levels[row])) for row in range(last)],
    )


def _legend(lang: str, *, complete: bool) -> list[tuple[Artist, str]]:
    legend: list[tuple[Artist, str]] = [
        (Patch(color=BLUE), tr("chart.conversion_mix.up", lang)),
        (Patch(color=VERMILION), tr("chart.conversion_mix.down", lang)),
    ]
    return legend if complete else [*legend, (open_patch(), tr("chart.incomplete", lang))]


def _total(source: Source, lang: str) -> str:
    table = source.table
    return tr(
        "chart.conversion_mix.all",
        lang,
        total=points(float(floats(table["total_change"])[0]), lang),
        rates=points(float(np.nansum(floats(table["rate_effect"]))), lang),
        mix=points(float(np.nansum(floats(table["mix_effect"]))), lang),
    )
