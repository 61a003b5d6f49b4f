"""What was paid, by day: the one query behind every metric of money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.asking import populations
from tegro_analytics.metrics.asking.clocks import DAY, HOUR, day_of, hour_of, within
from tegro_analytics.metrics.asking.question import Question
from tegro_analytics.metrics.engines.expressions import SUM
from tegro_analytics.metrics.results.cells import cells, part, with_periods

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tegro_analytics.metrics.results.cells import Days

NEEDS = ("status", "is_test", "amount", "fee", "created_date", "paid_date")
"""Columns of the orders that payments are made from."""

REFUND_NEEDS = ("refund_first_seen_at",)

_INSIDE, _REFUND_AT = "~inside", "~refund_at"
_WITHOUT_AMOUNT = "~without_amount"

MONEY = ("gross_volume", "fees", "refunded_volume")


def _values(names: Sequence[str]) -> dict[str, nw.Expr]:
    """Express the values of one payment, by name; what does not count is null.

    A negative amount is no payment, and stays out of all money.
    """
    counts = nw.col("amount") >= 0
    refunded = counts & (nw.col("status") == populations.REFUNDED)
    one = nw.lit(1)
    values = {
        "gross_volume": nw.when(counts).then(nw.col("amount")),
        "fees": nw.when(counts).then(nw.col("fee")),
        "refunded_volume": nw.when(refunded).then(nw.col("amount")),
        "payments": nw.when(counts).then(one),
        "tickets": nw.when(nw.col("amount") > 0).then(one),
        "refunded": nw.when(refunded).then(one),
        "zero_fee_payments": nw.when(counts & (nw.col("fee") == 0)).then(one),
        "excluded_negative": nw.when(nw.col("amount") < 0).then(one),
        _WITHOUT_AMOUNT: nw.when(nw.col("amount").is_null()).then(one),
    }
    return {name: values[name] for name in (*names, _WITHOUT_AMOUNT)}


@dataclass(frozen=True)
class Payments:
    """Hold what was paid, in parts that still have to be put into cells, and the first day of it.

    ``days`` has a row for each group and day, and hour where the question needs it, within the bounds.
    """

    parts: list[pa.Table]
    first: dt.datetime | None
    days: pa.Table


def payments(question: Question, names: Sequence[str], *, refunds: bool) -> Payments:
    """Sum what was paid, by group and period.

    Parameters
    ----------
    question
        What is asked; the bounds are on the clock of payments.
    names
        The values that are wanted, of those that a payment has.
    refunds
        Whether refunds are wanted too, on their own clock, and the days with payments: ``refunds``,
        ``undated_refunds``, ``active_days``.

    Raises
    ------
    DataError
        If an order was paid, but nobody knows how much.
    """
    table = _query(question, names, refunds=refunds)
    if nameless := pc.sum(table[_WITHOUT_AMOUNT]).as_py():
        raise DataError(f"{nameless} paid orders have no amount: fill the column 'amount', or leave them out")
    inside = table.filter(pc.field(_INSIDE) == 1)
    days, hours = clock_of(inside)
    sold = converted(question, inside, days, [name for name in MONEY if name in names])
    parts = [part(question, sold, days, hours, names)]
    if refunds:
        parts += [_refunds(question, table), _active_days(question, sold)]
    return Payments(parts, days.min().astype("M8[us]").item() if len(days) else None, sold)


def converted(question: Question, table: pa.Table, days: Days, names: Sequence[str]) -> pa.Table:
    """Bring money into the currency of the total, if one was asked for, at the rate of its day."""
    return table if question.exchange is None else question.exchange.converted(table, days, names)


def _query(question: Question, names: Sequence[str], *, refunds: bool) -> pa.Table:
    """Run the query: a row for each group and day, and for each moment at which refunds were first seen."""
    frame = question.source.frame.filter(populations.not_test() & populations.paid(question.reference))
    inside = within(question)
    is_refund = (nw.col("status") == populations.REFUNDED) & (nw.col("amount") >= 0)
    made: dict[str, nw.Expr] = {DAY: day_of("paid"), **_values(names)}
    if question.hourly:
        made[HOUR] = hour_of("paid")
    if refunds:
        made[_REFUND_AT] = nw.when(is_refund).then(nw.col("refund_first_seen_at"))
    if inside is not None:
        made[_INSIDE] = nw.when(inside).then(nw.lit(1)).otherwise(nw.lit(0))
        elsewhere = is_refund & ~nw.col("refund_first_seen_at").is_null() if refunds else None
        frame = frame.filter(inside if elsewhere is None else inside | elsewhere)
    keys = [*question.stored_groups, *(name for name in (DAY, HOUR, _INSIDE, _REFUND_AT) if name in made)]
    sums = [
        nw.col(name).sum().cast(SUM) if name in MONEY else nw.col(name).count().cast(nw.Int64)
        for name in made
        if name not in keys
    ]
    table = question.source.collect(frame.with_columns(**made).group_by(*keys).agg(*sums))
    return (
        table
        if _INSIDE in keys
        else table.append_column(_INSIDE, pa.array(np.ones(table.num_rows, np.int64)))
    )


def clock_of(table: pa.Table) -> tuple[Days, NDArray[np.int64] | None]:
    """Read the day and the hour of each row."""
    days = table[DAY].to_numpy().astype("M8[D]")
    return days, table[HOUR].to_numpy() if HOUR in table.column_names else None


def _refunds(question: Question, table: pa.Table) -> pa.Table:
    """Sum the refunds on their own clock: when they were first seen, else when the order was paid."""
    table = table.filter(pc.field("refunded") > 0)
    seen = table[_REFUND_AT].cast(pa.timestamp("us", tz="UTC")).to_pylist()
    days, hours = clock_of(table)
    hours = np.zeros(len(days), np.int64) if hours is None else hours.copy()
    keep = table[_INSIDE].to_numpy() == 1
    for place, moment in enumerate(seen):
        if moment is not None:
            local = moment.astimezone(question.window.zone).replace(tzinfo=None)
            days[place], hours[place], keep[place] = local.date(), local.hour, question.window.holds(local)
    undated = pc.if_else(table[_REFUND_AT].is_null(), table["refunded"], 0)
    table = table.append_column("refunds", table["refunded_volume"]).append_column("undated_refunds", undated)
    table, days, hours = table.filter(keep), days[keep], hours[keep]
    table = converted(question, table, days, ["refunds"])
    return part(question, table, days, hours, ["refunds", "undated_refunds"])


def _active_days(question: Question, inside: pa.Table) -> pa.Table:
    """Count the days with payments of each cell."""
    inside = inside.filter(pc.field("payments") > 0)
    days, hours = clock_of(inside)
    each_once = part(question, inside, days, hours, [], apart={DAY: pa.array(days)}).drop_columns(DAY)
    return each_once.append_column("active_days", pa.array(np.ones(each_once.num_rows, np.int64)))


def payment_cells(question: Question, paid: Payments, *, more: Sequence[pa.Table] = ()) -> pd.DataFrame:
    """Put payments into cells, with ``more`` parts. Without dimensions every currency has its rows."""
    groups = None
    if not question.window.is_open and not question.dims:
        live = question.source.frame.filter(populations.not_test() & populations.paid(question.reference))
        groups = question.source.collect(live.select(*question.groups).unique())
        if question.exchange is not None:
            total = [question.exchange.currency] * min(groups.num_rows, 1)
            groups = pa.table({"currency": pa.array(total, pa.string())})
    return with_periods(
        question, cells(question, [*paid.parts, *more], more_groups=groups), after=dt.timedelta(0)
    )
