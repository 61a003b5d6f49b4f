"""A model of the provider's lists in memory: rows that move, pages that end in every way, and nothing else.

It imports nothing of the paging, so that a shared mistake cannot hide. Each call of :meth:`World.fetch` is
written down, and the world may change before it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from tegro_analytics.api.lists.page import Page

ORDERS = ("newest", "oldest", "out-of-step", "hashed")
ENDS = ("empty", "clamp", "first-page", "error", "null")
FOREVER = ("ignored", "wrap")

_START = datetime(2026, 10, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its id, when it was made, in seconds of the world, and how often it has changed since."""

    id: int
    made: int
    version: int = 0

    @property
    def created(self) -> str:
        return _text(self.made)


@cache
def _text(made: int) -> str:
    return f"{_START + timedelta(seconds=made):%Y-%m-%d %H:%M:%S}"


def _scattered(number: int) -> int:
    return number * 2654435761 % 4294967296


PLACES: dict[str, Callable[[Row], tuple[int, int]]] = {
    "newest": lambda row: (-row.made, -row.id),
    "oldest": lambda row: (row.made, row.id),
    "out-of-step": lambda row: (-row.made, _scattered(row.id)),
    "hashed": lambda row: (_scattered(row.id), row.id),
}


def nothing(world: World) -> None:
    """Let nothing happen."""


