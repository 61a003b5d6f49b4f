"""Time, in one place, so that a test can be the clock and nobody has to wait."""

from __future__ import annotations

import time as system
from collections.abc import Callable
from dataclasses import dataclass

from tegro_analytics.api.errand import Errand


@dataclass(frozen=True, slots=True)
class Clock:
    """Tell the time and wait.

    Attributes
    ----------
    time : callable
        Seconds since 1970 UTC; may jump when the system's clock is set.
    monotonic : callable
        Seconds that only grow.
    sleep : callable or None
        Wait for seconds. The system's own way ends early where nobody waits for the call any more.
    """

    time: Callable[[], float] = system.time
    monotonic: Callable[[], float] = system.monotonic
    sleep: Callable[[float], None] | None = None


class Budget:
    """Hold the time that one call may take, with all its attempts and the pauses between them.

    Waiting for one's turn (pace, another process that uses the key) is not the answer being slow: it is
    counted in ``waited`` and does not use the time up. Where the errand of the call is called off, no time
    is left, and no pause goes on.

    Attributes
    ----------
    errand : Errand
        What the call is made for.
    waited : float
        Seconds spent waiting.
    """

    __slots__ = ("_clock", "_until", "errand", "waited")

    def __init__(self, seconds: float, clock: Clock, *, errand: Errand | None = None) -> None:
        self.errand = errand or Errand()
        self._clock = clock
        self._until = clock.monotonic() + seconds
        self.waited = 0.0

    def remaining(self) -> float:
        """Say how many seconds are left; never less than zero."""
        if self.errand.called_off:
            return 0.0
        return max(0.0, self._until - self._clock.monotonic())

    def pause(self, seconds: float) -> None:
        """Wait before the next attempt; this uses the time up."""
        (self._clock.sleep or self.errand.sleep)(seconds)
        self.waited += seconds

    def queue(self, seconds: float) -> None:
        """Wait for one's turn; this does not use the time up."""
        if seconds > 0:
            self._until += seconds
            self.pause(seconds)
