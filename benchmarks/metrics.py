"""Metrics beside hand-written SQL and pandas: ``python benchmarks/metrics.py [--orders 1000000 10000000]``.

``revenue`` by day, ``conversion`` and ``payment_systems``, with all their columns:

* over a relation of a DuckDB table with the canonical columns, against SQL by hand on the same table that
  computes the same columns, in as few scans as it can;
* over one pandas frame with the canonical columns, against pandas by hand on the same frame.

Both ways take turns in one process, on two threads; each number is the median of several rounds. Before any
time is taken, what they find is compared: they have to agree.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from metrics_by_hand import MACROS, PANDAS, SQL

import tegro_analytics as ta
from tegro_analytics import frames
from tegro_analytics.schemas import ORDERS

THREADS = 2
ZONE = "Europe/Moscow"
TARGETS = {"DuckDB SQL": "at most 1.3 times its time", "pandas": "at least 3 times faster"}
METRICS: dict[str, Callable[[Any], pd.DataFrame]] = {
    "revenue by day": lambda orders: ta.revenue(orders, freq="day"),
    "conversion": ta.conversion,
    "payment_systems": ta.payment_systems,
}

_ORDERS = """
CREATE TABLE orders AS
WITH drawn AS (
    SELECT range AS id, hash(range) % 1000 AS of_status, hash(range + 1_000_000_007) AS a,
        hash(range + 2_000_000_011) AS b, hash(range + 3_000_000_019) AS c
    FROM range($orders)
), timed AS (
    SELECT id, a, b, c, of_status,
        CASE WHEN of_status < 620 THEN 1 WHEN of_status < 640 THEN 3 WHEN of_status < 800 THEN 2 ELSE 0
        END::BIGINT AS status,
        TIMESTAMPTZ '2026-11-01 00:00:00+00' - to_seconds(($orders - id) * 63_000_000 // $orders)
            AS created_at,
        CASE WHEN a % 100 < 97 THEN b % 3_000 + 5 ELSE b % 200_000 END::BIGINT AS waited
    FROM drawn
), paid AS (
    SELECT *, CASE WHEN status IN (1, 3) THEN waited END AS seconds_to_pay,
        CASE WHEN status IN (1, 3) THEN created_at + to_seconds(waited) END AS paid_at,
        (c % 9_000_000 + 1_000)::DECIMAL(18, 8) / 100 AS price
    FROM timed
), systems AS (
    SELECT unnest([25, 28, 51, 10, 5, 16, 33, 40]) AS number,
        unnest(['Bank cards', 'SBP', 'Visa', 'Mir', 'YooMoney', 'Bitcoin', 'USDT', 'QIWI']) AS name,
        unnest(['card', 'sbp', 'card', 'card', 'ewallet', 'crypto', 'crypto', 'ewallet']) AS family
)
SELECT 'SHOP' AS shop_id, id::BIGINT AS id, 'Order #' || id AS payment_id, status,
    CASE status WHEN 1 THEN 'paid' WHEN 3 THEN 'refunded' WHEN 2 THEN 'cancelled' ELSE 'created' END
        AS status_name,
    a % 211 = 0 AS is_test, created_at, paid_at,
    (created_at AT TIME ZONE 'Europe/Moscow')::DATE AS created_date,
    (paid_at AT TIME ZONE 'Europe/Moscow')::DATE AS paid_date,
    seconds_to_pay, price::DECIMAL(18, 8) AS amount, (price * 5 / 100)::DECIMAL(18, 8) AS fee,
    CASE WHEN b % 10 = 0 THEN 'USD' ELSE 'RUB' END AS currency,
    number::BIGINT AS payment_system_id, name AS payment_system, family, name AS rail,
    CASE WHEN status = 3 AND b % 5 > 0 THEN time_bucket(INTERVAL 1 HOUR, paid_at + to_seconds(a % 900_000))
    END AS refund_first_seen_at,
    created_at + INTERVAL 30 HOUR AS observed_at, TIMESTAMPTZ '2026-11-01 09:00:00+00' AS as_of
FROM paid JOIN systems ON systems.number = [25, 28, 51, 10, 5, 16, 33, 40][1 + (a // 1000 % 8)::INT]
ORDER BY id
"""


def table_of(orders: int) -> duckdb.DuckDBPyConnection:
    """Make a table of orders: two years, two currencies, eight systems; each the same every time."""
    connection = duckdb.connect(":memory:", config={"threads": THREADS})
    connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    connection.execute(_ORDERS, {"orders": orders})
    return connection


def frame_of(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Show the table as ``shop.orders()`` does."""
    given = connection.table("orders").to_arrow_table()
    columns = [field for field in ORDERS.arrow(engine=False) if field.name in given.column_names]
    table = given.select([field.name for field in columns]).cast(pa.schema(columns))
    return frames.to_pandas(table, ORDERS, report_zone=ZONE, columns=table.column_names)


def check(name: str, ours: pd.DataFrame, theirs: pd.DataFrame, peer: str) -> None:
    """Refuse to time what does not find the same in every column; floats may differ by a billionth."""
    assert len(ours) == len(theirs), (name, peer, len(ours), len(theirs))
    for column in ours.columns:
        found, wanted = ours[column], theirs[column]
        if found.dtype.kind in "biuf" or pd.api.types.is_numeric_dtype(found.dtype):
            found, wanted = (one.astype(float).to_numpy() for one in (found, wanted))
            assert np.allclose(found, wanted, rtol=1e-9, atol=1e-12, equal_nan=True), (name, peer, column)
        else:
            assert (found.astype(str).to_numpy() == wanted.astype(str).to_numpy()).all(), (name, peer, column)


def in_turns(ways: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Time ways in turns, so that a slow moment of the machine hits all of them; the median of each."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            gc.collect()
            start = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}


def measure(connection: duckdb.DuckDBPyConnection, frame: pd.DataFrame | None, rounds: int) -> None:
    """Print the lines of one number of orders, for SQL or for pandas."""
    peer = "DuckDB SQL" if frame is None else "pandas"
    for name, metric in METRICS.items():
        if frame is None:
            ours, theirs = (
                lambda metric=metric: metric(connection.table("orders")),
                lambda name=name: connection.sql(SQL[name]).to_arrow_table().to_pandas(),
            )
        else:
            ours, theirs = (lambda metric=metric: metric(frame), lambda name=name: PANDAS[name](frame))
        check(name, ours(), theirs(), peer)
        taken = in_turns({"ours": ours, peer: theirs}, rounds)
        own, other = taken.values()
        told = f"{own / other:5.2f} of its time" if frame is None else f"{other / own:5.2f} times faster"
        print(
            f"{name:16} {own:7.3f} s  {peer:10} {other:7.3f} s  {told} (target: {TARGETS[peer]})", flush=True
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer", choices=["sql", "pandas"], nargs="*", default=["sql", "pandas"])
    options = parser.parse_args()
    for orders in options.orders:
        connection = table_of(orders)
        connection.execute(MACROS)
        print(f"\n{orders:,} orders, {THREADS} threads, the median of {options.rounds}")
        if "sql" in options.peer:
            measure(connection, None, options.rounds)
        if "pandas" in options.peer:
            frame = frame_of(connection)
            connection.close()  # 10,000,000 orders take a few GB in either form
            measure(connection, frame, options.rounds)
            del frame


if __name__ == "__main__":
    main()
