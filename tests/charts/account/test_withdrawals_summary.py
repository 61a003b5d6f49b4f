"""The chart of withdrawals: amounts by group, or stacked over time with their fees below."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from matplotlib import pyplot as plt

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import DataError
from tests.charts.account.results import withdrawals, withdrawals_over_time
from tests.charts.tables import HOSTILE, assert_texts_fit, legend_of, over_time, row_labels
from tests.golden import arrow, golden_rows, pandas_frame
from tests.marks import first_of

DAYS = pd.to_datetime(["2026-02-27 10:00", "2026-03-01 10:00", "2026-03-02 10:00"])
RECORDS = pd.DataFrame(
    {
        "id": ["1", "2", "3"],
        "status": ["done", "done", "failed"],
        "created_at": DAYS.tz_localize("Europe/Moscow"),
        "done_at": [*(DAYS[:2] + pd.Timedelta(minutes=30)).tz_localize("Europe/Moscow"), pd.NaT],
        "amount": [2000.0, 500.0, 100.0],
        "fee": [40.0, None, None],
        "currency": "RUB",
        "as_of": pd.Timestamp("2026-03-04 12:00", tz="Europe/Moscow"),
    }
)


def said(ax: plt.Axes) -> str:
    return charts.alt_text(ax).replace("\xa0", " ").replace("\u202f", " ")


def test_amounts_are_those_of_the_table() -> None:
    ax = charts.withdrawals_summary(withdrawals(["done", "failed", None]), lang="en")
    assert row_labels(ax) == ["not stated", "failed", "done"]
    assert (
        [bar.get_width() for bar in ax.patches] == charts.data(ax)["withdrawn"].tolist() == [3000, 2000, 1000]
    )
    assert {"RUB\xa060.00", "30\xa0min", "3"} <= {text.get_text() for text in ax.texts}
    assert "Withdrawn RUB 6,000.00, fees RUB 120.00." in said(ax)


def test_records_and_their_result_draw_the_same() -> None:
    direct = charts.withdrawals_summary(RECORDS, lang="ru")
    again = charts.withdrawals_summary(metrics.withdrawals_summary(RECORDS), lang="ru")
    pd.testing.assert_frame_equal(charts.data(direct), charts.data(again))
    assert charts.data(direct)["withdrawn"].tolist() == [2500, 100]
    assert "данные на 04.03.2026 12:00" in said(direct)
    assert "27 февр. – 2 мар. 2026 г." in said(direct)
    assert "У 2 выводов не указана комиссия." in said(direct)
    assert "–" in {text.get_text() for text in direct.texts}


@pytest.mark.parametrize("engine", first_of("duckdb", "arrow", "polars"))
def test_records_of_any_engine(engine: str) -> None:
    import duckdb
    import polars as pl

    table = pa.Table.from_pandas(RECORDS)
    connection = duckdb.connect()
    records = {"arrow": table, "polars": pl.from_arrow(table), "duckdb": connection.from_arrow(table)}[engine]
    ax = charts.withdrawals_summary(records, lang="en", zone="Europe/Moscow")
    assert charts.data(ax)["withdrawn"].tolist() == [2500, 100]
    assert "Feb 27 – Mar 2, 2026" in said(ax).replace("\u2009", " ")


def test_periods_stack_the_groups_and_the_fees_stand_below() -> None:
    ax = charts.withdrawals_summary(withdrawals_over_time(["done", "failed"], 3), lang="en")
    failed, done = ax.containers
    assert [(bar.get_y(), bar.get_height()) for bar in failed] == [(0, 2000)] * 3
    assert [(bar.get_y(), bar.get_height()) for bar in done] == [(2000, 1000)] * 3
    assert [bar.get_height() for bar in ax.child_axes[0].containers[0]] == [60] * 3
    assert legend_of(ax) == ["failed", "done", "Period not complete"]
    assert ax.get_title(loc="left") == "Withdrawals by month and status"


@pytest.mark.long
def test_a_period_that_says_no_fee_has_no_bar_of_it() -> None:
    result = withdrawals_over_time(["done"], 2).assign(withdrawal_fees=[np.nan, 20.0], without_fee=[1, 0])
    ax = charts.withdrawals_summary(result, lang="en")
    assert np.isnan(ax.child_axes[0].containers[0][0].get_height())


def test_what_has_no_currency_is_counted_and_left_out() -> None:
    result = pd.concat([withdrawals(["done"]), withdrawals(["done", None], currency=None)], ignore_index=True)
    ax = charts.withdrawals_summary(result, lang="en")
    assert len(charts.data(ax)) == 1
    assert "3 withdrawals without a currency are left out." in said(ax)


@pytest.mark.parametrize("lang", first_of("ru", "en"))
@pytest.mark.parametrize("names", [HOSTILE, *first_of(["one"], [str(n) for n in range(60)], keep=0)])
def test_any_statuses(names: list[str], lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.withdrawals_summary(withdrawals(names), lang=lang)
    assert_texts_fit(ax, monkeypatch)
    assert set(names) == set(charts.data(ax)["status"])


@pytest.mark.parametrize(
    ("names", "count", "freq"),
    [(HOSTILE, 3, "month"), *first_of(([None], 1826, "day"), (["done"], 1, "day"), keep=0)],
)
def test_any_span(names: list[str], count: int, freq: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = withdrawals_over_time(names, count, freq=freq, start="2021-11-24")
    assert_texts_fit(charts.withdrawals_summary(result, lang="ru"), monkeypatch)


@pytest.mark.long
def test_in_a_grid_of_subplots(monkeypatch: pytest.MonkeyPatch) -> None:
    _, (left, right) = plt.subplots(1, 2, figsize=(13, 6), layout="constrained")
    charts.withdrawals_summary(withdrawals(HOSTILE[:4]), ax=left, lang="ru")
    charts.withdrawals_summary(withdrawals_over_time(["done", None], 5), ax=right, lang="en")
    assert_texts_fit(left, monkeypatch)


@pytest.mark.parametrize("lang", first_of("ru", "en"))
def test_nothing_is_said_plainly(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.withdrawals_summary(withdrawals([]), lang=lang)
    assert {"en": "No data", "ru": "Нет данных"}[lang] in assert_texts_fit(ax, monkeypatch)
    ax = charts.withdrawals_summary(RECORDS, since="2020-01-01", until="2020-01-03", lang=lang)
    assert not ax.patches


@pytest.mark.long
def test_amounts_that_nobody_states_are_no_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = {"withdrawn": np.nan, "withdrawal_fees": np.nan, "lag_seconds_p50": np.nan}
    assert_texts_fit(
        charts.withdrawals_summary(withdrawals([None]).assign(**unknown), lang="en"), monkeypatch
    )
    timed = withdrawals_over_time([None], 2).assign(**unknown)
    assert_texts_fit(charts.withdrawals_summary(timed, lang="en"), monkeypatch)


@pytest.mark.long
def test_another_result_is_refused() -> None:
    with pytest.raises(DataError, match=r"a result of fees\. Draw it with charts\.fees"):
        charts.withdrawals_summary(metrics.fees(pandas_frame(arrow(golden_rows()))))
    with pytest.raises(DataError):
        charts.withdrawals_summary(over_time(2))
