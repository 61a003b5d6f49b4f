"""What several calls are made for, so that all of them can be called off at once."""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Iterator

from tegro_analytics.api.watchdog import Watch

__all__ = ["Errand"]


class Errand:
    """Know whether somebody still waits for what is asked; any number of threads may run it.

    Called off, its exchanges end at once, its pauses too, and nothing is sent for it any more.

    Examples
    --------
    >>> errand, watch = Errand(), Watch(30)
    >>> with errand.watching(watch):
    ...     errand.call_off()
    >>> errand.called_off, watch.called_off
    (True, True)
    """

    def __init__(self) -> None:
        self._over = threading.Event()
        self._watches: set[Watch] = set()
        self._parts: weakref.WeakSet[Errand] = weakref.WeakSet()
        self._whole: Errand | None = None
        self._lock = threading.Lock()

    @property
    def called_off(self) -> bool:
        """Say whether nobody waits any more."""
        return self._over.is_set()

    def call_off(self) -> None:
        """Say that nobody waits any more; more than once does no harm."""
        self._over.set()
        with self._lock:
            under_way: list[Watch | Errand] = [*self._watches, *self._parts]
        for each in under_way:
            each.call_off()

    def belongs_to(self, whole: Errand) -> None:
        """Be called off when another one is."""
        if self._whole is not whole:
            self._whole = whole
            with whole._lock:
                whole._parts.add(self)
            if whole.called_off:  # it was, just before
                self.call_off()

    def sleep(self, seconds: float) -> None:
        """Wait for so long, or until it is called off."""
        self._over.wait(seconds)

    @contextlib.contextmanager
    def watching(self, watch: Watch) -> Iterator[None]:
        """Let the exchange of the block be ended from outside."""
        try:
            with self._lock:
                self._watches.add(watch)
            if self.called_off:  # it was, just before
                watch.call_off()
            yield
        finally:
            with self._lock:
                self._watches.discard(watch)
