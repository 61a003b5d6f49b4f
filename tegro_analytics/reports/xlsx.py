"""Write a whole table as a workbook, row by row: memory does not grow with the table."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException

from tegro_analytics.exceptions import ExportError
from tegro_analytics.reference import Reference, load_reference
from tegro_analytics.reports.cells import cell_text, put_text, safe_title
from tegro_analytics.reports.clocks import check_zone
from tegro_analytics.reports.dialects import shown, table_of
from tegro_analytics.reports.files import new_file, plain_reason
from tegro_analytics.reports.masking import masked
from tegro_analytics.reports.rows import Rows
from tegro_analytics.reports.styles import Styles
from tegro_analytics.texts import language, tr

__all__ = ["SHEET_ROWS", "new_workbook", "set_up_print", "write_xlsx"]

SHEET_ROWS = 1_048_576
"""Rows of a sheet, its header among them."""

_LITERAL = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
_MANY = 5_000_000  # rows beyond which a sheet may pass the 4 GB of a plain zip file
HEAD_HEIGHT = 34


def write_xlsx(
    table: pa.Table,
    path: str | os.PathLike[str],
    *,
    zone: str,
    overwrite: bool = False,
    lang: str | None = None,
    pii: bool = False,
    reference: Reference | None = None,
    sheet_rows: int = SHEET_ROWS,
) -> Path:
    """Write a table of the package as a workbook: one row for each row, in as many sheets as it needs.

    Parameters
    ----------
    table : pyarrow.Table
        Orders, withdrawals, balances, shops or quarantine; columns made for the engines are left out.
    path : path
        Where the file will stand; it appears whole or not at all, and belongs to its owner alone.
    zone : str
        The report zone: instants are shown as its clocks show them, and headers name it.
    overwrite : bool
        Replace an existing file.
    lang : {"ru", "en"}, optional
        Language of headers and sheet names.
    pii : bool
        Write e-mail addresses and payout accounts in full; they are masked by default.
    reference : Reference, optional
        Where the minor units of the currencies come from.
    sheet_rows : int
        Rows of one sheet, its header among them.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ExportError
        If the file exists, or cannot be written; what stood there is untouched.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> table = pa.table({"id": [1], "payment_id": ["=1+1"]})
    >>> write_xlsx(table, folder / "orders.xlsx", zone="Europe/Moscow").name
    'orders.xlsx'
    """
    words = language(lang)
    check_zone(zone)
    name = _name(table, words)
    table = masked(shown(table), pii=pii)
    with new_workbook(path, overwrite=overwrite, title=name, large=table.num_rows > _MANY) as book:
        known = reference or load_reference()
        rows = Rows(table, styles=Styles(book), zone=zone, lang=words, reference=known)
        taken: set[str] = set()
        for start in range(0, max(table.num_rows, 1), sheet_rows - 1):
            sheet = book.add_worksheet(safe_title(name, taken=taken))
            taken.add(sheet.name)
            _write_sheet(sheet, rows, start, sheet_rows - 1)
    return Path(path).expanduser().resolve()


def _write_sheet(sheet: Any, rows: Rows, start: int, count: int) -> None:
    """Write one sheet: headers that stay in sight, a filter, widths, and the rows."""
    heads = rows.heads()
    for place, width in enumerate(rows.widths()):
        sheet.set_column(place, place, width)
    sheet.freeze_panes(1, 0)
    sheet.set_row(0, HEAD_HEIGHT)
    for place, (head, right) in enumerate(zip(heads, rows.right_aligned(), strict=True)):
        put_text(sheet, 0, place, head, rows.styles("head_right" if right else "head"))
    end = rows.write(sheet, 1, start=start, count=count)
    sheet.autofilter(0, 0, max(end - 1, 1), len(heads) - 1)
    set_up_print(sheet, repeat=0)


def set_up_print(sheet: Any, *, repeat: int | None = None) -> None:
    """Print on landscape A4, as wide as the page, headers on every page, pages numbered."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    sheet.set_footer("&C&8&P / &N")
    if repeat is not None:
        sheet.repeat_rows(repeat)


@contextlib.contextmanager
def new_workbook(
    path: str | os.PathLike[str],
    *,
    title: str,
    overwrite: bool = False,
    constant_memory: bool = True,
    large: bool = False,
) -> Iterator[Any]:
    """Open a workbook that takes texts as texts, and put it in its place when all is written.

    Raises
    ------
    ExportError
        If the file exists, or cannot be written.
    """
    with (
        new_file(path, overwrite=overwrite) as (draft, target),
        tempfile.TemporaryDirectory(prefix="tegro-", ignore_cleanup_errors=True) as passing,
    ):
        options = {**_LITERAL, "constant_memory": constant_memory, "tmpdir": passing}
        book = xlsxwriter.Workbook(str(draft), options)
        book.set_properties({"title": cell_text(title), "author": "tegro_analytics", "comments": ""})
        if large:
            book.use_zip64()
        try:
            yield book
            book.close()
        except XlsxWriterException as error:
            cause = error.args[0] if error.args else error
            reason = plain_reason(cause if isinstance(cause, OSError) else error, target)
            raise ExportError(reason) from error
        finally:
            _close_rows(book)


def _close_rows(book: Any) -> None:
    """Close the passing files of a workbook that was given up; a finished one has closed them."""
    for sheet in book.worksheets():
        with contextlib.suppress(OSError):
            if sheet.row_data_fh:
                sheet.row_data_fh.close()


def _name(table: pa.Table, lang: str) -> str:
    schema = table_of(table.column_names)
    return tr(f"table.{schema.name}" if schema else "report.other_table", lang)
