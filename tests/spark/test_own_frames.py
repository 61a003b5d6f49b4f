"""Frames that a person made in Spark: what is missing or of another kind is named; memory does not end."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import narwhals as nw
import pyarrow as pa
import pytest

from tegro_analytics.exceptions import DataError, MissingColumn
from tegro_analytics.metrics import conversion, fees, revenue
from tegro_analytics.metrics.engines.barrier import settled
from tests.golden import arrow, golden_rows, native, order

pytestmark = pytest.mark.spark

GOLDEN = arrow(golden_rows())


def orders_of(table: pa.Table = GOLDEN, *, zone: str = "Europe/Moscow") -> Any:
    return native(f"spark in {zone}", table)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(MissingColumn, match="fees needs the column 'fee'") as error:
        fees(orders_of().drop("fee"))
    assert error.value.columns == ("fee",)
    with pytest.raises(MissingColumn, match="'region'"):
        revenue(orders_of(), by="region")


def test_days_are_made_by_nobody_but_the_export() -> None:
    # Spark would take those of its session, whose zone is not ours to choose.
    with pytest.raises(MissingColumn, match="'created_date', 'paid_date'"):
        revenue(orders_of().drop("created_date", "paid_date"), freq="day")


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_wall_clock_times_are_refused_until_they_say_their_zone(zone: str) -> None:
    from pyspark.sql import functions as F  # noqa: N812  the name that all of Spark goes by

    orders = orders_of(zone="Europe/Moscow")
    clock = F.date_format("created_at", "yyyy-MM-dd HH:mm:ss")
    written = orders.withColumn("created_at", clock).toArrow()  # as another system writes them, in Moscow
    given = orders_of(written, zone=zone)
    with pytest.raises(DataError, match=r"'created_at' holds .*, not instants with a time zone"):
        conversion(given.withColumn("created_at", F.to_timestamp_ntz("created_at")))
    known = F.concat_ws(" ", "created_at", F.lit("Europe/Moscow")).cast("timestamp")
    assert conversion(given.withColumn("created_at", known))["mature"].tolist() == [7]


def test_floats_give_their_exact_amounts_back() -> None:
    amounts = ["9999999999.99", "0.00000001", "0.1", "0.2", "1234567.12345678", "33.33", "10000000"]
    rows = [order(number, created="2026-03-01 10:00", amount=text) for number, text in enumerate(amounts)]
    table = arrow(rows)
    for name in ("amount", "fee"):
        table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(pa.float64()))
    (total,) = revenue(orders_of(table), money="decimal")["gross_volume"]
    assert total == sum(map(Decimal, amounts))
    place = table.schema.get_field_index("fee")
    odd = table.set_column(place, "fee", pa.array([0.1 + 0.2] * table.num_rows))
    with pytest.raises(DataError, match=r"the column 'fee' holds 0.30000000000000004"):
        fees(orders_of(odd))


def test_a_filter_stands_behind_the_columns_that_it_names() -> None:
    # Nine such steps take seconds where Spark moves the filter, and twelve all memory.
    frame = nw.from_native(orders_of().repartition(2)).lazy().with_columns(step=nw.col("id"))
    step = nw.col("step")
    for number in range(3):
        frame = frame.with_columns(step=nw.when(step > number).then(step).otherwise(step + 1))
    found = settled(frame).filter(step > 7).select("step")
    assert sorted(found.collect(backend="pyarrow").to_native()["step"].to_pylist()) == [8, 9, 10]
    plan = found.to_native()._jdf.queryExecution().optimizedPlan().toString()
    assert -1 < plan.find("Filter") < plan.find("CASE WHEN")
