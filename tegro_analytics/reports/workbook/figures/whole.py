"""The numbers of a whole report, gathered from those of each family."""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.reports.workbook.facts import ReportFacts, ReportTables
from tegro_analytics.reports.workbook.figures.account import AccountFigures, account_figures
from tegro_analytics.reports.workbook.figures.asking import Ask, Row, by_currency
from tegro_analytics.reports.workbook.figures.fees import FeeFigures, fee_figures
from tegro_analytics.reports.workbook.figures.people import CustomerFigures, customer_figures
from tegro_analytics.reports.workbook.period import Period

__all__ = ["Figures", "figures_of", "within"]


@dataclass(frozen=True)
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
    days: dict[str, list[Row]]
    systems: dict[str, list[Row]]
    conversion_days: list[Row]
    orders: pa.Table
    known_orders: int
    tests: int
    flags: Counter[str]
    _ask: Ask

    # What not every form of a report has is computed when it is asked for.

    @functools.cached_property
    def conversion_systems(self) -> list[Row]:
        """Give the conversion of each payment system, over all currencies."""
        return self._ask.rows("conversion", self.period, by="payment_system")

    @functools.cached_property
    def fees(self) -> FeeFigures:
        """Hold the fees against the tariff."""
        return fee_figures(self._ask, self.period)

    @functools.cached_property
    def customers(self) -> CustomerFigures:
        """Count the customers."""
        return customer_figures(self._ask, self.period, reaches_back=bool(self.conversion_before))

    @functools.cached_property
    def account(self) -> AccountFigures:
        """Sum the withdrawals, and bridge the balances."""
        return account_figures(self._ask, self.period)

    @property
    def currencies(self) -> list[str]:
        """List the currencies in which something was paid or refunded, the most payments first."""
        found = [code for code, row in self.money.items() if row["payments"] or row["refunds"]]
        return sorted(found, key=lambda code: (-self.money[code]["payments"], code))


def figures_of(tables: ReportTables, period: Period, facts: ReportFacts) -> Figures:
    """Compute every number of a report."""
    ask, orders = Ask(tables, facts), tables.orders
    before = period.before
    reaches_back = _first_created(orders, facts) < before.instants()[0]
    rows = orders.filter(within(orders, period))
    money = _money(ask, period)
    days = by_currency(ask.rows("revenue", period, freq="day"))
    return Figures(
        period=period,
        money=money,
        conversion=_conversion(ask, period),
        money_before=_money(ask, before) if reaches_back else {},
        conversion_before=_conversion(ask, before) if reaches_back else {},
        days={code: found for code, found in days.items() if code in money},
        systems=by_currency(ask.rows("payment_systems", period)),
        conversion_days=ask.rows("conversion", period, freq="day"),
        orders=rows,
        known_orders=orders.num_rows,
        tests=pc.sum(rows["is_test"]).as_py() or 0,
        flags=_flags(rows),
        _ask=ask,
    )


def _money(ask: Ask, period: Period) -> dict[str, Row]:
    """Join revenue and fees: one row for each currency that had payments or refunds."""
    fees = {row["currency"]: row for row in ask.rows("fees", period)}
    return {row["currency"]: fees.get(row["currency"], {}) | row for row in ask.rows("revenue", period)}


def _conversion(ask: Ask, period: Period) -> Row:
    rows = ask.rows("conversion", period)
    return rows[0] if rows else {}


def within(orders: pa.Table, period: Period) -> pa.ChunkedArray:
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
