"""A table of payouts out of a CSV file, every cell as text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tegro_analytics.exceptions import DataError, MissingColumn

__all__ = ["COLUMNS", "check_columns", "read_table"]

_EITHER = re.compile(r"-?[1-9][0-9]{0,2},[0-9]{3}")
"""A decimal comma with three decimals, or a comma between thousands."""
COLUMNS = ("payment_id", "currency", "amount", "account", "payment_system")
"""What a table of payouts has: one row is one payout."""


def check_columns(names: Iterable[str]) -> None:
    """Refuse a table that lacks a column."""
    there = set(names)
    lacking = [name for name in COLUMNS if name not in there]
    if lacking:
        raise MissingColumn(
            lacking, needed_by="a table of payouts", hint=f"name them {', '.join(COLUMNS)}. Nothing was sent."
        )


def read_table(path: Path) -> Iterator[dict[str, str]]:
    """Read the rows of a file: with commas, or with semicolons and decimal commas as Russian Excel has it.

    Raises
    ------
    DataError
        If the file cannot be read.
    MissingColumn
        If a column is missing.
    """
    problem, text = "", ""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        problem = f"{path.name} cannot be read: {error.strerror}. Nothing was sent."
    except UnicodeDecodeError:
        problem = f"{path.name} is not UTF-8: save it as CSV UTF-8. Nothing was sent."
    if problem:
        raise DataError(problem)
    first = text.partition("\n")[0]
    sign = ";" if first.count(";") > first.count(",") else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=sign)
    check_columns(reader.fieldnames or ())
    for row in _rows(reader, path.name):
        if None in row:
            # 100,50 between commas is two cells: all that follow would stand in the wrong column.
            raise DataError(
                f"Line {reader.line_num} of {path.name} has more cells than the first line. Put what holds a "
                f"{sign!r} in quotes. Nothing was sent."
            )
        # A text that begins with an apostrophe was guarded against being a formula when it was written.
        cells = {name: (row[name] or "").removeprefix("'") for name in COLUMNS}
        if sign == ";":
            cells["amount"] = _plain(cells["amount"], path.name, reader.line_num)
        yield cells


def _rows(reader: csv.DictReader[str], name: str) -> Iterator[dict[str, str]]:
    problem = ""
    try:
        yield from reader
    except csv.Error as error:
        problem = str(error)
    if problem:
        raise DataError(f"{name} cannot be read as a table: {problem}. Nothing was sent.")


def _plain(amount: str, name: str, line: int) -> str:
    """Write an amount of Russian Excel with a point; refuse one that may be a thousand times another."""
    plain = "".join(amount.split())
    if _EITHER.fullmatch(plain):
        raise DataError(
            f"Line {line} of {name}: {plain} may be a whole number or a fraction. Write the amount with two "
            "decimals. Nothing was sent."
        )
    return plain.replace(",", ".")
