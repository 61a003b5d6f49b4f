"""A sheet of the report: its head, its cells by what they hold, its tables."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from xlsxwriter.utility import xl_range

from tegro_analytics.reports.cells import cell_text, fits_number, put_text, safe_title, serial, text_width
from tegro_analytics.reports.styles import CHANGE, DATE, DURATION, INTEGER, PERCENT, Styles, money_format
from tegro_analytics.reports.workbook.facts import ReportFacts
from tegro_analytics.reports.workbook.figures import Figures, Row
from tegro_analytics.reports.xlsx import set_up_print
from tegro_analytics.schemas import MONEY_SCALE
from tegro_analytics.texts import tr

__all__ = ["Book", "Page", "TableColumn", "rounded"]

HEAD_HEIGHT = 34
_ROW_HEIGHT = 18
_SECONDS_A_DAY = 86_400
_NOT_IN_NAMES = re.compile(r"\W", re.ASCII)
_NUMBERS = ("money", "mean", "count", "rate", "number", "seconds")
_FORMATS = {
    "count": INTEGER,
    "number": "0",
    "rate": PERCENT,
    "change": CHANGE,
    "seconds": DURATION,
    "date": DATE,
}


@dataclass(frozen=True, slots=True)
class TableColumn:
    """Describe a column of an Excel table: which value it shows, and whether its total is its sum."""

    name: str
    head: str
    kind: str
    width: float
    total: Decimal | int | None = None
    """The exact total: it is shown as the value of a formula that sums the column."""


class Book:
    """Hold what the sheets of one workbook share."""

    def __init__(self, book: Any, *, facts: ReportFacts, figures: Figures, lang: str) -> None:
        self.book, self.facts, self.figures, self.lang = book, facts, figures, lang
        self.styles = Styles(book)
        self._names: set[str] = set()

    def text(self, key: str, **values: object) -> str:
        """Look up a text of the report."""
        return tr(f"report.{key}", self.lang, **values)

    def moment(self, moment: dt.datetime) -> str:
        """Write a moment in the report zone, and name the zone."""
        local = moment.astimezone(self.figures.period.zone)
        return f"{local:%d.%m.%Y %H:%M:%S} ({self.facts.report_zone})"

    def places(self, currency: str) -> int:
        """Say how many places amounts of a currency have."""
        return self.facts.reference.minor_unit(currency)

    def page(self, title: str, *, widths: Sequence[float]) -> Page:
        """Add a sheet."""
        name = safe_title(title, taken=self._names)
        self._names.add(name)
        return Page(self, self.book.add_worksheet(name), title=title, widths=widths)


class Page:
    """Write one sheet from the top down; ``row`` is where the next thing goes."""

    def __init__(self, book: Book, sheet: Any, *, title: str, widths: Sequence[float]) -> None:
        self.book, self.sheet, self.styles = book, sheet, book.styles
        self.last = len(widths) - 1
        self.widths = widths
        self.row = 0
        sheet.set_default_row(_ROW_HEIGHT)
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        self._head(title)
        self._print()

    def _head(self, title: str) -> None:
        """Say what the sheet is, of which shop and period; say SANDBOX where it is one."""
        facts, figures, lang = self.book.facts, self.book.figures, self.book.lang
        self.sheet.set_row(0, 30)
        self.put(0, title, "title")
        self.row += 1
        shop = self.book.text("of_shop", period=figures.period.text(lang), shop=facts.shop)
        self.put(0, f"{shop} · {self.book.text('as_of', moment=self.book.moment(facts.as_of))}", "subtitle")
        self.row += 1
        if facts.sandbox:
            self.band(self.book.text("sandbox"), "sandbox")
        self.sheet.set_row(self.row, 9)
        self.row += 1

    def _print(self) -> None:
        set_up_print(self.sheet)
        facts = self.book.facts
        mark = f"{self.book.text('sandbox_mark')} · " if facts.sandbox else ""
        left = _footer(f"{mark}{facts.shop}")
        self.sheet.set_footer(f"&L&8{left}&C&8&P / &N&R&8{_footer(self.book.facts.report_zone)}")

    def put(self, column: int, text: str, *style: str, **properties: Any) -> None:
        """Write a text into the present row, as text."""
        plain = self.styles(*style, **properties)
        quoted = self.styles(*style, quote_prefix=True, **properties)
        put_text(self.sheet, self.row, column, cell_text(text), plain, quoted=quoted)

    def band(self, text: str, style: str, *, first: int = 0) -> None:
        """Write a text over the whole width, as many lines high as it needs."""
        room = sum(self.widths[first:]) - 3
        lines = sum(max(1, math.ceil(text_width(line) / room)) for line in text.split("\n"))
        self.sheet.set_row(self.row, _ROW_HEIGHT + 15 * (lines - 1))
        for column in range(first + 1, self.last + 1):
            self.sheet.write_blank(self.row, column, None, self.styles(style))
        if self.last > first:
            self.sheet.merge_range(self.row, first, self.row, self.last, "", self.styles(style))
        self.put(first, text, style)
        self.row += 1

    def section(self, text: str, *, column: int = 0) -> None:
        """Begin a section."""
        self.sheet.set_row(self.row, 24)
        self.put(column, text, "section")
        self.row += 1

    def gap(self) -> None:
        """Leave a little room."""
        self.row += 1

    def value(self, column: int, value: Any, kind: str, *style: str, places: int = 2) -> None:
        """Write a value as what it is; what is missing says so."""
        if value is None:
            self.put(column, tr("metric.missing", self.book.lang), *style, "missing")
        elif kind == "text":
            self.put(column, value, "text", *style)
        elif kind == "bool":
            self.put(column, tr(f"metric.{'yes' if value else 'no'}", self.book.lang), *style)
        elif kind == "money":
            self._money(column, value, *style, places=places, most=MONEY_SCALE)
        elif kind == "mean":
            self._money(column, value, *style, places=places)
        else:
            cell = value / _SECONDS_A_DAY if kind == "seconds" else value
            cell = serial(cell) if isinstance(cell, dt.date) else cell
            aligned = ("left",) if kind == "date" else ()
            shape = self.styles(*style, *aligned, num_format=_FORMATS[kind])
            self.sheet.write_number(self.row, column, cell, shape)

    def _money(self, column: int, amount: Decimal, *style: str, places: int, most: int | None = None) -> None:
        """Write the double nearest to an amount; as text what has more digits than a spreadsheet shows."""
        if not fits_number(amount):
            amount = rounded(amount, places)
        if not fits_number(amount):
            self.put(column, f"{amount:f}", *style, "number_text")
            return
        shape = money_format(places, most=most if amount != rounded(amount, places) else None)
        self.sheet.write_number(self.row, column, float(amount), self.styles(*style, num_format=shape))

    def table(
        self, columns: Sequence[TableColumn], rows: Sequence[Row], *, name: str, places: int = 2
    ) -> int:
        """Write an Excel table with a filter, and a row of totals where a column has one; give its first row."""
        head = self.row
        self.sheet.set_row(head, HEAD_HEIGHT)
        for self.row, row in enumerate(rows, start=head + 1):
            for place, column in enumerate(columns):
                self.value(place, row[column.name], column.kind, "line", places=places)
        totals = [
            _Total(column, (head + 1, place, head + len(rows), place), places)
            for place, column in enumerate(columns)
        ]
        has_totals = any(column.total is not None for column in columns)
        last = head + len(rows) + has_totals
        heads = [self._head_of(column) for column in columns]
        if has_totals:
            heads = [head | total.options(self) for head, total in zip(heads, totals, strict=True)]
        options = {
            "name": _NOT_IN_NAMES.sub("_", name),
            "style": None,
            "total_row": has_totals,
            "columns": heads,
        }
        self.sheet.add_table(head, 0, last, len(columns) - 1, options)
        if has_totals:
            self.row = last
            for place, total in enumerate(totals):
                total.write(self, place)
        self.row = last + 1
        return head

    def _head_of(self, column: TableColumn) -> dict[str, Any]:
        style = "head_right" if column.kind in _NUMBERS else "head"
        return {"header": cell_text(column.head), "header_format": self.styles(style)}


class _Total:
    """Know the cell under a column of a table: a formula that sums it, and the value that this has."""

    def __init__(self, column: TableColumn, area: tuple[int, int, int, int], places: int) -> None:
        self.column = column
        self.digits = places if column.kind == "money" else 0
        self.is_first = area[1] == 0
        self.formula = f"=ROUND(SUM({xl_range(*area)}),{self.digits})"
        self.exact = None if column.total is None else rounded(Decimal(column.total), self.digits)
        self.shape = {"money": money_format(places), "count": INTEGER}.get(column.kind, "General")

    def options(self, page: Page) -> dict[str, Any]:
        """Tell the table what stands there."""
        if self.is_first:
            return {"total_string": page.book.text("total")}
        if self.exact is None:
            return {}
        if not fits_number(self.exact):
            return {"total_string": f"{self.exact:f}"}
        return {"total_function": self.formula, "total_value": float(self.exact)}

    def write(self, page: Page, place: int) -> None:
        """Write the cell in the style of totals, which the table would also give to new rows."""
        options = self.options(page)
        style = page.styles("total", num_format=self.shape)
        if "total_function" in options:
            page.sheet.write_formula(page.row, place, self.formula, style, options["total_value"])
        elif options:
            put_text(page.sheet, page.row, place, options["total_string"], style)
        else:
            page.sheet.write_blank(page.row, place, None, style)


def rounded(amount: Decimal, places: int) -> Decimal:
    """Round an amount as a spreadsheet does: half away from 0.

    Examples
    --------
    >>> rounded(Decimal("0.125"), 2), rounded(Decimal("-0.125"), 2)
    (Decimal('0.13'), Decimal('-0.13'))
    """
    return amount.quantize(Decimal(1).scaleb(-min(places, MONEY_SCALE)), ROUND_HALF_UP)


def _footer(text: str) -> str:
    """Write a text into a footer, where ``&`` begins a command and the length is short."""
    return cell_text(text).replace("\n", " ")[:80].replace("&", "&&")
