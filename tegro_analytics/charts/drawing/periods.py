"""The time axis: periods at their true width, and ticks that fit whatever room there is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
import pandas as pd
from babel.dates import format_date
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter, Locator

from tegro_analytics.charts.drawing.lettering import width
from tegro_analytics.charts.drawing.numerals import day, span
from tegro_analytics.charts.drawing.style import SIZES

__all__ = ["PeriodFormatter", "PeriodLocator", "Periods", "set_time_axis"]

APART = 7.0
NARROWEST = 12.0
"""Points that a tick takes at least, with the space to the next."""
FEWEST = 7
"""A chart of fewer periods leaves room for so many: one day is not a wall."""

_LONGEST_DAYS = (("hour", 0.5), ("day", 3), ("week", 20), ("month", 45), ("quarter", 200))


@dataclass(frozen=True)
class Periods:
    """The periods of a chart, in order: where each begins and ends, and whether it is complete."""

    starts: tuple[dt.datetime, ...]
    ends: tuple[dt.datetime, ...]
    complete: np.ndarray

    @classmethod
    def of(cls, table: pd.DataFrame) -> Periods:
        """Take the periods of a table of a metric, each once."""
        keys = table[["period_start", "period_end", "complete"]].drop_duplicates("period_start")
        keys = keys.sort_values("period_start")
        complete = keys["complete"].fillna(False).astype(bool).to_numpy()
        return cls(tuple(_wall(keys["period_start"])), tuple(_wall(keys["period_end"])), complete)

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def left(self) -> np.ndarray:
        """Where each period begins on the axis."""
        return _places(self.starts)

    @cached_property
    def right(self) -> np.ndarray:
        """Where each period ends on the axis."""
        return _places(self.ends)

    @cached_property
    def centre(self) -> np.ndarray:
        """The middle of each period on the axis."""
        return np.asarray((self.left + self.right) / 2)

    @cached_property
    def freq(self) -> str:
        """The name of the length of the periods."""
        longest = float(np.median(self.right - self.left))
        return next((name for name, limit in _LONGEST_DAYS if longest <= limit), "year")

    @cached_property
    def breaks(self) -> np.ndarray:
        """Positions before which a period is missing: a line must not run across."""
        return np.flatnonzero(self.left[1:] - self.right[:-1] > 1e-6) + 1

    def with_gaps(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give the points of a line; where a period is missing altogether the line is broken."""
        return np.insert(self.centre, self.breaks, np.nan), np.insert(values, self.breaks, np.nan)

    def open_spans(self) -> Iterator[tuple[float, float]]:
        """Give the stretches of the axis whose periods are not complete."""
        start: int | None = None
        for position, complete in enumerate([*self.complete, True]):
            if not complete and start is None:
                start = position
            elif complete and start is not None:
                yield self.left[start], self.right[position - 1]
                start = None

    def name(self, position: int, lang: str) -> str:
        """Name one period in words."""
        start, end = self.starts[position], self.ends[position]
        if self.freq == "hour":
            return f"{day(start, lang)}, {start:%H:%M}"
        if self.freq == "month":
            return str(format_date(start, "LLLL y", locale=lang))
        return span(start.date(), (end - dt.timedelta(microseconds=1)).date(), lang)


def _places(moments: Sequence[dt.datetime]) -> np.ndarray:
    return np.asarray(date2num(list(moments)), dtype=float)  # type: ignore[no-untyped-call]


def _wall(values: pd.Series) -> list[dt.datetime]:
    """Take the time on the clock of the report zone, without the zone: the axis shows that clock."""
    moments = pd.to_datetime(values)
    if moments.dt.tz is not None:
        moments = moments.dt.tz_localize(None)
    return [moment.to_pydatetime() for moment in moments]


@dataclass(frozen=True)
class _Plan:
    """One way of labelling: which periods get a tick, their text, and what is told once below it."""

    chosen: Callable[[int, dt.datetime], bool]
    inner: str
    outer: str


