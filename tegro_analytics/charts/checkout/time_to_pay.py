"""Time to pay: which share of all orders was paid by each moment after their creation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from tegro_analytics.charts.checkout.elapsed import duration, set_elapsed_axis
from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import PLOT, blank, conclude, nothing_in
from tegro_analytics.charts.drawing.lettering import labels, width
from tegro_analytics.charts.drawing.numerals import NumberFormatter, Steps, count, percent
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, GRID, INK, MARKERS, MUTED, SERIES, SIZES, dress, tint
from tegro_analytics.charts.drawing.surround import LEGEND_ROOM
from tegro_analytics.charts.drawing.timeline import line_sample
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.texts import language, plural, tr

__all__ = ["time_to_pay"]

SHARE, LOW, HIGH = "paid_share", "paid_share_low", "paid_share_high"

# A moment every few points of the axis, so that the steps are those of the curve, and the round moments.
AT = tuple(
    sorted(
        {int(60 * np.sinh(place)) for place in np.linspace(0.05, float(np.arcsinh(10_080)), 120)}
        | {60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 259_200, 604_800}
    )
)
"""Where the curve is read when the chart is given orders, in seconds: up to a week."""

SUBJECT = Subject(
    chart="time_to_pay",
    metric="time_to_pay",
    reads=("seconds", SHARE, LOW, HIGH, "at_risk", "orders"),
    unit="",
    day="created_date",
    all_currencies=True,
    along=("seconds",),
    options={"at": AT},
)

ROW = 14.0
HEAD = 19.0
LEAST_PLOT = 130.0
FEW = 40
"""A curve of fewer moments is not a curve of steps: its marks are joined."""


def time_to_pay(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw the share of all orders that was paid by each moment after their creation, with its interval.

    The axis of time is linear within the first minute and logarithmic beyond. Under the curves stands how
    many orders were not yet paid, and still watched, at each tick: where few are left, a curve means little.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.time_to_pay` returned, or orders in any frame that it takes. A result is
        known at its own moments alone: where those are few, they are marked and joined.
    ax, lang
        As for :func:`tegro_analytics.charts.revenue`.
    currency
        Count the orders of this currency alone; without it those of all currencies are counted together.
    **keywords
        With orders: what :func:`tegro_analytics.time_to_pay` takes. Without ``at`` the curve is read at some
        130 moments up to a week. Groups and periods are curves of their own, at most seven.

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the curves; the numbers below them are its child.

    Raises
    ------
    DataError
        If ``data`` is the result of another metric, or has no such currency.
    TypeError
        If a keyword is not known, or comes with a result.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics import charts
    >>> result = pd.DataFrame({
    ...     "seconds": [60, 3600, 86400], "paid_share": [0.25, 0.5, 0.75],
    ...     "paid_share_low": [0.2, 0.45, 0.7], "paid_share_high": [0.3, 0.55, 0.8],
    ...     "at_risk": [300, 200, 100], "orders": 400})
    >>> ax = charts.time_to_pay(result, lang="en")
    >>> [label.get_text().replace("\\xa0", " ") for label in ax.get_xticklabels()]
    ['1 min', '1 hr', '1 day']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if nothing_in(source, "orders"):
            blank(page, source, counted=0)
        else:
            _draw(page, source)
    return page.ax


@dataclass(frozen=True)
class Curve:
    """One curve: its name in full and as a label, and its columns in order of time."""

    name: str
    label: str
    seconds: np.ndarray
    values: dict[str, np.ndarray]

    @property
    def orders(self) -> int:
        """How many orders the curve is of."""
        return int(self.values["orders"][0])

    @property
    def sparse(self) -> bool:
        """Whether the moments lie too far apart for the steps between them to be those of the curve."""
        return len(self.seconds) < FEW

    @property
    def excluded(self) -> int:
        """How many of them are not on it."""
        return int(self.values["excluded"][0]) if "excluded" in self.values else 0

    def at(self, column: str, moment: int) -> float:
        """Give the value at a moment; NaN where the curve is not known there."""
        found = np.flatnonzero(self.seconds == moment)
        return float(self.values[column][found[0]]) if len(found) else np.nan


def _draw(page: Sheet, source: Source) -> None:
    lang = page.lang
    curves, rest = _curves(source, lang)
    grouped = len(curves) > 1 or bool(source.by)
    page.plan(PLOT + ROW * (len(curves) - 1))
    ax = page.ax
    dress(ax, grid="y")
    tall = HEAD + ROW * len(curves)
    has_table = page.size[1] - tall > LEAST_PLOT
    names = labels([curve.label for curve in curves], room=page.size[0] * 0.2, size=SIZES["tick"])
    if has_table and grouped:
        page.beside = max(width(name, SIZES["tick"]) for name in names) + 5
    ticks = set_elapsed_axis(
        ax,
        np.concatenate([curve.seconds for curve in curves]),
        room=page.size[0],
        lang=lang,
        widest=max(width(count(float(curve.orders), lang), SIZES["tick"]) for curve in curves),
    )
    floor = (tall + 12) / page.size[1] if has_table else 0.0
    _share_axis(page, curves, floor)
    legend = [_curve(ax, curve, at, ticks, grouped=grouped) for at, curve in enumerate(curves)]
    legend.append((Patch(color=tint(BLUE, 0.2)), tr("chart.time_to_pay.interval", lang)))
    if has_table:
        _at_risk(page, curves, names if grouped else [""], ticks, tall / page.size[1])
    conclude(
        page,
        source,
        unit=tr("chart.time_to_pay.unit", lang),
        legend=legend,
        more=_notes(curves, rest, lang),
        said=[_said(curve, ticks, lang) for curve in curves],
        counted=sum(curve.orders for curve in [*curves, *rest]),
        height=page.height,
        below=24.0,
    )


def _curves(source: Source, lang: str) -> tuple[list[Curve], list[Curve]]:
    """Part the table into curves: the largest groups, or the last periods, and the rest."""
    table = source.table
    keys = [*(["period_start"] if source.timed else []), *source.by]
    parts = [part for _, part in table.groupby(keys, sort=False, dropna=False)] if keys else [table]
    heads = pd.concat([part.iloc[:1] for part in parts], ignore_index=True)
    names = words.group_names(heads, source.by, lang) if source.by else [""] * len(parts)
    if source.timed:
        names = [
            " · ".join(text for text in (_period(heads, at, lang), name) if text)
            for at, name in enumerate(names)
        ]
    elif not source.by:
        names = [tr("chart.time_to_pay.share", lang)]
    keyed = None if source.timed else words.group_keys(heads, source.by)
    written = labels(
        names, room=LEGEND_ROOM, size=SIZES["legend"], keys=keyed, unnamed=tr("chart.unnamed", lang)
    )
    curves = [
        _read(part.sort_values("seconds"), name, label)
        for part, name, label in zip(parts, names, written, strict=True)
    ]
    most = len(SERIES)
    if source.timed and not source.by:
        return curves[-most:], curves[:-most]
    ordered = sorted(curves, key=lambda curve: -curve.orders)
    return ordered[:most], ordered[most:]


def _period(heads: pd.DataFrame, at: int, lang: str) -> str:
    periods = Periods.of(heads.iloc[[at]])
    unfinished = "" if periods.complete[0] else tr("chart.alt.open", lang)
    return periods.name(0, lang) + unfinished


def _read(part: pd.DataFrame, name: str, label: str) -> Curve:
    columns = [name for name in (SHARE, LOW, HIGH, "at_risk", "orders", "excluded") if name in part.columns]
    return Curve(name, label, floats(part["seconds"]), {column: floats(part[column]) for column in columns})


def _share_axis(page: Sheet, curves: Sequence[Curve], floor: float) -> None:
    """Show shares from zero to the next tick above the highest, over the table."""
    seen = np.concatenate([curve.values[name] for curve in curves for name in (SHARE, HIGH)])
    high = float(np.nanmax(seen, initial=0.05))
    most = max(2, min(6, int(page.size[1] * (1 - floor) / 30)))
    top = min(1.0, Steps(0.0, high, most=most).top())
    page.ax.set_ylim(top - top / (1 - floor), top * 1.02)
    page.ax.yaxis.set_major_locator(Steps(0.0, top, most=most))
    page.ax.yaxis.set_major_formatter(NumberFormatter(page.lang, percent=True))


def _curve(ax: Axes, curve: Curve, at: int, ticks: Sequence[int], *, grouped: bool) -> tuple[Artist, str]:
    """Draw the steps of one curve and its band, with a mark at each tick; gives its legend entry."""
    colour, marker = (SERIES[at], MARKERS[at]) if grouped else (BLUE, "o")
    x, (share, low, high) = _from_zero(curve)
    there = np.isfinite(low) & np.isfinite(high)
    steps: dict[str, Any] = {} if curve.sparse else {"step": "post"}
    band: dict[str, Any] = {"where": there.tolist(), "color": colour, "alpha": 0.16, "linewidth": 0}
    ax.fill_between(x, low, high, zorder=2, **band, **steps)
    style = "default" if curve.sparse else "steps-post"
    ax.plot(x, share, color=colour, linewidth=1.8, drawstyle=style, zorder=3)
    marked = np.isfinite(share) & (np.isin(x, ticks) | (curve.sparse & (x > 0)))
    ax.plot(
        x[marked],
        share[marked],
        marker,
        color=colour,
        markersize=4.5,
        linestyle="none",
        zorder=4,
        clip_on=False,
    )
    return line_sample(colour, marker), curve.label


def _from_zero(curve: Curve) -> tuple[np.ndarray, list[np.ndarray]]:
    """Let a curve begin at the creation of the orders, when nothing was paid."""
    columns = [curve.values[name] for name in (SHARE, LOW, HIGH)]
    if curve.seconds[0] == 0:
        return curve.seconds, columns
    return np.insert(curve.seconds, 0, 0.0), [
        np.insert(column, 0, first) for column, first in zip(columns, (0.0, np.nan, np.nan), strict=True)
    ]


def _at_risk(
    page: Sheet, curves: Sequence[Curve], names: Sequence[str], ticks: Sequence[int], share: float
) -> None:
    """Write under each tick how many orders of each curve were not paid by then, and still watched."""
    ax, lang = page.ax, page.lang
    panel = ax.inset_axes((0, 0, 1, share), sharex=ax)
    dress(panel, grid="y", shared=True)
    panel.grid(visible=False)
    panel.set_facecolor("none")
    head = HEAD / ROW
    panel.set_ylim(len(curves), -head)
    panel.set_yticks([row + 0.5 for row in range(len(curves))], labels=list(names))
    panel.tick_params(axis="x", which="both", labelbottom=False)
    panel.axhline(-head, color=GRID, linewidth=0.8)
    panel.tick_params(axis="y", labelcolor=INK)
    for row, curve in enumerate(curves):
        for moment in ticks:
            text = panel.text(
                moment,
                row + 0.5,
                count(curve.at("at_risk", moment), lang),
                ha="center",
                va="center_baseline",
                fontsize=SIZES["note"],
                color=INK,
            )
            text.set_in_layout(False)
    title = panel.text(
        0,
        1,
        tr("chart.time_to_pay.at_risk", lang),
        transform=panel.transAxes,
        ha="left",
        va="top",
        fontsize=SIZES["note"],
        color=MUTED,
    )
    title.set_in_layout(False)


def _notes(curves: Sequence[Curve], rest: Sequence[Curve], lang: str) -> list[str]:
    lines = [tr("chart.not_drawn", lang, count=len(rest))] if rest else []
    if any(curve.sparse for curve in curves):
        lines.append(tr("chart.time_to_pay.joined", lang))
    excluded = sum(curve.excluded for curve in [*curves, *rest])
    if excluded:
        lines.append(plural("count.chart.off_the_curve", excluded, lang))
    return lines


def _said(curve: Curve, ticks: Sequence[int], lang: str) -> str:
    """Put a curve into words: the share at some of its ticks."""
    step = max(1, len(ticks) // 5)
    told = sorted({*ticks[::step], ticks[-1]})
    shares = [
        tr(
            "chart.time_to_pay.by_then",
            lang,
            share=percent(curve.at(SHARE, moment), lang),
            time=duration(moment, lang),
        )
        for moment in told
        if np.isfinite(curve.at(SHARE, moment))
    ]
    name = curve.name
    if not shares:
        return tr("chart.alt.nothing", lang, name=name)
    return tr("chart.time_to_pay.said", lang, name=name, shares=", ".join(shares))
