"""Ask again, where the rules say so: around build, sign and send, so that each attempt is a new call."""

from __future__ import annotations

from collections.abc import Callable

import tenacity

from tegro_analytics.api.answers import Answer
from tegro_analytics.api.clock import Budget
from tegro_analytics.api.events import RULES, Failure

ATTEMPTS = 5
SECONDS = 60.0
_BACKOFF = tenacity.wait_exponential_jitter(multiplier=0.5, max=16.0, jitter=0.5)


def ask_until_answered(
    attempt: Callable[[], Answer | Failure],
    *,
    money: bool,
    budget: Budget,
    before_pause: Callable[[], None],
) -> Answer | Failure:
    """Ask at most five times, as long as the rules and the time allow.

    Parameters
    ----------
    attempt
        Builds, signs and sends once.
    money
        Whether the call moves money: then only what was proven never to have left is sent again.
    budget
        The time of the call; a pause that would use it up is not begun.
    before_pause
        Told of each further attempt, before the pause.
    """

    def stop(state: tenacity.RetryCallState) -> bool:
        outcome = _outcome(state)
        # At 60 s the API is saying "not now": better to say so than to hold everything up.
        too_long = isinstance(outcome, Failure) and (outcome.retry_after or 0) > SECONDS
        return too_long or state.attempt_number >= ATTEMPTS or state.upcoming_sleep >= budget.remaining()

    retrying = tenacity.Retrying(
        retry=lambda state: wants_again(_outcome(state), money=money),
        stop=stop,
        wait=_pause,
        sleep=budget.pause,
        before_sleep=lambda _: before_pause(),
        retry_error_callback=_outcome,
    )
    return retrying(attempt)


def wants_again(outcome: Answer | Failure | None, *, money: bool) -> bool:
    """Say whether the rules ask for another attempt."""
    if not isinstance(outcome, Failure):
        return False
    rule = RULES[outcome.event]
    return rule.money == "never sent" if money else rule.read == "again"


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
