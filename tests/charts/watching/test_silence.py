"""The chart of silence: the gap there is in gaps as they use to be, and the line beyond which it is odd."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import DataError
from tests.charts.tables import HOSTILE, assert_texts_fit, legend_of, row_labels
from tests.golden import arrow, golden_rows, pandas_frame
from tests.marks import first_of


def quiet(names: Sequence[str], expected: Sequence[float]) -> pd.DataFrame:
    """Make groups that have been silent for 6 hours; so many payments were expected meanwhile."""
    numbers = pd.Series(list(expected), dtype="float64")
    return pd.DataFrame(
        {
            "payment_system": pd.Series(list(names), dtype="str"),
            "silent_hours": 6.0,
            "expected_payments": numbers,
            "probability": np.exp(-numbers),
            "is_silent": np.exp(-numbers) < 0.001,
            "history_weeks": 8,
        }
    )


def bars(ax: Axes) -> list[float]:
    return [bar.get_width() for bar in ax.containers[0]]


def texts(ax: Axes) -> set[str]:
    return {text.get_text().replace("\xa0", " ") for text in ax.texts}


def test_bars_are_silences_in_usual_gaps_the_longest_first() -> None:
    ax = charts.silence(quiet(["a", "b", "c"], [2.0, 8.0, math.nan]), lang="en")
    assert row_labels(ax) == ["b", "a", "c"]
    assert bars(ax)[:2] == [8.0, 2.0]
    assert math.isnan(bars(ax)[2])
    assert {"×8.0", "×2.0", "–", "6.0 h", "3.0 h", "45 min", "<0.1%", "13.5%"} <= texts(ax)
    assert {"▲ silent", "usual", "under 8 weeks"} <= texts(ax)
    assert [bool(bar.get_hatch()) for bar in ax.containers[0]] == [True, False, False]
    assert legend_of(ax) == ["By chance: 1 case of 1,000", "Suspicious silence"]
    assert "b: 6.0 h, ▲ silent; a: 6.0 h, usual; c: 6.0 h, under 8 weeks." in charts.alt_text(ax)


def test_the_line_stands_where_a_silence_is_said_and_is_always_seen() -> None:
    for expected in (0.1, 6.9, 60.0):
        ax = charts.silence(quiet(["a"], [expected]), lang="en")
        (limit,) = (line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == "--")
        assert math.exp(-limit) == pytest.approx(0.001)
        assert limit < ax.get_xlim()[1]


def test_a_bar_that_is_cut_says_so() -> None:
    ax = charts.silence(quiet(["a", "b"], [700.0, 1.0]), lang="en")
    assert bars(ax)[0] == pytest.approx(-3 * math.log(0.001))
    assert "×700.0" in texts(ax)
    assert any("Bars are cut at 21" in text for text in texts(ax))


def test_long_silences_are_days_and_short_ones_minutes() -> None:
    ax = charts.silence(quiet(["a", "b"], [1.0, 2.0]).assign(silent_hours=[72.0, 0.25]), lang="ru")
    assert {"3,0 дн.", "15 мин"} <= texts(ax)


def test_orders_draw_as_their_result() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    ax = charts.silence(orders, lang="ru")
    assert row_labels(ax) == ["Всего"]
    assert "история < 8 нед." in texts(ax)
    assert any("данные на 04.03.2026 12:00" in text for text in texts(ax))
    pd.testing.assert_frame_equal(
        charts.data(charts.silence(metrics.silence(orders), lang="ru")), charts.data(ax)
    )
    with pytest.raises(DataError, match=r"a result of silence\. Draw it with charts\.silence"):
        charts.fees(metrics.silence(orders))


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_no_orders(lang: str) -> None:
    ax = charts.silence(quiet([], []), lang=lang)
    assert {"en": "No data", "ru": "Нет данных"}[lang] in texts(ax)


@pytest.mark.parametrize(
    ("names", "lang"),
    first_of((HOSTILE, "ru"), (["one"], "en"), (HOSTILE, "en"), ([str(n) for n in range(45)], "ru")),
)
def test_texts_fit(names: list[str], lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [math.nan if at == 2 else 40.0 / (at + 1) for at in range(len(names))]
    ax = charts.silence(quiet(names, expected), lang=lang)
    assert_texts_fit(ax, monkeypatch)
    assert len(set(row_labels(ax))) == min(40, len(names))


@pytest.mark.long
def test_in_subplots(monkeypatch: pytest.MonkeyPatch) -> None:
    _, grid = plt.subplots(1, 2, figsize=(14, 5), layout="constrained")
    for place, count in zip(grid, (1, 12), strict=True):
        charts.silence(quiet(HOSTILE[:count], range(count)), ax=place, lang="ru")
    assert_texts_fit(grid[0], monkeypatch)
