"""Compare two workbooks cell by cell: values, and the formulas behind them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from tegro_analytics.privacy import mask_emails, mask_numbers
from tegro_analytics.reports.verifying.reading import Book, Value, cell_name, number_of, readable
from tegro_analytics.reports.verifying.result import KEPT, Difference, Verification
from tegro_analytics.reports.workbook.facts import made_with
from tegro_analytics.reports.workbook.recorded import Recorded

__all__ = ["compared"]

_DIGITS = 15  # what every spreadsheet program keeps of a number
_ROUNDING = 1e-14  # what has more digits, a rate, was cut to these
_MOMENT = 0.01 / 86_400  # a hundredth of a second, in days: programs round times, no two of ours are so near
_LONGEST = 120
_DATES = (dt.date, dt.time, dt.timedelta)


def compared(path: Path, fresh: Path, recorded: Recorded, *, lang: str | None = None) -> Verification:
    """Hold a workbook, and the file of orders beside it, against those that were computed anew.

    Parameters
    ----------
    path
        The workbook to verify.
    fresh
        The workbook as the store has it, with its companion beside it where it has one.
    recorded
        What the workbook says of itself.
    lang
        The language in which the result is told.

    Raises
    ------
    DataError
        If a file cannot be read.
    """
    found = _Found()
    with readable(path):
        _compare(path, fresh, found)
    if recorded.companion:
        beside = path.with_name(recorded.companion)
        if beside.is_file():
            with readable(beside):
                _compare(beside, fresh.with_name(recorded.companion), found, prefix=f"{beside.name}: ")
        else:
            found.add(Difference(recorded.companion, "", "", "", kind="file"))
    return Verification(
        ok=not found.count,
        path=path,
        cells=found.cells,
        different=found.count,
        differences=tuple(found.kept),
        as_of=recorded.as_of,
        zone=recorded.zone,
        shop_id=recorded.shop_id,
        sandbox=recorded.sandbox,
        made_with=recorded.version,
        verified_with=made_with(),
        lang=lang,
    )


@dataclass
class _Found:
    """Count what was compared and what differs; of the latter only the first are kept."""

    cells: int = 0
    count: int = 0
    kept: list[Difference] = field(default_factory=list)

    def add(self, difference: Difference) -> None:
        self.count += 1
        if len(self.kept) < KEPT:
            self.kept.append(difference)


def _compare(path: Path, fresh: Path, found: _Found, *, prefix: str = "") -> None:
    """Compare the sheets of two workbooks."""
    one, other = Book(path), Book(fresh)
    for name in dict.fromkeys((*other.names, *one.names)):
        sheet = f"{prefix}{_plain(name)}"
        if name not in one.names or name not in other.names:
            found.add(Difference(sheet, "", "", "", kind="missing" if name in other.names else "extra"))
            continue
        here, there = one.formulas(name), other.formulas(name)
        found.cells += len(there)
        for cell in sorted({*here, *there}, key=lambda cell: (len(cell), cell)):
            if here.get(cell) != there.get(cell):
                found.add(Difference(sheet, cell, _formula(here.get(cell)), _formula(there.get(cell))))
        for row, ((first, values), (start, truth)) in enumerate(_side_by_side(one, other, name)):
            for column, value, expected in _cells(first, values, start, truth):
                found.cells += 1
                if not _same(value, expected):
                    found.add(Difference(sheet, cell_name(row, column), _shown(value), _shown(expected)))
    if list(one.names) != list(other.names) and sorted(one.names) == sorted(other.names):
        found.add(Difference(prefix.removesuffix(": "), "", "", "", kind="order"))


_Row = tuple[int, list[Value]]


def _side_by_side(one: Book, other: Book, name: str) -> Iterator[tuple[_Row, _Row]]:
    nothing: _Row = (0, [])
    return zip_longest(one.rows(name), other.rows(name), fillvalue=nothing)


def _cells(
    first: int, values: list[Value], start: int, truth: list[Value]
) -> Iterator[tuple[int, Value, Value]]:
    """Give the cells of two rows that hold something in either, with their column."""
    end = max(first + len(values), start + len(truth))
    for column in range(min(first, start), end):
        value = values[column - first] if 0 <= column - first < len(values) else ""
        expected = truth[column - start] if 0 <= column - start < len(truth) else ""
        if value != "" or expected != "":
            yield column, value, expected


def _same(value: Value, expected: Value) -> bool:
    """Say whether two cells hold the same: numbers to the digits of a spreadsheet, times to its rounding.

    Examples
    --------
    >>> _same(0.1 + 0.2, 0.3), _same(0.333333333333333, 1 / 3), _same(1234567890123.46, 1234567890123.45)
    (True, True, False)
    >>> _same("5", 5.0), _same(46082.0, dt.date(2026, 3, 1))
    (False, True)
    """
    numbers = number_of(value), number_of(expected)
    if None not in numbers:
        here, there = (float(number or 0) for number in numbers)
        if isinstance(value, _DATES) or isinstance(expected, _DATES):
            return abs(here - there) < _MOMENT
        kept = float(f"{there:.{_DIGITS}g}")
        if kept == there:  # every amount: its last digit counts
            return float(f"{here:.{_DIGITS}g}") == there
        return math.isclose(here, there, rel_tol=_ROUNDING)
    if isinstance(value, str) and isinstance(expected, str):
        return value.replace("\r\n", "\n") == expected.replace("\r\n", "\n")
    return value is expected


def _formula(text: str | None) -> str:
    return _plain(f"={text}") if text is not None else ""


def _shown(value: Value) -> str:
    """Write what a cell holds, as it may be shown: without what identifies people."""
    if isinstance(value, bool | float):
        return f"{value:.{_DIGITS}g}" if isinstance(value, float) else str(value).lower()
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    return mask_numbers(mask_emails(_plain(value))) if isinstance(value, str) else str(value)


def _plain(text: str) -> str:
    """Take out what a terminal would obey, and cut what is long."""
    text = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
