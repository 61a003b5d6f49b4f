"""Orders to XLSX, beside pandas: ``python benchmarks/workbooks.py [--orders 200000]``.

The peer is ``DataFrame.to_excel(engine="xlsxwriter")`` of the same orders with the same columns, their times
without a zone, for Excel has none. Every number comes from one run; times are CPU seconds, the best of
several in turns; memory is how far a process of its own grew while it wrote, the orders aside.
"""

from __future__ import annotations

import argparse
import gc
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from frames import make_pages, whole_table

from tegro_analytics import frames, reports
from tegro_analytics.schemas import ORDERS

ZONE = "Europe/Moscow"
ROUNDS = 3


def ours(table: pa.Table, path: Path) -> None:
    """Write the orders as the package does."""
    reports.write_table(table, path, schema=ORDERS, zone=ZONE, lang="en", overwrite=True)


def pandas_alone(frame: pd.DataFrame, path: Path) -> None:
    """Write the orders as a notebook would."""
    frame.to_excel(path, engine="xlsxwriter", index=False)


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Make the frame of a notebook: the same columns, times without a zone."""
    frame = frames.to_pandas(table, ORDERS, report_zone=ZONE)
    for name in frame.columns:
        if isinstance(frame[name].dtype, pd.DatetimeTZDtype):
            frame[name] = frame[name].dt.tz_localize(None)
    return frame


WAYS: dict[str, tuple[Callable[[pa.Table], Any], Callable[[Any, Path], None]]] = {
    "pandas with xlsxwriter": (frame_of, pandas_alone),
    "write_table": (lambda table: table, ours),
}


def seconds(write: Callable[[Any, Path], None], orders: Any, path: Path) -> float:
    """Time one way, CPU of this process."""
    gc.collect()
    start = time.process_time()
    write(orders, path)
    return time.process_time() - start


def grown(name: str, orders: int) -> None:
    """Print by how many MB this process grows when it writes; called in a process of its own."""
    prepare, write = WAYS[name]
    held = prepare(whole_table(make_pages(orders)).table)
    gc.collect()
    with tempfile.TemporaryDirectory() as folder:
        write(held[:1_000], Path(folder) / "first.xlsx")
        _forget_peak()
        before = _megabytes()
        write(held, Path(folder) / "orders.xlsx")
    print(_megabytes() - before)


def _forget_peak() -> None:
    """Let the peak of this process begin anew, where the system can do that."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        print("the peak of making the orders is not forgotten: growth may be more", file=sys.stderr)


def _megabytes() -> float:
    """Give the peak of this process."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(
            line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM")
        )
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def grown_apart(name: str, orders: int) -> float:
    """Measure the growth of a process of its own, in MB."""
    command = [sys.executable, __file__, "--grown", name, "--orders", str(orders)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--grown", choices=list(WAYS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.grown:
        grown(options.grown, options.orders)
        return
    memory = {name: grown_apart(name, options.orders) for name in WAYS}
    table = whole_table(make_pages(options.orders)).table
    held = {name: prepare(table) for name, (prepare, _) in WAYS.items()}
    best = dict.fromkeys(WAYS, float("inf"))
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):  # in turns, so that a slow moment of the machine hits both
            for name, (_, write) in WAYS.items():
                best[name] = min(best[name], seconds(write, held[name], Path(folder) / "orders.xlsx"))
    peer = "pandas with xlsxwriter"
    print(f"{options.orders:,} orders, {len(held[peer].columns)} columns")
    for name in WAYS:
        print(
            f"{name:26} {best[name]:7.2f} s {best[peer] / best[name]:6.2f} x faster "
            f"{memory[name]:7.0f} MB of growth"
        )


if __name__ == "__main__":
    main()
