"""A table of payouts out of a CSV file, every cell as text."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from tegro_analytics.exceptions import DataError, MissingColumn

__all__ = ["read_table"]

_NEEDED = ("payment_id", "currency", "amount", "account", "payment_system")


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
    lines = text.splitlines()
    sign = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    reader = csv.DictReader(lines, delimiter=sign)
    lacking = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
    if lacking:
        raise MissingColumn(
            lacking, needed_by="a table of payouts", hint=f"It has {', '.join(_NEEDED)}. Nothing was sent."
        )
    for row in reader:
        # A text that begins with an apostrophe was guarded against being a formula when it was written.
        cells = {name: (row[name] or "").removeprefix("'") for name in _NEEDED}
        if sign == ";":
            cells["amount"] = cells["amount"].replace("\u00a0", "").replace(" ", "").replace(",", ".")
        yield cells
