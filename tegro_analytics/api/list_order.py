"""In which order a list stands, judged by the dates of creation met on the way through it."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, field

from tegro_analytics.api.look import Look
from tegro_analytics.api.pass_report import ListOrder, dated

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
    twice. A row younger than all of page 1 is set aside, for it may have come in since; that it did is
    believed only where rows met before follow it, as they do when a burst has pushed them back. So a list is
    never called newest first because its disorder was taken for arrivals.

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
    _aside: bool = False
    _disorder: bool = False

    def add(self, look: Look) -> None:
        """Take in the next page of the way, with those of its rows that are unseen ones."""
        if not look.repeats:
            self._add_unseen(dated(look.created))
            return
        run: list[str | None] = []
        for key, date in zip(look.keys, look.created, strict=True):
            if key in look.new:
                run.append(date)
            else:
                self._add_unseen(dated(run))
                self._aside = False
                run = []
        self._add_unseen(dated(run))

    def _add_unseen(self, dates: list[str]) -> None:
        """Take in unseen rows that follow each other."""
        if not dates:
            return
        self._all.add(dates)
        front = self._front = self._front or max(dates)
        if max(dates) <= front:
            self._disorder |= self._aside
            self._settled.add(dates)
            return
        for date in dates:
            if date > front:
                self._aside = True
            else:
                self._disorder |= self._aside
                self._settled.add([date])

    @property
    def verdict(self) -> ListOrder:
        """The order, as far as the rows met so far show it."""
        if self._all.rises and self._all.falls:
            settled = not (self._aside or self._disorder)
            return "newest" if settled and self._settled.falls and not self._settled.rises else "mixed"
        if self._all.falls:
            return "newest"
        return "oldest" if self._all.rises else "unknown"
