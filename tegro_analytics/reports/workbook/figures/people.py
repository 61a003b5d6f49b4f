"""Who paid: new, returning, again, what each of them brought, and who came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from tegro_analytics.reports.workbook.figures.asking import Ask, Row
from tegro_analytics.reports.workbook.period import Period

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["KINDS", "REPEAT", "CustomerFigures", "customer_figures"]

KINDS = ("new", "returning", "anonymous")
"""Every payment is one of a new customer, of one who had paid before, or of nobody known."""
REPEAT = "repeat"
"""Customers who paid on several days of the period: some of the new and of the returning ones."""

_KIND, _AGAIN = "~kind", "~again"
_SUMS = ("unique_payers", "payments", "gross_volume", "fees", "refunds", "net_volume")


@dataclass(frozen=True, slots=True)
class CustomerFigures:
    """Hold what is known of customers.

    ``worth`` has, for each currency and kind, what they brought: sums of ``revenue``, and ``unique_payers``.
    ``months`` and ``cohorts`` go over the twelve months up to that of the report.
    """

    whole: Row
    before: Row
    worth: dict[str, dict[str, Row]]
    value: dict[str, Row]
    months: list[Row]
    cohorts: list[Row]


def customer_figures(ask: Ask, period: Period, *, reaches_back: bool) -> CustomerFigures:
    """Count the customers of a period, and follow those of the twelve months up to it."""
    year = period.twelve_months
    whole, before = (ask.rows("customers", one) for one in (period, period.before))
    months = ask.rows("customers", year, freq="month")
    first = next((place for place, row in enumerate(months) if row["payments"]), len(months))
    return CustomerFigures(
        whole=whole[0] if whole else {},
        before=before[0] if before and reaches_back else {},
        worth=_worth(ask, period),
        value={row["currency"]: row for row in ask.rows("customer_value", period)},
        months=months[first:],
        cohorts=[row for row in ask.rows("cohorts", year) if row["cohort_size"]],
    )


def _worth(ask: Ask, period: Period) -> dict[str, dict[str, Row]]:
    """Ask for the revenue of each kind of customers, by currency.

    What those brought who paid on several days is told apart within each kind, and summed over the kinds.
    """
    orders = _with_kinds(ask, period)
    keys = ("currency", _KIND, _AGAIN)
    payers = {
        tuple(row[key] for key in keys): row["unique_payers"]
        for row in ask.rows("customer_value", period, orders=orders, by=[_KIND, _AGAIN])
    }
    found: dict[str, dict[str, Row]] = {}
    for row in ask.rows("revenue", period, orders=orders, by=[_KIND, _AGAIN]):
        counted = {**row, "unique_payers": payers.get(tuple(row[key] for key in keys), 0)}
        for kind in (row[_KIND], *([REPEAT] if row[_AGAIN] else [])):
            sums = found.setdefault(row["currency"], {}).setdefault(kind, dict.fromkeys(_SUMS, 0))
            sums |= {name: sums[name] + counted[name] for name in _SUMS}
    return found


def _with_kinds(ask: Ask, period: Period) -> pa.Table:
    """Say of each order what kind of customer it belongs to, and whether they paid on several days."""
    import pyarrow as pa

    orders, since = ask.tables.orders, period.since
    paid = _payments(ask)
    first = paid.group_by("customer").aggregate([("moment", "min")])
    new = first.filter(pc.greater_equal(first["moment_min"], since))["customer"]
    inside = paid.filter(
        pc.and_(pc.greater_equal(paid["moment"], since), pc.less(paid["moment"], period.until))
    )
    days = inside.group_by("customer").aggregate([("day", "count_distinct")])
    several = days.filter(pc.greater(days["day_count_distinct"], 1))["customer"]
    nobody, is_new = pc.is_null(orders["customer"]), pc.is_in(orders["customer"], new)
    kind = pc.if_else(nobody, "anonymous", pc.if_else(is_new, "new", "returning"))
    again = pc.is_in(orders["customer"], several).cast(pa.int64())
    return orders.append_column(_KIND, kind).append_column(_AGAIN, again)


def _payments(ask: Ask) -> pa.Table:
    """Give customer, day and wall-clock moment of every payment of a known customer, as metrics date it."""
    import pyarrow as pa

    orders = ask.tables.orders
    codes = pa.array(ask.facts.reference.codes("paid"), orders.schema.field("status").type)
    known = pc.and_(pc.is_in(orders["status"], codes), pc.is_valid(orders["customer"]))
    known = pc.and_(known, pc.greater_equal(orders["amount"], 0))
    rows = orders.filter(pc.and_(known, pc.invert(pc.fill_null(orders["is_test"], False))))
    at = pc.coalesce(rows["paid_at"], rows["created_at"])
    wall = pc.local_timestamp(at.cast(pa.timestamp("us", tz=ask.facts.report_zone)))
    return pa.table({"customer": rows["customer"], "moment": wall, "day": wall.cast(pa.date32(), safe=False)})
