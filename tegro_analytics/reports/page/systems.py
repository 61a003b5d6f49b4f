"""Payment systems beside each other, what each costs, and how orders convert."""

from __future__ import annotations

from collections.abc import Iterator

from tegro_analytics import charts
from tegro_analytics.metrics import METRICS
from tegro_analytics.reports.page.markup import Markup, tag
from tegro_analytics.reports.page.paper import Paper
from tegro_analytics.reports.page.pictures import picture
from tegro_analytics.reports.page.tables import Column, table
from tegro_analytics.reports.workbook.figures import Row
from tegro_analytics.reports.workbook.lines import conversion_names

__all__ = ["conversion_section", "fees_section", "systems_section"]

_SYSTEMS = (
    "payments",
    "share",
    "gross_volume",
    "share_value",
    "refunds",
    "net_volume",
    "orders",
    "conversion_24h",
    "rank",
)
_FEES = ("payments", "gross_volume", "fees", "effective_fee_rate", "fee_per_payment", "zero_fee_payments")
_AUDIT = (
    "payments",
    "audited",
    "actual_fees",
    "expected_fees",
    "fee_difference",
    "overcharged",
    "overcharged_value",
)
_SUMMED = ("payments", "gross_volume", "fees", "refunds", "net_volume", "orders", "zero_fee_payments")
_CARDS = (
    ("conversion", "conversion_24h"),
    ("conversion", "conversion_ever"),
    ("conversion", "orders"),
    ("conversion", "seconds_to_pay_p50"),
)


def conversion_section(paper: Paper) -> tuple[str, Markup]:
    """Write how many of the orders were paid."""
    figures, title = paper.figures, METRICS["conversion"].title(paper.lang)
    now, before = figures.conversion, figures.conversion_before
    lines = [("conversion", name) for name in conversion_names(now)]
    parts = [paper.cards(_CARDS, now, before), paper.lines(paper.text("summary"), lines, now, before)]
    if any(day["mature"] for day in figures.conversion_days):
        parts.append(picture(charts.conversion, figures.conversion_days, lang=paper.lang))
    return title, tag("div", *parts)


def fees_section(paper: Paper) -> tuple[str, Markup]:
    """Write what each payment system cost."""
    title = METRICS["fees"].title(paper.lang)
    parts = []
    for currency, rows in _by_currency(paper):
        paid = [row for row in rows if row["payments"]]
        if paid:
            parts += [
                picture(charts.fees, paid, lang=paper.lang),
                _table(paper, paper.within(title, currency), currency, _FEES, paid),
            ]
    parts += _audit(paper)
    return title, tag("div", *parts)


def _audit(paper: Paper) -> Iterator[Markup]:
    """Hold the fees against the tariff, where the merchant's plan is known."""
    fees, facts = paper.figures.fees, paper.facts
    if fees.plan is None:
        plans = ", ".join(fees.plans) or "–"
        key = "plan_unknown" if facts.plan else "plan_missing"
        values = {"plan": facts.plan} if facts.plan else {}
        yield tag("p", paper.text(key, plans=plans, **values), class_="note")
        return
    for currency, found in fees.audit.items():
        rows = sorted(found, key=lambda row: (-(row["fee_difference"] or 0), row["payment_system"] or ""))
        if any(row["audited"] for row in rows):
            yield picture(charts.fee_audit, rows, lang=paper.lang)
        columns = paper.columns("fee_audit", _AUDIT, rows, summed=_AUDIT)
        first = Column("payment_system", paper.label(("fee_audit", "payment_system")), "text")
        caption = paper.text("audit_in", currency=currency, plan=fees.plan)
        yield table(caption, [first, *columns], rows, lang=paper.lang, places=paper.places(currency))
    if not fees.found:
        yield tag("p", paper.text("no_differences"))
    yield tag("p", paper.text("print.audit"), class_="note")


def systems_section(paper: Paper) -> tuple[str, Markup]:
    """Write what came in by each payment system, and how it converts."""
    title = METRICS["payment_systems"].title(paper.lang)
    parts = []
    for currency, rows in _by_currency(paper):
        parts += [
            picture(charts.payment_systems, rows, lang=paper.lang),
            _table(paper, paper.within(title, currency), currency, _SYSTEMS, rows),
        ]
    if not parts:
        return title, tag("div", tag("p", paper.text("no_orders")))
    parts.append(tag("p", paper.text("print.rank"), class_="note"))
    return title, tag("div", *parts)


def _by_currency(paper: Paper) -> Iterator[tuple[str, list[Row]]]:
    """Give the systems of each currency, the largest first; those with payments before those without."""
    found, paid = paper.figures.systems, paper.figures.currencies
    for currency in [*paid, *sorted(set(found) - set(paid))]:
        if currency in found:
            rows = found[currency]
            yield currency, sorted(rows, key=lambda row: (-row["gross_volume"], row["payment_system"] or ""))


def _table(paper: Paper, caption: str, currency: str, names: tuple[str, ...], rows: list[Row]) -> Markup:
    columns = paper.columns("payment_systems", names, rows, summed=_SUMMED, spread=("conversion_24h",))
    first = Column("payment_system", paper.label(("payment_systems", "payment_system")), "text")
    return table(caption, [first, *columns], rows, lang=paper.lang, places=paper.places(currency))
