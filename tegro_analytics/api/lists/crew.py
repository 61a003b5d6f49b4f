"""Pages that are fetched side by side, by threads that go from one to the next."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass

from tegro_analytics.api.lists.page import Page

__all__ = ["Crew", "Ticket"]

HEARTBEAT_SECONDS = 0.25
"""So often whoever waits looks up: while it waits, Ctrl-C does not reach it on Windows, nor anywhere an
interruption that another thread asks for."""


@dataclass(slots=True, eq=False)
class Ticket:
    """Hold one page that was asked for: what came, or why nothing did.

    ``sent`` and ``received`` count the events of a crew. A page that was received before another one was sent
    was served before it; of two whose spans overlap nobody knows which the server looked up first.
    """

    number: int
    sent: int
    received: int | None = None
    page: Page | None = None
    error: Exception | None = None

    @property
    def done(self) -> bool:
        """Whether something came of it, and was taken in."""
        return self.received is not None


class _Hall:
    """Hold what the threads of a crew share: tickets in, a bell for each that is settled."""

    def __init__(self, fetch: Callable[[int], Page]) -> None:
        self.fetch = fetch
        self.due: queue.SimpleQueue[Ticket | None] = queue.SimpleQueue()
        self.bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.threads = 0

    def work(self) -> None:
        """Fetch page after page, until there is a ticket that is none."""
        while (ticket := self.due.get()) is not None:
            try:
                ticket.page = self.fetch(ticket.number)
            except Exception as error:  # noqa: BLE001  it is raised in the thread that asked
                ticket.error = error
            self.bell.put(None)

    def dismiss(self) -> None:
        """Let the threads end, each when it is done with its page."""
        while self.threads:
            self.threads -= 1
            self.due.put(None)


class Crew:
    """Fetch pages side by side. One thread asks and waits; it alone uses the crew.

    There are as many threads as pages were ever under way at once: a new one for each page costs as much CPU
    as the page. They are daemons and have nothing to tidy up, so a program that is interrupted ends at once,
    and does not wait for a server that is silent; they end with the crew. What ``fetch`` raises is raised in
    the thread that asked.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> crew = Crew(lambda number: Page(number, b"[]", (), (), datetime(2026, 10, 1, tzinfo=UTC)))
    >>> ticket = crew.send(3)
    >>> while not ticket.done:
    ...     crew.wait()
    >>> ticket.page, crew.busy
    (Page(3, 0 records), 0)
    """

    def __init__(self, fetch: Callable[[int], Page]) -> None:
        self.now = 0
        """Events so far. They are counted here and not by the threads: what came counts when it is seen."""
        self.most = 0
        """How many pages were under way at once, at most."""
        self._under_way: list[Ticket] = []
        self._hall = _Hall(fetch)
        # The threads know the hall and not the crew, so a crew that nobody knows any more goes, and they too.
        weakref.finalize(self, self._hall.dismiss)

    @property
    def busy(self) -> int:
        """How many pages are under way."""
        return len(self._under_way)

    def send(self, number: int) -> Ticket:
        """Ask for a page, and do not wait for it."""
        self.now += 1
        ticket = Ticket(number, self.now)
        self._under_way.append(ticket)
        self._hall.due.put(ticket)
        self.most = max(self.most, self.busy)
        if self._hall.threads < self.busy:
            threading.Thread(target=self._hall.work, name="tegro-pages", daemon=True).start()
            self._hall.threads += 1
        return ticket

    def wait(self) -> None:
        """Wait until a page has come that had not when this last returned, or none is under way."""
        while self._under_way and not self._take_in():
            self._listen(HEARTBEAT_SECONDS)

    def wait_for_rest(self, seconds: float) -> None:
        """Wait until nothing is under way any more, but not for long; then the threads end."""
        end = time.monotonic() + seconds
        while self._under_way and (left := end - time.monotonic()) > 0:
            if not self._take_in():
                self._listen(min(left, HEARTBEAT_SECONDS))
        self._hall.dismiss()

    def _listen(self, seconds: float) -> None:
        with contextlib.suppress(queue.Empty):
            self._hall.bell.get(timeout=seconds)

    def _take_in(self) -> bool:
        """See what has come; a bell that was missed is no matter."""
        came = [ticket for ticket in self._under_way if ticket.page is not None or ticket.error is not None]
        for ticket in came:
            self.now += 1
            ticket.received = self.now
        if came:
            self._under_way = [ticket for ticket in self._under_way if not ticket.done]
        return bool(came)
