"""One call of the API with everything around it: pace, nonce, signature, attempts. Nothing is raised in here.

What fails is handed up as a value and raised by the client, from a frame that never held a signature, a
header or a body.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tegro_analytics.api.answers import Answer, judge
from tegro_analytics.api.base_url import BaseUrl
from tegro_analytics.api.clock import Budget, Clock
from tegro_analytics.api.errand import Errand
from tegro_analytics.api.events import ASKED_ALONE, Event, Failure
from tegro_analytics.api.faults import WORDS
from tegro_analytics.api.nonce import KeyBusy, NonceRule, Nonces
from tegro_analytics.api.pace import PACES, Gate
from tegro_analytics.api.reserve import RESERVES
from tegro_analytics.api.retry import SECONDS, Attempts
from tegro_analytics.api.signing import BodyTemplate
from tegro_analytics.api.transport import Received, Transport
from tegro_analytics.credentials import ApiKey

_FIRST_CONTACT = "shops"


@dataclass(slots=True, repr=False)
class Call:
    """Hold one call while it is made; it prints as its method alone."""

    method: str
    body: BodyTemplate
    money: bool
    budget: Budget
    attempts: int = 0

    def __repr__(self) -> str:
        return f"<call of {self.method}>"


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """Hold what a call came to, and what it took."""

    outcome: Answer | Failure
    attempts: int
    waited: float


class Caller:
    """Make calls for one shop with one key; any number of threads may.

    Attributes
    ----------
    requests, retries : int
        How many requests went out, and how many of them were further attempts.
    waited : float
        Seconds spent waiting: for the pace, for a turn, before further attempts.
    sandbox : str or None
        The own id of the sandbox that has answered, if it is one.
    served : tuple of datetime, or None
        When the last call that was answered was sent, and what the clock of the server said.
    """

    def __init__(
        self,
        key: ApiKey,
        shop_id: str,
        *,
        base: BaseUrl,
        folder: Path,
        pace: float | None,
        nonce: NonceRule,
        deadline: float,
        clock: Clock | None = None,
    ) -> None:
        self.requests = 0
        self.sandbox: str | None = None
        self.served: tuple[dt.datetime, dt.datetime] | None = None
        self.retries = 0
        self.waited = 0.0
        self._key = key
        self._shop_id = shop_id
        self._clock = clock or Clock()
        self._deadline = deadline
        self._interval = 1.0 / pace if pace else 0.0
        self._pace = PACES.of(key.fingerprint, base.url)
        self._reserve = RESERVES.of(key.fingerprint, base.url)
        self._gate = Gate()
        self._counting = threading.Lock()
        self._first = BodyTemplate(shop_id, {})
        self._open = Errand()
        self.nonces = Nonces(key.fingerprint, base=base, folder=folder, rule=nonce, clock=self._clock)
        self.transport = Transport(base, clock=self._clock)

    def close(self) -> None:
        """Call off what is under way, and close the connections; from now on every call is called off."""
        self._open.call_off()
        self.transport.close()

    def write(self, parameters: Mapping[str, Any]) -> BodyTemplate:
        """Write the body of a call; from then on its parameters are nowhere where a traceback shows them.

        Raises
        ------
        DataError
            If a parameter cannot be sent; nothing was.
        """
        return BodyTemplate(self._shop_id, parameters)

    def make(
        self, method: str, body: BodyTemplate, *, money: bool = False, errand: Errand | None = None
    ) -> Result:
        """Make one call, with the attempts that the rules allow, as long as its errand is not called off."""
        if errand is not None:
            errand.belongs_to(self._open)
        call = Call(method, body, money, Budget(self._deadline, self._clock, errand=errand or self._open))
        attempts = Attempts(
            money=money,
            budget=call.budget,
            reserve=self._reserve,
            clock=self._clock,
            before_pause=self._count_retry,
        )
        outcome = attempts.make(lambda: self._attempt(call))
        with self._counting:
            self.waited += call.budget.waited
        if isinstance(outcome, Failure):
            outcome = outcome.with_attempts(call.attempts)
        return Result(outcome, call.attempts, call.budget.waited)

    def _attempt(self, call: Call) -> Answer | Failure:
        """Make one attempt; what was refused in a crowd is asked once more alone, if it is safe to."""
        call.attempts += 1
        errand = call.budget.errand
        try:
            failure = self.nonces.learn(
                lambda nonce: self._ask(call, nonce), call.budget.queue, over=lambda: errand.called_off
            )
            if failure is not None:
                return failure
            outcome, crowded = self._once(call, alone=False)
            if crowded and isinstance(outcome, Failure) and not call.money and outcome.event in ASKED_ALONE:
                self._count_retry()
                outcome, _ = self._once(call, alone=True)
            if isinstance(outcome, Failure):
                self._learn_from(outcome)
        except KeyBusy:
            event = Event.CALLED_OFF if errand.called_off else Event.KEY_BUSY
            return Failure(event, WORDS[event], method=call.method)
        return outcome

    def _once(self, call: Call, *, alone: bool) -> tuple[Answer | Failure, bool]:
        call.budget.queue(self._pace.delay(self._interval, self._clock))
        with (
            self.nonces.turn(call.budget.queue, over=lambda: call.budget.errand.called_off) as nonce,
            self._gate.alone() if alone else self._gate.together() as passage,
        ):
            outcome = self._exchange(call.method, call.body, nonce, call.budget, money=call.money)
        return outcome, passage.crowded

    def _ask(self, call: Call, nonce: int) -> Failure | None:
        """Make one of the two reads of the first contact."""
        call.budget.queue(self._pace.delay(self._interval, self._clock))
        outcome = self._exchange(_FIRST_CONTACT, self._first, nonce, call.budget, money=False)
        return outcome if isinstance(outcome, Failure) else None

    def _exchange(
        self, method: str, template: BodyTemplate, nonce: int, budget: Budget, *, money: bool
    ) -> Answer | Failure:
        """Build, sign, send, and judge the answer."""
        seconds = budget.remaining()
        if seconds <= 0:
            event = Event.CALLED_OFF if budget.errand.called_off else Event.TOO_LATE
            return Failure(event, WORDS[event], method=method, nonce=nonce)
        body = template.with_nonce(nonce)
        with self._counting:
            self.requests += 1
        received = self.transport.exchange(
            method, body, self._key.sign(body), seconds=seconds, fresh=money, errand=budget.errand
        )
        if isinstance(received, Received):
            self.sandbox = received.sandbox or self.sandbox
            if received.served_at is not None:
                self.served = received.requested_at, received.served_at
            return judge(received, method=method, nonce=nonce, money=money)
        return replace(received, nonce=nonce)

    def _learn_from(self, failure: Failure) -> None:
        """Let the other calls of the key know what this one was told."""
        if failure.event is Event.NONCE:
            self.nonces.refused()
        if failure.retry_after is not None:
            self._pace.hold(min(failure.retry_after, SECONDS), self._clock)

    def _count_retry(self) -> None:
        with self._counting:
            self.retries += 1
