"""Pages as paging sees them: sets of ids, some of them unseen, and two pages alike or not."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

__all__ = ["Ids", "Look", "far_from", "looks_full", "similar"]

FAR_STEP = 1_000
FAR_FACTOR = 10

FULL_STEP = 5
"""People choose page sizes that are multiples of this …"""
SMALLEST_FULL = 10
"""… and not smaller than this."""

Ids = frozenset[Hashable]


@dataclass(frozen=True, slots=True)
class Look:
    """Hold an answered page as a walk sees it; one without rows may have been refused."""

    number: int = 0
    keys: tuple[Hashable, ...] = ()
    created: tuple[str | None, ...] = ()
    refusal: str | None = None
    ids: Ids = frozenset()
    new: Ids = frozenset()
    """Those of ``ids`` that were unseen on this walk until now."""
    settled: bool = False
    """Whether the rows are known, unchanged, and not recent."""

    @property
    def stale(self) -> bool:
        """Whether less than half of the rows are unseen ones."""
        return 2 * len(self.new) < len(self.ids)

    @property
    def barren(self) -> bool:
        """Whether there are rows, and none of them is unseen."""
        return bool(self.ids) and not self.new

    @property
    def repeats(self) -> bool:
        """Whether some of the rows were seen before."""
        return len(self.new) < len(self.ids)

    def shows_what(self, other: Look) -> bool:
        """Tell whether another look at this very page has shown the same rows."""
        return self.number == other.number and self.ids == other.ids


def similar(some: Ids, others: Ids) -> bool:
    """Tell whether two pages share at least half of the rows of the smaller one; an empty page is like none.

    Examples
    --------
    >>> similar(frozenset({1, 2, 3, 4}), frozenset({3, 4, 5, 6})), similar(frozenset({1}), frozenset())
    (True, False)
    """
    return bool(some and others) and 2 * len(some & others) >= min(len(some), len(others))


def looks_full(rows: int, full_page: int | None = None) -> bool:
    """Tell whether a page of so many rows may well be as long as the server makes its pages.

    ``full_page`` is how long they are, where that is known.

    Examples
    --------
    >>> looks_full(100), looks_full(10), looks_full(7), looks_full(5)
    (True, True, False, False)
    >>> looks_full(40, 100), looks_full(7, 7)
    (False, True)
    """
    if full_page is not None:
        return rows >= full_page
    return rows >= SMALLEST_FULL and rows % FULL_STEP == 0


def far_from(number: int) -> int:
    """Say which page is far behind another one, wherever the list may end.

    Examples
    --------
    >>> far_from(3), far_from(200)
    (1003, 2000)
    """
    return max(number + FAR_STEP, number * FAR_FACTOR)
