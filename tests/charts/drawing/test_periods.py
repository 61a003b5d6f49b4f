"""The time axis: ticks at the middles of periods, as many as fit, in the language."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.dates import num2date

from tegro_analytics.charts.drawing.periods import Periods
from tests.charts.tables import draw, figure_of, over_time


def inner(ax: Axes) -> list[str]:
    return [label.get_text() for label in ax.get_xticklabels()]


def outer(ax: Axes) -> list[str]:
    return [label.get_text() for label in ax.get_xticklabels(minor=True)]


@pytest.mark.parametrize(
    ("count", "start", "freq", "lang", "first", "below"),
    [
        (12, "2026-01-01", "month", "ru", ["янв.", "февр."], ["2026"]),
        (5, "2025-12-30", "day", "ru", ["30", "31"], ["дек. 2025", "янв. 2026"]),
        (60, "2026-01-01", "day", "en", ["1", "3"], ["Jan 2026", "Feb 2026", "Mar 2026"]),
        (1826, "2022-01-01", "day", "en", ["Jan", "Apr"], ["2022", "2023", "2024", "2025", "2026"]),
        (9, "2026-01-05", "week", "en", ["Jan 5", "Jan 12"], ["2026"]),
        (24, "2026-01-01", "hour", "ru", ["00:00", "02:00"], ["1 янв."]),
        (6, "2025-07-01", "quarter", "en", ["Q3", "Q4"], ["2025", "2026"]),
        (30, "2001-01-01", "year", "en", ["2002", "2004"], []),
    ],
)
def test_ticks(count: int, start: str, freq: str, lang: str, first: list[str], below: list[str]) -> None:
    ax = draw("revenue", over_time(count, start=start, freq=freq), lang=lang)
    figure_of(ax).canvas.draw()
    assert (inner(ax)[:2], outer(ax)) == (first, below)


def test_a_narrower_figure_has_fewer_ticks() -> None:
    ax = draw("revenue", over_time(31, freq="day"))
    figure = figure_of(ax)
    figure.canvas.draw()
    many = len(inner(ax))
    figure.set_size_inches(4, 4)
    figure.canvas.draw()
    assert 1 < len(inner(ax)) < many


def test_a_tick_stands_in_the_middle_of_its_period() -> None:
    ax = draw("revenue", over_time(3))
    assert f"{num2date(ax.get_xticks()[1]):%Y-%m-%d}" == "2026-02-15"


def test_bars_are_as_wide_as_their_periods() -> None:
    january, february, _ = draw("revenue", over_time(3)).containers[0]
    assert january.get_width() / february.get_width() == pytest.approx(31 / 28)


def test_one_period_is_no_wall() -> None:
    ax = draw("revenue", over_time(1, freq="day"))
    low, high = ax.get_xlim()
    assert high - low == pytest.approx(7)


def test_zoned_starts_show_the_clock_of_their_zone() -> None:
    zoned = over_time(2, freq="day")
    for name in ("period_start", "period_end"):
        zoned[name] = zoned[name].dt.tz_localize("Asia/Vladivostok")
    assert Periods.of(zoned).starts[0] == pd.Timestamp("2026-01-01").to_pydatetime()
    assert inner(draw("revenue", zoned)) == ["1", "2"]


def test_the_frequency_is_read_from_the_lengths() -> None:
    for freq in ("hour", "day", "week", "month", "quarter", "year"):
        assert Periods.of(over_time(3, freq=freq)).freq == freq
