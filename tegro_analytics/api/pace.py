"""Not too many calls at once, and not too fast."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from tegro_analytics.api.clock import Clock
from tegro_analytics.api.shared import Shared


class Pace:
    """Space the calls of one key over all threads of the process, and over all its clients."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free_at = 0.0

    def delay(self, interval: float, clock: Clock) -> float:
        """Take the next place in the row; gives the seconds to wait until it comes.

        Examples
        --------
        >>> pace, clock = Pace(), Clock(monotonic=lambda: 100.0)
        >>> [pace.delay(0.25, clock) for _ in range(3)]
        [0.0, 0.25, 0.5]
        """
        with self._lock:
            now = clock.monotonic()
            start = max(now, self._free_at)
            self._free_at = start + interval
            return start - now

    def hold(self, seconds: float, clock: Clock) -> None:
        """Let nobody through for so long: the API asked for it."""
        with self._lock:
            self._free_at = max(self._free_at, clock.monotonic() + seconds)


PACES = Shared(Pace)
"""The paces of the keys."""


class Gate:
    """Know which calls are on the wire at the same time, and let one be there alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._entered = 0
        self._alone = False

    @contextlib.contextmanager
    def together(self) -> Iterator[Passage]:
        """Be on the wire beside others; the passage says afterwards whether there were any."""
        with self._changed:
            while self._alone:
                self._changed.wait()
            crowded = self._inside > 0
            self._inside += 1
            self._entered += 1
            mark = self._entered
        passage = Passage()
        try:
            yield passage
        finally:
            with self._changed:
                self._inside -= 1
                passage.crowded = crowded or self._entered != mark
                self._changed.notify_all()

    @contextlib.contextmanager
    def alone(self) -> Iterator[Passage]:
        """Wait until the wire is free, and keep it free of others."""
        with self._changed:
            while self._alone:
                self._changed.wait()
            self._alone = True
            while self._inside:
                self._changed.wait()
        try:
            yield Passage()
        finally:
            with self._changed:
                self._alone = False
                self._changed.notify_all()


class Passage:
    """Tell of one stay on the wire."""

    __slots__ = ("crowded",)

    def __init__(self) -> None:
        self.crowded = False
