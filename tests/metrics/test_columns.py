"""Columns of other types than the schema names: each engine takes the same ones, and names what it cannot."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tegro_analytics.exceptions import ConfigurationError, DataError
from tegro_analytics.metrics import (
    anomalies,
    checkouts,
    concentration,
    conversion,
    customer_value,
    customers,
    fee_drift,
    flagged_orders,
    match_orders,
    payment_systems,
    plan_comparison,
    revenue,
    time_to_pay,
)
from tests.golden import arrow, golden_rows, native

GOLDEN = arrow(golden_rows())
ENGINES = ("pandas", "polars lazy", "duckdb in America/New_York")
ROWS = GOLDEN.num_rows


def with_column(name: str, values: Any, dtype: pa.DataType | None = None) -> pa.Table:
    """Put other values into a column of the golden orders."""
    return GOLDEN.set_column(GOLDEN.column_names.index(name), name, pa.array(values, dtype))


def frame_of(engine: str, table: pa.Table) -> Any:
    return table.to_pandas() if engine == "pandas" else native(engine, table)


AMOUNTS = [str(value) for value in GOLDEN["amount"].to_pylist()]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("column", "first", "dtype"),
    [
        ("amount", "abc", None),
        ("amount", "1.123456789", None),  # a ninth place would be rounded away
        ("amount", Decimal("1.123456789"), pa.decimal128(38, 20)),
        ("amount", 0.1, pa.float32()),
        ("amount", True, None),
        ("status", "paid", None),
        ("status", 1.5, None),
        ("status", Decimal("1.5"), pa.decimal128(9, 1)),
        ("is_test", "perhaps", None),
        ("payment_system_id", "x", None),
        ("created_date", "yesterday", None),
        ("created_at", "2026-03-01 10:00", None),
    ],
)
def test_what_a_column_cannot_hold_is_an_error_that_names_it(
    engine: str, column: str, first: Any, dtype: pa.DataType | None
) -> None:
    rest = {bool: True, float: 0.5, Decimal: Decimal("2.0")}.get(type(first), "1")
    orders = frame_of(engine, with_column(column, [first] + [rest] * (ROWS - 1), dtype))
    with pytest.raises(DataError, match=column):
        revenue(orders, by="payment_system_id", since="2026-03-01 00:01")


@pytest.mark.parametrize("engine", ENGINES)
def test_what_says_the_same_in_another_type_is_taken(engine: str) -> None:
    status, tests = GOLDEN["status"].to_pylist(), GOLDEN["is_test"].to_pylist()
    texts = with_column("amount", AMOUNTS)
    for name, values in (
        ("status", [str(value) for value in status]),
        ("is_test", [str(value) for value in tests]),
    ):
        texts = texts.set_column(texts.column_names.index(name), name, pa.array(values))
    alike = [
        texts,
        with_column("status", [float(value) for value in status]),
        with_column("status", [Decimal(value) for value in status], pa.decimal128(38, 2)),
        with_column("is_test", [int(value) for value in tests]),
    ]
    for table in alike:
        assert [float(value) for value in revenue(frame_of(engine, table))["gross_volume"]] == [2350, 20]


@pytest.mark.parametrize("engine", ENGINES)
def test_numbers_that_stand_for_text_are_text(engine: str) -> None:
    numbered = with_column("payment_id", [1, 1, *range(3, ROWS + 1)])
    assert checkouts(frame_of(engine, numbered))["checkouts"].tolist() == [9]
    shops = revenue(frame_of(engine, with_column("shop_id", [7] * ROWS)), by="shop_id")
    assert shops["shop_id"].tolist() == ["7", "7"]


@pytest.mark.parametrize("engine", [*ENGINES, "pyarrow"])
def test_a_number_that_is_none_is_missing(engine: str) -> None:
    orders = with_column("customer", [1.0] * (ROWS - 1) + [float("nan")])
    assert customers(frame_of(engine, orders))["unique_payers"].tolist() == [1]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_key_of_a_customer_that_is_none_is_not_shown(engine: str) -> None:
    with pytest.raises(DataError, match="'customer'") as error:
        customers(frame_of(engine, with_column("customer", ["a@x.ru"] * ROWS)))
    assert "a@x.ru" not in str(error.value)


def test_an_infinite_decimal_is_told() -> None:
    orders = GOLDEN.to_pandas()
    orders.loc[0, "amount"] = Decimal("Infinity")
    with pytest.raises(DataError, match="'amount' holds a value that no column of a table takes"):
        revenue(orders)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_query_of_the_caller_that_cannot_run_is_told(engine: str) -> None:
    if engine == "polars":
        mine: Any = pl.LazyFrame({"payment_id": ["o-1"], "amount": ["x"]}).with_columns(
            pl.col("amount").cast(pl.Int64)
        )
    else:
        mine = duckdb.sql(
            "SELECT 'o-1' AS payment_id, CAST(concat('x', range) AS INT) AS amount FROM range(1)"
        )
    with pytest.raises(
        DataError, match="match_orders cannot be computed, for the engine of the frame says: "
    ):
        match_orders(GOLDEN.filter(pa.compute.equal(GOLDEN["currency"], "RUB")), mine)


def test_a_bound_of_numpy_is_a_moment() -> None:
    noon = revenue(GOLDEN, since=np.datetime64("2026-03-01T12:00"), until=dt.date(2026, 3, 4))
    assert noon["gross_volume"].tolist() == [1200, 20]


@pytest.mark.parametrize("by", [5, 1.5, True])
def test_what_is_neither_a_name_nor_a_list_is_refused(by: Any) -> None:
    for metric in (revenue, plan_comparison):
        with pytest.raises(DataError, match="give the name of a column, or a list of names"):
            metric(GOLDEN, by=by)


def test_an_interval_ends_at_0_and_at_1_exactly() -> None:
    rates = conversion(GOLDEN, by="status")
    assert rates["conversion_ever_low"].tolist()[0] == 0
    assert rates["conversion_ever_high"].tolist()[1] == 1


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_any_column_of_the_orders_may_be_a_dimension(engine: str) -> None:
    orders = frame_of(engine, GOLDEN)
    for by in ("amount", "refund_first_seen_at"):
        whole = revenue(orders, by=by)
        assert (by in whole, whole["payments"].sum(), whole["refunds"].sum()) == (True, 6, 400)
        assert revenue(orders, by=by, freq="day")["gross_volume"].sum() == 2370
    moments = revenue(orders, by="as_of")["as_of"]
    assert str(moments.dtype) in ("datetime64[us, Europe/Moscow]", "datetime64[us, UTC]")


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        (revenue, "refunded"),
        (payment_systems, "tickets"),
        (conversion, "undated"),
        (fee_drift, "fees"),
        (plan_comparison, "overcharged"),
        (customer_value, "top_gross"),
        (concentration, "payments"),
    ],
)
def test_a_dimension_with_the_name_of_a_value_is_refused(metric: Any, name: str) -> None:
    orders = GOLDEN.append_column(name, pa.array(["mine"] * ROWS))
    with pytest.raises(DataError, match=f"by='{name}': {metric.__name__} makes a column of this name itself"):
        metric(orders, by=name)


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_the_hour_before_a_midnight_is_compared(engine: str) -> None:
    hours = fee_drift(frame_of(engine, GOLDEN), freq="hour", since="2026-03-02", until="2026-03-02 01:00")
    assert hours["fee_rate"].tolist() == [0.05]


@pytest.mark.parametrize(
    ("metric", "options", "says"),
    [
        (revenue, {"zone": 5}, "there is no time zone 5"),
        (revenue, {"reference": "mine"}, "reference='mine': give what `load_reference"),
        (time_to_pay, {"at": None}, "at=None: give whole seconds"),
        (time_to_pay, {"at": 60.0}, "at=60.0: give whole seconds"),
        (flagged_orders, {"flag": ["paid_twice"]}, "is unknown: give one of"),
        (anomalies, {"freq": ["day"]}, "anomalies are looked for by one of"),
    ],
)
def test_an_option_of_another_type_is_named(metric: Any, options: dict[str, Any], says: str) -> None:
    with pytest.raises((DataError, ConfigurationError), match=says):
        metric(GOLDEN, **options)


def test_two_columns_of_one_name_are_named() -> None:
    twice = GOLDEN.append_column("amount", GOLDEN["fee"])
    for orders in (twice, pd.concat([GOLDEN.to_pandas(), GOLDEN.select(["amount"]).to_pandas()], axis=1)):
        with pytest.raises(DataError, match="a frame with several columns 'amount': leave one of them"):
            revenue(orders)
