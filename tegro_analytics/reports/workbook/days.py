"""A sheet for each currency: what every day brought, with its total and a chart."""

from __future__ import annotations

from typing import Any

from tegro_analytics.metrics import METRICS
from tegro_analytics.reports.cells import cell_text
from tegro_analytics.reports.styles import ACCENT, FONT, MUTED, RULE
from tegro_analytics.reports.workbook.figures import Row
from tegro_analytics.reports.workbook.grid import TableColumn, write_grid
from tegro_analytics.reports.workbook.page import Book, Page

__all__ = ["write_days"]

_SHOWN = ("gross_volume", "fees", "refunds", "net_volume", "payments", "average_ticket")
_GROSS = 1
_HATCHED = {"pattern": {"pattern": "wide_upward_diagonal", "fg_color": ACCENT, "bg_color": "#FFFFFF"}}
_MANY = 100
_LABELS = 8  # at least so many days have their date below them
_SMALL = {"name": FONT, "size": 9, "color": MUTED}
_DAYS_AXIS = {
    "date_axis": True,
    "num_format": "dd.mm",
    "num_font": _SMALL,
    "line": {"color": RULE},
    "major_tick_mark": "none",
    "major_unit_type": "days",
}
_MONEY_AXIS = {
    "num_format": "#,##0",
    "num_font": _SMALL,
    "line": {"none": True},
    "major_gridlines": {"visible": True, "line": {"color": RULE, "width": 0.75}},
    "min": 0,
}


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
    title = {"name": FONT, "size": 12, "bold": True, "color": ACCENT}
    chart.set_title({"name": cell_text(book.text("chart", currency=currency)), "name_font": title})
    chart.set_legend({"none": True})
    chart.set_x_axis(_DAYS_AXIS | {"major_unit": max(1, len(days) // _LABELS)})
    chart.set_y_axis(_MONEY_AXIS)
    chart.set_chartarea({"border": {"none": True}})
    chart.set_size({"width": 640, "height": 340})
    sheet.insert_chart(head, page.last + 2, chart, _placed(book, currency))


def _placed(book: Book, currency: str) -> dict[str, Any]:
    """Say what the chart shows to those who cannot see it."""
    text = book.text("chart_description", currency=currency, period=book.figures.period.text(book.lang))
    return {"description": text, "object_position": 3}
