"""The chart of RFM: every customer is in one cell, and the sums of the cells are exact."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from matplotlib import pyplot as plt

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import DataError
from tests.charts.tables import assert_texts_fit, row_labels
from tests.golden import arrow, golden_rows, pandas_frame
from tests.marks import first_of


def customers(*rows: tuple[int, int, float]) -> pd.DataFrame:
    """Make customers from days of payment, days since the last one, and gross volume."""
    days, since, gross = zip(*rows, strict=True) if rows else ((), (), ())
    span = pd.Series([day - 1 for day in days], dtype="int64")
    return pd.DataFrame(
        {
            "currency": pd.Series(["RUB"] * len(rows), dtype="str"),
            "customer": pd.Series(range(len(rows)), dtype="Int64"),
            "payment_days": pd.Series(days, dtype="int64"),
            "recency_days": span,
            "age_days": span + pd.Series(since, dtype="int64"),
            "gross_volume": pd.Series(gross, dtype="float64"),
        }
    )


EDGES = customers(
    (1, 0, 1.0), (1, 30, 2.0), (1, 31, 4.0), (2, 60, 8.0), (4, 61, 16.0), (5, 180, 32.0), (9, 181, 64.0),
    (10, 366, 128.0), (99, 365, 256.0),
)  # fmt: skip


def test_every_customer_is_in_the_cell_of_their_days() -> None:
    table = charts.data(ax := charts.rfm(EDGES, lang="en"))
    assert table.to_numpy().tolist() == [
        [10, 181, 1, 256], [10, 366, 1, 128], [5, 91, 1, 32], [5, 181, 1, 64], [3, 61, 1, 16], [2, 31, 1, 8],
        [1, 0, 2, 3], [1, 31, 1, 4],
    ]  # fmt: skip
    written = [text.get_text() for text in ax.texts]
    assert {"2\n3", "1\n256", "up to 30", "31–60", "181–365", "over 365", "n = 9 customers"} <= set(written)
    assert sum(text == "–" for text in written) == 5 * 6 - 8
    assert row_labels(ax)[::4] == ["Paid on 10 days or more", "Paid on 1 day"]


def test_money_stays_exact() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    result = metrics.rfm(orders, money="decimal", limit=None)
    table = charts.data(charts.rfm(result, lang="ru"))
    assert table["gross_volume"].sum() == Decimal(2050)  # all of RUB but the payment without an e-mail


def test_orders_are_asked_for_all_their_customers_and_a_cut_result_says_so() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    whole = charts.rfm(orders, lang="en")
    assert charts.data(whole)["customers"].sum() == 3
    first = charts.rfm(metrics.rfm(orders, limit=1), lang="en")
    assert charts.data(first)["customers"].sum() == 1
    told = [" ".join(text.get_text() for text in ax.texts) for ax in (whole, first)]
    assert ["of 4 in all" in text for text in told] == [False, True]
    full = charts.rfm(metrics.rfm(orders), lang="en")
    assert "in all" not in " ".join(text.get_text() for text in full.texts)
    pd.testing.assert_frame_equal(charts.data(full), charts.data(whole))


@pytest.mark.parametrize(
    ("rows", "lang"),
    first_of(("many", "ru"), ("one", "en"), ("many", "en"), ("one", "ru"), ("none", "ru")),
)
def test_texts_fit(rows: str, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    huge = EDGES.assign(gross_volume=EDGES["gross_volume"] * 98_765_432.1)
    ax = charts.rfm({"many": huge, "one": EDGES[:1], "none": EDGES[:0]}[rows], lang=lang)
    assert_texts_fit(ax, monkeypatch)


@pytest.mark.long
def test_in_subplots(monkeypatch: pytest.MonkeyPatch) -> None:
    _, grid = plt.subplots(1, 2, figsize=(14, 5), layout="constrained")
    for place, data in zip(grid, (EDGES, EDGES[:1]), strict=True):
        charts.rfm(data, ax=place, lang="ru")
    assert_texts_fit(grid[0], monkeypatch)


def test_nobody_known() -> None:
    ax = charts.rfm(EDGES[:0], lang="ru")
    assert "Нет данных" in {text.get_text() for text in ax.texts}
    with pytest.raises(DataError, match=r"a result of rfm\. Draw it with charts\.rfm"):
        charts.fees(metrics.rfm(pandas_frame(arrow(golden_rows()))))
