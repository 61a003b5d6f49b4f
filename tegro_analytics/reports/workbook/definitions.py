"""The last sheet: where the numbers come from, and what each of them means."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator

from tegro_analytics.metrics import METRICS
from tegro_analytics.reports.cells import put_text
from tegro_analytics.reports.workbook.page import Book, Page
from tegro_analytics.schemas import FLAGS
from tegro_analytics.texts import tr

__all__ = ["facts_of", "write_definitions"]

_WIDTHS = (34.0, 34.0, 76.0)
_METRICS = ("revenue", "fees", "conversion", "payment_systems")


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
    for metric, label, formula in _formulas(book):
        _line(page, metric, label, formula)
    page.gap()
    page.section(book.text("rules"))
    for rule in dict.fromkeys(rule for name in _METRICS for rule in METRICS[name].rules):
        page.band(f"– {tr(f'rule.{rule}', book.lang)}", "rule")
    page.gap()
    page.section(book.text("flags"))
    for flag in FLAGS:
        _line(page, flag, book.text(f"flag.{flag}"))


def facts_of(book: Book) -> dict[str, str]:
    """Say where the numbers come from: by whom, of what, until when, under which assumptions."""
    facts, figures, lang = book.facts, book.figures, book.lang
    reading = "verified" if facts.complete and facts.verified else "unverified"
    return {
        "shop": facts.shop,
        "data": book.text("sandbox" if facts.sandbox else "live"),
        "period": figures.period.text(lang),
        "filter": book.text("filter"),
        "zone": book.text("zones", report=facts.report_zone, source=facts.source_zone),
        "as_of": book.moment(facts.as_of),
        "reading": book.text(reading),
        "fee_bearer": book.text("fee_bearer", share=f"{facts.merchant_share.normalize():f}"),
        "known_orders": str(figures.known_orders),
        "orders": str(figures.orders.num_rows),
        "tests": str(figures.tests),
        "quarantined": str(facts.quarantined),
        "version": f"tegro_analytics {importlib.metadata.version('tegro_analytics')}",
    }


def _formulas(book: Book) -> Iterator[tuple[str, str, str]]:
    """Give every figure once, with its formula; what a rate brings is told once, for all."""
    seen = set()
    for name in _METRICS:
        metric = METRICS[name]
        for column in metric.columns:
            if column.base is None and column.kind != "text" and column.name not in seen:
                seen.add(column.name)
                yield metric.title(book.lang), column.label(book.lang), column.formula(book.lang)
    for part in ("low", "high", "n"):
        yield (
            book.text("every_rate"),
            tr(f"column.rate.{part}", book.lang),
            tr(f"formula.rate.{part}", book.lang),
        )


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
