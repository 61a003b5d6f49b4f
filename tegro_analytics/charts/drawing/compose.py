"""What all charts share: headings and notes, and the table and the words that stay with the Axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.artist import Artist

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.lettering import wrap
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.drawing.rows import room_for
from tegro_analytics.charts.drawing.sheet import Drawing, Sheet
from tegro_analytics.charts.drawing.style import INK, MUTED, SIZES, dress
from tegro_analytics.charts.drawing.surround import Heading
from tegro_analytics.charts.sources.source import Source, floats
from tegro_analytics.texts import tr

__all__ = ["PLOT", "Fold", "blank", "conclude", "fold", "largest", "nothing_in"]

PLOT = 235.0
"""Height in points of a plot over time."""


def nothing_in(source: Source, *columns: str) -> bool:
    """Say whether there is nothing to draw: no rows, or neither a value nor a count anywhere."""
    values = [floats(source.table[column]) for column in columns]
    return not any(np.any(np.nan_to_num(column) != 0) for column in values)


def conclude(
    page: Sheet,
    source: Source,
    *,
    said: Sequence[str],
    counted: str | int | None,
    height: float,
    periods: Periods | None = None,
    unit: str = "",
    legend: Sequence[tuple[Artist, str]] = (),
    more: Sequence[str] = (),
    above: float = 8.0,
    below: float = 36.0,
    table: pd.DataFrame | None = None,
) -> None:
    """Write what stands around the plot, and leave the table and the chart in words on the Axes."""
    lang = page.lang
    title = words.title(source, lang, freq=periods.freq if periods is not None else None)
    subtitle = words.subtitle(source, lang, periods=periods)
    notes = words.notes(source, lang, counted=counted, more=more)
    page.finish(Heading(title, subtitle, unit, legend, notes, above, below), height)
    alt = " ".join([f"{title}.", f"{subtitle}.", *said, *(f"{note}." for note in notes[:1])])
    data = source.table if table is None else table
    vars(page.ax)["tegro"] = Drawing(source.subject.metric, source.currency, lang, data, alt)


def blank(page: Sheet, source: Source, *, counted: str | int | None) -> None:
    """Draw a panel that says plainly that there is nothing to draw."""
    lang = page.lang
    height = 110.0
    page.plan(height)
    dress(page.ax, grid=None)
    page.ax.set(xticks=[], yticks=[], xlim=(0, 1), ylim=(0, 1), facecolor="#F5F7F8")
    room = page.size[0] - 16
    why = tr(f"chart.empty.{source.chart}", lang)
    for text, size, colour, up, side in (
        (tr("chart.no_data", lang), SIZES["title"], INK, 2, "bottom"),
        (why, SIZES["subtitle"], MUTED, -2, "top"),
    ):
        page.ax.annotate(
            wrap(text, room, size),
            xy=(0.5, 0.5),
            xycoords="axes fraction",
            xytext=(0, up),
            textcoords="offset points",
            ha="center",
            va=side,
            fontsize=size,
            color=colour,
        )
    conclude(
        page, source, said=[f"{tr('chart.no_data', lang)}. {why}"], counted=counted, height=height, below=10
    )


@dataclass(frozen=True)
class Fold:
    """Groups as rows: the largest, and where there are more than can be read the others as one row."""

    names: list[str]
    keys: list[object] | None
    columns: dict[str, np.ndarray]
    table: pd.DataFrame
    """All rows, the largest first; the last ones may be drawn as one."""
    others: int


def fold(
    page: Sheet,
    source: Source,
    *,
    by: Sequence[str],
    weight: str | np.ndarray,
    sums: Sequence[str],
    rates: Sequence[str] = (),
) -> Fold:
    """Order groups by ``weight`` and add the small ones up: ``sums`` can be added, ``rates`` cannot.

    ``weight`` is a column, or a number for each row of the table.
    """
    lang = page.lang
    weights = floats(source.table[weight]) if isinstance(weight, str) else weight
    shown, rest = largest(source.table, weights, room_for(page))
    names = words.group_names(shown, by, lang)
    keys = words.group_keys(shown, by)
    columns = {name: floats(shown[name]) for name in (*sums, *rates)}
    if len(rest):
        names.append(tr("chart.other", lang, count=len(rest)))
        keys = None if keys is None else [*keys, "–"]
        for name, values in columns.items():
            others = np.nansum(floats(rest[name])) if name in sums else np.nan
            columns[name] = np.append(values, others)
    table = pd.concat([shown, rest], ignore_index=True) if len(rest) else shown
    return Fold(names, keys, columns, table, len(rest))


def largest(table: pd.DataFrame, weights: np.ndarray, most: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part a table into the rows of most weight, in that order, and the rest; one alone is not left over."""
    order = np.argsort(-np.nan_to_num(weights, nan=-np.inf), kind="stable")
    ordered = table.iloc[order].reset_index(drop=True)
    if len(ordered) <= most:
        return ordered, ordered.iloc[:0]
    return ordered.iloc[: most - 1], ordered.iloc[most - 1 :]
