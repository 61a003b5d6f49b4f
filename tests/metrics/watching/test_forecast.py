"""Forecasts: days that can be worked out by eye, what is refused, and what each method may know."""

from __future__ import annotations

import datetime as dt
import math
import warnings
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tegro_analytics.exceptions import DataError, MissingRate
from tegro_analytics.metrics import forecast
from tegro_analytics.metrics.watching import backtests
from tests.golden import MOSCOW, Row, arrow, golden_rows, native
from tests.metrics.watching.series import sold

TODAY = dt.date(2026, 5, 4)
WEEK = [3, 1, 4, 1, 5, 0, 2]
"""The payments of a week of the pattern, Monday first; 4 May 2026 is a Monday."""


def orders(rows: list[Row], *, at: str = "2026-05-04 15:00") -> Any:
    moment = dt.datetime.fromisoformat(at).replace(tzinfo=MOSCOW)
    return arrow([{**row, "as_of": moment} for row in rows])


def test_a_pattern_of_weeks_goes_on(frame_of: Callable[..., Any]) -> None:
    result = forecast(frame_of(orders(sold(WEEK * 9, end=TODAY))), of="payments", days=14)
    assert result["forecast"].to_numpy() == pytest.approx(WEEK * 2, abs=1e-6)
    assert result["forecast_low"].tolist() == result["forecast_high"].tolist() == result["forecast"].tolist()
    assert set(result["method"]) == {"seasonal"}
    assert result["mase"].isna().all()
    assert result["backtests"].tolist() == [5] * 7 + [4] * 7
    assert result["period_start"].tolist() == list(pd.date_range("2026-05-04", periods=14))
    assert result["period_end"].tolist() == list(pd.date_range("2026-05-05", periods=14))
    assert not result["complete"].any()


@pytest.mark.long
def test_both_methods_know_a_pattern() -> None:
    values = np.array(WEEK * 20, np.float64)
    for forecaster in (backtests.seasonal, backtests.exponential):
        assert forecaster(values, 21, None)[0] == pytest.approx(WEEK * 3, abs=1e-6)


def test_money_is_forecast_in_its_currency() -> None:
    roubles = sold(WEEK * 8, end=TODAY)
    dollars = sold([2] * 70, end=TODAY, currency="USD", amount=Decimal("0.5"))
    result = forecast(orders([*roubles, *dollars]), days=7)
    assert result["currency"].tolist() == ["RUB"] * 7 + ["USD"] * 7
    assert result["forecast"].tolist() == [100 * count for count in WEEK] + [1] * 7


def test_a_total_over_currencies_is_forecast_by_rates() -> None:
    dollars = sold([2] * 70, end=TODAY, currency="USD", amount=Decimal("0.5"))
    both = orders([*sold(WEEK * 8, end=TODAY), *dollars])
    days = pd.date_range("2026-02-20", "2026-05-03").strftime("%Y-%m-%d")
    rates = pd.DataFrame({"date": days, "currency": "USD", "rate": 80})
    total = forecast(both, days=7, total_in="RUB", fx=rates, since="2026-03-09")
    assert total["currency"].tolist() == ["RUB"] * 7
    assert total["forecast"].tolist() == [100 * count + 80 for count in WEEK]
    with pytest.raises(MissingRate, match="from USD to RUB"):
        forecast(both, days=7, total_in="RUB", fx=rates.head(1))


