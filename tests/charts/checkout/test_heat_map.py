"""The chart of conversion by weekday and hour: a cell for each hour of the week, its number in it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_hex

from tegro_analytics import charts, metrics
from tegro_analytics.charts.drawing.style import BLUE
from tegro_analytics.exceptions import DataError
from tests.charts.tables import assert_texts_fit, legend_of, row_labels
from tests.golden import arrow, golden_rows, pandas_frame


def week(**changes: dict[tuple[int, int], float]) -> pd.DataFrame:
    """Make a week of 100 orders an hour, 70 of them paid; changes by weekday and hour."""
    places = [(day, hour) for day in range(1, 8) for hour in range(24)]
    result = pd.DataFrame({"weekday": [day for day, _ in places], "hour": [hour for _, hour in places]})
    for name, plain in (("mature", 100), ("conversion_24h", 0.7)):
        result[name] = [changes.get(name, {}).get(place, plain) for place in places]
    return result


def cells(ax: Axes) -> dict[tuple[int, int], str]:
    """Read the numbers in the cells, by weekday and hour."""
    return {
        (int(y) + 1, int(x)): text.get_text()
        for text in ax.texts
        for x, y in [text.get_position()]
        if text.get_transform() == ax.transData
    }


def faces(ax: Axes) -> np.ndarray:
    """Read the colours of the cells, a row for each day."""
    (mesh,) = (item for item in ax.collections if isinstance(item, QuadMesh))
    return np.asarray(mesh.get_array())


def test_numbers_colours_and_counts_are_those_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    result = week(conversion_24h={(3, 14): 0.9, (7, 0): 0.5}, mature={(1, 9): 1_100})
    ax = charts.heat_map(result, lang="en")
    told = cells(ax)
    assert (len(told), told[3, 14], told[7, 0], told[1, 9]) == (168, "90", "50", "70")
    assert to_hex(faces(ax)[2, 14]) == BLUE.lower()
    assert faces(ax)[6, 0].sum() > faces(ax)[0, 0].sum() > faces(ax)[2, 14].sum()  # the darker, the more
    scale, strip = ax.child_axes
    assert scale.get_ylim() == (0.5, 0.9)
    assert [bar.get_height() for bar in strip.patches][8:10] == [700, 1_700]
    drawn = assert_texts_fit(ax, monkeypatch)
    assert drawn.count("2,400") == 6
    assert drawn.count("3,400") == 1
    assert {"n = 17,800 orders older than 24\xa0h"} <= set(drawn)
    assert row_labels(ax) == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert legend_of(ax) == []
    pd.testing.assert_frame_equal(charts.data(ax), result)


def test_cells_of_few_orders_are_hatched_and_move_neither_colours_nor_words() -> None:
    ax = charts.heat_map(week(conversion_24h={(2, 3): 0.1}, mature={(2, 3): 19}), lang="en")
    (hatched,) = ax.patches
    assert (hatched.get_xy(), hatched.get_hatch()) == ((3, 1), "/////")
    assert legend_of(ax) == ["Fewer than 20 orders: too few to tell"]
    assert ax.child_axes[0].get_ylim() == pytest.approx((0.6, 0.8))  # of equal rates, 20 points all the same
    assert "the lowest 70.0%" in charts.alt_text(ax)


def test_an_hour_without_orders_is_empty() -> None:
    result = week()
    ax = charts.heat_map(result[result["hour"] != 4], lang="en")
    assert {hour for _, hour in cells(ax)} == set(range(24)) - {4}
    assert (faces(ax)[:, 4] == 1).all()


def test_the_golden_orders() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    ax = charts.heat_map(orders, lang="ru")
    assert cells(ax) == {
        (7, 10): "100", (7, 23): "100", (1, 9): "0", (1, 12): "0", (1, 13): "100", (1, 15): "0",
        (2, 11): "100",
    }  # fmt: skip
    assert "Ни в одном часе недели нет 20 заказов" in charts.alt_text(ax)
    result = metrics.conversion(orders, by=["weekday", "hour"])
    pd.testing.assert_frame_equal(charts.data(charts.heat_map(result)), charts.data(ax))


def test_where_room_is_short_the_numbers_go_and_hours_are_named_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    figure = plt.figure(figsize=(4, 3))
    ax = charts.heat_map(week(), ax=figure.add_subplot(), lang="ru")
    assert not cells(ax)
    assert [label.get_text() for label in ax.get_xticklabels()][:2] == ["00", "06"]
    assert_texts_fit(ax, monkeypatch)


def test_no_data_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.heat_map(week().iloc[:0], lang="ru")
    assert "Нет данных" in assert_texts_fit(ax, monkeypatch)


def test_another_split_is_refused_with_the_way_out() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    with pytest.raises(TypeError, match="leave by= out"):
        charts.heat_map(orders, by="hour")
    with pytest.raises(DataError, match=r"conversion\(orders, by=\['weekday', 'hour'\]\)"):
        charts.heat_map(metrics.conversion(orders, by="hour"))
    with pytest.raises(DataError, match="several rows of the same weekday, hour"):
        charts.heat_map(pd.concat([week(), week()]))
