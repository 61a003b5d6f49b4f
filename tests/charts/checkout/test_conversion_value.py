"""The chart of conversion in money: a share of amounts, one currency at a time, and what it is of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tegro_analytics import charts, metrics
from tests.charts.tables import HOSTILE, assert_texts_fit, legend_of, periods, row_labels
from tests.golden import arrow, golden_rows, pandas_frame


def over_time(count: int, *, currency: str = "RUB") -> pd.DataFrame:
    """Make a result with months of 1,000 and more, three quarters of it paid."""
    mature = pd.Series([1_000.0 + n for n in range(count)])
    columns = {"currency": currency, **periods("2026-01-01", count, "month", incomplete=1)}
    return pd.DataFrame({**columns, "mature": mature, "stale_open": 0.0, "conversion_24h": 0.75})


def by_group(names: list[str]) -> pd.DataFrame:
    """Make a result with one row for each payment system."""
    amounts = [1_000.0 * (n + 1) for n in range(len(names))]
    return pd.DataFrame(
        {
            "currency": "RUB", "payment_system": names, "mature": amounts, "stale_open": 0.0,
            "conversion_24h": [n / len(names) for n in range(len(names))],
        }
    )  # fmt: skip


def test_shares_and_amounts_are_those_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    result = over_time(4)
    ax = charts.conversion_value(result, lang="en")
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), result["conversion_24h"])
    (strip,) = ax.child_axes
    assert [bar.get_height() for bar in strip.containers[0]] == result["mature"].tolist()
    assert strip.get_title(loc="left") == "Orders older than 24\xa0h, RUB"
    assert legend_of(ax) == ["Paid within 24\xa0h", "Period not complete"]  # money has no interval
    assert "Orders older than 24\xa0h: RUB\xa04,006.00." in assert_texts_fit(ax, monkeypatch)
    pd.testing.assert_frame_equal(charts.data(ax), result)


def test_groups_are_rows_the_best_first(monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.conversion_value(by_group(["a", "b"]), lang="ru")
    assert row_labels(ax) == ["b", "a"]
    (dots,) = (line for line in ax.lines if line.get_marker() == "o")
    assert list(dots.get_xdata()) == [0.5, 0.0]
    assert {"50,0\xa0%", "2\xa0000,00\xa0₽"} <= set(assert_texts_fit(ax, monkeypatch))


def test_one_currency_is_drawn_and_the_others_are_named_without_a_count() -> None:
    both = pd.concat([over_time(2, currency="EUR"), over_time(2)], ignore_index=True)
    ax = charts.conversion_value(both, lang="en")
    assert charts.data(ax)["currency"].unique().tolist() == ["RUB"]
    notes = " ".join(text.get_text() for text in ax.texts).replace("\n", " ")
    assert 'RUB alone is drawn. Also in the data: EUR; see currency="EUR".' in notes
    assert (
        charts.conversion_value(both, currency="EUR", lang="en")
        .child_axes[0]
        .get_title(loc="left")
        .endswith("€")
    )


def test_the_golden_orders() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    ax = charts.conversion_value(orders, by="is_test", lang="en")
    table = charts.data(ax)
    # Mature: 1000, 500, 700, 300, 400, 600; paid within a day: 1000, 500, 400.
    assert table["mature"].tolist() == [3500.0]
    assert table["conversion_24h"].tolist() == pytest.approx([19 / 35])
    result = metrics.conversion_value(orders, by="is_test")
    pd.testing.assert_frame_equal(charts.data(charts.conversion_value(result)), table)


@pytest.mark.parametrize(
    "data",
    [over_time(0), over_time(1), by_group(HOSTILE), pytest.param(over_time(60), marks=pytest.mark.long)],
    ids=["empty", "one month", "hostile", "five years"],
)
def test_texts_fit(data: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_texts_fit(charts.conversion_value(data, lang="ru"), monkeypatch)