@dataclass(slots=True)
class World:
    """A list with an order, a page size and an end.

    ``hidden`` rows keep their places but are not shown, as where a server filters after it has paged.
    ``lengths`` makes page 1 as long as its first number, page 2 as its second …, and then all over again.
    ``before`` is called with the world before each call, which is number ``len(calls)``.
    Where it ``tells_versions``, the data of a page holds how often each of its rows has changed.
    """

    rows: list[Row]
    order: str = "newest"
    end: str = "empty"
    size: int = 10
    hidden: set[int] = field(default_factory=set)
    lengths: tuple[int, ...] = ()
    before: Callable[[World], None] = nothing
    tells_versions: bool = False
    calls: list[int] = field(default_factory=list)
    ever: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.rows = sorted(self.rows, key=PLACES[self.order])
        self.ever = {row.id for row in self.rows}

    @property
    def shown(self) -> set[int]:
        return {row.id for row in self.rows} - self.hidden

    @property
    def pages(self) -> int:
        """How many pages there are now, one at least."""
        if not self.lengths:
            return max(-(-len(self.rows) // self.size), 1)
        number = 1
        while self._bounds(number)[1] < len(self.rows):
            number += 1
        return number

    def fetch(self, number: int) -> Page:
        self.before(self)
        self.calls.append(number)
        served = self._served(number)
        if isinstance(served, str):
            return self._page(number, (), refusal=served)
        start, stop = self._bounds(served)
        return self._page(number, (row for row in self.rows[start:stop] if row.id not in self.hidden))

    def arrive(self, count: int, *, same_time: bool = False, at: int = 0) -> None:
        """Let rows come in, younger than all others, or as young as the youngest; none before ``at``."""
        for _ in range(count):
            youngest = max((row.made for row in self.rows), default=0)
            row = Row(max(self.ever, default=0) + 1, max(youngest + (not same_time), at))
            self.rows.append(row)
            self.ever.add(row.id)
        self.rows.sort(key=PLACES[self.order])

    def change(self, *ids: int) -> None:
        """Let something about these rows change, as where an order is paid or refunded."""
        self.rows = [replace(row, version=row.version + 1) if row.id in ids else row for row in self.rows]

    def reorder(self, order: str) -> None:
        self.order = order
        self.rows.sort(key=PLACES[order])

    def delete(self, *ids: int) -> None:
        self.rows = [row for row in self.rows if row.id not in ids]
        self.gone.update(ids)

    def _bounds(self, number: int) -> tuple[int, int]:
        if not self.lengths:
            return (number - 1) * self.size, number * self.size
        laps, rest = divmod(number - 1, len(self.lengths))
        start = laps * sum(self.lengths) + sum(self.lengths[:rest])
        return start, start + self.lengths[rest]

    def _served(self, number: int) -> int | str:
        """Which page is shown for this number, or why none is."""
        if self.end == "ignored":
            return 1
        if self.end == "empty" or number <= (pages := self.pages):
            return number
        others = {"clamp": pages, "first-page": 1, "wrap": (number - 1) % pages + 1}
        return others.get(self.end, self.end)

    def _page(self, number: int, rows: Iterable[Row], *, refusal: str | None = None) -> Page:
        shown = tuple(rows)
        return Page(
            number,
            f"{[row.version for row in shown]}".encode() if self.tells_versions else b"[]",
            tuple(row.id for row in shown),
            tuple(row.created for row in shown),
            _START + timedelta(days=30, seconds=len(self.calls)),
            refusal=refusal,
        )


def made(*moments: int) -> list[Row]:
    """Rows 1, 2, 3 …, made at these moments.

    >>> [row.id for row in made(5, 6)]
    [1, 2]
    """
    return [Row(number, moment) for number, moment in enumerate(moments, start=1)]


def steady(count: int) -> list[Row]:
    """Rows 1 … count, made one after the other."""
    return made(*range(1, count + 1))


def before_call(**events: Callable[[World], None]) -> Callable[[World], None]:
    """Let something happen before the call with this number, counted from 1: ``call_3=lambda world: …``."""
    due = {int(name.removeprefix("call_")): event for name, event in events.items()}

    def before(world: World) -> None:
        if event := due.get(len(world.calls) + 1):
            event(world)

    return before


def drawn_rows(rng: random.Random, size: int) -> list[Row]:
    """Draw how many rows there are, often on the edge of a page, and when they were made, often at once."""
    kind = rng.randrange(5)
    if kind == 0:
        count = rng.choice((0, 1, size - 1, size, size + 1))
    elif kind == 1:
        count = size * rng.randint(1, 9)
    elif kind == 2:
        count = rng.randint(0, size * 25)
    else:
        count = rng.randint(0, size * 8)
    moments = rng.choice((1, 3, 10_000, 10_000))
    ids = rng.sample(range(1, 4 * count + 2), count)
    return [Row(number, rng.randint(1, moments)) for number in sorted(ids)]


def drawn_world(rng: random.Random, *, ends: tuple[str, ...] = ENDS) -> World:
    """Draw a world in which nothing happens."""
    size = rng.choice((1, 2, 3, 5, 7, 10, 20, 50))
    return World(drawn_rows(rng, size), order=rng.choice(ORDERS), end=rng.choice(ends), size=size)


def with_arrivals(world: World, rng: random.Random) -> None:
    """Let rows come in between calls: one by one, in bursts of exactly one page, or of more."""
    rate = rng.choice((0.1, 0.3, 0.6))
    burst = rng.choice((1, 1, world.size, 2 * world.size + 1))
    left = [rng.choice((3 * world.size, 8 * world.size))]

    def arrive(world: World) -> None:
        if left[0] > 0 and rng.random() < rate:
            count = rng.choice((1, world.size, burst))
            left[0] -= count
            world.arrive(count, same_time=rng.random() < 0.3)

    happen(world, arrive)


def with_slow_arrivals(world: World, rng: random.Random) -> None:
    """Let rows come in between calls, never so many that half of a page changes from one call to the next."""

    def arrive(world: World) -> None:
        if world.size >= 5 and rng.random() < 0.3:
            world.arrive(1)

    happen(world, arrive)


def with_resize(world: World, rng: random.Random) -> None:
    """Let the page size change once, at some call."""
    at, size = rng.randint(2, 30), rng.choice((1, 2, 5, 10, 20, 50))

    def resize(world: World) -> None:
        if len(world.calls) + 1 == at:
            world.size = size

    happen(world, resize)


def with_deletions(world: World, rng: random.Random) -> None:
    """Let rows go away between calls."""

    def delete(world: World) -> None:
        if world.calls and world.rows and rng.random() < 0.15:
            world.delete(rng.choice(world.rows).id)

    happen(world, delete)


def with_short_pages(world: World, rng: random.Random) -> None:
    """Make pages short in the middle: some rows are not shown, or each page has its own length."""
    if world.size >= 5 and rng.random() < 0.5:
        world.hidden = {row.id for row in without_first(world.rows, world.size) if rng.random() < 0.4}
    else:
        world.lengths = tuple(rng.randint(1, 50) for _ in range(rng.randint(2, 9)))


def without_first(rows: list[Row], size: int) -> list[Row]:
    """Leave out the first row of each page."""
    return [row for place, row in enumerate(rows) if place % size]


def with_hidden_run(world: World, rng: random.Random) -> None:
    """Hide neighbours, so many that one whole page may be empty, but not two in a row."""
    if world.rows:
        start, length = rng.randrange(len(world.rows)), rng.randint(1, 2 * world.size - 1)
        world.hidden = {row.id for row in world.rows[start : start + length]}


def happen(world: World, event: Callable[[World], None]) -> None:
    """Let one thing more happen before each call."""
    earlier = world.before

    def both(world: World) -> None:
        earlier(world)
        event(world)

    world.before = both


def naive(fetch: Callable[[int], Page], *, stop_short: bool) -> set[Hashable]:
    """Read as most readers do: to the first page with nothing new, or the first one that is short."""
    found: set[Hashable] = set()
    number, longest = 1, 0
    while True:
        page = fetch(number)
        new = set(page.keys) - found
        found |= new
        longest = max(longest, len(page.keys))
        if not new or (stop_short and len(page.keys) < longest):
            return found
        number += 1
