"""Excel tables of a report: a filter, and a row of totals that are formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from xlsxwriter.utility import xl_range

from tegro_analytics.metrics import METRICS
from tegro_analytics.reports.cells import cell_text, fits_number, put_text
from tegro_analytics.reports.styles import INTEGER
from tegro_analytics.reports.workbook.amounts import Amounts, places_of, rounded
from tegro_analytics.reports.workbook.figures import Row
from tegro_analytics.reports.workbook.page import Book, Page

__all__ = ["TableColumn", "columns_of", "table_widths", "write_grid"]

_TEXTS = ("text", "bool", "date", "month", "instant")
_WIDTHS = {
    "money": 17.0,
    "mean": 17.0,
    "rate": 14.0,
    "fine_rate": 14.0,
    "cell": 14.0,
    "count": 13.0,
    "number": 11.0,
    "seconds": 15.0,
    "text": 34.0,
    "date": 13.0,
    "month": 13.0,
    "instant": 21.0,
    "bool": 12.0,
}

Places = int | Callable[[Row], int]
"""The places of the currency: of all rows, or of each."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """Describe a column of a table: which value it shows, and the exact total where its total is its sum."""

    name: str
    head: str
    kind: str
    width: float
    total: Decimal | int | None = None


def columns_of(
    book: Book,
    metric: str,
    names: Sequence[str],
    rows: Sequence[Row],
    *,
    kinds: Mapping[str, str] | None = None,
    summed: Sequence[str] = (),
) -> list[TableColumn]:
    """Describe columns of a metric by their names; an interval is headed by its end alone.

    ``kinds`` shows some otherwise than the metric says; the totals of ``summed`` are the sums of the rows.
    """
    columns = []
    for name in names:
        column = METRICS[metric].column(name)
        part = name.removeprefix(f"{column.base}_") if column.base else ""
        head = book.text({"n": "of"}.get(part, part)) if part else column.label(book.lang)
        kind = (kinds or {}).get(name, column.kind)
        total = sum(row[name] or 0 for row in rows) if name in summed and rows else None
        columns.append(TableColumn(name, head, kind, _WIDTHS[kind], total))
    return columns


def table_widths(*tables: Sequence[TableColumn], first: float) -> list[float]:
    """Give the columns of a sheet the widths that its tables need, the first one its own."""
    most = max(map(len, tables))
    needed = [[table[place].width for table in tables if place < len(table)] for place in range(1, most)]
    return [first, *map(max, needed)]


def write_grid(
    page: Page,
    columns: Sequence[TableColumn],
    rows: Sequence[Row],
    *,
    name: str,
    places: Places,
    mark: Callable[[Row, str], Sequence[str]] | None = None,
) -> int:
    """Write an Excel table, with a row of totals where a column has one; give the row of its headers.

    ``mark`` names further styles of a cell.
    """
    head = page.row
    styles = page.heads(
        [column.head for column in columns], numbers=[_is_number(column) for column in columns]
    )
    usual = places if isinstance(places, int) else 0
    shown = [_amounts(column, rows, usual) for column in columns]
    for page.row, row in enumerate(rows, start=head + 1):
        own = None if isinstance(places, int) else Amounts(places(row))
        for place, (column, amounts) in enumerate(zip(columns, shown, strict=True)):
            style = ("line", *(mark(row, column.name) if mark else ()))
            page.value(place, row[column.name], column.kind, *style, amounts=own or amounts)
    described: list[dict[str, Any]] = [
        {"header": cell_text(column.head), "header_format": style}
        for column, style in zip(columns, styles, strict=True)
    ]
    totals = _totals(columns, shown, head=head, rows=len(rows))
    for entry, total in zip(described, totals, strict=False):
        entry.update(total.options(page))
    last = head + len(rows) + bool(totals)
    options = {
        "name": page.book.table_name(name),
        "style": None,
        "total_row": bool(totals),
        "columns": described,
    }
    page.sheet.add_table(head, 0, last, len(columns) - 1, options)
    page.row = last
    for place, total in enumerate(totals):
        total.write(page, place)
    page.row = last + 1
    return head


def _totals(
    columns: Sequence[TableColumn], shown: Sequence[Amounts], *, head: int, rows: int
) -> list[_Total]:
    """Describe the row of totals; there is none where no column has one."""
    if all(column.total is None for column in columns):
        return []
    return [
        _Total(column, xl_range(head + 1, place, head + rows, place), amounts, is_first=place == 0)
        for place, (column, amounts) in enumerate(zip(columns, shown, strict=True))
    ]


def _is_number(column: TableColumn) -> bool:
    return column.kind not in _TEXTS


def _amounts(column: TableColumn, rows: Sequence[Row], places: int) -> Amounts:
    """Find how many places the amounts of a column have at most."""
    if column.kind != "money":
        return Amounts(places)
    said = (row[column.name] for row in rows)
    return Amounts(places, max((places_of(amount) for amount in said if amount is not None), default=0))


@dataclass(frozen=True, slots=True)
class _Total:
    """Know the cell under a column: a formula that sums it, and the value that this has."""

    column: TableColumn
    area: str
    amounts: Amounts
    is_first: bool

    @property
    def digits(self) -> int:
        return self.amounts.places if self.column.kind == "money" else 0

    @property
    def exact(self) -> Decimal | None:
        """Give the total of the metric at the minor unit."""
        return None if self.column.total is None else rounded(Decimal(self.column.total), self.digits)

    @property
    def formula(self) -> str:
        return f"=ROUND(SUM({self.area}),{self.digits})"

    def options(self, page: Page) -> dict[str, Any]:
        """Tell the table what stands there."""
        exact = self.exact
        if self.is_first:
            return {"total_string": page.book.text("total")}
        if exact is None:
            return {}
        if not fits_number(exact):
            return {"total_string": f"{exact:f}"}
        return {"total_function": self.formula, "total_value": float(exact)}

    def write(self, page: Page, place: int) -> None:
        """Write the cell in the style of totals, which the table would also give to new rows."""
        options, style = self.options(page), page.styles(*self._style(), num_format=self._shape())
        if "total_function" in options:
            page.sheet.write_formula(page.row, place, self.formula, style, options["total_value"])
        elif options:
            put_text(page.sheet, page.row, place, options["total_string"], style)
        else:
            page.sheet.write_blank(page.row, place, None, style)

    def _style(self) -> tuple[str, ...]:
        return ("total",) if _is_number(self.column) else ("left", "total")

    def _shape(self) -> str:
        if self.column.kind == "money":
            return self.amounts.total_shape()
        return INTEGER if self.column.kind == "count" else "General"
