"""The first sheet: what the period brought, in every currency by itself, and what to look at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from tegro_analytics.metrics import METRICS
from tegro_analytics.reports.cells import put_text
from tegro_analytics.reports.workbook.amounts import CENTS, Amounts
from tegro_analytics.reports.workbook.figures import Row
from tegro_analytics.reports.workbook.page import Book, Page
from tegro_analytics.texts import catalogue, tr

__all__ = ["write_summary"]

_WIDTHS = (36.0, 19.0, 19.0, 13.0, 13.0, 13.0, 11.0)
_VALUE, _BEFORE, _CHANGE, _LOW, _HIGH, _OF = range(1, 7)
_ON_ONE_PAGE = 3
_MATURE = dt.timedelta(hours=24)
_MONEY = (
    ("revenue", "gross_volume"),
    ("revenue", "fees"),
    ("revenue", "refunds"),
    ("revenue", "net_volume"),
    ("revenue", "payments"),
    ("revenue", "average_ticket"),
    ("fees", "effective_fee_rate"),
    ("revenue", "refund_rate"),
    ("revenue", "active_days"),
)
_CONVERSION = (
    "orders",
    "mature",
    "conversion_24h",
    "conversion_ever",
    "terminal_success_rate",
    "late_paid_rate",
    "seconds_to_pay_p50",
    "seconds_to_pay_p90",
    "pending",
    "stale_open",
)
_STRONG = ("net_volume", "conversion_24h")
_KINDS = {"average_ticket": "mean", "effective_fee_rate": "fine_rate"}
_RATES = ("rate", "fine_rate")


def write_summary(book: Book) -> None:
    """Write the sheet."""
    page = book.page(book.text("summary"), widths=_WIDTHS)
    page.sheet.hide_gridlines(2)
    page.sheet.freeze_panes(page.row, 0)
    figures = book.figures
    page.sheet.set_portrait()
    page.sheet.fit_to_pages(1, 1 if len(figures.currencies) <= _ON_ONE_PAGE else 0)
    if notes := list(_notes(book)):
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
        for metric, name in _MONEY:
            column = METRICS[metric].column(name)
            amounts = Amounts(book.places(currency))
            kind, row = _KINDS.get(name, column.kind), figures.money[currency]
            _line(page, column.label(book.lang), name, kind, row, before, amounts=amounts)
        page.gap()
    page.section(METRICS["conversion"].title(book.lang))
    _block_head(page, book.text("figure"))
    for name in _conversion_names(figures.conversion):
        column = METRICS["conversion"].column(name)
        _line(page, column.label(book.lang), name, column.kind, figures.conversion, figures.conversion_before)
    page.gap()
    for text in _small_print(book):
        page.band(text, "note")


def _conversion_names(conversion: Row) -> Iterator[str]:
    """List what is shown; the bounds of the rate only where an outcome is not known."""
    for name in _CONVERSION:
        yield name
        if name == "conversion_24h" and conversion.get("unresolved"):
            yield from ("unresolved", "conversion_24h_min", "conversion_24h_max")


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
    strong = ("line", "strong") if name in _STRONG else ("line",)
    quiet = ("line", "label")
    page.put(0, label, "left", *strong)
    page.value(_VALUE, now.get(name), kind, *strong, amounts=amounts)
    if page.book.figures.conversion_before:
        page.value(_BEFORE, before.get(name), kind, *quiet, amounts=amounts)
        change = _change(page.book, kind, now.get(name), before.get(name))
        if kind in _RATES:
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


def _change(book: Book, kind: str, now: Any, before: Any) -> float | None:
    """Compare with the period before: relative, and for a rate in points; not while the period goes on."""
    period, as_of = book.figures.period, book.facts.as_of
    if now is None or before is None or not period.is_over(as_of, after=_MATURE):
        return None
    if kind in _RATES:
        return float(now - before)
    return float((now - before) / before) if before else None


def _notes(book: Book) -> Iterator[str]:
    """Say what a reader should know before the numbers."""
    facts, figures = book.facts, book.figures
    if not figures.period.is_over(facts.as_of):
        yield book.text("note.open", moment=book.moment(facts.as_of))
    if not (facts.complete and facts.verified):
        yield book.text("note.unverified")
    if facts.quarantined:
        yield book.text("note.quarantined", count=facts.quarantined)
    for flag, count in sorted(figures.flags.items()):
        yield f"{_flag(flag, book.lang)}: {count}"
    if figures.tests:
        yield book.text("note.tests", count=figures.tests)
    for currency, row in figures.money.items():
        if row["undated_refunds"] and not figures.flags["refund_undated"]:
            yield book.text("note.undated", currency=currency, count=row["undated_refunds"])
    yield from facts.warnings


def _flag(name: str, lang: str) -> str:
    key = f"report.flag.{name}"
    return tr(key, lang) if key in catalogue() else name


def _small_print(book: Book) -> Sequence[str]:
    texts = [book.text("print.interval"), book.text("print.currencies")]
    if not book.figures.conversion_before:
        texts.append(book.text("print.no_before"))
    return [*texts, book.text("print.definitions", sheet=book.text("definitions"))]
