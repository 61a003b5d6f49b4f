"""Cohorts: how many of those who first paid in a month pay again in the months after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from babel.dates import format_date
from matplotlib.axes import Axes

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import blank, conclude, nothing_in
from tegro_analytics.charts.drawing.heat import Cells, Heat
from tegro_analytics.charts.drawing.numerals import count, percent
from tegro_analytics.charts.drawing.rows import Column, room_for
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.timeline import open_patch
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.texts import language, tr

__all__ = ["cohorts"]

SUBJECT = Subject(
    chart="cohorts",
    metric="cohorts",
    reads=("cohort", "month", "cohort_size", "payers", "retention"),
    rows=("cohort", "month"),
    all_currencies=True,
)

ROW = 18.0
WIDEST = 46.0
USUAL = 0.9
"""The darkest cell is darker than so many others: one tiny cohort that stayed whole must not pale them."""


def cohorts(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw how many of those who first paid in a month paid again, one row a cohort, one cell a month.

    In each cell stands the share in percent, beside each cohort its size; cells that were not seen whole are
    hatched. The first month is all of them, and pale. Where there are more cohorts or months than can be
    read, the oldest cohorts and the latest months are left out and counted below.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.cohorts` returned, or orders in any frame that it takes: the whole
        history, for it says who paid for the first time.
    ax, lang
        As for :func:`tegro_analytics.charts.revenue`.
    currency
        Follow the payments of this currency alone; without it those of all currencies count together.
    **keywords
        With orders: what :func:`tegro_analytics.cohorts` takes.

    Returns
    -------
    matplotlib.axes.Axes
        Its rows are the cohorts, the oldest at the top.

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
    >>> result = pd.DataFrame({
    ...     "cohort": pd.to_datetime(["2026-03-01", "2026-03-01", "2026-04-01"]), "month": [0, 1, 0],
    ...     "cohort_size": [8, 8, 5], "payers": [8, 2, 5], "retention": [1.0, 0.25, 1.0],
    ...     "complete": [True, False, False], "left_edge": [True, True, False]})
    >>> ax = charts.cohorts(result, lang="en")
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['Mar 2026*', 'Apr 2026']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if nothing_in(source, "cohort_size"):
            blank(page, source, counted="cohort_size")
        else:
            _grid(page, source)
    return page.ax


@dataclass(frozen=True)
class _Triangle:
    """The cells by cohort and month; what was not seen is missing."""

    starts: list[pd.Timestamp]
    sizes: np.ndarray
    edge: np.ndarray
    retention: np.ndarray
    complete: np.ndarray

    def last(self, rows: int, months: int) -> _Triangle:
        """Keep the youngest cohorts and their first months."""
        retention, complete = (part[-rows:, :months] for part in (self.retention, self.complete))
        return _Triangle(self.starts[-rows:], self.sizes[-rows:], self.edge[-rows:], retention, complete)


def _triangle(table: pd.DataFrame) -> _Triangle:
    starts = sorted(pd.to_datetime(table["cohort"]).unique())
    rows = np.searchsorted(np.array(starts), pd.to_datetime(table["cohort"]))
    months = table["month"].to_numpy(int)
    shape = (len(starts), int(months.max()) + 1)
    retention, complete = np.full(shape, np.nan), np.ones(shape, bool)
    sizes, edge = np.zeros(len(starts)), np.zeros(len(starts), bool)
    retention[rows, months] = floats(table["retention"])
    complete[rows, months] = _flags(table, "complete", missing=True)
    sizes[rows] = floats(table["cohort_size"])
    edge[rows] = _flags(table, "left_edge", missing=False)
    return _Triangle([pd.Timestamp(start) for start in starts], sizes, edge, retention, complete)


def _flags(table: pd.DataFrame, name: str, *, missing: bool) -> np.ndarray:
    if name not in table.columns:
        return np.full(len(table), missing)
    return np.asarray(table[name].astype("boolean").fillna(missing).to_numpy(bool))


def _grid(page: Sheet, source: Source) -> None:
    lang = page.lang
    whole = _triangle(source.table)
    most = room_for(page)
    kept = whole.last(most, whole.retention.shape[1])
    marks = ["*" if edge else "" for edge in kept.edge]
    names = [_name(start, lang) + mark for start, mark in zip(kept.starts, marks, strict=True)]
    sizes = Column(tr("chart.cohorts.size", lang), [count(size, lang) for size in kept.sizes])
    heat = Heat(page, names, unnamed="", beside=sizes, tall=ROW)
    shown = kept.last(most, min(len(kept.starts), heat.room(["100"])))
    cells = Cells(_shades(shown.retention), _texts(shown, lang), ~shown.complete)
    months = [str(month) for month in range(shown.retention.shape[1])]
    above = heat.draw(months, cells, heading=tr("chart.cohorts.months", lang), widest=WIDEST)
    ends = source.table.drop_duplicates("cohort")
    conclude(
        page,
        replace(source, table=ends),
        legend=[] if shown.complete.all() else [(open_patch(), tr("chart.cohorts.open", lang))],
        more=_notes(whole, shown, lang),
        said=[words.say_rows(names, [_said(shown, row, lang) for row in range(len(names))], lang)],
        counted="cohort_size",
        height=heat.height,
        above=above,
        below=10.0,
        table=source.table,
    )


def _name(start: pd.Timestamp, lang: str) -> str:
    return str(format_date(start, "LLL y", locale=lang))


def _shades(retention: np.ndarray) -> np.ndarray:
    """Shade the months after the first, which is everybody; a share of nothing is white."""
    shades = retention.copy()
    shades[:, 0] = np.nan
    seen = shades[np.isfinite(shades) & (shades > 0)]
    return shades / float(np.quantile(seen, USUAL)) * 0.85 if len(seen) else shades


def _texts(shown: _Triangle, lang: str) -> np.ndarray:
    texts = np.full(shown.retention.shape, "", dtype=object)
    for (row, month), value in np.ndenumerate(shown.retention):
        if np.isfinite(value):
            texts[row, month] = "<1" if 0 < value < 0.005 else count(value * 100, lang)
        elif month < len(shown.starts) - row and not shown.sizes[row]:
            texts[row, month] = "–"
    return texts


def _notes(whole: _Triangle, shown: _Triangle, lang: str) -> list[str]:
    notes = [tr("chart.cohorts.edge", lang)] if shown.edge.any() else []
    older = len(whole.starts) - len(shown.starts)
    if older:
        notes.append(tr("chart.cohorts.older", lang, count=older))
    last = shown.retention.shape[1] - 1
    if np.isfinite(whole.retention[-len(shown.starts) :, last + 1 :]).any():
        notes.append(tr("chart.cohorts.later", lang, month=last))
    return notes


def _said(shown: _Triangle, row: int, lang: str) -> str:
    """Say the size of a cohort, and what was left of it at the last month that was seen whole."""
    size = tr("chart.cohorts.said_size", lang, count=count(shown.sizes[row], lang))
    known = np.flatnonzero(np.isfinite(shown.retention[row]) & shown.complete[row])
    if not len(known) or not known[-1]:
        return size
    share = percent(float(shown.retention[row, known[-1]]), lang)
    return f"{size}, {tr('chart.cohorts.said', lang, month=known[-1], share=share)}"
