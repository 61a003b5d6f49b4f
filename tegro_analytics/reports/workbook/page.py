"""A sheet of the report: its head, and its cells by what they hold."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tegro_analytics.reports.cells import cell_text, fits_number, put_text, safe_title, serial, text_width
from tegro_analytics.reports.styles import CHANGE, DATE, DURATION, FINE_PERCENT, INTEGER, PERCENT, Styles
from tegro_analytics.reports.workbook.amounts import CENTS, Amounts, rounded
from tegro_analytics.reports.workbook.facts import ReportFacts
from tegro_analytics.reports.workbook.figures import Figures
from tegro_analytics.reports.workbook.told import Told
from tegro_analytics.reports.xlsx import set_up_print
from tegro_analytics.texts import tr

__all__ = ["Book", "Page"]

_ROW_HEIGHT = 18
_LINE = 15
_FOOTER = 45  # characters: more would run into the number of the page
_AIR = 8
_BUTTON = 3.0  # room for the button of a filter, and for the margin
_SECONDS_A_DAY = 86_400
_NOT_IN_NAMES = re.compile(r"\W", re.ASCII)
_POINTS_OF = {"rate": "0.0", "fine_rate": "0.00"}
_FORMATS = {
    "count": INTEGER,
    "number": "0",
    "rate": PERCENT,
    "fine_rate": FINE_PERCENT,
    "change": CHANGE,
    "seconds": DURATION,
    "date": DATE,
}


class Book(Told):
    """Hold what the sheets of one workbook share."""

    def __init__(self, book: Any, *, facts: ReportFacts, figures: Figures, lang: str) -> None:
        super().__init__(facts=facts, figures=figures, lang=lang)
        self.book = book
        self.styles = Styles(book)
        self._names: set[str] = set()
        self._tables: set[str] = set()

    def table_name(self, name: str) -> str:
        """Make a name for an Excel table: letters, digits and underscores, and not taken."""
        base = _NOT_IN_NAMES.sub("_", name)
        name = base
        while name.casefold() in self._tables:
            name = f"{base}_{len(self._tables)}"
        self._tables.add(name.casefold())
        return name

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
        self.band(f"{shop} · {self.book.text('as_of', moment=self.book.moment(facts.as_of))}", "subtitle")
        if facts.sandbox:
            self.band(self.book.text("sandbox"), "sandbox")
        self.sheet.set_row(self.row, 9)
        self.row += 1

    def _print(self) -> None:
        """Say on every printed page which shop it is of."""
        set_up_print(self.sheet)
        facts = self.book.facts
        mark = f"{self.book.text('sandbox_mark')} · " if facts.sandbox else ""
        left = _footer(f"{mark}{facts.shop_name or facts.shop_id}")
        self.sheet.set_footer(f"&L&8{left}&C&8&P / &N&R&8{_footer(self.book.facts.report_zone)}")

    def put(self, column: int, text: str, *style: str, **properties: Any) -> None:
        """Write a text into the present row, as text."""
        plain = self.styles(*style, **properties)
        quoted = self.styles(*style, quote_prefix=True, **properties)
        put_text(self.sheet, self.row, column, cell_text(text), plain, quoted=quoted)

    def fit(self, texts: Sequence[str], rooms: Sequence[float], *, air: int = 0) -> None:
        """Make the present row as high as the text with the most lines needs."""
        lines = max(
            sum(max(1, math.ceil(text_width(line) / room)) for line in text.split("\n"))
            for text, room in zip(texts, rooms, strict=True)
        )
        self.sheet.set_row(self.row, _ROW_HEIGHT + air + _LINE * (lines - 1))

    def heads(self, texts: Sequence[str], *, numbers: Sequence[bool]) -> list[Any]:
        """Make the present row one of headers, the first at the left edge; give the style of each."""
        self.fit(texts, [width - _BUTTON for width in self.widths[: len(texts)]], air=_AIR)
        return [self.styles("head_right" if is_number else "head") for is_number in numbers]

    def band(self, text: str, style: str) -> None:
        """Write a text over the whole width, as many lines high as it needs."""
        self.fit([text], [sum(self.widths) - _BUTTON])
        self.sheet.merge_range(self.row, 0, self.row, self.last, "", self.styles(style))
        self.put(0, text, style)
        self.row += 1

    def section(self, text: str) -> None:
        """Begin a section."""
        self.sheet.set_row(self.row, 24)
        self.put(0, text, "section")
        self.row += 1

    def gap(self) -> None:
        """Leave a little room."""
        self.row += 1

    def value(self, column: int, value: Any, kind: str, *style: str, amounts: Amounts = CENTS) -> None:
        """Write a value as what it is; what is missing says so."""
        if value is None:
            text = "–" if kind == "number" else tr("metric.missing", self.book.lang)
            self.put(column, text, *style, "missing")
        elif kind == "text":
            self.put(column, value, "text", *style)
        elif kind == "bool":
            self.put(column, tr(f"metric.{'yes' if value else 'no'}", self.book.lang), "left", *style)
        elif kind in ("money", "mean"):
            self._money(column, value, amounts.shape(value, kind), amounts.places, *style)
        else:
            cell = value / _SECONDS_A_DAY if kind == "seconds" else value
            cell = serial(cell) if isinstance(cell, dt.date) else cell
            aligned = ("left",) if kind == "date" else ()
            shape = self.styles(*aligned, *style, num_format=_FORMATS[kind])
            self.sheet.write_number(self.row, column, cell, shape)

    def points(self, column: int, change: float | None, kind: str, *style: str) -> None:
        """Write the change of a rate, in percentage points."""
        if change is None:
            self.value(column, None, kind, *style)
            return
        digits, unit = _POINTS_OF[kind], self.book.text("points")
        shape = self.styles(*style, num_format=f'+{digits} "{unit}";-{digits} "{unit}";{digits} "{unit}"')
        self.sheet.write_number(self.row, column, 100 * change, shape)

    def _money(self, column: int, amount: Decimal, shape: str, places: int, *style: str) -> None:
        """Write the double nearest to an amount; as text what has more digits than a spreadsheet shows."""
        if not fits_number(amount):
            amount = rounded(amount, places)
        if fits_number(amount):
            self.sheet.write_number(self.row, column, float(amount), self.styles(*style, num_format=shape))
        else:
            self.put(column, f"{amount:f}", *style, "number_text")


def _footer(text: str) -> str:
    """Write a text into a footer, where ``&`` begins a command and the length is short."""
    return cell_text(text).replace("\n", " ")[:_FOOTER].replace("&", "&&")
