"""Read a workbook back with programs that did not write it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import python_calamine

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
