"""The last payment and the last order of each group."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import narwhals as nw
import pandas as pd
import pyarrow as pa

from tegro_analytics.metrics.asking import populations
from tegro_analytics.metrics.asking.question import Question
from tegro_analytics.metrics.results.cells import to_pandas

if TYPE_CHECKING:
    from tegro_analytics.reference import Reference


def paid_at(reference: Reference) -> nw.Expr:
    """Express when an order was paid, null where it is no payment; without a date, when it was created."""
    counts = populations.paid(reference) & (nw.col("amount") >= 0)
    return nw.when(counts).then(nw.coalesce(nw.col("paid_at"), nw.col("created_at")))


def latest(question: Question, now: dt.datetime) -> pd.DataFrame:
    """Find the last payment and the last order, up to a moment, of every group that has live orders.

    Returns
    -------
    pandas.DataFrame
        The keys of the groups, sorted by them; ``last_payment_at`` and ``last_order_at``, aware moments or
        None.
    """
    live = question.source.frame.filter(populations.not_test() & populations.known(question.reference))
    made = live.with_columns(last_payment_at=paid_at(question.reference), last_order_at=nw.col("created_at"))
    names = ("last_payment_at", "last_order_at")
    past = made.with_columns(*(nw.when(nw.col(name) <= now).then(nw.col(name)).alias(name) for name in names))
    wanted = [nw.col(name).max() for name in names]
    groups = question.groups
    table = question.source.collect(past.group_by(*groups).agg(*wanted) if groups else past.select(*wanted))
    frame = to_pandas(table.select(groups)) if groups else pd.DataFrame(index=range(table.num_rows))
    for name in names:
        frame[name] = pd.Series(moments(table[name]), dtype=object)
    return frame.sort_values(groups, kind="stable", ignore_index=True) if groups else frame


def moments(column: Any) -> list[dt.datetime | None]:
    """Read instants of any engine as aware moments."""
    found: list[dt.datetime | None] = column.cast(pa.timestamp("us", tz="UTC")).to_pylist()
    return found
