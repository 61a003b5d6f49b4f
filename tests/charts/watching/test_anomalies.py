"""The chart of anomalies: the band is that of the metric, and what is outside it is marked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from tegro_analytics import charts, metrics
from tegro_analytics.charts.watching.band import band
from tegro_analytics.exceptions import DataError
from tests.charts.tables import assert_texts_fit, legend_of, periods
from tests.golden import arrow, order, pandas_frame
from tests.marks import first_of


def watched(payments: list[int], *, freq: str = "day", start: str = "2026-01-05") -> pd.DataFrame:
    """Make periods of which 10 payments were expected, 2 more or less being usual."""
    keys = periods(start, len(payments), freq)
    numbers = pd.Series(payments, dtype="int64")
    score = 0.6745 * (numbers - 10) / 2
    values = {"payments": numbers, "expected": 10.0, "score": score, "method": "robust_z"}
    table = pd.concat([pd.DataFrame({"currency": "RUB"}, index=keys.index), keys], axis=1)
    return table.assign(**values, is_anomaly=score.abs() > 3.5)


def marks(ax: Axes, marker: str) -> list[float]:
    return [
        float(y) for line in ax.lines if line.get_marker() == marker for y in np.asarray(line.get_ydata())
    ]


def notes(ax: Axes) -> str:
    return " ".join(text.get_text() for text in ax.texts).replace("\n", " ").replace("\xa0", " ")


def test_what_is_unlike_before_is_marked_with_date_and_number() -> None:
    ax = charts.anomalies(watched([9, 11, 40, 10, 12, 9, 0]), threshold=3, lang="en")
    assert (marks(ax, "^"), marks(ax, "v")) == ([40], [])
    found = charts.anomalies(
        watched([9, 11, 40, 10, 12, 9, 0]).assign(is_anomaly=[0, 0, 1, 0, 0, 0, 1]), lang="ru"
    )
    assert (marks(found, "^"), marks(found, "v")) == ([40], [0])
    assert {"7 янв.: 40", "11 янв.: 0"} <= {text.get_text() for text in found.texts}
    assert legend_of(found) == ["Оплаты", "Ожидалось, с учётом случайного разброса", "Необычно: 2"]
    assert "Необычно: 2: 7 янв.: 40; 11 янв.: 0." in charts.alt_text(found)


def test_the_band_is_told_by_the_score() -> None:
    low, high = band(watched([9, 14, 10]), 3.5)
    half = 3.5 * 2 / 0.6745
    assert low[:2] == pytest.approx([0, 0])
    assert high[:2] == pytest.approx([10 + half] * 2)
    assert np.isnan([low[2], high[2]]).all()  # exactly as expected, and nothing is known of the weeks before


def flat_orders(days: int, last: int) -> pd.DataFrame:
    """Make orders: one, three, one, three … a week on the same weekday, and on the last day more."""
    starts = pd.date_range("2026-01-05", periods=days)
    rows = []
    for at, day in enumerate(starts):
        for _ in range(last if at == days - 1 else 2 + (-1) ** (at // 7)):
            rows.append(
                order(len(rows), created=f"{day:%Y-%m-%d} 10:00", paid=f"{day:%Y-%m-%d} 10:05")
                | {
                    "as_of": pd.Timestamp(starts[-1] + pd.Timedelta(days=1), tz="Europe/Moscow").tz_convert(
                        "UTC"
                    )
                }
            )
    return pandas_frame(arrow(rows))


def test_the_weeks_before_tell_the_band_where_the_score_cannot() -> None:
    orders = flat_orders(16 * 7 + 1, 2)  # expected 2, usually 1 off, and 2 it is
    result = metrics.anomalies(orders)
    assert result["score"].iloc[-1] == 0
    low, high = band(pd.DataFrame(result), 3.5)
    assert (low[-1], high[-1]) == (0, pytest.approx(2 + 3.5 / 0.6745))
    direct = charts.anomalies(orders, lang="en")
    pd.testing.assert_frame_equal(charts.data(charts.anomalies(result, lang="en")), charts.data(direct))
    with pytest.raises(DataError, match=r"a result of anomalies\. Draw it with charts\.anomalies"):
        charts.fees(result)


@pytest.mark.parametrize(("number", "odd"), [(0, False), (5, False), (9, False), (10, True)])
def test_a_poisson_band_ends_where_anomalies_begin(number: int, odd: bool) -> None:
    table = watched([2] * 57).assign(method="poisson", score=np.nan, expected=2.0)
    weekly = table["period_start"].dt.day_of_week == 0
    table = table[weekly].reset_index(drop=True)
    low, high = band(table, 3.5)
    assert (low[-1], high[-1]) == (0, 9)
    assert (number > high[-1]) == odd
    from tegro_analytics.metrics.watching.unlikely import unlike

    said = unlike(np.array([float(number)]), np.full((8, 1), 2.0), 3.5)
    assert bool(said.is_anomaly[0]) == odd


def test_groups_are_refused_and_nothing_is_said_plainly() -> None:
    with pytest.raises(DataError, match="several rows of the same period_start"):
        charts.anomalies(pd.concat([watched([1]), watched([2])]))
    assert "Нет данных" in notes(charts.anomalies(watched([]), lang="ru"))


def test_marks_without_room_for_a_label_are_counted() -> None:
    ax = charts.anomalies(watched([10, 50] * 20), lang="en")
    assert marks(ax, "^") == [50.0] * 20
    told = [text.get_text() for text in ax.texts if text.get_text().endswith(": 50")]
    assert f"Marked without date and number: {20 - len(told)};" in notes(ax)
    assert len(told) > 3


@pytest.mark.parametrize(
    ("count", "freq", "lang"),
    first_of(
        (92, "day", "ru"), (1, "day", "en"), (48, "hour", "en"), (1826, "day", "ru"), (260, "week", "en")
    ),
)
def test_texts_fit(count: int, freq: str, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    payments = [90 if at % 9 == 0 else 8 + at % 5 for at in range(count)]
    ax = charts.anomalies(watched(payments, freq=freq), lang=lang)
    assert_texts_fit(ax, monkeypatch)


@pytest.mark.long
def test_in_subplots(monkeypatch: pytest.MonkeyPatch) -> None:
    _, grid = plt.subplots(1, 2, figsize=(14, 5), layout="constrained")
    for place, count in zip(grid, (1, 30), strict=True):
        charts.anomalies(watched([9, 60, 11] * count), ax=place, lang="ru")
    assert_texts_fit(grid[0], monkeypatch)
