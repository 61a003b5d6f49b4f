"""An axis of the time since something began: seconds, hours and days on one scale that has a zero."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from babel.units import format_unit
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator

from tegro_analytics.charts.drawing.lettering import width
from tegro_analytics.charts.drawing.style import SIZES

__all__ = ["duration", "places", "set_elapsed_axis"]

APART = 9.0

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_HOUR, _DAY = 3_600, 86_400
_ROUND = (
    1, 5, 10, 30, 60, 300, 900, 1_800, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 3 * _DAY, 7 * _DAY,
    14 * _DAY, 30 * _DAY, 90 * _DAY, 365 * _DAY,
)  # fmt: skip
"""Moments at which people think, in seconds."""
_FIRST = (_HOUR, _DAY, 60, 7 * _DAY, 300, 6 * _HOUR, 900, 30 * _DAY, 10, 365 * _DAY, 3 * _DAY, 1_800)
"""Those that are labelled before others, where there is not room for all."""


def duration(seconds: float, lang: str) -> str:
    """Write a duration in its largest unit that comes out even, or nearly so.

    Examples
    --------
    >>> [duration(seconds, "en").replace("\\xa0", " ") for seconds in (0, 90, 86_400, 604_800)]
    ['0', '1.5 min', '1 day', '7 days']
    """
    if not seconds:
        return "0"
    unit, size = next(
        ((unit, size) for unit, size in _UNITS if seconds >= size and _even(seconds / size)), _UNITS[-1]
    )
    return str(format_unit(round(seconds / size, 1), f"duration-{unit}", "short", locale=lang)).replace(
        " ", "\xa0"
    )


def _even(number: float) -> bool:
    return abs(number - round(number, 1)) < 1e-9


def set_elapsed_axis(
    ax: Axes, moments: np.ndarray, *, room: float, lang: str, widest: float = 0.0
) -> list[int]:
    """Give an Axes the axis from zero to the last moment; gives those moments that have a tick.

    It is linear near zero and logarithmic beyond, so that the first minute and the last day both have room.

    Parameters
    ----------
    ax
        What gets the axis.
    moments
        The moments, in seconds, at which values are known: ticks stand at these alone.
    room
        Points that the axis is wide.
    lang
        The language of the labels.
    widest
        Points that a number needs which is to stand under each tick.
    """
    last = float(moments.max(initial=1.0)) or 1.0
    ax.set_xscale("asinh", linear_width=_linear(last))
    ax.set_xlim(0, last)
    chosen = _ticks(moments, room, lang, widest)
    ax.xaxis.set_major_locator(FixedLocator([float(moment) for moment in chosen]))
    ax.xaxis.set_major_formatter(FixedFormatter([duration(moment, lang) for moment in chosen]))
    ax.xaxis.set_minor_locator(FixedLocator([]))
    return chosen


def places(moments: Sequence[float] | np.ndarray, last: float) -> np.ndarray:
    """Say where moments stand on the axis, as parts of its length."""
    wide = _linear(last)
    return np.asarray(np.arcsinh(np.asarray(moments, dtype=float) / wide) / np.arcsinh(last / wide))


def _linear(last: float) -> float:
    return min(60.0, max(1.0, last / 60))


def _ticks(moments: np.ndarray, room: float, lang: str, widest: float) -> list[int]:
    """Choose as many moments as there is room for, the round ones first."""
    known = [int(moment) for moment in np.unique(moments)]
    last = float(max(known))
    round_ones = [moment for moment in known if moment in _ROUND]
    spare = [moment for moment in known if moment not in _ROUND] if len(round_ones) < 4 else []
    first = [moment for moment in _FIRST if moment in round_ones]
    rest = [moment for moment in round_ones if moment not in _FIRST]
    chosen: dict[int, tuple[float, float]] = {}
    for moment in [*first, *rest, *spare]:
        middle = float(places([moment], last)[0]) * room
        half = max(width(duration(moment, lang), SIZES["tick"]), widest) / 2 + APART / 2
        if all(middle + half <= low or middle - half >= high for low, high in chosen.values()):
            chosen[moment] = middle - half, middle + half
    return sorted(chosen)
