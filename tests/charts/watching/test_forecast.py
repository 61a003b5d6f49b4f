"""The chart of the forecast: what was, what is ahead, and how it was made."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import DataError
from tests.charts.tables import assert_texts_fit, legend_of, over_time, periods
from tests.golden import arrow, order, pandas_frame
from tests.marks import first_of


def ahead(days: int, start: str = "2026-03-03") -> pd.DataFrame:
    """Make a forecast of 100, 110, 120 … with 10 to each side."""
    keys = periods(start, days, "day", incomplete=days)
    mean = pd.Series([100.0 + 10 * n for n in range(days)], dtype="float64")
    values = {"forecast": mean, "forecast_low": mean - 10, "forecast_high": mean + 10}
    made = {"method": "seasonal", "mase": 0.825, "backtests": 12}
    return pd.concat([pd.DataFrame({"currency": "RUB"}, index=keys.index), keys], axis=1).assign(
        **values, **made
    )


def solid(ax: Axes) -> list[list[float]]:
    """Read the lines that have points."""
    ys = [np.asarray(line.get_ydata(), float) for line in ax.lines if len(np.asarray(line.get_xdata())) > 2]
    return [y[np.isfinite(y)].tolist() for y in ys if np.isfinite(y).any()]


def notes(ax: Axes) -> str:
    return " ".join(text.get_text() for text in ax.texts).replace("\n", " ").replace("\xa0", " ")


def test_the_days_ahead_and_their_interval_are_those_of_the_table() -> None:
    result = ahead(30)
    ax = charts.forecast(result, lang="en")
    assert solid(ax)[0] == result["forecast"].tolist()
    (band,) = (item for item in ax.collections if isinstance(item, FillBetweenPolyCollection))
    assert sorted(set(band.get_paths()[0].vertices[:, 1])) == sorted(
        {*result["forecast_low"], *result["forecast_high"]}
    )
    assert legend_of(ax) == ["Forecast, 30 days: RUB\xa07,350.00", "95% interval"]
    pd.testing.assert_frame_equal(charts.data(ax), result)


def test_the_method_and_its_error_are_said() -> None:
    assert (
        "tried from 12 moments of the past Method: mean of the same weekday over the last 8 weeks. "
        "Error on the past (MASE): 0.82; below 1 is better than repeating the last week."
    ) in notes(charts.forecast(ahead(3), lang="en"))
    without = charts.forecast(ahead(3).assign(mase=np.nan, method="ets"), lang="ru")
    assert "MASE" not in notes(without)
    assert "Метод: экспоненциальное сглаживание" in charts.alt_text(without)


def test_the_days_before_stand_before() -> None:
    past = over_time(70, start="2025-12-23", freq="day", incomplete=1)  # its last day is 2 March
    ax = charts.forecast(ahead(7), history=past, lang="en")
    table = charts.data(ax)
    assert table["gross_volume"].dropna().tolist() == past["gross_volume"].iloc[13:69].tolist()
    assert table["period_start"].is_monotonic_increasing
    assert solid(ax)[:2] == [past["gross_volume"].iloc[13:69].tolist(), ahead(7)["forecast"].tolist()]
    assert legend_of(ax)[0] == "Gross volume"


def test_orders_bring_their_past() -> None:
    rows = [
        order(
            n, created=f"{day:%Y-%m-%d} 10:00", paid=f"{day:%Y-%m-%d} 10:05", amount=str(100 + day.weekday())
        )
        | {"as_of": pd.Timestamp("2026-03-03T09:00Z")}
        for n, day in enumerate(pd.date_range("2026-01-01", "2026-03-02"))
    ]
    orders = pandas_frame(arrow(rows))
    ax = charts.forecast(orders, days=3, lang="en")
    result = charts.forecast(
        metrics.forecast(orders, days=3), history=metrics.revenue(orders, freq="day"), lang="en"
    )
    pd.testing.assert_frame_equal(charts.data(ax), charts.data(result))
    assert charts.data(ax)["gross_volume"].dropna().tolist()[-2:] == [106, 100]
    assert charts.data(ax)["forecast"].dropna().tolist() == [101, 102, 103]
    many = charts.forecast(orders, days=3, of="payments", lang="ru")
    assert (many.get_ylabel(), legend_of(many)[1]) == ("Оплаты", "Прогноз на 3 дн.: 3")
    with pytest.raises(DataError, match=r"a result of forecast\. Draw it with charts\.forecast"):
        charts.revenue(metrics.forecast(orders, days=3))


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(DataError, match=r"of='fees' cannot be drawn"):
        charts.forecast(ahead(3), of="fees")
    with pytest.raises(DataError, match="several rows of the same period_start"):
        charts.forecast(pd.concat([ahead(3), ahead(3)]))
    nothing = charts.forecast(
        ahead(3).assign(forecast=np.nan, method=None, mase=np.nan, backtests=0), lang="ru"
    )
    assert "Нет данных" in notes(nothing)


@pytest.mark.parametrize(
    ("days", "past", "lang"),
    first_of((28, 100, "ru"), (1, 0, "en"), (366, 732, "ru"), (1, 1, "ru"), (366, 0, "en")),
)
def test_texts_fit(days: int, past: int, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = over_time(past, start="2024-03-01", freq="day") if past else None
    start = pd.Timestamp("2024-03-01") + pd.Timedelta(days=past)
    ax = charts.forecast(ahead(days, f"{start:%Y-%m-%d}"), history=before, lang=lang)
    assert_texts_fit(ax, monkeypatch)


@pytest.mark.long
def test_in_subplots(monkeypatch: pytest.MonkeyPatch) -> None:
    _, grid = plt.subplots(1, 2, figsize=(14, 5), layout="constrained")
    for place, days in zip(grid, (1, 28), strict=True):
        charts.forecast(ahead(days), ax=place, lang="ru")
    assert_texts_fit(grid[0], monkeypatch)
