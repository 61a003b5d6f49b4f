"""One row for each group: bars, pieces or points in panels, and columns of text in line with them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox, TransformedBbox

from tegro_analytics.charts.drawing.lettering import labels, width, wrap
from tegro_analytics.charts.drawing.numerals import NumberFormatter, Steps
from tegro_analytics.charts.drawing.pieces import Pieces, Spots, draw_pieces, draw_spots, piece_limits
from tegro_analytics.charts.drawing.sheet import Sheet
from tegro_analytics.charts.drawing.style import BLUE, GRID, INK, MUTED, SIZES, dress, tint
from tegro_analytics.charts.drawing.surround import LINE, settle

__all__ = ["BEFORE", "Bars", "Block", "Column", "Dots", "Rows", "room_for"]

ROW = 22.0
LEAST_ROW = 13.0
MOST_ROWS = 40
LEAST_PANEL = 70.0
GAP = 16.0
HEAD = 8.5
APART = 6.0
BEFORE: dict[str, Any] = {
    "marker": "s",
    "markersize": 5.0,
    "markerfacecolor": "white",
    "markeredgecolor": MUTED,
    "linestyle": "none",
}
"""The points of what was before."""


@dataclass(frozen=True)
class Column:
    """A column of text; where room is short, the one with the highest ``rank`` goes first."""

    heading: str
    texts: Sequence[str]
    rank: int = 0

    @property
    def wide(self) -> float:
        """Points that the column needs."""
        return max(width(text, SIZES["tick"]) for text in (*self.texts, self.heading)) + 2


@dataclass(frozen=True)
class Bars:
    """A panel of bars from zero; ``inner`` is drawn darker on top of them."""

    heading: str
    values: np.ndarray
    formatter: NumberFormatter
    unit: str
    """Added to the heading where the panel has an axis of its own."""
    inner: np.ndarray | None = None
    spread: tuple[np.ndarray, np.ndarray] | None = None
    """Low and high ends of the interval of each value."""
    colour: str = BLUE


@dataclass(frozen=True)
class Dots:
    """A panel of points with their intervals."""

    heading: str
    values: np.ndarray
    low: np.ndarray
    high: np.ndarray
    formatter: NumberFormatter
    colour: str = BLUE
    before: np.ndarray | None = None
    """What each value was before: a hollow point, joined to the one of now."""


Panel = Bars | Dots | Pieces | Spots


class _RoomySteps(Steps):
    """Place as many round ticks as have room for their labels in the width that the panel has by now."""

    def __init__(self, low: float, high: float, formatter: NumberFormatter) -> None:
        super().__init__(low, high)
        self.formatter = formatter

    def __call__(self) -> list[float]:
        panel = cast("Axes", self.axis.axes)  # type: ignore[union-attr]
        left, right = panel.get_xlim()
        points = panel.bbox.width / cast("Figure", panel.get_figure(root=True)).dpi * 72 / (right - left)
        ticks: list[float] = []
        for most in range(max(2, int((self.high - self.low) * points / 50)), 0, -1):
            self.set_params(nbins=most)
            ticks = super().__call__()
            if self._fit(ticks, points):
                return ticks
        return ticks[:1]

    def _fit(self, ticks: Sequence[float], points: float) -> bool:
        halves = [width(text, SIZES["tick"]) / 2 for text in self.formatter.format_ticks(ticks)]
        apart = [(after - before) * points for before, after in itertools.pairwise(ticks)]
        needed = [one + two + APART for one, two in itertools.pairwise(halves)]
        return all(room >= need for room, need in zip(apart, needed, strict=True))


Block = Column | Panel


@dataclass(frozen=True, eq=False)
class _Part:
    """A block as it was drawn."""

    block: Block
    texts: Sequence[Text] = ()
    panel: Axes | None = None
    ticks: bool = False
    """Whether the panel has an axis of its own."""

    def show(self, *, visible: bool) -> None:
        """Show a column of text, or leave it out."""
        for text in self.texts:
            text.set_visible(visible)

    def place(self, ax: Axes, left: float, wide: float, total: float) -> None:
        """Set the block at so many points from the left of an Axes that is ``total`` points wide."""
        for text in self.texts:
            text.set_x((left + wide) / total)
        if self.panel is ax and not isinstance(self.block, Column):  # its panel is the first part of it
            low, high = _limits(self.block)
            ax.set_xlim(low, low + (high - low) * total / wide)
        elif self.panel is not None:
            self.panel.set_axes_locator(_Inset(ax, left / total, wide / total))  # type: ignore[arg-type]


@dataclass(frozen=True)
class _Inset:
    """The place of a panel within an Axes, as parts of its width."""

    ax: Axes
    left: float
    wide: float

    def __call__(self, panel: Axes, renderer: RendererBase | None) -> Bbox:  # noqa: ARG002
        """Give the place in parts of the figure."""
        figure = cast("Figure", panel.get_figure(root=False))
        box = Bbox.from_bounds(self.left, 0, self.wide, 1)
        return cast("Bbox", TransformedBbox(box, self.ax.transAxes - figure.transSubfigure))


def room_for(page: Sheet) -> int:
    """Count the rows that can be read: in a figure of our own it grows with them, up to a limit."""
    return MOST_ROWS if page.own else max(3, min(MOST_ROWS, int(page.size[1] / LEAST_ROW)))


class Rows:
    """An Axes with one row for each group, the first at the top."""

    def __init__(
        self, page: Sheet, names: Sequence[str], *, keys: Sequence[object] | None, unnamed: str
    ) -> None:
        self.page = page
        self.ax = page.ax
        self.count = len(names)
        self.height = max(2, self.count) * ROW
        self.below = 10.0
        self.parts: list[_Part] = []
        self.heads: list[Text] = []
        self.placed: tuple[float, float] | None = None
        page.plan(self.height)
        dress(self.ax, grid=None)
        room = page.size[0] * (0.34 if page.own else 0.4)
        self.labels = labels(names, room=room, size=SIZES["tick"], keys=keys, unnamed=unnamed)
        self.ax.set_ylim(
            max(self.count, 2) - 0.5 if self.count > 1 else 1.0, -0.5 if self.count > 1 else -1.0
        )
        # The first tick of an Axes that somebody else made is older than the look: it would read mathematics.
        self.ax.set_yticks(range(self.count), labels=self.labels, parse_math=False)
        self.ax.tick_params(axis="y", labelcolor=INK)
        self.ax.tick_params(axis="x", labelbottom=False)
        page.beside = max((width(label, SIZES["tick"]) for label in self.labels), default=0.0) + 5
        if not page.own:
            settle(page.figure)

    def draw(self, blocks: Sequence[Block]) -> float:
        """Draw the blocks from left to right; gives the points that their headings take above the plot."""
        kept = self._kept(blocks)
        for block in kept:
            if isinstance(block, Column):
                self.parts.append(_Part(block, texts=self._column(block)))
                continue
            ticks = not self._told(block, kept)
            self.below = 26.0 if ticks else self.below
            panel = self._panel(block, first=not self.parts, ticks=ticks)
            self.parts.append(_Part(block, panel=panel, ticks=ticks))
        self._rules()
        vars(self.ax)["_tegro_again"] = self.place
        return self.place()

    def place(self) -> float:
        """Set the blocks side by side in the width that is left by now; gives the points of the headings.

        Charts beside this one, drawn later, may have taken some of the width.
        """
        total = self.page.size[0]
        if self.placed is not None and abs(self.placed[0] - total) < 0.1:
            return self.placed[1]
        kept = self._kept([part.block for part in self.parts])
        shown = [part for part in self.parts if any(part.block is block for block in kept)]
        text = sum(part.block.wide for part in shown if isinstance(part.block, Column))
        panels = sum(part.panel is not None for part in shown)
        panel = max(20.0, (total - text - GAP * (len(shown) - 1)) / panels)
        while self.heads:
            self.heads.pop().remove()
        left, lines = 0.0, 1
        for part in self.parts:
            part.show(visible=part in shown)
        for part in shown:
            wide = part.block.wide if isinstance(part.block, Column) else panel
            part.place(self.ax, left, wide, total)
            lines = max(lines, self._head(part, left, wide, total))
            left += wide + GAP
        self.placed = total, 8 + lines * HEAD * LINE + 8
        return self.placed[1]

    def _head(self, part: _Part, left: float, wide: float, total: float) -> int:
        """Write the heading of a block; gives the lines that it takes."""
        if isinstance(part.block, Column):
            text, x, side = part.block.heading, (left + wide) / total, "right"
        else:
            text = wrap(_heading(part.block, ticks=part.ticks), wide, HEAD)
            x, side = left / total, "left"
        self.heads.append(self.page.write(text, x, 8, size=HEAD, side=side))
        return text.count("\n") + 1

    @staticmethod
    def _told(block: Block, kept: Sequence[Block]) -> bool:
        """Say whether the values of a panel are written beside it."""
        after = kept[[other is block for other in kept].index(True) + 1 :]
        if isinstance(block, Dots | Spots) or not after:
            return False
        return isinstance(after[0], Column) and after[0].rank > 0

    def _kept(self, blocks: Sequence[Block]) -> list[Block]:
        """Leave text columns out until the panels are wide enough."""
        kept = list(blocks)
        while True:
            panels = sum(not isinstance(block, Column) for block in kept)
            text = sum(block.wide for block in kept if isinstance(block, Column))
            room = self.page.size[0] - text - GAP * (len(kept) - 1)
            spare = [block for block in kept if isinstance(block, Column) and block.rank]
            if room >= panels * LEAST_PANEL or not spare:
                return kept
            kept.remove(max(spare, key=lambda block: block.rank))

    def _column(self, block: Column) -> list[Text]:
        texts = [
            self.ax.text(
                0,
                row,
                text,
                transform=self.ax.get_yaxis_transform(),
                ha="right",
                va="center_baseline",
                fontsize=SIZES["tick"],
                color=INK,
            )
            for row, text in enumerate(block.texts)
        ]
        for text in texts:
            text.set_in_layout(False)  # it lies within the plot
        return texts

    def _panel(self, block: Panel, *, first: bool, ticks: bool) -> Axes:
        low, high = _limits(block)
        panel = self.ax
        if not first:
            panel = self.ax.inset_axes((0, 0, 1, 1), sharey=self.ax)
            dress(panel, grid=None)
            panel.set_facecolor("none")
            panel.tick_params(axis="y", labelleft=False)
        panel.set_xlim(low, high)
        least = max(low, 0.0) if isinstance(block, Dots) else low
        panel.xaxis.set_major_locator(_RoomySteps(least, high, block.formatter))
        panel.xaxis.set_major_formatter(block.formatter)
        panel.tick_params(axis="x", labelbottom=ticks)
        if isinstance(block, Bars):
            _draw_bars(panel, block)
        elif isinstance(block, Pieces):
            draw_pieces(panel, block)
        elif isinstance(block, Spots):
            draw_spots(panel, block)
        else:
            _draw_dots(panel, block)
        if ticks:
            panel.grid(visible=True, axis="x", color=GRID, linewidth=0.8)
        return panel

    def _rules(self) -> None:
        """Draw hairlines between the rows, which lead the eye from a name to its numbers."""
        for row in range(1, self.count):
            self.ax.axhline(row - 0.5, color=GRID, linewidth=0.6, zorder=0.4)


def _heading(block: Panel, *, ticks: bool) -> str:
    return (
        f"{block.heading}, {block.unit}"
        if ticks and not isinstance(block, Dots) and block.unit
        else block.heading
    )


def _limits(block: Panel) -> tuple[float, float]:
    """Find the ends of a panel: bars begin at zero, points and pieces may begin anywhere."""
    if isinstance(block, Pieces | Spots):
        return piece_limits(block)
    if isinstance(block, Bars):
        inner = block.values if block.inner is None else block.inner
        values = np.concatenate([block.values, inner, *(block.spread or ())])
        high = float(np.nanmax(values, initial=0.0))
        low = float(np.nanmin(values, initial=0.0))
        return (low, high) if high > low else (0.0, 1.0)
    before = block.values if block.before is None else block.before
    values = np.concatenate([block.values, block.low, block.high, before])
    low = float(np.nanmin(values, initial=1.0))
    high = float(np.nanmax(values, initial=0.0))
    if high < low:
        return 0.0, 1.0
    air = max(0.02, (0.3 - (high - low)) / 2)
    return max(-0.02, low - air), min(1.02, high + air)


def _draw_bars(panel: Axes, block: Bars) -> None:
    rows = np.arange(len(block.values))
    outer = block.colour if block.inner is None else tint(block.colour, 0.32)
    panel.barh(rows, block.values, 0.62, color=outer, linewidth=0, zorder=2)
    if block.inner is not None:
        panel.barh(rows, block.inner, 0.34, color=block.colour, linewidth=0, zorder=3)
    if block.spread is not None:
        low, high = block.spread
        there = np.isfinite(block.values) & np.isfinite(low) & np.isfinite(high)
        arms = np.vstack([block.values - low, high - block.values])[:, there].clip(min=0)
        panel.errorbar(
            block.values[there], rows[there], xerr=arms, fmt="none", ecolor=INK, elinewidth=1.0, zorder=3
        )
    panel.axvline(0, color="#AEB6BF", linewidth=0.8, zorder=4)


def _draw_dots(panel: Axes, block: Dots) -> None:
    rows = np.arange(len(block.values))
    if block.before is not None:
        panel.hlines(rows, block.before, block.values, color=tint(MUTED, 0.4), linewidth=1.0, zorder=1.5)
        panel.plot(block.before, rows, zorder=2.5, clip_on=False, **BEFORE)
    there = np.isfinite(block.values) & np.isfinite(block.low) & np.isfinite(block.high)
    arms = np.vstack([block.values - block.low, block.high - block.values])[:, there].clip(min=0)
    if there.any():
        panel.errorbar(
            block.values[there],
            rows[there],
            xerr=arms,
            fmt="none",
            ecolor=tint(block.colour, 0.6),
            elinewidth=1.6,
            capsize=3.0,
            zorder=2,
        )
    panel.plot(
        block.values, rows, "o", color=block.colour, markersize=4.5, zorder=3, linestyle="none", clip_on=False
    )
