"""The chart of the plans: what each would have cost, beside what was charged."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib import pyplot as plt

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import DataError
from tests.charts.tables import HOSTILE, assert_texts_fit, row_labels
from tests.charts.tariffs.results import plans
from tests.golden import arrow, golden_rows, pandas_frame
from tests.marks import first_of


def notes(ax: plt.Axes) -> str:
    return " ".join(text.get_text() for text in ax.texts).replace("\xa0", " ").replace("\n", " ")


def test_bars_end_at_what_the_plan_asks_and_the_stroke_is_what_was_charged() -> None:
    ax = charts.plan_comparison(plans(["a", "b", "c", "d"]), lang="en")
    assert row_labels(ax) == ["a", "b", "c", "d"]
    ends = [(bar.get_x(), bar.get_x() + bar.get_width(), bar.get_hatch()) for bar in ax.patches]
    assert ends == [
        (0, 200, None),
        (200, 500, "/////"),
        (0, 400, None),
        (400, 500, "/////"),
        (0, 500, None),
        (500, 600, None),
        (0, 0, None),
    ]
    strokes = [line.get_xdata()[0] for line in ax.lines if line.get_linewidth() == 2]
    assert strokes == [500, 500, 500]
    texts = {text.get_text().replace("\xa0", " ") for text in ax.texts}
    assert {"-RUB 300.00", "-RUB 100.00", "+RUB 100.00", "no tariff", "6.00%", "100 of 120"} <= texts
    assert "n = 120 payments" in notes(ax)


@pytest.mark.long
def test_the_cheapest_stands_first_and_plans_without_a_tariff_last() -> None:
    result = plans(["a", "b", "c", "d", "e"]).iloc[::-1]
    assert row_labels(charts.plan_comparison(result, lang="ru")) == ["a", "b", "c", "e", "d"]


@pytest.mark.long
def test_plans_that_cover_different_payments_are_said_to() -> None:
    result = plans(["a", "b"])
    assert "different payments" not in notes(charts.plan_comparison(result, lang="en"))
    result.loc[0, "audited"] = 70
    assert "Plans that cover different payments" in notes(charts.plan_comparison(result, lang="en"))


def test_orders_and_their_result_draw_the_same() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    direct = charts.plan_comparison(orders, lang="en")
    again = charts.plan_comparison(metrics.plan_comparison(orders), lang="en")
    pd.testing.assert_frame_equal(charts.data(direct), charts.data(again))
    assert 'Also in the data: USD; see currency="USD".' in notes(direct)


@pytest.mark.parametrize("lang", first_of("ru", "en"))
@pytest.mark.parametrize("names", [HOSTILE, *first_of(["one"], [str(n) for n in range(60)], keep=0)])
def test_any_names_in_any_number(names: list[str], lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.plan_comparison(plans(names), lang=lang)
    assert_texts_fit(ax, monkeypatch)
    assert set(names) == set(charts.data(ax)["plan"])


def test_in_a_grid_of_subplots(monkeypatch: pytest.MonkeyPatch) -> None:
    _, (left, right) = plt.subplots(1, 2, figsize=(13, 6), layout="constrained")
    charts.plan_comparison(plans(HOSTILE), ax=left, lang="ru")
    charts.plan_comparison(plans(["a", "b"]), ax=right, lang="en")
    assert_texts_fit(left, monkeypatch)


@pytest.mark.parametrize("lang", first_of("ru", "en"))
def test_nothing_is_said_plainly(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.plan_comparison(plans([]), lang=lang)
    assert {"en": "No data", "ru": "Нет данных"}[lang] in assert_texts_fit(ax, monkeypatch)


def test_what_cannot_be_drawn_is_refused() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    with pytest.raises(DataError, match=r"a result of fees\. Draw it with charts\.fees"):
        charts.plan_comparison(metrics.fees(orders))
    with pytest.raises(DataError, match="several rows of the same plan"):
        charts.plan_comparison(orders, freq="day")
