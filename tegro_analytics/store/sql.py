"""Small pieces of SQL that several modules write."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import duckdb

from tegro_analytics.exceptions import DataError
from tegro_analytics.store.tables import Held, quoted

__all__ = ["instant", "listed", "one_row", "select_list", "text", "without_flag"]


def one_row(
    connection: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any] = ()
) -> tuple[Any, ...] | None:
    """Give the first row of a query; None where there is none.

    All rows are fetched: a result that is not read to its end blocks its connection.
    """
    rows = connection.execute(query, list(values)).fetchall()
    return rows[0] if rows else None


def instant(moment: dt.datetime) -> str:
    """Write an aware moment.

    Raises
    ------
    DataError
        If it has no zone.

    Examples
    --------
    >>> instant(dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC))
    "TIMESTAMPTZ '2026-03-01 12:00:00.000000+00:00'"
    """
    if moment.tzinfo is None:
        raise DataError(f"{moment} has no time zone. Give an aware moment.")
    return f"TIMESTAMPTZ '{moment.astimezone(dt.UTC).isoformat(' ', 'microseconds')}'"


def text(value: str) -> str:
    """Write a text.

    Raises
    ------
    DataError
        If it is no valid Unicode.

    Examples
    --------
    >>> text("it's")
    "'it''s'"
    """
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise DataError(
            "A text that is asked for holds half a character (a lone surrogate): no record can hold it. "
            "Nothing was changed. Type the text anew, or decode its bytes as UTF-8."
        )
    return "'" + value.replace("'", "''") + "'"


def listed(numbers: Sequence[int]) -> str:
    """Write numbers for ``IN``; none of them match where there are none."""
    return ", ".join(str(number) for number in numbers) or "NULL"


def select_list(held: Held, alias: str, replaced: dict[str, str] | None = None) -> str:
    """Write the stored columns of a table, some of them computed."""
    computed = replaced or {}
    return ", ".join(
        f"{computed[name]} AS {quoted(name)}" if name in computed else f"{alias}.{quoted(name)}"
        for name in held.names
    )


def without_flag(flags: str, flag: str) -> str:
    """Write flags without one of them."""
    return (
        f"CASE WHEN contains({flags}, '{flag}') THEN array_to_string(list_filter(string_split({flags}, ','), "
        f"lambda each: each <> '{flag}'), ',') ELSE {flags} END"
    )
