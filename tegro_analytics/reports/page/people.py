"""Who paid: new and returning customers, what each kind brought, and who came back."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tegro_analytics import charts
from tegro_analytics.metrics import METRICS
from tegro_analytics.reports.page.markup import Markup, tag
from tegro_analytics.reports.page.paper import Paper
from tegro_analytics.reports.page.pictures import picture
from tegro_analytics.reports.page.tables import Column, table
from tegro_analytics.reports.workbook.figures.people import KINDS

__all__ = ["customers_section"]

_CARDS = (
    ("customers", "unique_payers"),
    ("customers", "new_payers"),
    ("customers", "returning_payers"),
    ("customers", "repeat_rate"),
)
_LINES = (
    *_CARDS[:3],
    ("customers", "repeat_payers"),
    _CARDS[3],
    ("customers", "anonymous_payments"),
    ("customers", "anonymous_share"),
)
_WORTH = ("payments", "gross_volume", "fees", "refunds", "net_volume")


def customers_section(paper: Paper) -> tuple[str, Markup]:
    """Write who paid in the period, and over the year up to it."""
    figures, title = paper.figures.customers, METRICS["customers"].title(paper.lang)
    if not figures.months:
        return title, tag("p", paper.text("no_customers"))
    parts = [
        paper.cards(_CARDS, figures.whole, figures.before),
        paper.lines(paper.text("who_paid"), _LINES, figures.whole, figures.before),
        *_worth(paper),
        picture(charts.customers, figures.months, lang=paper.lang),
    ]
    if figures.cohorts:
        parts.append(picture(charts.cohorts, figures.cohorts, lang=paper.lang))
    if any(row["left_edge"] for row in figures.months):
        parts.append(tag("p", paper.text("print.left_edge"), class_="note"))
    return title, tag("div", *parts)


def _worth(paper: Paper) -> Iterator[Markup]:
    """Write what each kind of customers brought: every payment is of one kind, so they add up."""
    for currency in paper.figures.currencies:
        found = paper.figures.customers.worth.get(currency, {})
        whole = paper.figures.money[currency]["gross_volume"]
        rows = [
            {
                **found[kind],
                "kind": paper.text(f"kind.{kind}"),
                "share": _share(found[kind]["gross_volume"], whole),
            }
            for kind in KINDS
            if kind in found and (found[kind]["payments"] or found[kind]["refunds"])
        ]
        payers = ("unique_payers",)
        columns = [
            *paper.columns("customers", payers, rows, summed=payers),
            *paper.columns("revenue", _WORTH, rows, summed=_WORTH),
        ]
        yield table(
            paper.text("worth_in", currency=currency),
            [
                Column("kind", paper.text("customer_kind"), "text"),
                *columns,
                Column("share", paper.text("share_of_gross"), "rate"),
            ],
            rows,
            lang=paper.lang,
            places=paper.places(currency),
        )


def _share(part: Decimal, whole: Decimal) -> float | None:
    return float(part / whole) if whole else None
