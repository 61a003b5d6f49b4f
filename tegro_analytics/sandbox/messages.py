"""A request as it came, and an answer before it is written. The server only carries them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from tegro_analytics.sandbox.faults import Fault

JSON, TEXT, HTML = "application/json; charset=utf-8", "text/plain; charset=utf-8", "text/html; charset=UTF-8"
SUCCESS = b'{"type":"success","desc":"","data":'

EDGE_PHRASES: Mapping[int, str] = {
    520: "Web server is returning an unknown error",
    521: "Web server is down",
    522: "Connection timed out",
    523: "Origin is unreachable",
    524: "A timeout occurred",
    525: "SSL handshake failed",
    526: "Invalid SSL certificate",
    527: "Railgun error",
}
"""What the network edge calls the statuses that are its own."""


@dataclass(frozen=True, slots=True)
class Request:
    """Hold a request: ``headers`` has lower-case names, each with all its values.

    ``ticket`` is its place between 0 and 1, by which :class:`~tegro_analytics.sandbox.plan.Plan` decides
    which fault it meets.
    """

    verb: str
    path: str
    headers: Mapping[str, list[str]]
    body: bytes
    ticket: float = 1.0

    def header(self, name: str) -> str | None:
        """Return the value of a header that stands there exactly once."""
        values = self.headers.get(name, [])
        return values[0] if len(values) == 1 else None


@dataclass(frozen=True, slots=True)
class Reply:
    """Hold an answer; ``broken`` is the fault with which it is written, where it is not written as it should.

    :mod:`~tegro_analytics.sandbox.broken` writes such a one.
    """

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    kind: str = JSON
    broken: Fault | None = None

    def head(self, *more: tuple[str, str]) -> bytes:
        """Write the status line and the headers, without a length unless it is among ``more``."""
        lines: Iterable[tuple[str, str]] = (("Content-Type", self.kind), *self.headers, *more)
        start = f"HTTP/1.1 {self.status} {phrase(self.status)}"
        return "\r\n".join([start, *(f"{name}: {value}" for name, value in lines), "", ""]).encode("ascii")


def phrase(status: int) -> str:
    """Name a status.

    Examples
    --------
    >>> phrase(404), phrase(521)
    ('Not Found', 'Web server is down')
    """
    return EDGE_PHRASES.get(status) or HTTPStatus(status).phrase


def success(data: bytes) -> Reply:
    """Make an answer that says yes."""
    return Reply(200, SUCCESS + data + b"}")


def refusal(status: int, reason: str) -> Reply:
    """Make an answer that says no."""
    return Reply(status, json.dumps({"type": "error", "desc": reason, "data": None}).encode("ascii"))
