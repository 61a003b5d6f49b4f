"""Anomalies: the number of payments, what was expected, and the periods that are unlike it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from babel.dates import format_date
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import PLOT, blank, conclude
from tegro_analytics.charts.drawing.lettering import width
from tegro_analytics.charts.drawing.numerals import NumberFormatter, count
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, INK, MUTED, STRIP, VERMILION, tint
from tegro_analytics.charts.drawing.timeline import Timeline
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.charts.watching.band import band
from tegro_analytics.texts import language, tr

__all__ = ["anomalies"]

SUBJECT = Subject(
    chart="anomalies",
    metric="anomalies",
    reads=("payments", "expected", "score", "method", "is_anomaly"),
    rows=("period_start",),
)

LETTERS = 8.5
TALL = 12.0
LANES = 3
MOST_TOLD = 12


def anomalies(
    data: Any,
    *,
    threshold: float = 3.5,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw payments over time in the band of what was to be expected; what is unlike it is marked.

    A triangle points up where there were more payments than expected, down where there were fewer; the most
    unlike of them tell their date and number.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.anomalies` returned, or orders in any frame that it takes.
    threshold
        As for :func:`tegro_analytics.anomalies`; a result that was asked for with another one than 3.5 has to
        be told again, for its band.
    ax, lang, currency
        As for :func:`tegro_analytics.charts.revenue`.
    **keywords
        With orders: what :func:`tegro_analytics.anomalies` takes.

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the payments.

    Raises
    ------
    DataError
        If ``data`` is the result of another metric, has no such currency, or holds several groups.
    TypeError
        If a keyword is not known, or comes with a result.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics import charts
    >>> day = pd.date_range("2026-10-01", periods=2)
    >>> result = pd.DataFrame({
    ...     "currency": "RUB", "period_start": day, "period_end": day + pd.Timedelta(days=1),
    ...     "complete": True, "payments": [11, 40], "expected": 10.0, "score": [0.6745, 20.235],
    ...     "method": "robust_z", "is_anomaly": [False, True]})
    >>> ax = charts.anomalies(result, lang="en")
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['Payments', 'Expected, and how far chance goes', 'Unlike before: 1']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    reads = set(SUBJECT.reads)
    given = isinstance(data, pd.DataFrame) and reads <= set(data.columns)
    asked = keywords if given else {**keywords, "threshold": threshold}
    source = resolve(SUBJECT, data, currency=currency, keywords=asked)
    source = replace(source, table=source.table.sort_values("period_start").reset_index(drop=True))
    with sheet(ax, chosen) as page:
        if len(source.table):
            _draw(page, source, threshold)
        else:
            blank(page, source, counted="payments")
    return page.ax


def _draw(page: Sheet, source: Source, threshold: float) -> None:
    lang, table = page.lang, source.table
    page.plan(PLOT)
    periods = Periods.of(table)
    payments, expected = floats(table["payments"]), floats(table["expected"])
    low, high = band(table, threshold)
    unlike = table["is_anomaly"].to_numpy(bool)
    line = Timeline(page, periods, strip=False)
    highest = float(np.nanmax(np.concatenate([payments, high, [1.0]])))
    lanes = min(LANES, int(unlike.sum())) * TALL + 8 if unlike.any() else 0.0
    line.value_axis(0.0, highest / max(0.4, 1 - lanes / line.tall), NumberFormatter(lang, whole=True))
    x, lower = periods.with_gaps(low)
    _, upper = periods.with_gaps(high)
    line.ax.fill_between(x, lower, upper, color=STRIP, alpha=0.28, linewidth=0, zorder=1.2)
    line.ax.plot(*periods.with_gaps(expected), color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1.8)
    line.line(payments, BLUE, marker="None")
    _mark(line, payments, expected, unlike)
    more = _tell(line, payments, expected, unlike)
    write = partial(count, lang=lang)
    found = [_named(periods, int(at), payments[at], lang) for at in np.flatnonzero(unlike)]
    told = f"{tr('chart.anomalies.marks', lang, count=count(len(found), lang))}"
    conclude(
        page,
        source,
        periods=periods,
        unit=tr("chart.anomalies.unit", lang),
        legend=_legend(told, lang),
        more=more,
        said=[
            words.say_series(tr("chart.anomalies.line", lang), payments, periods, write, lang),
            f"{told}{': ' if found else ''}{'; '.join(found)}.",
        ],
        counted="payments",
        height=PLOT,
    )


def _legend(told: str, lang: str) -> list[tuple[Artist, str]]:
    mark = Line2D([], [], color=VERMILION, marker="^", markersize=7, linestyle="none")
    return [
        (Line2D([], [], color=BLUE, linewidth=1.8), tr("chart.anomalies.line", lang)),
        (Patch(color=tint(STRIP, 0.4)), tr("chart.anomalies.band", lang)),
        (mark, told),
    ]


def _mark(line: Timeline, payments: np.ndarray, expected: np.ndarray, unlike: np.ndarray) -> None:
    for marker, there in (("^", unlike & (payments > expected)), ("v", unlike & (payments <= expected))):
        if not there.any():
            continue
        line.ax.plot(
            line.periods.centre[there],
            payments[there],
            marker,
            color=VERMILION,
            markersize=7,
            markeredgecolor="white",
            markeredgewidth=0.6,
            linestyle="none",
            zorder=5,
            clip_on=False,
        )


def _named(periods: Periods, at: int, value: float, lang: str) -> str:
    """Name a period by its first day, and write its number."""
    start = periods.starts[at]
    date = str(format_date(start, "d MMM" if lang == "ru" else "MMM d", locale=lang))
    hour = f" {start:%H:%M}" if periods.freq == "hour" else ""
    return f"{date}{hour}: {count(value, lang)}"


def _tell(line: Timeline, payments: np.ndarray, expected: np.ndarray, unlike: np.ndarray) -> list[str]:
    """Write date and number over the most unlike periods, where there is room; the others are counted."""
    lang, told = line.page.lang, 0
    rows = np.flatnonzero(unlike)
    far = np.abs(payments - expected) / np.sqrt(np.maximum(expected, 1.0))
    rows = rows[np.argsort(-far[rows], kind="stable")]
    taken: list[Box] = []
    for at in rows[:MOST_TOLD]:
        text = _named(line.periods, int(at), payments[at], lang)
        boxes = _place(line, (float(line.periods.centre[at]), payments[at]), text, taken)
        if boxes:
            taken += boxes
            told += 1
            _write(line, text, *boxes)
    left = len(rows) - told
    return [tr("chart.anomalies.untold", lang, count=count(left, lang))] if left else []


Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in points from the lower left of the plot."""


