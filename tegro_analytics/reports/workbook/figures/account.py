"""What left the account, what is on it, and whether the two agree with what was paid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from tegro_analytics.reports.workbook.figures.asking import Ask, Row, by_currency
from tegro_analytics.reports.workbook.period import Period

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["AccountFigures", "account_figures"]


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """Hold withdrawals and balances.

    ``withdrawals`` are those that were created within the period, ``known_withdrawals`` counts all that are
    known and ``undated`` those of them without a date of creation. ``balances`` are those last seen.
    """

    withdrawals: pa.Table
    summary: dict[str, list[Row]]
    known_withdrawals: int
    undated: int
    balances: list[Row]
    bridge: list[Row]


def account_figures(ask: Ask, period: Period) -> AccountFigures:
    """Sum the withdrawals of a period, and bridge its first and last balance."""
    known, balances = ask.tables.withdrawals, ask.tables.balances
    dated = known.filter(pc.is_valid(known["created_at"]))
    inside = Ask(replace(ask.tables, withdrawals=dated), ask.facts)
    by = ["status", "payment_system_id"]
    summary = inside.rows("withdrawals_summary", period, by=by) if dated.num_rows else []
    shops = {"shops": ask.tables.shops} if ask.tables.shops.num_rows else {}
    last = balances.filter(pc.equal(balances["observed_at"], pc.max(balances["observed_at"])))
    return AccountFigures(
        withdrawals=_within(dated, period),
        summary=by_currency(summary),
        known_withdrawals=known.num_rows,
        undated=known.num_rows - dated.num_rows,
        balances=last.sort_by("currency").to_pylist(),
        bridge=ask.rows("balance_bridge", period, **shops) if balances.num_rows else [],
    )


def _within(withdrawals: pa.Table, period: Period) -> pa.Table:
    import pyarrow as pa

    created = withdrawals["created_at"]
    since, until = (pa.scalar(end, created.type) for end in period.instants())
    return withdrawals.filter(pc.and_(pc.greater_equal(created, since), pc.less(created, until)))
