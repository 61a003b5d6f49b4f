"""What a report says in words, whatever it is written as: a workbook or a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from tegro_analytics.metrics import METRICS
from tegro_analytics.reports.workbook.facts import ReportFacts
from tegro_analytics.reports.workbook.figures import Figures
from tegro_analytics.schemas import ORDERS
from tegro_analytics.texts import catalogue, tr

__all__ = ["REPORTED", "Told", "facts_of", "formulas_of", "notes_of", "rules_of"]

REPORTED = (
    "revenue",
    "fees",
    "fee_audit",
    "fee_differences",
    "conversion",
    "payment_systems",
    "customers",
    "customer_value",
    "cohorts",
    "withdrawals_summary",
    "balance_bridge",
)
"""The metrics of a report, in its order: what they mean stands at its end."""


class Told:
    """Hold what is told, and in which language."""

    def __init__(self, *, facts: ReportFacts, figures: Figures, lang: str) -> None:
        self.facts, self.figures, self.lang = facts, figures, lang

    def text(self, key: str, **values: object) -> str:
        """Look up a text of the report."""
        return tr(f"report.{key}", self.lang, **values)

    def moment(self, moment: dt.datetime) -> str:
        """Write a moment in the report zone, and name the zone."""
        local = moment.astimezone(self.figures.period.zone)
        return f"{local:%d.%m.%Y %H:%M:%S} ({self.facts.report_zone})"

    def places(self, currency: str) -> int:
        """Say how many places amounts of a currency have."""
        return self.facts.reference.minor_unit(currency)


def notes_of(told: Told) -> Iterator[str]:
    """Say what a reader should know before the numbers."""
    facts, figures = told.facts, told.figures
    if not figures.period.is_over(facts.as_of):
        yield told.text("note.open", moment=told.moment(facts.as_of))
    if not (facts.complete and facts.verified):
        yield told.text("note.unverified")
    if facts.quarantined:
        yield told.text("note.quarantined", count=facts.quarantined)
    for flag, count in sorted(figures.flags.items()):
        yield f"{_flag(flag, told.lang)}: {count}"
    if figures.tests:
        yield told.text("note.tests", count=figures.tests)
    for currency, row in figures.money.items():
        if row["undated_refunds"] and not figures.flags["refund_undated"]:
            yield told.text("note.undated", currency=currency, count=row["undated_refunds"])
    yield from facts.warnings


def _flag(name: str, lang: str) -> str:
    key = f"report.flag.{name}"
    return tr(key, lang) if key in catalogue() else name


def facts_of(told: Told) -> dict[str, str]:
    """Say where the numbers come from: by whom, of what, until when, under which assumptions."""
    facts, figures, lang = told.facts, told.figures, told.lang
    reading = "verified" if facts.complete and facts.verified else "unverified"
    return {
        "shop": facts.shop,
        "data": told.text("sandbox" if facts.sandbox else "live"),
        "period": figures.period.text(lang),
        "filter": told.text("filter"),
        "zone": told.text("zones", report=facts.report_zone, source=facts.source_zone),
        "as_of": told.moment(facts.as_of),
        "reading": told.text(reading),
        "fee_bearer": told.text("fee_bearer", share=f"{facts.merchant_share.normalize():f}"),
        "known_orders": str(figures.known_orders),
        "orders": str(figures.orders.num_rows),
        "tests": str(figures.tests),
        "quarantined": str(facts.quarantined),
        **_account_facts(told),
        "version": facts.version,
    }


def _account_facts(told: Told) -> dict[str, str]:
    """Say what the fees were held against, and what is known of withdrawals and balances."""
    figures = told.figures
    spans = (
        f"{row['currency']}: {told.moment(row['opened_at'])} – {told.moment(row['closed_at'])}"
        for row in figures.account.bridge
    )
    plan = figures.fees.plan
    return {
        "plan": told.text("plan", plan=plan) if plan else told.text("no_plan"),
        "withdrawals": str(figures.account.withdrawals.num_rows),
        "snapshots": "\n".join(spans) or told.text("no_snapshots"),
    }


def formulas_of(told: Told, *names: str) -> Iterator[tuple[str, str, str]]:
    """Give every figure of some metrics once, with its formula; what a rate brings is told once, for all."""
    seen = set()
    for name in names:
        metric = METRICS[name]
        for column in metric.columns:
            own = column.base is None and column.kind != "text" and column.name not in ORDERS.by_name
            if own and column.name not in seen:
                seen.add(column.name)
                yield metric.title(told.lang), column.label(told.lang), column.formula(told.lang)
    for part in ("low", "high", "n"):
        yield (
            told.text("every_rate"),
            tr(f"column.rate.{part}", told.lang),
            tr(f"formula.rate.{part}", told.lang),
        )


def rules_of(told: Told, *names: str) -> list[str]:
    """Give every rule of some metrics once."""
    return [
        tr(f"rule.{rule}", told.lang)
        for rule in dict.fromkeys(rule for name in names for rule in METRICS[name].rules)
    ]
