"""The benchmarks run, and what they compare finds the same."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.documents import ROOT

FOLDER = ROOT / "benchmarks"


def test_make_bench_runs_every_script() -> None:
    scripts = {path.name for path in FOLDER.glob("*.py") if "__main__" in path.read_text(encoding="utf-8")}
    named = re.findall(
        r'^        "([a-z_]+\.py)",$', (FOLDER / "run.py").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert set(named) == scripts - {"run.py"}


@pytest.mark.long
def test_sql_and_pandas_by_hand_find_what_the_metrics_find() -> None:
    command = [sys.executable, "-W", "error", FOLDER / "metrics.py", "--orders", "20000", "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"\(target: ", done.stdout)) == 6