def _every(step: int) -> Callable[[int, dt.datetime], bool]:
    return lambda position, _: position % step == 0


def _plans(periods: Periods) -> Iterator[_Plan]:
    """Give the ways of labelling, the densest first."""
    freq = periods.freq
    if freq == "hour":
        for step in (1, 2, 3, 6, 12):
            yield _Plan(lambda _, start, step=step: start.hour % step == 0, "HH:mm", "d MMM")  # type: ignore[misc]
    if freq in ("hour", "day"):
        yield _Plan(_starts_day(1), "d", "LLL y")
        yield _Plan(_starts_day(2), "d", "LLL y")
        yield _Plan(lambda _, start: start.weekday() == 0 and start.hour == 0, "d MMM", "y")
        yield _Plan(lambda _, start: start.day in (1, 11, 21) and start.hour == 0, "d", "LLL y")
    if freq == "week":
        for step in (1, 2, 4):
            yield _Plan(_every(step), "d MMM", "y")
    if freq == "quarter":
        yield _Plan(_every(1), "QQQ", "y")
    firsts = _first_of_months(periods)
    if freq in ("hour", "day", "week", "month"):
        for step in (1, 3, 6):
            yield _Plan(
                lambda at, start, step=step: at in firsts and (start.month - 1) % step == 0,  # type: ignore[misc]
                "LLL",
                "y",
            )
    opening = _first_of_years(periods)
    for step in (1, 2, 5, 10, 25, 50):
        yield _Plan(
            lambda at, start, step=step: at in opening and start.year % step == 0,  # type: ignore[misc]
            "y",
            "",
        )


def _starts_day(step: int) -> Callable[[int, dt.datetime], bool]:
    """Choose midnights; with a step, odd days short of the 31st, so that the 31st and the 1st never meet."""
    return lambda _, start: start.hour == 0 and (step == 1 or (start.day % step == 1 and start.day != 31))


def _first_of_years(periods: Periods) -> frozenset[int]:
    starts = periods.starts
    return frozenset(
        at
        for at, start in enumerate(starts)
        if (start.month == 1 and start.day == 1 and start.hour == 0)
        or (at > 0 and starts[at - 1].year != start.year)
    )


def _first_of_months(periods: Periods) -> frozenset[int]:
    starts = periods.starts
    return frozenset(
        at
        for at, start in enumerate(starts)
        if (start.day == 1 and start.hour == 0)
        or (at > 0 and (starts[at - 1].year, starts[at - 1].month) != (start.year, start.month))
    )


@dataclass(frozen=True)
class Ticks:
    """Where ticks stand: their texts, and below them, where it changes, what they have in common."""

    inner: dict[float, str]
    outer: dict[float, str]


