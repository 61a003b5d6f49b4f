"""The chart of anomalies in conversion: before, now, and what chance hardly explains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import DataError
from tests.charts.tables import HOSTILE, assert_texts_fit, legend_of, periods, row_labels
from tests.golden import arrow, golden_rows, order, pandas_frame
from tests.marks import first_of


def held(names: Sequence[str], *, odd: int = 1, days: int = 1) -> pd.DataFrame:
    """Make groups that were paid in 8 of 10 before, and now less and less; the last ones are odd."""
    count = len(names)
    rate = pd.Series([0.8 - 0.5 * at / max(1, count) for at in range(count)], dtype="float64")
    one = pd.DataFrame(
        {
            "payment_system": pd.Series(list(names), dtype="str"),
            "mature": pd.Series([20 + at for at in range(count)], dtype="int64"),
            "expected_rate": 0.8,
            "conversion_24h": rate,
            "conversion_24h_low": rate - 0.1,
            "conversion_24h_high": rate + 0.1,
            "q_value": pd.Series([1 / (at + 1) for at in range(count)], dtype="float64"),
            "is_anomaly": pd.Series([at >= count - odd for at in range(count)], dtype="bool"),
        }
    )
    keys = periods("2026-03-01", days, "day")
    return keys.merge(one, how="cross")


def drawn(ax: Axes, marker: str) -> list[float]:
    return [
        float(x) for line in ax.lines if line.get_marker() == marker for x in np.asarray(line.get_xdata())
    ]


def notes(ax: Axes) -> str:
    return " ".join(text.get_text() for text in ax.texts).replace("\n", " ").replace("\xa0", " ")


def test_before_now_and_interval_are_those_of_the_table() -> None:
    result = held(["a", "b"])
    ax = charts.conversion_anomalies(result, lang="en")
    assert row_labels(ax) == ["b", "a"]
    assert drawn(ax, "s") == [0.8, 0.8]
    assert drawn(ax, "o") == pytest.approx([0.55, 0.8])
    assert drawn(ax, "D") == pytest.approx([0.55])
    ends = [
        (segment[0][0], segment[1][0])
        for item in ax.collections
        if isinstance(item, LineCollection)
        for segment in item.get_segments()
        if item.get_zorder() == 2
    ]
    assert np.allclose(ends, [(0.45, 0.65), (0.7, 0.9)])
    assert {"▼ lower", "as before", "55.0%", "80.0%", "21"} <= {text.get_text() for text in ax.texts}
    pd.testing.assert_frame_equal(charts.data(ax), result)
    assert "b: 80.0% → 55.0%, ▼ lower; a: 80.0% → 80.0%, as before." in charts.alt_text(ax)


def test_a_rate_far_from_the_one_before_is_on_the_paper_with_it() -> None:
    ax = charts.conversion_anomalies(held(["a"]).assign(expected_rate=0.1), lang="en")
    low, _ = ax.get_xlim()
    assert low < 0.1
    assert "▲ higher" in {text.get_text() for text in ax.texts}


def test_the_last_period_is_drawn_and_earlier_alarms_are_counted() -> None:
    ax = charts.conversion_anomalies(held(["a", "b"], days=5), lang="en")
    assert row_labels(ax) == ["b", "a"]
    assert "Unlike before in earlier periods: 4; they are in the table." in notes(ax)
    assert "Mar 5, 2026" in notes(ax)
    assert "n = 41 orders" in notes(ax)
    assert len(charts.data(ax)) == 10


def test_nothing_odd_has_no_mark() -> None:
    ax = charts.conversion_anomalies(held(["a"], odd=0), lang="ru")
    assert legend_of(ax) == ["8 предыдущих недель", "За период"]


def test_orders_draw_as_their_result_and_numbers_have_names() -> None:
    rows = [
        order(
            number,
            created=f"{day:%Y-%m-%d} 10:00",
            paid=f"{day:%Y-%m-%d} 10:05" if paid else None,
            status=1 if paid else 0,
        )
        | {"as_of": pd.Timestamp("2026-04-29T00:00Z")}
        for number, (day, paid) in enumerate(
            (day, paid and at < 56)
            for at, day in enumerate(pd.date_range("2026-03-02", periods=57))
            for paid in (True, False, True, True)
        )
    ]
    orders = pandas_frame(arrow(rows))
    ax = charts.conversion_anomalies(orders, lang="en")
    assert row_labels(ax) == ["Bank cards · Tinkoff Bank (25)"]
    assert drawn(ax, "s") == [0.75]
    result = charts.conversion_anomalies(metrics.conversion_anomalies(orders), lang="en")
    pd.testing.assert_frame_equal(charts.data(result), charts.data(ax))
    with pytest.raises(DataError, match=r"a result of conversion_anomalies\. Draw it with"):
        charts.fees(metrics.conversion_anomalies(orders))


def test_nothing_to_test() -> None:
    for lang, told in (("ru", "Нет данных"), ("en", "No data")):
        ax = charts.conversion_anomalies(pandas_frame(arrow(golden_rows())), lang=lang)
        assert told in notes(ax)


@pytest.mark.parametrize(
    ("names", "lang"),
    first_of((HOSTILE, "ru"), (["one"], "en"), (HOSTILE, "en"), ([f"System {n}" for n in range(45)], "ru")),
)
def test_texts_fit(names: list[str], lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.conversion_anomalies(held(names, odd=3), lang=lang)
    assert_texts_fit(ax, monkeypatch)
    assert len(set(row_labels(ax))) == min(40, len(names))


@pytest.mark.long
def test_in_subplots(monkeypatch: pytest.MonkeyPatch) -> None:
    _, grid = plt.subplots(1, 2, figsize=(14, 5), layout="constrained")
    for place, count in zip(grid, (1, 12), strict=True):
        charts.conversion_anomalies(held(HOSTILE[:count]), ax=place, lang="ru")
    assert_texts_fit(grid[0], monkeypatch)
