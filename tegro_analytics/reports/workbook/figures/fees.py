"""What payments cost, and whether that is what the tariff asks."""

from __future__ import annotations

from dataclasses import dataclass

from tegro_analytics.metrics.tariffs.terms import plans_of
from tegro_analytics.reports.workbook.figures.asking import Ask, Row, by_currency
from tegro_analytics.reports.workbook.period import Period

__all__ = ["LISTED", "FeeFigures", "fee_figures"]

LISTED = 100
"""So many of the payments whose fee differs are listed, the largest differences first."""


@dataclass(frozen=True, slots=True)
class FeeFigures:
    """Hold the audit by currency; ``plan`` is None where there is none to hold the fees against.

    ``found`` counts all payments whose fee differs, ``differences`` are the first of them. ``plans`` are
    those that the tariff table has.
    """

    plan: str | None
    plans: tuple[str, ...]
    audit: dict[str, list[Row]]
    differences: dict[str, list[Row]]
    found: int


def fee_figures(ask: Ask, period: Period) -> FeeFigures:
    """Hold the fees of a period against the tariff, where the tariff table has the merchant's plan."""
    plans = tuple(plans_of(ask.facts.reference))
    plan = ask.facts.plan
    if plan not in plans:
        return FeeFigures(None, plans, {}, {}, 0)
    audit = ask.rows("fee_audit", period, plan=plan)
    differences, found = ask.counted("fee_differences", period, plan=plan, limit=LISTED)
    return FeeFigures(plan, plans, by_currency(audit), by_currency(differences), found)
