"""One look for every chart: colours, and settings that hold inside a ``with`` and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb

__all__ = [
    "BLUE",
    "FONT",
    "GRID",
    "INK",
    "MARKERS",
    "MUTED",
    "SERIES",
    "SIZES",
    "STRIP",
    "VERMILION",
    "dress",
    "look",
    "tint",
]

FONT = "DejaVu Sans"
"""Comes with matplotlib, so a chart looks the same everywhere; has Cyrillic and ₽ € ₸ ₴."""

INK = "#1B2733"
MUTED = "#5B6876"
GRID = "#E3E7EB"
BLUE = "#0072B2"
VERMILION = "#D55E00"
STRIP = "#8DA9BD"
"""Amounts and counts that stand behind what a chart is about."""
SERIES = (BLUE, VERMILION, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#4D4D4D")
"""Okabe and Ito's palette without its yellow, which is lost on white."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""A second way to tell series apart."""

SIZES = {"title": 13.0, "subtitle": 9.5, "legend": 9.0, "unit": 9.0, "tick": 9.0, "note": 8.0}

_SETTINGS: dict[str, Any] = {
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.unicode_minus": True,
    "figure.facecolor": "white",
    "font.family": [FONT],
    "font.size": SIZES["tick"],
    "hatch.linewidth": 0.7,
    "lines.solid_capstyle": "round",
    "text.color": INK,
    "text.parse_math": False,  # a `$` in a name is a dollar, not mathematics
    "text.usetex": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
}


@contextmanager
def look() -> Iterator[None]:
    """Draw in the look of the package; a style that the user chose is neither used nor changed.

    Examples
    --------
    >>> before = dict(mpl.rcParams)
    >>> with look():
    ...     mpl.rcParams["font.family"]
    ['DejaVu Sans']
    >>> before == dict(mpl.rcParams)
    True
    """
    kept = {"figure.dpi": mpl.rcParams["figure.dpi"]}
    with style.context(["default", {**_SETTINGS, **kept}]):
        yield


def dress(ax: Axes, *, grid: str | None, shared: bool = False) -> None:
    """Give an Axes, also one made under another style, the quiet frame of the package.

    ``grid`` is the axis along which values are read: ``"y"``, ``"x"`` or None. ``shared`` says that the
    ticks of the lower axis are those of another Axes and stay.
    """
    ax.set_facecolor("white")
    for side, spine in ax.spines.items():
        spine.set_visible(side == "bottom" and grid == "y")
        spine.set(color="#AEB6BF", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.grid(visible=False, which="both")
    if grid:
        ax.grid(visible=True, axis="y" if grid == "y" else "x", color=GRID, linewidth=0.8, linestyle="-")
    for tick in (*ax.xaxis.get_major_ticks(), *ax.yaxis.get_major_ticks()):
        tick.label1.set_parse_math(False)  # made before the look was on, with an Axes that was given
    ax.yaxis.minorticks_off()
    if not shared:
        ax.xaxis.minorticks_off()
    ax.tick_params(
        which="both",
        length=0,
        pad=5,
        labelsize=SIZES["tick"],
        labelcolor=MUTED,
        labelfontfamily=FONT,
        labelrotation=0,
    )


def tint(colour: str, share: float) -> str:
    """Mix ``share`` of a colour with white.

    Examples
    --------
    >>> tint("#000000", 0.5)
    '#808080'
    """
    red, green, blue = (1 - share * (1 - channel) for channel in to_rgb(colour))
    return to_hex((red, green, blue))
