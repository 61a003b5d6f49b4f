"""The rules of entry: the signature over the exact bytes, and the nonce."""

from __future__ import annotations

import hmac
from hashlib import sha256

NONCE_RULES = ("differs", "unique", "grows")


def signature(api_key: str, body: bytes) -> str:
    """Compute the signature of a body.

    Examples
    --------
    >>> signature("EEFA1913EA9D9351469B1E5D852A", b"{}")
    'b0567d892837142b7c18deb2848d9966206ff10612302794a3ae442dd52eac2b'
    """
    return hmac.new(api_key.encode("utf-8"), body, sha256).hexdigest()


def is_signed(authorization: str | None, *, api_key: str, body: bytes) -> bool:
    """Check ``Authorization: Bearer <signature>`` in constant time; only lower-case hex is right.

    Examples
    --------
    >>> is_signed(f"Bearer {signature('key', b'{}')}", api_key="key", body=b"{}")
    True
    >>> is_signed(f"Bearer {signature('key', b'{}')}", api_key="key", body=b"{ }")
    False
    """
    expected = f"Bearer {signature(api_key, body)}".encode("ascii")
    return hmac.compare_digest(expected, (authorization or "").encode("utf-8", "surrogateescape"))


class NonceGate:
    """Let nonces of one key through, by one of three rules.

    ``differs``: not the one before. ``unique``: never seen. ``grows``: larger than all before.
    """

    def __init__(self, rule: str) -> None:
        self.rule = rule
        self.seen: set[int] = set()
        self._last: int | None = None
        self._largest: int | None = None

    def admit(self, nonce: int) -> bool:
        """Say whether the rule lets a nonce through, and remember it if it does.

        Examples
        --------
        >>> gate = NonceGate("differs")
        >>> [gate.admit(nonce) for nonce in (7, 7, 6, 7)]
        [True, False, True, True]
        """
        refused = {
            "differs": nonce == self._last,
            "unique": nonce in self.seen,
            "grows": self._largest is not None and nonce <= self._largest,
        }[self.rule]
        if not refused:
            self.seen.add(nonce)
            self._last = nonce
            self._largest = nonce if self._largest is None else max(nonce, self._largest)
        return not refused


def read_nonce(value: object) -> int | None:
    """Read a nonce, an integer or its digits; None if it is neither.

    Examples
    --------
    >>> read_nonce(1613435880), read_nonce("1613435880"), read_nonce(True), read_nonce("1.5")
    (1613435880, 1613435880, None, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None
