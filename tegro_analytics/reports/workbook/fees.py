"""What payments cost, in every currency by itself, and whether that is what the tariff asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tegro_analytics.metrics import METRICS
from tegro_analytics.reports.workbook.figures import Row
from tegro_analytics.reports.workbook.grid import TableColumn, columns_of, table_widths, write_grid
from tegro_analytics.reports.workbook.page import Book, Page

__all__ = ["write_fees"]

_FIRST = 40.0
_BY_CURRENCY = (
    "currency",
    "payments",
    "effective_fee_rate",
    "zero_fee_payments",
    "zero_fee_share",
    "zero_fee_share_low",
    "zero_fee_share_high",
)
_BY_SYSTEM = (
    "payment_system",
    "payments",
    "gross_volume",
    "fees",
    "effective_fee_rate",
    "fee_per_payment",
    "zero_fee_payments",
)
_AUDIT = (
    "payment_system",
    "payments",
    "audited",
    "unknown_tariff",
    "unknown_fee",
    "actual_fees",
    "expected_fees",
    "fee_difference",
    "overcharged",
    "overcharged_value",
    "undercharged",
    "undercharged_value",
)
_DIFFERENCES = (
    "payment_system",
    "id",
    "paid_at",
    "amount",
    "fee",
    "expected_fee",
    "fee_difference",
    "tariff_rate",
    "tariff_minimum",
    "payment_id",
)
_MEAN = {"fee_per_payment": "mean"}


def write_fees(book: Book) -> None:
    """Write the sheet."""
    figures = book.figures
    tables = [_by_system(book, []), _audit(book, []), _differences(book, [])]
    page = book.page(book.text("fees"), widths=table_widths(*tables, first=_FIRST))
    page.sheet.freeze_panes(page.row, 1)
    if not figures.currencies:
        page.sentence(book.text("no_payments"))
    else:
        _write_currencies(page)
    for currency in figures.currencies:
        rows = _sorted([row for row in figures.systems.get(currency, []) if row["payments"]], "fees")
        if rows:
            page.section(book.text("fees_in", currency=currency))
            columns, places = _by_system(book, rows), book.places(currency)
            write_grid(page, columns, rows, name=f"Fees_{currency}", places=places)
            page.gap()
    if figures.fees.plan is None:
        _say_no_plan(page)
    else:
        _write_audit(page, figures.fees.plan)


def _write_currencies(page: Page) -> None:
    """Write the rates side by side; there is no money in this table, so no currency is added to another."""
    book = page.book
    rows = [{"currency": code, **book.figures.money[code]} for code in book.figures.currencies]
    page.section(book.text("effective_fee"))
    write_grid(page, columns_of(book, "fees", _BY_CURRENCY, rows), rows, name="Effective_fee", places=2)
    page.gap()


def _by_system(book: Book, rows: Sequence[Row]) -> list[TableColumn]:
    summed = ("payments", "gross_volume", "fees", "zero_fee_payments")
    return columns_of(book, "payment_systems", _BY_SYSTEM, rows, kinds=_MEAN, summed=summed)


def _audit(book: Book, rows: Sequence[Row]) -> list[TableColumn]:
    return columns_of(book, "fee_audit", _AUDIT, rows, summed=_AUDIT[1:])


def _differences(book: Book, rows: Sequence[Row]) -> list[TableColumn]:
    *columns, last = columns_of(book, "fee_differences", _DIFFERENCES, rows)
    return [*columns, replace(last, width=20.0)]


def _say_no_plan(page: Page) -> None:
    """Say what to set so that fees are held against a tariff."""
    book = page.book
    page.section(METRICS["fee_audit"].title(book.lang))
    plans = ", ".join(book.figures.fees.plans) or "–"
    if book.facts.plan:
        page.band(book.text("plan_unknown", plan=book.facts.plan, plans=plans), "plain_wrapped")
    else:
        page.band(book.text("plan_missing", plans=plans), "plain_wrapped")


def _write_audit(page: Page, plan: str) -> None:
    """Write what was charged beside what the tariff asks, and the payments that differ most."""
    book, fees = page.book, page.book.figures.fees
    for currency, rows in _in_order(book, fees.audit):
        page.section(book.text("audit_in", currency=currency, plan=plan))
        columns, places = _audit(book, rows), book.places(currency)
        shown = _sorted(rows, "fee_difference")
        write_grid(page, columns, shown, name=f"Audit_{currency}", places=places)
        page.gap()
    listed = sum(map(len, fees.differences.values()))
    if not fees.found:
        page.sentence(book.text("no_differences"))
    for currency, rows in _in_order(book, fees.differences):
        page.section(book.text("differences_in", currency=currency))
        write_grid(
            page, _differences(book, rows), rows, name=f"Differences_{currency}", places=book.places(currency)
        )
        page.gap()
    if fees.found > listed:
        page.band(book.text("more_differences", found=fees.found, listed=listed), "note_wrapped")
    page.band(book.text("print.audit"), "note_wrapped")


def _in_order(book: Book, found: dict[str, list[Row]]) -> list[tuple[str, list[Row]]]:
    """Sort currencies as the other sheets have them."""
    order = book.figures.currencies
    return sorted(
        found.items(), key=lambda one: (order.index(one[0]) if one[0] in order else len(order), one[0])
    )


def _sorted(rows: Sequence[Row], name: str) -> list[Row]:
    return sorted(rows, key=lambda row: (-(row[name] or 0), row["payment_system"] or ""))
