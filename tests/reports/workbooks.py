"""Read a workbook back with programs that did not write it."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import python_calamine

from tegro_analytics.reports import ReportFacts, ReportTables, write_report
from tests.reports.tables import AS_OF

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def rows(path: Path, sheet: str | int = 0) -> list[list[Any]]:
    """Read the cells of a sheet as calamine sees them, from its first row on."""
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    page = book.get_sheet_by_name(sheet) if isinstance(sheet, str) else book.get_sheet_by_index(sheet)
    return page.to_python(skip_empty_area=False)


def records(path: Path, sheet: str | int = 0, *, head: int = 0) -> list[dict[str, Any]]:
    """Read the rows under the headers in row ``head``."""
    names, *body = rows(path, sheet)[head:]
    return [dict(zip(names, row, strict=True)) for row in body]


def sheet_names(path: Path) -> list[str]:
    """List the sheets in order."""
    return python_calamine.CalamineWorkbook.from_path(str(path)).sheet_names


def parts(path: Path) -> dict[str, str]:
    """Unzip the workbook: the text of each part."""
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        return {name: file.read(name).decode() for name in file.namelist()}


def formulas(path: Path) -> list[str]:
    """List every formula of every cell; fails where a part is not XML."""
    found = []
    for name, text in parts(path).items():
        root = ElementTree.fromstring(text)
        if name.startswith("xl/worksheets/sheet"):
            found += [element.text or "" for element in root.iter(f"{MAIN}f")]
    return found


def links(path: Path) -> list[str]:
    """List whatever points out of the workbook, or anywhere within it."""
    return [
        name
        for name, text in parts(path).items()
        if "<hyperlink" in text or 'TargetMode="External"' in text or re.search(r"externalLink|ddeLink", name)
    ]


MARCH = {"since": "2026-03-01", "until": "2026-03-05"}
"""The days of the golden orders."""


def facts(**values: Any) -> ReportFacts:
    """Say what is known of the golden orders."""
    known = {"shop_id": "A1B2C3", "report_zone": "Europe/Moscow", "as_of": AS_OF}
    return ReportFacts(**(known | values))


def report(
    folder: Path,
    orders: pa.Table,
    *,
    lang: str = "en",
    known: ReportFacts | None = None,
    more: dict[str, pa.Table] | None = None,
    **options: Any,
) -> Path:
    """Write a report on orders, and on ``more`` tables of the account."""
    tables = ReportTables(orders=orders, **(more or {}))
    options = {"facts": known or facts(), "lang": lang, "overwrite": True, **options}
    return write_report(folder / "report.xlsx", tables, **options)


def edited(path: Path, folder: Path, part: str, *changes: tuple[str, str]) -> Path:
    """Copy a workbook, a part of it changed: the first place of each text becomes another."""
    copy = folder / path.name
    with zipfile.ZipFile(path) as file, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as made:
        for name in file.namelist():
            content = file.read(name).decode()
            if name == part:
                for old, new in changes:
                    assert old in content
                    content = content.replace(old, new, 1)
            made.writestr(name, content)
    return copy


def copied(path: Path, folder: Path) -> Path:
    """Copy a file as it is."""
    return Path(shutil.copy(path, folder / path.name))
