"""What happens while a sandbox runs: orders arrive, open ones are paid, paid ones are refunded."""

from __future__ import annotations

import threading
import time
from random import Random

from tegro_analytics.sandbox.orders import NEW, OPEN, PAID, UNPAID_TIME, OrderBook
from tegro_analytics.sandbox.world import Shop, World

PAY_SHARE = 0.6
REFUND_SHARE = 0.03
LATELY = 300
TRIES = 20


class Traffic:
    """Make events on the first shop.

    What the k-th event is follows from the seed; when it comes, from the clock.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._what = Random(f"{world.options.seed} events")  # noqa: S311
        self._when = Random(f"{world.options.seed} moments")  # noqa: S311

    def arrive(self, shop: Shop) -> int:
        """Let one order arrive, unpaid; return its number."""
        with self._world.lock:
            now = self._world.clock.now()
            order = next(shop.maker.checkout(now))
            order.status, order.paid = NEW, UNPAID_TIME
            number = shop.ids.take()
            shop.book.add(order, id=number)
            return number

    def event(self) -> int:
        """Let an order arrive; often a recent open one is paid then, seldom any paid one refunded."""
        with self._world.lock:
            shop = self._world.shops[0]
            number = self.arrive(shop)
            now = self._world.clock.now()
            if self._what.random() < PAY_SHARE:
                row = self._pick(shop.book, OPEN, since=len(shop.book.ids) - LATELY)
                if row is not None:
                    shop.book.pay(row, at=now)
            if self._what.random() < REFUND_SHARE:
                row = self._pick(shop.book, (PAID,), since=0)
                if row is not None:
                    shop.book.refund(row)
            return number

    def run(self, stop: threading.Event) -> None:
        """Make events at the rate of the options until ``stop`` is set."""
        rate = self._world.options.arrivals_per_minute / 60
        due = time.monotonic()
        while True:
            due += self._when.expovariate(rate)
            if stop.wait(max(due - time.monotonic(), 0)):
                return
            self.event()

    def _pick(self, book: OrderBook, statuses: tuple[int, ...], *, since: int) -> int | None:
        first, last = max(since, 0), len(book.ids)
        for _ in range(TRIES):
            row = self._what.randrange(first, last)
            if book.status[row] in statuses and row not in book.gone and row not in book.raw:
                return row
        return None
