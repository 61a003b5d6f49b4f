"""A grid of cells: the darker, the more, with the number written in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from tegro_analytics.charts.drawing.lettering import labels, width, wrap
from tegro_analytics.charts.drawing.rows import GAP, HEAD, ROW, Column
from tegro_analytics.charts.drawing.sheet import Sheet
from tegro_analytics.charts.drawing.style import BLUE, INK, SIZES, dress, tint
from tegro_analytics.charts.drawing.surround import LINE, settle
from tegro_analytics.charts.drawing.timeline import HATCH

__all__ = ["Cells", "Heat"]

LETTERS = (9.0, 8.5, 8.0, 7.5, 7.0, 6.5)
AIR = 5.0
RULE = 1.5
DARK = 0.85
"""The share of colour from which on white letters are read better than dark ones."""
MIDDLE = 0.25
"""The share of colour from which on white hatches are seen."""
PALE = "#EEF1F4"


@dataclass(frozen=True)
class Cells:
    """What stands in the cells, row by row.

    ``shades`` says how dark each is, from 0 to 1; where it is missing there is no colour, and where there is
    no text either there is no cell. ``hatched`` marks the cells that are not complete.
    """

    shades: np.ndarray
    texts: np.ndarray
    hatched: np.ndarray


class Heat:
    """An Axes with one row of cells for each name, the first at the top."""

    def __init__(
        self,
        page: Sheet,
        names: Sequence[str],
        *,
        unnamed: str,
        beside: Column | None = None,
        tall: float = ROW,
    ) -> None:
        self.page = page
        self.ax = page.ax
        self.beside = beside
        self.count = len(names)
        self.height = self.count * tall
        page.plan(self.height)
        dress(self.ax, grid=None)
        written = labels(names, room=page.size[0] * 0.3, size=SIZES["tick"], unnamed=unnamed)
        lines = max(self.count, int(page.size[1] / (tall * 2)))  # one row alone is not a wall
        self.row = page.size[1] / lines
        self.ax.set_ylim(lines - 0.5, -0.5)
        self.ax.set_yticks(range(self.count), labels=written, parse_math=False)
        self.ax.tick_params(axis="y", labelcolor=INK)
        self.ax.set_xticks([])
        page.beside = max((width(label, SIZES["tick"]) for label in written), default=0.0) + 5
        if not page.own:
            settle(page.figure)

    @property
    def left(self) -> float:
        """Points that the column beside the names takes."""
        return 0.0 if self.beside is None else self.beside.wide + GAP

    def room(self, texts: Sequence[str]) -> int:
        """Count the columns of cells that can be read when they hold such texts."""
        return max(1, int((self.page.size[0] - self.left) // (_widest(texts, LETTERS[-1]) + AIR)))

    def draw(self, columns: Sequence[str], cells: Cells, *, heading: str, widest: float) -> float:
        """Draw the cells; gives the points that their headings take above the plot."""
        total = self.page.size[0]
        step = min(widest, (total - self.left) / len(columns))
        self.ax.set_xlim(0, total)
        size = self._letters(cells, step)
        for row in range(self.count):
            for at in range(len(columns)):
                self._cell(row, self.left + at * step, step, _one(cells, row, at), size)
        above = self._columns(columns, step, total)
        room = total - self.left
        head = wrap(heading, room, HEAD)
        self.page.write(head, self.left / total, above + 4, size=HEAD)
        self._column(total)
        return above + 4 + (head.count("\n") + 1) * HEAD * LINE + 8

    def _letters(self, cells: Cells, step: float) -> float:
        """Choose the largest letters that fit into a cell."""
        texts = [str(text) for text in np.unique(cells.texts)]
        tall = self.row - 2
        lines = max(text.count("\n") + 1 for text in texts)
        fitting = (
            size for size in LETTERS if _widest(texts, size) + AIR <= step and lines * size * LINE <= tall
        )
        return next(fitting, LETTERS[-1])

    def _cell(self, row: int, left: float, step: float, cell: tuple[float, str, bool], size: float) -> None:
        shade, text, hatched = cell
        if not text:
            return
        face = PALE if np.isnan(shade) else tint(BLUE, 0.04 + 0.96 * float(np.clip(shade, 0, 1)))
        dark = bool(shade > DARK)
        slit = RULE / self.row
        box = (left, row - 0.5 + slit / 2), step - RULE, 1 - slit
        self.ax.add_patch(Rectangle(*box, facecolor=face, linewidth=0, zorder=1))
        halo: dict[str, Any] = {}
        if hatched:
            edge = "white" if shade > MIDDLE else tint(BLUE, 0.5)
            open_ = Rectangle(*box, fill=False, edgecolor=edge, hatch=HATCH, linewidth=0, zorder=1.5)
            self.ax.add_patch(open_)
            halo = {"path_effects": [withStroke(linewidth=2.5, foreground=face)]}
        self.ax.text(
            left + (step - RULE) / 2,
            row,
            text,
            ha="center",
            va="center",
            fontsize=size,
            color="white" if dark else INK,
            linespacing=LINE,
            **halo,
        ).set_in_layout(False)  # it lies within the plot

    def _columns(self, columns: Sequence[str], step: float, total: float) -> float:
        """Write what each column is over it; gives the points up to the upper edge."""
        heads = [wrap(name, step - 3, HEAD) for name in columns]
        for at, head in enumerate(heads):
            middle = self.left + (at + 0.5) * step - RULE / 2
            self.page.write(head, middle / total, 4, size=HEAD, side="center")
        return 4 + max(head.count("\n") + 1 for head in heads) * HEAD * LINE

    def _column(self, total: float) -> None:
        if self.beside is None:
            return
        right = self.beside.wide
        for row, text in enumerate(self.beside.texts):
            written = self.ax.text(
                right, row, text, ha="right", va="center_baseline", fontsize=SIZES["tick"], color=INK
            )
            written.set_in_layout(False)
        self.page.write(self.beside.heading, right / total, 4, size=HEAD, side="right")


def _one(cells: Cells, row: int, at: int) -> tuple[float, str, bool]:
    return float(cells.shades[row, at]), str(cells.texts[row, at]), bool(cells.hatched[row, at])


def _widest(texts: Sequence[str], size: float) -> float:
    return max((width(line, size) for text in texts for line in text.split("\n")), default=0.0)
