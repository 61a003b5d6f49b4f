"""Exchange one body for one answer over HTTP, or say as a value why there is none.

This is the only place where exceptions of ``requests``, ``urllib3``, ``ssl`` and ``socket`` are met. They
carry the request with its signature, so none of them gets past :meth:`Transport.exchange`: not as a cause,
not as a context, not as a frame of a traceback.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import os
import ssl
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies

from tegro_analytics import __version__
from tegro_analytics.api.base_url import BaseUrl
from tegro_analytics.api.clock import Clock
from tegro_analytics.api.connection import WatchedAdapter, reporting_to, trust
from tegro_analytics.api.errand import Errand
from tegro_analytics.api.events import Event, Failure
from tegro_analytics.api.faults import FOREIGN, WORDS, TooLarge, name_end, name_fault
from tegro_analytics.api.watchdog import Watch, watched
from tegro_analytics.exceptions import ConfigurationError

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, repr=False)
class Received:
    """Hold an answer as it came; it prints as nothing, because a body holds addresses of people."""

    status: int
    body: bytes
    content_type: str
    ray: str | None
    retry_after: float | None
    location: str | None
    requested_at: dt.datetime
    served_at: dt.datetime | None = None
    """The time of the server's clock, where it said it."""
    sandbox: str | None = None
    """The own id of a sandbox on this machine."""


class Transport:
    """Send signed bodies to one base URL.

    Proxies and the CA bundle are read from the environment once, here. ``.netrc`` is never read: it would
    replace the signature. Redirects are never followed: they would take a signed body elsewhere. For an
    address of this machine no proxy is used.

    Raises
    ------
    ConfigurationError
        If the environment names a CA bundle or a proxy that cannot be used.
    """

    def __init__(self, base: BaseUrl, *, clock: Clock | None = None, max_bytes: int = MAX_BYTES) -> None:
        self._base = base
        self._clock = clock or Clock()
        self._max_bytes = max_bytes
        self._headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "Connection": "keep-alive",
            # The edge refuses the default one of HTTP libraries.
            "User-Agent": f"tegro_analytics/{__version__} (+python-requests)",
        }
        self._proxies = {} if base.loopback else _proxies_for(base.url)
        self._trusted = _trusted(base)
        self._templates: dict[str, requests.PreparedRequest] = {}
        self._making = threading.Lock()
        self._adapter = WatchedAdapter(self._trusted)
        self._pid = os.getpid()

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._adapter.close()

    def exchange(
        self,
        method: str,
        body: bytes,
        signature: str,
        *,
        seconds: float,
        errand: Errand,
        fresh: bool = False,
    ) -> Received | Failure:
        """Send one body and read the answer to its end.

        Parameters
        ----------
        method
            The API method.
        body, signature
            The exact bytes, and what signs them.
        seconds
            How long this may take in all.
        errand
            What the body is sent for: where that is called off, the exchange ends.
        fresh
            Use a connection of its own. One that was kept open may have been closed by the other side,
            and then nobody knows whether the request was read.
        """
        request = self._request(method, body, signature)
        watch = Watch(seconds)
        adapter = WatchedAdapter(self._trusted) if fresh else self._kept_adapter()
        try:
            with reporting_to(watch), watched(watch), errand.watching(watch):
                received = self._exchange(adapter, request, seconds)
            # A body without a length that was cut off from here looks like one that has ended.
            end = name_end(watch)
            if end is None:
                return received
            event = end
        except FOREIGN as error:
            event = name_end(watch) or name_fault(error, sent=watch.sent)
        except KeyboardInterrupt:
            event = Event.INTERRUPTED
        finally:
            if fresh:
                adapter.close()
        # Out here the handler has ended: the exception, and the request inside it, are gone.
        return Failure(event, WORDS[event], method=method)

    def _exchange(
        self, adapter: WatchedAdapter, request: requests.PreparedRequest, seconds: float
    ) -> Received:
        requested_at = dt.datetime.now(dt.UTC)
        response = adapter.send(
            request,
            stream=True,
            timeout=(min(CONNECT_SECONDS, seconds), min(READ_SECONDS, seconds)),
            proxies=self._proxies,
        )
        try:
            body = self._read(response.raw)
        except BaseException:
            response.close()
            raise
        headers = response.headers
        return Received(
            status=response.status_code,
            body=body,
            content_type=headers.get("Content-Type", ""),
            ray=headers.get("CF-RAY"),
            retry_after=self._read_retry_after(headers.get("Retry-After")),
            location=headers.get("Location"),
            requested_at=requested_at,
            served_at=_date_of(headers.get("Date")),
            sandbox=headers.get("X-Tegro-Sandbox") if self._base.loopback else None,
        )

    def _read(self, raw: Any) -> bytes:
        """Read the body, at most as much of it as an answer may have."""
        body: bytes = raw.read(self._max_bytes + 1, decode_content=True)
        if len(body) > self._max_bytes:
            raise TooLarge
        return body

    def _read_retry_after(self, text: str | None) -> float | None:
        """Read both forms of Retry-After: seconds, and a date."""
        if not text:
            return None
        if text.strip().isdecimal():
            return float(text[:9])
        try:
            date = email.utils.parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        aware = date if date.tzinfo else date.replace(tzinfo=dt.UTC)
        return max(0.0, aware.timestamp() - self._clock.time())

    def _request(self, method: str, body: bytes, signature: str) -> requests.PreparedRequest:
        """Copy the request of a method, which is checked and prepared once, and fill it in."""
        template = self._templates.get(method)
        if template is None:
            template = self._templates[method] = requests.Request(
                "POST", self._base.of(method), headers=self._headers
            ).prepare()
        request = template.copy()
        request.body = body
        request.headers["Authorization"] = f"Bearer {signature}"
        request.headers["Content-Length"] = str(len(body))
        return request

    def _kept_adapter(self) -> WatchedAdapter:
        """Keep connections open, but not across a fork: two processes would read each other's answers."""
        if self._pid != os.getpid():
            with self._making:
                if self._pid != os.getpid():
                    self._adapter, self._pid = WatchedAdapter(self._trusted), os.getpid()
        return self._adapter


