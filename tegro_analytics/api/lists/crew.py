"""Pages that are fetched side by side, each in a thread of its own."""

from __future__ import annotations

import threading
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
        """Whether something came of it."""
        return self.received is not None


class Crew:
    """Fetch pages side by side. One thread asks and waits; it alone uses the crew.

    The threads are daemons and have nothing to tidy up, so a program that is interrupted ends at once, and
    does not wait for a server that is silent. What ``fetch`` raises is raised in the thread that asked.

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
        self._fetch = fetch
        self._changed = threading.Condition()
        self._events = 0
        self._arrived = 0
        self.busy = 0
        self.most = 0
        """How many pages were under way at once, at most."""

    @property
    def now(self) -> int:
        """Count the events so far."""
        return self._events

    def send(self, number: int) -> Ticket:
        """Ask for a page, and do not wait for it."""
        with self._changed:
            self._events += 1
            self.busy += 1
            self.most = max(self.most, self.busy)
            ticket = Ticket(number, self._events)
        threading.Thread(target=self._run, args=(ticket,), name=f"tegro-page-{number}", daemon=True).start()
        return ticket

    def wait(self) -> None:
        """Wait until a page has come that had not when this last returned, or none is under way."""
        with self._changed:
            while self.busy and not self._arrived:
                self._changed.wait(HEARTBEAT_SECONDS)
            self._arrived = 0

    def wait_for_rest(self, seconds: float) -> None:
        """Wait until nothing is under way any more, but not for long."""
        with self._changed:
            self._changed.wait_for(lambda: not self.busy, seconds)

    def _run(self, ticket: Ticket) -> None:
        try:
            ticket.page = self._fetch(ticket.number)
        except Exception as error:  # noqa: BLE001  it is raised in the thread that asked
            ticket.error = error
        with self._changed:
            self._events += 1
            self._arrived += 1
            self.busy -= 1
            ticket.received = self._events
            self._changed.notify_all()
