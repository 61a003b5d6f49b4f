"""What was paid, by day: the one query behind every metric of money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
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
from tegro_analytics.metrics.engines.quantiles import quantiles, spread
from tegro_analytics.metrics.payments.refunds import refunds as went_back
from tegro_analytics.metrics.payments.tickets import QUANTILES as TICKETS
from tegro_analytics.metrics.payments.tickets import TICKET, ticket, ticket_quantiles
from tegro_analytics.metrics.results.cells import cells, part, with_periods

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tegro_analytics.metrics.results.cells import Days

NEEDS = ("status", "is_test", "amount", "fee", "created_date", "paid_date")
"""Columns of the orders that payments are made from."""

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


def payments(
    question: Question, names: Sequence[str], *, refunds: bool = False, tickets: bool = False
) -> Payments:
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
    tickets
        Whether the quantiles of the amounts are wanted too. There are none for a total over currencies: the
        amounts of a day, converted one by one, never meet.

    Raises
    ------
    DataError
        If an order was paid, but nobody knows how much.
    """
    tickets = tickets and question.exchange is None
    together = tickets and question.freq in ("day", "hour")  # then a row of the query is a cell
    table = _query(question, names, TICKETS if together else {})
    if nameless := pc.sum(table[_WITHOUT_AMOUNT]).as_py():
        raise DataError(f"{nameless} paid orders have no amount: fill the column 'amount', or leave them out")
    days, hours = clock_of(table)
    sold = converted(question, table, days, [name for name in MONEY if name in names])
    parts = [part(question, sold, days, hours, [*names, *(TICKETS if together else ())])]
    if refunds:
        parts += [went_back(question), _active_days(question, sold)]
    if tickets and not together:
        parts.append(ticket_quantiles(question))
    return Payments(parts, days.min().astype("M8[us]").item() if len(days) else None, sold)


def converted(question: Question, table: pa.Table, days: Days, names: Sequence[str]) -> pa.Table:
    """Bring money into the currency of the total, if one was asked for, at the rate of its day."""
    return table if question.exchange is None else question.exchange.converted(table, days, names)


def _query(question: Question, names: Sequence[str], shares: Mapping[str, float]) -> pa.Table:
    """Run the query: a row for each group and day, and hour where hours matter."""
    frame = question.source.frame.filter(populations.not_test() & populations.paid(question.reference))
    inside = within(question)
    if inside is not None:
        frame = frame.filter(inside)
    keys = {DAY: day_of("paid"), **({HOUR: hour_of("paid")} if question.hourly else {})}
    values = _values(names)
    question.keep_apart(values)
    sums = [
        nw.col(name).sum().cast(SUM) if name in MONEY else nw.col(name).count().cast(nw.Int64)
        for name in values
    ]
    if shares:
        values[TICKET] = ticket()
        sums += quantiles(frame, TICKET, shares)
    grouped = frame.with_columns(**keys, **values).group_by(*question.stored_groups, *keys).agg(*sums)
    return spread(question.source.collect(grouped), shares)


def clock_of(table: pa.Table) -> tuple[Days, NDArray[np.int64] | None]:
    """Read the day and the hour of each row."""
    days = table[DAY].to_numpy().astype("M8[D]")
    return days, table[HOUR].to_numpy() if HOUR in table.column_names else None


def _active_days(question: Question, sold: pa.Table) -> pa.Table:
    """Count the days with payments of each cell."""
    sold = sold.filter(pc.field("payments") > 0)
    days, hours = clock_of(sold)
    each_once = part(question, sold, days, hours, [], apart={DAY: pa.array(days)}).drop_columns(DAY)
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
