"""Pages read before they are wanted, so that none of the time of a request is spent waiting for another one.

Reading ahead loses rows where nothing is done about it: page n + 1 is served, a row comes in at the front,
page n is served, and the row on their border is on neither. So pages are read in segments, with a fence after
each: page 1 once more. Where it shows no row that it did not show before the segment, nothing has moved.
Where it does, the segment is read a second time, and one page more of it: a row that moved on while the first
round was under way is met by the second one. Where so many rows came in that page 1 has nothing in common
with what it was, the pages are read one by one, each sent after the one before has come. The longer nothing
comes in, the longer a segment is, up to a limit.

All of this holds where rows come in at one end alone: it is for lists that are seen to stand newest or oldest
first. Rows that go away are no matter of it; only another way through the list finds what they moved.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from tegro_analytics.api.lists.crew import Crew, Ticket
from tegro_analytics.api.lists.page import Page
from tegro_analytics.api.lists.segment import Fence, Segment, fence_of

__all__ = ["Ahead"]

SEGMENT = 16
"""Pages between two fences, at least; with many workers more, each of them has …"""
ROUNDS = 4
"""… so many."""
MOST_CALM = 4
"""Where nothing comes in, segments grow, up to so many times that length: one call in 65 is a fence."""
FIRST = 8
"""A list of more than a page is taken to go on for so many pages, or for twice those met."""
STRETCH = 3
"""So many pages for each worker are read, at most, beyond the last one taken: slow ones hold others up."""


class Ahead:
    """Fetch the pages of one way through a list before they are wanted.

    Parameters
    ----------
    crew
        What fetches.
    workers
        Says how many pages may be under way at once; asked each time, as it may change: with one, pages are
        read one by one, and no fence is needed.
    limit
        No page beyond this one is read ahead.
    expected
        How many pages the list had a moment ago, where it was read then: no more are read ahead.

    Attributes
    ----------
    asides : deque of Page
        What was read besides: page 1 and second rounds. Their rows count like all others.
    moved : bool
        Whether, to make sure of the last pages of the way, they had to be read one by one. Then rows may have
        moved past the end as it was when it was looked at.
    """

    def __init__(self, crew: Crew, *, workers: Callable[[], int], limit: int, expected: int = 0) -> None:
        self.asides: deque[Page] = deque()
        self.moved = False
        self._crew = crew
        self._workers = workers
        self._limit = min(limit, expected + 1) if expected else limit
        self._expected = expected
        self._taken = 0
        self._next = 1
        self._way: dict[int, Ticket] = {}
        self._segments: deque[Segment] = deque()
        self._fence: Fence | None = None
        self._asked: Ticket | None = None
        self._alone: deque[int] = deque()
        self._calm = 1

    @property
    def used(self) -> bool:
        """Whether pages were read side by side."""
        return self._crew.most > 1

    @property
    def pending(self) -> bool:
        """Whether pages that were sent for are to be taken still, or to be made sure of."""
        return bool(self._way or self._segments)

    @property
    def unsure(self) -> int | None:
        """The first page that is to be made sure of still, if any."""
        return self._segments[0].first if self._segments else None

    def passed(self, page: Page, *, sent: int) -> None:
        """Take note of a page that was read without this, sent after event ``sent``."""
        if page.number == 1:
            self._fence = fence_of(page, sent=sent)
        if page.number == self._taken + 1 and page.number not in self._way:
            self._taken = page.number
            self._next = max(self._next, page.number + 1)

    def page(self, number: int) -> Page:
        """Give the next page of the way, and send for those behind it."""
        self._tend(number)
        while (ticket := self._way.get(number)) is None or not ticket.done:
            self._crew.wait()
            self._tend(number)
        del self._way[number]
        if ticket.error is not None:
            raise ticket.error.with_traceback(None)
        self._taken = number
        self.moved = False  # the way goes on from what is whole
        return _page_of(ticket)

    def finish(self, last: int) -> None:
        """Make sure of all pages up to ``last``; what was read beyond it is of no interest.

        Raises
        ------
        Exception
            If a page cannot be read; what is due still is the next time.
        """
        for segment in self._segments:
            segment.cut(last)
            segment.closed = True
        self._segments = deque(segment for segment in self._segments if segment.tickets)
        self._way.clear()
        while self._segments or self._alone:
            self._tend(None)
            if self._segments or self._alone:
                self._crew.wait()

    # Sending

    def _tend(self, wanted: int | None) -> None:
        """Take in what has come, and send for what is due, as long as there is room."""
        self._settle()
        if self._alone:
            self._read_alone()
        workers = max(self._workers(), 1)
        while self._crew.busy < workers and self._send_one(wanted, workers):
            pass

    def _send_one(self, wanted: int | None, workers: int) -> bool:
        """Send for what is wanted most; False if nothing is due."""
        due = next((one for one in self._segments if one.due), None)
        missing = wanted is not None and wanted not in self._way
        if self._asked is None and self._wants_fence():
            self._asked = self._crew.send(1)
        elif due is not None and (workers == 1 or not missing):
            due.again[due.due[0]] = self._crew.send(due.due[0])
        elif wanted is not None and missing:
            self._send_way(wanted, workers)
        elif wanted is not None and workers > 1 and self._next <= self._horizon(workers):
            self._send_way(self._next, workers)
        else:
            return False
        return True

    def _horizon(self, workers: int) -> int:
        """Say how far to read: not much farther than the list is known to go, nor past a bare page."""
        bare = (ticket.number for ticket in self._way.values() if ticket.page and not ticket.page.keys)
        known = max(2 * self._taken, FIRST, self._expected - self._taken)
        return min(self._taken + min(known, STRETCH * workers), self._limit, *bare)

    def _send_way(self, number: int, workers: int) -> None:
        """Send for a page of the way; where others are under way, as part of a segment."""
        ticket = self._way[number] = self._crew.send(number)
        if number < self._next:  # it failed before, and is sent for again
            for one in self._segments:
                if one.first <= number <= one.last:
                    one.tickets[number] = ticket
            return
        self._next = number + 1
        if (segment := self._open_segment(number, workers)) is not None:
            segment.tickets[number], segment.last = ticket, number
            segment.closed = workers == 1 or number - segment.first + 1 >= self._length(workers)

    def _open_segment(self, number: int, workers: int) -> Segment | None:
        """Find the segment that a page belongs to, or begin one; pages that are read singly need none."""
        if self._segments and not self._segments[-1].closed:
            return self._segments[-1]
        if workers == 1 or self._fence is None:
            return None
        self._segments.append(Segment(number, self._fence.ids, number))
        return self._segments[-1]

    def _length(self, workers: int) -> int:
        return max(SEGMENT, ROUNDS * workers) * self._calm

    def _wants_fence(self) -> bool:
        newest = self._fence.sent if self._fence else 0
        ready = (segment.in_since() for segment in self._segments)
        return any(since is not None and since > newest for since in ready)

    # What has come

    def _settle(self) -> None:
        """Judge the segments by the newest fence."""
        self._take_fence()
        self._take_rounds()
        fence = self._fence
        for segment in list(self._segments):
            since = segment.in_since()
            if fence is None or since is None or fence.sent < since:
                continue
            verdict = segment.judge(fence)
            calm = verdict == "whole" and not segment.twice
            self._calm = min(2 * self._calm, MOST_CALM) if calm else 1
            if verdict == "whole":
                self._segments.remove(segment)
            elif verdict == "again":
                segment.twice = True
            else:
                self._alone = deque(range(self._segments[0].first, self._next))
                return

    def _take_fence(self) -> None:
        if self._asked is None or not self._asked.done:
            return
        ticket, self._asked = self._asked, None
        page = _page_of(ticket)
        self._fence = fence_of(page, sent=ticket.sent)
        self.asides.append(page)

    def _take_rounds(self) -> None:
        for segment in self._segments:
            for number, ticket in list(segment.again.items()):
                if ticket.error is not None:
                    del segment.again[number]
                    raise ticket.error.with_traceback(None)
                if ticket.page is not None and ticket.done:
                    self.asides.append(ticket.page)
                    ticket.page = None

    def _read_alone(self) -> None:
        """Read pages one by one, up to the last that was sent for; then all of them are whole.

        Those that are still to be taken take the place of what was read before: a page that was empty then,
        and seemed to be the end, may hold rows now.
        """
        while self._crew.busy:
            self._crew.wait()
        while self._alone:
            number = self._alone[0]
            ticket = self._one(number)
            if number in self._way:
                self._way[number] = ticket
            else:
                self.asides.append(_page_of(ticket))
            self._alone.popleft()
        self._segments.clear()
        self._asked = None
        self.moved = True
        ticket = self._one(1)
        self._fence = fence_of(_page_of(ticket), sent=ticket.sent)
        self.asides.append(_page_of(ticket))

    def _one(self, number: int) -> Ticket:
        """Read one page while no other is under way."""
        ticket = self._crew.send(number)
        while not ticket.done:
            self._crew.wait()
        if ticket.error is not None:
            raise ticket.error.with_traceback(None)
        return ticket


def _page_of(ticket: Ticket) -> Page:
    """Give the page that came, or raise why none did; what the thread was doing says nothing to a person."""
    if ticket.error is not None:
        raise ticket.error.with_traceback(None)
    if ticket.page is None:
        raise RuntimeError("the page has not come yet")
    return ticket.page
