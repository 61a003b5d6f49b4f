"""Thousands of drawn worlds that go on between runs and during them: whatever happens, no row is lost.

The message of a failed assertion names the row; its note names family and seed, and these are the whole
world. What holds after each run is in :mod:`tests.sync.trial`.

The usual run takes a few worlds, all tests (``TEGRO_TEST_ALL=1``) take 250 of each family in memory and 5 in
a store. ``TEGRO_TEST_WORLDS`` says how many, of each of the seven families: ``1500`` in memory and a fiftieth
of it, 30, in a store, or ``1500,72``. Ten thousand in memory and five hundred in a store, which keep one core
busy for an hour or two, on as many processes as there are cores, or one family alone::

    TEGRO_TEST_ALL=1 TEGRO_TEST_WORLDS=1500,72 pytest -n auto tests/sync/test_worlds.py -k many_worlds
    TEGRO_TEST_ALL=1 TEGRO_TEST_WORLDS=1500,72 pytest tests/sync/test_worlds.py -k "many_worlds and oddities"
"""

from __future__ import annotations

import os
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tegro_analytics.exceptions import TransportError
from tests.api.lists.worlds import ENDS
from tests.frames.wire import REFERENCE
from tests.store.world import store_in
from tests.sync.memory import DictMemory, version_of
from tests.sync.trial import KeptStore, Trial
from tests.sync.worlds import (
    DAY,
    EPOCH,
    NEW,
    PAID,
    PENDING,
    REFUNDED,
    SHOP,
    Row,
    Server,
    Shelf,
    run_sync,
    setting,
    spread,
)

Memory = DictMemory | KeptStore

SWEEP = 3
LOOKUPS = 4
BY = setting(sweep_pages=SWEEP, lookups=LOOKUPS)
NO_SWEEP = setting(sweep_pages=0, lookups=LOOKUPS)


