"""Columns as they are shown: without what identifies people."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.frames.assemble import one_chunk
from tegro_analytics.frames.records import UNREADABLE
from tegro_analytics.privacy import mask_account, mask_email, mask_emails, mask_numbers
from tegro_analytics.schemas import WITHDRAWAL_FIELDS

_EXACT: Final = msgspec.json.Decoder(float_hook=Decimal)
_JSON: Final = msgspec.json.Encoder(decimal_format="number")
_ACCOUNTS: Final = frozenset(name for name in WITHDRAWAL_FIELDS["account"] if "." not in name)
_ACCOUNT_PAIR = re.compile(rf'("(?:{"|".join(sorted(_ACCOUNTS))})"\s*:\s*"?)([^",}}\]]+)')


def masked(array: pa.ChunkedArray | pa.Array, column: str, table: str) -> pa.ChunkedArray | pa.Array:
    """Mask the texts of a column of a table that identify people; other columns stay as they are.

    Examples
    --------
    >>> masked(pa.array(["user@site.ru"]), "email", "orders").to_pylist()
    ['u***@site.ru']
    """
    if column == "email":
        return mask_email_column(array)
    if column == "account":
        return _each(array, mask_account)
    if column == "extra" and table == "orders":
        return _each(array, mask_emails) if _holds_address(array) else array
    if column in ("extra", "raw"):
        return _each(array, mask_json)
    return array


def _holds_address(array: pa.ChunkedArray | pa.Array) -> bool:
    return bool(pc.any(pc.match_substring(array, "@")).as_py())


def mask_email_column(array: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Do what :func:`tegro_analytics.privacy.mask_email` does, for a column: six times as fast.

    Examples
    --------
    >>> mask_email_column(pa.array([" user@site.ru", "none", "", None])).to_pylist()
    ['u***@site.ru', 'n***', '', None]
    """
    whole = one_chunk(array)
    has_at = pc.fill_null(pc.match_substring(whole, "@"), fill_value=False)
    addresses = pc.utf8_trim_whitespace(whole.filter(has_at))
    parts = pc.split_pattern(addresses, "@", max_splits=1, reverse=True).flatten()
    places = np.arange(0, len(parts), 2)
    first = pc.utf8_slice_codeunits(parts.take(pa.array(places)), 0, 1)
    masked_addresses = pc.binary_join_element_wise(first, parts.take(pa.array(places + 1)), "***@")
    if len(addresses) == len(whole):
        return masked_addresses
    others = _each(whole.filter(pc.invert(has_at)), mask_email)
    half = pc.replace_with_mask(whole, has_at, masked_addresses)
    return pc.replace_with_mask(half, pc.invert(has_at), others)


def _each(array: pa.ChunkedArray | pa.Array, mask: Callable[[str], str | None]) -> pa.ChunkedArray | pa.Array:
    """Mask each different text once."""
    whole = one_chunk(array)
    encoded = whole.dictionary_encode()
    texts = [mask(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).take(encoded.indices)


def mask_json(text: str) -> str:
    """Mask e-mail addresses and payout accounts within JSON, whether it can be read or not.

    Examples
    --------
    >>> mask_json('{"wallet": {"number": "4111111111111111"}, "by": "user@site.ru"}')
    '{"wallet":{"number":"***1111"},"by":"u***@site.ru"}'
    >>> mask_json('{"wallet": 4111111111111111, "broken": ')
    '{"wallet": ***1111, "broken": '
    """
    try:
        value = _EXACT.decode(text)
        return _JSON.encode(_walked(value, inside_account=False)).decode()
    except UNREADABLE:
        masked = _ACCOUNT_PAIR.sub(lambda pair: f"{pair[1]}{mask_account(pair[2])}", text)
        return mask_numbers(mask_emails(masked))


def _walked(value: Any, *, inside_account: bool) -> Any:
    if isinstance(value, dict):
        return {
            mask_emails(name): _walked(inner, inside_account=inside_account or name in _ACCOUNTS)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_walked(inner, inside_account=inside_account) for inner in value]
    if inside_account and isinstance(value, str | int | Decimal) and not isinstance(value, bool):
        return mask_account(str(value))
    if isinstance(value, str):
        return mask_numbers(mask_emails(value))
    shown = mask_numbers(str(value))  # of a field that nobody knows, an account as a number
    return value if shown == str(value) else shown
