"""Mask what identifies people before a table leaves for a file."""

from __future__ import annotations

import pyarrow as pa

from tegro_analytics.frames import masks
from tegro_analytics.reports.dialects import table_of

__all__ = ["masked"]


def masked(table: pa.Table, *, pii: bool = False) -> pa.Table:
    """Mask e-mail addresses and payout accounts, unless ``pii`` says that they are wanted.

    Examples
    --------
    >>> masked(pa.table({"email": ["user@site.ru", None]})).column("email").to_pylist()
    ['u***@site.ru', None]
    """
    if pii:
        return table
    schema = table_of(table.column_names)
    for place, field in enumerate(table.schema):
        shown = masks.masked(table.column(place), field.name, schema.name if schema else "")
        if shown is not table.column(place):
            table = table.set_column(place, field, shown)
    return table
