"""What children do with a store, until they are killed or stopped by what they meet."""

from __future__ import annotations

import functools
import itertools
import os
import resource
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from tegro_analytics.frames import balances_table
from tegro_analytics.schemas import QUARANTINE
from tegro_analytics.store import Store, failpoints
from tests.store.world import hour, new_store_in, order, orders, run, withdrawals

PERSON: Final = "payer4@site.ru"
"""Who is forgotten: the order 4 is theirs, and it has changed."""

WITHDRAWAL: Final = b'{"id": 7, "status": "new", "amount": "10", "date_created": "2026-03-01 10:00:00"}'


def scan(at: float) -> dict[str, pa.Table]:
    """Make what a scan finds at an hour: from 1 on two more orders, two that changed, the rest as before."""
    old = [order(1), order(2), order(3, status=0), order(4, amount="10"), order(5)]
    young = [order(1), order(2), order(3), order(4, amount="11"), order(5), order(6), order(7, status=3)]
    status = b'"done"' if at else b'"new"'
    wrong = {"table": "orders", "page": 1, "row": 0, "reason": "bad", "column": None, "observed_at": hour(at)}
    raws = ("a", "b") if at else ("a",)
    return {
        "orders": orders(*(young if at else old), at=at),
        "withdrawals": withdrawals(WITHDRAWAL.replace(b'"new"', status), at=at),
        "balances": balances_table({"user_id": 5, "balance": {"RUB": "10"}}, hour(at)).table,
        "quarantine": pa.Table.from_pylist(
            [{**wrong, "raw": raw} for raw in raws], schema=QUARANTINE.arrow()
        ),
    }


def merge_scan(store: Store, at: float) -> None:
    """Merge what is found at an hour."""
    store.merge(run(at), scan(at))


WORK: Final[dict[str, Callable[[Store], Any]]] = {
    "first": lambda store: merge_scan(store, 0),
    "second": lambda store: merge_scan(store, 1),
    "forget": lambda store: store.forget(PERSON),
}
"""What a process may be killed in: making the store, one more run, and writing the whole file anew."""


def trace(_: Connection, folder: Path, work: str) -> list[str]:
    """Do some work, and tell the steps that it goes through."""
    steps: list[str] = []
    failpoints.hook = steps.append
    WORK[work](new_store_in(folder))
    return steps


def die_at(_: Connection, folder: Path, work: str, step: str, nth: int) -> None:
    """Do some work, and be killed the n-th time that it comes to a step."""
    seen: list[str] = []

    def hook(reached: str) -> None:
        seen.append(reached)
        if reached == step and seen.count(step) == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    failpoints.hook = hook
    WORK[work](new_store_in(folder))


def work_when_told(talk: Connection, folder: Path, work: str) -> None:
    """Say when it is ready, and do some work."""
    store = new_store_in(folder)
    talk.send("ready")
    WORK[work](store)


def hold_writing(talk: Connection, folder: Path, command: str) -> None:
    """Hold the store as a writer until it is told to end."""
    with new_store_in(folder).writing(command):
        talk.send("held")
        talk.recv()


def hold_reading(talk: Connection, folder: Path) -> None:
    """Have the store open as a reader until it is told to end."""
    with new_store_in(folder).reading():
        talk.send("held")
        talk.recv()


def keep_merging(_: Connection, folder: Path, shop_id: str, seconds: float) -> int:
    """Merge one run after the other for some seconds, each with a new order and a change; tell how many."""
    store = new_store_in(folder, patience=60)
    until = time.monotonic() + seconds
    for number in itertools.count(1):
        rows = [order(number, status=0), *([order(number - 1)] if number > 1 else [])]
        begun = run(number, run_id=f"{shop_id}-{number}", shops=(shop_id,))
        store.merge(begun, {"orders": orders(*rows, at=number, shop_id=shop_id)})
        if number >= LEAST and time.monotonic() > until:
            return number
        time.sleep(BREATH)
    raise AssertionError