class Chooser:
    """Choose ticks at the middles of periods: as many as fit into the width that an axis has now."""

    def __init__(self, ax: Axes, periods: Periods, lang: str) -> None:
        self.ax = ax
        self.periods = periods
        self.lang = lang
        self._last: tuple[tuple[float, float, float], Ticks] | None = None

    def __call__(self) -> Ticks:
        low, high = sorted(self.ax.get_xlim())
        figure = cast("Figure", self.ax.get_figure(root=True))
        asked = (low, high, round(self.ax.bbox.width / figure.dpi * 72, 1))
        if self._last is None or self._last[0] != asked:  # asked many times for each drawing
            self._last = asked, self._choose(*asked)
            self._level(self._last[1])
        return self._last[1]

    def _level(self, ticks: Ticks) -> None:
        """Set labels by their baseline, so that letters of unlike height stand level."""
        axis = self.ax.xaxis
        for tick in (*axis.get_major_ticks(len(ticks.inner)), *axis.get_minor_ticks(len(ticks.outer))):
            tick.label1.set_verticalalignment("baseline")

    def _choose(self, low: float, high: float, room: float) -> Ticks:
        points = room / (high - low)
        centre = self.periods.centre
        shown = [at for at in range(len(self.periods)) if low <= centre[at] <= high]
        for plan in _plans(self.periods):
            chosen = [at for at in shown if plan.chosen(at, self.periods.starts[at])]
            if not chosen or len(chosen) * NARROWEST > room:
                continue
            ticks = self._texts(chosen, plan)
            if _fit(ticks.inner, points) and _fit(ticks.outer, points):
                return ticks
        ends = sorted({shown[0], shown[-1]}) if shown else []
        whole = _Plan(_every(1), "d MMM y", "")
        both = self._texts(ends, whole)
        return both if _fit(both.inner, points) else self._texts(ends[:1], whole)

    def _texts(self, chosen: Sequence[int], plan: _Plan) -> Ticks:
        inner, outer, told = {}, {}, ""
        for at in chosen:
            start, place = self.periods.starts[at], float(self.periods.centre[at])
            inner[place] = f"{start:%H:%M}" if plan.inner == "HH:mm" else self._date(start, plan.inner)
            common = self._date(start, plan.outer) if plan.outer else ""
            if common != told:
                outer[place] = told = common
        return Ticks(inner, outer)

    def _date(self, start: dt.datetime, pattern: str) -> str:
        if pattern.startswith("d MMM") and self.lang == "en":
            pattern = pattern.replace("d MMM", "MMM d").replace(" y", ", y")
        return str(format_date(start, pattern, locale=self.lang))


class PeriodLocator(Locator):
    """Put ticks where a :class:`Chooser` says: the inner ones, or the outer ones as minor ticks."""

    def __init__(self, chooser: Chooser, line: str) -> None:
        self.chooser = chooser
        self.line = line

    def ticks(self) -> dict[float, str]:
        """Give the ticks, each with its text."""
        chosen = self.chooser()
        return chosen.inner if self.line == "inner" else chosen.outer

    def __call__(self) -> list[float]:
        return list(self.ticks())

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Give the ticks between two values."""
        return [tick for tick in self() if vmin <= tick <= vmax]


def _fit(texts: Mapping[float, str], points: float) -> bool:
    """Say whether labels centred at their places keep a distance; ``points`` is the scale of the axis."""
    edge = -np.inf
    for place, text in texts.items():
        half = width(text, SIZES["tick"]) / 2
        if place * points - half < edge + APART:
            return False
        edge = place * points + half
    return True


class PeriodFormatter(Formatter):
    """Write the ticks that a :class:`PeriodLocator` chose."""

    def __init__(self, locator: PeriodLocator) -> None:
        self.locator = locator

    def __call__(self, x: float, pos: int | None = None) -> str:  # noqa: ARG002
        return self.locator.ticks().get(x, "")

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Write all ticks at once: where the outer part is told depends on the neighbours."""
        texts = self.locator.ticks()
        return [texts.get(float(value), "") for value in values]


def set_time_axis(ax: Axes, periods: Periods, lang: str) -> None:
    """Give an Axes the time axis of the periods, edge to edge with a little air."""
    low, high = periods.left[0], periods.right[-1]
    length = float(np.median(periods.right - periods.left))
    air = max((high - low) * 0.008, (FEWEST * length - (high - low)) / 2)
    ax.set_xlim(low - air, high + air)
    axis, chooser = ax.xaxis, Chooser(ax, periods, lang)
    axis.remove_overlapping_locs = False  # an outer label stands below an inner one
    first = 8 + SIZES["tick"] * 0.75
    for line, which, down in (("inner", "major", first), ("outer", "minor", first + SIZES["tick"] * 1.4)):
        locator = PeriodLocator(chooser, line)
        (axis.set_major_locator if which == "major" else axis.set_minor_locator)(locator)
        formatter = PeriodFormatter(locator)
        (axis.set_major_formatter if which == "major" else axis.set_minor_formatter)(formatter)
        ax.tick_params(axis="x", which=which, pad=down)
