"""Mask what identifies people before a table leaves for a file."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import pyarrow as pa

from tegro_analytics.privacy import mask_account, mask_email, mask_emails

__all__ = ["masked"]

_MASKS: Mapping[str, Callable[[str], str | None]] = {
    "email": mask_email,
    "account": mask_account,
    "extra": mask_emails,
    "raw": mask_emails,
}
"""Columns that hold people: an address, a payout account, and the fields that the schema does not know."""


def masked(table: pa.Table, *, pii: bool = False) -> pa.Table:
    """Mask e-mail addresses and payout accounts, unless ``pii`` says that they are wanted.

    Examples
    --------
    >>> masked(pa.table({"email": ["user@site.ru", None]})).column("email").to_pylist()
    ['u***@site.ru', None]
    """
    if pii:
        return table
    for name, mask in _MASKS.items():
        place = table.schema.get_field_index(name)
        if place >= 0:
            table = table.set_column(place, table.schema.field(place), _each(table.column(place), mask))
    return table


def _each(values: pa.ChunkedArray, mask: Callable[[str], str | None]) -> pa.ChunkedArray:
    """Mask every different text once."""
    change = functools.cache(mask)
    chunks = [_masked_chunk(chunk, change) for chunk in values.chunks]
    return pa.chunked_array(chunks, values.type)


def _masked_chunk(chunk: pa.Array, change: Callable[[str], str | None]) -> pa.Array:
    kinds = chunk.dictionary_encode()
    return pa.array([change(text) for text in kinds.dictionary.to_pylist()], chunk.type).take(kinds.indices)
