"""The API key: an object that signs, and that nothing can print."""

from __future__ import annotations

import hashlib
import hmac
from typing import NoReturn

from tegro_analytics.exceptions import ConfigurationError

_FINGERPRINT = b"tegro_analytics: name of the key, not a signature of a call"


class ApiKey:
    """Hold an API key so that it can sign, and can do nothing else.

    Only the primed HMAC state is kept, never the key itself: there is nothing to print, to pickle or to find
    in a traceback's locals.

    Parameters
    ----------
    raw
        The key as it stands on the shop's settings page; blanks around it are taken off.

    Raises
    ------
    ConfigurationError
        If the key is empty.

    Examples
    --------
    >>> key = ApiKey("EEFA1913EA9D9351469B1E5D852A")
    >>> key
    ApiKey('***')
    >>> key.sign(b"{}")
    'b0567d892837142b7c18deb2848d9966206ff10612302794a3ae442dd52eac2b'
    """

    __slots__ = ("_mac", "fingerprint")

    fingerprint: str
    """Sixteen hex digits that tell keys apart and say nothing of the key."""

    def __init__(self, raw: str) -> None:
        secret = raw.strip().encode("utf-8")
        if not secret:
            raise ConfigurationError("The API key is empty. Copy it from the settings page of the shop.")
        self._mac = hmac.new(secret, digestmod=hashlib.sha256)
        self.fingerprint = self.sign(_FINGERPRINT)[:16]

    def sign(self, body: bytes) -> str:
        """Sign the exact bytes of a body: HMAC-SHA256, lower-case hex."""
        mac = self._mac.copy()
        mac.update(body)
        return mac.hexdigest()

    def __repr__(self) -> str:
        return "ApiKey('***')"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("an ApiKey cannot be pickled: make it again where it is needed")

    def __copy__(self) -> ApiKey:
        return self

    def __deepcopy__(self, memo: object) -> ApiKey:
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ApiKey) and hmac.compare_digest(self.fingerprint, other.fingerprint)

    def __hash__(self) -> int:
        return hash(self.fingerprint)
