"""Put values into the cells of a worksheet so that each stays what it is.

A spreadsheet cell is narrower than a column of a table: text has a length and may hold no control
characters, a number has 15 digits, a time has no zone. What does not fit is written as text that can be
read, never bent silently.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from typing import Any

from tegro_analytics.reports.guard import looks_like_formula

__all__ = ["CELL_CHARACTERS", "cell_text", "fits_number", "put_text", "safe_title", "serial", "text_width"]

CELL_CHARACTERS = 32_767
"""What a cell holds, in UTF-16 units."""
NUMBER_DIGITS = 15
"""Significant digits of a number in a spreadsheet."""
NOT_IN_XML = "[\\x00-\\x08\\x0b-\\x1f\\x7f-\u009f\ufffe\uffff]"
"""Characters that a workbook cannot hold or a program may take for its own."""

_NOT_IN_XML = re.compile(NOT_IN_XML)
_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")
_FIRST_DAY = dt.datetime(1899, 12, 30)  # noqa: DTZ001  the cells of a workbook have no zone
# Before it, spreadsheet programs count a day that never was.
_FIRST_SAFE = dt.datetime(1900, 3, 1)  # noqa: DTZ001


def cell_text(text: str) -> str:
    """Make a text fit into a cell: control characters become pictures, and a cut tells the old length.

    Examples
    --------
    >>> cell_text("a\\x00b\\r\\nc"), cell_text("x" * 40_000)[-11:]
    ('a␀b\\nc', '… [✂ 40000]')
    """
    if _NOT_IN_XML.search(text):
        text = text.replace("\r\n", "\n")
        text = _NOT_IN_XML.sub(lambda found: _PICTURES.get(ord(found[0]), "\ufffd"), text)
    if len(text) > CELL_CHARACTERS // 2 and _units(text) > CELL_CHARACTERS:
        text = f"{_cut(text)}… [✂ {len(text)}]"
    return text


def put_text(sheet: Any, row: int, column: int, text: str, style: Any, *, quoted: Any = None) -> None:
    """Write a text as text, whatever it looks like.

    A text like a formula gets the style ``quoted``, with which it stays text when somebody edits the cell.
    The writer of the workbook takes ``<r>…</r>`` for ready markup and would pass it on as it is: such a
    text is written in pieces.
    """
    if text.startswith("<r>") and text.endswith("</r>"):
        sheet.write_rich_string(row, column, text[0], text[1], text[2:], style)
    else:
        sheet.write_string(row, column, text, quoted if quoted and looks_like_formula(text) else style)


def fits_number(amount: Decimal | int) -> bool:
    """Tell whether a spreadsheet shows a number with every digit that it has.

    Examples
    --------
    >>> fits_number(Decimal("1234567890.12")), fits_number(Decimal("12345678.12345678")), fits_number(10**18)
    (True, False, True)
    """
    digits = "".join(map(str, Decimal(amount).as_tuple().digits))
    return len(digits.strip("0")) <= NUMBER_DIGITS


def serial(moment: dt.datetime | dt.date) -> float | None:
    """Count a moment without zone, or a day, in days as spreadsheets do; None before March 1900.

    Examples
    --------
    >>> serial(dt.date(2026, 3, 1)), serial(dt.datetime(2026, 3, 1, 12)), serial(dt.date(1899, 12, 31))
    (46082.0, 46082.5, None)
    """
    if not isinstance(moment, dt.datetime):
        moment = dt.datetime.combine(moment, dt.time())
    return (moment - _FIRST_DAY) / dt.timedelta(days=1) if moment >= _FIRST_SAFE else None


def safe_title(text: str, *, taken: set[str] | None = None) -> str:
    """Make a name for a sheet: at most 31 characters, none that is forbidden, not taken, never empty.

    Examples
    --------
    >>> safe_title("=Shop [1]: a/b?"), safe_title("'", taken=set())
    ('Shop (1)- a-b', 'Sheet')
    """
    name = _NOT_IN_XML.sub("", text).replace("[", "(").replace("]", ")")
    name = _SHEET_NAME.sub("-", name).strip("'=+@- \t\n")[:31].strip("' ") or "Sheet"
    base, number = name, 2
    while taken is not None and name.casefold() in {other.casefold() for other in taken}:
        ending = f" ({number})"
        name, number = base[: 31 - len(ending)] + ending, number + 1
    return name


def text_width(text: str) -> float:
    """Estimate how wide a text is, in the units of a column width: a digit is 1, Cyrillic is wider.

    Examples
    --------
    >>> text_width("0000") < text_width("ЖЖЖЖ"), text_width("iiii") < 3
    (True, True)
    """
    return max((sum(map(_character_width, line)) for line in text.split("\n")), default=0.0)


def _character_width(sign: str) -> float:
    if sign in "ijlI.,:;'|!()[] ·-":
        return 0.55
    if sign in "ЖШЩЮФМДЫЪWMmw@№%—…жшщюфмы":
        return 1.4
    if unicodedata.east_asian_width(sign) in "WF":
        return 2.0
    return 1.2 if sign.isupper() else 1.02


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str) -> str:
    """Cut a text so that the notice of the cut still fits."""
    return text.encode("utf-16-le")[: 2 * (CELL_CHARACTERS - 40)].decode("utf-16-le", "ignore")
