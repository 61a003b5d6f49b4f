"""From parameters to the exact bytes that are signed and sent.

A body is encoded once for a call. Each attempt puts its own nonce in and signs: what is signed is what is
sent, to the byte.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from tegro_analytics.exceptions import DataError

_DECIMALS = 8
_DIGITS = 15
_OWN = ("shop_id", "nonce")
_ENCODER = msgspec.json.Encoder()


class BodyTemplate:
    """Hold the body of a call, with a place for the nonce.

    It prints as nothing but its size: a body may hold an e-mail address.

    Parameters
    ----------
    shop_id
        Goes first.
    parameters
        What the method takes besides ``shop_id`` and ``nonce``. Amounts may be Decimal, int, or a float
        whose digits are those of an amount; parameters that are None are left out.

    Raises
    ------
    DataError
        If a value cannot be sent as it is meant; the message names it.

    Examples
    --------
    >>> BodyTemplate("1913", {"page": 2, "amount": Decimal("1E-8")}).with_nonce(1613435880)
    b'{"shop_id":"1913","nonce":1613435880,"page":2,"amount":0.00000001}'
    """

    __slots__ = ("_after", "_before")

    def __init__(self, shop_id: str, parameters: Mapping[str, Any]) -> None:
        for name in _OWN:
            if name in parameters:
                raise DataError(
                    f"{name} is set by the client itself: leave it out. Another shop needs its own client."
                )
        own = _encode({"shop_id": shop_id})
        rest = _encode({name: value for name, value in parameters.items() if value is not None})
        self._before = own[:-1] + b',"nonce":'
        self._after = b"}" if rest == b"{}" else b"," + rest[1:]

    def with_nonce(self, nonce: int) -> bytes:
        """Give the bytes to sign and to send."""
        return b"%b%d%b" % (self._before, nonce, self._after)

    def __repr__(self) -> str:
        return f"<body of {len(self._before) + len(self._after)} bytes and a nonce>"


def amount_of(value: object, *, name: str = "amount") -> Decimal:
    """Read an amount exactly, or refuse it.

    Raises
    ------
    DataError
        If it is not a finite number of at most 8 decimals, or a float with the traces of arithmetic in it.

    Examples
    --------
    >>> amount_of(64.18), amount_of("1200.50"), amount_of(5)
    (Decimal('64.18'), Decimal('1200.50'), Decimal('5'))
    >>> amount_of(0.1 + 0.2)
    Traceback (most recent call last):
    tegro_analytics.exceptions.DataError: amount: 0.30000000000000004 is not an amount...
    """
    if isinstance(value, bool) or not isinstance(value, Decimal | int | float | str):
        raise DataError(f"{name}: a {type(value).__name__} is not an amount. Give a Decimal or an int.")
    try:
        amount = Decimal(repr(float(value)) if isinstance(value, float) else value)
    except InvalidOperation:
        raise DataError(f"{name}: {value!r} is not a number. Give a Decimal or an int.") from None
    if not amount.is_finite():
        raise DataError(f"{name}: {value!r} is not an amount. Give a finite number.")
    if amount.adjusted() >= _DIGITS:
        raise DataError(f"{name}: {value!r} is larger than any amount. Look where it came from.")
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > _DECIMALS:
        raise DataError(
            f"{name}: {value!r} is not an amount: it has {-exponent} decimals, the API has {_DECIMALS}. "
            "Round it to what is meant, as in Decimal('0.30')."
        )
    if isinstance(value, float) and len(amount.normalize().as_tuple().digits) > _DIGITS:
        raise DataError(f"{name}: {value!r} has more digits than a float holds. Give it as a Decimal.")
    return amount


def _encode(parameters: Mapping[str, Any]) -> bytes:
    try:
        return _ENCODER.encode({name: _plain(value, name) for name, value in parameters.items()})
    except UnicodeEncodeError:
        raise DataError(
            f"One of {', '.join(parameters)} holds half of a character (a lone surrogate): it cannot be sent."
        ) from None


def _plain(value: Any, path: str) -> Any:
    """Turn a value into what the encoder writes exactly; numbers are written out in full."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(inner, f"{path}.{name}") for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, f"{path}[{place}]") for place, inner in enumerate(value)]
    if isinstance(value, Decimal | float):
        return msgspec.Raw(format(amount_of(value, name=path), "f").encode())
    try:
        # Whole numbers of other libraries too: an id out of a DataFrame is a numpy.int64.
        return msgspec.Raw(str(operator.index(value)).encode())
    except TypeError:
        raise DataError(
            f"{path}: a {type(value).__name__} cannot be sent. Give text, a number, a list or a mapping."
        ) from None
