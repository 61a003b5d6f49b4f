"""What reached the sandbox: one entry for each attempt, whatever became of it."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 200_000


@dataclass(slots=True)
class Attempt:
    """Hold one attempt. It is entered before it is acted on, and completed when the answer is known.

    ``status``, ``type`` and ``reason`` are what the API answered. Where a ``fault`` was shown instead,
    ``status`` is the one on the wire, if there was one, and ``type`` stays empty; ``acted`` says whether the
    method was carried out.
    """

    number: int
    time: float
    method: str
    nonce: int | None = None
    page: int | None = None
    shop_id: str | None = None
    status: int | None = None
    type: str | None = None
    reason: str | None = None
    fault: str | None = None
    acted: bool = False


class Log:
    """Keep the last attempts, and count all of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[Attempt] = deque(maxlen=KEPT)
        self._total = 0
        self._methods: Counter[str] = Counter()
        self._nonces: set[int] = set()

    def enter(self, method: str, *, time: float, fault: str | None = None) -> Attempt:
        """Enter an attempt as soon as its path is known."""
        with self._lock:
            self._total += 1
            self._methods[method] += 1
            attempt = Attempt(self._total, time, method, fault=fault)
            self._kept.append(attempt)
            return attempt

    def signed(self, attempt: Attempt, *, nonce: int, shop_id: str) -> None:
        """Note what a rightly signed body said."""
        with self._lock:
            attempt.nonce, attempt.shop_id = nonce, shop_id
            self._nonces.add(nonce)

    def clear(self) -> None:
        """Forget all of it, so that a test counts from 0."""
        with self._lock:
            self._kept.clear()
            self._methods.clear()
            self._nonces.clear()
            self._total = 0

    def to_dict(self, *, method: str | None = None, limit: int | None = None) -> dict[str, Any]:
        """Show the counts of everything, and the last entries, oldest first."""
        with self._lock:
            entries = [asdict(entry) for entry in self._kept if method in (None, entry.method)]
            return {
                "attempts": self._total,
                "distinct_nonces": len(self._nonces),
                "by_method": dict(self._methods),
                "entries": entries if limit is None else entries[len(entries) - min(limit, len(entries)) :],
            }
