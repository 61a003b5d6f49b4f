"""The chart of cohorts: every cell that was seen has its number, and what was seen in part is hatched."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import DataError
from tests.charts.tables import assert_texts_fit, row_labels
from tests.golden import arrow, golden_rows, order, pandas_frame
from tests.marks import first_of


def triangle(count: int) -> pd.DataFrame:
    """Make cohorts of 100, 110, 120 … of whom a half, a third, a quarter … paid in the months after."""
    rows = []
    for cohort in range(count):
        size = 100 + 10 * cohort
        for month in range(count - cohort):
            paid = size // (month + 1)
            start = pd.Timestamp("2021-01-01") + pd.DateOffset(months=cohort)
            rows.append((start, month, size, paid, paid / size, month < count - cohort - 1, cohort == 0))
    names = ["cohort", "month", "cohort_size", "payers", "retention", "complete", "left_edge"]
    return pd.DataFrame(rows, columns=names)


def cells(ax: Axes) -> list[list[str]]:
    """Read what stands in the cells, row by row, without the sizes beside them."""
    found: dict[int, list[str]] = {}
    for text in ax.texts:
        if text.get_ha() == "center" and text.get_va() == "center":
            found.setdefault(round(text.get_position()[1]), []).append(text.get_text())
    return [found[row] for row in sorted(found)]


def hatched(ax: Axes) -> int:
    return sum(isinstance(patch, Rectangle) and bool(patch.get_hatch()) for patch in ax.patches)


def test_the_cells_are_those_of_the_table() -> None:
    result = triangle(4)
    ax = charts.cohorts(result, lang="en")
    assert row_labels(ax) == ["Jan 2021*", "Feb 2021", "Mar 2021", "Apr 2021"]
    assert cells(ax) == [["100", "50", "33", "25"], ["100", "50", "33"], ["100", "50"], ["100"]]
    assert hatched(ax) == 4
    assert {"100", "110", "120", "130", "n = 460 customers"} <= {
        text.get_text().partition("\n")[0] for text in ax.texts
    }
    pd.testing.assert_frame_equal(charts.data(ax), result)
    assert "Jan 2021*: 100 customers, in month 2 paid 33.0%" in charts.alt_text(ax)


def test_a_cell_that_nobody_can_have_seen_is_empty_and_a_share_of_nothing_is_none() -> None:
    result = triangle(3)
    empty = result["cohort"] == pd.Timestamp("2021-02-01")
    result.loc[empty, ["cohort_size", "payers"]] = 0
    result.loc[empty, "retention"] = np.nan
    result.loc[1, "retention"] = 0.004
    ax = charts.cohorts(result, lang="ru")
    assert cells(ax) == [["100", "<1", "33"], ["–", "–"], ["100"]]


def test_more_is_darker_and_the_first_month_does_not_count() -> None:
    ax = charts.cohorts(triangle(4), lang="en")
    colours = [patch.get_facecolor()[0] for patch in ax.patches[:10] if not patch.get_hatch()]
    assert colours[1] < colours[2] < colours[0]


def test_the_golden_orders_draw_as_their_result_does() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    ax = charts.cohorts(orders, lang="ru")
    assert row_labels(ax) == ["март 2026*"]
    assert cells(ax) == [["100"]]
    assert "n = 4 покупателя · данные на 04.03.2026 12:00" in {t.get_text().split("\n")[0] for t in ax.texts}
    again = charts.cohorts(metrics.cohorts(orders), lang="ru")
    pd.testing.assert_frame_equal(charts.data(again), charts.data(ax))
    dollars = charts.cohorts(orders, currency="USD", lang="en")
    assert charts.data(dollars)["cohort_size"].tolist() == [1]


@pytest.mark.parametrize(
    ("count", "lang"), first_of((7, "ru"), (1, "en"), (2, "ru"), (60, "ru"), (60, "en"), keep=2)
)
def test_in_any_number(count: int, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ax = charts.cohorts(triangle(count), lang=lang)
    assert_texts_fit(ax, monkeypatch)
    assert len(row_labels(ax)) == min(count, 40)


@pytest.mark.long
def test_what_is_left_out_is_counted() -> None:
    ax = charts.cohorts(triangle(45), lang="en")
    assert row_labels(ax)[0] == "Jun 2021"
    said = " ".join(text.get_text() for text in ax.texts)
    assert "in the table: 5." in said
    assert f"Months after month {len(cells(ax)[0]) - 1} are not drawn" in said
    assert len(charts.data(ax)) == 45 * 46 / 2


@pytest.mark.long
def test_in_a_grid_of_subplots(monkeypatch: pytest.MonkeyPatch) -> None:
    figure, grid = plt.subplots(1, 2, figsize=(14, 5), layout="constrained")
    for place, count in zip(grid, (1, 9), strict=True):
        charts.cohorts(triangle(count), lang="ru", ax=place)
    assert_texts_fit(grid[0], monkeypatch)
    assert figure.axes == list(grid)
    top, bottom = (grid[0].transData.transform((0, y))[1] for y in (-0.5, 0.5))
    assert top - bottom < 60


def test_no_payments_of_anybody_known() -> None:
    orders = pandas_frame(arrow([order(1, created="2026-03-01 10:00", paid="2026-03-01 10:05", email="")]))
    for lang, told in (("ru", "Нет данных"), ("en", "No data")):
        ax = charts.cohorts(orders, lang=lang)
        assert told in {text.get_text() for text in ax.texts}
        assert not ax.patches


def test_groups_and_other_results_are_refused() -> None:
    orders = pandas_frame(arrow(golden_rows()))
    with pytest.raises(DataError, match="several rows of the same cohort, month"):
        charts.cohorts(orders, by="currency")
    with pytest.raises(DataError, match=r"a result of fees\. Draw it with charts\.fees"):
        charts.cohorts(metrics.fees(orders))
