"""The chart of payment systems: shares and conversions side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection

from tegro_analytics import charts
from tegro_analytics.exceptions import DataError
from tests.charts.tables import by_group, draw, over_time_by_group, row_labels
from tests.golden import arrow, golden_rows, pandas_frame


def test_shares_and_conversions_are_those_of_the_table() -> None:
    ax = draw("payment_systems", by_group(["a", "b", "c"]))
    table = charts.data(ax)
    assert row_labels(ax) == table["payment_system"].tolist() == ["c", "b", "a"]
    assert [bar.get_width() for bar in ax.containers[0]] == table["share"].tolist()
    (panel,) = ax.child_axes
    assert list(panel.lines[-1].get_xdata()) == table["conversion_24h"].tolist()
    (arms,) = (item for item in panel.collections if isinstance(item, LineCollection))
    ends = [(segment[0][0], segment[1][0]) for segment in arms.get_segments()]
    assert np.allclose(ends, table[["conversion_24h_low", "conversion_24h_high"]])
    assert {text.get_text() for text in ax.texts} >= {"39.6%", "81.5%", "54"}


def test_the_golden_orders_in_russian() -> None:
    ax = charts.payment_systems(pandas_frame(arrow(golden_rows())), lang="ru")
    assert ax.get_title(loc="left") == "Платёжные системы"
    table = charts.data(ax)
    assert table["payments"].sum() == 5
    assert [bar.get_width() for bar in ax.containers[0]] == table["share"].tolist()
    assert any("USD (1 платёж)" in text.get_text().replace("\xa0", " ") for text in ax.texts)
    assert "данные на 04.03.2026 12:00" in charts.alt_text(ax)


def test_the_interval_of_a_share_is_drawn() -> None:
    result = by_group(["a", "b"])
    plain = draw("payment_systems", result)
    result = result.assign(share_low=result["share"] - 0.1, share_high=result["share"] + 0.1)
    ax = draw("payment_systems", result)
    assert not plain.collections
    ends = [segment[:, 0].tolist() for item in ax.collections for segment in item.get_segments()]
    table = charts.data(ax)
    assert np.allclose(ends, table[["share_low", "share_high"]])


def test_the_others_have_a_share_and_no_conversion() -> None:
    result = by_group([f"System {n}" for n in range(45)])
    ax = draw("payment_systems", result)
    assert row_labels(ax)[-1] == "other (6)"
    assert sum(bar.get_width() for bar in ax.containers[0]) == pytest.approx(1)
    assert np.isnan(np.asarray(ax.child_axes[0].lines[-1].get_xdata())[-1])
    assert len(charts.data(ax)) == 45


def test_a_system_nobody_tried_has_no_point() -> None:
    result = by_group(["a", "b"])
    rate = ["conversion_24h", "conversion_24h_low", "conversion_24h_high"]
    result.loc[0, rate] = np.nan
    ax = draw("payment_systems", result)
    assert np.isnan(np.asarray(ax.child_axes[0].lines[-1].get_xdata())).tolist() == [False, True]
    assert "–" in {text.get_text() for text in ax.texts}


def test_periods_are_refused_with_the_way_out() -> None:
    with pytest.raises(DataError, match="leave freq= and by= out"):
        draw("payment_systems", over_time_by_group(["a", "b"], 2).assign(share=0.5))


def test_its_result_can_be_drawn_as_revenue_too() -> None:
    result = charts.data(charts.payment_systems(pandas_frame(arrow(golden_rows())), lang="en"))
    ax = charts.revenue(result, lang="en")
    assert ax.get_title(loc="left") == "Revenue by payment system"
    assert isinstance(charts.data(ax), pd.DataFrame)
    assert row_labels(ax)[0] == "Bank cards · Tinkoff Bank (25)"
