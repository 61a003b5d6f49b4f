"""The payment systems beside each other, a table for each currency."""

from __future__ import annotations

from tegro_analytics.metrics import METRICS
from tegro_analytics.reports.workbook.figures import Row
from tegro_analytics.reports.workbook.grid import TableColumn, write_grid
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
_INTERVAL = {"conversion_24h_low": "low", "conversion_24h_high": "high"}
_WIDTHS = {"money": 16.0, "rate": 16.0, "fine_rate": 16.0, "count": 12.0, "number": 10.0}


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
    metric = METRICS["payment_systems"]
    columns = [TableColumn("payment_system", metric.column("payment_system").label(book.lang), "text", 40)]
    for name in _SHOWN:
        column = metric.column(name)
        head = book.text(_INTERVAL[name]) if name in _INTERVAL else column.label(book.lang)
        total = sum(row[name] for row in rows) if name in _SUMMED and rows else None
        columns.append(TableColumn(name, head, column.kind, _WIDTHS[column.kind], total))
    return columns
