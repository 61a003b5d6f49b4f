"""Every number of a report, computed once: the sheets only show them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics import metrics
from tegro_analytics.reports.workbook.facts import ReportFacts
from tegro_analytics.reports.workbook.period import Period

__all__ = ["Figures", "Row", "figures_of"]

Row = dict[str, Any]
"""One row of a metric: names of columns and values; what is missing is None, money is Decimal."""

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Figures:
    """Hold the numbers of a report; those of money by currency.

    ``before`` are those of the period before, empty where the history does not reach back over all of it.
    ``orders`` are the orders that were created, paid or first seen refunded within the period.
    """

    period: Period
    money: dict[str, Row]
    conversion: Row
    money_before: dict[str, Row]
    conversion_before: Row
    conversion_days: list[Row]
    days: dict[str, list[Row]]
    systems: dict[str, list[Row]]
    orders: pa.Table
    known_orders: int
    tests: int
    flags: Counter[str]

    @property
    def currencies(self) -> list[str]:
        """List the currencies in which something was paid or refunded, the most payments first."""
        found = [code for code, row in self.money.items() if row["payments"] or row["refunds"]]
        return sorted(found, key=lambda code: (-self.money[code]["payments"], code))


def figures_of(orders: pa.Table, period: Period, facts: ReportFacts) -> Figures:
    """Compute every number of a report."""
    ask = _Ask(orders, facts)
    before = period.before
    reaches_back = _first_created(orders, facts) < before.instants()[0]
    rows = orders.filter(_within(orders, period))
    money = _by_currency(ask.money(period))
    return Figures(
        period=period,
        money={code: found[0] for code, found in money.items()},
        conversion=ask.conversion(period),
        money_before={code: found[0] for code, found in _by_currency(ask.money(before)).items()}
        if reaches_back
        else {},
        conversion_before=ask.conversion(before) if reaches_back else {},
        conversion_days=ask.conversion_days(period),
        days={code: days for code, days in _by_currency(ask.days(period)).items() if code in money},
        systems=_by_currency(ask.systems(period)),
        orders=rows,
        known_orders=orders.num_rows,
        tests=pc.sum(rows["is_test"]).as_py() or 0,
        flags=_flags(rows),
    )


class _Ask:
    """Ask the metrics about one table, exactly."""

    def __init__(self, orders: pa.Table, facts: ReportFacts) -> None:
        self.orders, self.facts = orders, facts

    def money(self, period: Period) -> list[Row]:
        """Join revenue and fees: one row for each currency that had payments or refunds."""
        revenue = self._rows(metrics.revenue, period, merchant_share=self.facts.merchant_share)
        fees = {row["currency"]: row for row in self._rows(metrics.fees, period)}
        return [fees.get(row["currency"], {}) | row for row in revenue]

    def days(self, period: Period) -> list[Row]:
        return self._rows(metrics.revenue, period, freq="day", merchant_share=self.facts.merchant_share)

    def conversion(self, period: Period) -> Row:
        rows = self._rows(metrics.conversion, period)
        return rows[0] if rows else {}

    def conversion_days(self, period: Period) -> list[Row]:
        return self._rows(metrics.conversion, period, freq="day")

    def systems(self, period: Period) -> list[Row]:
        return self._rows(metrics.payment_systems, period, merchant_share=self.facts.merchant_share)

    def _rows(self, metric: Any, period: Period, **options: Any) -> list[Row]:
        frame = metric(
            self.orders,
            since=period.since,
            until=period.until,
            as_of=self.facts.as_of,
            money="decimal",
            zone=self.facts.report_zone,
            reference=self.facts.reference,
            **options,
        )
        columns = [[_plain(value) for value in frame[name].array] for name in frame.columns]
        return [dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def _plain(value: Any) -> Any:
    """Turn a cell of a frame into a plain value."""
    if isinstance(value, Decimal | str):
        return value
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value


def _by_currency(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["currency"], []).append(row)
    return found


def _within(orders: pa.Table, period: Period) -> pa.ChunkedArray:
    """Mark the orders to which something happened within the period."""
    since, until = (pa.scalar(end, pa.timestamp("us", tz="UTC")) for end in period.instants())
    marks = [
        pc.fill_null(pc.and_(pc.greater_equal(orders[name], since), pc.less(orders[name], until)), False)
        for name in ("created_at", "paid_at", "refund_first_seen_at")
    ]
    return pc.or_(pc.or_(marks[0], marks[1]), marks[2])


def _first_created(orders: pa.Table, facts: ReportFacts) -> dt.datetime:
    first: dt.datetime | None = pc.min(orders["created_at"]).as_py()
    return first or facts.as_of


def _flags(orders: pa.Table) -> Counter[str]:
    """Count the flags of these orders."""
    found: Counter[str] = Counter()
    for entry in pc.value_counts(orders["flags"]).to_pylist():
        for flag in filter(None, (entry["values"] or "").split(",")):
            found[flag.strip()] += entry["counts"]
    return found
