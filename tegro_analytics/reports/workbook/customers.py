"""Who paid: new and returning customers, what each kind brought, the months, and who came back."""

from __future__ import annotations

from collections.abc import Sequence

from tegro_analytics.metrics import METRICS
from tegro_analytics.reports.styles import DEEP
from tegro_analytics.reports.workbook.amounts import Amounts
from tegro_analytics.reports.workbook.figures import Row
from tegro_analytics.reports.workbook.figures.people import KINDS, REPEAT
from tegro_analytics.reports.workbook.grid import TableColumn, columns_of, table_widths, write_grid
from tegro_analytics.reports.workbook.page import Book, Page

__all__ = ["write_customers"]

_LINES = (
    "payments",
    "unique_payers",
    "new_payers",
    "returning_payers",
    "repeat_payers",
    "repeat_rate",
    "anonymous_payments",
    "anonymous_share",
)
_WORTH = ("payments", "gross_volume", "fees", "refunds", "net_volume")
_VALUE = {"arppu": "mean", "ltv_historic": "mean", "top_payers": "count", "top_customer_share": "rate"}
_MONTHS = (
    "period_start",
    "payments",
    "unique_payers",
    "new_payers",
    "returning_payers",
    "repeat_payers",
    "repeat_rate",
    "repeat_rate_low",
    "repeat_rate_high",
    "anonymous_payments",
    "left_edge",
    "complete",
)
_FOLLOWED = 12
"""Months after the first payment, its own among them, that the triangle has."""
_FIRST = 40.0


def write_customers(book: Book) -> None:
    """Write the sheet."""
    figures = book.figures.customers
    worth, months = _worth_columns(book, []), _month_columns(book)
    widths = table_widths(worth, months, _triangle_columns(book), first=_FIRST)
    page = book.page(METRICS["customers"].title(book.lang), widths=widths)
    page.sheet.freeze_panes(page.row, 1)
    if not figures.months:
        page.sentence(book.text("no_customers"))
        return
    _write_lines(page, figures.whole, figures.before)
    for currency in book.figures.currencies:
        _write_worth(page, currency)
    page.section(book.text("by_month"))
    write_grid(page, months, figures.months, name="Customers_months", places=2, mark=_month_mark)
    page.gap()
    _write_triangle(page, figures.cohorts)
    if any(row["left_edge"] for row in figures.months):
        page.band(book.text("print.left_edge"), "note_wrapped")
    if not all(row["complete"] for row in (*figures.months, *figures.cohorts)):
        page.band(book.text("print.unfinished"), "note_wrapped")


def _write_lines(page: Page, whole: Row, before: Row) -> None:
    """Write the counts of the period beside those of the one before."""
    book, metric = page.book, METRICS["customers"]
    page.section(book.text("who_paid"))
    heads = [book.text("figure"), book.figures.period.text(book.lang)]
    heads += [*map(book.text, ("low", "high", "of"))]
    heads += [book.figures.period.before.text(book.lang)] * bool(before)
    page.line_heads(heads)
    for name in _LINES:
        column = metric.column(name)
        if before:
            page.value(5, before[name], column.kind, "line", "label")
        page.rate_line(column, whole, *(("strong",) if name == "unique_payers" else ()))
    page.gap()


def _worth_columns(book: Book, rows: Sequence[Row]) -> list[TableColumn]:
    """Describe what each kind of customers brought: every payment is of one kind, so they add up."""
    first = TableColumn("kind", book.text("customer_kind"), "text", _FIRST)
    payers = columns_of(book, "customers", ("unique_payers",), rows, summed=("unique_payers",))
    money = columns_of(book, "revenue", _WORTH, rows, summed=_WORTH)
    return [first, *payers, *money, TableColumn("share", book.text("share_of_gross"), "rate", 16.0)]


def _write_worth(page: Page, currency: str) -> None:
    """Write what each kind of customers brought in a currency."""
    book, figures = page.book, page.book.figures.customers
    found, amounts = figures.worth.get(currency, {}), Amounts(book.places(currency))
    gross = book.figures.money[currency]["gross_volume"]
    rows = [
        {
            **found[kind],
            "kind": book.text(f"kind.{kind}"),
            "share": _share(found[kind]["gross_volume"], gross),
        }
        for kind in KINDS
        if kind in found and (found[kind]["payments"] or found[kind]["refunds"])
    ]
    page.section(book.text("worth_in", currency=currency))
    write_grid(
        page,
        _worth_columns(book, rows),
        rows,
        name=f"Customers_{currency}",
        places=amounts.places,
    )
    again = found.get(REPEAT, {}).get("gross_volume", 0)
    page.put(0, book.text("gross_of_repeat"), "left", "line")
    page.value(1, again, "mean", "line", amounts=amounts)
    page.row += 1
    for name, kind in _VALUE.items():
        page.put(0, METRICS["customer_value"].column(name).label(book.lang), "left", "line")
        page.value(1, figures.value.get(currency, {}).get(name), kind, "line", amounts=amounts)
        page.row += 1
    page.gap()


def _share(part: object, whole: object) -> float | None:
    return float(part) / float(whole) if whole else None  # type: ignore[arg-type]


def _month_columns(book: Book) -> list[TableColumn]:
    kinds = {"period_start": "month"}
    first, *rest = columns_of(book, "customers", _MONTHS, [], kinds=kinds)
    return [TableColumn(first.name, book.text("month"), first.kind, first.width), *rest]


def _month_mark(row: Row, _: str) -> Sequence[str]:
    return () if row["complete"] else ("unfinished",)


def _triangle_columns(book: Book) -> list[TableColumn]:
    """Describe the triangle: a cohort, its size, and a column for each month after it."""
    columns = columns_of(book, "cohorts", ("cohort", "cohort_size"), [], kinds={"cohort": "month"})
    return [
        *columns,
        *(TableColumn(f"m{n}", book.text("month_later", n=n), "cell", 11.0) for n in range(_FOLLOWED)),
    ]


def _write_triangle(page: Page, cells: list[Row]) -> None:
    """Write the share of each cohort that paid again, month by month, with a scale of colours."""
    book = page.book
    page.section(METRICS["cohorts"].title(book.lang))
    if not cells:
        page.sentence(book.text("no_cohorts"))
        return
    rows: dict[object, Row] = {}
    for cell in cells:
        row = rows.setdefault(cell["cohort"], {f"m{n}": None for n in range(_FOLLOWED)} | cell)
        row |= {f"m{cell['month']}": cell["retention"], f"m{cell['month']}_seen": cell["complete"]}
    columns = _triangle_columns(book)
    head = write_grid(page, columns, list(rows.values()), name="Cohorts", places=2, mark=_cell_mark)
    if len(rows) > 1 or len(cells) > 1:
        scale = {"type": "2_color_scale", "min_type": "num", "min_value": 0, "min_color": "#FFFFFF"}
        area = (head + 1, 3, head + len(rows), len(columns) - 1)
        page.sheet.conditional_format(*area, {**scale, "max_color": DEEP})
    page.gap()


def _cell_mark(row: Row, name: str) -> Sequence[str]:
    return () if row.get(f"{name}_seen", True) else ("unfinished",)
