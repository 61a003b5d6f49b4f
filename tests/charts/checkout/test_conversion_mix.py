"""The chart of the change of conversion: a bridge whose steps sum to it exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from tegro_analytics import charts, metrics
from tegro_analytics.charts.drawing.style import BLUE, VERMILION
from tests.charts.tables import HOSTILE, assert_texts_fit, legend_of, periods, row_labels
from tests.golden import arrow, golden_rows, order, pandas_frame


def mix(names: Sequence[str], count: int = 1, *, incomplete: int = 0) -> pd.DataFrame:
    """Make months in which the first group gains most: n groups of equal weight add n, n−1, … hundredths."""
    keys = periods("2026-09-01", count, "month", incomplete=incomplete)
    many = len(names)
    effects = [(-1) ** at * 0.01 * (many - at) / many for at in range(many)]
    rows = pd.DataFrame(
        {
            "payment_system": list(names),
            "conversion_before": 0.5,
            "conversion": [0.5 + many * effect for effect in effects],
            "weight_before": 1 / many,
            "weight": 1 / many,
            "rate_effect": effects,
            "mix_effect": 0.002 / many,
            "total_change": sum(effects) + 0.002,
        }
    )
    parts = [pd.concat([keys.iloc[[at] * many].reset_index(drop=True), rows], axis=1) for at in range(count)]
    return pd.concat(parts, ignore_index=True)


def steps(ax: Axes) -> list[tuple[float, float, str]]:
    """Read the steps of the bridge: from where, by how much, and in which colour."""
    bars = [bar for container in ax.containers for bar in container if isinstance(bar, Rectangle)]
    shades = {tuple(Rectangle((0, 0), 1, 1, color=name).get_facecolor()): name for name in (BLUE, VERMILION)}
    return [(bar.get_x(), bar.get_width(), shades[tuple(bar.get_facecolor())]) for bar in bars]


def test_the_steps_lead_from_the_period_before_to_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.conversion_mix(mix(["a", "b"]), lang="en")
    assert row_labels(ax) == ["August 2026", "Shift of shares (mix)", "a", "b", "September 2026"]
    starts, lengths, colours = zip(*steps(ax), strict=True)
    np.testing.assert_allclose(lengths, [0.002, 0.01, -0.005])
    np.testing.assert_allclose(starts, [0.5, 0.502, 0.512])
    assert colours == (BLUE, BLUE, VERMILION)
    drawn = assert_texts_fit(ax, monkeypatch)
    assert {"50.0%", "+0.20\xa0pp", "+1.00\xa0pp", "-0.50\xa0pp", "50.7%", "50.0% → 52.0%"} <= set(drawn)
    assert legend_of(ax) == ["Raised it", "Lowered it"]
    assert "In all +0.70\xa0pp: the rates of the groups +0.50\xa0pp, the mix +0.20\xa0pp." in charts.alt_text(
        ax
    )


def test_the_last_complete_period_is_drawn_and_said() -> None:
    ax = charts.conversion_mix(mix(["a", "b"], 3, incomplete=1), lang="ru")
    assert row_labels(ax)[-1] == "Октябрь 2026"
    assert len(charts.data(ax)) == 2
    notes = " ".join(text.get_text() for text in ax.texts)
    assert "Показан последний завершённый период" in notes
    assert "1–31 окт. 2026" in notes


def test_a_period_that_is_not_complete_is_hatched_where_there_is_no_other() -> None:
    ax = charts.conversion_mix(mix(["a", "b"], incomplete=1), lang="en")
    assert {bar.get_hatch() for bar in ax.patches} == {"/////"}
    assert "Period not complete" in legend_of(ax)


@pytest.mark.long
def test_small_effects_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    result = mix([f"System {n}" for n in range(45)])
    ax = charts.conversion_mix(result, lang="en")
    labels = row_labels(ax)
    assert (len(labels), labels[-2]) == (40, "other (9)")
    assert sum(length for _, length, _ in steps(ax)) == pytest.approx(result["total_change"][0])
    assert_texts_fit(ax, monkeypatch)


def test_a_group_of_one_period_has_one_rate() -> None:
    result = mix(["a", "b"])
    result.loc[1, ["conversion_before", "weight_before"]] = [np.nan, 0.0]
    ax = charts.conversion_mix(result, lang="en")
    assert "– → 49.0%" in {text.get_text() for text in ax.texts}


def test_orders_draw_as_their_result_does() -> None:
    rows = [
        order(1, created="2026-01-10 10:00", paid="2026-01-10 10:05"),
        order(2, created="2026-01-10 10:00", status=2),
        order(3, created="2026-02-10 10:00", paid="2026-02-10 10:05"),
    ]
    orders = pandas_frame(arrow([row | {"as_of": pd.Timestamp("2026-03-20T00:00Z")} for row in rows]))
    ax = charts.conversion_mix(orders, lang="en")
    assert row_labels(ax)[::2] == ["January 2026", "Bank cards · Tinkoff Bank (25)"]
    assert row_labels(ax)[-1] == "February 2026"
    result = metrics.conversion_mix(orders)
    pd.testing.assert_frame_equal(charts.data(charts.conversion_mix(result)), charts.data(ax))


def test_without_a_period_before_there_is_nothing_to_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.conversion_mix(pandas_frame(arrow(golden_rows())), lang="ru")
    assert "Нет данных" in assert_texts_fit(ax, monkeypatch)


@pytest.mark.parametrize("lang", ["en", pytest.param("ru", marks=pytest.mark.long)])
def test_hostile_names(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.conversion_mix(mix(HOSTILE), lang=lang)
    assert_texts_fit(ax, monkeypatch)
    assert len(set(row_labels(ax))) == len(HOSTILE) + 3
