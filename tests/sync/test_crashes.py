"""A process that syncs is killed at every step, after every page, at any moment: the next run goes on."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from tegro_analytics.privacy import SALT_FILE, load_salt
from tegro_analytics.sandbox.process import Sandbox, start
from tegro_analytics.store import Store
from tegro_analytics.store.failpoints import STEPS
from tegro_analytics.store.tables import HELD, LEDGERS
from tegro_analytics.sync import SyncReport
from tests.conftest import NOW
from tests.marks import first_of
from tests.store.children import KILLED, Children, cut_log_is_told, stretch
from tests.sync import programs
from tests.sync.programs import Place, place_at

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kill -9 of POSIX")

MERGE: Final = (
    *("opened", "merge begun", "staged", "ledger written", "old rows deleted", "new rows written"),
    *("seen rows marked", "run written", "committed", "checkpointed", "closed"),
    *("receipt drafted", "receipt in place"),
)
CREATION: Final = (
    *("draft made", "migration begun", "migration written", "migration committed"),
    *("draft checkpointed", "draft in place"),
)
PATHS: Final = {"first": ("locked", *CREATION, *MERGE), "second": ("locked", *MERGE)}
"""The steps of the store that a first run goes through, and one that looks for what is new."""
LEDGERS_WRITTEN: Final = 3
"""So many tables have a ledger: orders, withdrawals, shops."""
ELSEWHERE: Final = {"rewriting begun", "rewritten", "rewritten in place"}
"""Steps that no run comes to."""

Content = dict[str, list[tuple[Any, ...]]]
SEEN: Final = {"observed_at", "first_seen_at", "refund_first_seen_at", "version_from", "as_of"}
COMPARED: Final = {
    name: ", ".join(f'"{column}"' for column in HELD[name].names if column not in SEEN)
    for name in ("orders", "withdrawals")
}
COMPARED["orders"] = COMPARED["orders"].replace(
    '"flags"',
    "array_to_string(list_filter(string_split(flags, ','), lambda flag: flag <> 'refund_undated'), ',')",
)
"""All columns but those that tell when a row was seen; the flag says of a refund that nobody knows when."""


def points(work: str) -> Iterator[tuple[str, int]]:
    """Give the steps of a run in their order, and for the how many-eth time each is reached."""
    for step in PATHS[work]:
        for nth in range(LEDGERS_WRITTEN if step == "ledger written" else 1):
            yield step, nth + 1


# What is compared

COUNTS: Final = 'STRUCT("new" INT, changed INT, unchanged INT)'


def content(store: Store) -> Content:
    """Give what is known of orders and withdrawals, row by row; nothing where there is no store yet."""
    if not store.path.exists():
        return {name: [] for name in COMPARED}
    with store.reading() as connection:
        tables = {
            name: connection.sql(f"SELECT {columns} FROM {name} ORDER BY ALL").to_arrow_table()
            for name, columns in COMPARED.items()
        }
    return {name: [tuple(row.values()) for row in table.to_pylist()] for name, table in tables.items()}


def refuse_halves(store: Store, *, runs: int) -> None:
    """See that so many runs stand there, and that they tell as many rows as there are."""
    assert [row["number"] for row in store.runs().to_pylist()] == list(range(1, runs + 1))
    with store.reading() as connection:
        for held in LEDGERS:
            counts = f"(counts::JSON->'{held.name}')::MAP(VARCHAR, {COUNTS})"
            told = (
                "SELECT coalesce(sum(c.new), 0), coalesce(sum(c.changed), 0) "
                f"FROM (SELECT unnest(map_values({counts})) AS c FROM runs)"
            )
            there = f"SELECT (SELECT count(*) FROM {held.name}), (SELECT count(*) FROM {held.ledger})"
            assert connection.execute(told).fetchall() == connection.execute(there).fetchall(), held.name
        covered = "SELECT number FROM runs SEMI JOIN coverage ON run = number ORDER BY number"
        assert [row[0] for row in connection.execute(covered).fetchall()] == list(range(1, runs + 1))


def refuse_strays(folder: Path) -> None:
    """See that nothing is left but the store, its receipt, locks and the salt."""
    left = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    belongs = {"store/store.duckdb", "store/store.receipt.json", "store/store.lock", SALT_FILE}
    assert {name for name in left if not (name.startswith("staging/") and name.endswith(".lock"))} == belongs


# The world


@dataclass(frozen=True)
class World:
    """Hold a sandbox in which things have changed, a folder with no store, and one with what was before."""

    sandbox: Sandbox
    base: Path

    def folder(self, work: str, to: Path) -> Path:
        """Copy the folder from which some work begins."""
        return Path(shutil.copytree(self.base / work, to))

    def place(self, folder: Path) -> Place:
        return place_at(self.sandbox, folder)

    def known(self, work: str) -> Content:
        """Give what is known before some work."""
        return content(store_of(self.base / work))

    @cached_property
    def everything(self) -> Content:
        """Give what a fresh store knows that has read everything."""
        fresh = self.folder("first", self.base / "fresh")
        with self.place(fresh).open() as shop:
            shop.sync()
        return content(store_of(fresh))


def store_of(folder: Path) -> Store:
    return Store(folder / "store")


RUNS: Final = {"first": 0, "second": 1}
"""Runs that there were before some work."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Run a sandbox of a few pages, read it, and let orders come in, turn paid, and be refunded."""
    base = tmp_path_factory.mktemp("world")
    with (
        start(orders=150, page_size=30, seed=5, now=NOW) as sandbox,
        pytest.MonkeyPatch.context() as environment,
    ):
        environment.setenv("XDG_DATA_HOME", "set anew by whoever opens a shop")
        load_salt(base / "first")
        shutil.copytree(base / "first", base / "second")
        with place_at(sandbox, base / "second").open() as shop:
            shop.sync()
            orders = shop.orders()
        ids = orders["id"].to_numpy()
        is_open, is_paid = ids[orders["status"] == 0], ids[orders["status"] == 1]
        sandbox.control("pay", ids=[int(is_open[0]), int(is_open[-1])])
        sandbox.control("refund", ids=[int(is_paid[0]), int(is_paid[-1])])
        sandbox.control("insert", count=40)
        yield World(sandbox, base)


