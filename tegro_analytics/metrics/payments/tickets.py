"""Tickets: the quantiles of the amounts that were paid."""

from __future__ import annotations

import narwhals as nw
import pyarrow as pa

from tegro_analytics.metrics.asking import populations
from tegro_analytics.metrics.asking.clocks import grouped, within
from tegro_analytics.metrics.asking.question import Question
from tegro_analytics.metrics.engines.quantiles import quantiles, spread
from tegro_analytics.metrics.results.cells import placed

QUANTILES = {"ticket_p50": 0.5, "ticket_p90": 0.9, "ticket_p99": 0.99}

TICKET = "~ticket"


def ticket() -> nw.Expr:
    """Express the amount of a payment as a float; null where it is 0 or negative, and no ticket."""
    return nw.when(nw.col("amount") > 0).then(nw.col("amount")).cast(nw.Float64)


def ticket_quantiles(question: Question) -> pa.Table:
    """Compute the quantiles of the amounts above 0, by group and period, as a part for the cells."""
    frame = question.source.frame.filter(populations.not_test() & populations.paid(question.reference))
    inside = within(question)
    frame = frame.filter(nw.col("amount") > 0 if inside is None else inside & (nw.col("amount") > 0))
    frame = frame.with_columns(**{TICKET: ticket()})
    table = grouped(question, frame, quantiles(frame, TICKET, QUANTILES), clock="paid")
    return placed(question, spread(table, QUANTILES))
