"""Pieces of bars that begin where it is said: bridges, bars to both sides of zero, stacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tegro_analytics.charts.drawing.numerals import NumberFormatter
from tegro_analytics.charts.drawing.style import INK, tint

__all__ = [
    "HATCH",
    "Mark",
    "Piece",
    "Pieces",
    "Spots",
    "draw_pieces",
    "draw_spots",
    "hatched_patch",
    "mark_sample",
    "piece_limits",
]

HATCH = "/////"
TALL = 0.62
HALF = 0.3
AIR = 0.05
GOLDEN = 0.618
"""Steps of this part of a row never fall together."""

JOINT = "#8A96A3"


@dataclass(frozen=True)
class Piece:
    """A bar in a row, from one value to another; ``hatched`` marks what is not known for sure."""

    row: int
    start: float
    end: float
    colour: str
    hatched: bool = False
    half: int = 0
    """-1 for the upper half of the row, 1 for the lower one, 0 for all of it."""


@dataclass(frozen=True)
class Mark:
    """An upright stroke in a row, at a value that a bar does not begin or end with."""

    row: int
    value: float
    colour: str = INK


@dataclass(frozen=True)
class Pieces:
    """A panel of pieces; values that are NaN are not drawn."""

    heading: str
    pieces: Sequence[Piece]
    formatter: NumberFormatter
    unit: str
    """Added to the heading where the panel has an axis of its own."""
    marks: Sequence[Mark] = ()
    joints: Sequence[tuple[int, float]] = ()
    """Rows, each with the value at which a hairline leads on to the row below."""


@dataclass(frozen=True)
class Spots:
    """A panel of points, many in a row; they are moved up and down a little, so that they show."""

    heading: str
    rows: np.ndarray
    values: np.ndarray
    colours: Sequence[str]
    formatter: NumberFormatter
    unit: str


def draw_spots(panel: Axes, block: Spots) -> None:
    """Draw points, and zero where the panel has it."""
    aside = ((np.arange(len(block.rows)) * GOLDEN + 0.5) % 1 - 0.5) * TALL
    panel.scatter(
        block.values, block.rows + aside, s=12, c=list(block.colours), alpha=0.6, linewidth=0, zorder=3
    )
    low, high = panel.get_xlim()
    if low <= 0 <= high:
        panel.axvline(0, color="#AEB6BF", linewidth=0.8, zorder=2)


def hatched_patch(colour: str) -> Patch:
    """Make the legend's sample of a hatched piece."""
    return Patch(facecolor=tint(colour, 0.15), edgecolor=colour, hatch=HATCH, linewidth=0)


def mark_sample(colour: str = INK) -> Line2D:
    """Make the legend's sample of a mark."""
    return Line2D([], [], color=colour, marker="|", markersize=10, markeredgewidth=2.0, linestyle="none")


def piece_limits(block: Pieces | Spots) -> tuple[float, float]:
    """Find the ends of a panel: those of what it shows, with air where that is not zero."""
    if isinstance(block, Spots):
        values = np.append(block.values, 0.0)
    else:
        values = np.array([*(end for one in block.pieces for end in (one.start, one.end))], dtype=float)
        values = np.concatenate([values, [mark.value for mark in block.marks]])
    seen = values[np.isfinite(values)]
    if not len(seen):
        return 0.0, 1.0
    low, high = float(seen.min()), float(seen.max())
    if low == high:
        return (0.0, 1.0) if low == 0 else (min(0.0, low * 1.2), max(0.0, low * 1.2))
    air = (high - low) * AIR
    return low - air if low else 0.0, high + air if high else 0.0


def draw_pieces(panel: Axes, block: Pieces) -> None:
    """Draw pieces, the marks upon them, and the hairlines between them."""
    for one in block.pieces:
        if not np.isfinite([one.start, one.end]).all():
            continue
        tall = HALF if one.half else TALL
        (bar,) = panel.barh(
            one.row + one.half * HALF / 2,
            one.end - one.start,
            tall,
            left=one.start,
            color=one.colour,
            linewidth=0,
            zorder=2,
        )
        if one.hatched:
            bar.set(facecolor=tint(one.colour, 0.15), edgecolor=one.colour, hatch=HATCH)
    for mark in block.marks:
        if np.isfinite(mark.value):
            reach = [mark.row - TALL / 2 - 0.05, mark.row + TALL / 2 + 0.05]
            panel.plot([mark.value] * 2, reach, color=mark.colour, linewidth=2.0, zorder=4)
    for row, value in block.joints:
        panel.plot([value] * 2, [row, row + 1], color=JOINT, linewidth=0.8, zorder=1.5)
    low, high = panel.get_xlim()
    if low <= 0 <= high:
        panel.axvline(0, color="#AEB6BF", linewidth=0.8, zorder=4)