@pytest.mark.long
def test_a_trend_is_smoothed() -> None:
    counts = [10 + day // 2 for day in range(70)]
    result = forecast(orders(sold(counts, end=TODAY)), of="payments", days=7)
    assert set(result["method"]) == {"ets"}
    assert (result["mase"] < 1).all()
    assert result["forecast"].to_numpy() == pytest.approx([10 + day // 2 for day in range(70, 77)], abs=1)
    mase = dict.fromkeys(backtests.METHODS, math.nan)
    for name in mase:
        errors = backtests.backtest(np.array(counts, np.float64), 7, backtests.METHODS[name])
        mase[name] = float(np.nanmean(np.abs(errors)))
    assert mase["ets"] < mase["seasonal"] / 2


def test_a_day_that_is_not_over_is_not_learnt_from() -> None:
    rows = sold([*WEEK * 8, 50], end=TODAY + dt.timedelta(days=1))
    result = forecast(orders(rows), of="payments", days=8)
    assert result["period_start"].iloc[0] == pd.Timestamp(TODAY)
    assert result["forecast"].tolist() == [*WEEK, WEEK[0]]


def test_eight_complete_weeks_are_enough() -> None:
    assert len(forecast(orders(sold([1] * 56, end=TODAY)))) == 28


@pytest.mark.parametrize(("days", "weeks"), [(55, 7), (6, 0), (0, 0)])
def test_less_than_eight_weeks_are_refused(days: int, weeks: int) -> None:
    rows = sold([1] * days, end=TODAY) or golden_rows()[2:3]
    with pytest.raises(DataError, match=f"8 complete weeks .* there are {weeks} complete weeks, {days} days"):
        forecast(orders(rows))


def test_since_shortens_the_past() -> None:
    rows = orders(sold([9] * 7 + [1] * 56, end=TODAY))
    assert forecast(rows, since="2026-03-09", days=1, of="payments")["forecast"].tolist() == [1]
    with pytest.raises(DataError, match="7 complete weeks, 55 days"):
        forecast(rows, since="2026-03-09 10:00")


def test_the_golden_orders_are_too_few(frame_of: Callable[..., Any]) -> None:
    with pytest.raises(DataError, match="0 complete weeks, 3 days"):
        forecast(frame_of(arrow(golden_rows())))


def test_a_group_with_a_short_past_has_no_number() -> None:
    rows = [*sold([1] * 60, end=TODAY), *sold([1] * 20, end=TODAY, payment_system_id=28)]
    result = forecast(orders(rows), by="payment_system_id", of="payments", days=1)
    assert result["payment_system_id"].tolist() == [25, 28]
    assert result["forecast"].isna().tolist() == [False, True]
    assert result["method"].isna().tolist() == [False, True]
    assert result["backtests"].tolist() == [4, 0]


@pytest.mark.parametrize("amount", ["0", "7"])
def test_a_series_without_change_is_forecast(amount: str) -> None:
    result = forecast(orders(sold([1] * 80, end=TODAY, amount=Decimal(amount))), days=30)
    assert result["forecast"].tolist() == [float(amount)] * 30
    assert result["mase"].isna().all()


def test_far_days_have_no_interval() -> None:
    result = forecast(orders(sold([1, 2] * 28, end=TODAY)), of="payments", days=35)
    assert result["backtests"].tolist() == [4] * 7 + [3] * 7 + [2] * 7 + [1] * 7 + [0] * 7
    assert result["forecast_low"].isna().tolist() == [False] * 28 + [True] * 7
    assert result["forecast"].notna().all()


@pytest.mark.long
def test_an_interval_holds_its_forecast_and_never_narrows() -> None:
    chance = np.random.default_rng(5)
    for values in (chance.poisson(5, 80).astype(float), np.arange(70.0)[::-1]):
        one = backtests.forecast_days(values, 14)
        assert (one.low <= one.mean).all()
        assert (one.mean <= one.high).all()
        assert (one.low >= 0).all()
        assert (np.diff((one.high - one.mean)[::7]) >= -1e-9).all()


@pytest.mark.long
def test_nine_in_ten_of_the_days_that_came_lie_in_the_interval() -> None:
    chance = np.random.default_rng(11)
    values = chance.poisson(20, 400).astype(float)
    hits = []
    for end in range(200, 372, 14):
        one = backtests.forecast_days(values[:end], 28)
        came = values[end : end + 28]
        hits.append(((one.low <= came) & (came <= one.high)).mean())
    assert np.mean(hits) > 0.9


@pytest.mark.usefixtures("seasonal_alone")
def test_the_last_52_weeks_are_tried_from_twelve_moments_or_more() -> None:
    year = np.arange(364.0) % 9
    one = backtests.forecast_days(year, 14)
    assert one.backtests.tolist() == [13] * 7 + [12] * 7
    longer = backtests.forecast_days(np.concatenate([np.full(70, 1e6), year]), 14)
    assert longer.mase == one.mase
    assert longer.high.tolist() == one.high.tolist()


def test_no_backtest_knows_what_came() -> None:
    values = np.arange(90.0)
    seen = []

    def spy(before: Any, days: int, parameters: Any) -> Any:
        seen.append((before.copy(), days))
        return np.zeros(days), parameters

    errors = backtests.backtest(values, 10, spy)
    assert [len(before) for before, _ in seen] == [34, 41, 48, 55, 62, 69, 76, 83]
    assert [days for _, days in seen] == [14] * 7 + [7]
    for row, (before, days) in zip(errors, seen, strict=True):
        assert (before == values[: len(before)]).all()
        assert (row[:days] == values[len(before) : len(before) + days]).all()
        assert np.isnan(row[days:]).all()


def test_parameters_are_fitted_anew_at_every_fourth_moment() -> None:
    fitted = []

    def spy(before: Any, days: int, parameters: Any) -> Any:
        fitted.append(parameters is None)
        return np.zeros(days), backtests.Parameters(0.1, 0.1, 0.1, 0.9)

    backtests.backtest(np.arange(90.0), 10, spy)
    assert fitted == [True, False, False, False] * 2


def test_what_cannot_be_fitted_is_left_to_the_other_method(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(values: Any, days: int, parameters: Any) -> Any:
        return np.full(days, np.nan), parameters

    values = np.array([1.0, 2.0, 4.0, 3.0] * 20)
    monkeypatch.setattr(backtests, "METHODS", {"seasonal": backtests.seasonal, "ets": broken})
    assert backtests.forecast_days(values, 9).method == "seasonal"


def test_warnings_of_a_fit_are_kept_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    fit = ExponentialSmoothing.fit

    def loud(model: Any, **options: Any) -> Any:
        warnings.warn("did not converge", RuntimeWarning, stacklevel=1)
        return fit(model, **options)

    monkeypatch.setattr(ExponentialSmoothing, "fit", loud)
    assert np.isfinite(backtests.exponential(np.arange(30.0), 7, None)[0]).all()
    with pytest.warns(RuntimeWarning, match="elsewhere"):
        warnings.warn("elsewhere", RuntimeWarning, stacklevel=1)


@pytest.mark.long
def test_the_same_orders_give_the_same_forecast() -> None:
    chance = np.random.default_rng(3)
    rows = sold(chance.poisson(4, 60).tolist(), end=TODAY)
    table = orders(rows)
    first = pd.DataFrame(forecast(native("pandas float64", table)))
    pd.testing.assert_frame_equal(first, pd.DataFrame(forecast(native("polars lazy", table))))
    tests = [{**row, "is_test": True} for row in sold([3] * 60, end=TODAY)]
    pd.testing.assert_frame_equal(first, pd.DataFrame(forecast(orders([*reversed(rows), *tests]))))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"days": 0}, "days=0: give the number of days"),
        ({"days": 367}, "1 to 366"),
        ({"days": True}, "days=True"),
        ({"days": 7.0}, r"days=7\.0"),
        ({"of": "fees"}, "of='fees' cannot be forecast: give one of 'gross_volume', 'payments'"),
        ({"by": "weekday"}, "by='weekday' makes no sense for forecast"),
        ({"by": "forecast"}, "is a column of the result"),
    ],
)
def test_other_questions_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match=says):
        forecast(arrow(golden_rows()), **options)


def test_a_forecast_shows_itself_without_the_interval_of_wilson() -> None:
    result = forecast(orders(sold(WEEK * 8, end=TODAY)), days=4)
    text = result.to_text(lang="en")
    assert "300.00" in text
    assert "in brackets" not in text
    assert result.to_text(lang="ru").startswith("Прогноз")
