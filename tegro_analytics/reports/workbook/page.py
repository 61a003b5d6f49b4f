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

    def value(self, column: int, value: Any, kind: str, *style: str, amounts: Amounts = CENTS) -> None:
        """Write a value as what it is; what is missing says so."""
        if value is None:
            missing = "metric.unnamed" if kind == "number" else "metric.missing"
            self.put(column, tr(missing, self.book.lang), *style, "missing")
        elif kind == "text":
            self.put(column, value, "text", *style)
        elif kind == "bool":
            self.put(column, tr(f"metric.{'yes' if value else 'no'}", self.book.lang), "left", *style)
        elif kind in ("money", "mean"):
            self._money(column, value, amounts.shape(value, kind), amounts.places, *style)
        elif kind == "points":
            shape = (
                f'+{amounts.rate} "{self.book.text("points")}";-{amounts.rate} "{self.book.text("points")}"'
            )
            self.sheet.write_number(self.row, column, 100 * value, self.styles(*style, num_format=shape))
        else:
            cell = value / _SECONDS_A_DAY if kind == "seconds" else value
            cell = serial(cell) if isinstance(cell, dt.date) else cell
            aligned = ("left",) if kind == "date" else ()
            shape = self.styles(*aligned, *style, num_format=_FORMATS[kind])
            self.sheet.write_number(self.row, column, cell, shape)

    def _money(self, column: int, amount: Decimal, shape: str, places: int, *style: str) -> None:
        """Write the double nearest to an amount; as text what has more digits than a spreadsheet shows."""
        if not fits_number(amount):
            amount = rounded(amount, places)
        if fits_number(amount):
            self.sheet.write_number(self.row, column, float(amount), self.styles(*style, num_format=shape))
        else:
            self.put(column, f"{amount:f}", *style, "number_text")


@dataclass(frozen=True, slots=True)
class Amounts:
    """Say how amounts of one currency are shown: with its places, and more where an amount has more.

    ``most`` is how many the amounts of one column have at most: all of them keep room for as many.
    """

    places: int = 2
    most: int | None = None

    def shape(self, amount: Decimal, kind: str) -> str:
        """Give the number format of an amount; a mean has no more places than its currency."""
        if kind == "mean":
            return money_format(self.places)
        if self.most is None:
            return money_format(self.places, most=places_of(amount))
        return money_format(self.places, most=self.most, aligned=True)


CENTS = Amounts()


def places_of(amount: Decimal) -> int:
    """Count the places of an amount after the point, without zeros at the end.

    Examples
    --------
    >>> places_of(Decimal("3.95960000")), places_of(Decimal("100"))
    (4, 0)
    """
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


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
