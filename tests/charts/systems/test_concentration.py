"""The chart of concentration: the share of the largest system, which it is, and how many equal ones it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from tegro_analytics import charts, metrics
from tests.charts.tables import HOSTILE, assert_texts_fit, by_group, legend_of, periods, row_labels
from tests.golden import arrow, golden_rows, pandas_frame


def values(count: int) -> pd.DataFrame:
    """Make rows whose largest share rises from one half by hundredths; that of every third is SBP's."""
    top = [0.5 + 0.01 * (n % 40) for n in range(count)]
    return pd.DataFrame(
        {
            "systems": 3,
            "hhi": [share**2 + (1 - share) ** 2 for share in top],
            "effective_systems": [1 / (share**2 + (1 - share) ** 2) for share in top],
            "top_share": top,
            "top_payment_system_id": pd.Series(
                [28 if n % 3 == 2 else 25 for n in range(count)], dtype="Int64"
            ),
        },
        index=range(count),
    )


def over_time(count: int, freq: str = "month", start: str = "2026-01-01") -> pd.DataFrame:
    """Make a result with periods, the last one incomplete."""
    keys = periods(start, count, freq, incomplete=1)
    keys.insert(0, "currency", "RUB")
    return pd.concat([keys, values(count)], axis=1)


def groups(names: Sequence[str]) -> pd.DataFrame:
    """Make a result with one row for each group."""
    return pd.concat([pd.DataFrame({"currency": "RUB", "segment": list(names)}), values(len(names))], axis=1)


def marks(ax: Axes) -> dict[str, list[float]]:
    """Read the marks of each system, by their shape."""
    found: dict[str, list[float]] = {}
    for line in ax.lines:
        if line.get_linestyle() == "None":
            found.setdefault(str(line.get_marker()), []).extend(np.asarray(line.get_ydata()))
    return found


def test_the_line_its_marks_and_the_strip_are_those_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    result = over_time(6)
    ax = charts.concentration(result, lang="en")
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), result["top_share"])
    assert marks(ax) == {"o": [0.5, 0.51, 0.53, 0.54], "s": [0.52, 0.55]}
    assert legend_of(ax) == [
        "Bank cards · Tinkoff Bank (25)", "Fast payment system (SBP)", "Period not complete"
    ]  # fmt: skip
    (strip,) = ax.child_axes
    heights = [bar.get_height() for bar in strip.containers[0]]
    assert heights == result["effective_systems"].tolist()
    assert_texts_fit(ax, monkeypatch)
    pd.testing.assert_frame_equal(charts.data(ax), result)


def test_systems_lie_end_to_end_the_largest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = [0.2, 0.5, 0.3]
    result = by_group(["a", "b", "c"]).assign(share_value=shares)
    ax = charts.concentration(result, lang="en")
    assert row_labels(ax) == ["b", "c", "a"]
    bars = [(bar.get_x(), bar.get_width()) for bar in ax.patches]
    np.testing.assert_allclose(bars, [(0, 0.5), (0.5, 0.3), (0.8, 0.2)])
    drawn = assert_texts_fit(ax, monkeypatch)
    assert {"30.0%", "80.0%", "100.0%"} <= set(drawn)
    notes = " ".join(drawn).replace("\n", " ")
    assert "1 system brings half of gross revenue or more. HHI 0.380: as concentrated as 2.6 systems" in notes


def test_the_golden_orders() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    listed = charts.concentration(metrics.payment_systems(orders), lang="ru")
    # RUB: 1900 through system 25, 450 through 28; 10 was paid nothing.
    assert [bar.get_width() for bar in listed.patches][:2] == pytest.approx([1900 / 2350, 450 / 2350])
    ax = charts.concentration(orders, by="is_test", lang="ru")
    result = metrics.concentration(orders, by="is_test")
    pd.testing.assert_frame_equal(charts.data(charts.concentration(result)), charts.data(ax))
    assert "нет: 80,9\xa0% (Bank cards · Tinkoff Bank (25))" in charts.alt_text(ax)
    notes = " ".join(text.get_text() for text in ax.texts)
    assert "В данных есть ещё: USD; см." in notes.replace("\n", " ")


def test_groups_are_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.concentration(groups(["a", "b", "c"]), lang="en")
    assert row_labels(ax) == ["c", "b", "a"]
    assert [bar.get_width() for bar in ax.patches] == [0.52, 0.51, 0.5]
    drawn = assert_texts_fit(ax, monkeypatch)
    assert {"52.0%", "Fast payment system (SBP)", "0.501", "2.0"} <= set(drawn)


def test_groups_over_time_are_lines() -> None:
    parts = [over_time(3).assign(top_share=share) for share in (0.4, 0.7)]
    for name, part in zip(("a", "b"), parts, strict=True):
        part.insert(4, "segment", name)
    ax = charts.concentration(pd.concat(parts, ignore_index=True), lang="en")
    assert legend_of(ax) == ["a", "b", "Period not complete"]
    assert not ax.child_axes


def test_a_system_that_is_not_stated_is_named_so_and_an_empty_period_is_a_gap() -> None:
    result = over_time(4)
    result.loc[1, "top_payment_system_id"] = pd.NA
    result.loc[2, ["hhi", "effective_systems", "top_share", "top_payment_system_id"]] = pd.NA
    ax = charts.concentration(result, lang="ru")
    assert "не указано" in legend_of(ax)
    assert np.isnan(np.asarray(ax.lines[0].get_ydata())).tolist() == [False, False, True, False]


@pytest.mark.parametrize(
    ("data", "lang"),
    [
        (over_time(0), "ru"),
        (over_time(1, "day"), "en"),
        pytest.param(groups(HOSTILE), "ru", marks=pytest.mark.long),
        (by_group(HOSTILE).assign(share_value=1 / 12), "en"),
        pytest.param(by_group([f"System {n}" for n in range(45)]).assign(share_value=1 / 45), "ru",
                     marks=pytest.mark.long),
        pytest.param(over_time(1826, "day", "2021-11-24"), "ru", marks=pytest.mark.long),
    ],
    ids=["empty", "one day", "hostile groups", "hostile systems", "many systems", "five years"],
)  # fmt: skip
def test_texts_fit(data: pd.DataFrame, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_texts_fit(charts.concentration(data, lang=lang), monkeypatch)


def test_a_mark_at_the_whole_is_not_cut() -> None:
    ax = charts.concentration(over_time(2).assign(top_share=[1.0, 0.9]), lang="en")
    assert ax.get_ylim()[1] > 1.02
    assert max(tick for tick in ax.get_yticks()) == 1.0
