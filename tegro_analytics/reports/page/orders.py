"""The largest payments; the orders themselves are for files that can be filtered."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.reports.dialects import label
from tegro_analytics.reports.masking import masked
from tegro_analytics.reports.page.cells import shown
from tegro_analytics.reports.page.markup import Markup, tag
from tegro_analytics.reports.page.paper import Paper
from tegro_analytics.reports.page.tables import Column, table
from tegro_analytics.texts import catalogue, tr

__all__ = ["orders_section"]

MOST = 10
"""So many payments of each currency."""

_SHOWN = ("paid_at", "id", "payment_id", "payment_system", "status_name", "email", "amount", "fee")
_KINDS = {"paid_at": "instant", "id": "word", "status_name": "word", "amount": "money", "fee": "money"}


def orders_section(paper: Paper, *, pii: bool) -> tuple[str, Markup]:
    """Write the largest payments of each currency, and where the orders are."""
    count = shown(paper.figures.orders.num_rows, "count", lang=paper.lang)
    parts = [tag("p", paper.word("orders_elsewhere", count=count))]
    parts += _largest(paper, pii=pii)
    return paper.word("largest_title"), tag("div", *parts)


def _largest(paper: Paper, *, pii: bool) -> Iterator[Markup]:
    paid = _paid(paper)
    for currency in paper.figures.currencies:
        rows = paid.filter(pc.equal(paid["currency"], currency))
        rows = rows.sort_by([("amount", "descending"), ("id", "ascending")]).slice(0, MOST)
        if rows.num_rows:
            yield _table(paper, currency, masked(rows, pii=pii))


def _paid(paper: Paper) -> pa.Table:
    """Choose the payments of the period."""
    figures = paper.figures
    since, until = (pa.scalar(end, pa.timestamp("us", tz="UTC")) for end in figures.period.instants())
    rows = figures.orders
    moment = pc.coalesce(rows["paid_at"], rows["created_at"])
    codes = pa.array(paper.facts.reference.codes("paid"), rows.schema.field("status").type)
    marks = [
        pc.is_in(rows["status"], value_set=codes),
        pc.invert(pc.fill_null(rows["is_test"], False)),
        pc.greater_equal(rows["amount"], 0),
        pc.greater_equal(moment, since),
        pc.less(moment, until),
    ]
    for mark in marks[1:]:
        marks[0] = pc.and_(marks[0], mark)
    return rows.filter(marks[0])


def _table(paper: Paper, currency: str, rows: pa.Table) -> Markup:
    zone, lang = paper.facts.report_zone, paper.lang
    columns = [
        Column(name, label(name, lang, zone=zone if name == "paid_at" else None), _KINDS.get(name, "text"))
        for name in _SHOWN
    ]
    cells = rows.select(_SHOWN).to_pylist()
    for row in cells:
        moment = row["paid_at"]
        row["paid_at"] = moment and moment.astimezone(paper.figures.period.zone)
        key = f"status.{row['status_name']}"
        row["status_name"] = tr(key, lang) if key in catalogue() else row["status_name"]
        row |= {name: "" for name in ("payment_id", "email") if row[name] is None}
    caption = paper.word("largest", currency=currency)
    return table(caption, columns, cells, lang=lang, places=paper.places(currency))
