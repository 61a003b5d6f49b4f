"""The last sheet: where the numbers come from, and what each of them means."""

from __future__ import annotations

from tegro_analytics.reports.cells import put_text
from tegro_analytics.reports.workbook.page import Book, Page
from tegro_analytics.reports.workbook.told import REPORTED, facts_of, formulas_of, rules_of
from tegro_analytics.schemas import FLAGS

__all__ = ["write_definitions"]

_WIDTHS = (34.0, 34.0, 76.0)


def write_definitions(book: Book) -> None:
    """Write the sheet."""
    page = book.page(book.text("definitions"), widths=_WIDTHS)
    page.sheet.hide_gridlines(2)
    page.sheet.freeze_panes(page.row, 0)
    page.section(book.text("provenance"))
    for key, text in facts_of(book).items():
        _line(page, book.text(f"fact.{key}"), text)
    page.gap()
    page.section(book.text("formulas"))
    _heads(page, book.text("sheet_of"), book.text("figure"), book.text("formula"))
    for metric, label, formula in formulas_of(book, *REPORTED):
        _line(page, metric, label, formula)
    page.gap()
    page.section(book.text("rules"))
    for rule in rules_of(book, *REPORTED):
        page.band(f"– {rule}", "rule")
    page.gap()
    page.section(book.text("flags"))
    for flag in FLAGS:
        _line(page, flag, book.text(f"flag.{flag}"))


def _heads(page: Page, *texts: str) -> None:
    for column, style in enumerate(page.heads(texts, numbers=[False] * len(texts))):
        put_text(page.sheet, page.row, column, texts[column], style)
    page.row += 1


def _line(page: Page, *texts: str) -> None:
    """Write texts side by side; two of them take the room of three."""
    rooms = [width - 2 for width in _WIDTHS]
    if len(texts) == 2:
        rooms = [rooms[0], sum(rooms[1:])]
        page.sheet.merge_range(page.row, 1, page.row, 2, "", page.styles("left", "line", "wrapped"))
    page.fit(texts, rooms)
    for column, text in enumerate(texts):
        page.put(column, text, "left", "line", "label" if column == 0 else "wrapped")
    page.row += 1
