"""A sheet for each currency: what every day brought, with its total and a chart."""

from __future__ import annotations

from tegro_analytics.metrics import METRICS
from tegro_analytics.reports.cells import cell_text
from tegro_analytics.reports.styles import ACCENT
from tegro_analytics.reports.workbook.charting import GRIDLINES, SIZE, axis, placed, title_of
from tegro_analytics.reports.workbook.figures import Row
from tegro_analytics.reports.workbook.grid import TableColumn, write_grid
from tegro_analytics.reports.workbook.page import Book, Page

__all__ = ["write_days"]

_SHOWN = ("gross_volume", "fees", "refunds", "net_volume", "payments", "average_ticket")
_GROSS = 1
_HATCHED = {"pattern": {"pattern": "wide_upward_diagonal", "fg_color": ACCENT, "bg_color": "#FFFFFF"}}
_MANY = 100


def write_days(book: Book) -> None:
    """Write the sheets, none where nothing was paid."""
    for currency in book.figures.currencies:
        days = book.figures.days.get(currency)
        if days:
            _write(book, currency, days)


def _write(book: Book, currency: str, days: list[Row]) -> None:
    columns = _columns(book, book.figures.money[currency])
    page = book.page(book.text("days_in", currency=currency), widths=[column.width for column in columns])
    head = write_grid(page, columns, days, name=f"Days_{currency}", places=book.places(currency))
    page.sheet.freeze_panes(head + 1, 1)
    page.sheet.repeat_rows(head)
    if not all(day["complete"] for day in days):
        page.put(0, book.text("print.incomplete"), "note")
    _draw(page, currency, days, head)


def _columns(book: Book, totals: Row) -> list[TableColumn]:
    """Describe the table: its totals are those of the metric over the whole period."""
    metric = METRICS["revenue"]
    columns = [TableColumn("period_start", book.text("day"), "date", 13)]
    for name in _SHOWN:
        column = metric.column(name)
        is_mean = name == "average_ticket"
        columns.append(
            TableColumn(
                name,
                column.label(book.lang),
                "mean" if is_mean else column.kind,
                12 if column.kind == "count" else 17,
                None if is_mean else totals[name],
            )
        )
    return [*columns, TableColumn("complete", metric.column("complete").label(book.lang), "bool", 13)]


def _draw(page: Page, currency: str, days: list[Row], head: int) -> None:
    """Draw gross volume by day; days that are not over are hatched."""
    book, sheet = page.book, page.sheet
    first, last = head + 1, head + len(days)
    label = METRICS["revenue"].column("gross_volume").label(book.lang)
    chart = book.book.add_chart({"type": "column"})
    chart.add_series(
        {
            "name": f"{label}, {currency}",
            "categories": [sheet.name, first, 0, last, 0],
            "values": [sheet.name, first, _GROSS, last, _GROSS],
            "fill": {"color": ACCENT},
            "gap": 40 if len(days) < _MANY else 10,
            "points": [None if day["complete"] else _HATCHED for day in days],
        }
    )
    chart.set_title(title_of(cell_text(book.text("chart", currency=currency))))
    chart.set_legend({"none": True})
    chart.set_x_axis(axis(len(days)))
    chart.set_y_axis(GRIDLINES | {"num_format": "#,##0"})
    chart.set_chartarea({"border": {"none": True}})
    chart.set_size(SIZE)
    sheet.insert_chart(head, page.last + 2, chart, placed(book, "chart_description", currency=currency))
