"""Other programs that meet the faults of calls: what they print shows no secret."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.wire import Server, serving
from tests.secrets.calls import CALLS, named
from tests.secrets.canaries import found_in, secrets_of
from tests.secrets.looking import leaks, shown
from tests.secrets.plants import PLANTED, frame_of_a_library

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@contextlib.contextmanager
def servers_of(*names: str) -> Iterator[dict[str, Server]]:
    """Run a server for each of some faults."""
    with contextlib.ExitStack() as running:
        yield {str(fault.id): running.enter_context(serving(fault.values[0])) for fault in named(*names)}


def run(servers: dict[str, Server], folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python beside these servers, and take all that it prints."""
    addresses = json.dumps({name: server.url for name, server in servers.items()})
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ADDRESSES": addresses, "COLUMNS": "10000"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )


def secrets_of_all(servers: dict[str, Server]) -> list[str]:
    return list(dict.fromkeys(secret for server in servers.values() for secret in secrets_of(server)))


def run_pytest(servers: dict[str, Server], folder: Path, *, failing: int) -> None:
    options = ["--showlocals", "--tb=long", "-vv", "-p", "no:cacheprovider", "-p", "no:xdist"]
    child = run(
        servers, folder, "-m", "pytest", *options, f"--rootdir={folder}", str(HERE / "failing_calls.py")
    )
    assert child.stdout.count('@pytest.mark.parametrize("name", CALLS)') >= failing, child.stdout[-2_000:]
    assert "client     = Client(shop_id=" in child.stdout
    assert found_in(child.stdout, [PLANTED]) == [PLANTED]
    assert found_in(child.stdout, secrets_of_all(servers)) == []


@pytest.mark.long
def test_pytest_that_shows_locals_shows_no_secret(tmp_path: Path) -> None:
    with servers_of("echo-html", "reset-0", "bad_json-0") as servers:
        run_pytest(servers, tmp_path, failing=len(servers) * len(CALLS))


@pytest.mark.long
def test_pytest_that_shows_locals_shows_no_secret_of_any_fault(tmp_path: Path) -> None:
    from tests.secrets.calls import FAULTS

    # One that ends with Ctrl-C would end the other pytest.
    names = [str(fault.id) for fault in FAULTS if not str(fault.id).startswith(("interrupted", "too_large"))]
    with servers_of(*names) as servers:
        run_pytest(servers, tmp_path, failing=len(servers) * (len(CALLS) - 2))


@pytest.mark.long
def test_a_program_that_looks_into_everything_shows_no_secret(tmp_path: Path) -> None:
    with servers_of("read_timeout-0", "echo-headers", "short_body-0") as servers:
        child = run(servers, tmp_path, "-X", "dev", str(HERE / "dying_program.py"))
        assert child.returncode == 1
        for sign in ("Timeout (0:00:00.05", "DEBUG:urllib3", "Exception in thread", "Traceback", PLANTED):
            assert sign in child.stdout
        assert child.stdout.count("Exception in thread") == len(servers) * len(CALLS)
        assert found_in(child.stdout, secrets_of_all(servers)) == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("whose", "every", "calls"),
    [
        ("ours", 17, ["order", "create_withdrawal"]),
        pytest.param("ours", 1, ["orders", "call another", "create_withdrawal"], marks=pytest.mark.long),
        pytest.param("ours", 7, ["iter_orders", "iter_withdrawals"], marks=pytest.mark.long),
        pytest.param("theirs", 1, ["orders", "create_order"], marks=pytest.mark.long),
    ],
)
def test_ctrl_c_in_any_line_of_a_call_shows_no_secret(
    whose: str, every: int, calls: list[str], tmp_path: Path
) -> None:
    child = run({}, tmp_path, str(HERE / "pressing_ctrl_c.py"), whose, str(every), *calls)
    told = child.stdout.splitlines()
    assert len(told) == len(calls), child.stdout
    assert all(line.endswith("lines, heard") for line in told)
    assert all(int(re.findall(r"(\d+) lines", line)[0]) > 100 for line in told)


def test_what_ctrl_c_would_show_is_seen() -> None:
    """The same search, over a frame of a library that was interrupted with a secret in it."""
    with pytest.raises(KeyboardInterrupt) as caught:
        frame_of_a_library(PLANTED, "raise KeyboardInterrupt")
    assert "every frame" in leaks(shown(caught.value, cheap=True), [PLANTED])
