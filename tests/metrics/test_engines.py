"""Frames of every kind: what is missing, what is made from the rest, what stays where it is and as it was."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tegro_analytics.exceptions import ConfigurationError, DataError, MissingColumn
from tegro_analytics.metrics import METRICS, conversion, fees, payment_systems, revenue
from tegro_analytics.metrics.engines.source import Source
from tests.golden import ENGINES, MOSCOW, arrow, golden_rows, native, order, pandas_frame

GOLDEN = arrow(golden_rows())


def gross(frame: pd.DataFrame) -> list[float]:
    return [float(value) for value in frame["gross_volume"]]


def test_only_the_small_result_leaves_the_engine(
    frame_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = frame_of(arrow([order(number, created="2026-03-01 10:00") for number in range(1_000)]))
    brought = []
    collect = Source.collect

    def spy(source: Source, query: Any) -> pa.Table:
        table = collect(source, query)
        brought.append(table.num_rows)
        return table

    monkeypatch.setattr(Source, "collect", spy)
    payment_systems(orders, freq="day")
    assert max(brought) == 1


def test_a_polars_query_stays_lazy_until_the_result() -> None:
    scanned = pl.from_arrow(GOLDEN).lazy().map_batches(lambda frame: frame)  # type: ignore[union-attr]
    assert gross(revenue(scanned)) == [2350, 20]


@pytest.mark.parametrize("engine", ["pandas float64", "polars lazy"])
@pytest.mark.parametrize("metric", [name for name in METRICS if METRICS[name].inputs == ("orders",)])
def test_an_empty_frame_keeps_its_columns(engine: str, metric: str) -> None:
    empty = native(engine, arrow([]))
    for options in ({}, {"freq": "day", "since": "2026-03-01", "until": "2026-03-03", "as_of": "2026-03-01"}):
        function = METRICS[metric].function
        taken = inspect.signature(function).parameters
        result = function(empty, **{name: value for name, value in options.items() if name in taken})
        assert len(result) == 0
        assert list(result.columns)[-len(METRICS[metric].names()) :] == METRICS[metric].names()


@pytest.mark.parametrize(
    ("metric", "column"),
    [
        ("revenue", "refund_first_seen_at"),
        ("revenue", "amount"),
        ("fees", "fee"),
        ("fees", "is_test"),
        ("conversion", "status"),
        ("conversion", "observed_at"),
        ("conversion_value", "currency"),
        ("payment_systems", "rail"),
    ],
)
def test_a_missing_column_is_named(metric: str, column: str) -> None:
    for engine in ("pandas float64", "polars lazy"):
        orders = (
            native(engine, GOLDEN.drop_columns(column))
            if engine != "pandas float64"
            else pandas_frame(GOLDEN)
        )
        if engine == "pandas float64":
            orders = orders.drop(columns=column)
        with pytest.raises(MissingColumn) as error:
            METRICS[metric].function(orders)
        assert error.value.columns == (column,)
        assert f"{metric} needs the column '{column}'" in str(error.value)
        assert "ta.canonical" in str(error.value)


def test_a_missing_dimension_is_named() -> None:
    with pytest.raises(MissingColumn, match="'region'"):
        revenue(GOLDEN, by=["family", "region"])


@pytest.mark.parametrize("orders", [None, 7, [1, 2], {"amount": [1]}, "orders.csv"])
def test_what_is_no_frame_is_refused(orders: Any) -> None:
    with pytest.raises(DataError, match=f"revenue was given {type(orders).__name__}: orders are a pandas"):
        revenue(orders)


# The moment to which the orders are complete


def test_without_as_of_one_is_asked_for() -> None:
    orders = pandas_frame(GOLDEN).drop(columns="as_of")
    with pytest.raises(MissingColumn, match="as_of"):
        conversion(orders)
    assert conversion(orders, as_of="2026-03-04 12:00")["mature"].tolist() == [7]
    assert conversion(orders, as_of=dt.datetime(2026, 3, 4, 9, 0, tzinfo=dt.UTC))["mature"].tolist() == [7]


def test_an_empty_as_of_is_asked_for_too() -> None:
    orders = pandas_frame(GOLDEN).assign(as_of=pd.NaT)
    with pytest.raises(DataError, match=r"conversion does not know to what moment .* pass as_of="):
        conversion(orders)


def test_of_several_moments_the_oldest_counts() -> None:
    rows = golden_rows()
    rows[0]["as_of"] = dt.datetime(2026, 3, 2, 10, 0, tzinfo=MOSCOW)
    assert conversion(arrow(rows))["mature"].tolist() == [1]


def test_as_of_rewinds_nothing() -> None:
    early = revenue(GOLDEN, as_of="2026-03-02", freq="day")
    assert gross(early)[:4] == [1000, 500, 700, 150]
    assert early["complete"].tolist()[:4] == [True, False, False, False]


# pandas


def test_the_input_is_not_changed(frame_of: Callable[..., Any]) -> None:
    orders = frame_of(GOLDEN)
    if isinstance(orders, pd.DataFrame):
        before = orders.copy(deep=True)
        payment_systems(orders, freq="week", by="hour")
        pd.testing.assert_frame_equal(orders, before)
    elif isinstance(orders, pl.DataFrame):
        copy = orders.clone()
        payment_systems(orders, freq="week", by="hour")
        assert orders.equals(copy)
    else:
        payment_systems(orders, freq="week", by="hour")
        assert gross(revenue(orders)) == [2350, 20]


def test_a_filtered_frame_has_gaps_in_its_index() -> None:
    orders = pandas_frame(GOLDEN)
    assert gross(revenue(orders[orders["payment_system_id"] == 28])) == [450]
    assert gross(revenue(orders.iloc[::-1].set_index("payment_id"))) == [2350, 20]


@pytest.mark.parametrize("missing", ["created_date", "paid_date", "seconds_to_pay"])
def test_pandas_makes_what_follows_from_the_instants(missing: str) -> None:
    orders = pandas_frame(GOLDEN)
    options = {"freq": "day", "by": "hour"}
    pd.testing.assert_frame_equal(
        pd.DataFrame(payment_systems(orders.drop(columns=missing), **options)),
        pd.DataFrame(payment_systems(orders, **options)),
    )


def test_the_days_of_pandas_are_those_of_its_zone() -> None:
    orders = pandas_frame(GOLDEN)
    utc = orders.assign(created_at=orders["created_at"].dt.tz_convert("UTC")).drop(
        columns=["created_date", "paid_date"]
    )
    assert gross(revenue(utc, freq="day"))[:4] == [1500, 0, 700, 150]
    assert gross(revenue(orders, freq="day", zone="UTC"))[:4] == [1500, 0, 700, 150]


def test_instants_in_utc_beside_dates_of_moscow_are_of_moscow() -> None:
    orders = GOLDEN.to_pandas()  # what Arrow and Parquet bring: instants in UTC, dates as objects
    assert gross(revenue(orders, freq="day"))[:4] == [1000, 500, 700, 150]
    incomplete = revenue(orders, freq="day", as_of=dt.datetime(2026, 3, 4, 21, 0, tzinfo=dt.UTC))
    assert incomplete["complete"][:4].all()


def test_other_dtypes_of_pandas_say_the_same() -> None:
    orders = pandas_frame(GOLDEN)
    arrow_backed = orders.convert_dtypes(dtype_backend="pyarrow")
    objects = orders.assign(
        amount=[Decimal(str(value)) for value in orders["amount"]],
        currency=orders["currency"].astype("category"),
        payment_system_id=orders["payment_system_id"].astype("float64"),
        status=orders["status"].astype("int8"),
        created_at=orders["created_at"].dt.as_unit("ns"),
    )
    expected = pd.DataFrame(payment_systems(orders, freq="day"))
    for other in (arrow_backed, objects):
        pd.testing.assert_frame_equal(
            pd.DataFrame(payment_systems(other, freq="day", money="float64")), expected
        )


def test_instants_without_a_zone_are_refused() -> None:
    orders = pandas_frame(GOLDEN)
    naive = orders.assign(created_at=orders["created_at"].dt.tz_localize(None))
    with pytest.raises(DataError, match="'created_at' have no time zone"):
        conversion(naive)
    with pytest.raises(DataError, match=r"'created_at' holds .* not instants with a time zone"):
        conversion(pl.from_pandas(naive))


def test_a_column_of_the_wrong_kind_is_named() -> None:
    orders = pandas_frame(GOLDEN).assign(amount="much")
    with pytest.raises(DataError, match="'amount' does not hold amount of the order"):
        revenue(orders)


# Money as floats


@pytest.mark.parametrize("engine", ["pandas", "pyarrow", "polars", "duckdb"])
def test_floats_give_their_exact_amounts_back(engine: str) -> None:
    amounts = ["9999999999.99", "0.00000001", "0.1", "0.2", "1234567.12345678", "33.33"]
    rows = [order(number, created="2026-03-01 10:00", amount=text) for number, text in enumerate(amounts)]
    table = arrow(rows)
    for name in ("amount", "fee"):
        table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(pa.float64()))
    orders = {
        "pandas": lambda: pandas_frame(arrow(rows)),
        "pyarrow": lambda: table,
        "polars": lambda: pl.from_arrow(table),
        "duckdb": lambda: duckdb.connect().from_arrow(table),
    }[engine]()
    (total,) = revenue(orders, money="decimal")["gross_volume"]
    assert total == sum(map(Decimal, amounts))


@pytest.mark.parametrize("engine", ["pandas", "pyarrow", "polars", "duckdb"])
@pytest.mark.parametrize("column", ["amount", "fee"])
def test_a_float_that_is_no_amount_is_refused(engine: str, column: str) -> None:
    table = GOLDEN.set_column(
        GOLDEN.schema.get_field_index(column), column, pa.array([0.1 + 0.2] * GOLDEN.num_rows)
    )
    orders = {
        "pandas": lambda: pandas_frame(GOLDEN).assign(**{column: 0.1 + 0.2}),
        "pyarrow": lambda: table,
        "polars": lambda: pl.from_arrow(table),
        "duckdb": lambda: duckdb.connect().from_arrow(table),
    }[engine]()
    with pytest.raises(DataError, match=f"the column '{column}'.*0.30000000000000004"):
        fees(orders)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_paid_order_without_an_amount_is_refused(engine: str) -> None:
    rows = golden_rows()
    table = arrow(rows)
    holed = pa.array([None, *table["amount"].to_pylist()[1:]], pa.decimal128(18, 8))
    orders = native(engine, table.set_column(table.schema.get_field_index("amount"), "amount", holed))
    with pytest.raises(DataError, match="1 paid orders have no amount"):
        revenue(orders)


def test_the_zone_of_a_session_does_not_matter() -> None:
    in_utc, in_new_york = (
        payment_systems(native(f"duckdb in {zone}", GOLDEN), freq="hour", since="2026-03-01 10:30")
        for zone in ("UTC", "America/New_York")
    )
    pd.testing.assert_frame_equal(pd.DataFrame(in_utc), pd.DataFrame(in_new_york))


# Polars and DuckDB without the columns that are made for the engines


def test_weeks_and_weekdays_follow_from_the_stored_day() -> None:
    bare = GOLDEN.select(
        [name for name in GOLDEN.column_names if not name.startswith(("created_w", "paid_w"))]
    )
    for orders in (pl.from_arrow(bare), duckdb.connect().from_arrow(bare), bare):
        frame = conversion(orders, freq="week", by="weekday")
        assert frame[frame["orders"] > 0][["weekday", "orders"]].to_numpy().tolist() == [
            [7, 2],
            [1, 4],
            [2, 1],
            [3, 2],
        ]
        assert frame["period_start"].dt.day_of_week.eq(0).all()


def test_hours_need_the_instant_or_the_stored_hour() -> None:
    bare = GOLDEN.drop_columns(["created_hour", "created_date"])
    frame = conversion(pl.from_arrow(bare), freq="hour")  # Polars knows the hour of any zone
    assert frame[frame["orders"] > 0]["period_start"].dt.hour.tolist() == [10, 23, 9, 12, 13, 15, 11, 8]
    with pytest.raises(MissingColumn, match="'created_date', 'created_hour'"):
        conversion(duckdb.connect().from_arrow(bare), freq="hour")


def test_polars_in_another_zone() -> None:
    frame = pl.from_arrow(GOLDEN)
    assert isinstance(frame, pl.DataFrame)
    tokyo = frame.with_columns(pl.col("created_at", "paid_at").dt.convert_time_zone("Asia/Tokyo"))
    assert gross(revenue(tokyo, freq="day", zone="UTC"))[:4] == [1500, 0, 700, 150]
    assert conversion(tokyo)["mature"].tolist() == [7]


def test_the_report_zone_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEGRO_REPORT_TIMEZONE", "UTC")
    bare = pl.from_arrow(GOLDEN.drop_columns(["created_date", "paid_date"]))
    assert gross(revenue(bare, freq="day"))[:4] == [1500, 0, 700, 150]
    monkeypatch.setenv("TEGRO_REPORT_TIMEZONE", "Moscow")
    with pytest.raises(ConfigurationError, match="no time zone 'Moscow'"):
        revenue(bare)
