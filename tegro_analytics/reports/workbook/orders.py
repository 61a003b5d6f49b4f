"""The orders of the period, or where to find them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.reports.masking import masked
from tegro_analytics.reports.rows import Rows
from tegro_analytics.reports.workbook.page import Book
from tegro_analytics.texts import catalogue, tr

__all__ = ["LIMIT", "write_orders"]

LIMIT = 50_000
"""Orders that the report itself holds; more go to a file of their own."""

_SHOWN = (
    "created_at",
    "id",
    "payment_id",
    "status_name",
    "payment_system",
    "amount",
    "fee",
    "currency",
    "paid_at",
    "refund_first_seen_at",
    "email",
    "is_test",
    "flags",
    "shop_id",
)
_COLUMNS_WITHOUT_ROWS = 6


def write_orders(book: Book, *, pii: bool, companion: str | None) -> None:
    """Write the sheet; ``companion`` names the file that holds the orders where there are too many."""
    if companion:
        page = book.page(book.text("orders"), widths=[24.0] * _COLUMNS_WITHOUT_ROWS)
        page.band(book.text("companion", count=book.figures.orders.num_rows, file=companion), "plain")
        return
    table = _shown(masked(book.figures.orders, pii=pii), book.lang)
    facts = book.facts
    rows = Rows(
        table,
        styles=book.styles,
        zone=facts.report_zone,
        lang=book.lang,
        reference=facts.reference,
        line=True,
    )
    page = book.page(book.text("orders"), widths=rows.widths())
    head = page.rows_table(rows, name="Orders")
    page.sheet.freeze_panes(head + 1, 3)
    page.sheet.repeat_rows(head)
    if not table.num_rows:
        page.sentence(book.text("no_orders"))


def _shown(orders: pa.Table, lang: str) -> pa.Table:
    """Take the columns that people read, statuses in their language."""
    table = orders.select(_SHOWN)
    place = _SHOWN.index("status_name")
    names = pc.unique(table.column(place)).to_pylist()
    for name in names:
        key = f"status.{name}"
        if key in catalogue():
            renamed = pc.replace_with_mask(
                table.column(place).combine_chunks(),
                pc.equal(table.column(place), name).combine_chunks(),
                pa.scalar(tr(key, lang)),
            )
            table = table.set_column(place, "status_name", renamed)
    return table
