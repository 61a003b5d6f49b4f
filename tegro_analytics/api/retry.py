"""Ask again, where the rules say so: around build, sign and send, so that each attempt is a new call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import tenacity

from tegro_analytics.api.answers import Answer
from tegro_analytics.api.clock import Budget, Clock
from tegro_analytics.api.events import RULES, Failure
from tegro_analytics.api.reserve import Reserve

ATTEMPTS = 5
SECONDS = 60.0
_BACKOFF = tenacity.wait_exponential_jitter(multiplier=0.5, max=16.0, jitter=0.5)


class Attempts:
    """Try one call five times at most, as long as the rules, its time and the reserve of the key allow.

    Parameters
    ----------
    money
        Whether the call moves money: then only what was proven never to have left is sent again.
    budget
        The time of the call; a pause that would use it up is not begun.
    reserve, clock
        What the calls of the key share.
    before_pause
        Told of each further attempt, before the pause.
    """

    def __init__(
        self,
        *,
        money: bool,
        budget: Budget,
        reserve: Reserve,
        clock: Clock,
        before_pause: Callable[[], None],
    ) -> None:
        self._money = money
        self._budget = budget
        self._reserve = reserve
        self._clock = clock
        self._before_pause = before_pause
        self._taken = 0
        self._refused = False

    def make(self, attempt: Callable[[], Answer | Failure]) -> Answer | Failure:
        """Ask until there is an answer, or reason to stop.

        Parameters
        ----------
        attempt
            Builds, signs and sends once.
        """
        self._reserve.begin()
        retrying = tenacity.Retrying(
            retry=lambda state: wants_again(_outcome(state), money=self._money),
            stop=self._stop,
            wait=_pause,
            sleep=self._budget.pause,
            before_sleep=lambda _: self._before_pause(),
            retry_error_callback=_outcome,
        )
        outcome: Answer | Failure = retrying(attempt)
        if _is_answer(outcome):
            self._reserve.put_back(self._taken)
        if isinstance(outcome, Failure) and self._refused:
            return replace(outcome, held_back=True)
        return outcome

    def _stop(self, state: tenacity.RetryCallState) -> bool:
        outcome = _outcome(state)
        # At 60 s the API is saying "not now": better to say so than to hold everything up.
        too_long = isinstance(outcome, Failure) and (outcome.retry_after or 0) > SECONDS
        if too_long or state.attempt_number >= ATTEMPTS or state.upcoming_sleep >= self._budget.remaining():
            return True
        self._refused = not self._reserve.take(self._clock)
        self._taken += not self._refused
        return self._refused


def wants_again(outcome: Answer | Failure | None, *, money: bool) -> bool:
    """Say whether the rules ask for another attempt."""
    if not isinstance(outcome, Failure):
        return False
    rule = RULES[outcome.event]
    return rule.money == "never sent" if money else rule.read == "again"


def _is_answer(outcome: Answer | Failure) -> bool:
    """Say whether somebody spoke, be it to refuse: then it is no outage."""
    if isinstance(outcome, Failure):
        return outcome.status is not None and RULES[outcome.event].read == "stop"
    return True


def _pause(state: tenacity.RetryCallState) -> float:
    outcome = _outcome(state)
    if isinstance(outcome, Failure) and outcome.retry_after is not None:
        return outcome.retry_after
    return _BACKOFF(state)


def _outcome(state: tenacity.RetryCallState) -> Answer | Failure | None:
    """Read the result of the last attempt; an exception is none of the rules' business and goes on up."""
    if state.outcome is None or state.outcome.failed:
        return None
    outcome: Answer | Failure = state.outcome.result()
    return outcome
