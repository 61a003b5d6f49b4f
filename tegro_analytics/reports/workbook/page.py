"""A sheet of the report: its head, and its cells by what they hold."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from xlsxwriter.utility import xl_range

from tegro_analytics.metrics.definition import MetricColumn
from tegro_analytics.reports.cells import cell_text, fits_number, put_text, safe_title, serial, text_width
from tegro_analytics.reports.rows import Rows
from tegro_analytics.reports.styles import (
    CHANGE,
    DATE,
    DURATION,
    FINE_PERCENT,
    INSTANT,
    INTEGER,
    MONTH,
    PERCENT,
    Styles,
)
from tegro_analytics.reports.workbook.amounts import CENTS, Amounts, rounded
from tegro_analytics.reports.workbook.facts import ReportFacts
from tegro_analytics.reports.workbook.figures import Figures, Row
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
_LEFT = ("text", "instant", "date", "month")
_POINTS_OF = {"rate": "0.0", "fine_rate": "0.00"}
_FORMATS = {
    "count": INTEGER,
    "number": "0",
    "rate": PERCENT,
    "fine_rate": FINE_PERCENT,
    "cell": PERCENT,
    "change": CHANGE,
    "seconds": DURATION,
    "date": DATE,
    "month": MONTH,
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

    def sentence(self, text: str) -> None:
        """Say what there is to say where there is no table."""
        self.put(0, text, "label")
        self.row += 2

    def gap(self) -> None:
        """Leave a little room."""
        self.row += 1

    def value(self, column: int, value: Any, kind: str, *style: str, amounts: Amounts = CENTS) -> None:
        """Write a value as what it is; what is missing says so."""
        if value is None and kind == "cell":
            self.put(column, "", *style)
        elif value is None:
            text = "–" if kind == "number" else tr("metric.missing", self.book.lang)
            side = {"align": "left", "indent": 1} if kind in _LEFT else {}
            self.put(column, text, *style, "missing", **side)
        elif kind == "text":
            self.put(column, value, "text", *style)
        elif kind == "instant":
            self._instant(column, value, *style)
        elif kind == "number" and not fits_number(value):
            self.put(column, str(value), *style, "number_text")
        elif kind == "bool":
            self.put(column, tr(f"metric.{'yes' if value else 'no'}", self.book.lang), "left", *style)
        elif kind in ("money", "mean"):
            self._money(column, value, amounts.shape(value, kind), amounts.places, *style)
        else:
            cell = value / _SECONDS_A_DAY if kind == "seconds" else value
            cell = serial(cell) if isinstance(cell, dt.date) else cell
            aligned = ("left",) if kind in ("date", "month") else ()
            shape = self.styles(*aligned, *style, num_format=_FORMATS[kind])
            self.sheet.write_number(self.row, column, cell, shape)

    def line_heads(self, texts: Sequence[str]) -> None:
        """Write the headers of lines: what each is, then its numbers."""
        styles = self.heads(texts, numbers=[False] + [True] * (len(texts) - 1))
        for column, (text, style) in enumerate(zip(texts, styles, strict=True)):
            put_text(self.sheet, self.row, column, text, style)
        self.row += 1

    def rate_line(self, column: MetricColumn, row: Row, *style: str, amounts: Amounts = CENTS) -> None:
        """Write a figure on a line of its own, with its interval and denominator where it has them."""
        self.put(0, column.label(self.book.lang), "left", "line", *style)
        self.value(1, row.get(column.name), column.kind, "line", *style, amounts=amounts)
        for place, part in enumerate(("low", "high", "n"), start=2):
            if (name := f"{column.name}_{part}") in row:
                self.value(place, row[name], "count" if part == "n" else "rate", "line", "label")
            else:
                self.put(place, "", "line")
        self.row += 1

    def text_line(self, label: str, text: str) -> None:
        """Write a text beside its label, over the rest of the width."""
        room = sum(self.widths[1:]) - _BUTTON
        self.fit([label, text], [self.widths[0], room])
        self.sheet.merge_range(self.row, 1, self.row, self.last, "", self.styles("left", "line", "wrapped"))
        self.put(0, label, "left", "line")
        self.put(1, text, "left", "line", "wrapped")
        self.row += 1

    def total_line(self, label: str, total: Decimal, rows: tuple[int, int], amounts: Amounts) -> None:
        """Write the sum of the lines above: a formula at the minor unit, with the value of the metric."""
        exact, area = rounded(total, amounts.places), xl_range(rows[0], 1, rows[1], 1)
        style = self.styles("total", num_format=amounts.total_shape())
        self.put(0, label, "left", "total")
        if fits_number(exact):
            formula = f"=ROUND(SUM({area}),{amounts.places})"
            self.sheet.write_formula(self.row, 1, formula, style, float(exact))
        else:
            self.put(1, f"{exact:f}", "total", "number_text")
        self.row += 1

    def rows_table(self, rows: Rows, *, name: str) -> int:
        """Write rows of a table of the package as an Excel table; give the row of its headers."""
        heads, right = rows.heads(), rows.right_aligned()
        head = self.row
        styles = self.heads(heads, numbers=right)
        columns = [
            {"header": text, "header_format": style} for text, style in zip(heads, styles, strict=True)
        ]
        end = rows.write(self.sheet, head + 1)
        last = max(end - 1, head + 1)
        options = {"name": self.book.table_name(name), "style": None, "columns": columns}
        self.sheet.add_table(head, 0, last, len(heads) - 1, options)
        self.row = last + 1
        return head

    def _instant(self, column: int, moment: dt.datetime, *style: str) -> None:
        """Write what the clocks of the zone showed; with the offset, as text, where they showed it twice."""
        local = moment.astimezone(self.book.figures.period.zone)
        if local.utcoffset() == local.replace(fold=1 - local.fold).utcoffset():
            cell = serial(local.replace(tzinfo=None))
            self.sheet.write_number(self.row, column, cell, self.styles("left", *style, num_format=INSTANT))
        else:
            self.put(column, local.isoformat(" "), "left", *style)

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
