"""Killed at every step, and at random moments: what a process leaves is whole, and the next run goes on."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

import duckdb
import pytest

from tegro_analytics.store import Store
from tegro_analytics.store.failpoints import STEPS
from tegro_analytics.store.tables import HELD, LEDGERS
from tests.marks import first_of
from tests.store import deeds
from tests.store.children import KILLED, Children, cut_log_is_told, stretch
from tests.store.deeds import PERSON, WORK
from tests.store.world import new_store_in

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kill -9 of POSIX")

MIGRATION: Final = ("migration begun", "migration written", "migration committed")
MERGE: Final = (
    "opened",
    "merge begun",
    "staged",
    "ledger written",
    "old rows deleted",
    "new rows written",
    "seen rows marked",
    "run written",
    "committed",
    "checkpointed",
    "closed",
    "receipt drafted",
    "receipt in place",
)
PATHS: Final = {
    "first": ("locked", "draft made", *MIGRATION, "draft checkpointed", "draft in place", *MERGE),
    "second": ("locked", *MERGE),
    "forget": (
        *("locked", "opened", *MIGRATION, "rewriting begun", "rewritten", "rewritten in place"),
        *("receipt drafted", "receipt in place"),
    ),
}
"""The steps that each piece of work goes through."""

DURABLE: Final = {"first": "committed", "second": "committed", "forget": "rewritten in place"}
"""The step from which on the work is done, whatever happens."""
AFTER: Final = {"first": "second", "second": "forget", "forget": "end"}
"""What each stage leads to."""

TWICE: Final = [("first", "ledger written"), ("second", "ledger written")]
"""Steps that are reached for each of two tables."""

HELD_TABLES: Final = (*HELD, *(held.ledger for held in LEDGERS))
TABLES: Final = (*HELD_TABLES, "tombstones")
Content = dict[str, list[tuple[Any, ...]]]


def _points(work: str) -> Iterator[tuple[str, int]]:
    """Give the steps of some work in their order, and for the how many-eth time each is reached."""
    for step in PATHS[work]:
        yield step, 1
        if (work, step) in TWICE:
            yield step, 2


def content(store: Store) -> Content:
    """Give all that is known, row by row; nothing of a store that is not there yet."""
    if not store.path.exists():
        return {name: [] for name in TABLES}
    with store.reading() as connection:
        refuse_halves(connection)
        known = {name: _rows(connection, f"SELECT * FROM {name} ORDER BY ALL") for name in HELD_TABLES}
        return {**known, "tombstones": _rows(connection, "SELECT mark FROM tombstones ORDER BY ALL")}


def refuse_halves(connection: duckdb.DuckDBPyConnection) -> None:
    """See that the runs tell as many rows as there are, and that each has its coverage."""
    for held in LEDGERS:
        counts = f"SELECT counts::JSON->'{held.name}'->'SHOP' AS c FROM runs"
        sums = ", ".join(f"coalesce(sum((c->>'{name}')::INT), 0)" for name in ("new", "changed"))
        told = f"SELECT {sums} FROM ({counts})"
        there = f"SELECT (SELECT count(*) FROM {held.name}), (SELECT count(*) FROM {held.ledger})"
        assert _rows(connection, told) == _rows(connection, there)
    runs = "SELECT number, 2 FROM runs ORDER BY ALL"
    assert _rows(connection, runs) == _rows(
        connection, "SELECT run, count(*) FROM coverage GROUP BY ALL ORDER BY ALL"
    )


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in connection.sql(query).to_arrow_table().to_pylist()]


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Make stores that never crashed: one before each piece of work, and one after all of it."""
    base = tmp_path_factory.mktemp("stages")
    names = [*WORK, "end"]
    (base / names[0]).mkdir()
    for work, after in itertools.pairwise(names):
        shutil.copytree(base / work, base / after)
        WORK[work](new_store_in(base / after))
    return {name: base / name for name in names}


@pytest.fixture(scope="module")
def known(stages: dict[str, Path]) -> dict[str, Content]:
    """Tell what each of these stores knows."""
    return {name: content(new_store_in(folder)) for name, folder in stages.items()}


@pytest.mark.parametrize("work", WORK)
def test_the_work_goes_through_these_steps(
    work: str, stages: dict[str, Path], tmp_path: Path, children: Children
) -> None:
    folder = _copy(stages[work], tmp_path)

    steps = children.do(deeds.trace, folder, work)

    assert steps == [step for step, _ in _points(work)]


