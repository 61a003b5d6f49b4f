"""The chart of conversion: a rate is never without its interval and its n."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection, LineCollection

from tegro_analytics import charts
from tegro_analytics.exceptions import DataError
from tests.charts.tables import by_group, draw, legend_of, over_time, over_time_by_group, row_labels
from tests.golden import arrow, golden_rows, pandas_frame

LOW, HIGH = "conversion_24h_low", "conversion_24h_high"


def whiskers(ax: Axes, *, across: int = 1) -> list[tuple[float, float]]:
    """Read the ends of the whiskers that are drawn."""
    found = [item for item in ax.collections if isinstance(item, LineCollection)]
    return [(segment[0][across], segment[1][across]) for item in found for segment in item.get_segments()]


def points(ax: Axes) -> list[float]:
    """Read where the points of the rows stand."""
    (line,) = (line for line in ax.lines if line.get_marker() == "o")
    return [float(value) for value in np.asarray(line.get_xdata())]


def test_rate_interval_and_n_are_those_of_the_table() -> None:
    result = over_time(5)
    ax = draw("conversion", result)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), result["conversion_24h"])
    assert np.allclose(whiskers(ax), result[[LOW, HIGH]])
    assert [bar.get_height() for bar in ax.child_axes[0].containers[0]] == result["mature"].tolist()
    assert legend_of(ax) == ["Paid within 24\xa0h", "95% interval (Wilson)"]


def test_the_golden_orders() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    ax = charts.conversion(orders, by="is_test", lang="ru")
    assert (ax.get_title(loc="left"), row_labels(ax)) == ("Конверсия за 24\xa0ч по полю «Тестовый»", ["нет"])
    assert points(ax) == pytest.approx([4 / 7])
    assert np.allclose(whiskers(ax, across=0), [(0.250458, 0.841780)], atol=1e-6)
    assert any(text.get_text().startswith("n = 7 заказов старше 24") for text in ax.texts)


def test_many_points_have_a_band_with_gaps() -> None:
    result = over_time(40, freq="day")
    result.loc[[10, 12], ["conversion_24h", LOW, HIGH]] = math.nan
    ax = draw("conversion", result)
    (band,) = (item for item in ax.collections if isinstance(item, FillBetweenPolyCollection))
    days = [(path.vertices[:, 0].min(), path.vertices[:, 0].max()) for path in band.get_paths()]
    gaps = np.asarray(ax.lines[0].get_xdata())[[10, 12]]
    assert not [gap for gap in gaps for first, last in days if first <= gap <= last]
    # The lone day between the gaps would be a band without width: it has a whisker.
    assert np.allclose(whiskers(ax), [tuple(result.loc[11, [LOW, HIGH]])])


def test_a_period_without_mature_orders_is_a_gap() -> None:
    result = over_time(3)
    result.loc[1, ["conversion_24h", LOW, HIGH]] = math.nan
    ax = draw("conversion", result)
    assert np.isnan(np.asarray(ax.lines[0].get_ydata())).tolist() == [False, True, False]
    assert len(whiskers(ax)) == 2


def test_bounds_are_drawn_where_the_outcome_is_not_known() -> None:
    result = over_time(4)
    rate = result["conversion_24h"]
    known = draw("conversion", result.assign(conversion_24h_min=rate, conversion_24h_max=rate))
    assert "Bounds where the outcome is not known" not in legend_of(known)
    there = pd.Series([0, 1, 0, 0])
    unknown = result.assign(conversion_24h_min=rate - 0.05 * there, conversion_24h_max=rate + 0.02 * there)
    ax = draw("conversion", unknown)
    assert "Bounds where the outcome is not known" in legend_of(ax)
    ends = [float(line.get_ydata()[0]) for line in ax.lines if line.get_marker() == "_"]
    assert ends == pytest.approx([rate[1] - 0.05, rate[1] + 0.02])


def test_noise_does_not_fill_the_axis() -> None:
    result = over_time(3).assign(conversion_24h=[0.70, 0.701, 0.699])
    result[LOW], result[HIGH] = result["conversion_24h"] - 0.001, result["conversion_24h"] + 0.001
    ax = draw("conversion", result)
    assert ax.get_ylim()[1] - ax.get_ylim()[0] > 0.2


def test_groups_have_points_intervals_and_n_the_best_first() -> None:
    ax = draw("conversion", by_group(["low", "middle", "high"]))
    table = charts.data(ax)
    assert row_labels(ax) == ["high", "middle", "low"]
    assert points(ax) == table["conversion_24h"].tolist()
    assert np.allclose(whiskers(ax, across=0), table[[LOW, HIGH]])
    written = {text.get_text() for text in ax.texts}
    assert {"54", "47", "40"} <= written


def test_groups_that_are_not_drawn_are_counted() -> None:
    ax = draw("conversion", by_group([f"System {n}" for n in range(45)]))
    assert len(row_labels(ax)) == 40
    assert any("5 more groups" in text.get_text() for text in ax.texts)
    assert len(charts.data(ax)) == 45


def test_groups_over_time_stand_beside_each_other() -> None:
    result = over_time_by_group(["a", "b"], 3)
    ax = draw("conversion", result)
    first, second = (line for line in ax.lines if line.get_linestyle() == "-")
    assert (np.asarray(first.get_xdata()) < np.asarray(second.get_xdata())).all()
    assert len(whiskers(ax)) == 6


def test_weekdays_keep_their_order_and_have_names() -> None:
    result = by_group(["x"] * 7).drop(columns=["currency", "payment_system_id", "payment_system", "share"])
    result.insert(0, "weekday", [7, 1, 2, 3, 4, 5, 6])
    ax = charts.conversion(result, lang="en")
    assert row_labels(ax) == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert ax.get_title(loc="left") == "Conversion within 24\xa0h by weekday"


def test_a_currency_is_a_group_of_conversion_and_a_filter_of_orders() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    both = charts.conversion(orders, by="currency", lang="en")
    assert sorted(row_labels(both)) == ["RUB", "USD"]
    dollars = charts.conversion(orders, currency="USD", by="is_test", lang="en")
    assert charts.data(dollars)["mature"].tolist() == [1]


def test_a_result_of_all_currencies_cannot_be_filtered() -> None:
    with pytest.raises(DataError, match="counts orders of all currencies"):
        draw("conversion", over_time(3), currency="RUB")


def test_the_result_is_the_table() -> None:
    result = over_time(4).drop(columns="currency")
    pd.testing.assert_frame_equal(charts.data(charts.conversion(result)), result)
