"""What an exception of the HTTP libraries means.

One class of theirs may mean "not a byte was sent" and "perhaps carried out": what decides is whether the
connection stood, and the chain of causes.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator, Mapping

import requests
from urllib3 import exceptions as urllib3_errors

from tegro_analytics.api.events import Event
from tegro_analytics.api.watchdog import Watch


class TooLarge(http.client.HTTPException):
    """Say that an answer has more bytes than any answer of the API."""


FOREIGN = (
    requests.RequestException,
    urllib3_errors.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)
"""All that an exchange may raise, a bug and Ctrl-C aside."""

_BEFORE_SENDING: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Event], ...] = (
    # Dropped in the middle of the handshake: the network, not a certificate.
    (ssl.SSLEOFError, Event.PORT_CLOSED),
    (ssl.SSLError, Event.TLS),
    (urllib3_errors.SSLError, Event.TLS),
    (urllib3_errors.ProxyError, Event.PROXY),
    (urllib3_errors.NameResolutionError, Event.NAME_NOT_FOUND),
    # NewConnectionError is a ConnectTimeoutError in urllib3, so it goes first.
    (urllib3_errors.NewConnectionError, Event.PORT_CLOSED),
    ((urllib3_errors.TimeoutError, TimeoutError), Event.CONNECT_TIMEOUT),
)

_AFTER_SENDING: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Event], ...] = (
    (TooLarge, Event.TOO_LARGE),
    ((urllib3_errors.TimeoutError, TimeoutError), Event.READ_TIMEOUT),
    # RemoteDisconnected is a BadStatusLine and a ConnectionResetError: the connection just ended.
    (ConnectionError, Event.RESET),
    ((http.client.BadStatusLine, urllib3_errors.InvalidHeader), Event.BAD_STATUS_LINE),
    # The size of a chunk that is not a number is told as a body that ended early, with this behind it.
    ((urllib3_errors.InvalidChunkLength, ValueError), Event.BAD_CHUNK),
    ((http.client.IncompleteRead, urllib3_errors.DecodeError), Event.SHORT_BODY),
    (http.client.HTTPException, Event.BAD_STATUS_LINE),
)

WORDS: Mapping[Event, str] = {
    Event.PORT_CLOSED: "no connection could be made",
    Event.NAME_NOT_FOUND: "the name of the host was not found",
    Event.CONNECT_TIMEOUT: "the host did not take the connection in time",
    Event.PROXY: "the proxy did not make the connection",
    Event.KEY_BUSY: "another call of this key has kept its turn for minutes",
    Event.TOO_LATE: "the time for the call is over",
    Event.TLS: "the other side could not prove who it is (TLS)",
    Event.RESET: "the connection ended before there was an answer",
    Event.READ_TIMEOUT: "no answer came in time",
    Event.DEADLINE: "the answer was not complete when the time for the call was over",
    Event.INTERRUPTED: "interrupted",
    Event.CALLED_OFF: "called off before it was sent",
    Event.CUT_SHORT: "called off before there was an answer",
    Event.BAD_STATUS_LINE: "what came is not HTTP",
    Event.SHORT_BODY: "the answer was cut off",
    Event.BAD_CHUNK: "the answer was broken on its way",
    Event.TOO_LARGE: "the answer is larger than any answer of the API",
}


def name_end(watch: Watch) -> Event | None:
    """Say why an exchange was ended from this side, if it was; all else that was seen follows from that."""
    if watch.called_off:
        return Event.CUT_SHORT if watch.sent else Event.CALLED_OFF
    if watch.expired:
        return Event.DEADLINE if watch.sent else Event.CONNECT_TIMEOUT
    return None


def name_fault(error: BaseException, *, sent: bool) -> Event:
    """Say which event an exception stands for.

    Parameters
    ----------
    error
        As raised by ``requests`` or by what it stands on.
    sent
        Whether a byte of the request may have left.
    """
    causes = tuple(_causes(error))
    for kinds, event in _AFTER_SENDING if sent else _BEFORE_SENDING:
        if any(isinstance(cause, kinds) for cause in causes):
            return event
    return Event.RESET if sent else Event.PORT_CLOSED


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk an exception, what it wraps and what it came from, each once."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
