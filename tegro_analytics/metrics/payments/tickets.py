"""Tickets: the quantiles of the amounts that were paid."""

from __future__ import annotations

import narwhals as nw
import pyarrow as pa

from tegro_analytics.metrics.asking import populations
from tegro_analytics.metrics.asking.clocks import grouped, within
from tegro_analytics.metrics.asking.question import Question
from tegro_analytics.metrics.results.cells import placed

QUANTILES = {"ticket_p50": 0.5, "ticket_p90": 0.9, "ticket_p99": 0.99}

_TICKET = "~ticket"


def tickets(question: Question) -> list[pa.Table]:
    """Compute the quantiles of the amounts above 0, by group and period, as a part for the cells.

    There is none for a total over currencies: the amounts of a day, converted one by one, never meet.
    """
    if question.exchange is not None:
        return []
    frame = question.source.frame.filter(populations.not_test() & populations.paid(question.reference))
    inside = within(question)
    frame = frame.filter(nw.col("amount") > 0 if inside is None else inside & (nw.col("amount") > 0))
    frame = frame.with_columns(nw.col("amount").cast(nw.Float64).alias(_TICKET))
    values = [
        nw.col(_TICKET).quantile(share, interpolation="linear").alias(name)
        for name, share in QUANTILES.items()
    ]
    return [placed(question, grouped(question, frame, values, clock="paid"))]
