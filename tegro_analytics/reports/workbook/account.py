"""What left the account and what is on it: withdrawals, balances, and whether payments account for them."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa

from tegro_analytics.metrics import METRICS
from tegro_analytics.reports.masking import masked
from tegro_analytics.reports.rows import Rows
from tegro_analytics.reports.workbook.amounts import Amounts
from tegro_analytics.reports.workbook.figures import Row
from tegro_analytics.reports.workbook.grid import TableColumn, columns_of, table_widths, write_grid
from tegro_analytics.reports.workbook.page import Book, Page
from tegro_analytics.schemas import BALANCES
from tegro_analytics.texts import catalogue, tr

__all__ = ["LISTED", "write_account"]

LISTED = 5_000
"""So many withdrawals are listed one by one; `tegro export withdrawals` writes them all."""

_SUMMARY = (
    "withdrawals",
    "withdrawn",
    "withdrawal_fees",
    "without_amount",
    "without_fee",
    "lag_seconds_p50",
    "lag_seconds_p90",
)
_LIST = (
    "created_at",
    "payment_system",
    "status",
    "amount",
    "fee",
    "currency",
    "done_at",
    "account",
    "payment_id",
    "id",  # a hash where the record has none: it may run over what is to the right of the table
)
_MOVED = ("balance_before", "balance_after", "gross_volume", "refunds", "withdrawn", "gap")
_FIRST = 34.0
_WIDTH = 20.0


def write_account(book: Book, *, pii: bool) -> None:
    """Write the sheet."""
    account = book.figures.account
    summary = _summary_columns(book, [])
    widths = [max(_WIDTH, width) for width in table_widths(summary, first=_FIRST)]
    page = book.page(book.text("account"), widths=[*widths, *[_WIDTH] * (len(_LIST) - len(widths))])
    page.sheet.freeze_panes(page.row, 0)
    page.section(METRICS["balance_bridge"].title(book.lang))
    if not account.bridge:
        page.band(book.text("no_bridge"), "plain_wrapped")
        page.gap()
    moved = [row for row in account.bridge if any(row[name] for name in _MOVED)]
    for row in moved:
        _write_bridge(page, row)
    if still := [row["currency"] for row in account.bridge if row not in moved]:
        page.band(book.text("nothing_moved", currencies=", ".join(still)), "note_wrapped")
        page.gap()
    _write_balances(page, account.balances)
    _write_withdrawals(page, pii=pii)


def _write_bridge(page: Page, row: Row) -> None:
    """Write how one balance came to be: its start, what moved it, what it should be, and what it is."""
    book, metric = page.book, METRICS["balance_bridge"]
    amounts = Amounts(book.places(row["currency"]))
    page.line_heads([book.text("bridge_in", currency=row["currency"]), book.text("value")])
    _line(page, metric.column("opened_at").label(book.lang), row["opened_at"], "instant")
    _line(page, metric.column("balance_before").label(book.lang), row["balance_before"], "money", amounts)
    first = page.row
    for name, amount in _moves(row).items():
        label = metric.column(name).label(book.lang)
        shown = label if name == "gross_volume" else book.text("taken_off", what=label)
        _line(page, shown, amount, "money", amounts)
    page.total_line(
        metric.column("expected_change").label(book.lang),
        row["expected_change"],
        (first, page.row - 1),
        amounts,
    )
    for name in ("closed_at", "balance_after", "change", "gap", "explained", "unexplained"):
        column, strong = metric.column(name), ("strong",) if name in ("gap", "unexplained") else ()
        _line(page, column.label(book.lang), row[name], column.kind, amounts, *strong)
    for name in ("causes", "possible_causes"):
        causes = ", ".join(_cause(book, cause) for cause in (row[name] or "").split(", ") if cause)
        page.text_line(metric.column(name).label(book.lang), causes or "–")
    if row["missing_shops"]:
        page.text_line(metric.column("missing_shops").label(book.lang), row["missing_shops"])
    for name in ("undated_refunds", "uncounted_withdrawals"):
        if row[name]:
            _line(page, metric.column(name).label(book.lang), row[name], "count")
    page.gap()


def _moves(row: Row) -> dict[str, Decimal]:
    """Give what moved the balance, with its sign: the fees are the part of them that the merchant bears."""
    off = {name: -row[name] for name in ("refunds", "withdrawn", "withdrawal_fees")}
    borne = row["expected_change"] - row["gross_volume"] - sum(off.values())
    return {"gross_volume": row["gross_volume"], "fees": borne, **off}


def _cause(book: Book, name: str) -> str:
    key = f"cause.{name}"
    return tr(key, book.lang) if key in catalogue() else name


def _line(
    page: Page, label: str, value: object, kind: str, amounts: Amounts | None = None, *strong: str
) -> None:
    page.put(0, label, "left", "line", *strong)
    page.value(1, value, kind, "line", *strong, amounts=amounts or Amounts())
    page.row += 1


def _write_balances(page: Page, balances: list[Row]) -> None:
    """Write the balances that were seen last; each row has the places of its own currency."""
    book = page.book
    page.section(tr("table.balances", book.lang))
    if not balances:
        page.sentence(book.text("no_balances"))
        return
    kinds = {"money": "money", "text": "text", "instant": "instant"}
    columns = [
        TableColumn(name, tr(f"column.{name}", book.lang), kinds[BALANCES.by_name[name].kind], _WIDTH)
        for name in ("currency", "balance", "observed_at")
    ]
    write_grid(page, columns, balances, name="Balances", places=lambda row: book.places(row["currency"]))
    page.gap()


def _summary_columns(book: Book, rows: list[Row]) -> list[TableColumn]:
    """Describe the sums by status and payment system."""
    status = TableColumn("status", tr("column.status_name", book.lang), "text", _FIRST)
    system = TableColumn("payment_system", tr("column.payment_system", book.lang), "text", _FIRST)
    summed = ("withdrawals", "withdrawn", "withdrawal_fees", "without_amount", "without_fee")
    return [status, system, *columns_of(book, "withdrawals_summary", _SUMMARY, rows, summed=summed)]


def _write_withdrawals(page: Page, *, pii: bool) -> None:
    """Write the withdrawals of the period: summed, and one by one."""
    book, account = page.book, page.book.figures.account
    page.section(book.text("withdrawals_of_period"))
    if not account.withdrawals.num_rows:
        page.sentence(book.text("no_withdrawals" if account.known_withdrawals else "never_withdrawn"))
    for currency, found in account.summary.items():
        page.put(0, currency or tr("metric.missing", book.lang), "strong")
        page.row += 1
        rows = [{**row, "payment_system": _system(book, row["payment_system_id"])} for row in found]
        columns, places = _summary_columns(book, rows), book.places(currency)
        write_grid(page, columns, rows, name=f"Withdrawals_{currency}", places=places)
        page.gap()
    if account.withdrawals.num_rows:
        _write_list(page, pii=pii)
        page.band(book.text("print.withdrawals"), "note_wrapped")
    if account.undated:
        page.band(book.text("undated_withdrawals", count=account.undated), "note_wrapped")


def _system(book: Book, number: int | None) -> str | None:
    return None if number is None else book.facts.reference.payment_system(number).display


def _write_list(page: Page, *, pii: bool) -> None:
    """Write the withdrawals one by one, accounts masked unless they are asked for."""
    book = page.book
    every = book.figures.account.withdrawals
    names = [_system(book, number) for number in every["payment_system_id"].to_pylist()]
    named = masked(every, pii=pii).append_column("payment_system", pa.array(names, pa.string()))
    table = named.select(_LIST).slice(0, LISTED)
    facts = book.facts
    rows = Rows(
        table,
        styles=book.styles,
        zone=facts.report_zone,
        lang=book.lang,
        reference=facts.reference,
        line=True,
    )
    page.section(book.text("each_withdrawal"))
    page.rows_table(rows, name="Withdrawals_list")
    page.gap()
    if every.num_rows > LISTED:
        page.band(book.text("more_withdrawals", found=every.num_rows, listed=LISTED), "note_wrapped")
