"""A run of pages that were fetched side by side, and what page 1 says of them afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from tegro_analytics.api.lists.crew import Ticket
from tegro_analytics.api.lists.look import Ids
from tegro_analytics.api.lists.page import Page

__all__ = ["Fence", "Segment", "Verdict", "fence_of"]

Verdict = Literal["whole", "again", "alone"]


@dataclass(frozen=True, slots=True)
class Fence:
    """Hold page 1 as it was at some moment between two events of a crew."""

    ids: Ids
    sent: int


@dataclass(slots=True)
class Segment:
    """Hold the pages from ``first`` to ``last``; ``front`` is page 1 from before the first of them was sent.

    ``tickets`` is the first round; ``again`` a second one, with one page more, sent after the first was in.
    """

    first: int
    front: Ids
    last: int
    tickets: dict[int, Ticket] = field(default_factory=dict)
    again: dict[int, Ticket] = field(default_factory=dict)
    closed: bool = False
    twice: bool = False

    @property
    def due(self) -> list[int]:
        """List the pages of the second round that were not sent for yet."""
        wanted = range(self.first, self.last + 2) if self.twice else ()
        return [number for number in wanted if number not in self.again]

    def in_since(self) -> int | None:
        """Tell the event with which all of its pages were in; None while one is not."""
        tickets = [*self.tickets.values(), *self.again.values()]
        if not self.closed or self.due or any(not ticket.done or ticket.error for ticket in tickets):
            return None
        return max(ticket.received or 0 for ticket in tickets)

    def cut(self, last: int) -> None:
        """Leave out the pages after ``last``."""
        self.last = min(self.last, last)
        self.tickets = {number: ticket for number, ticket in self.tickets.items() if number <= last}

    def judge(self, fence: Fence) -> Verdict:
        """Say what page 1, read after all pages were in, means for them.

        ``whole``: every row that stood on these pages when the first of them was sent is among the rows read.
        No row came in meanwhile; or fewer than a page came in over two rounds: then a row has moved on by one
        page at most, and either the first round met it before it moved, or the second one after.

        ``again``: fewer rows than a page have come in, and a second round will do.

        ``alone``: so many came in that nobody knows how far the rows have moved.
        """
        new = fence.ids - self.front
        if not new and fence.ids & self.front:
            return "whole"
        if not fence.ids & self.front or len(new) >= self._rows_of_a_page():
            return "alone"
        return "whole" if self.twice else "again"

    def _rows_of_a_page(self) -> int:
        """Tell how many rows a page has; none where pages differ from page 1, the last one aside."""
        pages = [ticket.page for _, ticket in sorted(self.tickets.items())]
        lengths = [len(page.keys) for page in pages if page is not None and page.keys]
        full = len(self.front)
        even = all(length == full for length in lengths[:-1]) and max(lengths, default=0) <= full
        return full if even else 0


def fence_of(page: Page, *, sent: int) -> Fence:
    """Make a fence of page 1."""
    return Fence(frozenset(page.keys), sent)
