"""A store brought up to date over HTTP: ``python benchmarks/sync.py [--orders 100000] [--latency 0]``.

For each number of orders, against a sandbox with pages of 100:

* the first sync, which walks the list twice;
* a first sync that is killed (``kill -9``) when it has read 95 % of the first walk, or of both, and the sync
  after it: how many pages that one asks for;
* a sync with nothing new, the median of five.

Each sync is a process of its own. Memory is how far it grew from where its libraries were loaded, to its
peak. Linux tells that; elsewhere the column is empty.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tegro_analytics.credentials import ApiKey, ShopAccess
from tegro_analytics.sandbox.process import Sandbox, start
from tegro_analytics.settings import load_settings
from tegro_analytics.shop import Shop
from tegro_analytics.sync.staging import Staging

NOW = "2026-11-24 12:00:00"
ORDERS_A_DAY = 2_500
"""Whatever their number: the look-back of a sync holds as many then."""
KILLED_AT = 0.95
QUIET_RUNS = 5
PROCESS = Path("/proc/self/status")


@dataclass(frozen=True)
class Done:
    """Hold what one sync took."""

    seconds: float
    requests: int
    grown_mb: float
    staged: int
    """How many pages of orders it wrote down on their way."""
    new: int
    resumed: bool


# In a process of its own


def memory(name: str) -> float:
    """Say how many MB this process has (``VmRSS``), or had at most (``VmHWM``)."""
    if not PROCESS.exists():
        return float("nan")
    line = next(line for line in PROCESS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def count_staged(kill_at: int | None) -> list[int]:
    """Count the pages of orders that are written down; at some number of them, kill this process."""
    staged = [0]
    add = Staging.add

    def counted(self: Staging, *page: Any) -> None:
        add(self, *page)
        if self.heading.list.startswith("orders"):
            staged[0] += 1
        if staged[0] == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    Staging.add = counted  # type: ignore[method-assign]
    return staged


def sync_here(given: dict[str, Any]) -> None:
    """Sync once, and print what it took; what is there to load is loaded before."""
    import duckdb  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow.compute  # noqa: F401

    settings = load_settings(
        base_url=given["base_url"],
        store=Path(given["folder"]),
        currencies={int(number): code for number, code in given["currencies"].items()},
        progress=False,
    )
    os.environ["XDG_DATA_HOME"] = given["folder"]  # where the nonces are kept
    shop = Shop([ShopAccess("tea", given["shop_id"], ApiKey(given["api_key"]))], settings)
    staged = count_staged(given["kill_at"])
    before, began = memory("VmRSS"), time.perf_counter()
    report = shop.sync()
    seconds = time.perf_counter() - began
    grown = memory("VmHWM") - before
    print(json.dumps([seconds, report.requests, grown, staged[0], report.new, report.resumed]))


# Here


def sync(sandbox: Sandbox, folder: Path, *, kill_at: int | None = None) -> Done | None:
    """Sync in a process of its own; gives nothing where that was killed."""
    given = {
        "base_url": sandbox.base_url,
        "shop_id": sandbox.shop_id,
        "api_key": sandbox.api_key,
        "currencies": sandbox.currencies,
        "folder": str(folder),
        "kill_at": kill_at,
    }
    done = subprocess.run(
        [sys.executable, __file__, "--one"],
        input=json.dumps(given),
        stdout=subprocess.PIPE,
        text=True,
        check=False,  # it may be meant to be killed
    )
    if kill_at is not None and done.returncode == -signal.SIGKILL:
        return None
    done.check_returncode()
    return Done(*json.loads(done.stdout))


def line(what: str, done: Done, *, orders: int, more: str = "") -> None:
    """Print one line of the table."""
    rate = f"{orders / done.seconds:8,.0f}" if done.new else " " * 8
    print(
        f"{what:34} {done.seconds:8.2f} s {rate} orders/s {done.requests:7,} requests "
        f"{done.grown_mb:6.0f} MB  {more}".rstrip(),
        flush=True,
    )


def measure(orders: int, latency: float, folder: Path) -> None:
    """Print the lines of one shop."""
    began = time.perf_counter()
    days = max(orders // ORDERS_A_DAY, 1)
    with start(orders=orders, days=days, latency_ms=latency, now=NOW) as sandbox:
        made = time.perf_counter() - began
        print(f"\n{orders:,} orders, {-(-orders // 100):,} pages; the sandbox took {made:.1f} s to make them")
        first = sync(sandbox, folder / "first")
        assert first is not None
        assert first.new == orders
        line("first sync", first, orders=orders, more=f"{first.staged:,} pages kept on the way")
        for share, what in ((KILLED_AT / 2, "of the first walk"), (KILLED_AT, "of both walks")):
            killed_at = int(first.staged * share)
            assert sync(sandbox, folder / what, kill_at=killed_at) is None
            rest = sync(sandbox, folder / what)
            assert rest is not None
            assert rest.new == orders
            line(
                f"after a kill at {KILLED_AT:.0%} {what}",
                rest,
                orders=orders,
                more=f"killed at page {killed_at:,}; went on: {'yes' if rest.resumed else 'NO'}",
            )
        quiet = [done for _ in range(QUIET_RUNS) if (done := sync(sandbox, folder / "first"))]
        line(
            "nothing new",
            sorted(quiet, key=lambda done: done.seconds)[len(quiet) // 2],
            orders=orders,
            more=f"requests {sorted({done.requests for done in quiet})}, median of {len(quiet)}: "
            f"{statistics.median(done.seconds for done in quiet):.2f} s",
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        sync_here(json.load(sys.stdin))
        return
    for orders in options.orders:
        with tempfile.TemporaryDirectory() as folder:
            measure(orders, options.latency, Path(folder))


if __name__ == "__main__":
    main()
