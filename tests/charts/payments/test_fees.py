"""The chart of fees: the rate as a line, the fees in the strip below it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from tegro_analytics import charts
from tests.charts.tables import by_group, draw, legend_of, over_time, over_time_by_group, row_labels
from tests.golden import arrow, golden_rows, pandas_frame


def test_rate_and_fees_are_those_of_the_table() -> None:
    result = over_time(5)
    ax = draw("fees", result)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), result["effective_fee_rate"])
    (strip,) = ax.child_axes
    assert [bar.get_height() for bar in strip.containers[0]] == result["fees"].tolist()
    pd.testing.assert_frame_equal(charts.data(ax), result)


def test_the_golden_orders() -> None:
    ax = charts.fees(pandas_frame(arrow(golden_rows())), freq="day", lang="ru")
    assert [round(rate, 6) for rate in ax.lines[0].get_ydata()] == [0.05, 0.05, round(20 / 700, 6), 0.0]
    assert legend_of(ax) == [
        "Эффективная ставка",
        "За весь период: 4,04\xa0%",
        "Комиссии: 95,00\xa0₽",
        "Период не завершён",
    ]
    assert ax.get_ylabel() == "Комиссии, % от валовой выручки"
    assert ax.child_axes[0].get_title(loc="left") == "Комиссии, ₽"
    assert [bar.get_hatch() for bar in ax.child_axes[0].containers[0]] == [None, None, None, "/////"]


def test_a_period_without_payments_is_a_gap_and_a_lone_point_is_seen() -> None:
    result = over_time(5)
    result.loc[[1, 3], "effective_fee_rate"] = math.nan
    ax = draw("fees", result)
    line, points = ax.lines[:2]
    assert np.isnan(np.asarray(line.get_ydata())).tolist() == [False, True, False, True, False]
    assert len(points.get_xdata()) == 3


def test_a_missing_period_breaks_the_line() -> None:
    result = over_time(6).drop(index=3)
    drawn = np.asarray(draw("fees", result).lines[0].get_ydata())
    assert np.flatnonzero(np.isnan(drawn)).tolist() == [3]
    assert len(drawn) == 6


def test_the_whole_periods_rate_is_a_ratio_of_sums() -> None:
    result = over_time(2).assign(
        gross_volume=[100.0, 900.0], fees=[10.0, 18.0], effective_fee_rate=[0.1, 0.02]
    )
    ax = draw("fees", result)
    assert "Whole period: 2.80%" in legend_of(ax)
    assert any(np.allclose(line.get_ydata(), 0.028) for line in ax.lines)


def test_what_is_not_complete_is_hatched_behind_the_line() -> None:
    complete, incomplete = draw("fees", over_time(4)), draw("fees", over_time(4, incomplete=2))
    assert [patch.get_hatch() for patch in complete.patches] == []
    assert [patch.get_hatch() for patch in incomplete.patches] == ["/////"]
    left, right = (
        incomplete.patches[0].get_x(),
        incomplete.patches[0].get_x() + incomplete.patches[0].get_width(),
    )
    assert right - left == 31 + 30  # March and April, as one stretch


def test_groups_have_bars_of_rates_from_zero() -> None:
    ax = draw("fees", by_group(["a", "b", "c"]))
    table = charts.data(ax)
    assert row_labels(ax) == table["payment_system"].tolist() == ["c", "b", "a"]
    assert [bar.get_width() for bar in ax.containers[0]] == table["effective_fee_rate"].tolist()
    assert ax.get_xlim()[0] == 0


def test_the_rate_of_the_others_is_a_ratio_of_sums() -> None:
    result = by_group([f"System {n}" for n in range(45)])
    ax = draw("fees", result)
    others = charts.data(ax).iloc[39:]
    assert row_labels(ax)[-1] == "other (6)"
    rate = others["fees"].sum() / others["gross_volume"].sum()
    assert ax.containers[0][-1].get_width() == pytest.approx(rate)


def test_groups_over_time_are_lines_and_the_small_ones_are_named() -> None:
    result = over_time_by_group([f"System {n}" for n in range(10)], 4)
    ax = draw("fees", result)
    assert sum(label.startswith("System") for label in legend_of(ax)) == 6
    assert any("4 more groups" in text.get_text() for text in ax.texts)
    amounts = [bar.get_height() for bar in ax.child_axes[0].containers[0]]
    assert amounts == pytest.approx(result.groupby("period_start")["fees"].sum().tolist())
