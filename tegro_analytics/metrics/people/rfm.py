"""RFM: of each customer, how recently, how often and how much they paid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.definition import Metric, MetricColumn
from tegro_analytics.money import exact

if TYPE_CHECKING:
    import narwhals as nw
    import pyarrow as pa

    from tegro_analytics.metrics.asking.question import Question
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

RFM = Metric(
    name="rfm",
    population="PAID",
    clock="paid",
    keys=(),
    columns=(
        MetricColumn("currency", "text"),
        MetricColumn("customer", "number"),
        MetricColumn("payment_days", "count"),
        MetricColumn("frequency", "count"),
        MetricColumn("recency_days", "count"),
        MetricColumn("age_days", "count"),
        MetricColumn("monetary", "money"),
        MetricColumn("gross_volume", "money"),
        MetricColumn("first_date", "date"),
        MetricColumn("last_date", "date"),
    ),
    rules=(
        "currency", "exact", "one_customer", "no_email", "left_edge", "tests", "paid_without_date",
        "negative_amount", "empty_denominator",
    ),
    headline=(
        "currency", "customer", "frequency", "recency_days", "age_days", "monetary", "gross_volume",
    ),
    is_list=True,
)  # fmt: skip

_WHO = ("currency", "customer")


@exact
def rfm(
    orders: Any,
    *,
    since: Bound | None = None,
    until: Bound | None = None,
    as_of: Bound | None = None,
    money: str | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
    limit: int | None = 1_000,
) -> MetricFrame:
    """List the customers: how recently, how often and how much each paid, as models of repeat buying take it.

    One row for each currency and customer: by currency, those with the largest gross volume first, then by
    ``customer``.

    Parameters
    ----------
    orders
        As for :func:`~tegro_analytics.revenue`. Payments without an e-mail have no customer, and no row.
    since, until
        Bounds, half-open, on the date of payment: what lies outside counts for nothing, as if it had not
        been. With the whole history, leave ``since`` out, or first days are those of the bounds.
    as_of
        The moment to which the orders are complete; by default their column ``as_of``. It leaves no payment
        out: to stop at a day in the past, give ``until`` too.
    money, zone, reference
        As for :func:`~tegro_analytics.revenue`.
    limit
        How many rows to give; None for all. Each currency gives its first ones in turn, for amounts of
        different currencies are not compared. ``found`` of the result says how many there are.

    Returns
    -------
    MetricFrame
        * ``currency`` str
        * ``customer`` Int64, the key of the customer
        * ``payment_days`` int64, different days with a payment
        * ``frequency`` int64, payment days − 1: how often they came again
        * ``recency_days`` int64, last − first day with a payment
        * ``age_days`` int64, day of ``as_of`` − first day
        * ``monetary`` money, mean gross of a later payment day: Σ amount of the days after the first /
          frequency; missing where there is none
        * ``gross_volume`` money, Σ amount of all days
        * ``first_date``, ``last_date`` datetime64[us], first and last day with a payment

    Raises
    ------
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If a parameter or a column cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import rfm
    >>> day = pd.to_datetime(["2026-03-01", "2026-03-04", "2026-03-09"]).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "status": 1, "is_test": False, "currency": "RUB", "amount": [100.0, 30.0, 50.0], "customer": 7,
    ...     "created_at": day, "paid_at": day, "as_of": pd.Timestamp("2026-03-20", tz="Europe/Moscow"),
    ... })
    >>> rfm(orders)[["customer", "frequency", "recency_days", "age_days", "monetary"]].head()
       customer  frequency  recency_days  age_days  monetary
    0         7          2             8        19      40.0
    """
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.people import payers
    from tegro_analytics.metrics.results.finish import listed

    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0):
        raise DataError(f"limit={limit!r}: give the number of rows that are wanted, or None for all")
    question = ask(
        orders,
        RFM,
        (*payers.NEEDS, "currency"),
        Asked(since, until, None, None, as_of, money, zone, reference),
    )
    known = payers.history(question, bounded=True).payments
    table, found = _customers(question, known, limit)
    values = _values(question, table)
    return listed(RFM, values, money=question.money, zone=question.window.zone, found=found)


def _customers(question: Question, payments: nw.LazyFrame[Any], limit: int | None) -> tuple[pa.Table, int]:
    """Sum by customer: the first rows, and how many there are. Only these leave the engine."""
    import narwhals as nw

    from tegro_analytics.metrics.asking.clocks import DAY
    from tegro_analytics.metrics.engines.expressions import SUM
    from tegro_analytics.metrics.results.turns import LARGEST, first_in_turn

    payments = payments.filter(~nw.col("customer").is_null())
    days = payments.group_by(*_WHO, DAY).agg(nw.col("amount").sum().cast(SUM).alias("gross_volume"))
    days = days.with_columns(nw.col(DAY).min().over(*_WHO).alias("first_date"))
    is_later = nw.col(DAY) > nw.col("first_date")
    each = (
        days.with_columns(nw.when(is_later).then(nw.col("gross_volume")).alias("later"))
        .group_by(*_WHO)
        .agg(
            nw.col("gross_volume", "later").sum().cast(SUM),
            nw.col("first_date").min(),
            nw.col(DAY).max().alias("last_date"),
            nw.col(DAY).count().cast(nw.Int64).alias("payment_days"),
        )
    )
    # Spark needs room for a digit to subtract without rounding.
    each = each.with_columns((nw.lit(0) - nw.col("gross_volume").cast(nw.Decimal(37, 8))).alias(LARGEST))
    table = question.source.collect(first_in_turn(each, (LARGEST, "customer"), limit))
    table = table.sort_by([(name, "ascending") for name in ("currency", LARGEST, "customer")])
    if limit is None or table.num_rows < limit:
        return table, table.num_rows
    count = question.source.collect(payments.select(*_WHO).unique().select(nw.len().alias("found")))
    return table, count["found"][0].as_py()


def _values(question: Question, table: pa.Table) -> dict[str, Any]:
    """Compute what follows from the sums of each customer."""
    import numpy as np

    from tegro_analytics.metrics.results import rates

    first, last = (table[name].to_numpy().astype("M8[D]") for name in ("first_date", "last_date"))
    days = table["payment_days"].to_numpy()
    today = np.datetime64(question.now.date() if question.as_of else "NaT", "D")
    return {
        **{name: table[name].to_pylist() for name in ("currency", "customer", "gross_volume")},
        "payment_days": days,
        "frequency": days - 1,
        "recency_days": (last - first).astype(np.int64),
        "age_days": (today - first).astype(np.int64),
        "monetary": rates.divided(table["later"].to_pylist(), days - 1),
        "first_date": first,
        "last_date": last,
    }
