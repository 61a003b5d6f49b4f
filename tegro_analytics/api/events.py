"""What can happen to a call, and what follows: the rules as data.

Each row of ``RULES`` says for one event whether a read is asked again, what is known of a call that moves
money, which exception tells of it, and what a person should do.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from tegro_analytics.exceptions import (
    AuthorizationError,
    BadAnswer,
    DeadlineExceeded,
    EdgeError,
    NeverSent,
    NonceRefused,
    OutcomeUnknown,
    Rejected,
    TransportError,
)

CallError = (
    type[AuthorizationError | BadAnswer | DeadlineExceeded | EdgeError | NeverSent | NonceRefused | Rejected]
    | type[TransportError]
)


class Event(enum.StrEnum):
    """Name what happened instead of an answer that can be used."""

    PORT_CLOSED = enum.auto()
    NAME_NOT_FOUND = enum.auto()
    CONNECT_TIMEOUT = enum.auto()
    PROXY = enum.auto()
    KEY_BUSY = enum.auto()
    TLS = enum.auto()
    RESET = enum.auto()
    READ_TIMEOUT = enum.auto()
    DEADLINE = enum.auto()
    TOO_LATE = enum.auto()
    INTERRUPTED = enum.auto()
    CALLED_OFF = enum.auto()
    CUT_SHORT = enum.auto()
    BAD_STATUS_LINE = enum.auto()
    SHORT_BODY = enum.auto()
    BAD_CHUNK = enum.auto()
    TOO_LARGE = enum.auto()
    BAD_JSON = enum.auto()
    WRONG_SHAPE = enum.auto()
    NO_DATA = enum.auto()
    DUPLICATE_KEYS = enum.auto()
    HTML = enum.auto()
    BLOCKED = enum.auto()
    REDIRECT = enum.auto()
    NOT_FOUND = enum.auto()
    CLIENT_ERROR = enum.auto()
    COME_BACK_LATER = enum.auto()
    RATE_LIMIT = enum.auto()
    SERVER_ERROR = enum.auto()
    EDGE_ERROR = enum.auto()
    AUTHORIZATION = enum.auto()
    NONCE = enum.auto()
    REJECTED = enum.auto()


@dataclass(frozen=True, slots=True)
class Rule:
    """Say what follows from an event.

    Attributes
    ----------
    read : str
        ``again`` with a new nonce, or ``stop``.
    money : str
        What is known of a call that moves money: ``never sent`` (it is tried again), ``not sent`` (but it
        would fail again), ``refused``, or ``unknown`` (nothing may be sent again).
    error : type
        The exception that a read ends with.
    advice : str
        What to do.
    """

    read: Literal["again", "stop"]
    money: Literal["never sent", "not sent", "refused", "unknown"]
    error: CallError
    advice: str


_HELD_BACK = ", and not again for now, because many calls of the key get no answer"
_LATER = "Try again later; what was read before stands."
_ANOTHER = "A client that is closed makes no more calls: make another one."
_SUPPORT = "If it stays so, tell the provider's support, with the ray id if there is one."
_NET = "Look at the network of this machine, then try again."

RULES: Mapping[Event, Rule] = MappingProxyType(
    {
        Event.PORT_CLOSED: Rule("again", "never sent", NeverSent, _NET),
        Event.NAME_NOT_FOUND: Rule("again", "never sent", NeverSent, _NET),
        Event.CONNECT_TIMEOUT: Rule("again", "never sent", NeverSent, _NET),
        Event.PROXY: Rule(
            "again", "never sent", NeverSent, "Look at HTTPS_PROXY and NO_PROXY: the proxy did not connect."
        ),
        Event.KEY_BUSY: Rule(
            "stop", "not sent", NeverSent, "End the other program that uses this key, or give it its own key."
        ),
        Event.TLS: Rule(
            "stop",
            "not sent",
            TransportError,
            "Nothing was sent. Look at the clock of this machine; behind a company's proxy set "
            "REQUESTS_CA_BUNDLE to its certificates. Checking cannot be switched off.",
        ),
        Event.RESET: Rule("again", "unknown", TransportError, _LATER),
        Event.READ_TIMEOUT: Rule("again", "unknown", DeadlineExceeded, _LATER),
        Event.DEADLINE: Rule(
            "stop", "unknown", DeadlineExceeded, "Give the call more time (deadline=), or try again later."
        ),
        Event.TOO_LATE: Rule(
            "stop", "not sent", DeadlineExceeded, "Give the call more time (deadline=), or try again later."
        ),
        Event.INTERRUPTED: Rule("stop", "unknown", TransportError, ""),
        Event.CALLED_OFF: Rule("stop", "not sent", NeverSent, _ANOTHER),
        Event.CUT_SHORT: Rule("stop", "unknown", TransportError, _ANOTHER),
        Event.BAD_STATUS_LINE: Rule("again", "unknown", BadAnswer, _SUPPORT),
        Event.SHORT_BODY: Rule("again", "unknown", BadAnswer, _LATER),
        Event.BAD_CHUNK: Rule("again", "unknown", BadAnswer, _LATER),
        Event.TOO_LARGE: Rule("stop", "unknown", BadAnswer, _SUPPORT),
        Event.BAD_JSON: Rule("again", "unknown", BadAnswer, _SUPPORT),
        Event.WRONG_SHAPE: Rule("stop", "unknown", BadAnswer, _SUPPORT),
        Event.NO_DATA: Rule("stop", "unknown", BadAnswer, _SUPPORT),
        Event.DUPLICATE_KEYS: Rule("stop", "unknown", BadAnswer, _SUPPORT),
        Event.HTML: Rule("again", "unknown", EdgeError, _LATER),
        Event.BLOCKED: Rule(
            "stop",
            "unknown",
            EdgeError,
            "The network edge does not let this machine or program through. Try from another network, and "
            "tell the provider's support the code and the ray id.",
        ),
        Event.REDIRECT: Rule(
            "stop",
            "unknown",
            EdgeError,
            "It is not followed: a signed body goes nowhere else. Look at base_url.",
        ),
        Event.NOT_FOUND: Rule("stop", "unknown", BadAnswer, "Look at base_url and the name of the method."),
        Event.CLIENT_ERROR: Rule("stop", "unknown", BadAnswer, _SUPPORT),
        Event.COME_BACK_LATER: Rule("again", "unknown", BadAnswer, _LATER),
        Event.RATE_LIMIT: Rule(
            "again", "unknown", BadAnswer, "Lower the pace (TEGRO_PACE), and try again later."
        ),
        Event.SERVER_ERROR: Rule("again", "unknown", BadAnswer, _LATER),
        Event.EDGE_ERROR: Rule("again", "unknown", EdgeError, _LATER),
        Event.AUTHORIZATION: Rule(
            "stop",
            "refused",
            AuthorizationError,
            "Look at TEGRO_API_KEY and TEGRO_SHOP_ID: both stand on the settings page of the same shop.",
        ),
        Event.NONCE: Rule(
            "again",
            "refused",
            NonceRefused,
            "Another program that uses this key may send larger nonces: give this one a key of its own, or "
            "set TEGRO_NONCE=milliseconds if every program of the key does so.",
        ),
        Event.REJECTED: Rule("stop", "refused", Rejected, "Mend what the reason names, and call again."),
    }
)

ASKED_ALONE = frozenset(
    {
        Event.TLS,
        Event.BLOCKED,
        Event.NOT_FOUND,
        Event.CLIENT_ERROR,
        Event.AUTHORIZATION,
        Event.REJECTED,
    }
)
"""What is not asked again, but for once, alone, where other calls were on the wire: they may be why."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Hold what is known of a call that brought nothing, and nothing that is secret.

    It is handed up as a value and raised at the very top, so that no frame of the traceback ever held a
    signature, a header or a body.
    """

    event: Event
    what: str
    method: str = ""
    nonce: int | None = None
    status: int | None = None
    ray: str | None = None
    text: str | None = None
    retry_after: float | None = None
    requested_at: dt.datetime | None = None
    attempts: int = 1
    held_back: bool = False

    def with_attempts(self, attempts: int) -> Failure:
        """Note how often the call was tried."""
        return replace(self, attempts=attempts)

    def as_error(self) -> BaseException:
        """Make the exception that tells of a read that failed."""
        rule = RULES[self.event]
        return self._tell(rule.error, f"{self._story()} {rule.advice}")

    def as_money_error(self, *, look: str) -> BaseException:
        """Make the exception that tells of a failed call that moves money.

        Parameters
        ----------
        look
            How to find out whether it was carried out.
        """
        rule = RULES[self.event]
        if rule.money == "unknown":
            return self._tell(
                OutcomeUnknown,
                f"{self._story()} It may have been carried out, so nothing is sent again by itself. {look}",
            )
        return self._tell(rule.error, f"{self._story()} Nothing was carried out. {rule.advice}")

    def _story(self) -> str:
        tries = f", after {self.attempts} attempts" if self.attempts > 1 else ""
        tries += _HELD_BACK if self.held_back else ""
        seen = f" (HTTP {self.status})" if self.status not in (None, 200) else ""
        text = f": {self.text}" if self.text else ""
        return f"{self.method}: {self.what}{seen}{tries}{text}{'' if text.endswith('.') else '.'}"

    def _tell(self, error: type[OutcomeUnknown] | CallError, message: str) -> BaseException:
        if self.event is Event.INTERRUPTED:
            return KeyboardInterrupt(message.strip())
        return error(
            message,
            method=self.method,
            nonce=self.nonce,
            status=self.status,
            ray=self.ray,
            text=self.text,
            attempts=self.attempts,
        )
