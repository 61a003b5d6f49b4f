"""The charts of customers and of what they are worth: amounts, shares and their intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import DataError
from tests.charts.people.tables import people_by_group, people_by_group_over_time, people_over_time
from tests.charts.tables import HOSTILE, assert_texts_fit, legend_of, row_labels
from tests.golden import arrow, golden_rows, pandas_frame
from tests.marks import first_of

BOTH = ("customers", "customer_value")


def draw(chart: str, data: pd.DataFrame, **keywords: Any) -> Axes:
    """Draw a chart; customers has no key for the currency."""
    if chart == "customers":
        data = data.drop(columns="currency", errors="ignore")
    ax: Axes = getattr(charts, chart)(data, **{"lang": "en", **keywords})
    return ax


def tops(ax: Axes, at: int) -> list[float]:
    return [bar.get_y() + bar.get_height() for bar in ax.containers[at]]


def notes(ax: Axes) -> str:
    return " ".join(text.get_text() for text in ax.texts).replace("\n", " ").replace("\xa0", " ")


def test_new_customers_stand_on_the_returning_ones() -> None:
    ax = draw("customers", people_over_time(3, incomplete=1))
    assert tops(ax, 0) == [4, 4, 4]
    assert tops(ax, 1) == [10, 11, 12]
    assert [bool(bar.get_hatch()) for bar in ax.containers[1]] == [False, False, True]
    assert legend_of(ax)[:2] == ["Returning", "New: 21"]
    assert ax.get_ylabel() == "Customers who paid"
    assert "The history begins in January 2026" in notes(ax)


def test_the_share_that_came_again_has_its_interval() -> None:
    (below,) = draw("customers", people_over_time(3)).child_axes
    assert list(below.lines[0].get_ydata()) == [0.2] * 3
    (arms,) = (item for item in below.collections if isinstance(item, LineCollection))
    assert np.allclose([segment[:, 1] for segment in arms.get_segments()], [0.1, 0.4])


def test_nobody_pays_on_several_days_of_a_day() -> None:
    ax = draw("customers", people_over_time(10, freq="day"))
    assert not ax.child_axes
    assert legend_of(ax) == ["Returning", "New: 105"]


def test_gross_and_net_per_customer_and_how_many_they_are_of() -> None:
    ax = draw("customer_value", people_over_time(3, incomplete=1))
    assert (tops(ax, 0), tops(ax, 1)) == ([1000, 1100, 1200], [900, 990, 1080])
    assert [bar.get_height() for bar in ax.child_axes[0].containers[0]] == [10, 11, 12]
    assert ax.get_ylabel() == "RUB"
    assert "Net = gross − fees − refunds" in notes(ax)
    falling = people_over_time(2).assign(ltv_historic=[-5.0, np.nan], arppu=[10.0, np.nan])
    assert draw("customer_value", falling).get_ylim()[0] < -5


def test_rows_of_customers() -> None:
    ax = draw("customers", people_by_group(["a", "b"]))
    assert row_labels(ax) == ["b", "a"]
    assert [bar.get_width() for bar in ax.containers[0]] == [11, 10]
    assert [bar.get_width() for bar in ax.containers[1]] == [4, 4]
    assert list(ax.child_axes[0].lines[-1].get_xdata()) == [0.2, 0.2]
    everybody_new = people_by_group(["a", "b"]).assign(returning_payers=0)
    assert legend_of(draw("customers", everybody_new)) == []


def test_rows_of_value() -> None:
    ax = draw("customer_value", people_by_group(["a", "b"]))
    assert [bar.get_width() for bar in ax.containers[0]] == [1100, 1000]
    assert [bar.get_width() for bar in ax.containers[1]] == [990, 900]
    assert {"RUB 1,100.00", "RUB 990.00", "30.0%", "11"} <= {
        t.get_text().replace("\xa0", " ") for t in ax.texts
    }


@pytest.mark.parametrize(
    ("chart", "column"), [("customers", "unique_payers"), ("customer_value", "ltv_historic")]
)
def test_groups_over_time_are_lines_and_not_added_up(chart: str, column: str) -> None:
    result = people_by_group_over_time(["a", "b"], 4)
    ax = draw(chart, result)
    assert legend_of(ax) == ["a", "b", "Period not complete"]
    lines = [list(line.get_ydata()) for line in ax.lines if line.get_linestyle() == "-"]
    assert lines == [result[column].iloc[:4].tolist(), result[column].iloc[4:].tolist()]


@pytest.mark.parametrize("chart", BOTH)
def test_the_golden_orders_draw_as_their_result_does(chart: str) -> None:
    orders = pandas_frame(arrow(golden_rows()))
    ax = getattr(charts, chart)(orders, lang="ru", freq="day")
    result = getattr(metrics, chart)(orders, freq="day")
    pd.testing.assert_frame_equal(charts.data(getattr(charts, chart)(result, lang="ru")), charts.data(ax))
    assert "данные на 04.03.2026 12:00" in charts.alt_text(ax)
    with pytest.raises(DataError, match=rf"a result of {chart}\. Draw it with charts\.{chart}"):
        charts.revenue(result)


def test_customers_of_one_currency() -> None:
    ax = charts.customers(pandas_frame(arrow(golden_rows())), currency="USD", freq="day", lang="en")
    assert charts.data(ax)["unique_payers"].sum() == 1


def test_another_currency_is_named() -> None:
    ax = charts.customer_value(pandas_frame(arrow(golden_rows())), freq="day", lang="en")
    assert 'RUB alone is drawn. Also in the data: USD; see currency="USD".' in notes(ax)


@pytest.mark.parametrize(
    ("chart", "count", "freq", "lang"),
    first_of(
        ("customers", 12, "month", "ru"),
        ("customer_value", 1, "day", "en"),
        ("customers", 1, "month", "en"),
        ("customer_value", 60, "month", "ru"),
        ("customers", 1826, "day", "ru"),
        ("customer_value", 1826, "day", "en"),
        ("customers", 260, "week", "en"),
    ),
)
def test_time_in_any_length(
    chart: str, count: int, freq: str, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ax = draw(chart, people_over_time(count, freq=freq, start="2021-11-24", incomplete=1), lang=lang)
    assert_texts_fit(ax, monkeypatch)


@pytest.mark.parametrize(
    ("chart", "lang"), first_of(("customer_value", "ru"), ("customers", "ru"), ("customers", "en"))
)
def test_hostile_names(chart: str, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = draw(chart, people_by_group(HOSTILE), lang=lang)
    assert_texts_fit(rows, monkeypatch)
    assert len(set(row_labels(rows))) == len(HOSTILE)
    lines = draw(chart, people_by_group_over_time(HOSTILE[:7], 3), lang=lang)
    assert_texts_fit(lines, monkeypatch)


@pytest.mark.parametrize("chart", BOTH)
@pytest.mark.parametrize("lang", ["en", "ru"])
def test_nothing_to_draw(chart: str, lang: str) -> None:
    ax = draw(chart, people_by_group([]), lang=lang)
    assert {"en": "No data", "ru": "Нет данных"}[lang] in {text.get_text() for text in ax.texts}


@pytest.mark.long
def test_more_groups_than_can_be_read_are_counted() -> None:
    for chart in BOTH:
        ax = draw(chart, people_by_group([f"System {n}" for n in range(45)]))
        assert len(row_labels(ax)) == 40
        assert "5 more groups" in notes(ax)
        assert len(charts.data(ax)) == 45


@pytest.mark.long
def test_a_grid_of_subplots(monkeypatch: pytest.MonkeyPatch) -> None:
    _, grid = plt.subplots(2, 2, figsize=(14, 10), layout="constrained")
    for chart, row in zip(BOTH, grid, strict=True):
        draw(chart, people_over_time(11, incomplete=1), ax=row[0], lang="ru")
        draw(chart, people_by_group(HOSTILE[:5]), ax=row[1], lang="ru")
    assert_texts_fit(grid[0, 0], monkeypatch)
