"""The chart of payments whose fee differs from the tariff: a point for each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import DataError
from tests.charts.tables import HOSTILE, assert_texts_fit, legend_of, row_labels
from tests.charts.tariffs.results import differing
from tests.golden import arrow, golden_rows, pandas_frame
from tests.marks import first_of


def test_each_payment_is_a_point_in_the_row_of_its_system() -> None:
    ax = charts.fee_differences(differing(["a", "b"]), lang="en")
    assert row_labels(ax) == ["b", "a"]
    (points,) = ax.collections
    x, y = np.asarray(points.get_offsets()).T
    assert x.tolist() == charts.data(ax)["fee_difference"].tolist() == [1, -2, 3, 2, -4, 6]
    assert np.round(y).tolist() == [1, 1, 1, 0, 0, 0]
    assert legend_of(ax) == ["Above the tariff: 4", "Below the tariff: 2"]
    texts = {text.get_text().replace("\xa0", " ") for text in ax.texts}
    assert {"+RUB 6.00", "+RUB 4.00", "+RUB 3.00", "+RUB 2.00", "3"} <= texts


@pytest.mark.parametrize("limit", first_of(2, None))
def test_orders_and_their_result_draw_the_same_and_a_cut_list_says_so(limit: int | None) -> None:
    orders = pandas_frame(arrow(golden_rows()))
    direct = charts.fee_differences(orders, plan="starter", limit=limit, lang="en")
    again = charts.fee_differences(metrics.fee_differences(orders, plan="starter", limit=limit), lang="en")
    pd.testing.assert_frame_equal(charts.data(direct), charts.data(again))
    for ax in (direct, again):
        notes = " ".join(text.get_text() for text in ax.texts)
        assert ("The list is cut" in notes) == (limit == 2)


@pytest.mark.parametrize("lang", first_of("ru", "en"))
@pytest.mark.parametrize("names", [HOSTILE, *first_of(["one"], [str(n) for n in range(60)], keep=0)])
def test_any_names_in_any_number(names: list[str], lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.fee_differences(differing(names), lang=lang)
    assert_texts_fit(ax, monkeypatch)
    assert len(row_labels(ax)) == min(len(names), 40)
    assert set(names) == set(charts.data(ax)["payment_system"])


@pytest.mark.long
def test_in_a_grid_of_subplots(monkeypatch: pytest.MonkeyPatch) -> None:
    _, (left, right) = plt.subplots(1, 2, figsize=(13, 6), layout="constrained")
    charts.fee_differences(differing(HOSTILE), ax=left, lang="ru")
    charts.fee_differences(differing(["a"], 100), ax=right, lang="en")
    assert_texts_fit(left, monkeypatch)


@pytest.mark.parametrize("lang", first_of("ru", "en"))
def test_nothing_is_said_plainly(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.fee_differences(differing([]), lang=lang)
    assert {"en": "No data", "ru": "Нет данных"}[lang] in assert_texts_fit(ax, monkeypatch)


@pytest.mark.long
def test_another_result_is_refused() -> None:
    with pytest.raises(DataError, match=r"a result of fees\. Draw it with charts\.fees"):
        charts.fee_differences(metrics.fees(pandas_frame(arrow(golden_rows()))))
