"""Which call meets which fault."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

from tegro_analytics.sandbox.faults import REFUSED, RESET_BEFORE, Fault


@dataclass(slots=True)
class Told:
    """Hold a fault and how often it was shown."""

    fault: Fault
    shown: int = 0

    def may_meet(self, method: str, page: int | None) -> bool:
        """Say whether a call may meet it."""
        fault = self.fault
        return (
            (fault.times is None or self.shown < fault.times)
            and (fault.methods is None or method in fault.methods)
            and (fault.pages is None or page in fault.pages)
        )


class Plan:
    """Keep the faults that were told, and choose for each call which one it meets, if any.

    Each call draws one ticket, a number between 0 and 1, from the seed. The shares of the faults that the
    call may meet are laid one after the other from 0, the one told last first; where the ticket lies, there
    is its fault. So each has its share exactly, as long as all of them are not more than 1.
    """

    def __init__(self, faults: Iterable[Fault], *, seed: int) -> None:
        self._lock = threading.Lock()
        self._rng = Random(f"{seed} faults")  # noqa: S311
        self._told: list[Told] = []
        for fault in faults:
            self.tell(fault)

    def __iter__(self) -> Iterator[Told]:
        with self._lock:
            return iter([*self._told])

    def tell(self, fault: Fault) -> None:
        """Add a fault, before the others; a closed port is not met by a call, and is no part of the plan."""
        if fault.name == REFUSED:
            return
        with self._lock:
            self._told.insert(0, Told(fault))
            # What is met before the body is read is looked at first.
            self._told.sort(key=lambda told: told.fault.name != RESET_BEFORE)

    def forget(self) -> None:
        """Show no fault from now on."""
        with self._lock:
            self._told.clear()

    def draw(self) -> float:
        """Draw the ticket of a call."""
        with self._lock:
            return self._rng.random()

    def pick(
        self, ticket: float, *, method: str, page: int | None = None, head_only: bool = False
    ) -> Fault | None:
        """Choose the fault of a call; ``head_only`` asks before the body is read."""
        end = 0.0
        with self._lock:
            for told in self._told:
                if head_only and told.fault.name != RESET_BEFORE:
                    return None
                if told.may_meet(method, page):
                    end += told.fault.share
                    if ticket < end:
                        told.shown += 1
                        return told.fault
        return None
