from __future__ import annotations

import ast
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import tegro_analytics.sandbox
from tegro_analytics import sandbox
from tests.sandbox.wire import NOW, Caller

PACKAGE = Path(tegro_analytics.sandbox.__file__).parent
COMMAND = [sys.executable, "-m", "tegro_analytics.sandbox", "--orders=5", f"--now={NOW}"]
posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def is_gone(base_url: str) -> bool:
    host, _, port = base_url.removeprefix("http://").partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except ConnectionError:
        return True
    return False


@contextmanager
def spawned(stdin: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run the command by hand; give the process and its address once it serves."""
    with subprocess.Popen(COMMAND, stdin=stdin, stdout=subprocess.PIPE, cwd=PACKAGE.parents[1]) as process:
        assert process.stdout
        yield process, json.loads(process.stdout.readline())["base_url"]
        process.kill()


def test_the_json_line_says_all_that_a_client_needs() -> None:
    with sandbox.start(orders=250, now=NOW) as running:
        facts = running.facts
        assert facts.keys() == {
            *("base_url", "shop_id", "api_key", "user_id", "shops", "currencies", "source_timezone", "now"),
            *("sandbox", "control_url", "control_token", "pid"),
        }
        assert facts["base_url"].startswith("http://127.0.0.1:")
        assert facts["currencies"] == {"1": "RUB", "2": "USD"}
        assert facts["source_timezone"] == running.source_timezone == "Europe/Moscow"
        assert running.currencies == {1: "RUB", 2: "USD"}
        assert facts["pid"] == running.pid
        assert [shop["orders"] for shop in facts["shops"]] == [250, 1]
        assert running.api_key not in repr(running)
        assert facts["control_token"] not in repr(running)


def test_closing_ends_it_and_is_harmless_twice() -> None:
    running = sandbox.start(orders=5, now=NOW)
    assert running.close() == 0
    assert running.close() == 0
    assert is_gone(running.base_url)


def test_kill() -> None:
    running = sandbox.start(orders=5, now=NOW)
    running.kill()
    assert running.process.returncode != 0
    assert is_gone(running.base_url)


def test_leaving_the_block_ends_it_after_an_error_too() -> None:
    with pytest.raises(ZeroDivisionError), sandbox.start(orders=5, now=NOW) as running:
        raise ZeroDivisionError
    assert running.process.returncode == 0


def test_stop_is_answered_and_ends_it() -> None:
    running = sandbox.start(orders=5, now=NOW)
    assert running.control("stop") == {"ok": True}
    assert running.process.wait(20) == 0
    running.close()


def test_it_ends_when_the_pipe_on_its_input_closes() -> None:
    with spawned(subprocess.PIPE) as (process, base_url):
        assert process.stdin
        process.stdin.write(b"what is written there is ignored\n")
        process.stdin.flush()
        assert not is_gone(base_url)
        process.stdin.close()
        assert process.wait(20) == 0


@posix
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_signals_end_it_quietly(number: signal.Signals, status: int) -> None:
    with spawned(subprocess.PIPE) as (process, _):
        process.send_signal(number)
        assert process.wait(20) == status


@posix
def test_without_a_pipe_it_runs_until_a_signal() -> None:
    with spawned(subprocess.DEVNULL) as (process, base_url):
        assert not is_gone(base_url)
        assert process.poll() is None
        process.terminate()
        assert process.wait(20) == 0


@posix
def test_it_dies_with_a_parent_that_is_killed() -> None:
    code = (
        "import os, signal, sys\n"
        "from tegro_analytics import sandbox\n"
        f"running = sandbox.start(orders=5, now={NOW!r})\n"
        "print(running.base_url, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    parent = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=PACKAGE.parents[1])
    assert parent.returncode == -signal.SIGKILL
    base_url = parent.stdout.decode().strip()
    deadline = time.monotonic() + 20
    while not is_gone(base_url):
        assert time.monotonic() < deadline


def test_it_dies_with_a_parent_that_just_ends() -> None:
    code = (
        "from tegro_analytics import sandbox\n"
        f"running = sandbox.start(orders=5, now={NOW!r})\n"
        "print(running.base_url, flush=True)\n"
    )
    parent = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=PACKAGE.parents[1])
    assert parent.returncode == 0
    assert is_gone(parent.stdout.decode().strip())


def test_a_wrong_option_is_told() -> None:
    with pytest.raises(sandbox.SandboxError, match=r"(?s)ended with 2.*--end: invalid choice: 'never'"):
        sandbox.start(orders=5, end="never")


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--orders=-1", "not a whole number"),
        ("--page-size=0", "at least 1"),
        ("--latency-ms=9-3", "neither N nor A-B"),
        ("--arrivals-per-minute=-1", "not a rate"),
        ("--arrivals-per-minute=many", "not a rate"),
        ("--now=yesterday", "not a time like"),
        ("--now=2015-01-01", "before 27 October 2014"),
        ("--ord=5", "unrecognized arguments"),
    ],
)
def test_wrong_options_end_with_a_reason(option: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        sandbox.main([option])
    assert told in capsys.readouterr().err


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(sandbox.SandboxError, match=f"port {port} cannot be used"):
            sandbox.start(orders=5, port=port)


def test_one_that_does_not_say_a_word_in_time_is_an_error() -> None:
    with pytest.raises(sandbox.SandboxError, match="did not start within 0 s"):
        sandbox.start(orders=200_000, timeout=0)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")
def test_it_inherits_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEGRO_API_KEY", "a-key-of-the-merchant")
    with sandbox.start(orders=5, now=NOW) as running:
        assert b"a-key-of-the-merchant" not in Path(f"/proc/{running.pid}/environ").read_bytes()


def test_latency_is_as_asked_for() -> None:
    with sandbox.start(orders=5, now=NOW, latency_ms="40-60") as running:
        caller = Caller(running)
        caller.data("shops")
        start = time.perf_counter()
        for _ in range(5):
            caller.data("shops")
        assert time.perf_counter() - start >= 0.2
        caller.close()


def test_importing_it_loads_nothing_heavy() -> None:
    code = (
        "import sys, tegro_analytics.sandbox; print(sorted(m for m in sys.modules if m.startswith('tegro')))"
    )
    told = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=PACKAGE.parents[1]).stdout
    assert "sandbox.world" not in told.decode()
    code = "import sys, tegro_analytics.sandbox.command; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=PACKAGE.parents[1]).stdout
    assert not {"numpy", "pandas", "pyarrow", "requests", "duckdb", "msgspec"} & set(told.decode().split())


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.name)
def test_it_imports_the_standard_library_and_itself_alone(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names = [node.module or ""]
        for name in names:
            assert name.startswith("tegro_analytics.sandbox") or name.split(".")[0] in sys.stdlib_module_names
