"""What payers are worth: sums of those who are known, and of the first hundredth of them, in the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals as nw

from tegro_analytics.metrics.asking import populations
from tegro_analytics.metrics.asking.clocks import DAY, period_keys
from tegro_analytics.metrics.asking.question import Question
from tegro_analytics.metrics.engines.expressions import SUM
from tegro_analytics.metrics.people.payers import CUSTOMER

if TYPE_CHECKING:
    from typing import Any

    import pyarrow as pa

MONEY = ("identified_gross", "identified_fees", "identified_refunds", "top_gross")
COUNTS = ("unique_payers", "top_payers")

TOP = 100
"""One payer in so many is at the top, and where there are fewer, one."""

_GROSS, _FEES, _REFUNDS = "~gross", "~fees", "~refunds"
_ONE, _PLACE, _PAYERS = "~one", "~place", "~payers"


def worth(question: Question, payments: nw.LazyFrame[Any]) -> pa.Table:
    """Sum what known payers paid, by group and period: all of them, and those at the top.

    Only these sums leave the engine: it sorts the payers of each group itself.
    """
    question.keep_apart((*MONEY, *COUNTS))
    keys = period_keys(question, "paid")
    names = [*question.stored_groups, *keys]
    refunded = nw.col("status") == populations.REFUNDED
    payers = (
        payments.filter(~nw.col("customer").is_null())
        .with_columns(
            **keys,
            **{
                CUSTOMER: nw.col("customer"),
                _GROSS: nw.col("amount"),
                _FEES: nw.col("fee"),
                _REFUNDS: nw.when(refunded).then(nw.col("amount")),
            },
        )
        .group_by(*names, CUSTOMER)
        .agg(nw.col(DAY).min(), *(nw.col(name).sum().cast(SUM) for name in (_GROSS, _FEES, _REFUNDS)))
    )
    sums = [nw.col(name).sum().cast(SUM) for name in MONEY]
    counts = [nw.col(name).count().cast(nw.Int64) for name in COUNTS]
    placed = _placed(payers, names)
    return question.source.collect(placed.group_by(*names).agg(nw.col(DAY).min(), *sums, *counts))


def _placed(payers: nw.LazyFrame[Any], names: list[str]) -> nw.LazyFrame[Any]:
    """Number the payers of each group, the largest last, and mark those at the top."""
    one = nw.lit(1, dtype=nw.Int64)
    numbered = payers.with_columns(one.alias(_ONE)).with_columns(
        nw.col(_ONE).cum_sum().over(*names, order_by=[_GROSS, CUSTOMER]).cast(nw.Int64).alias(_PLACE),
        nw.col(_ONE).sum().over(*names).cast(nw.Int64).alias(_PAYERS),
    )
    at_top = nw.col(_PLACE) > nw.col(_PAYERS) - (nw.col(_PAYERS) + (TOP - 1)) // TOP
    return numbered.with_columns(
        nw.col(_GROSS).alias("identified_gross"),
        nw.col(_FEES).alias("identified_fees"),
        nw.col(_REFUNDS).alias("identified_refunds"),
        nw.when(at_top).then(nw.col(_GROSS)).alias("top_gross"),
        nw.col(_ONE).alias("unique_payers"),
        nw.when(at_top).then(one).alias("top_payers"),
    )
