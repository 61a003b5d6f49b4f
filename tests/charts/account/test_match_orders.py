"""The chart of orders against the merchant's books: how many of each result, and in money."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib import pyplot as plt

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import DataError
from tests.charts.account.results import matches
from tests.charts.tables import assert_texts_fit, legend_of, row_labels
from tests.golden import arrow, golden_rows, pandas_frame
from tests.marks import first_of

MINE = pd.DataFrame({"payment_id": ["o-1", "o-2", "n-1"], "amount": [1000.0, 400.0, 70.0], "currency": "RUB"})


def test_counts_and_differences_are_those_of_the_table() -> None:
    ax = charts.match_orders(matches(1, 2, 3, 4, 5, 85), lang="en")
    assert row_labels(ax) == [
        "Paid twice",
        "Amount differs",
        "Paid on one side only",
        "In my books only",
        "Not in my books",
        "Matched",
    ]
    assert [bar.get_width() for bar in ax.patches] == [1, 2, 3, 4, 5, 85]
    (panel,) = ax.child_axes
    assert [round(bar.get_width(), 6) for bar in panel.patches] == [100, 20, 300, -400, 500, 0]
    assert legend_of(ax) == ["Matched: 85 (85.0%)", "To be looked into: 15"]
    said = charts.alt_text(ax).replace("\xa0", " ")
    assert "Paid here RUB 9,720.00, by my books RUB 9,200.00, difference +RUB 520.00." in said
    assert "In my books only: 4, -RUB 400.00" in said


def test_orders_and_their_result_draw_the_same() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    direct = charts.match_orders(orders, mine=MINE, lang="ru")
    result = metrics.match_orders(orders, MINE)
    pd.testing.assert_frame_equal(charts.data(direct), charts.data(charts.match_orders(result, lang="ru")))
    assert [bar.get_width() for bar in direct.patches] == [0, 1, 0, 1, 3, 1]
    assert "USD (1 заказ)" in " ".join(text.get_text() for text in direct.texts).replace("\xa0", " ")


def test_nearly_all_are_not_all() -> None:
    nearly = charts.match_orders(matches(1, 0, 0, 0, 0, 1_000_000), lang="en")
    assert legend_of(nearly)[0] == "Matched: 1,000,000 (99.9%)"
    assert legend_of(charts.match_orders(matches(0, 0, 0, 0, 0, 7), lang="en"))[0] == "Matched: 7 (100.0%)"


def test_orders_need_not_say_as_of_when_they_are_known() -> None:
    orders = pandas_frame(arrow(golden_rows())).drop(columns="as_of")
    assert "as of" not in charts.alt_text(charts.match_orders(orders, mine=MINE, lang="en"))


@pytest.mark.parametrize("lang", first_of("ru", "en"))
@pytest.mark.parametrize(
    "result",
    [
        matches(1, 2, 3, 4, 5, 1_234_567, size=12_345_678.91),
        *first_of(
            matches(0, 0, 0, 0, 0, 1), matches(1), matches(1, 2, 3, 4, 5, 6, currency="$_%{}<" * 20), keep=0
        ),
    ],
)
def test_texts_fit(result: pd.DataFrame, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_texts_fit(charts.match_orders(result, lang=lang), monkeypatch)


@pytest.mark.long
def test_in_a_grid_of_subplots(monkeypatch: pytest.MonkeyPatch) -> None:
    _, grid = plt.subplots(1, 2, figsize=(13, 5), layout="constrained")
    for ax, lang in zip(grid, ("ru", "en"), strict=True):
        charts.match_orders(matches(1, 2, 3, 4, 5, 85), ax=ax, lang=lang)
    assert_texts_fit(grid[0], monkeypatch)


@pytest.mark.parametrize("lang", first_of("ru", "en"))
def test_nothing_is_said_plainly(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for nothing in (matches(0, 0, 0, 0, 0, 0), matches()):
        texts = assert_texts_fit(charts.match_orders(nothing, lang=lang), monkeypatch)
        assert {"en": "No data", "ru": "Нет данных"}[lang] in texts


def test_what_cannot_be_drawn_is_refused() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    with pytest.raises(DataError, match=r"a result of fees\. Draw it with charts\.fees"):
        charts.match_orders(metrics.fees(orders))
    with pytest.raises(TypeError, match="needs mine= beside"):
        charts.match_orders(orders)
