"""Whatever the data are called and however many they are: no warning, no text lost, none on another."""

from __future__ import annotations

import pytest
from matplotlib import pyplot as plt

from tests.charts.tables import (
    CHARTS,
    HOSTILE,
    OVER_TIME,
    assert_texts_fit,
    by_group,
    draw,
    figure_of,
    legend_of,
    over_time,
    over_time_by_group,
    row_labels,
)
from tests.marks import first_of

NAMES = ["Bank cards · Tinkoff Bank (25)", "Fast payment system (SBP)", *(f"System {n}" for n in range(60))]


@pytest.mark.parametrize(
    ("chart", "count", "lang"),
    [
        *((chart, count, lang) for chart in CHARTS for count, lang in ((0, "en"), (1, "ru"), (12, "ru"))),
        *((chart, 2, "en") for chart in ("revenue", "payment_systems")),
        ("payment_systems", 12, "en"),
        ("payment_systems", 45, "en"),
        *(pytest.param(chart, 45, "ru", marks=pytest.mark.long) for chart in OVER_TIME),
        *(pytest.param(chart, 12, "en", marks=pytest.mark.long) for chart in OVER_TIME),
    ],
)
def test_payment_systems_in_any_number(
    chart: str, count: int, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ax = draw(chart, by_group(NAMES[:count]), lang=lang)
    assert_texts_fit(ax, monkeypatch)
    assert len(row_labels(ax)) == min(count, 40)


@pytest.mark.parametrize(
    ("chart", "count", "freq", "lang"),
    [
        *((chart, 1, "day", "en") for chart in OVER_TIME),
        ("conversion", 31, "day", "ru"),
        ("revenue", 1826, "day", "en"),
        ("fees", 1826, "day", "ru"),
        pytest.param("conversion", 1826, "day", "en", marks=pytest.mark.long),
        *((chart, 12, "month", "ru") for chart in OVER_TIME),
        ("revenue", 2, "day", "en"),
        ("revenue", 92, "day", "ru"),
        ("conversion", 48, "hour", "ru"),
        ("fees", 60, "week", "en"),
        ("revenue", 20, "quarter", "ru"),
        ("conversion", 9, "year", "en"),
    ],
)
def test_time_in_any_length(
    chart: str, count: int, freq: str, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ax = draw(chart, over_time(count, freq=freq, start="2021-11-24", incomplete=1), lang=lang)
    assert_texts_fit(ax, monkeypatch)


@pytest.mark.parametrize("chart", first_of(*CHARTS))
def test_hostile_names_in_rows(chart: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ax = draw(chart, by_group(HOSTILE))
    assert_texts_fit(ax, monkeypatch)
    labels = row_labels(ax)
    assert len(set(labels)) == len(HOSTILE)
    assert {"$\\frac{$", "_hidden", "100% {x} <b>&</b>", "□□□ □", "$a$ and $b$", "(no name)"} <= set(labels)
    assert set(HOSTILE) == set(ax.tegro.data["payment_system"])  # type: ignore[attr-defined]


@pytest.mark.parametrize("chart", OVER_TIME)
@pytest.mark.parametrize("names", [HOSTILE[:6], HOSTILE[6:]], ids=["short", "long"])
def test_hostile_names_in_the_legend(chart: str, names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ax = draw(chart, over_time_by_group(names))
    drawn = assert_texts_fit(ax, monkeypatch)
    assert len(set(legend_of(ax))) == len(legend_of(ax)) >= len(names)
    assert set(legend_of(ax)) <= set(drawn)


def test_names_alike_when_shortened_are_told_apart_by_their_ids() -> None:
    first, second = HOSTILE[6:8]
    labels = row_labels(draw("payment_systems", by_group([first, second])))
    assert [label.rpartition(" ")[2] for label in labels] == ["(2)", "(1)"]
    assert all("…" in label for label in labels)


def test_a_hundred_characters_of_currency(monkeypatch: pytest.MonkeyPatch) -> None:
    ax = draw("revenue", over_time(currency="$_%{}<" * 20))
    assert_texts_fit(ax, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("layout", [None, "constrained", pytest.param("tight", marks=pytest.mark.long)])
def test_a_grid_of_subplots(layout: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    figure, grid = plt.subplots(2, 2, figsize=(14, 10), layout=layout)
    places = dict(zip(CHARTS, grid.flat, strict=True))
    for chart, place in places.items():
        data = by_group(NAMES[:12]) if chart == "payment_systems" else over_time(11, incomplete=1)
        assert draw(chart, data, ax=place) is place
    assert_texts_fit(grid[0, 0], monkeypatch)
    assert all(figure_of(place) is figure for place in places.values())
    assert plt.get_fignums() == [figure.number]


def test_an_axes_without_a_grid_keeps_its_texts_in_its_own_place() -> None:
    figure = plt.figure(figsize=(12, 8))
    ax = figure.add_axes((0.2, 0.2, 0.6, 0.6))
    draw("conversion", over_time(92, freq="day"), ax=ax)  # its last label stands out to the right
    figure.canvas.draw()
    box = ax.get_tightbbox()
    assert box is not None
    place = box.transformed(figure.transFigure.inverted())
    assert [place.x0 > 0.195, place.y0 > 0.195, place.x1 < 0.805, place.y1 < 0.805] == [True] * 4


@pytest.mark.parametrize("layout", [None, "constrained"])
def test_a_dollar_is_no_mathematics_in_an_axes_that_somebody_made(
    layout: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "$\\frac{$"
    _, (left, right) = plt.subplots(1, 2, figsize=(13, 5), layout=layout)
    draw("payment_systems", by_group([name]), ax=left)
    draw("revenue", over_time(currency=name), ax=right)
    assert name in assert_texts_fit(left, monkeypatch)


def test_a_title_longer_than_the_figure_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    data = by_group(["a", "b"]).drop(columns=["payment_system_id", "share"])
    ax = draw("revenue", data.rename(columns={"payment_system": "a segment " * 15 + "w" * 200}))
    assert_texts_fit(ax, monkeypatch)
    assert ax.get_title(loc="left").count("\n") >= 2


def test_more_rows_than_an_axes_can_show_are_added_up() -> None:
    _, ax = plt.subplots(figsize=(9, 4), layout="constrained")
    draw("payment_systems", by_group(NAMES[:30]), ax=ax)
    labels = row_labels(ax)
    assert labels[-1] == f"other ({31 - len(labels)})"
    assert len(ax.tegro.data) == 30  # type: ignore[attr-defined]
