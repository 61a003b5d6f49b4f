"""Write the report."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.metrics.asking.window import Bound
from tegro_analytics.reports.clocks import check_zone
from tegro_analytics.reports.files import refuse
from tegro_analytics.reports.workbook.days import write_days
from tegro_analytics.reports.workbook.definitions import write_definitions
from tegro_analytics.reports.workbook.facts import ReportFacts
from tegro_analytics.reports.workbook.figures import Figures, figures_of
from tegro_analytics.reports.workbook.orders import LIMIT, write_orders
from tegro_analytics.reports.workbook.page import Book
from tegro_analytics.reports.workbook.period import period_of
from tegro_analytics.reports.workbook.summary import write_summary
from tegro_analytics.reports.workbook.systems import write_systems
from tegro_analytics.reports.workbook.told import facts_of
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
    return file.with_name(f"{file.stem}-orders{file.suffix or '.xlsx'}")


def write_report(
    path: str | os.PathLike[str],
    orders: pa.Table,
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

    It has a summary with the period before, the days of each currency with a chart, the payment systems, the
    orders, and a last sheet that says where every number comes from. Amounts of different currencies are
    never added. More than ``limit`` orders go to ``NAME-orders.xlsx`` beside it.

    Parameters
    ----------
    path : path
        Where the workbook will stand; it appears whole or not at all, and belongs to its owner alone.
    orders : pyarrow.Table
        All known orders, with the types of ``schemas.ORDERS``: the period before needs them too.
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
    zone, words = check_zone(facts.report_zone), language(lang)
    first = pc.min(orders["created_at"]).as_py()
    period = period_of(since, until, as_of=facts.as_of, zone=zone, first=first)
    figures = figures_of(orders, period, facts)
    companion = companion_of(path) if figures.orders.num_rows > limit else None
    if companion:
        refuse(companion, overwrite=overwrite)
    with new_workbook(
        path, title=_title(figures, facts, words), overwrite=overwrite, constant_memory=False
    ) as plain:
        book = Book(plain, facts=facts, figures=figures, lang=words)
        write_summary(book)
        write_days(book)
        write_systems(book)
        write_orders(book, pii=pii, companion=companion.name if companion else None)
        write_definitions(book)
        _remember(plain, book, pii=pii)
        if companion:
            write_xlsx(
                figures.orders,
                companion,
                zone=zone,
                overwrite=overwrite,
                lang=words,
                pii=pii,
                reference=facts.reference,
            )
    return Path(path).expanduser().resolve()


def _title(figures: Figures, facts: ReportFacts, lang: str) -> str:
    return f"{facts.shop}: {figures.period.text(lang)}"


def _remember(plain: Any, book: Book, *, pii: bool) -> None:
    """Keep in the properties of the file what another program needs to compute it again."""
    period, facts = book.figures.period, book.facts
    kept = {
        "since": period.since.isoformat(),
        "until": period.until.isoformat(),
        "zone": facts.report_zone,
        "as_of": facts.as_of.isoformat(),
        "shop_id": facts.shop_id,
        "merchant_share": f"{facts.merchant_share:f}",
        "sandbox": str(facts.sandbox).lower(),
        "lang": book.lang,
        "pii": str(pii).lower(),
        "version": facts_of(book)["version"],
    }
    for name, value in kept.items():
        plain.set_custom_property(f"tegro.{name}", value, "text")
