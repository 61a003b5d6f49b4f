"""Results: their columns, dtypes and forms of money, and the questions that are refused."""

from __future__ import annotations

import inspect
import pickle
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from tegro_analytics.exceptions import ConfigurationError, DataError
from tegro_analytics.metrics import METRICS, conversion, fees, payment_systems, revenue
from tegro_analytics.metrics.definition import Metric
from tests.golden import arrow, golden_rows, order, pandas_frame

GOLDEN = arrow(golden_rows())
DTYPES = {
    "money": "float64",
    "count": "int64",
    "rate": "float64",
    "seconds": "float64",
    "fine_rate": "float64",
    "measure": "float64",
    "bool": "bool",
    "estimate": "float64",
    "text": "str",
    "number": "Int64",
}


def takes(name: str, *options: str) -> bool:
    """Say whether a metric is one over orders, in cells, and takes options."""
    metric = METRICS[name]
    parameters = inspect.signature(metric.function).parameters
    return metric.inputs == ("orders",) and not metric.is_list and set(options) <= set(parameters)


IN_CELLS = [METRICS[name] for name in METRICS if takes(name, "freq", "by")]


@pytest.fixture(params=IN_CELLS, ids=[metric.name for metric in IN_CELLS])
def metric(request: pytest.FixtureRequest) -> Metric:
    one: Metric = request.param
    return one


@pytest.mark.parametrize("orders", [GOLDEN, GOLDEN.slice(0, 0)], ids=["golden", "empty"])
def test_columns_and_dtypes_are_those_of_the_definition(metric: Metric, orders: Any) -> None:
    result = metric.function(orders, freq="day", by="shop_id")
    keys = [*metric.keys, "period_start", "period_end", "complete", *metric.dims, "shop_id"]
    assert list(result.columns) == [*keys, *metric.names()]
    for column in metric.columns:
        assert str(result[column.name].dtype) == DTYPES[column.kind], column.name
    assert {name: str(result[name].dtype) for name in keys} == {
        **dict.fromkeys(metric.keys, "str"),
        "period_start": "datetime64[us]",
        "period_end": "datetime64[us]",
        "complete": "bool",
        **{name: "str" if name in ("plan", "flag") else "Int64" for name in metric.dims},
        "shop_id": "str",
    }
    assert isinstance(result.index, pd.RangeIndex)


def test_decimals_can_be_worked_with() -> None:
    result = revenue(GOLDEN, money="decimal")
    assert str(result["gross_volume"].dtype) == "decimal128(28, 8)[pyarrow]"
    rest = result["gross_volume"] - result["fees"] - result["refunds"]
    assert rest.tolist() == [Decimal(1855), Decimal("19.2")]
    assert result["gross_volume"].sum() == 2370
    assert fees(GOLDEN, money="decimal")["fee_per_payment"].tolist() == [Decimal(19), Decimal("0.8")]


def test_money_comes_in_the_form_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    floats, decimals = pandas_frame(GOLDEN), pandas_frame(GOLDEN, money="decimal")

    def form(orders: Any, **options: Any) -> str:
        return "decimal" if "decimal" in str(revenue(orders, **options)["fees"].dtype) else "float64"

    assert [form(orders) for orders in (floats, decimals, GOLDEN)] == ["float64", "decimal", "float64"]
    monkeypatch.setenv("TEGRO_MONEY", "decimal")
    assert [form(orders) for orders in (floats, decimals, GOLDEN)] == ["decimal"] * 3
    assert form(decimals, money="float64") == "float64"
    monkeypatch.setenv("TEGRO_MONEY", "cents")
    with pytest.raises(ConfigurationError, match="money='cents'"):
        revenue(GOLDEN)


def test_a_sum_beyond_the_decimals_of_results_is_told() -> None:
    largest = "9999999999.99999999"
    rows = [order(number, created="2026-03-01 10:00", amount=largest) for number in range(3)]
    assert revenue(arrow(rows), money="decimal")["gross_volume"].tolist() == [Decimal(largest) * 3]


def test_rows_are_sorted_by_their_keys() -> None:
    frame = payment_systems(GOLDEN, freq="day", by="shop_id")
    keys = ["currency", "period_start", "payment_system_id", "shop_id"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(frame), pd.DataFrame(frame).sort_values(keys, ignore_index=True)
    )


def test_what_is_missing_in_a_key_is_a_group_of_its_own() -> None:
    rows = [order(1, created="2026-03-01 10:00", system=999), order(2, created="2026-03-01 10:00", system=25)]
    frame = revenue(arrow(rows), by=["family"])
    assert frame["family"].isna().tolist() == [False, True]
    assert frame["payments"].tolist() == [1, 1]
    days = revenue(arrow(rows), by="family", freq="day")
    assert days["payments"].tolist() == [1, 1, *[0] * 6]


def test_a_large_key_of_a_customer_stays_exact() -> None:
    rows = [order(1, created="2026-03-01 10:00", email="a@x.ru"), order(2, created="2026-03-01 10:00")]
    keys = arrow(rows)["customer"].to_pylist()
    assert abs(keys[0]) > 2**53
    assert revenue(arrow(rows), by="customer")["customer"].tolist() == [keys[0], pd.NA]


@pytest.mark.parametrize(
    ("by", "says"),
    [
        ("gross_volume", "is a column of the result"),
        ("complete", "is a column of the result"),
        (["family", "family"], "names a dimension twice"),
        ([7], "give the name of a column"),
    ],
)
def test_a_dimension_that_cannot_be_is_refused(by: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        revenue(GOLDEN, by=by)


def test_dimensions_may_come_in_any_sequence() -> None:
    expected = pd.DataFrame(conversion(GOLDEN, by=["family", "rail"]))
    for by in (("family", "rail"), iter(["family", "rail"])):
        pd.testing.assert_frame_equal(pd.DataFrame(conversion(GOLDEN, by=by)), expected)
    assert list(conversion(GOLDEN, by=[]).columns) == list(conversion(GOLDEN).columns)


def test_what_is_derived_is_plain_and_a_copy_survives_pickling() -> None:
    result = revenue(GOLDEN, freq="day")
    assert result.metric == "revenue"
    for derived in (
        result[result["payments"] > 0],
        result.head(),
        result.groupby("currency").sum(numeric_only=True),
    ):
        assert type(derived) is pd.DataFrame
    again = pickle.loads(pickle.dumps(result))
    assert type(again) is type(result)
    assert again.metric == "revenue"
    pd.testing.assert_frame_equal(pd.DataFrame(again), pd.DataFrame(result))


def test_a_result_shows_itself_in_the_language_that_is_asked_for() -> None:
    shown = fees(GOLDEN).show(lang="ru")
    assert repr(shown).startswith("Комиссии")
    assert "Комиссии" in shown._repr_html_()
    assert repr(fees(GOLDEN).show(lang="en")).startswith("Fees")


def test_a_result_by_a_column_of_the_caller_shows_itself() -> None:
    orders = pandas_frame(GOLDEN).assign(region=["\x1b[31mnorth"] * 5 + ["south"] * 5)
    text = revenue(orders, by=["region", "weekday"]).to_text(lang="en")
    assert "region" in text
    assert "Sun" in text
    assert "\x1b" not in text
