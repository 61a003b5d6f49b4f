"""What became of the orders that were created: the funnel, the payment systems, the days with a chart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tegro_analytics.metrics import METRICS
from tegro_analytics.reports.cells import cell_text
from tegro_analytics.reports.styles import ACCENT, MUTED
from tegro_analytics.reports.workbook.charting import GRIDLINES, SIZE, SMALL, axis, placed, title_of
from tegro_analytics.reports.workbook.figures import Row
from tegro_analytics.reports.workbook.grid import TableColumn, columns_of, table_widths, write_grid
from tegro_analytics.reports.workbook.page import Book, Page

__all__ = ["write_conversion"]

_COUNTS = (
    "orders",
    "mature",
    "paid_24h",
    "late_paid",
    "paid_ever",
    "stale_open",
    "unresolved",
    "paid",
    "lost",
    "pending",
    "unknown_status",
)
_RATES = (
    "conversion_24h",
    "conversion_24h_min",
    "conversion_24h_max",
    "conversion_ever",
    "terminal_success_rate",
    "terminal_success_rate_mature",
    "late_paid_rate",
    "naive_rate",
)
_TIMES = ("seconds_to_pay_p50", "seconds_to_pay_p90", "seconds_to_pay_p99")
_INTERVAL = ("conversion_24h", "conversion_24h_low", "conversion_24h_high", "conversion_24h_n")
_SHOWN = (*_INTERVAL, "conversion_24h_min", "conversion_24h_max", "conversion_ever", "paid", "pending")
_BY_SYSTEM = ("payment_system", "orders", *_SHOWN, "stale_open", "seconds_to_pay_p50")
_BY_DAY = ("period_start", "orders", *_SHOWN, "stale_open", "complete")
_SUMMED = ("orders", "conversion_24h_n", "paid", "pending", "stale_open")
_RATE, _LOW, _HIGH = (_BY_DAY.index(name) for name in _INTERVAL[:3])
_FIRST = 40.0
_BESIDE = 6  # the column to the right of the lines of the funnel


def write_conversion(book: Book) -> None:
    """Write the sheet."""
    figures = book.figures
    rows = sorted(figures.conversion_systems, key=lambda row: (-row["orders"], row["payment_system"] or ""))
    systems, days = (_columns(book, names, []) for names in (_BY_SYSTEM, _BY_DAY))
    widths = table_widths(systems, days, first=_FIRST)
    page = book.page(METRICS["conversion"].title(book.lang), widths=widths)
    page.sheet.freeze_panes(page.row, 1)
    if not figures.conversion.get("orders"):
        page.sentence(book.text("no_created"))
        return
    beside = page.row
    _write_funnel(page, figures.conversion)
    page.section(METRICS["payment_systems"].title(book.lang))
    write_grid(page, _columns(book, _BY_SYSTEM, rows), rows, name="Conversion_systems", places=2)
    page.gap()
    page.section(book.text("by_day"))
    shown = figures.conversion_days
    head = write_grid(page, _columns(book, _BY_DAY, shown), shown, name="Conversion_days", places=2)
    _draw(page, shown, head, beside=beside)
    page.gap()
    page.band(book.text("print.conversion"), "note_wrapped")


def _columns(book: Book, names: tuple[str, ...], rows: list[Row]) -> list[TableColumn]:
    """Describe a table; a day without a rate stays empty, for a chart would draw a text as 0."""
    days = names is _BY_DAY
    kinds = {"period_start": "date", **dict.fromkeys(_INTERVAL[:3] if days else (), "cell")}
    first, *rest = columns_of(book, "conversion", names, rows, kinds=kinds, summed=_SUMMED)
    return [replace(first, head=book.text("day")) if days else first, *rest]


def _write_funnel(page: Page, found: Row) -> None:
    """Write the counts with their share of all orders, then the rates with their intervals."""
    book, metric = page.book, METRICS["conversion"]
    page.section(book.text("funnel"))
    page.line_heads([book.text("figure"), book.text("count"), book.text("share_of_orders")])
    for name in _COUNTS:
        share = found[name] / found["orders"]
        strong = ("strong",) if name in ("orders", "paid_24h") else ()
        page.put(0, metric.column(name).label(book.lang), "left", "line", *strong)
        page.value(1, found[name], "count", "line", *strong)
        if name == "unknown_status":  # these are not among the orders
            page.put(2, "", "line")
        else:
            page.value(2, share, "rate", "line", "label")
        page.row += 1
    page.gap()
    page.section(book.text("rates"))
    page.line_heads([book.text("figure"), book.text("value"), *map(book.text, ("low", "high", "of"))])
    for name in (*_RATES, *_TIMES):
        strong = ("strong",) if name == "conversion_24h" else ()
        page.rate_line(metric.column(name), found, *strong)
    page.gap()


def _draw(page: Page, days: list[Row], head: int, *, beside: int) -> None:
    """Draw the rate of each day between the two ends of its interval; days that are young are hollow."""
    book, sheet = page.book, page.sheet
    first, last = head + 1, head + len(days)
    chart = book.book.add_chart({"type": "line"})
    metric = METRICS["conversion"]
    for name, place, line in (
        (metric.column("conversion_24h").label(book.lang), _RATE, _rate_line(days)),
        (book.text("low"), _LOW, _bound_line()),
        (book.text("high"), _HIGH, _bound_line()),
    ):
        chart.add_series(
            {
                "name": cell_text(name),
                "categories": [sheet.name, first, 0, last, 0],
                "values": [sheet.name, first, place, last, place],
                **line,
            }
        )
    chart.set_title(title_of(cell_text(book.text("chart_conversion"))))
    chart.set_legend({"position": "bottom", "font": SMALL})
    chart.set_x_axis(axis(len(days)))
    chart.set_y_axis(GRIDLINES | {"num_format": "0%", "max": 1})
    chart.set_chartarea({"border": {"none": True}})
    chart.set_size(SIZE)
    sheet.insert_chart(beside, _BESIDE, chart, placed(book, "chart_conversion_description"))


def _rate_line(days: list[Row]) -> dict[str, Any]:
    hollow = {"fill": {"color": "#FFFFFF"}, "border": {"color": ACCENT}}
    return {
        "line": {"color": ACCENT, "width": 2},
        "marker": {
            "type": "circle",
            "size": 5,
            "fill": {"color": ACCENT},
            "border": {"color": ACCENT},
        },
        "points": [None if day["complete"] else hollow for day in days],
    }


def _bound_line() -> dict[str, Any]:
    return {"line": {"color": MUTED, "width": 0.75, "dash_type": "dash"}}
