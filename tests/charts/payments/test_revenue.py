"""The chart of revenue draws what the table says."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import StepPatch

from tegro_analytics import charts
from tests.charts.tables import by_group, draw, legend_of, over_time, over_time_by_group, row_labels
from tests.golden import arrow, golden_rows, pandas_frame


def test_bars_are_gross_and_net_of_the_table() -> None:
    result = over_time(3)
    ax = draw("revenue", result)
    gross, net = ax.containers
    assert [bar.get_height() for bar in gross] == [30_000.0, 37_000.0, 44_000.0]
    assert [bar.get_height() for bar in net] == result["net_volume"].tolist()
    pd.testing.assert_frame_equal(charts.data(ax), result)


def test_the_golden_orders_by_day() -> None:
    ax = charts.revenue(pandas_frame(arrow(golden_rows())), freq="day", lang="ru")
    gross, net = ax.containers
    assert [bar.get_height() for bar in gross] == [1000.0, 500.0, 700.0, 150.0]
    assert [bar.get_height() for bar in net] == [950.0, 475.0, 280.0, 150.0]
    assert [bar.get_hatch() for bar in net] == [None, None, None, "/////"]
    assert ax.get_title(loc="left") == "Выручка по дням"
    assert ax.get_ylabel() == "₽"
    assert legend_of(ax) == [
        "Валовая: 2\xa0350,00\xa0₽",
        "Чистая: 1\xa0855,00\xa0₽",
        "Период не завершён",
    ]


def test_labels_in_english() -> None:
    ax = draw("revenue", over_time(3, incomplete=1))
    assert ax.get_title(loc="left") == "Revenue by month"
    assert ax.get_ylabel() == "RUB thousand"
    assert legend_of(ax) == ["Gross: RUB\xa0111,000.00", "Net: RUB\xa0106,247.50", "Period not complete"]
    inner = [label.get_text() for label in ax.get_xticklabels()]
    outer = [label.get_text() for label in ax.get_xticklabels(minor=True)]
    assert (inner, outer) == (["Jan", "Feb", "Mar"], ["2026"])


def test_a_complete_chart_has_no_hatch() -> None:
    ax = draw("revenue", over_time(3))
    assert {bar.get_hatch() for bar in ax.patches} == {None}
    assert "Period not complete" not in legend_of(ax)


def test_a_missing_value_is_no_bar_of_zero() -> None:
    result = over_time(4)
    result.loc[1, ["gross_volume", "net_volume"]] = math.nan
    gross, net = draw("revenue", result).containers
    assert [math.isnan(bar.get_height()) for bar in gross] == [False, True, False, False]
    assert [math.isnan(bar.get_height()) for bar in net] == [False, True, False, False]


def test_net_may_be_below_zero() -> None:
    result = over_time(3)
    result.loc[2, "net_volume"] = -5_000.0
    ax = draw("revenue", result)
    assert ax.containers[1][2].get_height() == -5_000.0
    assert ax.get_ylim()[0] < -5_000


def test_five_years_of_days_are_steps_and_lines() -> None:
    result = over_time(1826, start="2021-11-24", freq="day", incomplete=1)
    result.loc[100, "net_volume"] = math.nan
    ax = draw("revenue", result)
    steps = next(patch for patch in ax.patches if isinstance(patch, StepPatch))
    np.testing.assert_array_equal(steps.get_data().values, result["gross_volume"])
    net, mean = (line.get_ydata() for line in ax.lines if len(line.get_xdata()) == 1826)
    np.testing.assert_array_equal(net, result["net_volume"])
    assert np.asarray(mean)[27] == pytest.approx(result["net_volume"][:28].mean())
    unknown = [*range(27), *range(100, 128), 1825]  # before 28 days are full, around the gap, not complete
    assert np.flatnonzero(np.isnan(np.asarray(mean))).tolist() == unknown
    assert "Net, mean of 28 days" in legend_of(ax)


def test_groups_are_sorted_by_gross() -> None:
    ax = draw("revenue", by_group(["thirty", "thirty-seven", "forty-four"]))
    assert row_labels(ax) == ["forty-four", "thirty-seven", "thirty"]
    gross, net = ax.containers
    assert [bar.get_width() for bar in gross] == [44_000.0, 37_000.0, 30_000.0]
    assert [bar.get_width() for bar in net] == charts.data(ax)["net_volume"].tolist()
    assert charts.data(ax)["payment_system"].tolist() == row_labels(ax)


def test_small_groups_are_added_into_one_row() -> None:
    result = by_group([f"System {n}" for n in range(50)])
    ax = draw("revenue", result)
    assert row_labels(ax)[-1] == "other (11)"
    widths = [bar.get_width() for bar in ax.containers[0]]
    assert len(widths) == 40
    assert sum(widths) == pytest.approx(result["gross_volume"].sum())
    assert widths[-1] == result["gross_volume"].nsmallest(11).sum()
    assert len(charts.data(ax)) == 50


def test_groups_over_time_are_stacked_and_the_small_ones_added() -> None:
    result = over_time_by_group([f"System {n}" for n in range(10)], 3)
    ax = draw("revenue", result)
    assert len(ax.containers) == 7
    assert legend_of(ax)[6:] == ["other (4)", "Period not complete"]
    tops = [bar.get_y() + bar.get_height() for bar in ax.containers[-1]]
    assert tops == result.groupby("period_start")["gross_volume"].sum().tolist()


def test_what_is_odd_in_the_data_is_said() -> None:
    result = over_time(2).assign(undated_refunds=[1, 2], excluded_negative=[1, 0])
    said = " ".join(text.get_text() for text in draw("revenue", result).texts).replace("\n", " ")
    assert "3 refunds have no date of their own" in said
    assert "1 negative amount is left out." in said


def test_the_merchants_share_of_the_fee_is_said() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    ax = charts.revenue(orders, freq="day", merchant_share=0.5, lang="en")
    assert any("fees × 0.5" in text.get_text() for text in ax.texts)
    assert charts.data(ax)["net_volume"].sum() == 2350 - 95 / 2 - 400
