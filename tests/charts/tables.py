"""Results of metrics to draw, made from what can be read by eye, and the texts that a drawing shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from tegro_analytics import charts

mpl.use("Agg")

CHARTS = ("revenue", "fees", "conversion", "payment_systems")
OVER_TIME = CHARTS[:3]

HOSTILE = [
    "$\\frac{$",
    "_hidden",
    "100% {x} <b>&</b>",
    "支付宝 🔥",
    "北京支付",
    "two\nlines\tand a tab",
    "A" * 100 + "1" + "B" * 100,
    "A" * 100 + "2" + "B" * 100,
    "",
    "\u202egnirts",
    "$a$ and $b$",
    "\u0000\u0007bell",
]
"""Twelve names that somebody may give to a payment system."""

STEPS = {
    "hour": pd.DateOffset(hours=1),
    "day": pd.DateOffset(days=1),
    "week": pd.DateOffset(weeks=1),
    "month": pd.DateOffset(months=1),
    "quarter": pd.DateOffset(months=3),
    "year": pd.DateOffset(years=1),
}


def periods(start: str, count: int, freq: str, *, incomplete: int = 0) -> pd.DataFrame:
    """Make the keys of periods, the last ones incomplete."""
    starts = [pd.Timestamp(start) + n * STEPS[freq] for n in range(count)]
    return pd.DataFrame(
        {
            "period_start": pd.Series(starts, dtype="datetime64[us]"),
            "period_end": pd.Series([one + STEPS[freq] for one in starts], dtype="datetime64[us]"),
            "complete": [n < count - incomplete for n in range(count)],
        }
    )


def values(count: int) -> pd.DataFrame:
    """Make the values of rows: the payments rise and fall in sevens, fees are 4 to 5 % of 1,000 a payment."""
    payments = pd.Series([30 + (7 * n) % 40 for n in range(count)], dtype="int64")
    gross = payments * 1000.0
    rate = pd.Series([0.04 + 0.01 * (n % 5) / 4 for n in range(count)], dtype="float64")
    mature = payments + 10
    conversion = payments / mature
    return pd.DataFrame(
        {
            "gross_volume": gross,
            "fees": gross * rate,
            "refunds": 0.0,
            "net_volume": gross - gross * rate,
            "payments": payments,
            "effective_fee_rate": rate,
            "orders": mature + 2,
            "mature": mature,
            "conversion_24h": conversion,
            "conversion_24h_low": conversion - 0.1,
            "conversion_24h_high": conversion + 0.08,
        }
    )


def over_time(
    count: int = 6,
    *,
    start: str = "2026-01-01",
    freq: str = "month",
    incomplete: int = 0,
    currency: str = "RUB",
) -> pd.DataFrame:
    """Make a result with periods that any chart over time takes."""
    keys = periods(start, count, freq, incomplete=incomplete)
    return pd.concat([pd.DataFrame({"currency": currency}, index=keys.index), keys, values(count)], axis=1)


def by_group(names: Sequence[str], *, currency: str = "RUB") -> pd.DataFrame:
    """Make a result with one row for each payment system, ids from 1."""
    rows = values(len(names))
    keys = pd.DataFrame(
        {
            "currency": pd.Series([currency] * len(names), dtype="str"),
            "payment_system_id": pd.Series(range(1, len(names) + 1), dtype="Int64"),
            "payment_system": pd.Series(list(names), dtype="str"),
        }
    )
    share = rows["payments"] / max(1, rows["payments"].sum())
    return pd.concat([keys, rows.assign(share=share)], axis=1)


def over_time_by_group(names: Sequence[str], count: int = 6, *, freq: str = "month") -> pd.DataFrame:
    """Make a result with a row for each period and payment system."""
    parts = []
    for number, name in enumerate(names, start=1):
        part = over_time(count, freq=freq, incomplete=1)
        part.insert(4, "payment_system_id", number)
        part.insert(5, "payment_system", name)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def draw(chart: str, data: Any, **keywords: Any) -> Axes:
    """Draw a chart; conversion has no key for the currency."""
    if chart == "conversion" and isinstance(data, pd.DataFrame) and "mature" in data.columns:
        data = data.drop(columns="currency", errors="ignore")
    ax: Axes = getattr(charts, chart)(data, **{"lang": "en", **keywords})
    return ax


def figure_of(ax: Axes) -> Figure:
    """Give the figure of an Axes."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


@contextmanager
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Bbox]]]:
    """Note every text that is really drawn, with its box in pixels."""
    seen: list[tuple[str, Bbox]] = []
    plain = Text.draw

    def draw_and_note(self: Text, renderer: Any) -> None:
        plain(self, renderer)
        if self.get_visible() and self.get_text().strip():
            seen.append((self.get_text(), self.get_window_extent(renderer)))

    with monkeypatch.context() as patch:
        patch.setattr(Text, "draw", draw_and_note)
        yield seen


def texts_of(ax: Axes, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Bbox]]:
    """Draw the figure and give its texts."""
    with written(monkeypatch) as seen:
        figure_of(ax).canvas.draw()
    return seen


def assert_texts_fit(ax: Axes, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text lies inside the figure, and no two touch; gives what was drawn."""
    seen = texts_of(ax, monkeypatch)
    paper = figure_of(ax).bbox
    assert len(seen) > 3
    boxes = np.array([box.extents for _, box in seen])
    names = [text for text, _ in seen]
    outside = (boxes[:, :2] < -0.5).any(axis=1) | (boxes[:, 2:] > np.array(paper.extents[2:]) + 0.5).any(
        axis=1
    )
    assert [name for name, out in zip(names, outside, strict=True) if out] == []
    low, high = boxes[:, :2] + 1, boxes[:, 2:] - 1  # a pixel less: boxes include the room between lines
    touching = ((low[:, None] < high[None]) & (low[None] < high[:, None])).all(axis=2)
    assert [(names[a], names[b]) for a, b in np.argwhere(np.triu(touching, 1))] == []
    return names


def legend_of(ax: Axes) -> list[str]:
    """Give the labels of the legend."""
    legend = ax.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def row_labels(ax: Axes) -> list[str]:
    """Give the labels of the rows."""
    return [label.get_text() for label in ax.get_yticklabels()]


def close_all() -> None:
    """Close every figure."""
    plt.close("all")
