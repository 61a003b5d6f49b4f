"""Anomalies of conversion: payment systems whose conversion is unlike their own of the weeks before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import blank, conclude, nothing_in
from tegro_analytics.charts.drawing.numerals import NumberFormatter, count, percent
from tegro_analytics.charts.drawing.periods import Periods
from tegro_analytics.charts.drawing.rows import BEFORE, Block, Column, Dots, Rows, room_for
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.drawing.style import BLUE, VERMILION
from tegro_analytics.charts.drawing.timeline import line_sample
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.reference import load_reference
from tegro_analytics.texts import language, tr

__all__ = ["conversion_anomalies"]

RATE = "conversion_24h"
LOW, HIGH = f"{RATE}_low", f"{RATE}_high"
SUBJECT = Subject(
    chart="conversion_anomalies",
    metric="conversion_anomalies",
    reads=("mature", "expected_rate", RATE, LOW, HIGH, "q_value", "is_anomaly"),
    weight="mature",
    unit="",
    day="created_date",
    all_currencies=True,
)

ODD: dict[str, Any] = {"marker": "D", "markersize": 7.0, "markeredgecolor": "white", "linestyle": "none"}


def conversion_anomalies(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw the conversion of each payment system before and in the last period, those unlike before first.

    A hollow square is the rate of the 8 weeks before, a point that of the period with its Wilson interval; a
    diamond marks what chance hardly explains, and words say whether it rose or fell.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.conversion_anomalies` returned, or orders in any frame that it takes. The
        last period is drawn, alarms of earlier ones are counted below; to draw another one, end with it
        (``until``).
    ax, lang
        As for :func:`tegro_analytics.charts.revenue`.
    currency
        Test the orders of this currency alone; without it those of all currencies are counted together.
    **keywords
        With orders: what :func:`tegro_analytics.conversion_anomalies` takes.

    Returns
    -------
    matplotlib.axes.Axes
        The panel of the rates; its table holds every period.

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
    ...     "period_start": pd.to_datetime(["2026-10-01"] * 2), "complete": True,
    ...     "period_end": pd.to_datetime(["2026-10-02"] * 2), "payment_system": ["Card", "SBP"],
    ...     "mature": [10, 20], "expected_rate": [0.8, 0.8], "conversion_24h": [0.8, 0.1],
    ...     "conversion_24h_low": [0.49, 0.03], "conversion_24h_high": [0.94, 0.30],
    ...     "q_value": [1.0, 0.0001], "is_anomaly": [False, True]})
    >>> ax = charts.conversion_anomalies(result, lang="en")
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['SBP', 'Card']
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    with sheet(ax, chosen) as page:
        if nothing_in(source, "mature"):
            blank(page, source, counted="mature")
        else:
            _rows(page, source)
    return page.ax


def _rows(page: Sheet, source: Source) -> None:
    lang, table = page.lang, source.table
    last = table[table["period_start"] == table["period_start"].max()]
    ordered = pd.DataFrame(last.sort_values("q_value", kind="stable")).reset_index(drop=True)
    shown, rest = ordered.iloc[: room_for(page)], ordered.iloc[room_for(page) :]
    names = _names(shown, source, lang)
    rows = Rows(page, names, keys=words.group_keys(shown, source.by), unnamed=tr("chart.unnamed", lang))
    odd, blocks = shown["is_anomaly"].to_numpy(bool), _blocks(shown, lang)
    above = rows.draw(blocks)
    rates = floats(shown[RATE])
    if odd.any():
        page.ax.plot(rates[odd], np.flatnonzero(odd), color=VERMILION, zorder=5, clip_on=False, **ODD)
    earlier = int(table["is_anomaly"].sum()) - int(ordered["is_anomaly"].sum())
    more = [tr("chart.not_drawn", lang, count=len(rest))] if len(rest) else []
    if earlier:
        more.append(tr("chart.conversion_anomalies.earlier", lang, count=count(earlier, lang)))
    before = [percent(value, lang) for value in floats(shown["expected_rate"])]
    now, judged = [percent(value, lang) for value in rates], _judged(shown, lang)
    told = [f"{one} → {two}, {three}" for one, two, three in zip(before, now, judged, strict=True)]
    conclude(
        page,
        replace(source, table=ordered),
        periods=Periods.of(ordered),
        legend=_legend(lang, odd=int(ordered["is_anomaly"].sum())),
        said=[words.say_rows(names, told, lang)],
        more=more,
        counted="mature",
        height=rows.height,
        above=above,
        below=rows.below,
        table=table,
    )


def _names(shown: pd.DataFrame, source: Source, lang: str) -> list[str]:
    """Name the groups; where they are numbers of payment systems alone, by their names."""
    if source.by != ("payment_system_id",):
        return words.group_names(shown, source.by, lang)
    reference = load_reference()
    numbers = [None if pd.isna(value) else int(value) for value in shown["payment_system_id"]]
    missing = tr("chart.unknown", lang)
    return [missing if one is None else reference.payment_system(one).display for one in numbers]


def _blocks(shown: pd.DataFrame, lang: str) -> list[Block]:
    rates, low, high, before = (floats(shown[name]) for name in (RATE, LOW, HIGH, "expected_rate"))
    formatter = NumberFormatter(lang, percent=True)
    return [
        Dots(tr("chart.payment_systems.conversion", lang), rates, low, high, formatter, before=before),
        Column(
            tr("chart.conversion_anomalies.before", lang), [percent(value, lang) for value in before], rank=2
        ),
        Column(tr("chart.conversion_anomalies.now", lang), [percent(value, lang) for value in rates], rank=2),
        Column(
            tr("chart.conversion.orders", lang),
            [count(value, lang) for value in floats(shown["mature"])],
            rank=1,
        ),
        Column("", _judged(shown, lang)),
    ]


def _judged(shown: pd.DataFrame, lang: str) -> list[str]:
    """Say in words what each row is: risen, fallen, or as before."""
    rises = floats(shown[RATE]) > floats(shown["expected_rate"])
    odd = shown["is_anomaly"].to_numpy(bool)
    keys = ["same" if not one else "up" if two else "down" for one, two in zip(odd, rises, strict=True)]
    return [tr(f"chart.conversion_anomalies.{key}", lang) for key in keys]


def _legend(lang: str, *, odd: int) -> list[tuple[Artist, str]]:
    entries: list[tuple[Artist, str]] = [
        (Line2D([], [], **BEFORE), tr("chart.conversion_anomalies.hollow", lang)),
        (line_sample(BLUE, "o"), tr("chart.conversion_anomalies.point", lang)),
    ]
    if not odd:
        return entries
    told = tr("chart.anomalies.marks", lang, count=count(odd, lang))
    return [*entries, (Line2D([], [], color=VERMILION, **ODD), told)]
