"""The golden orders: ten orders whose every number was worked out by hand, as a frame of each engine."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pytest

from tegro_analytics.privacy import customer_key
from tegro_analytics.reference import load_reference
from tegro_analytics.schemas import ORDERS

FILE = Path(__file__).parent / "data" / "golden-orders.csv"
MOSCOW = ZoneInfo("Europe/Moscow")
AS_OF = dt.datetime(2026, 3, 4, 12, 0, tzinfo=MOSCOW)
SALT = b"golden"

Row = dict[str, Any]


def golden_rows() -> list[Row]:
    """Read the golden orders as plain rows, instants aware in Moscow."""
    with FILE.open(encoding="utf-8") as file:
        return [
            order(
                int(line["id"]),
                created=line["created"],
                paid=line["paid"] or None,
                status=int(line["status"]),
                system=int(line["system"]),
                currency=line["currency"],
                amount=line["amount"],
                fee=line["fee"],
                email=line["email"] or None,
                is_test=line["test"] == "1",
                payment_id=line["payment_id"],
            )
            for line in csv.DictReader(file)
        ]


def order(
    id: int,  # noqa: A002
    *,
    created: str,
    paid: str | None = None,
    status: int = 1,
    system: int | None = 25,
    currency: str = "RUB",
    amount: str = "100",
    fee: str | None = "5",
    email: str | None = None,
    is_test: bool = False,
    payment_id: str | None = None,
    refunded: str | None = None,
    observed: str | None = None,
    shop: str = "shop",
) -> Row:
    """Make one order from what can be read by eye; times are those of Moscow."""
    return {
        "shop_id": shop,
        "id": id,
        "payment_id": payment_id or f"o-{id}",
        "status": status,
        "is_test": is_test,
        "created_at": _moscow(created),
        "paid_at": _moscow(paid),
        "amount": Decimal(amount),
        "fee": None if fee is None else Decimal(fee),
        "currency": currency,
        "payment_system_id": system,
        "email": email,
        "refund_first_seen_at": _moscow(refunded),
        "observed_at": _moscow(observed) or AS_OF,
        "as_of": AS_OF,
    }


def _moscow(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


def arrow(rows: Iterable[Row], *, zone: ZoneInfo = MOSCOW) -> pa.Table:
    """Build the canonical Arrow table of orders, with every column that the engines group by."""
    return pa.Table.from_pylist([_whole(row, zone) for row in rows], schema=ORDERS.arrow())


def _whole(row: Row, zone: ZoneInfo) -> Row:
    """Fill the columns that follow from the others."""
    reference = load_reference(currencies={2: "USD"})
    system = reference.payment_system(row["payment_system_id"])
    created, paid = row["created_at"], row["paid_at"]
    return {
        **row,
        "status_name": reference.status_name(row["status"]),
        "seconds_to_pay": None if paid is None else int((paid - created).total_seconds()),
        "payment_system": system.display,
        "family": system.family,
        "rail": system.rail,
        "customer": customer_key(row["email"], SALT),
        "first_seen_at": row["observed_at"],
        "flags": "",
        "extra": None,
        "is_test_int": int(bool(row["is_test"])),
        "currency_id": 1,
        "created_text": created.astimezone(MOSCOW).strftime("%Y-%m-%d %H:%M:%S"),
        "paid_text": None if paid is None else paid.astimezone(MOSCOW).strftime("%Y-%m-%d %H:%M:%S"),
        **_calendar("created", created, zone),
        **_calendar("paid", paid, zone),
    }


def _calendar(clock: str, moment: dt.datetime | None, zone: ZoneInfo) -> Row:
    if moment is None:
        return {f"{clock}_{part}": None for part in ("date", "week", "month", "hour", "weekday")}
    local = moment.astimezone(zone)
    return {
        f"{clock}_date": local.date(),
        f"{clock}_week": local.date() - dt.timedelta(days=local.weekday()),
        f"{clock}_month": f"{local:%Y-%m}",
        f"{clock}_hour": local.hour,
        f"{clock}_weekday": local.isoweekday(),
    }


def pandas_frame(table: pa.Table, *, money: str = "float64", zone: ZoneInfo = MOSCOW) -> pd.DataFrame:
    """Show a canonical table as ``shop.orders()`` does, by other means: engine columns left out."""
    columns: dict[str, Any] = {}
    for column in ORDERS.columns:
        if column.engine:
            continue
        values = table[column.name].to_pylist()
        columns[column.name] = _series(values, column.kind, nullable=column.nullable, money=money, zone=zone)
    return pd.DataFrame(columns)


def _series(values: list[Any], kind: str, *, nullable: bool, money: str, zone: ZoneInfo) -> Any:
    if kind == "money" and money == "float64":
        return pd.Series([None if value is None else float(value) for value in values], dtype="float64")
    if kind == "money":
        return pd.Series(values, dtype=pd.ArrowDtype(pa.decimal128(18, 8)))
    if kind == "instant":
        return (
            pd.Series(pd.to_datetime(values, utc=True))
            .dt.tz_convert(zone)
            .astype(f"datetime64[us, {zone.key}]")
        )
    if kind == "date":
        return pd.Series(pd.to_datetime(values)).astype("datetime64[us]")
    if kind == "int":
        return pd.Series(values, dtype="Int64" if nullable else "int64")
    return pd.Series(values, dtype="bool" if kind == "bool" else "str")


ENGINES = (
    "pandas float64",
    pytest.param("pandas decimal", marks=pytest.mark.long),
    pytest.param("pyarrow", marks=pytest.mark.long),
    pytest.param("polars", marks=pytest.mark.long),
    "polars lazy",
    "duckdb in America/New_York",
    pytest.param("spark in America/New_York", marks=pytest.mark.spark),
)
"""Every kind of frame; the session of DuckDB and of Spark is the user's, and its zone must not matter.

The usual run takes one of each way to the answer: through DuckDB, in Polars, in a relation.
"""


def native(engine: str, table: pa.Table, *, zone: ZoneInfo = MOSCOW) -> Any:
    """Give a canonical table as an object of an engine."""
    if engine.startswith("pandas"):
        return pandas_frame(table, money=engine.split()[1], zone=zone)
    if engine.startswith("polars"):
        import polars as pl

        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)
        return frame.lazy() if engine.endswith("lazy") else frame
    if engine.startswith("duckdb"):
        import duckdb

        connection = duckdb.connect()
        connection.execute(f"SET TimeZone = '{engine.split()[-1]}'")
        return connection.from_arrow(table)
    if engine.startswith("spark"):
        from tests.spark.session import session_in

        # Spark believes a column that says it misses nothing; tests make holes in such ones too.
        open_ = pa.schema([field.with_nullable(True) for field in table.schema])
        return session_in(engine.split()[-1]).createDataFrame(table.cast(open_))
    return table


def records(frame: pd.DataFrame) -> list[Mapping[str, Any]]:
    """Read a result as rows of plain values, None for what is missing."""
    return [
        {key: None if pd.isna(value) else value for key, value in row.items()}
        for row in frame.to_dict("records")
    ]
