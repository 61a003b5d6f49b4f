"""Data quality: what is odd about the records, and how much of it there is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import blank, conclude, largest, nothing_in
from tegro_analytics.charts.drawing.numerals import NumberFormatter, count, percent
from tegro_analytics.charts.drawing.rows import Bars, Block, Column, Rows, room_for
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import VERMILION, tint
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.texts import catalogue, language, tr

__all__ = ["data_quality"]

SHARE, RECORDS = "flagged_share", "flagged_share_n"
SUBJECT = Subject(
    chart="data_quality",
    metric="data_quality",
    reads=("flag", "flagged", SHARE, RECORDS),
    weight="flagged",
    unit="",
    day="created_date",
    all_currencies=True,
    rows=("flag",),
)

PLACES = 2
"""A share of 0.03 % of the records is not none."""
EXAMPLES = 2


def data_quality(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw how many records carry each oddity, the most frequent first.

    Kinds that no record carries are counted below; where no record is odd at all, every kind is a row of 0. A
    record may carry several, so rows are not added up.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.data_quality` returned, or orders in any frame that it takes.
    ax, lang
        As for :func:`tegro_analytics.charts.revenue`.
    currency
        Judge the records of this currency alone.
    **keywords
        With orders: what :func:`tegro_analytics.data_quality` takes, without ``freq`` and ``by``.

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the counts.

    Raises
    ------
    DataError
        If ``data`` is the result of another metric, has no such currency, or several rows of the same kind.
    TypeError
        If a keyword is not known, or comes with a result.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics import charts
    >>> result = pd.DataFrame({
    ...     "flag": ["paid_twice", "zero_amount"], "flagged": [3, 0], "flagged_share": [0.03, 0.0],
    ...     "flagged_share_low": [0.010257, 0.0], "flagged_share_high": [0.084523, 0.036994],
    ...     "flagged_share_n": 100, "example_ids": ["4,8,9", None]})
    >>> ax = charts.data_quality(result, lang="en")
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['Paid twice']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if nothing_in(source, RECORDS):
            blank(page, source, counted=RECORDS)
        else:
            _rows(page, source)
    return page.ax


def _rows(page: Sheet, source: Source) -> None:
    lang = page.lang
    ordered, _ = largest(source.table, floats(source.table["flagged"]), len(source.table))
    there = floats(ordered["flagged"]) > 0
    shown = pd.DataFrame(ordered[there] if there.any() else ordered).iloc[: room_for(page)]
    names = [_name(str(flag), lang) for flag in shown["flag"]]
    rows = Rows(page, names, keys=None, unnamed=tr("chart.unnamed", lang))
    counts = [count(value, lang) for value in floats(shown["flagged"])]
    shares = [percent(value, lang, places=PLACES) for value in floats(shown[SHARE])]
    above = rows.draw(_blocks(shown, counts, shares, lang))
    conclude(
        page,
        replace(source, table=ordered.iloc[:1]),
        said=[
            words.say_rows(names, [f"{one}, {two}" for one, two in zip(counts, shares, strict=True)], lang)
        ],
        more=_notes(ordered, len(shown), lang),
        counted=RECORDS,
        height=rows.height,
        above=above,
        below=rows.below,
        table=ordered,
    )


def _blocks(shown: pd.DataFrame, counts: list[str], shares: list[str], lang: str) -> list[Block]:
    heading, formatter = tr("chart.data_quality.bars", lang), NumberFormatter(lang, whole=True)
    blocks: list[Block] = [
        Bars(heading, floats(shown["flagged"]), formatter, "", colour=tint(VERMILION, 0.7)),
        Column("", counts, rank=1),
        Column(tr("chart.data_quality.share", lang), shares, rank=2),
    ]
    if {f"{SHARE}_low", f"{SHARE}_high"} <= set(shown.columns):
        ends = zip(floats(shown[f"{SHARE}_low"]), floats(shown[f"{SHARE}_high"]), strict=True)
        between = [" – ".join(percent(end, lang, places=PLACES) for end in pair) for pair in ends]
        blocks.append(Column(tr("chart.conversion.range", lang), between, rank=3))
    if "example_ids" in shown.columns:
        examples = [_examples(value) for value in shown["example_ids"]]
        blocks.append(Column(tr("chart.data_quality.examples", lang), examples, rank=4))
    return blocks


def _name(flag: str, lang: str) -> str:
    """Say a flag in few words; one that the catalogue does not know keeps its own."""
    return tr(f"chart.flag.{flag}", lang) if f"chart.flag.{flag}" in catalogue() else flag


def _examples(value: object) -> str:
    if not isinstance(value, str) or not value:
        return "–"
    ids = [one.strip() for one in value.split(",")]
    return ", ".join(ids[:EXAMPLES]) + (", …" if len(ids) > EXAMPLES else "")


def _notes(ordered: pd.DataFrame, drawn: int, lang: str) -> list[str]:
    none = int(np.sum(floats(ordered["flagged"]) == 0))
    if none == len(ordered):
        return [tr("chart.data_quality.clean", lang)]
    notes = [tr("chart.data_quality.none", lang, count=none)] if none else []
    left = len(ordered) - none - drawn
    return [*notes, tr("chart.not_drawn", lang, count=left)] if left > 0 else notes
