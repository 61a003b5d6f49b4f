"""The chart of the time to pay: a curve with its band, and under it the orders that were still waited for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import DataError
from tests.charts.tables import HOSTILE, assert_texts_fit, legend_of, periods
from tests.golden import arrow, golden_rows, pandas_frame
from tests.marks import first_of

MOMENTS = [60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 259_200, 604_800]


def curve(moments: Sequence[int] = MOMENTS, *, orders: int = 400) -> pd.DataFrame:
    """Make a curve that rises to one half, five points to each side its interval."""
    share = pd.Series(np.linspace(0.1, 0.5, len(moments)))
    return pd.DataFrame(
        {
            "seconds": list(moments),
            "paid_share": share,
            "paid_share_low": share - 0.05,
            "paid_share_high": share + 0.05,
            "at_risk": [orders - n for n in range(len(moments))],
            "paid_by_then": range(len(moments)),
            "orders": orders,
            "excluded": 1,
        }
    )


def curves(names: Sequence[str]) -> pd.DataFrame:
    """Make a curve for each name, the first the largest."""
    parts = [curve(orders=1_000 - n) for n in range(len(names))]
    for name, part in zip(names, parts, strict=True):
        part.insert(0, "payment_system", name)
    return pd.concat(parts, ignore_index=True)


def lines(ax: Axes) -> list[np.ndarray]:
    """Read the curves, without the marks upon them."""
    return [np.asarray(line.get_ydata()) for line in ax.lines if line.get_linestyle() == "-"]


def test_the_curve_its_band_and_the_numbers_under_it_are_those_of_the_table() -> None:
    result = curve()
    ax = charts.time_to_pay(result, lang="en")
    (line,) = lines(ax)
    assert line.tolist() == [0.0, *result["paid_share"]]
    (band,) = (item for item in ax.collections if isinstance(item, FillBetweenPolyCollection))
    (path,) = band.get_paths()
    assert {*result["paid_share_low"], *result["paid_share_high"]} <= {*path.vertices[:, 1]}
    (panel,) = ax.child_axes
    places = {text.get_position()[0]: text.get_text() for text in panel.texts if text.get_text().isdigit()}
    assert places == dict(zip(MOMENTS, map(str, result["at_risk"]), strict=True))
    assert [label.get_text() for label in ax.get_xticklabels()][-3:] == ["1\xa0day", "3\xa0days", "7\xa0days"]
    pd.testing.assert_frame_equal(charts.data(ax), result)


def test_a_curve_of_few_moments_is_joined_and_says_so_one_of_many_is_made_of_steps() -> None:
    few = charts.time_to_pay(curve(), lang="en")
    many = charts.time_to_pay(curve(range(1, 100)), lang="en")
    assert [ax.lines[0].get_drawstyle() for ax in (few, many)] == ["default", "steps-post"]
    assert [any("joined" in text.get_text() for text in ax.texts) for ax in (few, many)] == [True, False]


def test_where_the_curve_is_not_known_it_ends() -> None:
    result = curve()
    result.loc[8:, ["paid_share", "paid_share_low", "paid_share_high"]] = np.nan
    ax = charts.time_to_pay(result, lang="en")
    assert np.isnan(lines(ax)[0]).tolist() == [False] * 9 + [True] * 3
    assert "50.0%" not in charts.alt_text(ax)


def test_the_golden_orders() -> None:
    ax = charts.time_to_pay(pandas_frame(arrow(golden_rows())), lang="ru")
    table = charts.data(ax)
    assert table.loc[table["seconds"] == 86_400, "paid_share"].item() == pytest.approx(5 / 9)
    assert len(lines(ax)[0]) == len(table) + 1
    told = charts.alt_text(ax).replace("\xa0", " ")
    assert "за 1 дн. оплачено 55,6 %" in told
    assert "n = 9 заказов · данные на 04.03.2026 12:00" in told


def test_a_result_draws_as_its_orders_do() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    direct = charts.time_to_pay(orders, at=MOMENTS, by="is_test")
    result = metrics.time_to_pay(orders, at=MOMENTS, by="is_test")
    pd.testing.assert_frame_equal(charts.data(charts.time_to_pay(result)), charts.data(direct))


@pytest.mark.long
def test_the_largest_groups_are_drawn_and_the_others_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.time_to_pay(curves([f"System {n}" for n in range(10)]), lang="en")
    assert legend_of(ax) == [*(f"System {n}" for n in range(6)), "System 6", "95% interval"]
    drawn = assert_texts_fit(ax, monkeypatch)
    assert any("3 more groups" in text for text in drawn)
    assert any(text.startswith("n = 9,955 orders") for text in drawn)


@pytest.mark.long
def test_periods_are_curves_the_last_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = periods("2021-12-01", 60, "month", incomplete=1)
    parts = [pd.concat([keys.iloc[[n] * 11].reset_index(drop=True), curve()], axis=1) for n in range(60)]
    ax = charts.time_to_pay(pd.concat(parts, ignore_index=True), lang="ru")
    assert legend_of(ax)[0] == "май 2026"
    assert legend_of(ax)[6] == "ноябрь 2026 (период не завершён)"
    assert_texts_fit(ax, monkeypatch)


@pytest.mark.parametrize("names", first_of(HOSTILE[6:], HOSTILE[:6]), ids=["long", "short"])
def test_hostile_names(names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.time_to_pay(curves(names), lang="en")
    drawn = assert_texts_fit(ax, monkeypatch)
    assert len(set(legend_of(ax))) == 7
    assert set(legend_of(ax)) <= set(drawn)


@pytest.mark.parametrize(
    ("moments", "lang"), first_of(([0, 5, 17, 40], "en"), ([60], "ru"), ([5400, 7000], "ru"))
)
def test_any_moments(moments: list[int], lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.time_to_pay(curve(moments), lang=lang)
    assert_texts_fit(ax, monkeypatch)
    assert set(ax.get_xticks()) <= set(moments)


def test_where_room_is_short_the_numbers_go(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = plt.figure(figsize=(6, 4))
    ax = charts.time_to_pay(curves(["a", "b", "c"]), ax=figure.add_subplot(), lang="ru")
    assert not ax.child_axes
    assert_texts_fit(ax, monkeypatch)


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_no_data_is_said_plainly(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = pandas_frame(arrow(golden_rows()))
    ax = charts.time_to_pay(orders, since="2020-01-01", until="2020-01-03", lang=lang)
    assert {"en": "No data", "ru": "Нет данных"}[lang] in assert_texts_fit(ax, monkeypatch)
    assert not ax.lines


def test_the_result_of_another_metric_is_sent_to_its_own_chart() -> None:
    result = metrics.conversion(pandas_frame(arrow(golden_rows())))
    with pytest.raises(DataError, match=r"a result of conversion\. Draw it with charts\.conversion"):
        charts.time_to_pay(result)
