"""Values over time: bars, lines with intervals, a strip of amounts below, hatches where a period is open."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import Formatter

from tegro_analytics.charts.drawing.numerals import NumberFormatter, Steps
from tegro_analytics.charts.drawing.periods import Periods, set_time_axis
from tegro_analytics.charts.drawing.sheet import Sheet
from tegro_analytics.charts.drawing.style import MUTED, dress, tint

__all__ = ["Timeline", "asides", "draw_bars", "line_sample", "open_patch", "total_of", "trailing_mean"]

MOST_BARS = 130
MOST_POINTS = 62
MOST_WHISKERS = 24
HATCH = "/////"
OPEN = "#C6CDD4"
STRIP_TITLE = 8.5


def open_patch() -> Patch:
    """Make the legend's sample of a period that is not complete."""
    return Patch(facecolor="white", edgecolor="#8A96A3", hatch=HATCH, linewidth=0)


def line_sample(colour: str, marker: str) -> Line2D:
    """Make the legend's sample of a line."""
    return Line2D([], [], color=colour, marker=marker, markersize=4.5, linewidth=1.8)


class Timeline:
    """An Axes with a time axis; with ``strip``, its lower part, at least ``share``, is for amounts."""

    def __init__(self, page: Sheet, periods: Periods, *, strip: bool, share: float = 0.2) -> None:
        self.page = page
        self.ax = page.ax
        self.periods = periods
        height = page.size[1]
        self.has_strip = strip and height > 110
        self.share = max(share, 26 / height) if self.has_strip else 0.0
        self.tall = height * (1 - self.share)
        self.floor = self.share + 26 / height if self.has_strip else 0.0
        dress(self.ax, grid="y")
        set_time_axis(self.ax, periods, page.lang)

    def value_axis(self, low: float, high: float, formatter: Formatter, *, rounded: bool = False) -> None:
        """Show the values from ``low`` to ``high``, or the next tick, above the strip."""
        most = max(2, min(6, int((self.tall - (26 if self.has_strip else 0)) / 30)))
        whole = isinstance(formatter, NumberFormatter) and formatter.whole
        top = max(high, Steps(low, high, most=most, whole=whole).top()) if rounded else high
        self.ax.set_ylim(top - (top - low) / (1 - self.floor), top)
        self.ax.yaxis.set_major_locator(Steps(low, top, most=most, whole=whole))
        self.ax.yaxis.set_major_formatter(formatter)

    def bars(
        self,
        values: np.ndarray,
        colour: str,
        *,
        wide: float = 0.78,
        bottom: np.ndarray | None = None,
        hatch: str | None = None,
    ) -> None:
        """Draw a bar for each period, hatched where the period is not complete."""
        draw_bars(self.ax, self.periods, values, colour, wide=wide, bottom=bottom, hatch=hatch)

    def line(
        self,
        values: np.ndarray,
        colour: str,
        *,
        marker: str = "o",
        thick: float = 1.8,
        calm: bool = False,
        aside: float = 0.0,
    ) -> None:
        """Draw a line; a missing value is a gap, and a lone point is still seen.

        ``calm`` says that the line is thick and plain however many points it has; ``aside`` moves it by a
        part of a period, so that lines of several groups do not hide each other.
        """
        x, y = self._points(values, aside)
        dense = len(self.periods) > MOST_POINTS
        self.ax.plot(x, y, color=colour, linewidth=thick if calm or not dense else min(thick, 1.2), zorder=3)
        marked = _lone(y) if dense else np.isfinite(y)
        style: dict[str, Any] = {"color": colour, "markersize": 4.5, "linestyle": "none"}
        self.ax.plot(x[marked], y[marked], marker, zorder=4, **style)
        _, complete = self.periods.with_gaps(self.periods.complete.astype(float))
        still_open = (complete == 0) & marked
        if still_open.any():
            self.ax.plot(x[still_open], y[still_open], marker, markerfacecolor="white", zorder=5, **style)

    def interval(
        self,
        values: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        colour: str,
        *,
        alone: bool,
        aside: float = 0.0,
    ) -> None:
        """Draw the interval of each value: whiskers, or a band where those would stand too close."""
        x, y = self._points(values, aside)
        _, lower = self.periods.with_gaps(low)
        _, upper = self.periods.with_gaps(high)
        whiskers = np.isfinite(y) & np.isfinite(lower) & np.isfinite(upper)
        if self.banded(alone=alone):
            self.ax.fill_between(x, lower, upper, color=colour, alpha=0.16, linewidth=0, zorder=2)
            whiskers &= _lone(y)
        arms = np.vstack([y - lower, upper - y])[:, whiskers].clip(min=0)
        if whiskers.any():
            self.ax.errorbar(
                x[whiskers],
                y[whiskers],
                arms,
                fmt="none",
                ecolor=tint(colour, 0.5),
                elinewidth=1.6,
                zorder=2,
            )

    def banded(self, *, alone: bool) -> bool:
        """Say whether intervals are bands: those of several groups would cover each other sooner."""
        return len(self.periods) > (MOST_WHISKERS if alone else MOST_POINTS)

    def _points(self, values: np.ndarray, aside: float) -> tuple[np.ndarray, np.ndarray]:
        x, y = self.periods.with_gaps(values)
        return x + aside * self._length, y

    def place(self, aside: float) -> np.ndarray:
        """Give the places of the periods, moved aside by a part of their length."""
        return np.asarray(self.periods.centre + aside * self._length)

    @property
    def _length(self) -> float:
        return float(np.median(self.periods.right - self.periods.left))

    def shade_open(self, ax: Axes | None = None) -> None:
        """Hatch the stretches of time that are not complete, behind lines."""
        panel = ax if ax is not None else self.ax
        low, high = self.ax.get_xlim()
        least = (high - low) * 0.004
        for left, right in self.periods.open_spans():
            start = min(left, right - least)
            bottom = self.floor if panel is self.ax else 0
            panel.axvspan(
                start,
                right,
                ymin=bottom,
                facecolor="none",
                edgecolor=OPEN,
                hatch=HATCH,
                linewidth=0,
                zorder=0.6,
            )

    def strip(self, values: np.ndarray, title: str, colour: str, formatter: NumberFormatter) -> Axes | None:
        """Draw amounts as bars in the strip below."""
        if not self.has_strip:
            return None
        panel = self._below(title)
        draw_bars(panel, self.periods, values, colour, wide=0.78)
        low, high = float(np.nanmin(values, initial=0.0)), float(np.nanmax(values, initial=0.0))
        steps = Steps(low, high if high > low else low + 1.0, most=2, whole=formatter.whole)
        steps.high = steps.top()
        panel.set_ylim(low, steps.high)
        panel.yaxis.set_major_locator(steps)
        panel.yaxis.set_major_formatter(formatter)
        if len(self.periods) > MOST_BARS:
            self.shade_open(panel)
        return panel

    def below(self, title: str) -> Timeline | None:
        """Give the strip as a timeline of its own, for lines."""
        if not self.has_strip:
            return None
        inner = copy(self)
        inner.ax = self._below(title)
        inner.tall = self.page.size[1] * self.share
        inner.has_strip, inner.share, inner.floor = False, 0.0, 0.0
        return inner

    def _below(self, title: str) -> Axes:
        panel = self.ax.inset_axes((0, 0, 1, self.share), sharex=self.ax)
        dress(panel, grid="y", shared=True)
        panel.tick_params(axis="x", which="both", labelbottom=False)
        panel.set_title(title, loc="left", fontsize=STRIP_TITLE, color=MUTED, pad=4)
        return panel


