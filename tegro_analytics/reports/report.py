"""The report in the form that its file name asks for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tegro_analytics.exceptions import ExportError

__all__ = ["REPORT_FORMS", "report_writer"]

REPORT_FORMS = (".xlsx", ".html", ".pdf")


def report_writer(path: str | os.PathLike[str]) -> Callable[..., Path]:
    """Find what writes the report: a workbook, a page or a PDF, by the ending of the file.

    Raises
    ------
    ExportError
        If the ending is another one.

    Examples
    --------
    >>> report_writer("october.HTML").__name__
    'write_page'
    """
    from tegro_analytics.reports.page import write_page, write_pdf
    from tegro_analytics.reports.workbook import write_report

    ending = Path(path).suffix.lower()
    if ending not in REPORT_FORMS:
        raise ExportError(
            f"{Path(path).name!r} does not say how to write the report: end it with .xlsx (a workbook), "
            ".html (one page for any browser) or .pdf. Nothing was written."
        )
    return {".xlsx": write_report, ".html": write_page, ".pdf": write_pdf}[ending]
