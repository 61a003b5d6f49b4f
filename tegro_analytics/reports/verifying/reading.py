"""Read a workbook as any program may have saved it: values, formulas, and what a report keeps of itself.

Values are read by their worth, not by their look: a date is its number of days, whatever format it has. So a
workbook that another program saved again says the same.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree as ET

import python_calamine
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from tegro_analytics.exceptions import DataError
from tegro_analytics.reports.cells import serial
from tegro_analytics.reports.report import REPORT_FORMS
from tegro_analytics.reports.workbook.recorded import PREFIX, Recorded

__all__ = ["Book", "Value", "readable", "recorded_in"]

Value = str | float | bool | dt.datetime | dt.date | dt.time | dt.timedelta
"""What a cell holds; ``""`` is nothing."""

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_PAGES = frozenset(REPORT_FORMS) - {".xlsx"}
_CHUNK = 1 << 20
_OVERLAP = 64
_REFERENCE = re.compile(r"(?<![A-Z0-9_$.!'])(\$?)([A-Z]{1,3})(\$?)([1-9][0-9]*)(?![0-9A-Z_(])")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ET.ParseError,
    KeyError,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    python_calamine.CalamineError,
    python_calamine.XmlError,
    python_calamine.ZipError,
    python_calamine.PasswordError,
)


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what goes wrong while a workbook is read into one error that says what to do.

    Raises
    ------
    DataError
        If the file is not there, or cannot be read as a workbook.
    """
    if not path.is_file():
        raise DataError(f"There is no file {path}.")
    reason = ""
    try:
        yield
    except _BROKEN as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    if reason:
        raise DataError(
            f"{path} cannot be read as a workbook ({reason}): it is damaged, or of another kind. Take the "
            "file from a copy, or write the report again."
        )


def recorded_in(path: Path) -> Recorded:
    """Read what a report keeps of itself.

    Raises
    ------
    DataError
        If the file is no report of this package, or cannot be read.
    """
    if path.suffix.lower() in _PAGES:
        raise DataError(
            f"{path.name} cannot be verified: only the workbook can, the .xlsx that `tegro report` writes. "
            "It holds the same numbers, each in a cell of its own."
        )
    with readable(path), zipfile.ZipFile(path) as file:
        properties = dict(_properties(file))
    reason = ""
    if any(name.startswith(PREFIX) for name in properties):
        try:
            return Recorded.of(properties)
        except ValueError as error:
            reason = f": {error}"
    raise DataError(
        f"{path} is not a report that can be verified{reason}. `tegro report` writes such a workbook; one of "
        "an older version, or saved by a program that drops the properties of files, says too little."
    )


class Book:
    """Hold a workbook open: its sheets by name, rows one after the other, formulas by their cell."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._book = python_calamine.CalamineWorkbook.from_path(str(path))
        self.names: Sequence[str] = self._book.sheet_names

    def rows(self, name: str) -> Iterator[tuple[int, list[Value]]]:
        """Give the first column of a sheet that is in use and the values from there on, for each row."""
        sheet = self._book.get_sheet_by_name(name)
        first = sheet.start[1] if sheet.start else 0
        for row in sheet.iter_rows():
            yield first, row

    def formulas(self, name: str) -> dict[str, str]:
        """Give the formulas of a sheet by their cell."""
        with zipfile.ZipFile(self._path) as file:
            part = _parts(file)[name]
            if not _has_formulas(file, part):
                return {}
            with file.open(part) as stream:
                return _formulas(stream)


def number_of(value: Value) -> float | None:
    """Give the number that a cell holds, days for dates and times; None for a text.

    Examples
    --------
    >>> number_of(dt.date(2026, 3, 1)), number_of(0.5), number_of("5")
    (46082.0, 0.5, None)
    """
    if isinstance(value, dt.date):
        return serial(value)
    if isinstance(value, dt.timedelta):
        return value / dt.timedelta(days=1)
    if isinstance(value, dt.time):
        clock = dt.timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
        return (clock + dt.timedelta(microseconds=value.microsecond)) / dt.timedelta(days=1)
    return None if isinstance(value, str | bool) else float(value)


def _properties(file: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Read the properties that a person or a program has added."""
    if "docProps/custom.xml" not in file.namelist():
        return
    root = ET.fromstring(file.read("docProps/custom.xml"))  # noqa: S314  entities stay as they are there
    for element in root:
        yield element.get("name", ""), "".join(element.itertext())


def _parts(file: zipfile.ZipFile) -> dict[str, str]:
    """Name the part of the file that each sheet stands in."""
    relations = ET.fromstring(file.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {one.get("Id"): one.get("Target", "") for one in relations}
    book = ET.fromstring(file.read("xl/workbook.xml"))  # noqa: S314
    sheets = (one for one in book.iter() if one.tag.endswith("}sheet"))
    return {sheet.get("name", ""): _absolute(targets[sheet.get(_RELATION)]) for sheet in sheets}


def _absolute(target: str) -> str:
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _has_formulas(file: zipfile.ZipFile, part: str) -> bool:
    """Tell whether a part has a formula at all, without taking it apart."""
    with file.open(part) as stream:
        end = b""
        while chunk := stream.read(_CHUNK):
            if _FORMULA.search(end + chunk):
                return True
            end = chunk[-_OVERLAP:]
    return False


def _formulas(stream: IO[bytes]) -> dict[str, str]:
    found: dict[str, str] = {}
    shared: dict[str, tuple[str, str]] = {}
    for _, element in ET.iterparse(stream):  # noqa: S314
        if element.tag.endswith("}c"):
            for child in element:
                if child.tag.endswith("}f"):
                    cell = element.get("r", "")
                    found[cell] = _formula(child, cell, shared)
        elif element.tag.endswith("}row"):
            element.clear()
    return found


def _formula(element: Any, cell: str, shared: dict[str, tuple[str, str]]) -> str:
    """Write a formula in full; of several that one program keeps as one, each as it stands in its cell."""
    text, group = element.text or "", element.get("si")
    if element.get("t") == "shared" and group is not None:
        if text:
            shared[group] = (cell, text)
        elif group in shared:
            text = _moved(shared[group][1], shared[group][0], cell)
    return text.replace(" ", "")


def _moved(formula: str, start: str, end: str) -> str:
    """Move the relative references of a formula from one cell to another.

    Examples
    --------
    >>> _moved("ROUND(SUM(B5:B8),2)", "B9", "C9")
    'ROUND(SUM(C5:C8),2)'
    """
    (row, column), (to_row, to_column) = _place(start), _place(end)

    def move(found: re.Match[str]) -> str:
        own_row, own_column = _place(found[2] + found[4])
        letters = found[2] if found[1] else xl_col_to_name(own_column + to_column - column)
        number = own_row if found[3] else own_row + to_row - row
        return f"{found[1]}{letters}{found[3]}{number + 1}"

    return _REFERENCE.sub(move, formula)


def _place(cell: str) -> tuple[int, int]:
    """Give row and column of a cell, from 0 on."""
    letters = cell.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(cell[len(letters) :]) - 1, column - 1


def cell_name(row: int, column: int) -> str:
    """Name a cell as people do."""
    return str(xl_rowcol_to_cell(row, column))
