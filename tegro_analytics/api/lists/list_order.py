"""In which order a list stands, judged by the dates of creation met on the way through it."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tegro_analytics.api.lists.look import Look
from tegro_analytics.api.lists.pass_report import ListOrder, dated

__all__ = ["OrderSeen"]


@dataclass(slots=True)
class _Slope:
    """Follow a sequence of dates: does it rise anywhere, does it fall anywhere?"""

    last: str | None = None
    rises: bool = False
    falls: bool = False

    def add(self, dates: Sequence[str]) -> None:
        if not dates:
            return
        earlier = dates if self.last is None else [self.last, *dates]
        later = earlier[1:]
        self.rises = self.rises or any(map(operator.lt, earlier, later))
        self.falls = self.falls or any(map(operator.gt, earlier, later))
        self.last = dates[-1]


@dataclass(slots=True)
class OrderSeen:
    """Judge the order of a list from its rows, in the order in which they are met.

    Rows met before are left out: a row that comes in at the front moves the others back, and some are met
    twice. Rows younger than all of page 1 are set aside, for they may have come in since; that they did is
    believed only where rows met before follow them on the page, as they do when a burst has pushed these
    back. So a list is never called newest first because its disorder was taken for arrivals.

    Examples
    --------
    >>> seen = OrderSeen()
    >>> seen.add(Look(1, (7, 6), ("2026-10-02 10:00:00", "2026-10-01 10:00:00"), new=frozenset({7, 6})))
    >>> seen.verdict
    'newest'
    """

    _front: str | None = None
    """The newest date on page 1 when it was first read."""
    _all: _Slope = field(default_factory=_Slope)
    _settled: _Slope = field(default_factory=_Slope)
    _disorder: bool = False

    def add(self, look: Look) -> None:
        """Take in the next page of the way, with those of its rows that are unseen ones."""
        if not look.repeats:
            self._add_run(look.created, followed=False)
            return
        run: list[str | None] = []
        for key, date in zip(look.keys, look.created, strict=True):
            if key in look.new:
                run.append(date)
            else:
                self._add_run(run, followed=True)
                run = []
        self._add_run(run, followed=False)

    def _add_run(self, created: Iterable[str | None], *, followed: bool) -> None:
        """Take in unseen rows that stand together; ``followed`` by one met before, or not."""
        dates = dated(created)
        if not dates:
            return
        self._all.add(dates)
        self._front = self._front or max(dates)
        if max(dates) <= self._front:
            self._settled.add(dates)
        elif not followed or min(dates) <= self._front:
            self._disorder = True

    @property
    def verdict(self) -> ListOrder:
        """The order, as far as the rows met so far show it."""
        if self._all.rises and self._all.falls:
            falls = self._settled.falls and not self._settled.rises
            return "newest" if falls and not self._disorder else "mixed"
        if self._all.falls:
            return "newest"
        return "oldest" if self._all.rises else "unknown"