def _date_of(text: str | None) -> dt.datetime | None:
    """Read the date of an answer; None where there is none that can be read.

    Examples
    --------
    >>> _date_of("Tue, 24 Nov 2026 13:53:40 GMT")
    datetime.datetime(2026, 11, 24, 13, 53, 40, tzinfo=datetime.timezone.utc)
    >>> _date_of("yesterday") is None
    True
    """
    try:
        found = email.utils.parsedate_to_datetime(text or "")
    except (TypeError, ValueError):
        return None
    return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)


def _proxies_for(url: str) -> dict[str, str]:
    """Read the proxies for an address from the environment, and refuse what could not be used."""
    proxies: dict[str, str] = {}
    for scheme, proxy in get_environ_proxies(url, no_proxy=None).items():
        address = proxy if "://" in proxy else f"http://{proxy}"
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            # The value is not shown: it may hold a password.
            raise ConfigurationError(
                f"The {scheme} proxy of the environment cannot be used: write it as http://host:port. "
                "Look at HTTPS_PROXY and ALL_PROXY."
            )
        proxies[scheme] = address
    return proxies


def _trusted(base: BaseUrl) -> ssl.SSLContext | None:
    """Read which certificates to trust, once; that they are checked is not a choice."""
    if not base.url.startswith("https:"):
        return None
    path = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    try:
        return trust(path or DEFAULT_CA_BUNDLE_PATH)
    except OSError as error:
        problem = error.strerror or "it holds no certificates"
    raise ConfigurationError(
        f"The CA bundle {path} cannot be used: {problem}. Mend or remove REQUESTS_CA_BUNDLE (CURL_CA_BUNDLE)."
    )