def go_on(world: World, folder: Path, *, done: bool = True) -> SyncReport:
    """Sync once more, as anybody would, and see that all is known then, and nothing else is left."""
    place = store_of(folder).folder
    with world.place(folder).open() as shop, cut_log_is_told(place, may_be=not done):
        report = shop.sync()
    assert content(store_of(folder)) == world.everything
    assert (report.complete, report.verified) == (True, True)
    refuse_strays(folder)
    return report


def test_the_sandbox_has_changed_since(world: World) -> None:
    before, after = (set(known["orders"]) for known in (world.known("second"), world.everything))
    assert (len(before), len(after), len(after - before)) == (150, 190, 44)


# Steps of the store


@pytest.mark.long
@pytest.mark.parametrize("work", PATHS)
def test_a_run_goes_through_these_steps(work: str, world: World, tmp_path: Path, children: Children) -> None:
    folder = world.folder(work, tmp_path / "shop")

    steps = children.do(programs.trace, world.place(folder))

    assert steps == [step for step, _ in points(work)]


def test_every_step_of_the_store_is_among_them() -> None:
    assert {step for steps in PATHS.values() for step in steps} == set(STEPS) - ELSEWHERE


FEW: Final = {
    "first": (("draft made", 1), ("merge begun", 1), ("new rows written", 1), ("committed", 1)),
    "second": (("locked", 1), ("ledger written", 2), ("run written", 1), ("receipt drafted", 1)),
}
EVERY: Final = [(work, *point) for work in PATHS for point in points(work)]


@pytest.mark.parametrize("work", first_of(*PATHS))
def test_killed_at_one_step_after_another(
    work: str, world: World, tmp_path: Path, children: Children
) -> None:
    """Each process finds what the one before it left."""
    folder = world.folder(work, tmp_path / "shop")

    for step, nth in FEW[work]:
        _die_at(step, nth, work=work, world=world, folder=folder, children=children)

    go_on(world, folder)


@pytest.mark.long
@pytest.mark.parametrize(("work", "step", "nth"), EVERY)
def test_killed_at_every_step(
    work: str, step: str, nth: int, world: World, tmp_path: Path, children: Children
) -> None:
    folder = world.folder(work, tmp_path / "shop")

    _die_at(step, nth, work=work, world=world, folder=folder, children=children)

    go_on(world, folder)


