"""The paper of a chart: its Axes, the room that it has, and what it carries away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from tegro_analytics.charts.drawing.style import MUTED, look
from tegro_analytics.charts.drawing.surround import (
    LINE,
    MARGIN,
    PAPER,
    WIDTH,
    Heading,
    Surround,
    cell_of,
    corner,
    settle,
)
from tegro_analytics.exceptions import DataError

__all__ = ["Drawing", "Sheet", "drawing", "sheet"]

TEXTS = 110.0
"""Points that the texts around a plot take, more or less."""


@dataclass(frozen=True)
class Drawing:
    """What an Axes of the package carries: ``ax.tegro``.

    Attributes
    ----------
    metric : str
        The metric that is drawn.
    currency : str or None
        The currency that is drawn, where there is money.
    lang : str
        The language of the labels.
    data : pandas.DataFrame
        The rows that were drawn, in the order of the drawing, names in full.
    alt_text : str
        The chart in words, for those who do not see it.
    """

    metric: str
    currency: str | None
    lang: str
    data: pd.DataFrame
    alt_text: str


class Sheet:
    """An Axes to draw on, and the room around it."""

    def __init__(self, ax: Axes, *, own: bool, lang: str) -> None:
        vars(ax).pop("_tegro_again", None)  # of a chart that was drawn here before
        self.ax = ax
        self.own = own
        self.lang = lang
        self.height = 0.0
        self.beside = 0.0
        """Points that labels take to the left of the plot, where they are many."""
        self.figure = cast("Figure", ax.get_figure(root=True))
        self.cell = None if own else cell_of(ax)

    def plan(self, height: float) -> None:
        """Plan a plot of ``height`` points in a figure of our own; elsewhere see how much room there is."""
        self.height = height
        if not self.own:
            settle(self.figure)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the plot in points, the height as it will be with texts around it."""
        if self.own:
            return PAPER - self.beside, self.height
        across, down = (inches * 72 for inches in self.figure.get_size_inches())
        if self.cell is not None:
            return across * self.cell.width - self.beside, max(40.0, down * self.cell.height - TEXTS)
        box = self.ax.get_window_extent()
        return box.width / self.figure.dpi * 72, max(40.0, down * _share_of_grid(self.ax) - TEXTS)

    def write(self, text: str, x: float, up: float, *, size: float, side: str = "left") -> Text:
        """Write a text over the plot: ``x`` as a part of its width, ``up`` in points."""
        written = self.ax.text(
            0,
            0,
            text,
            transform=corner(self.ax, 0, up, x=x),
            fontsize=size,
            color=MUTED,
            ha=side,
            va="bottom",
            linespacing=LINE,
        )
        written.set_in_layout(False)
        return written

    def finish(self, heading: Heading, height: float) -> None:
        """Set what stands around the plot, and fit a figure of our own to it."""
        Surround(self.ax, heading, height=height if self.own else None, cell=self.cell)()


def _share_of_grid(ax: Axes) -> float:
    """Say what part of the height of the figure is an Axes' own, whatever its neighbours have around them."""
    spec = ax.get_subplotspec()
    return len(spec.rowspan) / spec.get_gridspec().nrows if spec is not None else ax.get_position().height


@contextmanager
def sheet(ax: Axes | None, lang: str) -> Iterator[Sheet]:
    """Open an Axes to draw on: the one given, or one in a new figure, which a failure closes again."""
    if ax is not None:
        with look():
            yield Sheet(ax, own=False, lang=lang)
        return
    from matplotlib import pyplot as plt
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    margin = MARGIN / 72
    engine = ConstrainedLayoutEngine(w_pad=margin, h_pad=margin)
    # Before the look is put on: the first figure loads the backend, and Jupyter's turns the interactive mode
    # on, which must not be undone when the look is taken off again.
    figure = plt.figure(figsize=(WIDTH, 5), layout=engine, facecolor="white")
    try:
        with look():
            yield Sheet(figure.add_subplot(), own=True, lang=lang)
    except BaseException:
        plt.close(figure)
        raise


def drawing(ax: Axes) -> Drawing:
    """Give what a chart of the package left on its Axes."""
    found = vars(ax).get("tegro")
    if not isinstance(found, Drawing):
        raise DataError(
            "These Axes were not drawn by tegro_analytics.charts, so they carry no table and no text."
        )
    return found
