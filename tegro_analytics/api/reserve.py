"""How many further attempts the calls of a key may make together, so that an outage does not multiply load.

Five attempts for each call are right while one call in a hundred fails. When nothing is answered any more,
they would send five times as much to a server that is in trouble already.
"""

from __future__ import annotations

import threading

from tegro_analytics.api.clock import Clock
from tegro_analytics.api.shared import Shared

FULL = 16.0
"""Four further attempts for each of four workers: a short outage ends no call of theirs."""

PER_CALL = 0.2
PER_SECOND = 0.1


class Reserve:
    """Hold further attempts for the calls of one key, over all threads of the process and all its clients.

    A further attempt takes one. A call puts 0.2 in when it begins, and a second 0.1. A call that is answered
    puts back what it took, and one at least: only calls that get no answer use the reserve up. So of ``n``
    calls to a server that answers nothing, no more than ``1.2 n + 16`` requests are made, and a tenth of a
    request a second.

    Examples
    --------
    >>> reserve, clock = Reserve(), Clock(monotonic=lambda: 100.0)
    >>> [reserve.take(clock) for _ in range(17)].count(True)
    16
    >>> reserve.put_back(2)
    >>> [reserve.take(clock) for _ in range(3)]
    [True, True, False]
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = FULL
        self._seen = float("inf")

    def begin(self) -> None:
        """Count a call that begins."""
        self._add(PER_CALL)

    def take(self, clock: Clock) -> bool:
        """Take one further attempt, if there is one."""
        with self._lock:
            now = clock.monotonic()
            self._left = min(FULL, self._left + PER_SECOND * max(0.0, now - self._seen))
            self._seen = now
            if self._left < 1.0 - 1e-9:  # five times 0.2 is one
                return False
            self._left -= 1.0
            return True

    def put_back(self, taken: int) -> None:
        """Count a call that was answered after so many further attempts."""
        self._add(max(1, taken))

    def _add(self, attempts: float) -> None:
        with self._lock:
            self._left += attempts


RESERVES = Shared(Reserve)
"""The reserves of the keys."""
