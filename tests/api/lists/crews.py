"""A crew without threads: what is under way is served in a drawn order, and comes in another."""

from __future__ import annotations

import random
from collections.abc import Callable

from tegro_analytics.api.lists.crew import Ticket
from tegro_analytics.api.lists.page import Page
from tegro_analytics.exceptions import TransportError


class DrawnCrew:
    """Serve what is under way in an order of its own, and hand it over in another; nothing is awaited."""

    def __init__(self, fetch: Callable[[int], Page], *, rng: random.Random) -> None:
        self._fetch = fetch
        self._rng = rng
        self._unserved: list[Ticket] = []
        self._served: list[tuple[Ticket, Page | TransportError]] = []
        self.now = 0
        self.most = 0

    @property
    def busy(self) -> int:
        return len(self._unserved) + len(self._served)

    def send(self, number: int) -> Ticket:
        self.now += 1
        ticket = Ticket(number, self.now)
        self._unserved.append(ticket)
        self.most = max(self.most, self.busy)
        return ticket

    def wait(self, seconds: float | None = None) -> None:
        """Let one page come at least, and whatever else is drawn before it."""
        while self.busy:
            if self._unserved and (not self._served or self._rng.random() < 0.6):
                self._serve(self._unserved.pop(self._rng.randrange(len(self._unserved))))
            else:
                self._hand_over(*self._served.pop(self._rng.randrange(len(self._served))))
                return

    def wait_for_rest(self, seconds: float) -> None:
        while self.busy:
            self.wait()

    def _serve(self, ticket: Ticket) -> None:
        try:
            self._served.append((ticket, self._fetch(ticket.number)))
        except TransportError as error:
            self._served.append((ticket, error))

    def _hand_over(self, ticket: Ticket, what: Page | TransportError) -> None:
        self.now += 1
        ticket.received = self.now
        if isinstance(what, TransportError):
            ticket.error = what
        else:
            ticket.page = what


def drawn_crew(seed: int) -> Callable[[Callable[[int], Page]], DrawnCrew]:
    """Give what makes the crews of one reading."""
    rng = random.Random(f"crew {seed}")
    return lambda fetch: DrawnCrew(fetch, rng=rng)


def window(fetch: Callable[[int], Page], *, workers: int, seed: int) -> set[object]:
    """Read as most do who read side by side: a window of pages, to the first that is empty."""
    crew = DrawnCrew(fetch, rng=random.Random(f"crew {seed}"))
    found: set[object] = set()
    tickets: dict[int, Ticket] = {}
    number = 1
    while True:
        while crew.busy < workers:
            tickets[len(tickets) + 1] = crew.send(len(tickets) + 1)
        while not tickets[number].done:
            crew.wait()
        page = tickets[number].page
        if page is None or not page.keys:
            return found
        found |= set(page.keys)
        number += 1
