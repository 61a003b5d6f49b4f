"""The chart of fees against the tariff: bars to both sides of what was due."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib import pyplot as plt

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import ConfigurationError, DataError
from tests.charts.tables import HOSTILE, assert_texts_fit, legend_of, over_time, row_labels
from tests.charts.tariffs.results import audits, audits_over_time
from tests.golden import arrow, golden_rows, pandas_frame
from tests.marks import first_of


def test_what_lies_above_and_below_is_that_of_the_table() -> None:
    ax = charts.fee_audit(audits(["a", "b", "c", "d"]), lang="en")
    table = charts.data(ax)
    assert row_labels(ax) == table["payment_system"].tolist() == ["c", "b", "a", "d"]
    widths = [bar.get_width() for bar in ax.patches]
    assert widths[:4] == table["overcharged_value"].tolist() == [30, 20, 10, 0]
    assert widths[4:] == (-table["undercharged_value"]).tolist() == [-5, 0, 0, 0]
    assert legend_of(ax) == [
        "Above the tariff: RUB\xa060.00 (21)",
        "Below the tariff: RUB\xa05.00 (3)",
    ]


def test_what_has_no_tariff_is_named_as_such() -> None:
    ax = charts.fee_audit(audits(["a", "b", "c"]), lang="ru")
    texts = [text.get_text().replace("\xa0", " ") for text in ax.texts]
    assert "нет тарифа" in texts
    assert "0 из 102" in texts
    assert "c: нет тарифа" in charts.alt_text(ax)
    notes = " ".join(texts)
    assert "Не проверены, так как нет тарифа: 103 платежа." in notes.replace("\n", " ")
    assert "n = 200 проверенных платежей" in notes


def test_what_has_no_fee_is_named_as_such() -> None:
    result = audits(["a"]).assign(audited=0, unknown_tariff=0, unknown_fee=102)
    ax = charts.fee_audit(result, lang="en")
    assert "no fee stated" in {text.get_text() for text in ax.texts}


def test_the_golden_orders_and_their_result_draw_the_same() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    direct = charts.fee_audit(orders, plan="business", lang="en")
    result = charts.fee_audit(metrics.fee_audit(orders, plan="business"), lang="en")
    pd.testing.assert_frame_equal(charts.data(direct), charts.data(result))
    assert "Plan “business”." in charts.alt_text(direct)
    assert "USD (1 payment)" in " ".join(text.get_text() for text in direct.texts)


def test_periods_add_all_payment_systems_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.fee_audit(audits_over_time(["a", "b", "c", "d"], 3), lang="en")
    above, below = ax.containers
    assert [bar.get_height() for bar in above] == [60, 60, 60]
    assert [bar.get_height() for bar in below] == [-5, -5, -5]
    assert [bar.get_hatch() for bar in above] == [None, None, "/////"]
    assert ax.get_title(loc="left") == "Fees against the tariff by month"
    assert_texts_fit(ax, monkeypatch)


@pytest.mark.parametrize("lang", first_of("ru", "en"))
@pytest.mark.parametrize("names", [HOSTILE, ["one"], *first_of([str(n) for n in range(60)], keep=0)])
def test_any_names_in_any_number(names: list[str], lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.fee_audit(audits(names), lang=lang)
    assert_texts_fit(ax, monkeypatch)
    assert len(row_labels(ax)) == min(len(names), 40)
    assert set(names) == set(charts.data(ax)["payment_system"])


@pytest.mark.long
def test_five_years_of_days(monkeypatch: pytest.MonkeyPatch) -> None:
    assert_texts_fit(charts.fee_audit(audits_over_time(["a"], 1826, freq="day"), lang="ru"), monkeypatch)


@pytest.mark.long
def test_in_a_grid_of_subplots(monkeypatch: pytest.MonkeyPatch) -> None:
    _, (left, right) = plt.subplots(1, 2, figsize=(13, 6), layout="constrained")
    charts.fee_audit(audits(HOSTILE), ax=left, lang="ru")
    charts.fee_audit(audits_over_time(["a"], 5), ax=right, lang="en")
    assert_texts_fit(left, monkeypatch)


@pytest.mark.parametrize("lang", first_of("ru", "en"))
def test_nothing_is_said_plainly(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.fee_audit(audits([]), lang=lang)
    assert {"en": "No data", "ru": "Нет данных"}[lang] in assert_texts_fit(ax, monkeypatch)


@pytest.mark.long
def test_nothing_above_or_below_is_drawn_without_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = {"overcharged_value": 0.0, "undercharged_value": 0.0, "fee_difference": 0.0}
    assert_texts_fit(charts.fee_audit(audits(["a", "b"]).assign(**exact), lang="en"), monkeypatch)
    assert_texts_fit(charts.fee_audit(audits_over_time(["a"], 2).assign(**exact), lang="en"), monkeypatch)


def test_another_result_and_an_unknown_plan_are_refused() -> None:
    with pytest.raises(DataError, match=r"a result of fees\. Draw it with charts\.fees"):
        charts.fee_audit(metrics.fees(pandas_frame(arrow(golden_rows()))), lang="en")
    with pytest.raises(ConfigurationError, match="no such plan"):
        charts.fee_audit(pandas_frame(arrow(golden_rows())), plan="golden")
    with pytest.raises(DataError):
        charts.fee_audit(over_time(2))