def draw_bars(
    ax: Axes,
    periods: Periods,
    values: np.ndarray,
    colour: str,
    *,
    wide: float,
    bottom: np.ndarray | None = None,
    hatch: str | None = None,
) -> None:
    """Draw bars, or one filled step line where bars would be hairs."""
    if len(periods) > MOST_BARS:
        edges, heights, base = _steps(periods, values, bottom)
        ax.stairs(heights, edges, baseline=base, fill=True, color=colour, linewidth=0, zorder=1.5)
        return
    lengths = periods.right - periods.left
    bars = ax.bar(periods.centre, values, lengths * wide, bottom=bottom, color=colour, linewidth=0, zorder=2)
    for bar, complete in zip(bars, periods.complete, strict=True):
        if not complete:
            bar.set(facecolor=tint(colour, 0.2), edgecolor=hatch or colour, hatch=HATCH, linewidth=0)


def _steps(
    periods: Periods, values: np.ndarray, bottom: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make edges and heights of a step line; where a period is missing there is a step without height."""
    base = np.zeros(len(values)) if bottom is None else bottom
    edges = np.append(periods.left, periods.right[-1])
    breaks = periods.breaks
    edges = np.insert(edges, breaks, periods.right[breaks - 1])
    return edges, np.insert(values + base, breaks, np.nan), np.insert(base, breaks, 0.0)


def _lone(values: np.ndarray) -> np.ndarray:
    """Find the values that have no neighbour: a line does not show them."""
    there = np.isfinite(values)
    padded = np.concatenate([[False], there, [False]])
    return np.asarray(there & ~padded[:-2] & ~padded[2:])


def total_of(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Add series period by period, nothing where none has a value."""
    stacked = np.vstack(parts)
    return np.where(np.isfinite(stacked).any(axis=0), np.nansum(stacked, axis=0), np.nan)


def trailing_mean(periods: Periods, values: np.ndarray, window: int) -> np.ndarray:
    """Average each value with those before it; nothing where one of them is missing or not complete."""
    known = np.where(periods.complete, values, np.nan)
    result = np.full(len(values), np.nan)
    if len(values) < window:
        return result
    result[window - 1 :] = np.lib.stride_tricks.sliding_window_view(known, window).mean(axis=1)
    for at in periods.breaks:
        result[at : at + window - 1] = np.nan
    return result


def asides(count: int) -> list[float]:
    """Place several groups side by side within a period, as parts of its length.

    Examples
    --------
    >>> asides(1), asides(3)
    ([0.0], [-0.2, 0.0, 0.2])
    """
    step = min(0.2, 0.6 / count)
    return [round((at - (count - 1) / 2) * step, 6) for at in range(count)]
