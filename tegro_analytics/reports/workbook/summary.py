"""The first sheet: what the period brought, in every currency by itself, and what to look at."""

from __future__ import annotations

from collections.abc import Sequence

from tegro_analytics.metrics import METRICS
from tegro_analytics.reports.cells import put_text
from tegro_analytics.reports.workbook.amounts import CENTS, Amounts
from tegro_analytics.reports.workbook.figures import Row
from tegro_analytics.reports.workbook.lines import KINDS, MONEY, RATES, STRONG, change_of, conversion_names
from tegro_analytics.reports.workbook.page import Book, Page
from tegro_analytics.reports.workbook.told import notes_of

__all__ = ["write_summary"]

_WIDTHS = (36.0, 19.0, 19.0, 13.0, 13.0, 13.0, 11.0)
_VALUE, _BEFORE, _CHANGE, _LOW, _HIGH, _OF = range(1, 7)
_ON_ONE_PAGE = 3


def write_summary(book: Book) -> None:
    """Write the sheet."""
    page = book.page(book.text("summary"), widths=_WIDTHS)
    page.sheet.hide_gridlines(2)
    page.sheet.freeze_panes(page.row, 0)
    figures = book.figures
    page.sheet.set_portrait()
    page.sheet.fit_to_pages(1, 1 if len(figures.currencies) <= _ON_ONE_PAGE else 0)
    if notes := list(notes_of(book)):
        page.band(book.text("look_at"), "warning_head")
        for note in notes:
            page.band(f"•  {note[:1].upper()}{note[1:]}", "warning")
        page.gap()
    if not figures.currencies:
        page.put(0, book.text("no_payments"), "label")
        page.row += 2
    for currency in figures.currencies:
        page.section(book.text("money_in", currency=currency))
        _block_head(page, book.text("figure"))
        before = figures.money_before.get(currency, {})
        for metric, name in MONEY:
            column = METRICS[metric].column(name)
            amounts = Amounts(book.places(currency))
            kind, row = KINDS.get(name, column.kind), figures.money[currency]
            _line(page, column.label(book.lang), name, kind, row, before, amounts=amounts)
        page.gap()
    page.section(METRICS["conversion"].title(book.lang))
    _block_head(page, book.text("figure"))
    for name in conversion_names(figures.conversion):
        column = METRICS["conversion"].column(name)
        _line(page, column.label(book.lang), name, column.kind, figures.conversion, figures.conversion_before)
    page.gap()
    for text in _small_print(book):
        page.band(text, "note")


def _block_head(page: Page, first: str) -> None:
    """Write the headers of a block."""
    book = page.book
    heads = [
        first,
        book.figures.period.text(book.lang),
        book.figures.period.before.text(book.lang) if book.figures.conversion_before else "",
        book.text("change") if book.figures.conversion_before else "",
        *(book.text(key) for key in ("low", "high", "of")),
    ]
    styles = page.heads(heads, numbers=[False] + [True] * (len(heads) - 1))
    for column, (head, style) in enumerate(zip(heads, styles, strict=True)):
        put_text(page.sheet, page.row, column, head, style)
    page.row += 1


def _line(
    page: Page, label: str, name: str, kind: str, now: Row, before: Row, *, amounts: Amounts = CENTS
) -> None:
    """Write one figure: now, before, the change, and its interval where it is a rate of counts."""
    strong = ("line", "strong") if name in STRONG else ("line",)
    quiet = ("line", "label")
    page.put(0, label, "left", *strong)
    page.value(_VALUE, now.get(name), kind, *strong, amounts=amounts)
    if page.book.figures.conversion_before:
        page.value(_BEFORE, before.get(name), kind, *quiet, amounts=amounts)
        change = change_of(page.book, kind, now.get(name), before.get(name))
        if kind in RATES:
            page.points(_CHANGE, change, kind, *quiet)
        else:
            page.value(_CHANGE, change, "change", *quiet)
    else:  # what cannot be compared is told once, below
        page.put(_BEFORE, "", *quiet)
        page.put(_CHANGE, "", *quiet)
    for column, part in ((_LOW, "low"), (_HIGH, "high"), (_OF, "n")):
        if f"{name}_{part}" in now:
            page.value(column, now[f"{name}_{part}"], "count" if part == "n" else "rate", *quiet)
        else:
            page.put(column, "", "line")
    page.row += 1


def _small_print(book: Book) -> Sequence[str]:
    texts = [book.text("print.interval"), book.text("print.currencies")]
    if not book.figures.conversion_before:
        texts.append(book.text("print.no_before"))
    return [*texts, book.text("print.definitions", sheet=book.text("definitions"))]
