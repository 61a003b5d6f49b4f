"""Thousands of drawn worlds that go on between runs and during them: whatever happens, no row is lost.

The message of a failed assertion names the row; its note names family and seed, and these are the whole
world. What holds after each run is in :mod:`tests.sync.trial`.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.api.lists.worlds import ENDS
from tests.sync.memory import DictMemory
from tests.sync.trial import KeptStore, Trial
from tests.sync.worlds import NEW, PAID, PENDING, Row, Server, Shelf, setting, spread

Memory = DictMemory | KeptStore

SWEEP = 3
LOOKUPS = 4
BY = setting(sweep_pages=SWEEP, lookups=LOOKUPS)

SEEN: Counter[str] = Counter()
"""What the drawn worlds have come to: that they are worth something."""


def drawn(
    rng: random.Random, *, orders: tuple[str, ...] = ("newest",), ends: tuple[str, ...] = ENDS, least: int = 3
) -> Server:
    """Draw lists of some weeks; the withdrawals are few."""
    rows = spread(rng, rng.choice((0, 1, 5, 20, 30, 40, 60)), days=rng.choice((3, 30, 90, 200)))
    shelf = Shelf(rows, order=rng.choice(orders), end=rng.choice(ends), size=rng.randint(least, 5))
    payouts = [Row(number, -number * 40_000, 1) for number in range(1, rng.choice((0, 0, 0, 3, 9)) + 1)]
    others = Shelf(payouts, end=shelf.end, size=shelf.size)
    return Server(shelf, others, workers=rng.choice((1, 1, 4)), seed=rng.randrange(10**6))


def happen(server: Server, rng: random.Random, *events: str) -> None:
    """Let one thing happen."""
    shelf = server.shelves["orders"]
    event = rng.choice(events)
    row = rng.choice(shelf.rows) if shelf.rows else None
    if event == "arrive":
        server.arrive(rng.choice((1, 1, 2, shelf.size)), status=rng.choice((NEW, PENDING, PAID)))
    elif event == "burst":
        server.arrive(rng.choice((shelf.size, 2 * shelf.size, 2 * shelf.size + 1)))
    elif event == "payout":
        server.arrive(1, name="withdrawals", status=1)
    elif row is None:
        return
    elif event == "pay" and row.status in (NEW, PENDING):
        server.pay(row.id)
    elif event == "refund" and row.status == PAID:
        server.refund(row.id)
    elif event == "amount":
        server.change(row.id, amount=row.amount + 1)
    elif event == "back":
        server.change(row.id, status=NEW, paid=None)
    elif event == "odd":
        server.change(row.id, odd=not row.odd)
    elif event == "bad":
        server.change(row.id, bad=rng.choice(("amount", "date", "")))
    elif event == "delete":
        server.delete(row.id)


def during(server: Server, rng: random.Random, *events: str, rate: float, most: int = 10**6) -> None:
    """Let things happen before requests, at most so many in a run."""

    def before(server: Server) -> None:
        if rng.random() < rate and server.stirred.total() < most:
            happen(server, rng, *events)

    server.before = before


def runs(trial: Trial, rng: random.Random, *events: str, crashes: float = 0.0) -> Iterator[None]:
    """Make some runs, days apart; between them, what the caller lets happen, and events."""
    for number in range(rng.randint(2, 4)):
        full = number > 0 and rng.random() < 0.15
        crash_at = rng.randint(1, 50) if rng.random() < crashes else None
        trial.sync(full=full, crash_at=crash_at)
        SEEN["crashed"] += trial.server.crash_at is None and crash_at is not None
        yield
        trial.server.wait(rng.choice((0.01, 0.3, 1, 1, 3, 10, 40)))
        for _ in range(rng.choice((0, 1, 3, 8)) if events else 0):
            happen(trial.server, rng, *events)
    look_back_on(trial)


def look_back_on(trial: Trial) -> None:
    for report in trial.reports:
        SEEN[report.list_order] += 1
        SEEN[report.end_seen] += 1
        SEEN["verified"] += report.verified
        SEEN["unverified"] += not report.verified
        SEEN["resumed"] += report.resumed
        SEEN["changed"] += report.changed
        SEEN["looked up"] += any(method == "order" for method, _ in trial.server.calls)
    SEEN["lost"] += len(trial.lost)


def comes_to_rest(trial: Trial, rng: random.Random) -> None:
    """Nothing happens any more: one full run, or the sweep, brings all there is."""
    server = trial.server
    server.before = lambda server: None
    server.wait(rng.choice((0.1, 5)))
    rest = server.now
    most, runs = [shelf.pages for shelf in server.shelves.values()], 1
    if rng.random() < 0.5:
        report = trial.sync(full=True)
    else:
        report = trial.sync()
        while report and (report.swept_through is None or report.swept_through < rest) and report.complete:
            assert runs <= 2 * -(-most[0] // (SWEEP - 1)) + 2 * most[1] + 6, f"the sweep has no end: {report}"
            server.wait(0.01)
            report = trial.sync()
            runs += 1
    assert report is not None
    if report.complete and server.shelves["orders"].end != "ignored":
        trial.holds_the_truth()
    SEEN["swept to the end"] += runs > 1


def is_plain(server: Server) -> bool:
    """Tell whether nothing about a world gives reason to doubt it: no end that may be another thing."""
    return all(
        shelf.end in ("empty", "error", "null") or shelf.pages > 1 for shelf in server.shelves.values()
    )


# The families


def between(seed: int, memory: Memory, folder: Path) -> None:
    """Between runs all kinds of things happen, but none during them."""
    rng = random.Random(f"between {seed}")
    server = drawn(rng, orders=("newest", "newest", "oldest", "out-of-step", "hashed"))
    trial = Trial(server, memory, folder, by=BY)
    for _ in runs(trial, rng, "arrive", "burst", "payout", "pay", "refund", "amount", "delete", "odd"):
        if is_plain(server) and trial.reports:
            assert trial.reports[-1].verified, trial.reports[-1].warnings
    assert not trial.lost
    comes_to_rest(trial, rng)


def meanwhile(seed: int, memory: Memory, folder: Path) -> None:
    """Rows come in and change while they are read, in bursts of a page too."""
    rng = random.Random(f"meanwhile {seed}")
    server = drawn(rng, orders=("newest", "newest", "newest", "oldest", "out-of-step", "hashed"))
    events = ("arrive", "arrive", "burst", "payout", "pay", "refund", "amount", "back")
    during(server, rng, *events, rate=rng.choice((0.05, 0.2, 0.4)), most=rng.choice((3, 10, 30)))
    trial = Trial(server, memory, folder, by=BY)
    for _ in runs(trial, rng, *events):
        pass
    assert not trial.lost
    comes_to_rest(trial, rng)


def going(seed: int, memory: Memory, folder: Path) -> None:
    """A row goes away while others are read, or in between."""
    rng = random.Random(f"going {seed}")
    server = drawn(rng)
    during(server, rng, "delete", "arrive", rate=0.1, most=rng.choice((1, 2)))
    trial = Trial(server, memory, folder, by=BY)
    for _ in runs(trial, rng, "arrive", "burst", "pay", "delete", "delete"):
        pass
    comes_to_rest(trial, rng)


def crashes(seed: int, memory: Memory, folder: Path) -> None:
    """Runs are killed at any request; the next one goes on."""
    rng = random.Random(f"crashes {seed}")
    server = drawn(rng, orders=("newest", "newest", "oldest", "hashed"))
    events = ("arrive", "arrive", "burst", "payout", "pay", "refund", "amount", "back")
    during(server, rng, *events, rate=rng.choice((0.0, 0.1, 0.3)), most=10)
    trial = Trial(server, memory, folder, by=BY)
    for _ in runs(trial, rng, *events, crashes=0.6):
        pass
    assert not trial.lost
    comes_to_rest(trial, rng)


def shapes(seed: int, memory: Memory, folder: Path) -> None:
    """Pages of any length, hidden rows that show later, a cap on what is shown, other page sizes."""
    rng = random.Random(f"shapes {seed}")
    server = drawn(rng)
    shelf = server.shelves["orders"]
    kind = rng.choice(("lengths", "hidden", "run", "cap", "resize"))
    if kind == "lengths":
        shelf.lengths = tuple(rng.randint(1, 7) for _ in range(rng.randint(2, 5)))
    elif kind == "hidden":
        shelf.hidden = {row.id for place, row in enumerate(shelf.rows) if place % 3 == 1}
    elif kind == "run" and shelf.rows:
        start = rng.randrange(len(shelf.rows))
        shelf.hidden = {row.id for row in shelf.rows[start : start + rng.randint(1, shelf.size)]}
    elif kind == "cap":
        shelf.cap = rng.randint(4, 8)
    during(server, rng, "arrive", "pay", "amount", rate=rng.choice((0.0, 0.1)), most=5)
    trial = Trial(server, memory, folder, by=BY)
    for _ in runs(trial, rng, "arrive", "burst", "pay", "refund", "amount"):
        if kind == "resize":
            server.resize(rng.choice((2, 3, 5, 8, 13)))
        elif shelf.hidden and rng.random() < 0.3:
            server.reveal()
    assert not trial.lost
    comes_to_rest(trial, rng)


def orders(seed: int, memory: Memory, folder: Path) -> None:
    """The list stands otherwise from one run to the next."""
    rng = random.Random(f"orders {seed}")
    kinds = ("newest", "newest", "oldest", "out-of-step", "hashed")
    server = drawn(rng, orders=kinds, least=4)
    during(server, rng, "arrive", "pay", rate=rng.choice((0.0, 0.1)), most=5)
    trial = Trial(server, memory, folder, by=BY)
    for _ in runs(trial, rng, "arrive", "burst", "pay", "refund", "amount"):
        server.reorder(rng.choice(kinds))
    assert not trial.lost
    comes_to_rest(trial, rng)


def oddities(seed: int, memory: Memory, folder: Path) -> None:
    """Records that cannot be read, and fields that nobody knows; servers without an end."""
    rng = random.Random(f"oddities {seed}")
    server = drawn(rng, ends=(*ENDS, "wrap", "ignored"))
    during(server, rng, "arrive", "odd", "bad", rate=rng.choice((0.0, 0.1)), most=5)
    trial = Trial(server, memory, folder, by=BY)
    for _ in runs(trial, rng, "arrive", "burst", "pay", "bad", "bad", "odd", "amount"):
        pass
    comes_to_rest(trial, rng)


FAMILIES = (between, meanwhile, going, crashes, shapes, orders, oddities)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_no_row_is_lost(family: Callable[[int, Memory, Path], None], tmp_path: Path) -> None:
    for seed in range(20):
        run(family, seed, DictMemory(), tmp_path)


def run(family: Callable[[int, Memory, Path], None], seed: int, memory: Memory, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as own:
        try:
            family(seed, memory, Path(own))
        except AssertionError as error:
            error.add_note(f"{family.__name__}, seed {seed}")
            raise