def _die_at(step: str, nth: int, *, work: str, world: World, folder: Path, children: Children) -> None:
    """Let a process be killed at a step, and see that its run is there as a whole, or not at all."""
    assert children.do(programs.die_at_step, world.place(folder), step, nth) is KILLED
    done = MERGE.index(step) >= MERGE.index("committed") if step in MERGE else False
    assert content(store_of(folder)) == (world.everything if done else world.known(work))
    if store_of(folder).path.exists():
        refuse_halves(store_of(folder), runs=RUNS[work] + done)


@pytest.mark.long
@pytest.mark.parametrize("work", first_of(*PATHS))
def test_a_file_that_was_copied_without_the_log_of_a_killed_run(
    work: str, world: World, tmp_path: Path, children: Children
) -> None:
    """What stood in the log alone is read again: the receipt knows of no more than the file holds."""
    folder = world.folder(work, tmp_path / "shop")
    assert children.do(programs.die_at_step, world.place(folder), "committed", 1) is KILLED

    copy = Path(shutil.copytree(folder, tmp_path / "copy", ignore=shutil.ignore_patterns("*.wal")))

    assert (content(store_of(folder)), content(store_of(copy))) == (world.everything, world.known(work))
    go_on(world, copy)
    refuse_halves(store_of(copy), runs=RUNS[work] + 1)


# Pages


