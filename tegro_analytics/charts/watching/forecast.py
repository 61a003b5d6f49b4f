"""Forecast: what was, and what the days ahead are likely to bring."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import PLOT, blank, conclude, nothing_in
from tegro_analytics.charts.drawing.numerals import NumberFormatter, Scale, count, money, scale, symbol
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, MUTED, VERMILION, tint
from tegro_analytics.charts.drawing.timeline import Timeline
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.exceptions import DataError
from tegro_analytics.texts import language, tr

__all__ = ["forecast"]

LOW, HIGH = "forecast_low", "forecast_high"
OF = ("gross_volume", "payments")
READS = ("forecast", LOW, HIGH, "method", "mase", "backtests")
SUBJECT = Subject(
    chart="forecast", metric="forecast", reads=READS, weight="days", unit="", rows=("period_start",)
)
PAST = Subject(chart="forecast", metric="revenue", reads=OF, rows=("period_start",), options={"freq": "day"})
OF_BOTH = ("since", "as_of", "zone", "reference")
"""What the past is asked with as the forecast is."""
LEAST_DAYS = 56
DASHES = (0, (4, 2))


def forecast(
    data: Any,
    *,
    history: pd.DataFrame | None = None,
    of: str = "gross_volume",
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw the days that were and the days ahead, with the interval that holds 95 % of past errors.

    Below stand the method, its error (MASE) and from how many moments of the past it was tried.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.forecast` returned, or orders in any frame that it takes.
    history
        With a result: what :func:`tegro_analytics.revenue` returned with ``freq="day"``, for the days before.
        Orders bring their own.
    of
        ``gross_volume`` or ``payments``: what is forecast. A result does not say it, so say it again.
    ax, lang, currency
        As for :func:`tegro_analytics.charts.revenue`.
    **keywords
        With orders: what :func:`tegro_analytics.forecast` takes.

    Returns
    -------
    matplotlib.axes.Axes
        Its table holds the days before, where there are any, and the days ahead.

    Raises
    ------
    DataError
        If ``data`` is the result of another metric, has no such currency, or holds several groups.
    TypeError
        If a keyword is not known, or comes with a result.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics import charts
    >>> day = pd.date_range("2026-10-01", periods=2)
    >>> result = pd.DataFrame({
    ...     "currency": "RUB", "period_start": day, "period_end": day + pd.Timedelta(days=1),
    ...     "complete": False, "forecast": [100.0, 120.0], "forecast_low": [80.0, 90.0],
    ...     "forecast_high": [120.0, 150.0], "method": "ets", "mase": 0.8, "backtests": 12})
    >>> ax = charts.forecast(result, lang="en")
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['Forecast, 2 days: RUB\\xa0220.00', '95% interval']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    if of not in OF:
        raise DataError(f"of={of!r} cannot be drawn: give one of {', '.join(map(repr, OF))}")
    given = isinstance(data, pd.DataFrame) and set(READS) <= set(data.columns)
    asked = keywords if given else {**keywords, "of": of}
    source = resolve(SUBJECT, data, currency=currency, keywords=asked)
    source = replace(source, table=source.table.sort_values("period_start").reset_index(drop=True))
    with sheet(ax, chosen) as page:
        if nothing_in(source, "forecast", "backtests"):
            blank(page, source, counted="backtests")
        else:
            _draw(page, source, _past(source, data if source.asked else history, of), of)
    return page.ax


def _past(source: Source, data: Any, of: str) -> pd.DataFrame:
    """Get the complete days before the forecast, no more of them than help the eye."""
    if data is None:
        return pd.DataFrame(columns=["period_start", "period_end", of])
    known = {name: source.options[name] for name in OF_BOTH if name in source.options} if source.asked else {}
    table = resolve(PAST, data, currency=source.currency, keywords=known).table
    table = table[
        table["complete"].to_numpy(bool) & (table["period_start"] < source.table["period_start"].min())
    ]
    kept = table.sort_values("period_start").iloc[-max(LEAST_DAYS, 2 * len(source.table)) :]
    return pd.DataFrame(kept[["currency", "period_start", "period_end", "complete", of]]).reset_index(
        drop=True
    )


def _draw(page: Sheet, source: Source, past: pd.DataFrame, of: str) -> None:
    lang = page.lang
    page.plan(PLOT)
    whole = pd.concat([past, source.table], ignore_index=True) if len(past) else source.table
    periods = Periods.of(whole.assign(complete=True))  # what is ahead is no period that was cut short
    was = floats(whole[of]) if len(past) else np.full(len(whole), np.nan)
    mean, low, high = (floats(whole[name]) for name in ("forecast", LOW, HIGH))
    line = Timeline(page, periods, strip=False)
    top = float(np.nanmax(np.concatenate([was, mean, high])))
    unit = scale(top) if of == "gross_volume" else Scale(1.0, "")
    formatter = NumberFormatter(lang, divisor=unit.divisor, whole=of == "payments")
    line.value_axis(0.0, top or 1.0, formatter, rounded=True)
    line.interval(mean, low, high, VERMILION, alone=True)
    line.line(was, BLUE, calm=True)
    line.line(mean, VERMILION, marker="s", calm=True)
    line.ax.lines[-2].set_linestyle(DASHES)
    if len(past):
        edge = float(periods.left[len(past)])
        line.ax.axvline(edge, color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1.5)
    write = (
        partial(money, currency=source.currency or "", lang=lang)
        if of == OF[0]
        else partial(count, lang=lang)
    )
    names = tr(f"column.{of}", lang), tr("chart.forecast.ahead", lang)
    pairs = [(names[0], was)] * bool(len(past)) + [(names[1], mean)]
    amounts = unit.unit(symbol(source.currency or "", lang), lang)
    conclude(
        page,
        replace(source, table=source.table.iloc[:1]),
        periods=periods,
        unit=f"{names[0]}, {amounts}" if of == "gross_volume" else names[0],
        legend=_legend(len(past), names[0], len(source.table), write(float(np.nansum(mean))), lang),
        more=[_method(source, lang)],
        said=[
            *(words.say_series(name, values, periods, write, lang) for name, values in pairs),
            _method(source, lang),
        ],
        counted="backtests",
        height=PLOT,
        table=whole,
    )


def _legend(past: int, name: str, days: int, total: str, lang: str) -> list[tuple[Artist, str]]:
    was: list[tuple[Artist, str]] = [(Line2D([], [], color=BLUE, linewidth=1.8), name)] if past else []
    ahead = Line2D([], [], color=VERMILION, linewidth=1.8, linestyle=DASHES)
    return [
        *was,
        (ahead, tr("chart.forecast.total", lang, days=count(days, lang), total=total)),
        (Patch(color=tint(VERMILION, 0.2)), tr("chart.conversion.range", lang)),
    ]


def _method(source: Source, lang: str) -> str:
    """Say how the numbers were made, and how far such numbers were off in the past."""
    first = source.table.dropna(subset=["forecast"]).iloc[0]
    text = tr(f"chart.forecast.method.{first['method']}", lang)
    if pd.isna(first["mase"]):
        return text
    error = NumberFormatter(lang).format_ticks([round(float(first["mase"]), 2)])[0]
    return f"{text} {tr('chart.forecast.error', lang, error=error)}"
