"""What the clients of one key at one address share, over all threads of the process."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Shared"]

T = TypeVar("T")


class Shared(Generic[T]):
    """Hold one object for each key and address, as long as somebody uses it.

    Examples
    --------
    >>> shared = Shared(set)
    >>> mine = shared.of("one", "https://tegro.money")
    >>> mine is shared.of("one", "https://tegro.money"), mine is shared.of("another", "https://tegro.money")
    (True, False)
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._held: weakref.WeakValueDictionary[tuple[str, str], T] = weakref.WeakValueDictionary()
        self._finding = threading.Lock()

    def of(self, fingerprint: str, base_url: str) -> T:
        """Find the object, or make it."""
        with self._finding:
            one = self._held.get((fingerprint, base_url))
            if one is None:
                one = self._held[fingerprint, base_url] = self._make()
            return one

    def clear(self) -> None:
        """Let all of them go: whoever asks next is given a new one."""
        with self._finding:
            self._held.clear()
