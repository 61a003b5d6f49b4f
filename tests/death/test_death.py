"""Processes that are interrupted and killed in the middle of a reading: real signals, real sockets."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from tegro_analytics.api.client import Client
from tegro_analytics.exceptions import DeadlineExceeded, TransportError
from tegro_analytics.sandbox.process import Sandbox, start
from tests.conftest import NOW, open_shop
from tests.marks import first_of

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

READER = """
import sys
from pathlib import Path
from tegro_analytics.api.client import Client
url, shop, folder, workers = sys.argv[1:]
key = sys.stdin.readline().strip()
client = Client(key, shop, base_url=url, data_folder=Path(folder), workers=int(workers))
while True:
    for page in client.iter_orders(verify=True):
        pass
    print("again", flush=True)
"""
ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def reader(sandbox: Sandbox, folder: Path, *, workers: int = 4) -> Iterator[subprocess.Popen[str]]:
    """Read the list again and again, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", READER, sandbox.base_url, sandbox.shop_id, str(folder), str(workers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdin is not None
    process.stdin.write(sandbox.api_key + "\n")
    process.stdin.flush()
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def tegro(*words: str, sandbox: Sandbox, folder: Path) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "TEGRO_API_BASE": sandbox.base_url,
        "TEGRO_API_KEY": sandbox.api_key,
        "TEGRO_SHOP_ID": sandbox.shop_id,
        "TEGRO_NONCE": "milliseconds",
        "TEGRO_STORE": str(folder / "data"),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "tegro_analytics", *words]
    return subprocess.Popen(
        command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(sandbox: Sandbox, attempts: int) -> None:
    """Wait until so many calls have reached the sandbox."""
    until = time.monotonic() + 60
    while sandbox.log(limit=0)["attempts"] < attempts:
        assert time.monotonic() < until, "nothing reaches the sandbox"
        time.sleep(0.005)


def all_distinct(sandbox: Sandbox) -> bool:
    log = sandbox.log(limit=0)
    return bool(log["attempts"] == log["distinct_nonces"])


# Ctrl-C


@pytest.mark.long
@pytest.mark.parametrize("number", first_of(signal.SIGINT, signal.SIGTERM))
def test_a_command_ends_with_one_line_and_without_a_file(number: signal.Signals, tmp_path: Path) -> None:
    with start(orders=3_000, page_size=10, latency_ms=20, now=NOW) as sandbox:
        (tmp_path / "there.csv").write_text("as it was")
        process = tegro("export", "orders", "orders.csv", sandbox=sandbox, folder=tmp_path)
        wait_for(sandbox, 60)
        process.send_signal(number)
        said, complained = process.communicate(timeout=20)
    assert process.returncode == 128 + number
    assert said == ""
    assert "Traceback" not in complained
    assert [line for line in complained.splitlines() if "nterrupt" in line]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "there.csv"]
    assert (tmp_path / "there.csv").read_text() == "as it was"


@pytest.mark.parametrize("workers", [1, 4, 16])
def test_ctrl_c_does_not_wait_for_a_server_that_is_silent(workers: int, tmp_path: Path) -> None:
    with (
        start(orders=3_000, page_size=10, latency_ms=5, now=NOW) as sandbox,
        reader(sandbox, tmp_path, workers=workers) as process,
    ):
        wait_for(sandbox, 60)
        sandbox.control("fault", name="silence")
        time.sleep(0.2)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, complained = process.communicate(timeout=25)
        took = time.monotonic() - began
    # The server would be silent for the 30 s that a read may take.
    assert took < 10
    assert complained.rstrip().splitlines()[-1].startswith("KeyboardInterrupt")
    assert "During handling" not in complained


@pytest.mark.long
def test_a_shop_goes_on_after_ctrl_c(tmp_path: Path) -> None:
    with start(orders=900, page_size=10, latency_ms=10, now=NOW) as sandbox:
        shop = open_shop(sandbox, tmp_path)
        first = shop.sync()
        sandbox.control("advance", events=5)
        seen = sandbox.log(limit=0)["attempts"]

        thread = threading.Thread(target=lambda: (wait_for(sandbox, seen + 40), os.kill(os.getpid(), 2)))
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            shop.sync()
        thread.join()
        assert shop.last_sync == first
        assert len(shop.orders()) == 900
        time.sleep(0.1)
        settled = sandbox.log(limit=0)["attempts"]
        time.sleep(0.2)
        assert sandbox.log(limit=0)["attempts"] == settled  # nobody goes on reading
        again = shop.sync()
        assert (again.new >= 1, again.verified) == (True, True)
        assert all_distinct(sandbox)