def _place(line: Timeline, point: tuple[float, float], text: str, taken: Sequence[Box]) -> list[Box]:
    """Find room for a label over its point, in one of the lanes at the top, and for the hair down to it."""
    wide, (across, down) = width(text, LETTERS) + 2, (line.page.size[0], line.tall)
    x, y = line.ax.transLimits.transform(point) * (across, down)
    left = float(np.clip(x - wide / 2, 1, max(1.0, across - wide - 1)))
    for lane in range(1, LANES + 1):
        label = left - 2, down - lane * TALL, left + wide + 2, down - (lane - 1) * TALL
        hair = float(x) - 0.5, float(y) + 5, float(x) + 0.5, label[1]
        if not any(_touch(mine, other) for mine in (label, hair) for other in taken):
            return [label, hair]
    return []


def _touch(one: Box, two: Box) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


def _write(line: Timeline, text: str, label: Box, hair: Box) -> None:
    """Write a label where there is room for it, and draw the hair that leads down from it."""
    across, down = line.page.size[0], line.tall
    back = line.ax.transLimits.inverted()
    x, y = back.transform(((label[0] + 2) / across, (label[1] + label[3]) / 2 / down))
    ends = [back.transform((0.0, end / down))[1] for end in (hair[1], hair[3])]
    middle = back.transform(((hair[0] + hair[2]) / 2 / across, 0.0))[0]
    line.ax.plot([middle, middle], ends, color=MUTED, linewidth=0.6, zorder=1.9)
    line.ax.text(x, y, text, fontsize=LETTERS, color=INK, ha="left", va="center", zorder=6).set_in_layout(
        False
    )  # it lies within the plot
