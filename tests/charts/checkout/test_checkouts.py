"""The chart of checkouts: what the first attempt brought, what a later one recovered, what was lost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from tegro_analytics import charts, metrics
from tests.charts.tables import HOSTILE, assert_texts_fit, legend_of, periods, row_labels
from tests.golden import arrow, golden_rows, pandas_frame


def values(count: int) -> pd.DataFrame:
    """Make rows of 100 and more checkouts: 30 unpaid at first, 10 of them recovered."""
    mature = pd.Series([100 + n for n in range(count)], dtype="int64")
    share = (mature - 20) / mature
    return pd.DataFrame(
        {
            "checkouts": mature,
            "mature_checkouts": mature,
            "paid_checkouts": mature - 20,
            "checkout_conversion": share,
            "checkout_conversion_low": share - 0.09,
            "checkout_conversion_high": share + 0.07,
            "first_unpaid": 30,
            "recovered": 10,
        }
    )


def over_time(count: int, freq: str = "month", start: str = "2026-01-01") -> pd.DataFrame:
    """Make a result with periods, the last one incomplete."""
    return pd.concat([periods(start, count, freq, incomplete=1), values(count)], axis=1)


def by_group(names: Sequence[str]) -> pd.DataFrame:
    """Make a result with one row for each payment system."""
    return pd.concat([pd.DataFrame({"payment_system": list(names)}), values(len(names))], axis=1)


def stacks(ax: Axes) -> list[list[float]]:
    """Read the heights of the bars of each part."""
    return [[bar.get_height() for bar in container] for container in ax.containers[:3]]


def test_the_parts_are_stacked_shares_that_sum_to_one() -> None:
    result = over_time(3)
    ax = charts.checkouts(result, lang="en")
    first, later, lost = (np.array(part) for part in stacks(ax))
    mature = result["mature_checkouts"].to_numpy()
    np.testing.assert_allclose(first, (mature - 30) / mature)
    np.testing.assert_allclose(later, 10 / mature)
    np.testing.assert_allclose(first + later + lost, 1)
    whiskers = next(item for item in ax.collections if isinstance(item, LineCollection))
    ends = [(one[0][1], one[1][1]) for one in whiskers.get_segments()]
    assert np.allclose(ends, result[["checkout_conversion_low", "checkout_conversion_high"]])
    assert [bar.get_height() for bar in ax.child_axes[0].containers[0]] == [100, 101, 102]
    assert legend_of(ax) == [
        "Paid at the first attempt: 70.3%", "Recovered at a later one: 9.9%", "Not paid: 19.8%",
        "Paid in all: 95% interval", "Period not complete",
    ]  # fmt: skip
    assert "Of 90 checkouts whose first attempt was not paid a later one saved 33.3%." in " ".join(
        text.get_text() for text in ax.texts
    )


def test_groups_are_rows_with_their_interval_and_n(monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.checkouts(by_group(["a", "b"]), lang="en")
    assert row_labels(ax) == ["b", "a"]
    assert [bar.get_width() for bar in ax.patches] == pytest.approx(
        [71 / 101, 10 / 101, 20 / 101, 0.7, 0.1, 0.2]
    )
    drawn = assert_texts_fit(ax, monkeypatch)
    assert {"80.0%", "71.0% – 87.0%", "10.0%", "100"} <= set(drawn)


@pytest.mark.long
def test_groups_that_cannot_be_read_are_added_up_and_have_no_interval() -> None:
    ax = charts.checkouts(by_group([f"System {n}" for n in range(45)]), lang="en")
    assert row_labels(ax)[-1] == "other (6)"
    assert sum(bar.get_width() for bar in ax.patches[-3:]) == pytest.approx(1)
    written = [text.get_text() for text in ax.texts]
    assert written.count("") == 1
    assert len(charts.data(ax)) == 45


def test_groups_over_time_are_lines_of_what_was_paid() -> None:
    parts = [over_time(3).assign(payment_system=name) for name in ("a", "b")]
    result = pd.concat(parts, ignore_index=True)
    result.insert(3, "payment_system", result.pop("payment_system"))
    ax = charts.checkouts(result, lang="en")
    assert legend_of(ax)[:2] == ["a", "b"]
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), parts[0]["checkout_conversion"])


def test_the_golden_orders() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    ax = charts.checkouts(orders, by="is_test", lang="ru")
    assert ax.get_title(loc="left") == "Покупки и повторные попытки по полю «Тестовый»"
    assert [round(bar.get_width(), 6) for bar in ax.patches] == [round(5 / 7, 6), 0.0, round(2 / 7, 6)]
    result = metrics.checkouts(orders, by="is_test")
    pd.testing.assert_frame_equal(charts.data(charts.checkouts(result)), charts.data(ax))


def test_periods_and_rows_without_checkouts_are_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    result = over_time(3)
    shares = ["checkout_conversion", "checkout_conversion_low", "checkout_conversion_high"]
    result.loc[1, ["mature_checkouts", "paid_checkouts", "first_unpaid", "recovered"]] = 0
    result.loc[1, shares] = np.nan
    ax = charts.checkouts(result, lang="ru")
    assert [np.isnan(part).tolist() for part in stacks(ax)] == [[False, True, False]] * 3
    assert_texts_fit(ax, monkeypatch)
    empty = charts.checkouts(result.iloc[[1]], lang="ru")
    assert "Нет данных" in {text.get_text() for text in empty.texts}


@pytest.mark.parametrize(
    ("data", "lang"),
    [
        (values(1), "ru"),
        (over_time(1, "day"), "en"),
        (by_group(HOSTILE), "en"),
        pytest.param(over_time(1826, "day", "2021-11-24"), "ru", marks=pytest.mark.long),
        pytest.param(over_time(60, "month", "2021-12-01"), "en", marks=pytest.mark.long),
        pytest.param(by_group(HOSTILE), "ru", marks=pytest.mark.long),
    ],
    ids=["one row", "one day", "hostile", "five years", "sixty months", "hostile in Russian"],
)
def test_texts_fit(data: pd.DataFrame, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_texts_fit(charts.checkouts(data, lang=lang), monkeypatch)
