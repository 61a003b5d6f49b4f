"""What stands around a plot: title, subtitle, legend, unit and notes, fastened to the Axes.

All offsets are points from the corners of the plot, so that a chart keeps its shape in a figure of its own,
in a grid of subplots, under any layout engine and at any size. Lines are broken to the width of the plot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Bbox, ScaledTranslation, Transform

from tegro_analytics.charts.drawing.lettering import labels, wrap
from tegro_analytics.charts.drawing.style import INK, MUTED, SIZES

__all__ = ["LINE", "Heading", "Surround", "cell_of", "corner", "settle"]

LINE = 1.28
MARGIN = 11.0
WIDTH = 9.0
"""Inches: what a notebook and a page of A4 in landscape show without shrinking."""
PAPER = WIDTH * 72 - 2 * MARGIN
"""Points from margin to margin of a figure of our own."""
LEGEND_ROOM = 230.0
HANDLE = 22.0


@dataclass(frozen=True)
class Heading:
    """What stands around the plot."""

    title: str
    subtitle: str
    unit: str = ""
    legend: Sequence[tuple[Artist, str]] = ()
    notes: Sequence[str] = ()
    above: float = 8.0
    """Points over the plot that are taken already."""
    below: float = 36.0
    """Points under the plot that its tick labels need."""


def settle(figure: Figure) -> None:
    """Let the layout engine, if the figure has one, give every Axes its place."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)


def corner(ax: Axes, left: float, up: float, *, x: float = 0.0, y: float = 1.0) -> Transform:
    """Make a transform whose origin lies so many points from a point of the plot: its upper left corner."""
    figure = cast("Figure", ax.get_figure(root=True))
    shift = ScaledTranslation(left / 72, up / 72, figure.dpi_scale_trans)
    return Affine2D().translate(x, y) + ax.transAxes + shift


