"""The payment systems beside each other, a table for each currency."""

from __future__ import annotations

from dataclasses import replace

from tegro_analytics.metrics import METRICS
from tegro_analytics.reports.workbook.figures import Row
from tegro_analytics.reports.workbook.grid import TableColumn, columns_of, write_grid
from tegro_analytics.reports.workbook.page import Book

__all__ = ["write_systems"]

_SHOWN = (
    "payments",
    "share",
    "gross_volume",
    "share_value",
    "fees",
    "effective_fee_rate",
    "refunds",
    "net_volume",
    "orders",
    "conversion_24h",
    "conversion_24h_low",
    "conversion_24h_high",
    "rank",
)
_SUMMED = ("payments", "gross_volume", "fees", "refunds", "net_volume", "orders")


def write_systems(book: Book) -> None:
    """Write the sheet."""
    columns = _columns(book, [])
    page = book.page(METRICS["payment_systems"].title(book.lang), widths=[column.width for column in columns])
    found = book.figures.systems
    heads = []
    for currency in [*book.figures.currencies, *sorted(set(found) - set(book.figures.currencies))]:
        if currency in found:
            page.section(currency)
            rows = sorted(
                found[currency], key=lambda row: (-row["gross_volume"], row["payment_system"] or "")
            )
            columns = _columns(book, rows)
            name, places = f"Systems_{currency}", book.places(currency)
            heads.append(write_grid(page, columns, rows, name=name, places=places))
            page.gap()
    if not heads:
        page.put(0, book.text("no_orders"), "label")
        page.row += 1
    one_table = len(heads) == 1
    page.sheet.freeze_panes(heads[0] + 1 if one_table else 3, 1)
    if one_table:
        page.sheet.repeat_rows(heads[0])
    page.put(0, book.text("print.rank"), "note")


def _columns(book: Book, rows: list[Row]) -> list[TableColumn]:
    """Describe the table; sums over the systems are exact."""
    first, *rest = columns_of(book, "payment_systems", ("payment_system", *_SHOWN), rows, summed=_SUMMED)
    return [replace(first, width=40), *rest]
