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
from tests.metrics.oracle import is_live, is_paid, quantile, units, within


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


def bridged(
    orders: Iterable[Record], moved: Iterable[Record], balances: Iterable[Record], *, share: Fraction
) -> dict[str, dict[str, Any]]:
    """Bridge the first and the last balance of each currency; money is whole units."""
    balances = list(balances)
    every = sorted({row["observed_at"] for row in balances})
    found = {}
    for currency in sorted({row["currency"] for row in balances}):
        own = sorted(
            ((row["observed_at"], row["balance"]) for row in balances if row["currency"] == currency),
            key=lambda pair: pair[0],
        )
        if len(own) > 1:
            (opened, before), (closed, after) = own[0], own[-1]
            sums = _bridged(currency, orders, moved, opened, closed, every)
            borne = round(sums["fees"] * share)
            expected = sums["gross_volume"] - borne - sums["refunds"] - sums["withdrawn"]
            expected -= sums["withdrawal_fees"]
            change = units(after) - units(before)
            money = {**sums, "change": change, "expected_change": expected, "gap": change - expected}
            money |= {"balance_before": units(before), "balance_after": units(after)}
            found[currency] = {name: Decimal(value).scaleb(-8) for name, value in money.items()}
    return found


def _bridged(
    currency: str,
    orders: Iterable[Record],
    moved: Iterable[Record],
    opened: dt.datetime,
    closed: dt.datetime,
    every: list[dt.datetime],
) -> dict[str, int]:
    paid = [
        (row["paid_at"] or row["created_at"], row)
        for row in orders
        if is_paid(row) and row["amount"] >= 0 and row["currency"] == currency
    ]
    sold = [row for at, row in paid if opened < at <= closed]
    back = [row for at, row in paid if row["status"] == 3 and opened < _returned(at, row, every) <= closed]
    gone = [
        row
        for row in each_once(moved)
        if row["currency"] == currency and row["amount"] is not None and row["status"] not in ("2", "failed")
    ]
    dated = [(row["created_at"] or row["done_at"], row) for row in gone]
    left = [row for at, row in dated if at is not None and opened < at <= closed]
    return {
        "gross_volume": sum(units(row["amount"]) for row in sold),
        "fees": sum(units(row["fee"]) for row in sold),
        "refunds": sum(units(row["amount"]) for row in back),
        "withdrawn": sum(units(row["amount"]) for row in left),
        "withdrawal_fees": sum(units(row["fee"]) for row in left),
    }


def _returned(paid: dt.datetime, row: Record, every: list[dt.datetime]) -> dt.datetime:
    """Say to which moment a refund belongs: that of the snapshot that its run took, if a run just had."""
    seen: dt.datetime | None = row["refund_first_seen_at"]
    if seen is None:
        return paid
    taken = [at for at in every if at < seen <= at + dt.timedelta(hours=1)]
    return max(taken) if taken else seen


RESULTS = ("paid_twice", "amount_differs", "status_differs", "missing_here", "missing_there", "matched")


def matched(
    orders: Iterable[Record], mine: Iterable[Record], zone: ZoneInfo, bounds: Days
) -> list[tuple[Any, ...]]:
    """Compare each number: result, currency, number, paid here, paid there, the order behind it."""
    live = [row for row in orders if is_live(row)]
    mine = list(mine)
    found = []
    keys = {(row["currency"], row["payment_id"]) for row in live if row["payment_id"]}
    keys |= {(row["currency"], row["payment_id"]) for row in mine if row["payment_id"]}
    for currency, number in keys:
        ours = [row for row in live if (row["currency"], row["payment_id"]) == (currency, number)]
        theirs = [row for row in mine if (row["currency"], row["payment_id"]) == (currency, number)]
        sold, said = [row for row in ours if _is_sold(row)], [row for row in theirs if row["paid"]]
        inside = [row for row in sold if within(_paid_day(row, zone), bounds)]
        here = sum(units(row["amount"]) for row in sold)
        there = sum(units(row["amount"]) for row in said)
        most = max((sum(row["shop_id"] == shop for row in sold) for shop in "ab"), default=0)
        result = None
        if sold and (theirs or inside):
            if most > 1:
                result = "paid_twice"
            elif said:
                result = "matched" if here == there else "amount_differs"
            else:
                result = "status_differs" if theirs else "missing_there"
        elif said and not sold:
            result = "status_differs" if ours else "missing_here"
        if result:
            ranks = sorted((_is_sold(row), row["paid_at"] or row["created_at"], row["id"]) for row in ours)
            found.append((result, currency, number, here, there, ranks[-1][2] if ranks else None))
    alone = [row for row in live if not row["payment_id"] and _is_sold(row)]
    return [
        *found,
        *(
            ("missing_there", row["currency"], None, units(row["amount"]), 0, row["id"])
            for row in alone
            if within(_paid_day(row, zone), bounds)
        ),
        *(
            ("missing_here", row["currency"], None, 0, units(row["amount"]), None)
            for row in mine
            if row["paid"] and not row["payment_id"]
        ),
    ]


def _is_sold(row: Record) -> bool:
    return is_paid(row) and row["amount"] >= 0


def _paid_day(row: Record, zone: ZoneInfo) -> dt.date:
    moment: dt.datetime = row["paid_at"] or row["created_at"]
    return moment.astimezone(zone).date()