@pytest.mark.parametrize("work", first_of(*PATHS))
def test_killed_after_some_pages(work: str, world: World, tmp_path: Path, children: Children) -> None:
    for number in (PAGES[work] // 2, PAGES[work]):
        _die_after(number, work=work, world=world, folder=tmp_path / str(number), children=children)


@pytest.mark.long
@pytest.mark.parametrize("work", PATHS)
def test_killed_after_every_page(work: str, world: World, tmp_path: Path, children: Children) -> None:
    every = children.do(programs.count_pages, world.place(world.folder(work, tmp_path / "whole")))
    assert every >= PAGES[work]

    for number in range(1, every + 1):
        _die_after(number, work=work, world=world, folder=tmp_path / str(number), children=children)


PAGES: Final = {"first": 17, "second": 8}
"""So many pages are written down on their way, at least; some more if they are read ahead."""


def _die_after(number: int, *, work: str, world: World, folder: Path, children: Children) -> None:
    world.folder(work, folder)

    assert children.do(programs.die_at_page, world.place(folder), number) is KILLED

    assert content(store_of(folder)) == world.known(work)
    go_on(world, folder)


# Any moment


def _kill_at_random(work: str, moments: int, world: World, tmp_path: Path, children: Children) -> set[bool]:
    """Kill a process so many times, over the length of a run and a bit; tell which outcomes there were."""
    random, outcomes = Random(7), set()
    whole = _seconds(world.place(world.folder(work, tmp_path / "whole")), children)
    for number in range(moments):
        folder = world.folder(work, tmp_path / str(number))
        child = children.start(programs.sync_when_told, world.place(folder))
        assert child.talk.recv() == "ready"
        time.sleep(random.uniform(0, 1.2 * whole))  # the last steps are short
        with contextlib.suppress(ProcessLookupError):  # it may be done
            child.kill()
        child.result()
        left = content(store_of(folder))
        assert left in (world.known(work), world.everything)
        go_on(world, folder, done=left == world.everything)
        outcomes.add(left == world.everything)
        shutil.rmtree(folder)
        whole *= stretch(number, outcomes)
    return outcomes


def _seconds(place: Place, children: Children) -> float:
    """Measure how long a run takes when nobody disturbs it."""
    child = children.start(programs.sync_when_told, place)
    child.talk.recv()
    start = time.monotonic()
    child.result()
    return time.monotonic() - start


@pytest.mark.long
@pytest.mark.parametrize("work", first_of("second", "first"))
def test_a_few_random_moments(work: str, world: World, tmp_path: Path, children: Children) -> None:
    _kill_at_random(work, 2, world, tmp_path, children)


@pytest.mark.long
@pytest.mark.parametrize("work", PATHS)
def test_many_random_moments(work: str, world: World, tmp_path: Path, children: Children) -> None:
    assert _kill_at_random(work, 120, world, tmp_path, children) == {False, True}


# Going on


@pytest.fixture(scope="module")
def forty_pages() -> Iterator[Sandbox]:
    """Run a sandbox of forty pages of orders."""
    with start(orders=400, page_size=10, seed=5, now=NOW) as sandbox:
        yield sandbox


@pytest.mark.parametrize(("workers", "sure"), [(1, 36), (4, 16)])
def test_a_first_run_that_was_killed_late_does_not_start_again(
    workers: int, sure: int, forty_pages: Sandbox, tmp_path: Path, children: Children
) -> None:
    place = place_at(forty_pages, tmp_path)
    assert children.do(programs.die_at_page, place, 38, workers) is KILLED
    seen = forty_pages.log(limit=0)["attempts"]

    with place.open(workers=workers) as shop:
        report = shop.sync()

    log = forty_pages.log(method="orders")["entries"]
    asked = Counter(entry["page"] for entry in log if entry["number"] > seen)
    assert (report.resumed, report.new, report.verified) == (True, 400, True)
    # The second walk asks for each page once. Of the first one only pages were left that nobody had made sure
    # of: two segments of 16, where they are read side by side.
    assert [page for page in range(3, sure) if asked[page] != 1] == []
    assert sum(asked.values()) <= 40 + (40 - sure) + 20


def test_one_that_was_killed_in_its_second_walk_asks_for_the_rest_of_that(
    forty_pages: Sandbox, tmp_path: Path, children: Children
) -> None:
    place = place_at(forty_pages, tmp_path)
    assert children.do(programs.die_at_page, place, 75) is KILLED
    seen = forty_pages.log(limit=0)["attempts"]

    with place.open() as shop:
        report = shop.sync()

    log = forty_pages.log(method="orders")["entries"]
    assert (report.resumed, report.new, report.verified) == (True, 400, True)
    assert len([entry for entry in log if entry["number"] > seen]) <= 30


@pytest.mark.long
def test_however_often_it_is_killed_the_end_is_reached(
    forty_pages: Sandbox, tmp_path: Path, children: Children
) -> None:
    place = place_at(forty_pages, tmp_path)
    killed = 0

    while children.do(programs.die_at_page, place, 20, 1) is KILLED:
        killed += 1
        assert killed <= 8

    assert killed >= 4
    with place.open() as shop:
        assert (shop.last_sync.new, len(shop.orders())) == (400, 400)
    refuse_strays(tmp_path)


@pytest.mark.long
def test_pages_that_are_known_are_not_gone_on_from(
    forty_pages: Sandbox, tmp_path: Path, children: Children
) -> None:
    """A run that is killed when its merge is done leaves its pages: they are no part of a full one."""
    place = place_at(forty_pages, tmp_path)
    assert children.do(programs.die_at_step, place, "committed", 1) is KILLED
    assert list(tmp_path.glob("staging/*.pages"))

    with place.open() as shop:
        report = shop.sync(full=True)

    assert (report.resumed, report.new, report.unchanged) == (False, 0, 400)
    assert report.requests > 80
    refuse_strays(tmp_path)


# Ctrl-C


def test_ctrl_c_tells_how_far_a_first_run_came_and_the_next_one_goes_on(
    forty_pages: Sandbox, tmp_path: Path, children: Children
) -> None:
    place = place_at(forty_pages, tmp_path)

    said = children.do(programs.interrupt_at_page, place, 30)

    assert re.fullmatch(
        r"Interrupted\. Orders: (290|300|310) rows were read, back to 2026-\d\d-\d\d \d\d:\d\d:\d\d; "
        r"the next run goes on from there\. Nothing had been read before\.",
        said,
    )
    with place.open() as shop:
        report = shop.sync()
    assert (report.resumed, report.new) == (True, 400)
    refuse_strays(tmp_path)


def test_ctrl_c_while_what_is_new_is_read_leaves_what_was_known(
    world: World, tmp_path: Path, children: Children
) -> None:
    folder = world.folder("second", tmp_path / "shop")

    said = children.do(programs.interrupt_at_page, world.place(folder), 2)

    assert re.fullmatch(
        r"Interrupted\. Orders: \d+ rows were read, back to [-\d]+ [:\d]+; the next run reads them again\. "
        r"What was read before stands, as of 20[-\d]+ [:\d]+ UTC\.",
        said,
    )
    assert content(store_of(folder)) == world.known("second")
    go_on(world, folder)
