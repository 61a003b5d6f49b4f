"""What became of orders, by the day of their creation: the one query behind every metric of conversion."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pyarrow as pa

from tegro_analytics.metrics.asking import populations
from tegro_analytics.metrics.asking.clocks import DAY, grouped, within
from tegro_analytics.metrics.asking.exchange import Exchange
from tegro_analytics.metrics.asking.question import Question
from tegro_analytics.metrics.engines.expressions import SUM
from tegro_analytics.metrics.engines.quantiles import quantiles, spread
from tegro_analytics.metrics.results.cells import placed
from tegro_analytics.metrics.results.rates import rate_of_counts, ratio

if TYPE_CHECKING:
    import pandas as pd

NEEDS = ("status", "is_test", "created_at", "created_date", "paid_date", "seconds_to_pay", "observed_at")
"""Columns of the orders that conversion is made from."""

QUANTILES = {"seconds_to_pay_p50": 0.5, "seconds_to_pay_p90": 0.9, "seconds_to_pay_p99": 0.99}

_SECONDS = "~seconds"
_NO_ORDERS = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def attempts(question: Question, *, money: bool) -> pa.Table:
    """Count orders by what became of them, by group and period; or sum their amounts.

    Parameters
    ----------
    question
        What is asked; the bounds are on the clock of creation.
    money
        Whether to sum amounts. What has an unknown status is counted all the same.
    """
    if question.exchange is None:
        return placed(question, _query(question, money=money))
    if money:
        return placed(question, _converted(question, question.exchange))
    anywhere = replace(question, metric=replace(question.metric, keys=()))  # times to pay of all currencies
    table = _query(anywhere, money=False)
    currency = pa.array([question.exchange.currency] * table.num_rows, pa.string())
    return placed(question, table.append_column("currency", currency))


def _converted(question: Question, exchange: Exchange) -> pa.Table:
    """Sum the amounts of each day, at the rate of that day."""
    by_day = replace(question, freq="hour" if question.freq == "hour" else "day")
    table = _query(by_day, money=True)
    days = table[DAY].to_numpy().astype("M8[D]")
    return exchange.converted(table, days, list(_conditions(question)))


def _conditions(question: Question) -> dict[str, nw.Expr]:
    """Express what an order can be counted as."""
    as_of = question.as_of or _NO_ORDERS
    mature = populations.mature(as_of)
    paid, open_ = populations.paid(question.reference), populations.unpaid_for_now(question.reference)
    seconds = nw.col("seconds_to_pay")
    return {
        "orders": populations.known(question.reference),
        "mature": populations.known(question.reference) & mature,
        "paid": paid,
        "paid_24h": paid & mature & (seconds >= 0) & (seconds <= populations.MATURITY_SECONDS),
        "paid_ever": paid & mature,
        "lost": populations.lost(question.reference),
        "lost_mature": populations.lost(question.reference) & mature,
        "pending": open_ & ~mature,
        "stale_open": open_ & mature,
        "unresolved": open_ & mature & populations.seen_too_early(),
        "late_paid": paid & mature & (seconds > populations.MATURITY_SECONDS),
        "undated": paid & mature & nw.col("paid_date").is_null(),
    }


def _query(question: Question, *, money: bool) -> pa.Table:
    """Run the query: a row for each group and period."""
    frame = question.source.frame.filter(populations.not_test())
    inside = within(question)
    if inside is not None:
        frame = frame.filter(inside)
    values = _values(question, money=money)
    question.keep_apart(values)
    frame = frame.with_columns(**values)
    sums = []
    for name in _conditions(question):
        sums += [nw.col(name).sum().cast(SUM) if money else nw.col(name).count().cast(nw.Int64)]
    sums += [nw.col("unknown_status").count().cast(nw.Int64)]
    if not money:
        sums += quantiles(frame, _SECONDS, QUANTILES)
    return spread(grouped(question, frame, sums, clock="created"), QUANTILES)


def _values(question: Question, *, money: bool) -> dict[str, nw.Expr]:
    """Express what each order adds; what does not count is null."""
    amount = nw.col("amount") if money else nw.lit(1)
    counts = nw.col("amount") >= 0 if money else None
    values: dict[str, nw.Expr] = {
        name: nw.when(condition if counts is None else condition & counts).then(amount)
        for name, condition in _conditions(question).items()
    }
    values["unknown_status"] = nw.when(~populations.known(question.reference)).then(nw.lit(1))
    if not money:
        in_time = populations.paid(question.reference) & (nw.col("seconds_to_pay") >= 0)
        values[_SECONDS] = nw.when(in_time).then(nw.col("seconds_to_pay").cast(nw.Float64))
    return values


def conversion_values(frame: pd.DataFrame) -> dict[str, Any]:
    """Compute the rates of counts, with their intervals, from cells."""
    values: dict[str, Any] = {**frame, **_bounds(frame)}
    for name, count, total in _rates(frame):
        values |= rate_of_counts(name, count, total)
    return values


def value_rates(frame: pd.DataFrame) -> dict[str, Any]:
    """Compute the rates of amounts from cells."""
    values: dict[str, Any] = {**frame, **_bounds(frame)}
    for name, count, total in _rates(frame):
        values[name] = ratio(count, total)
    return values


def _rates(frame: pd.DataFrame) -> list[tuple[str, Any, Any]]:
    """List the rates: name, numerator, denominator."""
    return [
        ("conversion_24h", frame["paid_24h"], frame["mature"]),
        ("conversion_ever", frame["paid_ever"], frame["mature"]),
        ("terminal_success_rate", frame["paid"], frame["paid"] + frame["lost"]),
        ("terminal_success_rate_mature", frame["paid_ever"], frame["paid_ever"] + frame["lost_mature"]),
        ("late_paid_rate", frame["late_paid"], frame["paid_ever"]),
        ("naive_rate", frame["paid"], frame["orders"]),
    ]


def _bounds(frame: pd.DataFrame) -> dict[str, Any]:
    """Bound the 24 h rate: what is not known is unpaid in the lower bound, paid in the upper."""
    possible = frame["paid_24h"] + frame["unresolved"] + frame["undated"]
    return {
        "conversion_24h_min": ratio(frame["paid_24h"], frame["mature"]),
        "conversion_24h_max": ratio(possible, frame["mature"]),
    }


def rank(
    rates: np.ndarray[Any, Any], low: np.ndarray[Any, Any], high: np.ndarray[Any, Any]
) -> list[int | None]:
    """Rank rates, 1 the highest; None where an interval overlaps another, or where there is no rate.

    Examples
    --------
    >>> rank(np.array([0.9, 0.5, 0.4]), np.array([0.8, 0.4, 0.3]), np.array([0.95, 0.6, 0.5]))
    [1, None, None]
    """
    known = np.flatnonzero(~np.isnan(rates))
    ranks: list[int | None] = [None] * len(rates)
    for place in known:
        above = (low[known] > high[place]).sum()
        below = (high[known] < low[place]).sum()
        if above + below == len(known) - 1:
            ranks[place] = int(above) + 1
    return ranks
