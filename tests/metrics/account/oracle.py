"""An oracle of the account that shares no code with the metrics: plain Python over rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.metrics.account.drawn import Record
from tests.metrics.drawn import Cells, Days
from tests.metrics.oracle import quantile, units, within


def each_once(rows: Iterable[Record]) -> list[Record]:
    """Take the last sight of each withdrawal; two sights at one moment are alike in what is drawn."""
    last: dict[str, Record] = {}
    for row in rows:
        known = last.get(row["id"])
        if known is None or known["observed_at"] < row["observed_at"]:
            last[row["id"]] = row
    return list(last.values())


def summary(rows: Iterable[Record], zone: ZoneInfo, bounds: Days, *, by: str, daily: bool) -> Cells:
    """Compute every column of the summary, by currency and a column, and by day if ``daily``."""
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for row in each_once(rows):
        day = None if row["created_at"] is None else row["created_at"].astimezone(zone).date()
        if (daily or bounds != (None, None)) and (day is None or not within(day, bounds)):
            continue
        key = (row["currency"], day, row[by]) if daily else (row["currency"], row[by])
        groups.setdefault(key, []).append(row)
    return {key: _cell(group) for key, group in groups.items()}


def _cell(rows: list[Record]) -> dict[str, Any]:
    lags = sorted(
        int((row["done_at"] - row["created_at"]) / dt.timedelta(seconds=1))
        for row in rows
        if row["done_at"] and row["created_at"] and row["done_at"] >= row["created_at"]
    )
    return {
        "withdrawals": len(rows),
        "withdrawn": total(row["amount"] for row in rows),
        "withdrawal_fees": total(row["fee"] for row in rows),
        "without_amount": sum(row["amount"] is None for row in rows),
        "without_fee": sum(row["fee"] is None for row in rows),
        "lag_seconds_p50": quantile(lags, Fraction(1, 2)),
        "lag_seconds_p90": quantile(lags, Fraction(9, 10)),
    }


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Sum what is known; None where nothing is."""
    known = [units(amount) for amount in amounts if amount is not None]
    return Decimal(sum(known)).scaleb(-8) if known else None
