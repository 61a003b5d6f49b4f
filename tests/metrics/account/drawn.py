"""Drawn withdrawals and balances, as frames of several engines."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

from tegro_analytics.schemas import BALANCES, WITHDRAWALS, Table, arrow_types
from tests.golden import MOSCOW, native
from tests.metrics.drawn import FIRST, NOW

Record = dict[str, Any]

STATUSES = [None, "1", "2", "4", "done", "failed", "processing", "Отменён", '=HYPERLINK("x")']


@st.composite
def a_withdrawal(draw: st.DrawFn, id: str) -> Record:  # noqa: A002
    """Draw a withdrawal whose record may lack anything but an id."""
    created = draw(st.none() | st.integers(0, 9 * 24 * 60).map(lambda m: FIRST + dt.timedelta(minutes=m)))
    lag = draw(st.sampled_from([None, -60, 0, 1, 1_800, 90_061]))
    done = None if lag is None else (created or FIRST) + dt.timedelta(seconds=lag)
    money = [None, Decimal(0), Decimal(2000), Decimal("33.33"), Decimal("0.00000001")]
    return {
        "shop_id": draw(st.sampled_from(["a", "b"])),
        "id": id,
        "payment_id": None,
        "status": draw(st.sampled_from(STATUSES)),
        "created_at": created,
        "done_at": done,
        "amount": draw(st.sampled_from(money)),
        "fee": draw(st.sampled_from(money)),
        "currency": draw(st.sampled_from(["RUB", "RUB", "USD", None])),
        "payment_system_id": draw(st.sampled_from([5, 51, None])),
        "account": None,
        "observed_at": NOW - dt.timedelta(seconds=draw(st.sampled_from([0, 1]))),
        "as_of": NOW,
        "extra": None,
    }


@st.composite
def withdrawals(draw: st.DrawFn, most: int = 10) -> list[Record]:
    """Draw withdrawals, some of which two shops show at two moments."""
    rows = [draw(a_withdrawal(id=str(number))) for number in range(draw(st.integers(0, most)))]
    for row in rows[: draw(st.integers(0, len(rows)))]:
        later = dt.timedelta(seconds=draw(st.sampled_from([-10, 10])))
        rows.append({**row, "shop_id": "c", "status": "4", "observed_at": row["observed_at"] + later})
    return rows


def table_of(rows: list[Record], table: Table = WITHDRAWALS) -> pa.Table:
    """Build the canonical Arrow table."""
    return pa.Table.from_pylist(rows, schema=table.arrow())


def native_of(engine: str, rows: list[Record], table: Table = WITHDRAWALS) -> Any:
    """Give rows as an object of an engine, as the store and pandas show them."""
    if engine.startswith("pandas"):
        return _pandas(rows, table, money=engine.split()[1])
    return native(engine, table_of(rows, table))


def _pandas(rows: list[Record], table: Table, *, money: str) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for column in table.columns:
        values = [row[column.name] for row in rows]
        if column.kind == "instant":
            columns[column.name] = pd.Series(pd.to_datetime(values, utc=True)).dt.tz_convert(MOSCOW)
        elif column.kind == "money" and money == "float64":
            columns[column.name] = pd.Series(
                [None if v is None else float(v) for v in values], dtype="float64"
            )
        elif column.kind == "money":
            columns[column.name] = pd.Series(values, dtype=pd.ArrowDtype(arrow_types()["money"]))
        else:
            columns[column.name] = pd.Series(values, dtype="Int64" if column.kind == "int" else "str")
    return pd.DataFrame(columns)


def balance(moment: dt.datetime, amount: str, currency: str = "RUB", user: int = 5) -> Record:
    """Make a snapshot of a balance."""
    return {"user_id": user, "currency": currency, "balance": Decimal(amount), "observed_at": moment}


def balances(rows: list[Record]) -> pa.Table:
    """Build the canonical table of snapshots."""
    return table_of(rows, BALANCES)