# The server dies


@pytest.mark.long
@pytest.mark.parametrize("workers", [4, *(pytest.param(many, marks=pytest.mark.long) for many in (1, 16))])
def test_the_sandbox_is_killed_in_mid_read(
    workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tegro_analytics.api.retry.ATTEMPTS", 2)  # shorter pauses
    with start(orders=2_000, page_size=10, latency_ms=10, now=NOW) as sandbox:
        shop = open_shop(sandbox, tmp_path, workers=workers)
        first = shop.sync()
        calls = sandbox.log(limit=0)["attempts"]
        killer = threading.Thread(target=lambda: (wait_for(sandbox, calls + 50), sandbox.kill()))
        killer.start()
        with pytest.raises(TransportError) as caught:
            shop.sync(full=True)
        killer.join()
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert shop.last_sync == first
    assert len(shop.orders()) == 2_000


@pytest.mark.long
def test_a_command_says_in_one_line_that_the_server_is_gone(tmp_path: Path) -> None:
    with start(orders=2_000, page_size=10, latency_ms=10, now=NOW) as sandbox:
        process = tegro("show", "revenue", "--json", sandbox=sandbox, folder=tmp_path)
        wait_for(sandbox, 50)
        sandbox.kill()
        said, complained = process.communicate(timeout=60)
    assert process.returncode == 4
    assert said == ""
    assert "Traceback" not in complained
    assert len([line for line in complained.splitlines() if "try again" in line]) == 1


def test_a_server_that_stops_and_goes_on(tmp_path: Path) -> None:
    with start(orders=100, page_size=10, now=NOW) as sandbox:
        client = Client(
            sandbox.api_key, sandbox.shop_id, base_url=sandbox.base_url, data_folder=tmp_path, deadline=0.5
        )
        with client:
            client.orders()
            os.kill(sandbox.pid, signal.SIGSTOP)
            os.waitpid(sandbox.pid, os.WUNTRACED)  # the kernel stops it a little later
            with pytest.raises(DeadlineExceeded):
                client.orders()
            os.kill(sandbox.pid, signal.SIGCONT)
            time.sleep(0.3)
            assert len(client.orders().keys) == 10


# The client dies


def killed_at(moments: Callable[[Random], float], runs: int, folder: Path) -> None:
    rng = Random("client")
    with start(orders=600, page_size=10, latency_ms="0-5", now=NOW) as sandbox:
        for run in range(runs):
            with reader(sandbox, folder, workers=(1, 4, 16)[run % 3]) as process:
                wait_for(sandbox, sandbox.log(limit=0)["attempts"] + 5)
                time.sleep(moments(rng))
                process.kill()
        with Client(
            sandbox.api_key, sandbox.shop_id, base_url=sandbox.base_url, data_folder=folder
        ) as client:
            stream = client.iter_orders()
            assert len({key for page in stream for key in page.keys}) == 600
            assert client.nonce_rule == "milliseconds"
        assert all_distinct(sandbox)


@pytest.mark.long
def test_the_next_process_works_at_once_when_one_was_killed(tmp_path: Path) -> None:
    killed_at(lambda rng: rng.uniform(0, 0.1), 6, tmp_path)


@pytest.mark.long
def test_the_next_process_works_at_once_when_many_were_killed(tmp_path: Path) -> None:
    killed_at(lambda rng: rng.uniform(0, 0.3), 60, tmp_path)


@pytest.mark.long
def test_one_of_two_readers_is_killed_and_the_other_goes_on(tmp_path: Path) -> None:
    with start(orders=400, page_size=10, latency_ms="0-3", now=NOW) as sandbox:
        with reader(sandbox, tmp_path) as one, reader(sandbox, tmp_path) as other:
            wait_for(sandbox, 100)
            one.kill()
            assert other.stdout is not None
            assert [other.stdout.readline() for _ in range(2)] == ["again\n", "again\n"]
            assert other.poll() is None
        assert all_distinct(sandbox)


@pytest.mark.long
def test_a_sandbox_ends_with_the_program_that_started_it(tmp_path: Path) -> None:
    code = (
        "import os; from tegro_analytics.sandbox.process import start\n"
        "sandbox = start(orders=10); print(sandbox.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == -9
    until = time.monotonic() + 20
    while Path(f"/proc/{int(done.stdout)}").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not Path(f"/proc/{int(done.stdout)}").exists()
