"""What every chart of checkouts and of systems has in common: what it refuses, and that it can be kept."""

from __future__ import annotations

import pickle

import matplotlib as mpl
import pandas as pd
import pytest

from tegro_analytics import charts, metrics
from tegro_analytics.exceptions import DataError
from tests.charts.tables import figure_of
from tests.golden import arrow, golden_rows, pandas_frame
from tests.marks import first_of

CHARTS = (
    "heat_map", "time_to_pay", "checkouts", "concentration", "conversion_mix", "conversion_value", "funnel"
)  # fmt: skip


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    """Give the golden orders."""
    return pandas_frame(arrow(golden_rows()))


@pytest.fixture(scope="module")
def fees(orders: pd.DataFrame) -> pd.DataFrame:
    """Give the result of a metric that none of these charts draws."""
    return metrics.fees(orders)


@pytest.mark.parametrize("chart", CHARTS)
def test_the_result_of_another_metric_is_sent_to_its_own_chart(chart: str, fees: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"a result of fees\. Draw it with charts\.fees\."):
        getattr(charts, chart)(fees)


@pytest.mark.parametrize("chart", CHARTS)
def test_an_unknown_keyword_is_named_with_those_that_are_known(chart: str, orders: pd.DataFrame) -> None:
    with pytest.raises(TypeError, match=rf"charts\.{chart} has no keyword sinse=\. Did you mean since=\?"):
        getattr(charts, chart)(orders, sinse="2026-03-01")


@pytest.mark.parametrize("chart", first_of(*CHARTS, keep=2))
def test_a_chart_can_be_pickled_and_changes_no_setting(chart: str, orders: pd.DataFrame) -> None:
    before = dict(mpl.rcParams)
    ax = getattr(charts, chart)(orders, lang="en")
    copy = pickle.loads(pickle.dumps(figure_of(ax)))
    copy.canvas.draw()
    assert copy.axes[0].get_title(loc="left") == ax.get_title(loc="left")
    assert dict(mpl.rcParams) == before
