"""The chart of the way from order to payment: every order is lost once, or paid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import DataError
from tests.charts.tables import HOSTILE, assert_texts_fit, legend_of, row_labels
from tests.golden import arrow, golden_rows, pandas_frame


def outcomes(names: Sequence[str] = (), **changes: Any) -> pd.DataFrame:
    """Make rows of 120 orders: 20 young, 60 paid in time, 10 later, 20 left unpaid, 10 failed."""
    values = {
        "orders": 120, "mature": 100, "paid_24h": 60, "paid_ever": 70, "stale_open": 20, "unresolved": 0,
        "conversion_24h": 0.6, "conversion_24h_low": 0.5, "conversion_24h_high": 0.69,
        "conversion_ever": 0.7, "conversion_ever_low": 0.6, "conversion_ever_high": 0.78,
    }  # fmt: skip
    keys = {"payment_system": list(names)} if names else {}
    return pd.DataFrame({**keys, **values, **changes}, index=range(max(1, len(names))))


def test_each_step_is_what_the_one_before_left(monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.funnel(outcomes(), lang="en")
    bars = [(bar.get_x(), bar.get_width()) for bar in ax.patches]
    assert bars == [(0, 120), (100, 20), (0, 100), (90, 10), (70, 20), (0, 70), (60, 10), (0, 60)]
    assert row_labels(ax)[::2] == ["Created", "Older than 24\xa0h", "left unpaid (abandoned)",
                                   "paid after 24\xa0h, or date not known"]  # fmt: skip
    drawn = assert_texts_fit(ax, monkeypatch)
    assert {"120", "60.0%", "50.0% – 69.0%", "60.0% – 78.0%"} <= set(drawn)
    assert any(text.startswith("n = 120 orders") for text in drawn)
    assert legend_of(ax) == ["Went on", "Fell out"]
    pd.testing.assert_frame_equal(charts.data(ax), outcomes())


def test_what_is_not_known_yet_is_hatched_and_bounded() -> None:
    unknown = outcomes(unresolved=5, conversion_24h_min=0.6, conversion_24h_max=0.65)
    ax = charts.funnel(unknown, lang="en")
    (hatched,) = (bar for bar in ax.patches if bar.get_hatch())
    assert (hatched.get_x(), hatched.get_width()) == (70, 5)
    assert legend_of(ax)[-1] == "Outcome not known yet"
    notes = " ".join(text.get_text() for text in ax.texts).replace("\n", " ")
    assert "paid within 24\xa0h between 60.0% and 65.0%" in notes


def test_groups_are_stacked_shares_with_interval_and_n(monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.funnel(outcomes(["a", "b"], mature=[100, 200], stale_open=[20, 30]), lang="en")
    assert row_labels(ax) == ["b", "a"]
    assert [bar.get_width() for bar in ax.patches[:4]] == pytest.approx([0.3, 0.05, 0.15, 0.5])
    assert [bar.get_width() for bar in ax.patches[4:]] == pytest.approx([0.6, 0.1, 0.2, 0.1])
    assert legend_of(ax) == ["Within 24\xa0h", "Paid later", "Left unpaid", "Failed"]
    assert {"30.0%", "15.0%", "200"} <= set(assert_texts_fit(ax, monkeypatch))


def test_the_golden_orders() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    ax = charts.funnel(orders, lang="ru")
    # Created 9, young 2, mature 7, failed 1, left 1, paid 5, late 1, in time 4.
    assert [bar.get_width() for bar in ax.patches] == [9, 2, 7, 1, 1, 5, 1, 4]
    shades = [tuple(bar.get_facecolor()) for bar in ax.patches]
    assert shades[3] == shades[4] != shades[5] == shades[0]
    result = metrics.conversion(orders)
    pd.testing.assert_frame_equal(charts.data(charts.funnel(result)), charts.data(ax))
    assert "Оплачены за 24\xa0ч: 4 (57,1\xa0%)" in charts.alt_text(ax)


def test_periods_are_refused_with_the_way_out() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    with pytest.raises(DataError, match="leave freq= out"):
        charts.funnel(orders, freq="day")
    with pytest.raises(
        DataError, match=r"a result of conversion_value\. Draw it with charts\.conversion_value"
    ):
        charts.funnel(metrics.conversion_value(orders))


@pytest.mark.parametrize(
    ("data", "lang"),
    [
        (outcomes().iloc[:0], "ru"),
        (outcomes(mature=0, paid_24h=0, paid_ever=0, stale_open=0, orders=3), "ru"),
        (outcomes(HOSTILE), "en"),
        pytest.param(outcomes([f"System {n}" for n in range(45)]), "ru", marks=pytest.mark.long),
    ],
    ids=["empty", "all young", "hostile", "many"],
)
def test_texts_fit(data: pd.DataFrame, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_texts_fit(charts.funnel(data, lang=lang), monkeypatch)
