"""Write the report."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.metrics.asking.window import Bound
from tegro_analytics.reports.files import refuse
from tegro_analytics.reports.workbook.account import write_account
from tegro_analytics.reports.workbook.conversion import write_conversion
from tegro_analytics.reports.workbook.customers import write_customers
from tegro_analytics.reports.workbook.days import write_days
from tegro_analytics.reports.workbook.definitions import write_definitions
from tegro_analytics.reports.workbook.facts import ReportFacts, ReportTables, tables_of
from tegro_analytics.reports.workbook.fees import write_fees
from tegro_analytics.reports.workbook.figures import Figures, figures_of, within
from tegro_analytics.reports.workbook.orders import LIMIT, write_orders
from tegro_analytics.reports.workbook.page import Book
from tegro_analytics.reports.workbook.period import period_of_report
from tegro_analytics.reports.workbook.recorded import COMPANION, Recorded
from tegro_analytics.reports.workbook.summary import write_summary
from tegro_analytics.reports.workbook.systems import write_systems
from tegro_analytics.reports.xlsx import new_workbook, write_xlsx
from tegro_analytics.texts import language

__all__ = ["companion_of", "write_report"]


def companion_of(path: str | os.PathLike[str]) -> Path:
    """Name the file beside a report that holds its orders, where they are too many for it.

    Examples
    --------
    >>> companion_of("october.xlsx").name
    'october-orders.xlsx'
    """
    file = Path(path).expanduser().resolve()
    return file.with_name(f"{file.stem}{COMPANION}{file.suffix or '.xlsx'}")


def write_report(
    path: str | os.PathLike[str],
    tables: ReportTables | pa.Table,
    *,
    facts: ReportFacts,
    since: Bound | None = None,
    until: Bound | None = None,
    lang: str | None = None,
    pii: bool = False,
    overwrite: bool = False,
    limit: int = LIMIT,
) -> Path:
    """Write a report on a period as a workbook.

    It has a summary with the period before, the days of each currency with a chart, fees and their audit,
    conversion, the payment systems, customers, withdrawals and balance, the orders, and a last sheet that
    says where every number comes from. Amounts of different currencies are never added. More than ``limit``
    orders go to ``NAME-orders.xlsx`` beside it.

    Parameters
    ----------
    path : path
        Where the workbook will stand; it appears whole or not at all, and belongs to its owner alone.
    tables : ReportTables or pyarrow.Table
        Orders, withdrawals, balances and shops of the account, all that is known of them; or the orders
        alone, with the types of ``schemas.ORDERS``.
    facts : ReportFacts
        What is known of the data: shop, zone, the moment to which it is complete, what is odd.
    since, until : date, datetime or str, optional
        The period, half-open, in the report zone; without both, the last calendar month that is over.
    lang : {"ru", "en"}, optional
        The language.
    pii : bool
        Write e-mail addresses in full; they are masked by default.
    overwrite : bool
        Replace existing files.
    limit : int
        How many orders the report itself may hold.

    Returns
    -------
    pathlib.Path
        The workbook.

    Raises
    ------
    DataError
        If a bound cannot be read.
    ExportError
        If a file exists, or cannot be written; what stood there is untouched.

    Examples
    --------
    >>> import datetime as dt, tempfile
    >>> from tegro_analytics.schemas import ORDERS
    >>> as_of = dt.datetime(2026, 3, 4, tzinfo=dt.UTC)
    >>> facts = ReportFacts(shop_id="A1B2C3", report_zone="Europe/Moscow", as_of=as_of)
    >>> file = Path(tempfile.mkdtemp()) / "february.xlsx"
    >>> write_report(file, ORDERS.arrow().empty_table(), facts=facts).name
    'february.xlsx'
    """
    words, known = language(lang), tables_of(tables)
    period = period_of_report(known.orders, facts, since=since, until=until)
    count = pc.sum(within(known.orders, period)).as_py() or 0
    companion = companion_of(path) if count > limit else None
    for file in filter(None, (Path(path).expanduser().resolve(), companion)):
        refuse(file, overwrite=overwrite)
    figures = figures_of(known, period, facts)
    with new_workbook(
        path, title=_title(figures, facts, words), overwrite=overwrite, constant_memory=False
    ) as plain:
        book = Book(plain, facts=facts, figures=figures, lang=words)
        write_summary(book)
        write_days(book)
        write_fees(book)
        write_conversion(book)
        write_systems(book)
        write_customers(book)
        write_account(book, pii=pii)
        write_orders(book, pii=pii, companion=companion.name if companion else None)
        write_definitions(book)
        recorded = _recorded(book, pii=pii, limit=limit, companion=companion)
        for name, value in recorded.properties().items():
            plain.set_custom_property(name, value, "text")
        if companion:
            write_xlsx(
                figures.orders,
                companion,
                zone=period.zone.key,
                overwrite=overwrite,
                lang=words,
                pii=pii,
                reference=facts.reference,
            )
    return Path(path).expanduser().resolve()


def _title(figures: Figures, facts: ReportFacts, lang: str) -> str:
    return f"{facts.shop}: {figures.period.text(lang)}"


def _recorded(book: Book, *, pii: bool, limit: int, companion: Path | None) -> Recorded:
    """Say what it takes to compute the report again."""
    period, facts = book.figures.period, book.facts
    return Recorded(
        since=period.since,
        until=period.until,
        zone=facts.report_zone,
        as_of=facts.as_of,
        known_at=facts.known_at or facts.as_of,
        shop_id=facts.shop_id,
        merchant_share=facts.merchant_share,
        plan=facts.plan,
        quarantined=facts.quarantined,
        sandbox=facts.sandbox,
        lang=book.lang,
        pii=pii,
        limit=limit,
        companion=companion.name if companion else None,
        version=facts.version,
    )