class Strut(Artist):
    """Take the room of the texts above and below a plot in the eyes of a layout engine, and draw nothing.

    The texts themselves are left out of the layout: they are broken to the width of the plot, so its
    width must not depend on them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.up = 0.0
        self.down = 0.0
        self.set_clip_on(False)  # what is clipped to the plot takes no room around it

    def get_window_extent(self, renderer: RendererBase | None = None) -> Bbox:  # noqa: ARG002
        """Give the box of the plot with the texts above and below it."""
        axes = cast("Axes", self.axes)
        points = cast("Figure", axes.get_figure(root=True)).dpi / 72
        box = axes.get_window_extent()
        return Bbox.from_extents(box.x0, box.y0 - self.down * points, box.x1, box.y1 + self.up * points)

    def get_tightbbox(self, renderer: RendererBase | None = None) -> Bbox:
        """Give the same box to layout engines."""
        return self.get_window_extent(renderer)

    def draw(self, renderer: RendererBase) -> None:
        """Draw nothing."""


class Surround:
    """The texts around one plot; they can be set again when the plot gets another width."""

    def __init__(self, ax: Axes, heading: Heading, *, height: float | None, cell: Bbox | None) -> None:
        self.ax = ax
        self.figure = cast("Figure", ax.get_figure(root=True))
        self.heading = heading
        self.height = height
        """Points that the plot is to have, in a figure of our own."""
        self.texts: list[Text] = []
        self.title: Text | None = None
        self.legend: Legend | None = None
        self.cell = cell
        self.strut = Strut()
        ax.add_artist(self.strut)

    def __call__(self) -> None:
        """Set everything, and with it what other charts of the same figure have around them."""
        vars(self.ax)["_tegro_surround"] = self
        others = [vars(axes).get("_tegro_surround") for axes in self.figure.axes]
        every = [self] if self.height is not None else [one for one in others if isinstance(one, Surround)]
        if self.height is None:
            settle(self.figure)
        for one in every:
            one._set()

    def _set(self) -> None:
        for _ in range(1 if self.cell is None else 2):
            up, down = self._write()
            self.strut.up, self.strut.down = up, down
            if self.height is not None:
                self.figure.set_size_inches(WIDTH, (up + self.height + down + 2 * MARGIN) / 72)
            elif self.cell is not None:
                self._fit(self.cell, up, down)

    def _write(self) -> tuple[float, float]:
        """Write all texts to the width of the plot; gives the points that they take above and below it."""
        for text in self.texts:
            text.remove()
        self.texts = []
        heading = self.heading
        again = vars(self.ax).get("_tegro_again")  # where blocks stand side by side they move with its width
        above = again() if again is not None else heading.above
        left = -self._edge()
        room = PAPER
        if self.height is None:
            room = self.ax.get_window_extent().width / self.figure.dpi * 72 - left
        up = self._unit(wrap(heading.unit, room, SIZES["unit"]), left) if heading.unit else above
        if heading.legend:
            up = self._legend(left, up, room) + 8
        up += self._text(wrap(heading.subtitle, room, SIZES["subtitle"]), left, up, SIZES["subtitle"]) + 4
        title = wrap(heading.title, room, SIZES["title"], bold=True)
        self._title(title, left, up)
        up += _tall(title, SIZES["title"])
        if not heading.notes:
            return up, heading.below
        note = "\n".join(wrap(line, room, SIZES["note"]) for line in heading.notes)
        tall = self._text(note, left, -heading.below, SIZES["note"], y=0.0, side="top")
        return up, heading.below + tall

    def _text(
        self, text: str, left: float, up: float, size: float, *, y: float = 1.0, side: str = "bottom"
    ) -> float:
        place = corner(self.ax, left, up, y=y)
        written = self.ax.text(
            0, 0, text, transform=place, fontsize=size, color=MUTED, ha="left", va=side, linespacing=LINE
        )
        written.set_in_layout(False)
        self.texts.append(written)
        return _tall(text, size)

    def _unit(self, unit: str, left: float) -> float:
        self.ax.set_ylabel(
            unit, rotation=0, ha="left", va="bottom", fontsize=SIZES["unit"], color=MUTED, parse_math=False
        )
        self.ax.yaxis.set_label_coords(0, 0, transform=corner(self.ax, left, 8))
        return 8 + _tall(unit, SIZES["unit"]) + 5

    def _title(self, title: str, left: float, up: float) -> None:
        if self.title is not None and self.title.get_text().split() != title.split():
            return  # somebody has written a title of his own since
        self.title = self.ax.set_title(
            title,
            loc="left",
            y=1.0,
            pad=0,
            fontsize=SIZES["title"],
            fontweight="bold",
            color=INK,
            parse_math=False,
        )
        self.title.set(transform=corner(self.ax, left, up), position=(0, 0), va="bottom", linespacing=LINE)
        self.title.set_in_layout(False)

    def _legend(self, left: float, up: float, room: float) -> float:
        """Set the legend in as few lines as the room allows; gives the points up to its upper edge."""
        entries = self.heading.legend
        names = labels(
            [name for _, name in entries], room=min(LEGEND_ROOM, room - HANDLE), size=SIZES["legend"]
        )
        for columns in range(len(entries), 0, -1):
            self.legend = self.ax.legend(
                handles=[artist for artist, _ in entries],
                labels=names,
                ncols=columns,
                loc="lower left",
                bbox_to_anchor=(0, 0),
                bbox_transform=corner(self.ax, left, up),
                borderaxespad=0,
                borderpad=0,
                frameon=False,
                fontsize=SIZES["legend"],
                labelcolor=INK,
                handlelength=1.5,
                handleheight=0.9,
                handletextpad=0.6,
                columnspacing=1.8,
                labelspacing=0.45,
            )
            self.legend.set_in_layout(False)
            box = self.legend.get_window_extent()
            if box.width / self.figure.dpi * 72 <= room:
                break
        return up + float(box.height) / self.figure.dpi * 72

    def _edge(self) -> float:
        """How far the labels of the value axes stand out to the left, in points."""
        zero = self.ax.get_window_extent().x0
        for child in self.ax.child_axes:  # an inset takes its place only when it is drawn
            locator = child.get_axes_locator()
            child.apply_aspect(locator(child, None) if locator is not None else None)  # type: ignore[arg-type]
        drawn = [
            label.get_window_extent().x0
            for axes in (self.ax, *self.ax.child_axes)
            for label in axes.get_yticklabels()
            if label.get_visible() and label.get_text()
        ]
        return float(max(0.0, (zero - min(drawn, default=zero)) / self.figure.dpi * 72))

    def _overhang(self) -> float:
        """How far the labels of the lower axis stand out to the right, in points."""
        end = self.ax.get_window_extent().x1
        drawn = [
            label.get_window_extent().x1
            for minor in (False, True)
            for label in self.ax.get_xticklabels(minor=minor)
            if label.get_text()
        ]
        return float(max(0.0, (max(drawn, default=end) - end) / self.figure.dpi * 72))

    def _fit(self, cell: Bbox, up: float, down: float) -> None:
        """Give the plot, where no layout engine does, the part of its cell that its texts leave it."""
        width, height = (inches * 72 for inches in self.figure.get_size_inches())
        x0, x1 = cell.x0 + self._edge() / width, cell.x1 - self._overhang() / width
        y0, y1 = cell.y0 + down / height, cell.y1 - up / height
        if x1 - x0 > 0.02 and y1 - y0 > 0.02:
            self.ax.set_position((x0, y0, x1 - x0, y1 - y0))
            self.ax.set_in_layout(True)  # which setting a position takes away


def cell_of(ax: Axes) -> Bbox | None:
    """Find the part of the figure that is an Axes' own, where no layout engine looks after it."""
    figure = cast("Figure", ax.get_figure(root=True))
    if figure.get_layout_engine() is not None:
        return None
    earlier = vars(ax).get("_tegro_surround")
    if isinstance(earlier, Surround):
        return earlier.cell
    place = ax.get_position()
    spec = ax.get_subplotspec()
    if spec is None:
        return place
    grid = spec.get_gridspec()
    bottoms, _, _, rights = grid.get_grid_positions(figure)
    rows, columns = spec.rowspan, spec.colspan
    air_x, air_y = MARGIN / 72 / figure.get_size_inches()
    left = rights[columns.start - 1] + air_x if columns.start else air_x
    right = rights[columns.stop - 1] if columns.stop < grid.ncols else 1 - air_x
    bottom = bottoms[rows.stop - 1] if rows.stop < grid.nrows else air_y
    top = bottoms[rows.start - 1] - air_y if rows.start else 1 - air_y
    return Bbox.from_extents(left, bottom, right, top)


def _tall(text: str, size: float) -> float:
    return (text.count("\n") + 1) * size * LINE
