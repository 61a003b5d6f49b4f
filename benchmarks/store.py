"""A merge beside the bare append: ``python benchmarks/store.py [--orders 1000000] [--rounds 3]``.

Canonical orders come from a file of Arrow batches, so that nobody has to make them while the time runs. The
bare append is a new DuckDB file with the same columns, ``INSERT INTO … SELECT`` from the same batches, and a
checkpoint: no history, no run, no check. Beside it stand a first merge, the same orders seen again by a later
run, and a run that brings 100 changed ones. Times are taken in turns, the best of several rounds; memory is
how far a process of its own grows while it works, at a quarter of the orders and at all of them.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.frames.orders import BATCH_ROWS
from tegro_analytics.schemas import ORDERS
from tegro_analytics.store import Basis, Coverage, Owner, Run, Store, mark_of_salt
from tegro_analytics.store.tables import HELD, columns_of, quoted

SENT = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
NEWEST = np.datetime64("2026-10-31T12:00:00", "us")
CHANGED = 100
SECONDS_BETWEEN = 60
MONEY = pa.decimal128(18, 8)
SYSTEMS = ((5, "Visa", "card"), (25, "Bank cards", "card"), (28, "SBP", "sbp"), (51, "Crypto", "crypto"))


# The orders


def batches(orders: int, *, hour: int = 0, changed: int = 0) -> Iterator[pa.RecordBatch]:
    """Make canonical orders, the newest first, as a run of an hour sees them; the newest of them changed."""
    for newest in range(orders, 0, -BATCH_ROWS):
        number = np.arange(newest, max(newest - BATCH_ROWS, 0), -1)
        yield batch(number, total=orders, hour=hour, changed=changed)


def batch(number: np.ndarray, *, total: int, hour: int, changed: int) -> pa.RecordBatch:
    """Make some orders out of their numbers, each the same every time."""
    schema = ORDERS.arrow()
    draw = number * 2_654_435_761 % (1 << 32)
    paid = draw % 10 < 6
    created = NEWEST - ((total - number) * SECONDS_BETWEEN).astype("timedelta64[s]")
    done = created + (draw % 3_000 + 5).astype("timedelta64[s]")
    system = draw // 16 % len(SYSTEMS)
    cents = draw % 9_000_000 + 1_000 + (total - number < changed)
    days, paid_days = created.astype("datetime64[D]"), done.astype("datetime64[D]")
    gone = ~paid
    columns = {
        **{name: pa.repeat(value, len(number)) for name, value in CONSTANT.items()},
        **{name: _moments(created if kind else done, None if kind else gone) for name, kind in MOMENTS},
        **_calendar("created", created, days, None),
        **_calendar("paid", done, paid_days, gone),
        "id": pa.array(number),
        "payment_id": _texts("Order #", number),
        "status": pa.array(np.where(paid, 1, 0)),
        "status_name": _named(paid.astype(int), ("created", "paid")),
        "seconds_to_pay": pa.array((done - created).astype("timedelta64[s]").astype(int), mask=gone),
        "amount": _money(cents * 1_000_000),
        "fee": _money(cents * 50_000),
        "payment_system_id": _named(system, tuple(code for code, _, _ in SYSTEMS)),
        "payment_system": _named(system, tuple(f"{name} ({code})" for code, name, _ in SYSTEMS)),
        "family": _named(system, tuple(family for _, _, family in SYSTEMS)),
        "rail": _named(system, tuple(name for _, name, _ in SYSTEMS)),
        "customer": pa.array(draw % (total // 3 + 1) * 7_919),
        "email": _texts("user", draw % (total // 3 + 1), "@site.ru"),
        "refund_first_seen_at": pa.nulls(len(number)),
        "extra": pa.nulls(len(number)),
    }
    seen = pa.repeat(SENT + dt.timedelta(hours=hour), len(number))
    columns |= {"first_seen_at": seen, "observed_at": seen, "as_of": seen}
    return pa.RecordBatch.from_arrays(
        [columns[field.name].cast(field.type) for field in schema], schema=schema
    )


CONSTANT = {
    "shop_id": "SHOP",
    "is_test": False,
    "currency": "RUB",
    "flags": "",
    "is_test_int": 0,
    "currency_id": 1,
}
MOMENTS = (("created_at", True), ("paid_at", False))


def _moments(value: np.ndarray, gone: np.ndarray | None) -> pa.Array:
    return pa.array(value, mask=gone).cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))


def _calendar(
    name: str, moment: np.ndarray, days: np.ndarray, gone: np.ndarray | None
) -> dict[str, pa.Array]:
    weekday = (days.astype(int) + 3) % 7
    stamp = pa.array(moment, mask=gone)
    return {
        f"{name}_date": pa.array(days, mask=gone),
        f"{name}_week": pa.array(days - weekday.astype("timedelta64[D]"), mask=gone),
        f"{name}_month": pc.strftime(stamp, "%Y-%m"),
        f"{name}_hour": pc.hour(stamp),
        f"{name}_weekday": pa.array(weekday + 1, mask=gone),
        f"{name}_text": pc.strftime(stamp.cast(pa.timestamp("s")), "%Y-%m-%d %H:%M:%S"),
    }


def _money(smallest: np.ndarray) -> pa.Array:
    """Make money of hundred-millionths."""
    words = np.zeros((len(smallest), 2), dtype="<i8")  # 128 bits each
    words[:, 0] = smallest
    return pa.Decimal128Array.from_buffers(MONEY, len(smallest), [None, pa.py_buffer(words)])


def _texts(before: str, number: np.ndarray, after: str = "") -> pa.Array:
    return pc.binary_join_element_wise(before, pa.array(number).cast(pa.string()), after, "")


def _named(place: np.ndarray, names: tuple[object, ...]) -> pa.Array:
    return pa.array(names).take(pa.array(place))


def write_batches(path: Path, orders: int, *, hour: int = 0, changed: int = 0) -> Path:
    """Keep orders in a file, so that to read them costs next to nothing."""
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, ORDERS.arrow()) as stream:
        for one in batches(orders, hour=hour, changed=changed):
            stream.write_batch(one)
    return path


# The ways


def append(folder: Path, reader: pa.RecordBatchReader, hour: int) -> None:  # noqa: ARG001
    """Write ready Arrow into a new file, and no more."""
    held = HELD["orders"]
    names = ", ".join(quoted(name) for name in held.names)
    with duckdb.connect(folder / "plain.duckdb") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE TABLE t ({', '.join(columns_of(held))})")
        connection.register("reader", reader)
        connection.execute(f"INSERT INTO t SELECT {names} FROM reader")
        connection.unregister("reader")
        connection.execute("CHECKPOINT")


def merge(folder: Path, reader: pa.RecordBatchReader, hour: int) -> None:
    """Merge a run of an hour into the store of a folder."""
    began = SENT + dt.timedelta(hours=hour)
    basis = Basis("Europe/Moscow", "Europe/Moscow", mark_of_salt(b"salt"))
    whole = (Coverage("SHOP", "orders"),)
    run = Run(f"run-{hour}", "full", began, began, Owner("https://tegro.money", 1), basis, coverage=whole)
    Store(folder / "store").merge(run, {"orders": reader})


Way = Callable[[Path, pa.RecordBatchReader, int], None]
PLAIN = "bare append"
STEPS: dict[str, tuple[Way, int, int]] = {
    PLAIN: (append, 0, 0),
    "merge, all new": (merge, 0, 0),
    "merge, nothing changed": (merge, 1, 0),
    f"merge, {CHANGED} changed": (merge, 2, CHANGED),
}
"""What is done to one folder, one after the other: how, in which hour, and how many orders are changed."""


def source(folder: Path, name: str, orders: int) -> Path:
    """Name the file of batches of a step; make it if it is not there."""
    _, hour, changed = STEPS[name]
    path = folder / f"{orders}-{hour}-{changed}.arrow"
    if changed:  # such a run brings these orders only
        if not path.exists():
            first = next(batches(orders, hour=hour, changed=changed))
            with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, first.schema) as stream:
                stream.write_batch(first.slice(0, changed))
        return path
    return path if path.exists() else write_batches(path, orders, hour=hour)


def step(name: str, folder: Path, path: Path) -> float:
    """Do one step, and time it."""
    way, hour, _ = STEPS[name]
    with pa.OSFile(str(path), "rb") as file, pa.ipc.open_stream(file) as reader:
        start = time.perf_counter()
        way(folder, reader, hour)
        return time.perf_counter() - start


# Measuring


def grown(name: str, orders: int, files: Path) -> None:
    """Print by how many MB this process grows; the steps before it are done by others."""
    with tempfile.TemporaryDirectory() as small:  # what is loaded once does not count
        step(PLAIN, Path(small), source(files, PLAIN, BATCH_ROWS))
        step("merge, all new", Path(small), source(files, "merge, all new", BATCH_ROWS))
    folder = files / f"grown-{orders}"
    folder.mkdir(exist_ok=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    step(name, folder, source(files, name, orders))
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)


def grown_apart(name: str, orders: int, files: Path) -> float:
    """Measure the growth of a process of its own, in MB."""
    command = [sys.executable, __file__, "--grown", name, "--orders", str(orders), "--files", str(files)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--grown", choices=list(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--files", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.grown:
        grown(options.grown, options.orders, options.files)
        return
    sizes = (options.orders // 4, options.orders)
    with tempfile.TemporaryDirectory(prefix="tegro-store-") as made:
        files = Path(made)
        for orders in (BATCH_ROWS, *sizes):  # before anything is measured: to make them takes memory
            for name in STEPS:
                source(files, name, orders)
        memory = {(name, orders): grown_apart(name, orders, files) for orders in sizes for name in STEPS}
        best = dict.fromkeys(STEPS, float("inf"))
        for number in range(options.rounds):
            folder = files / str(number)
            folder.mkdir()
            for name in STEPS:
                best[name] = min(best[name], step(name, folder, source(files, name, options.orders)))
    print(
        f"{options.orders:,} orders in batches of {BATCH_ROWS:,}; memory at {sizes[0]:,} and at all of them"
    )
    for name, seconds in best.items():
        grows = " ".join(f"{memory[name, orders]:6.0f} MB" for orders in sizes)
        print(f"{name:24} {seconds:7.2f} s {seconds / best[PLAIN]:6.2f} x {grows}")


if __name__ == "__main__":
    main()
