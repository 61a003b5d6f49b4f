"""RFM: customers by how recently and how often they paid, and what they brought."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from babel.numbers import format_decimal
from matplotlib.axes import Axes

from tegro_analytics.charts.drawing import words
from tegro_analytics.charts.drawing.compose import blank, conclude
from tegro_analytics.charts.drawing.heat import Cells, Heat
from tegro_analytics.charts.drawing.numerals import Scale, count, money, scale, symbol
from tegro_analytics.charts.drawing.rows import Column
from tegro_analytics.charts.drawing.sheet import Sheet, sheet
from tegro_analytics.charts.sources.given import resolve
from tegro_analytics.charts.sources.source import Source, Subject, floats
from tegro_analytics.texts import language, tr

__all__ = ["rfm"]

SUBJECT = Subject(
    chart="rfm",
    metric="rfm",
    reads=("currency", "customer", "payment_days", "recency_days", "age_days", "gross_volume"),
    weight="customers",
    unit="",
    rows=("customer",),
    options={"limit": None},
)

SINCE = (30, 60, 90, 180, 365)
"""Where one column of days since the last payment ends and the next begins."""
OFTEN = (10, 5, 3, 2, 1)
"""The fewest days of payment of each row, the most first."""
TALL = 34.0
WIDEST = 96.0


def rfm(
    data: Any,
    *,
    ax: Axes | None = None,
    lang: str | None = None,
    currency: str | None = None,
    **keywords: Any,
) -> Axes:
    """Draw customers as a grid: how often they paid downwards, how long ago to the right.

    In each cell stand the customers and what they brought; the darker, the more that is. The upper left are
    the best customers, the upper right those who used to be.

    Parameters
    ----------
    data
        What :func:`tegro_analytics.rfm` returned, or orders in any frame that it takes; then all customers
        are drawn. A result holds the first 1,000 unless it was asked for with ``limit=None``.
    ax, lang, currency
        As for :func:`tegro_analytics.charts.revenue`; without a currency the one with the most customers is
        drawn.
    **keywords
        With orders: what :func:`tegro_analytics.rfm` takes.

    Returns
    -------
    matplotlib.axes.Axes
        Its table has one row for each cell: ``payment_days_from``, ``days_since_from`` (the fewest of each),
        ``customers``, ``gross_volume``.

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
    ...     "currency": "RUB", "customer": [7, 8, 9], "payment_days": [3, 1, 1], "recency_days": [40, 0, 0],
    ...     "age_days": [45, 5, 100], "gross_volume": [900.0, 100.0, 50.0]})
    >>> charts.data(ax := charts.rfm(result, lang="en"))
       payment_days_from  days_since_from  customers  gross_volume
    0                  3                0          1         900.0
    1                  1                0          1         100.0
    2                  1               91          1          50.0
    >>> import matplotlib.pyplot as plt
    >>> plt.close(ax.figure)
    """
    chosen = language(lang)
    source = resolve(SUBJECT, data, currency=currency, keywords=keywords)
    found = int(getattr(data, "found", len(data))) if not source.asked else len(source.table)
    left_out = found if found > len(source.table) + sum(number for _, number in source.others) else 0
    source = replace(source, table=_segments(source.table))
    with sheet(ax, chosen) as page:
        if not len(source.table):
            blank(page, source, counted="customers")
        else:
            _grid(page, source, left_out)
    return page.ax


def _segments(table: pd.DataFrame) -> pd.DataFrame:
    """Sum the customers by segment, the best first."""
    since = (table["age_days"] - table["recency_days"]).to_numpy(int)
    days = table["payment_days"].to_numpy(int)
    starts = np.array([0, *(end + 1 for end in SINCE)])
    rows = np.array(sorted(OFTEN))
    keys = {
        "payment_days_from": rows[np.searchsorted(rows, days, side="right") - 1],
        "days_since_from": starts[np.searchsorted(starts, since, side="right") - 1],
    }
    each = pd.DataFrame({**keys, "customers": 1, "gross_volume": table["gross_volume"].array})
    summed = each.groupby(list(keys), as_index=False).sum()
    return summed.sort_values(list(keys), ascending=[False, True]).reset_index(drop=True)


def _grid(page: Sheet, source: Source, left_out: int) -> None:
    lang, table = page.lang, source.table
    gross = floats(table["gross_volume"])
    starts = [start for start in (0, *(end + 1 for end in SINCE)) if start <= table["days_since_from"].max()]
    rows = [OFTEN.index(value) for value in table["payment_days_from"]]
    places = rows, [starts.index(value) for value in table["days_since_from"]]
    shape = len(OFTEN), len(starts)
    shades, texts, people = np.zeros(shape), np.full(shape, "–", dtype=object), np.zeros(len(OFTEN))
    unit = scale(float(np.abs(gross).max()))
    shades[places] = np.clip(gross / max(float(gross.max()), 1e-9), 0, 1) * 0.8
    counts = [count(value, lang) for value in table["customers"]]
    texts[places] = [f"{one}\n{_short(two, unit, lang)}" for one, two in zip(counts, gross, strict=True)]
    np.add.at(people, rows, table["customers"])
    names = [tr(f"chart.rfm.rows.{fewest}", lang) for fewest in OFTEN]
    beside = Column(tr("chart.customers.n", lang), [count(value, lang) for value in people])
    heat = Heat(page, names, unnamed="", beside=beside, tall=TALL)
    written = unit.unit(symbol(source.currency or "", lang), lang)
    cells = Cells(shades, texts, np.zeros(shape, bool))
    heading = tr("chart.rfm.heading", lang, unit=written)
    above = heat.draw([_span(start, lang) for start in starts], cells, heading=heading, widest=WIDEST)
    conclude(
        page,
        source,
        more=[tr("chart.rfm.first", lang, found=count(left_out, lang))] if left_out else [],
        said=[words.say_rows(*_said(source, lang), lang)],
        counted="customers",
        height=heat.height,
        above=above,
        below=10.0,
    )


def _short(value: float, unit: Scale, lang: str) -> str:
    """Write an amount in the unit of the grid: three figures are enough to compare."""
    scaled = value / unit.divisor
    places = 0 if abs(scaled) >= 100 or unit.divisor == 1 else 1 if abs(scaled) >= 10 else 2
    return str(format_decimal(scaled, "#,##0" + ("." + "0" * places if places else ""), locale=lang))


def _span(start: int, lang: str) -> str:
    if start > SINCE[-1]:
        return tr("chart.rfm.over", lang, first=SINCE[-1])
    last = next(end for end in SINCE if end >= start)
    return f"{start}–{last}" if start else tr("chart.rfm.up_to", lang, last=last)


def _said(source: Source, lang: str) -> tuple[list[str], list[str]]:
    """Say the segments with the most revenue first."""
    ordered = source.table.iloc[np.argsort(-floats(source.table["gross_volume"]), kind="stable")]
    pairs = zip(ordered["payment_days_from"], ordered["days_since_from"], strict=True)
    names = [
        f"{tr(f'chart.rfm.rows.{days}', lang)}, {tr('chart.rfm.ago', lang, days=_span(start, lang))}"
        for days, start in pairs
    ]
    amounts = [money(value, source.currency or "", lang) for value in floats(ordered["gross_volume"])]
    return names, [
        f"n = {count(n, lang)}, {gross}" for n, gross in zip(ordered["customers"], amounts, strict=True)
    ]