def keep_reading(_: Connection, folder: Path, seconds: float) -> list[str]:
    """Read the store again and again for some seconds; tell what was not whole."""
    store = new_store_in(folder, patience=60)
    until, times, last, halves = time.monotonic() + seconds, 0, 0, []
    while times < LEAST or time.monotonic() < until:
        times += 1
        with store.reading() as connection:
            found = connection.execute(SEEN).fetchone()
        runs, new, changed, there, superseded = found or ()
        if (new, changed) != (there, superseded) or runs < last:
            halves.append(f"{found} after {last} runs")
        last = runs
    return halves


LEAST: Final = 3
"""So often each merges and reads, however slow the machine is."""

BREATH: Final = 0.05
"""So long a process does something else before it merges again."""

SEEN: Final = (
    "WITH shops AS (SELECT number, unnest(map_values((counts::JSON->'orders')::"
    'MAP(VARCHAR, STRUCT("new" INT, changed INT, unchanged INT)))) AS c FROM runs) '
    "SELECT (SELECT count(*) FROM runs), coalesce(sum(c.new), 0), coalesce(sum(c.changed), 0), "
    "(SELECT count(*) FROM orders), (SELECT count(*) FROM orders_ledger) FROM shops"
)
"""How many runs there are, what they tell of orders, and what there is."""


def told(work: Callable[[], Any]) -> str:
    """Do something that is refused, and give the name of the error and what it says."""
    try:
        work()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  the test looks at it
        return f"{type(error).__name__}: {error}"
    return "nothing"


def work_on_a_full_disk(_: Connection, folder: Path, work: str, limit: int) -> str:
    """Do some work where no file can be longer than a limit: refused as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    store = new_store_in(folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    return told(lambda: WORK[work](store))


def back_up_to_a_full_disk(_: Connection, folder: Path, target: Path, limit: int) -> str:
    """Copy the store where no file can be longer than a limit."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    store = new_store_in(folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    return told(lambda: store.backup(target))


def use_as_a_stranger(_: Connection, folder: Path) -> dict[str, str]:
    """Use a store as somebody who may not write to it, and tell what came of it."""
    if os.getuid() == 0:  # to whom no file is read-only
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    store = new_store_in(folder)
    ways = {"read": lambda: store.table("orders"), "status": store.status, "accept": store.accept}
    return {name: told(way) for name, way in ways.items()} | {
        name: told(functools.partial(work, store)) for name, work in WORK.items()
    }


NOBODY: Final = 65534


def interrupt_at(_: Connection, folder: Path, steps: tuple[str, ...]) -> list[tuple[str, int]]:
    """Press Ctrl-C at some steps of a merge; tell what was raised, and how many runs there are then."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    store, found = new_store_in(folder), []
    for step in steps:
        failpoints.hook = functools.partial(_press, step)
        raised = told(lambda: merge_scan(store, 1))
        failpoints.hook = None
        found.append((raised, store.status().runs))
    return found


def _press(step: str, reached: str) -> None:
    if reached == step:
        os.kill(os.getpid(), signal.SIGINT)


def interrupt_queries(_: Connection, folder: Path, times: int) -> list[str]:
    """Press Ctrl-C while the database works on queries that follow a change, so many times."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    store = new_store_in(folder)

    def change() -> None:
        with store.writing("sync") as connection:
            connection.execute("DELETE FROM orders")
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
            for _ in range(1_000):  # one long query may answer late
                connection.execute("SELECT count(*) FROM range(1_000_000) AS r(i) WHERE hash(i) = 3")

    return [told(change) for _ in range(times)]


def warm_up() -> None:
    """Do each thing once, so that children need not load and learn anything."""
    folder = Path(tempfile.mkdtemp(prefix="tegro-store-"))
    try:
        for work in WORK.values():
            work(new_store_in(folder))
    finally:
        shutil.rmtree(folder)
