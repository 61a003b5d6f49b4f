"""A provider in memory: two lists that live on between runs and during them, and know every version that was.

It has the surface of the client that a sync uses. Nothing of it knows how lists are read: rows are served as
bytes, as the wire would bring them, and each answer is written down, so that a test can ask what the world
was at any moment.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import json
import random
import types
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import tegro_analytics.sync.run
import tegro_analytics.sync.telling
from tegro_analytics.api.lists.mark import Mark
from tegro_analytics.api.lists.page import Page, page_from_json
from tegro_analytics.api.lists.reading import PageStream, read_list
from tegro_analytics.credentials import ApiKey, ShopAccess
from tegro_analytics.exceptions import TransportError
from tegro_analytics.sync import Budget, Member, Setting, SyncReport, sync
from tests.api.lists.crews import drawn_crew
from tests.api.lists.worlds import PLACES
from tests.frames.wire import REFERENCE

__all__ = ["SHOP", "Row", "Server", "Shelf", "Version", "run_sync", "setting"]

SHOP = "SHOP"
ZONE = "Europe/Moscow"
AHEAD = 3 * 3600
"""Dates of the lists are written in that zone, so many seconds ahead of UTC."""
EPOCH = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
DAY = 24 * 3600

NEW, PAID, REFUNDED, PENDING = 0, 1, 3, 4

Version = tuple[int, Decimal, str | None]
"""What tells two versions of a row apart here: status, amount, date of payment."""


@functools.cache
def written(seconds: int) -> str:
    """Write a moment as the lists do; moments are counted from the epoch, in the zone of the lists."""
    return f"{EPOCH + dt.timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}"


@dataclass(frozen=True, slots=True)
class Row:
    """One order or withdrawal; ``made`` and ``paid`` are moments in the zone of the lists.

    ``bad`` makes the record unreadable: its ``amount`` or its ``date``. ``odd`` adds an unknown field.
    """

    id: int
    made: int
    status: int = NEW
    amount: int = 100
    paid: int | None = None
    bad: str = ""
    odd: bool = False

    @property
    def version(self) -> Version:
        return self.status, Decimal(self.amount), None if self.paid is None else written(self.paid)

    @functools.cache  # noqa: B019  rows are few
    def record(self) -> bytes:
        """Write the row as JSON."""
        found: dict[str, Any] = {
            "id": self.id,
            "date_created": "2026-02-30 10:00:00" if self.bad == "date" else written(self.made),
            "date_payed": None if self.paid is None else written(self.paid),
            "status": self.status,
            "currency_id": 1,
            "amount": "abc" if self.bad == "amount" else f"{self.amount}.00000000",
            "fee": "5.00000000",
            "payment_id": f"o-{self.id}",
            "test_order": 0,
        }
        return json.dumps(found | ({"cashback": self.amount} if self.odd else {})).encode()


@dataclass(slots=True)
class Shelf:
    """One list: its rows in an order, cut into pages, with an end; ``cap`` pages are shown, or all of them.

    ``hidden`` rows keep their places and are not shown. ``lengths`` are those of page 1, page 2 …, in turn.
    """

    rows: list[Row]
    order: str = "newest"
    end: str = "empty"
    size: int = 4
    lengths: tuple[int, ...] = ()
    hidden: set[int] = field(default_factory=set)
    cap: int | None = None

    @property
    def standing(self) -> list[Row]:
        """The rows that have a place, hidden ones too."""
        return self.rows if self.cap is None else self.rows[: self.bounds(self.cap)[1]]

    @property
    def shown(self) -> dict[int, Row]:
        return {row.id: row for row in self.standing if row.id not in self.hidden}

    @property
    def pages(self) -> int:
        number = 1
        while self.bounds(number)[1] < len(self.standing if self.cap is None else self.rows):
            if number == self.cap:
                break
            number += 1
        return number

    def bounds(self, number: int) -> tuple[int, int]:
        if not self.lengths:
            return (number - 1) * self.size, number * self.size
        laps, rest = divmod(number - 1, len(self.lengths))
        start = laps * sum(self.lengths) + sum(self.lengths[:rest])
        return start, start + self.lengths[rest]

    def place(self) -> None:
        """Put the rows in their order."""
        self.rows.sort(key=PLACES[self.order])  # type: ignore[arg-type]

    def served(self, number: int) -> list[Row] | str:
        """Give the rows of a page, or why there are none."""
        if number > self.pages and self.end != "empty":
            others = {
                "clamp": self.pages,
                "first-page": 1,
                "wrap": (number - 1) % self.pages + 1,
                "ignored": 1,
            }
            if self.end not in others:
                return self.end
            number = others[self.end]
        start, stop = self.bounds(1 if self.end == "ignored" else number)
        return [row for row in self.standing[start:stop] if row.id not in self.hidden]


def nothing(server: Server) -> None:
    """Let nothing happen."""


class Server:
    """Stand in for the client of one shop; the world goes on by a second with each request.

    Parameters
    ----------
    orders, withdrawals
        The lists.
    before
        Called before each request: what happens meanwhile.
    workers
        How many pages of a list may be under way at once; they are served in an order drawn from ``seed``.

    Attributes
    ----------
    calls : list of (str, int)
        The requests of this run: method, and page or id.
    seen : dict
        The rows that were served in this run: by list and id, the version served last.
    stirred : Counter
        What happened in this run.
    """

    def __init__(
        self,
        orders: Shelf,
        withdrawals: Shelf | None = None,
        *,
        before: Callable[[Server], None] = nothing,
        workers: int = 1,
        seed: int = 0,
    ) -> None:
        self.shelves = {"orders": orders, "withdrawals": withdrawals or Shelf([])}
        self.before = before
        self.workers = workers
        self.now = EPOCH
        self.crash_at: int | None = None
        self.calls: list[tuple[str, int]] = []
        self.seen: dict[tuple[str, int], Row] = {}
        self.stirred: Counter[str] = Counter()
        self.history: dict[tuple[str, int], list[tuple[dt.datetime, Row | None]]] = {}
        self.revealed: dict[int, dt.datetime] = {}
        self.gone: set[int] = set()
        self.requests = self.retries = 0
        self.waited = 0.0
        self.server, self.nonce_rule, self.at_once = "https://tegro.money", "milliseconds", 1
        self._crew = drawn_crew(seed)
        self._full_page = 0
        for name, shelf in self.shelves.items():
            shelf.place()
            for row in shelf.rows:
                self.history[name, row.id] = [(dt.datetime.min.replace(tzinfo=dt.UTC), row)]

    # What happens

    @property
    def local(self) -> int:
        """Tell the time in the zone of the lists."""
        return int((self.now - EPOCH).total_seconds()) + AHEAD

    def wait(self, days: float) -> None:
        self.now += dt.timedelta(days=days)

    def arrive(self, count: int = 1, *, name: str = "orders", **fields: Any) -> list[int]:
        """Let rows come in, all within this second."""
        shelf = self.shelves[name]
        first = max((number for kind, number in self.history if kind == name), default=0) + 1
        rows = [Row(number, self.local, **fields) for number in range(first, first + count)]
        shelf.rows += rows
        shelf.place()
        for row in rows:
            self._note(name, row.id, row)
        self.stirred["arrived"] += count
        return [row.id for row in rows]

    def change(self, number: int, *, name: str = "orders", **fields: Any) -> None:
        """Let something about a row change."""
        rows = self.shelves[name].rows
        place = next(place for place, row in enumerate(rows) if row.id == number)
        rows[place] = replace(rows[place], **fields)
        self._note(name, number, rows[place])
        self.stirred["changed"] += 1

    def pay(self, number: int) -> None:
        self.change(number, status=PAID, paid=self.local)

    def refund(self, number: int) -> None:
        self.change(number, status=REFUNDED)

    def delete(self, number: int, *, name: str = "orders") -> None:
        shelf = self.shelves[name]
        shelf.rows = [row for row in shelf.rows if row.id != number]
        self._note(name, number, None)
        self.gone.add(number)
        self.stirred["deleted"] += 1

    def all_at_once(self, *, but: int) -> None:
        """Let all orders have been made in one moment, but for so many that are older; it was ever so."""
        shelf = self.shelves["orders"]
        rows = sorted(shelf.rows, key=lambda row: row.id)
        shelf.rows = [
            replace(row, made=rows[0].made - DAY if place < but else rows[0].made)
            for place, row in enumerate(rows)
        ]
        shelf.place()
        for row in shelf.rows:
            self.history["orders", row.id] = [(dt.datetime.min.replace(tzinfo=dt.UTC), row)]

    def reveal(self) -> None:
        """Show the orders that were hidden."""
        shelf = self.shelves["orders"]
        self.revealed.update(dict.fromkeys(shelf.hidden, self.now))
        shelf.hidden = set()
        self.stirred["revealed"] += 1

    def reorder(self, order: str) -> None:
        shelf = self.shelves["orders"]
        shelf.order = order
        shelf.place()
        self.stirred["reordered"] += 1

    def resize(self, size: int) -> None:
        self.shelves["orders"].size = size
        self.stirred["resized"] += 1

    def at(self, moment: dt.datetime, number: int, *, name: str = "orders") -> Row | None:
        """Tell what a row was at a moment."""
        found = None
        for since, row in self.history.get((name, number), []):
            if since <= moment:
                found = row
        return found

    def _note(self, name: str, number: int, row: Row | None) -> None:
        self.now += dt.timedelta(milliseconds=1)
        self.history.setdefault((name, number), []).append((self.now, row))

    # What a sync asks

    def begin_run(self, *, crash_at: int | None = None) -> None:
        self.calls, self.seen, self.stirred = [], {}, Counter()
        self.crash_at = crash_at

    @property
    def served(self) -> tuple[dt.datetime, dt.datetime]:
        return self.now, self.now

    def shops(self) -> dict[str, Any]:
        self._ask("shops")
        return {"user_id": 5, "shops": [{"id": 1, "public_key": SHOP, "name": "tea"}]}

    def balance(self) -> dict[str, Any]:
        self._ask("balance")
        return {"user_id": 5, "balance": {"RUB": "10.00"}}

    def orders(self, page: int = 1) -> Page:
        return self._page("orders", page)

    def withdrawals(self, page: int = 1) -> Page:
        return self._page("withdrawals", page)

    def order_alone(self, order_id: int, *, errand: object = None) -> Page:
        self._ask("order", order_id)
        row = next((row for row in self.shelves["orders"].rows if row.id == order_id), None)
        if row is None:
            return self._answer("orders", 1, [], refusal="error: order not found")
        return self._answer("orders", 1, [row])

    def iter_orders(self, **options: Any) -> PageStream:
        return self._stream("orders", **options)

    def iter_withdrawals(self, **options: Any) -> PageStream:
        return self._stream("withdrawals", full_page=self._full_page or None, **options)

    def _stream(
        self, name: str, *, staged: Iterable[Page] | None = None, mark: Mark | None = None, **options: Any
    ) -> PageStream:
        def fetch(number: int) -> Page:
            return self._page(name, number)

        options |= {"staged": staged, "mark": mark, "max_pages": 2_000}
        if self.workers == 1:
            return read_list(fetch, **options)
        return PageStream(fetch, workers=lambda: self.workers, crew=self._crew, **options)  # type: ignore[arg-type]

    def _ask(self, method: str, number: int = 0) -> None:
        self.before(self)
        self.now += dt.timedelta(seconds=1)
        self.requests += 1
        self.calls.append((method, number))
        if self.crash_at is not None and len(self.calls) >= self.crash_at:
            self.crash_at = None
            raise TransportError("The network is gone")

    def _page(self, name: str, number: int) -> Page:
        self._ask(name, number)
        found = self.shelves[name].served(number)
        if isinstance(found, str):
            return self._answer(name, number, [], refusal=found)
        return self._answer(name, number, found)

    def _answer(self, name: str, number: int, rows: list[Row], *, refusal: str | None = None) -> Page:
        if name == "orders":
            self._full_page = max(self._full_page, len(rows))
        self.seen.update({(name, row.id): row for row in rows})
        data = b"[" + b",".join(row.record() for row in rows) + b"]"
        page = page_from_json(number, data, requested_at=self.now)
        return replace(page, refusal=refusal)


def setting(**budget: Any) -> Setting:
    """Say what runs go by; ``budget`` is what they may spend on old rows."""
    return Setting(
        reference=REFERENCE,
        salt=b"salt",
        source_zone=ZONE,
        report_zone=ZONE,
        sandbox=False,
        show_progress=False,
        lang="en",
        budget=Budget(**budget),
    )


@contextlib.contextmanager
def time_of(server: Server) -> Iterator[None]:
    """Let runs look at the clock of the world."""

    class Moment(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return server.now

    stand_in = types.SimpleNamespace(**{**vars(dt), "datetime": Moment})
    with (
        mock.patch.object(tegro_analytics.sync.run, "dt", stand_in),
        mock.patch.object(tegro_analytics.sync.telling, "dt", stand_in),
        # To look for garbage takes longer than a run of a small world.
        mock.patch.object(tegro_analytics.sync.run, "gc", mock.Mock(), create=True),
    ):
        yield


def run_sync(
    server: Server,
    memory: Any,
    folder: Path,
    *,
    by: Setting | None = None,
    full: bool = False,
    crash_at: int | None = None,
) -> SyncReport:
    """Make a run; the request with the number ``crash_at`` fails, and all that it would have read is lost."""
    server.begin_run(crash_at=crash_at)
    member = Member(ShopAccess("tea", SHOP, ApiKey("ABCDEF")), server)  # type: ignore[arg-type]
    with time_of(server):
        return sync([member], by or setting(), memory, folder=folder, full=full)


def spread(rng: random.Random, count: int, *, days: int) -> list[Row]:
    """Draw rows of the last days, in moments that are often the same; some are open, paid or refunded."""
    moments = sorted(AHEAD - rng.randint(1, days * DAY) for _ in range(count))
    if count and rng.random() < 0.4:  # neighbours of one second, more than a page of them at times
        start = rng.randrange(count)
        stop = min(start + rng.randint(2, 14), count)
        moments[start:stop] = [moments[start]] * (stop - start)
    rows = []
    for number, made in enumerate(moments, start=1):
        status = rng.choice((NEW, NEW, PAID, PAID, 2, REFUNDED, PENDING))
        paid = made + rng.randint(1, 600) if status in (PAID, REFUNDED) else None
        rows.append(Row(number, made, status, rng.randint(1, 999), paid))
    return rows
