"""Every benchmark, one after the other, beside what is to be reached: ``make bench``, ``BENCH=small``.

Each is a script that can be called by itself and prints ratios out of one run. Times of their own say
something about the machine alone, so nothing is made of them here.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Script:
    """Name a script, what makes it quick, and what its numbers are to reach."""

    name: str
    small: str
    reach: tuple[str, ...]


SCRIPTS = (
    Script(
        "frames.py",
        "--orders 20000",
        (
            "all columns, as pandas: at least 2 times faster than json + pandas + Decimal",
            "all columns, as pandas: a fifth of its memory",
            "the API's columns alone: at least 3 times faster",
        ),
    ),
    Script(
        "wire.py",
        "--pages 200 --rounds 1",
        (
            "a list read ahead: at least 90% of W / latency, which nobody can beat",
            "over TLS: at least 25 times faster than requests.post for each page",
            "CPU for a page: at most 1.3 times that of a requests.Session alone",
        ),
    ),
    Script(
        "store.py",
        "--orders 100000 --rounds 1",
        (
            "a merge, all new: at most 1.3 times a bare append, together with what decodes the pages",
            "peak growth under 500 MB, the same at a quarter of the orders",
        ),
    ),
    Script(
        "sync.py",
        "--orders 5000 20000",
        ("nothing new: requests, and time, that do not grow with the store",),
    ),
    Script(
        "workbooks.py",
        "--orders 10000 --rounds 1",
        (
            "write_table: at least 1.7 times faster than DataFrame.to_excel(engine='xlsxwriter')",
            "write_table at 200,000 orders: growth under 100 MB",
        ),
    ),
    Script(
        "metrics.py",
        "--orders 100000 --rounds 3",
        (
            "at 10,000,000 orders: at most 1.3 times the time of SQL by hand",
            "at 10,000,000 orders: at least 3 times faster than pandas by hand",
        ),
    ),
)


def run(script: Script, *, small: bool) -> bool:
    """Run a script; say whether it came to its end."""
    options = script.small if small else ""
    print(f"\n== {script.name} {options}".rstrip())
    for line in script.reach:
        print(f"   to reach: {line}")
    sys.stdout.flush()
    start = time.perf_counter()
    done = subprocess.run([sys.executable, FOLDER / script.name, *shlex.split(options)], check=False)
    print(f"   took {time.perf_counter() - start:.0f} s" + ("" if done.returncode == 0 else ", AND FAILED"))
    return done.returncode == 0


def main() -> int:
    """Run them all; 1 if one did not come to its end."""
    names = {script.name.removesuffix(".py"): script for script in SCRIPTS}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help=f"small, and which of {', '.join(names)}; all by default")
    words = parser.parse_args().words
    if unknown := set(words) - {"small", *names}:
        parser.error(f"{', '.join(sorted(unknown))}: say small, or one of {', '.join(names)}")
    chosen = [script for name, script in names.items() if name in words] or SCRIPTS
    ended = [run(script, small="small" in words) for script in chosen]
    return 0 if all(ended) else 1


if __name__ == "__main__":
    sys.exit(main())
