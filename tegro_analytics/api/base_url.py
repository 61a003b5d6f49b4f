"""Where signed bodies may be sent: nowhere else."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from tegro_analytics.exceptions import UnsafeBaseUrl

PROVIDER_HOST = "tegro.money"

# One strict grammar instead of a parser: what two parsers would read differently does not match at all
# (user info, backslashes, blanks, escapes, other alphabets, query, fragment).
_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[a-z0-9_-]+)*)/?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """Hold an address that passed :func:`check_base_url`.

    Attributes
    ----------
    url : str
        Without a slash at the end.
    host : str
        Lower case.
    loopback : bool
        Whether it is this very machine: a sandbox.
    """

    url: str
    host: str
    loopback: bool

    def of(self, method: str) -> str:
        """Give the address of an API method.

        Examples
        --------
        >>> check_base_url("https://tegro.money/").of("orders")
        'https://tegro.money/api/orders/'
        """
        return f"{self.url}/api/{method}/"


def check_base_url(url: str, *, allow_host: str | None = None) -> BaseUrl:
    """Refuse an address that a signed body must not be sent to.

    Parameters
    ----------
    url
        ``https://`` and a host, a port and a path if need be; ``http://`` on this machine only.
    allow_host
        The one host besides the provider's that may be used.

    Raises
    ------
    UnsafeBaseUrl
        If the address has user info, a query or a fragment, is not encrypted, or names another host.

    Examples
    --------
    >>> check_base_url("http://127.0.0.1:8080").loopback
    True
    >>> check_base_url("https://tegro.money@evil.com")
    Traceback (most recent call last):
    tegro_analytics.exceptions.UnsafeBaseUrl: The base URL is not a plain address...
    """
    found = _URL.fullmatch(url)
    if found is None or ".." in url or int(found["port"] or 1) not in range(1, 65536):
        # The address is not shown: what stands before an @ may be a password.
        raise UnsafeBaseUrl(
            "The base URL is not a plain address. Write it as https://tegro.money or http://127.0.0.1:8080: "
            "no user name, query, fragment, blanks or other signs. Nothing was sent."
        )
    scheme, host = found["scheme"].lower(), found["host"].lower()
    loopback = _is_loopback(host)
    if scheme == "http" and not loopback:
        raise UnsafeBaseUrl(
            f"http://{host} is not encrypted: anyone on the way could read the orders. "
            "Use https://; plain http:// works on this machine (127.0.0.1) only. Nothing was sent."
        )
    allowed = (PROVIDER_HOST, (allow_host or "").strip().lower())
    if not loopback and host not in allowed:
        raise UnsafeBaseUrl(
            f"{host} is not the provider's host ({PROVIDER_HOST}): it would receive signed calls. If that is "
            f"meant, say so with allow_host={host!r} (TEGRO_ALLOW_HOST). Nothing was sent."
        )
    port = f":{found['port']}" if found["port"] else ""
    return BaseUrl(f"{scheme}://{host}{port}{found['path']}", host, loopback)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