def many(asked: str) -> tuple[range, range]:
    """Give the seeds of the worlds in memory, and of those in a store too."""
    in_memory, _, stored = asked.partition(",")
    count = int(in_memory)
    return range(100, 100 + count), range(2_000, 2_000 + (int(stored) if stored else -(-count // 50)))


IN_MEMORY, IN_A_STORE = many(os.environ.get("TEGRO_TEST_WORLDS") or "250")
"""The seeds of each family where all tests run."""

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
        ends = rng.choice(("", "", "", "", "before", "after")) if crashes else ""
        trial.sync(full=full, crash_at=crash_at, merge_fails=ends)
        SEEN["crashed"] += trial.server.crash_at is None and crash_at is not None
        yield
        # Pages of a run that was killed are of use for two days.
        trial.server.wait(rng.choice((0.01, 0.3, 1) if crash_at else (0.01, 0.3, 1, 1, 3, 10, 40)))
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
        if report and report.resumed:  # some of it was read before
            assert report.verified_through is None or report.verified_through < rest
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
    """Runs are killed at any request, or before they could say that they had merged; the next one goes on."""
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
    """Records that cannot be read, and fields that nobody knows; no end, or one moment for all rows."""
    rng = random.Random(f"oddities {seed}")
    server = drawn(rng, ends=(*ENDS, "wrap", "ignored"))
    luck = random.Random(f"one moment {seed}")
    if luck.random() < 0.3:
        server.all_at_once(but=luck.choice((1, 3, 6)))
    during(server, rng, "arrive", "odd", "bad", rate=rng.choice((0.0, 0.1)), most=5)
    trial = Trial(server, memory, folder, by=BY)
    for _ in runs(trial, rng, "arrive", "burst", "pay", "bad", "bad", "odd", "amount"):
        pass
    comes_to_rest(trial, rng)


FAMILIES = (between, meanwhile, going, crashes, shapes, orders, oddities)

Family = Callable[[int, Memory, Path], None]


def run(family: Family, seed: int, memory: Memory, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as own:
        try:
            family(seed, memory, Path(own))
        except BaseException as error:
            error.add_note(f"{family.__name__}, seed {seed}")
            raise


def stored(folder: Path) -> KeptStore:
    """Give an empty store in a file."""
    place = Path(tempfile.mkdtemp(dir=folder))
    store_in(place)
    return KeptStore(place / "store", reference=REFERENCE)


def test_no_row_is_lost_and_none_is_invented(tmp_path: Path) -> None:
    SEEN.clear()
    for family in FAMILIES:
        for seed in range(9):
            run(family, seed, DictMemory(), tmp_path)
    assert min(SEEN[kind] for kind in ("newest", "oldest", "mixed", "known", "empty", "error", "clamp")) >= 12
    assert min(SEEN[kind] for kind in ("unverified", "changed", "looked up", "swept to the end")) >= 4
    assert min(SEEN[kind] for kind in ("crashed", "resumed")) >= 1


@pytest.mark.long
@pytest.mark.parametrize(
    ("family", "seed"),
    [
        pytest.param(family, seed, marks=[] if seed == 28 else pytest.mark.long)
        for family, seed in zip(FAMILIES, (1, 27, 17, 28, 7, 9, 3), strict=True)
    ],  # few runs, in which much changes
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_world_in_a_store_is_as_in_dictionaries(family: Family, seed: int, tmp_path: Path) -> None:
    same(family, seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_many_worlds(family: Family, tmp_path: Path) -> None:
    for seed in IN_MEMORY:
        run(family, seed, DictMemory(), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_many_worlds_in_a_store(family: Family, tmp_path: Path) -> None:
    for seed in IN_A_STORE:
        same(family, seed, tmp_path)


def same(family: Family, seed: int, folder: Path) -> None:
    """Let a world happen twice, once with a store: both know the same in the end."""
    plain, kept = DictMemory(), stored(folder)
    run(family, seed, plain, folder)
    run(family, seed, kept, folder)
    assert known(plain) == known(kept)


def known(memory: Memory) -> object:
    """What a memory holds, to be compared."""
    rows = {
        number: (version_of("orders", row), row["observed_at"]) for number, row in memory.orders().items()
    }
    before = {
        number: [version_of("orders", row) for row in versions]
        for number, versions in memory.superseded().items()
    }
    others = {number: version_of("withdrawals", row) for number, row in memory.withdrawals().items()}
    state = [memory.list_state(SHOP, name) for name in ("orders", "withdrawals")]
    moments = [[run.started_at for run in (one.last, *one.whole) if run] for one in state]
    return rows, before, others, memory.quarantined(), moments


def test_the_number_of_worlds_can_be_asked_for() -> None:
    assert many("500") == (range(100, 600), range(2_000, 2_010))
    assert many("1500,72") == (range(100, 1_600), range(2_000, 2_072))
    assert len(FAMILIES) * 1_500 >= 10_000
    assert len(FAMILIES) * 72 >= 500


# What a run costs


def calls(server: Server, method: str) -> int:
    return sum(name == method for name, _ in server.calls)


def years(count: int, *, status: int = PAID) -> Server:
    """An order every six hours, four on a page."""
    return Server(Shelf([Row(number, (number - count) * DAY // 4, status) for number in range(1, count + 1)]))


@pytest.mark.parametrize("count", [100, 1_000])
def test_what_is_new_takes_as_many_calls_whatever_is_known(count: int, tmp_path: Path) -> None:
    server, memory = years(count), DictMemory()
    run_sync(server, memory, tmp_path, by=BY)
    server.wait(1)
    server.arrive(2)
    report = run_sync(server, memory, tmp_path, by=BY)
    # 2 new rows, 8 of two days, then two pages that are known; page 1 again; three pages of the sweep.
    assert calls(server, "orders") == -(-(2 + 8) // 4) + 2 + 1 + 3
    assert (report.new, report.verified) == (2, True)


def test_what_changed_next_to_what_is_new_is_found_and_two_pages_more_are_read(tmp_path: Path) -> None:
    server, memory = years(100), DictMemory()
    run_sync(server, memory, tmp_path, by=NO_SWEEP)
    server.wait(1)
    server.arrive(2)
    server.refund(84)  # on page 5, the second one that would be known and unchanged
    report = run_sync(server, memory, tmp_path, by=NO_SWEEP)
    assert (report.new, report.changed) == (2, 1)
    assert calls(server, "orders") == 7 + 1


def test_a_list_that_may_go_on_does_not_make_the_other_one_be_read_again(tmp_path: Path) -> None:
    server, memory = years(100), DictMemory()
    # A page that is full and comes again as page 2: nobody can tell whether there are more withdrawals.
    server.shelves["withdrawals"] = Shelf([Row(number, 0, PAID) for number in range(1, 5)], end="clamp")
    for runs in range(2):
        report = run_sync(server, memory, tmp_path, by=BY)
        assert (report.complete, report.verified) == (False, False)
        assert calls(server, "orders") < 20 or not runs


def test_all_of_it_takes_three_walks_at_most(tmp_path: Path) -> None:
    for seed in range(6):
        server, memory = drawn(random.Random(f"all {seed}")), DictMemory()
        for _ in range(2):
            run_sync(server, memory, tmp_path, by=BY, full=True)
            for name, shelf in server.shelves.items():
                assert calls(server, name) <= 3 * shelf.pages + 10, f"seed {seed}"


# How far it can be trusted


def test_a_doubt_stays_until_everything_is_read_without_one(tmp_path: Path) -> None:
    server, memory = years(100), DictMemory()
    server.shelves["orders"].hidden = {53, 54, 55, 56}  # page 12 is empty
    reports = [run_sync(server, memory, tmp_path, by=BY)]
    server.wait(1)
    server.arrive(2)
    reports.append(run_sync(server, memory, tmp_path, by=BY))
    server.reveal()
    shown = server.now
    reports.append(run_sync(server, memory, tmp_path, by=BY, full=True))
    reports.append(run_sync(server, memory, tmp_path, by=BY))
    assert [report.verified for report in reports] == [False, False, True, True]
    assert [report.verified_through for report in reports] == [None, None, shown, shown]


# Runs that are killed


def test_a_whole_reading_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    server, memory = years(400), DictMemory()  # a hundred pages
    with pytest.raises(TransportError):
        run_sync(server, memory, tmp_path, by=BY, crash_at=72)
    assert not memory.orders()
    report = run_sync(server, memory, tmp_path, by=BY)
    first_walk = [number for _, number in server.calls[2:]].index(1, 1)
    assert report.resumed
    assert first_walk < 45  # page 1 and 2, then from 70 to the end
    assert (report.new, report.verified) == (400, True)
    assert report.verified_through == EPOCH  # when the run began that was killed


def test_what_is_new_is_read_again_from_the_front_after_a_run_was_killed(tmp_path: Path) -> None:
    server, memory = years(40), DictMemory()
    run_sync(server, memory, tmp_path, by=BY)
    server.wait(1)
    server.arrive(9)
    with pytest.raises(TransportError):
        run_sync(server, memory, tmp_path, by=BY, crash_at=5)
    assert len(memory.orders()) == 40
    server.wait(1)  # pages that wait in a file are not too old, but they are of no use here
    server.arrive(9)
    began = server.now
    report = run_sync(server, memory, tmp_path, by=BY)
    assert (report.new, report.started_at, report.resumed) == (18, began, False)


# What changes late


LATER = ((20, 32), (31, 32), (33, 64))


def syncs_until(server: Server, memory: DictMemory, folder: Path, number: int, *, days: float) -> int:
    """Count the runs, one every so many days, until the order is known as it is."""
    for count in range(1, 100):
        server.wait(days)
        run_sync(server, memory, folder, by=BY)
        row = next(row for row in server.shelves["orders"].rows if row.id == number)
        if memory.orders()[number]["status"] == row.status:
            return count
    return 100


@pytest.mark.parametrize(
    ("age", "found"),
    [
        (3, 4),
        (7, 8),
        (9, 16),
        *(pytest.param(*pair, marks=pytest.mark.long) for pair in ((31, 32), (33, 64))),
    ],
)
def test_an_order_that_turns_paid_late_is_found_when_its_age_has_doubled(
    age: int, found: int, tmp_path: Path
) -> None:
    server, memory = years(400), DictMemory()
    run_sync(server, memory, tmp_path, by=NO_SWEEP)
    (number,) = server.arrive(1)
    for _ in range(age):
        server.arrive(8, status=PAID)  # so that it is behind what is read each day
        run_sync(server, memory, tmp_path, by=NO_SWEEP)
        server.wait(1)
    server.pay(number)
    days = age
    while memory.orders()[number]["status"] != PAID and days < found + 9:
        run_sync(server, memory, tmp_path, by=NO_SWEEP)
        server.wait(1)
        days += 1
    assert found <= days <= found + 2  # the age is counted from the second of a run


def test_a_refund_of_any_age_is_found_by_the_sweep(tmp_path: Path) -> None:
    for age in (3, 45):
        server, memory = years(200), DictMemory()
        run_sync(server, memory, tmp_path, by=BY)
        number = 200 - 4 * age
        server.refund(number)
        count = syncs_until(server, memory, tmp_path, number, days=0.5)
        assert count <= -(-server.shelves["orders"].pages // SWEEP) + 3, f"{age} days"


def test_a_refund_of_any_age_is_found_at_once_where_everything_is_read(tmp_path: Path) -> None:
    server, memory = years(400), DictMemory()
    run_sync(server, memory, tmp_path, by=BY)
    server.wait(100)
    server.refund(7)
    report = run_sync(server, memory, tmp_path, by=BY, full=True)
    assert (report.new, report.changed, report.verified) == (0, 1, True)
    assert memory.orders()[7]["status"] == REFUNDED
    assert [row["status"] for row in memory.superseded()[7]] == [PAID]
