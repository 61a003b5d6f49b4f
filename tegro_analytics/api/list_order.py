"""In which order a list stands, judged by the dates of creation met on the way through it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tegro_analytics.api.pass_report import ListOrder, is_dated

__all__ = ["OrderSeen"]


@dataclass(slots=True)
class _Slope:
    """Follow a sequence of dates: does it rise anywhere, does it fall anywhere?"""

    last: str | None = None
    rises: bool = False
    falls: bool = False

    def add(self, date: str) -> None:
        if self.last is not None:
            self.rises |= date > self.last
            self.falls |= date < self.last
        self.last = date


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
    >>> seen.add([("2026-10-02 10:00:00", True), ("2026-10-01 10:00:00", True)])
    >>> seen.verdict
    'newest'
    """

    front: str | None = None
    """The newest date on page 1 when it was first read."""
    _all: _Slope = field(default_factory=_Slope)
    _settled: _Slope = field(default_factory=_Slope)
    _aside: bool = False
    _disorder: bool = False
    _begun: bool = False

    def add(self, rows: Sequence[tuple[str | None, bool]]) -> None:
        """Take in the rows of the next page: date of creation, and whether the row is an unseen one."""
        if not self._begun:
            self._begun = True
            self.front = max((date for date, _ in rows if date is not None and is_dated(date)), default=None)
            self._follow(date for date, new in rows if new)
            return
        for date, new in rows:
            if not new:
                self._aside = False
            elif date is not None and is_dated(date):
                self._later(date)

    def _follow(self, dates: Iterable[str | None]) -> None:
        for date in dates:
            if date is not None and is_dated(date):
                self._all.add(date)
                self._settled.add(date)

    def _later(self, date: str) -> None:
        """Take in an unseen row of a page after the first."""
        self._all.add(date)
        if self.front is not None and date > self.front:
            self._aside = True
            return
        self._disorder |= self._aside
        self._settled.add(date)

    @property
    def verdict(self) -> ListOrder:
        """The order, as far as the rows met so far show it."""
        if self._all.rises and self._all.falls:
            settled = not (self._aside or self._disorder)
            return "newest" if settled and self._settled.falls and not self._settled.rises else "mixed"
        if self._all.falls:
            return "newest"
        return "oldest" if self._all.rises else "unknown"
