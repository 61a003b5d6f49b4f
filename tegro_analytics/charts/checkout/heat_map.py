"""When orders are paid and when they are not: conversion by weekday and hour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import blank, conclude, nothing_in
from tegro_analytics.charts.drawing.heat import DARK
from tegro_analytics.charts.drawing.lettering import width, wrap
from tegro_analytics.charts.drawing.numerals import NumberFormatter, Steps, count, percent
from tegro_analytics.charts.drawing.rows import GAP, HEAD, ROW
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, INK, MUTED, SIZES, STRIP, dress, tint
from tegro_analytics.charts.drawing.surround import LINE
from tegro_analytics.charts.drawing.timeline import HATCH, OPEN
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.texts import language, tr

__all__ = ["heat_map"]

RATE, N = "conversion_24h", "mature"

SUBJECT = Subject(
    chart="heat_map",
    metric="conversion",
    reads=("weekday", "hour", N, RATE),
    unit="",
    day="created_date",
    all_currencies=True,
    rows=("weekday", "hour"),
    options={"by": ["weekday", "hour"]},
)

DAYS, HOURS = 7, 24
FEW = 20
"""A rate of fewer orders has an interval of some forty points: its cell is hatched."""
STRIP_TALL = 46.0
BAR = 10.0
LETTERS = (8.0, 7.5, 7.0, 6.5)


def heat_map(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw the share of orders paid within 24 hours by weekday and hour of their creation.

    The darker a cell, the more were paid; the number in it is the share in percent. Cells of fewer than 20
    orders are hatched and pale. Below stands how many orders each hour has, to the right those of each
    weekday.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.conversion` returned for ``by=["weekday", "hour"]``, or orders in any
        frame that it takes.
    ax, lang, currency
        As for :func:`tegro_analytics.charts.conversion`.
    **keywords
        With orders: what :func:`tegro_analytics.conversion` takes, without ``by`` and ``freq``.

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the cells; the scale of colours and the counts below are its children.

    Raises
    ------
    DataError
        If ``data`` is another result, or has no such currency.
    TypeError
        If a keyword is not known, or comes with a result.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics import charts
    >>> result = pd.DataFrame({
    ...     "weekday": [1, 1, 2], "hour": [9, 10, 9], "mature": [40, 50, 5],
    ...     "conversion_24h": [0.5, 0.7, 0.8]})
    >>> ax = charts.heat_map(result, lang="en")
    >>> sorted(text.get_text() for text in ax.texts if text.get_text() in ("50", "70", "80"))
    ['50', '70', '80']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    for name in ("by", "freq"):
        if keywords.get(name) is not None:
            raise TypeError(
                f"charts.heat_map is always by weekday and hour: leave {name}= out, or draw "
                "charts.conversion, which takes it."
            )
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if nothing_in(source, N):
            blank(page, source, counted=N)
        else:
            _draw(page, source)
    return page.ax


@dataclass(frozen=True)
class Week:
    """The cells of a week, a row for each day from Monday: the rates (missing is NaN) and the orders."""

    rates: np.ndarray
    orders: np.ndarray

    @classmethod
    def of(cls, table: pd.DataFrame) -> Week:
        """Put the rows of a table into their cells."""
        rates, orders = np.full((DAYS, HOURS), np.nan), np.zeros((DAYS, HOURS))
        day, hour = (floats(table[name]).astype(int) for name in ("weekday", "hour"))
        rates[day - 1, hour], orders[day - 1, hour] = floats(table[RATE]), np.nan_to_num(floats(table[N]))
        return cls(rates, orders)

    @property
    def few(self) -> np.ndarray:
        """Which cells have orders, but few."""
        return np.asarray((self.orders > 0) & (self.orders < FEW))

    @cached_property
    def scale(self) -> Normalize:
        """The ends of the scale of colours, never less than 20 points apart: noise must look like noise."""
        sure = self.rates[(self.orders >= FEW) & np.isfinite(self.rates)]
        seen = sure if len(sure) else self.rates[np.isfinite(self.rates)]
        low, high = float(np.min(seen, initial=1.0)), float(np.max(seen, initial=0.0))
        air = max(0.0, (0.2 - (high - low)) / 2)
        low, high = max(0.0, low - air), min(1.0, high + air)
        return Normalize(np.floor(low * 20) / 20, np.ceil(high * 20) / 20, clip=True)


def _draw(page: Sheet, source: Source) -> None:
    lang = page.lang
    week = Week.of(source.table)
    page.plan(DAYS * ROW + STRIP_TALL + 24)
    ax = page.ax
    dress(ax, grid=None)
    days = words.group_names(pd.DataFrame({"weekday": range(1, DAYS + 1)}), ("weekday",), lang)
    page.beside = max(width(day, SIZES["tick"]) for day in days) + 5
    total, tall = page.size
    share = STRIP_TALL / tall if tall > 150 else 0.0
    floor = share + 24 / tall if share else 0.0
    counts = [count(value, lang) for value in week.orders.sum(axis=1)]
    heading = tr("chart.heat_map.orders", lang)
    column = max(*(width(text, SIZES["tick"]) for text in counts), width(heading, HEAD))
    ticks = width(percent(1.0, lang, places=0), SIZES["tick"]) + 6
    cells = total - column - 2 * GAP - BAR - ticks
    ax.set_xlim(0, HOURS * total / cells)
    ax.set_ylim(DAYS / (1 - floor), 0)
    ax.set_yticks(np.arange(DAYS) + 0.5, labels=days)
    ax.tick_params(axis="y", labelcolor=INK)
    _hours(ax, cells / HOURS)
    _cells(ax, week, cells / HOURS)
    _column(page, counts, heading, (cells + GAP + column) / total)
    head = wrap(tr("chart.heat_map.unit", lang), cells + GAP - 4, HEAD)
    page.write(head, 0, 8, size=HEAD)
    _scale(ax, week, (total - ticks - BAR) / total, BAR / total, floor, lang)
    if share:
        _strip(ax, week, cells / total, share, lang)
    conclude(
        page,
        source,
        legend=_legend(week, lang),
        said=[_said(week, days, lang)],
        counted=N,
        height=page.height,
        above=16 + (head.count("\n") + 1) * HEAD * LINE,
        below=24.0,
    )


def _hours(ax: Axes, step: float) -> None:
    """Name as many hours under their cells as there is room for."""
    room = width("00", SIZES["tick"]) + 6
    every = next(every for every in (1, 2, 3, 6, 12) if every * step >= room or every == 12)
    hours = range(0, HOURS, every)
    ax.set_xticks([hour + 0.5 for hour in hours], labels=[f"{hour:02d}" for hour in hours])


def _colours() -> LinearSegmentedColormap:
    return LinearSegmentedColormap.from_list("tegro", [tint(BLUE, 0.06), BLUE])


def _cells(ax: Axes, week: Week, step: float) -> None:
    """Draw the cells, hatch those of few orders, and write the numbers where they fit."""
    colours = _colours()
    faces = colours(week.scale(np.nan_to_num(week.rates)))
    faces[week.few, :3] = 1 - (1 - faces[week.few, :3]) * 0.35
    faces[np.isnan(week.rates)] = 1.0
    edges = np.arange(HOURS + 1), np.arange(DAYS + 1)
    ax.pcolormesh(*edges, faces, edgecolor="white", linewidth=1.2, zorder=1)
    for day, hour in np.argwhere(week.few & np.isfinite(week.rates)):
        ax.add_patch(
            Rectangle((hour, day), 1, 1, fill=False, edgecolor=OPEN, hatch=HATCH, linewidth=0, zorder=1.2)
        )
    there = np.argwhere(np.isfinite(week.rates))
    texts = [str(round(float(week.rates[day, hour]) * 100)) for day, hour in there]
    size = next((size for size in LETTERS if max(width(text, size) for text in texts) + 2 <= step), None)
    if size is None:
        return
    for (day, hour), told in zip(there, texts, strict=True):
        few = bool(week.few[day, hour])
        dark = not few and float(week.scale(week.rates[day, hour])) > DARK
        text = ax.text(
            hour + 0.5,
            day + 0.5,
            told,
            ha="center",
            va="center_baseline",
            fontsize=size,
            color="white" if dark else MUTED if few else INK,
            path_effects=[withStroke(linewidth=2.0, foreground=faces[day, hour])] if few else None,
        )
        text.set_in_layout(False)


def _column(page: Sheet, texts: list[str], heading: str, right: float) -> None:
    """Write beside each day how many orders it has."""
    for row, text in enumerate(texts):
        written = page.ax.text(
            right,
            row + 0.5,
            text,
            transform=page.ax.get_yaxis_transform(),
            ha="right",
            va="center_baseline",
            fontsize=SIZES["tick"],
            color=INK,
        )
        written.set_in_layout(False)
    page.write(heading, right, 8, size=HEAD, side="right")


def _scale(ax: Axes, week: Week, left: float, wide: float, floor: float, lang: str) -> None:
    """Draw the scale of colours to the right of the cells."""
    panel = ax.inset_axes((left, floor, wide, 1 - floor))
    dress(panel, grid=None)
    low, high = week.scale.vmin or 0.0, week.scale.vmax or 1.0
    steps = np.linspace(low, high, 65)
    panel.pcolormesh(
        [0, 1], steps, (steps[:-1, None] + steps[1:, None]) / 2, cmap=_colours(), rasterized=True
    )
    panel.set(xticks=[], xlim=(0, 1), ylim=(low, high))
    panel.tick_params(axis="y", labelleft=False, labelright=True)
    panel.yaxis.set_major_locator(Steps(low, high, most=4))
    panel.yaxis.set_major_formatter(NumberFormatter(lang, percent=True))


def _strip(ax: Axes, week: Week, wide: float, share: float, lang: str) -> None:
    """Draw how many orders each hour has."""
    panel = ax.inset_axes((0, 0, wide, share))
    dress(panel, grid="y")
    orders = week.orders.sum(axis=0)
    panel.bar(np.arange(HOURS) + 0.5, orders, 0.78, color=STRIP, linewidth=0, zorder=2)
    steps = Steps(0.0, float(orders.max(initial=1.0)), most=2, whole=True)
    steps.high = steps.top()
    panel.set(xlim=(0, HOURS), ylim=(0, steps.high), xticks=[])
    panel.yaxis.set_major_locator(steps)
    panel.yaxis.set_major_formatter(NumberFormatter(lang, whole=True))
    panel.set_title(tr("chart.heat_map.orders", lang), loc="left", fontsize=HEAD, color=MUTED, pad=4)


def _legend(week: Week, lang: str) -> list[tuple[Artist, str]]:
    if not week.few.any():
        return []
    sample = Patch(facecolor=tint(BLUE, 0.2), edgecolor="#8A96A3", hatch=HATCH, linewidth=0)
    return [(sample, tr("chart.heat_map.few", lang, count=FEW))]


def _said(week: Week, days: list[str], lang: str) -> str:
    """Put the best and the worst hour of the week into words."""
    sure = np.where(week.orders >= FEW, week.rates, np.nan)
    if np.isnan(sure).all():
        return tr("chart.heat_map.unsaid", lang, count=FEW)
    best, worst = (np.unravel_index(find(sure), sure.shape) for find in (np.nanargmax, np.nanargmin))
    return tr(
        "chart.heat_map.said",
        lang,
        count=FEW,
        high=percent(float(sure[best]), lang),
        high_when=f"{days[best[0]]} {best[1]:02d}:00",
        low=percent(float(sure[worst]), lang),
        low_when=f"{days[worst[0]]} {worst[1]:02d}:00",
    )