def test_every_step_is_one_at_which_a_process_is_killed() -> None:
    assert {step for steps in PATHS.values() for step in steps} == set(STEPS)


@pytest.mark.long
@pytest.mark.parametrize("work", first_of(*WORK))
def test_killed_at_one_step_after_the_other(
    work: str, stages: dict[str, Path], known: dict[str, Content], tmp_path: Path, children: Children
) -> None:
    """Each process finds what the one before it left, comes one step further, and is killed there."""
    store = new_store_in(_copy(stages[work], tmp_path))

    for step, nth in _points(work):
        _die(store, work, step, nth, known=known, children=children)

    _do_again(store, work)
    assert content(store) == known[AFTER[work]]


@pytest.mark.long
@pytest.mark.parametrize(
    ("work", "step", "nth"), [(work, step, nth) for work in WORK for step, nth in _points(work)]
)
def test_the_next_run_after_a_kill_goes_on(
    work: str,
    step: str,
    nth: int,
    stages: dict[str, Path],
    known: dict[str, Content],
    tmp_path: Path,
    children: Children,
) -> None:
    store = new_store_in(_copy(stages[work], tmp_path))

    _die(store, work, step, nth, known=known, children=children)

    _do_again(store, work)
    assert content(store) == known[AFTER[work]]


def _die(
    store: Store, work: str, step: str, nth: int, *, known: dict[str, Content], children: Children
) -> None:
    """Let a process be killed at a step, and see that all of its work is done, or nothing of it."""
    assert children.do(deeds.die_at, store.folder.parent, work, step, nth) is KILLED
    done = PATHS[work].index(step) >= PATHS[work].index(DURABLE[work])
    assert content(store) == known[AFTER[work] if done else work], step


def _copy(stage: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(stage, tmp_path / "copy"))


def _do_again(store: Store, work: str, *, done: bool = True) -> None:
    """Do the work once more, as the next run does; nothing else is left in the folder then."""
    with cut_log_is_told(store.folder, may_be=not done):
        WORK[work](store)
    assert {path.name for path in store.folder.iterdir()} == {
        "store.duckdb",
        "store.receipt.json",
        "store.lock",
    }
    if work == "forget":
        assert PERSON.encode() not in b"".join(path.read_bytes() for path in store.folder.iterdir())


def test_the_address_can_be_seen_in_the_file_before_it_is_forgotten(stages: dict[str, Path]) -> None:
    assert PERSON.encode() in new_store_in(stages["forget"]).path.read_bytes()


def _kill_at_random(
    work: str,
    moments: int,
    stages: dict[str, Path],
    known: dict[str, Content],
    tmp_path: Path,
    children: Children,
) -> set[bool]:
    """Kill a process so many times, over the whole length of its work; tell which outcomes there were."""
    random, outcomes = Random(7), set()
    whole = _seconds(work, _copy(stages[work], tmp_path / "whole"), children)
    for number in range(moments):
        folder = _copy(stages[work], tmp_path / str(number))
        store = new_store_in(folder)
        child = children.start(deeds.work_when_told, folder, work)
        assert child.talk.recv() == "ready"
        time.sleep(random.uniform(0, whole))
        child.kill()
        child.result()
        outcomes.add(_settle(store, work, known))
        shutil.rmtree(folder)
        whole *= stretch(number, outcomes)
    return outcomes


def _seconds(work: str, folder: Path, children: Children) -> float:
    """Measure how long the work takes when nobody disturbs it."""
    child = children.start(deeds.work_when_told, folder, work)
    child.talk.recv()
    start = time.monotonic()
    child.result()
    return time.monotonic() - start


def _settle(store: Store, work: str, known: dict[str, Content]) -> bool:
    """See that the work is done or not, do it again, and tell what it was."""
    left = content(store)
    done = left == known[AFTER[work]]
    assert done or left == known[work]
    _do_again(store, work, done=done)
    assert content(store) == known[AFTER[work]]
    return done


@pytest.mark.long
@pytest.mark.parametrize("work", first_of("second", *(work for work in WORK if work != "second")))
def test_a_few_random_moments(
    work: str, stages: dict[str, Path], known: dict[str, Content], tmp_path: Path, children: Children
) -> None:
    _kill_at_random(work, 2, stages, known, tmp_path, children)


@pytest.mark.long
@pytest.mark.parametrize("work", WORK)
def test_many_random_moments(
    work: str, stages: dict[str, Path], known: dict[str, Content], tmp_path: Path, children: Children
) -> None:
    assert _kill_at_random(work, 100, stages, known, tmp_path, children) == {False, True}
