"""Who paid: payments and the customers who made them, as queries that every engine runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.asking import populations
from tegro_analytics.metrics.asking.clocks import DAY, PERIOD_KEY, day_of, hour_of, period_keys, within
from tegro_analytics.metrics.asking.question import Question

if TYPE_CHECKING:
    import pyarrow as pa

    from tegro_analytics.metrics.asking.window import Window

NEEDS = ("status", "is_test", "amount", "customer", "created_date", "paid_date")
"""Columns of the orders that payers are told by."""

CUSTOMER, MOMENT, INSIDE, FIRST = "~customer", "~moment", "~inside", "~first"
"""Columns of a query: the key of the customer; when an order was paid; 1 within the bounds; when first."""

_ORDER, _FIRST_ORDER = "~order", "~first_order"
_FIRST_DAY, _LAST_DAY, _COUNT = "~first_day", "~last_day", "~count"


@dataclass(frozen=True)
class History:
    """Hold payments, with their day in ``~day``, and the first of these days; None without payments."""

    payments: nw.LazyFrame[Any]
    first: dt.date | None


def payments_of(question: Question, *, bounded: bool) -> nw.LazyFrame[Any]:
    """Open the payments, with their day in ``~day``: all of them, or only those within the bounds.

    A negative amount is no payment.
    """
    frame = _paid(question, bounded=bounded)
    return frame.filter(nw.col("amount") >= 0)


def history(question: Question, *, bounded: bool) -> History:
    """Open the payments, and look where they begin.

    Raises
    ------
    DataError
        If an order was paid, but nobody knows how much: it may be no payment.
    """
    counts = nw.col("amount") >= 0
    facts = question.source.collect(
        _paid(question, bounded=bounded)
        .with_columns(
            nw.when(counts).then(nw.col(DAY)).alias(_FIRST_DAY),
            nw.when(nw.col("amount").is_null()).then(nw.lit(1)).alias(_COUNT),
        )
        .select(nw.col(_FIRST_DAY).min(), nw.col(_COUNT).count().cast(nw.Int64))
    )
    if nameless := facts[_COUNT][0].as_py():
        raise DataError(f"{nameless} paid orders have no amount: fill the column 'amount', or leave them out")
    return History(payments_of(question, bounded=bounded), facts[_FIRST_DAY][0].as_py())


def _paid(question: Question, *, bounded: bool) -> nw.LazyFrame[Any]:
    frame = question.source.frame.filter(populations.not_test() & populations.paid(question.reference))
    inside = within(question) if bounded else None
    return (frame if inside is None else frame.filter(inside)).with_columns(day_of("paid").alias(DAY))


def moment(bounds: Window) -> nw.Expr:
    """Express when an order was paid: the day where the bounds are days, else the instant."""
    return nw.col(DAY) if bounds.by_days else nw.coalesce(nw.col("paid_at"), nw.col("created_at"))


def bounds_of(bounds: Window) -> tuple[Any, Any]:
    """Give both bounds as what :func:`moment` is compared with; None is open."""
    if not bounds.by_days:
        return bounds.instants()
    since, until = (None if bound is None else bound.date() for bound in (bounds.since, bounds.until))
    return since, until


def counted(question: Question, payments: nw.LazyFrame[Any]) -> pa.Table:
    """Count payments and payers by group and period, over payments of the whole history.

    There is a row for each payer of a cell first. When each of them paid for the first time is found among
    all of these rows, before the bounds cut.
    """
    keys = period_keys(question, "paid")
    names = [*question.stored_groups, *keys]
    each = (
        payments.with_columns(**keys, **_marks(question, keys))
        .group_by(*names, INSIDE, CUSTOMER)
        .agg(
            nw.col(MOMENT, _ORDER).min(),
            nw.col(DAY).min().alias(_FIRST_DAY),
            nw.col(DAY).max().alias(_LAST_DAY),
            nw.len().cast(nw.Int64).alias(_COUNT),
        )
        .with_columns(
            nw.col(MOMENT).min().over(CUSTOMER).alias(FIRST),
            nw.col(_ORDER).min().over(CUSTOMER).alias(_FIRST_ORDER),
        )
        .filter(nw.col(INSIDE) == 1)
        .with_columns(**_kinds(question))
    )
    sums = [
        nw.col(_FIRST_DAY).min().alias(DAY),
        *(nw.col(name).sum().cast(nw.Int64) for name in ("payments", "anonymous_payments")),
        *(nw.col(name).count().cast(nw.Int64) for name in ("unique_payers", "new_payers", "repeat_payers")),
    ]
    return question.source.collect(each.group_by(*names).agg(*sums) if names else each.select(*sums))


def _marks(question: Question, keys: Mapping[str, nw.Expr]) -> dict[str, nw.Expr]:
    """Express the customer of a payment, its moment, whether it lies within the bounds, and its period."""
    inside = within(question)
    one = nw.lit(1)
    marks = {
        CUSTOMER: nw.col("customer"),
        MOMENT: moment(question.window),
        INSIDE: one if inside is None else nw.when(inside).then(one).otherwise(nw.lit(0)),
        _ORDER: keys.get(PERIOD_KEY, one),
    }
    if question.freq == "hour":
        day = nw.col(DAY)
        days = day.dt.year().cast(nw.Int64) * 366 + day.dt.ordinal_day().cast(nw.Int64)
        marks[_ORDER] = days * 24 + hour_of("paid").cast(nw.Int64)
    return marks


def _kinds(question: Question) -> dict[str, nw.Expr]:
    """Express what a payer of a cell is counted as; what does not count is null."""
    known = ~nw.col(CUSTOMER).is_null()
    since, _ = bounds_of(question.window)
    new = known & (nw.col(_ORDER) == nw.col(_FIRST_ORDER))
    if since is not None:  # what comes before a payment within the bounds lies before their end, too
        new = new & (nw.col(FIRST) >= since)
    one, count = nw.lit(1), nw.col(_COUNT)
    return {
        "payments": count,
        "anonymous_payments": nw.when(~known).then(count),
        "unique_payers": nw.when(known).then(one),
        "new_payers": nw.when(new).then(one),
        "repeat_payers": nw.when(known & (nw.col(_FIRST_DAY) < nw.col(_LAST_DAY))).then(one),
    }
