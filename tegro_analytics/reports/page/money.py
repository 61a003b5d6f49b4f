"""What was paid: a section for each currency, because amounts of two are never added."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from tegro_analytics import charts
from tegro_analytics.reports.page.markup import Markup, tag
from tegro_analytics.reports.page.paper import Paper
from tegro_analytics.reports.page.pictures import picture
from tegro_analytics.reports.page.tables import Column, table
from tegro_analytics.reports.workbook.figures import Row
from tegro_analytics.reports.workbook.lines import MONEY

__all__ = ["money_sections"]

_CARDS = (
    ("revenue", "gross_volume"),
    ("revenue", "net_volume"),
    ("revenue", "payments"),
    ("revenue", "average_ticket"),
)
_SUMMED = ("gross_volume", "fees", "refunds", "net_volume", "payments")
MOST_DAYS = 92
"""A longer period has a row for each month."""


def money_sections(paper: Paper) -> Iterator[tuple[str, Markup]]:
    """Give the title and the body of each section."""
    figures = paper.figures
    for currency in figures.currencies:
        now, before = figures.money[currency], figures.money_before.get(currency, {})
        parts = [
            paper.cards(_CARDS, now, before, currency=currency),
            paper.lines(paper.within(paper.text("summary"), currency), MONEY, now, before, currency=currency),
        ]
        days = figures.days.get(currency)
        if days:
            parts += [picture(charts.revenue, days, lang=paper.lang), *_days(paper, currency, days)]
        yield paper.text("money_in", currency=currency), tag("div", *parts)


def _days(paper: Paper, currency: str, days: list[Row]) -> Iterator[Markup]:
    """Write what every day brought; a long period by months."""
    short = len(days) <= MOST_DAYS
    names = [*_SUMMED, "average_ticket"] if short else list(_SUMMED)
    totals = paper.figures.money[currency]
    columns = [
        replace(column, total=totals[column.name] if column.name in _SUMMED else None)
        for column in paper.columns("revenue", names)
    ]
    first = Column(
        "period_start", paper.text("day") if short else paper.word("month"), "date" if short else "text"
    )
    yield table(
        paper.word("by_day" if short else "by_month", currency=currency),
        [first, *columns],
        days if short else list(_by_month(days)),
        lang=paper.lang,
        places=paper.places(currency),
        marked="complete",
    )
    if not all(day["complete"] for day in days):
        yield tag("p", f"* {paper.text('print.incomplete')}", class_="note")


def _by_month(days: list[Row]) -> Iterator[Row]:
    """Add the days of each month up."""
    months: dict[dt.date, Row] = {}
    for day in days:
        start = day["period_start"].date().replace(day=1)
        month = months.setdefault(start, {"complete": True, **dict.fromkeys(_SUMMED, 0)})
        month["complete"] &= day["complete"]
        for name in _SUMMED:
            month[name] += day[name]
    for start, month in months.items():
        yield {"period_start": f"{start:%m.%Y}", **month}
