"""Silence: how long nothing was paid, held against the usual gap between payments."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from babel.numbers import format_decimal
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import blank, conclude
from tegro_analytics.charts.drawing.numerals import NO_VALUE, NumberFormatter, percent
from tegro_analytics.charts.drawing.rows import Bars, Block, Column, Rows, room_for
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import INK, STRIP, VERMILION
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.texts import language, tr

__all__ = ["silence", "written_time"]

SUBJECT = Subject(
    chart="silence",
    metric="silence",
    reads=("silent_hours", "expected_payments", "probability", "is_silent"),
    weight="history_weeks",
    unit="",
    day=None,
    all_currencies=True,
)

LIMIT = -math.log(0.001)
"""So many usual gaps without a payment are no chance any more: exp(−LIMIT) is 0.001."""
MOST = 3 * LIMIT
"""Where bars are cut: one system that died long ago must not flatten the others."""


def silence(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw the time without payments in usual gaps between them: beyond the line it is no chance.

    The usual gap is that of the same hours of the week, so a quiet night is not alarming. Beside each bar
    stand the silence itself, the usual gap, and how likely such a silence is by chance.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.silence` returned, or orders in any frame that it takes.
    ax, lang
        As for :func:`tegro_analytics.charts.revenue`.
    currency
        Listen to the payments of this currency alone; without it those of all currencies count.
    **keywords
        With orders: what :func:`tegro_analytics.silence` takes (``by="payment_system"``, ``now``).

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the bars, the longest silence first; where less than 8 weeks are known there is none.

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
    ...     "payment_system": ["Card", "SBP"], "silent_hours": [0.5, 8.0], "expected_payments": [0.5, 8.0],
    ...     "probability": [0.606531, 0.000335], "is_silent": [False, True], "history_weeks": [8, 8]})
    >>> ax = charts.silence(result, lang="en")
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['SBP', 'Card']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if floats(source.table["silent_hours"]).size:
            _rows(page, source)
        else:
            blank(page, source, counted="is_silent")
    return page.ax


def _rows(page: Sheet, source: Source) -> None:
    lang = page.lang
    longest = np.argsort(-np.nan_to_num(floats(source.table["expected_payments"]), nan=-1.0), kind="stable")
    ordered = pd.DataFrame(source.table.iloc[longest]).reset_index(drop=True)
    shown, rest = ordered.iloc[: room_for(page)], ordered.iloc[room_for(page) :]
    names = words.group_names(shown, source.by, lang)
    rows = Rows(page, names, keys=words.group_keys(shown, source.by), unnamed=tr("chart.unnamed", lang))
    times = floats(shown["expected_payments"])
    silent = shown["is_silent"].to_numpy(bool)
    blocks = _blocks(shown, times, lang)
    above = rows.draw(blocks)
    _limit(page.ax, np.minimum(times, MOST))
    for at in np.flatnonzero(silent):
        page.ax.containers[0][at].set(facecolor=VERMILION, edgecolor="white", hatch="xxx")
    more = [tr("chart.not_drawn", lang, count=len(rest))] if len(rest) else []
    if (np.nan_to_num(times) > MOST).any():
        more.append(tr("chart.silence.cut", lang, most=round(MOST)))
    conclude(
        page,
        replace(source, table=ordered),
        legend=_legend(lang)[: 2 if silent.any() else 1],
        said=[words.say_rows(names, _told(shown, lang), lang)],
        more=more,
        counted="is_silent",
        height=rows.height,
        above=above,
        below=rows.below,
    )


def _blocks(shown: pd.DataFrame, times: np.ndarray, lang: str) -> list[Block]:
    one_place = NumberFormatter(lang)
    heading = tr("chart.silence.bars", lang)
    probability = [_likely(value, lang) for value in floats(shown["probability"])]
    return [
        Bars(heading, np.minimum(times, MOST), one_place, "", colour=STRIP),
        Column("", [_times(value, lang) for value in times], rank=2),
        Column(
            tr("chart.silence.now", lang),
            [written_time(value, lang) for value in floats(shown["silent_hours"])],
            rank=1,
        ),
        Column(
            tr("chart.silence.usual", lang), [written_time(value, lang) for value in _usual(shown)], rank=3
        ),
        Column(tr("chart.silence.chance", lang), probability, rank=4),
        Column("", _judged(shown, lang)),
    ]


def _usual(shown: pd.DataFrame) -> np.ndarray:
    """Divide the silence by the payments expected in it: the mean gap at these hours of the week."""
    hours, expected = floats(shown["silent_hours"]), floats(shown["expected_payments"])
    gaps = np.full(len(hours), np.nan)
    known = expected > 0
    gaps[known] = hours[known] / expected[known]
    return gaps


def _limit(ax: Axes, times: np.ndarray) -> None:
    """Draw the line beyond which a silence is no chance, and make room for it."""
    low, high = ax.get_xlim()
    longest = float(np.nanmax(times, initial=0.0)) or 1.0
    ax.set_xlim(low, high * max(1.0, LIMIT * 1.15 / longest))
    ax.axvline(LIMIT, color=INK, linewidth=1.0, linestyle=(0, (4, 2)), zorder=4)


def _legend(lang: str) -> list[tuple[Artist, str]]:
    line = Line2D([], [], color=INK, linewidth=1.0, linestyle=(0, (4, 2)))
    odd = Patch(facecolor=VERMILION, edgecolor="white", hatch="xxx", linewidth=0)
    return [(line, tr("chart.silence.limit", lang)), (odd, tr("chart.silence.odd", lang))]


def _judged(shown: pd.DataFrame, lang: str) -> list[str]:
    unknown = np.isnan(floats(shown["expected_payments"]))
    silent = shown["is_silent"].to_numpy(bool)
    keys = [
        "short" if one else "silent" if two else "usual_one" for one, two in zip(unknown, silent, strict=True)
    ]
    return [tr(f"chart.silence.{key}", lang) for key in keys]


def _told(shown: pd.DataFrame, lang: str) -> list[str]:
    now = [written_time(value, lang) for value in floats(shown["silent_hours"])]
    return [f"{one}, {two}" for one, two in zip(now, _judged(shown, lang), strict=True)]


def _times(value: float, lang: str) -> str:
    return NO_VALUE if math.isnan(value) else f"×{format_decimal(value, '#,##0.0', locale=lang)}"


def _likely(value: float, lang: str) -> str:
    if 0 <= value < 0.001:
        return f"<{percent(0.001, lang)}"
    return percent(value, lang)


def written_time(hours: float, lang: str) -> str:
    """Write a time in minutes, hours or days, whatever is read best."""
    if math.isnan(hours):
        return NO_VALUE
    unit, value = (
        ("minutes", hours * 60) if hours < 1 else ("hours", hours) if hours < 48 else ("days", hours / 24)
    )
    written = format_decimal(value, "#,##0" if unit == "minutes" or value >= 100 else "#,##0.0", locale=lang)
    return tr(f"chart.silence.{unit}", lang, value=written)
