"""The chart of what moved the fee rate: a bridge for one period, bars for several."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import DataError
from tests.charts.tables import HOSTILE, assert_texts_fit, legend_of, row_labels
from tests.charts.tariffs.results import drifts
from tests.golden import arrow, order, pandas_frame
from tests.marks import first_of

ORDERS = [
    order(1, created="2026-01-10 10:00", paid="2026-01-10 10:00", system=25, amount="100", fee="5"),
    order(2, created="2026-01-10 10:00", paid="2026-01-10 10:00", system=27, amount="100", fee="1"),
    order(3, created="2026-02-10 10:00", paid="2026-02-10 10:00", system=25, amount="300", fee="18"),
    order(4, created="2026-02-10 10:00", paid="2026-02-10 10:00", system=27, amount="100", fee="1"),
]
"""The rate rises from 3 % to 4.75 %: one rate from 5 to 6 %, with 3/4 of the volume after 1/2."""


def test_the_bridge_leads_from_the_rate_before_to_the_rate_after() -> None:
    orders = pandas_frame(arrow(ORDERS))
    ax = charts.fee_drift(orders, since="2026-02-01", until="2026-03-01", lang="en")
    assert row_labels(ax)[0] == "Rate before"
    assert row_labels(ax)[-1].startswith("Rate: February 2026")
    steps = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    assert np.allclose(
        steps,
        [(0.03, 0.03625), (0.03625, 0.05), (0.05, 0.05), (0.05, 0.0475)],
    )
    assert legend_of(ax) == ["Other rates: +0.62\xa0pp", "Other mix of payments: +1.12\xa0pp"]
    texts = {text.get_text() for text in ax.texts}
    assert {"3.00%", "4.75%", "5.00% → 6.00%", "50.0% → 75.0%"} <= texts


def test_orders_and_their_result_draw_the_same() -> None:
    orders = pandas_frame(arrow(ORDERS))
    direct = charts.fee_drift(orders, lang="en")
    again = charts.fee_drift(metrics.fee_drift(orders), lang="en")
    pd.testing.assert_frame_equal(charts.data(direct), charts.data(again))


def test_periods_stack_the_effects_of_all_groups() -> None:
    ax = charts.fee_drift(drifts(["a", "b"], 3), lang="ru")
    rates, mix = ax.containers
    assert [round(bar.get_height(), 9) for bar in rates] == [0.01] * 3
    assert [(bar.get_y(), round(bar.get_height(), 9)) for bar in mix] == [(0, -0.002)] * 3
    (total,) = (line for line in ax.lines if line.get_marker() == "D")
    assert np.allclose(total.get_ydata(), 0.008)
    assert np.allclose([bar.get_height() for bar in ax.child_axes[0].containers[0]], 0.05)
    assert ax.get_title(loc="left") == "Что изменило ставку комиссии по месяцам"
    assert legend_of(ax)[:3] == ["Сами ставки", "Состав платежей", "Общее изменение"]


def test_effects_of_one_sign_stand_on_each_other() -> None:
    result = drifts(["a"], 2).assign(mix_effect=0.003, total_change=0.013)
    _, mix = charts.fee_drift(result, lang="en").containers
    assert [(round(bar.get_y(), 9), round(bar.get_height(), 9)) for bar in mix] == [(0.01, 0.003)] * 2


def test_a_group_on_one_side_only_has_no_rate_on_the_other() -> None:
    result = drifts(["a", "b"])
    result.loc[1, ["fee_rate_before", "weight_before", "rate_effect"]] = [np.nan, 0.0, 0.0]
    ax = charts.fee_drift(result, lang="en")
    assert "– → 5.00%" in {text.get_text() for text in ax.texts}


@pytest.mark.parametrize("lang", first_of("ru", "en"))
@pytest.mark.parametrize("names", [HOSTILE, *first_of(["one"], [str(n) for n in range(60)], keep=0)])
def test_any_names_in_any_number(names: list[str], lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.fee_drift(drifts(names), lang=lang)
    assert_texts_fit(ax, monkeypatch)
    assert len(row_labels(ax)) == min(len(names), 40) + 2


@pytest.mark.parametrize(("count", "freq"), [(12, "month"), *first_of((1826, "day"), (60, "week"), keep=0)])
def test_any_span(count: int, freq: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = drifts(["a", "b"], count, freq=freq, start="2021-11-22")
    assert_texts_fit(charts.fee_drift(result, lang="ru"), monkeypatch)


@pytest.mark.long
def test_in_a_grid_of_subplots(monkeypatch: pytest.MonkeyPatch) -> None:
    _, (left, right) = plt.subplots(1, 2, figsize=(13, 6), layout="constrained")
    charts.fee_drift(drifts(HOSTILE[:5]), ax=left, lang="ru")
    charts.fee_drift(drifts(["a"], 5), ax=right, lang="en")
    assert_texts_fit(left, monkeypatch)


@pytest.mark.parametrize("lang", first_of("ru", "en"))
def test_nothing_to_compare_is_said_plainly(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.fee_drift(drifts([]), lang=lang)
    assert {"en": "No data", "ru": "Нет данных"}[lang] in assert_texts_fit(ax, monkeypatch)


@pytest.mark.long
def test_rates_that_did_not_move_are_drawn_without_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    still = {"fee_rate": 0.04, "rate_effect": 0.0, "mix_effect": 0.0, "total_change": 0.0}
    assert_texts_fit(charts.fee_drift(drifts(["a"]).assign(**still), lang="en"), monkeypatch)
    assert_texts_fit(charts.fee_drift(drifts(["a"], 3).assign(**still), lang="en"), monkeypatch)


@pytest.mark.long
def test_another_result_is_refused() -> None:
    with pytest.raises(DataError, match=r"a result of fees\. Draw it with charts\.fees"):
        charts.fee_drift(metrics.fees(pandas_frame(arrow(ORDERS))))
