"""The pages of a reading that was interrupted: what of them another reading can build on."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace

from tegro_analytics.api.lists.lap import LONGEST
from tegro_analytics.api.lists.list_order import OrderSeen
from tegro_analytics.api.lists.look import Ids, Look
from tegro_analytics.api.lists.mark import Leg, Mark
from tegro_analytics.api.lists.page import Page
from tegro_analytics.api.lists.pass_report import Tally, dated

__all__ = ["Staged", "replay"]


class Staged:
    """Gather what the pages of an interrupted reading show, given one by one in their order.

    ``ids`` holds the rows of the way that can be relied on: of every row that stood between two of them, or
    above the last one and below the youngest, it is known that it was met. Other pages brought rows, too, but
    what stands around these is not known.
    """

    def __init__(self, mark: Mark) -> None:
        self.mark = mark
        self.tally = Tally()
        """What all pages hold, those of earlier walks included."""
        self.ids: set[Hashable] = set()
        self.order = OrderSeen()
        self.begin: list[Ids] = []
        """The first pages of the way."""
        self.pages = 0
        """Pages of the way that brought unseen rows."""
        self.last = 0
        """The number of the last page of the way."""
        self.newest_at_start: str | None = None
        """The newest date on page 1 when the way began …"""
        self.front: str | None = None
        """… and when it was last looked at to go on."""
        self.youngest: str | None = None
        """The newest date of the walks before."""
        self.unmet = 0
        """Rows of this walk that are not younger than that, and that the walks before had not met."""
        self.given = 0
        self._legs = mark.whole_legs
        self._leg: Leg | None = None

    @property
    def usable(self) -> bool:
        """Whether the list is seen to stand newest or oldest first; else no row tells what stands around."""
        return self.pages > 1 and self.order.verdict in ("newest", "oldest")

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The legs of the way, as far as its pages are there; none where they are of no use."""
        return (*self._legs[:-1], replace(self._legs[-1], sure=self.last)) if self.usable else ()

    def take(self, page: Page) -> None:
        """Take in the next page."""
        if self.given == self._legs[0].begin:
            self.youngest = self.tally.newest
        for leg in self._legs:
            if leg.begin == self.given:
                self._leg, self.last = leg, leg.first - 1
        if self._leg is not None and self.mark.walk > 1:
            self.unmet += unmet(page, self.tally.ids, self.youngest)
        self.tally.recall(page)
        self.given += 1
        if self._leg is not None and self._leg.goes_on(self.last, page.number):
            self._go_on(page, self._leg)

    def _go_on(self, page: Page, leg: Leg) -> None:
        """Take in the next page of the way."""
        ids = frozenset(page.keys)
        if leg is self._legs[0] and page.number <= LONGEST:
            self.begin += [frozenset()] * (page.number - len(self.begin) - 1) + [ids]
        if page.number == 1:
            self.front = max(dated(page.created), default=None)
            self.newest_at_start = self.front if leg is self._legs[0] else self.newest_at_start
        look = Look(page.number, page.keys, page.created, ids=ids, new=ids - self.ids)
        self.last = page.number
        self.ids |= look.new
        self.pages += bool(look.new)
        if self._legs.index(leg) % 2 == 0:  # the others go over what came in, from page 1 again
            self.order.add(look)


def replay(pages: Iterable[Page], mark: Mark) -> Staged:
    """Read the pages of an interrupted reading; nothing of them is kept but the keys of their rows."""
    staged = Staged(mark)
    for page in pages:
        staged.take(page)
    return staged


def unmet(page: Page, met: set[Hashable], youngest: str | None) -> int:
    """Count the rows of a page that were not met before, though they may have been there.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> dates = ("2026-10-03 10:00:00", "2026-10-01 10:00:00", "2026-10-01 09:00:00")
    >>> page = Page(1, b"[]", (3, 2, 1), dates, datetime(2026, 10, 3, tzinfo=UTC))
    >>> unmet(page, {1}, "2026-10-02 10:00:00")
    1
    """
    count = 0
    for key, created in zip(page.keys, page.created, strict=True):
        if key not in met:
            date = next(iter(dated([created])), None)
            count += not (date is not None and youngest is not None and date > youngest)
    return count
