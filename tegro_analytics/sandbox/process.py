"""A sandbox in a process of its own, from Python."""

from __future__ import annotations

import atexit
import contextlib
import http.client
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from urllib.parse import urlencode

_LIVING: weakref.WeakSet[Sandbox]


class SandboxError(RuntimeError):
    """Say that a sandbox did not start, or refused what its control plane was asked."""


@dataclass(eq=False)
class Sandbox:
    """Hold a running sandbox; leaving its ``with`` block ends it, as does the end of this program.

    Attributes
    ----------
    base_url, shop_id, api_key : str
        What a client needs. The key opens nothing but this sandbox.
    user_id : int
        The account.
    facts : dict
        All that the sandbox said of itself: shops, currencies, zone, its id, its process.
    """

    base_url: str
    shop_id: str
    api_key: str = field(repr=False)
    user_id: int
    facts: dict[str, Any] = field(repr=False)
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def sandbox(self) -> str:
        """Name the sandbox: the same for the same seed and options, whatever its port."""
        return str(self.facts["sandbox"])

    @property
    def source_timezone(self) -> str:
        """Name the zone in which the sandbox writes its times."""
        return str(self.facts["source_timezone"])

    @property
    def currencies(self) -> dict[int, str]:
        """Map the ids of its currencies to codes."""
        return {int(number): code for number, code in self.facts["currencies"].items()}

    @property
    def scratch(self) -> Path | None:
        """Name the folder that goes with the sandbox, where one was asked for."""
        return Path(self.facts["scratch"]) if "scratch" in self.facts else None

    @property
    def pid(self) -> int:
        """Number its process."""
        return self.process.pid

    @property
    def shop_ids(self) -> list[str]:
        """Name all shops of the account."""
        return [shop["shop_id"] for shop in self.facts["shops"]]

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        """Ask the control plane to change something; see :mod:`tegro_analytics.sandbox.control`.

        Raises
        ------
        SandboxError
            If it refuses, with its reason.
        """
        return self._ask("POST", path, json.dumps(body).encode("ascii"))

    def truth(self, **query: str) -> dict[str, Any]:
        """Read the numbers of a shop: ``shop``, ``since``, ``until``, ``as_of``, all optional."""
        return self._ask("GET", f"truth?{urlencode(query)}")

    def ids(self, **query: str) -> list[int]:
        """Read the numbers of the orders that are in the list now: ``shop``, optional."""
        return list(self._ask("GET", f"ids?{urlencode(query)}")["ids"])

    def log(self, **query: str | int) -> dict[str, Any]:
        """Read what reached the sandbox: ``method``, ``limit``, both optional."""
        return self._ask("GET", f"log?{urlencode(query)}")

    def close(self, *, timeout: float = 10.0) -> int:
        """End the sandbox and return its exit status; more than once does no harm."""
        if self.process.stdin:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait(timeout)
        self._let_go()
        return status

    def kill(self) -> None:
        """End the sandbox in the middle of whatever it does (SIGKILL)."""
        self.process.kill()
        self.process.wait()
        self._let_go()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, verb: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self.base_url.removeprefix("http://"), timeout=120)
        headers = {"X-Sandbox-Token": self.facts["control_token"], "Content-Type": "application/json"}
        try:
            connection.request(verb, f"/_sandbox/{path}", body=body, headers=headers)
            answer = connection.getresponse()
            told: dict[str, Any] = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise SandboxError(f"{verb} {path.partition('?')[0]}: {told.get('error', told)}")
        return told

    def _let_go(self) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()
        if self.scratch is not None:
            shutil.rmtree(self.scratch, ignore_errors=True)  # it was killed, and could not do so itself
        _LIVING.discard(self)


_LIVING = weakref.WeakSet()


def start(
    *,
    orders: int = 20_000,
    seed: int = 7,
    port: int = 0,
    page_size: int = 100,
    most_pages: int = 0,
    order: str = "newest",
    end: str = "empty",
    nonce_rule: str = "differs",
    arrivals_per_minute: float = 0,
    latency_ms: str | float = 0,
    now: str | None = None,
    days: int = 400,
    withdrawal_shape: str = "mixed",
    withdrawal_debit: str = "created",
    fee_bearer: str = "merchant",
    fault: Sequence[str] = (),
    scratch: bool = False,
    timeout: float | None = None,
) -> Sandbox:
    """Start a sandbox and wait until it serves.

    The parameters are the options of ``tegro sandbox``. ``fault`` is a list, as in ``["429:0.1", "close"]``;
    :mod:`~tegro_analytics.sandbox.faults` names them. ``timeout`` is how long to wait, in seconds: by default
    30, and one more for every 10,000 orders.

    Raises
    ------
    SandboxError
        If it does not serve in time, or ends before; with what it said.

    Examples
    --------
    >>> with start(orders=10, now="2026-03-04 12:00:00") as sandbox:
    ...     sandbox.truth()["counts"]["orders"]
    10
    """
    given = dict(locals())  # every parameter but three is an option of the same name
    del given["timeout"], given["fault"], given["scratch"]
    options = [f"--{name.replace('_', '-')}={value}" for name, value in given.items() if value is not None]
    options += [f"--fault={one}" for one in fault] + ["--scratch"] * scratch
    return _start(options, 30 + orders / 10_000 if timeout is None else timeout)


def _start(options: list[str], timeout: float) -> Sandbox:
    with tempfile.TemporaryFile() as errors:
        process = _spawn(options, errors)
        line = _first_line_or_end(process, timeout)
        if not line:
            # Closed without a line: the process is ending, and its reason is on the other stream.
            status = None if line is None else _ended(process)
            process.kill()
            process.communicate()
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace").strip()
            why = f"ended with {status}" if status is not None else f"did not start within {timeout:g} s"
            raise SandboxError(f"the sandbox {why}: {said or 'it said nothing'}")
    facts = json.loads(line)
    sandbox = Sandbox(
        base_url=facts["base_url"],
        shop_id=facts["shop_id"],
        api_key=facts["api_key"],
        user_id=facts["user_id"],
        facts=facts,
        process=process,
    )
    _LIVING.add(sandbox)
    return sandbox


def _spawn(options: list[str], errors: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the process in a group of its own, so that Ctrl-C in a terminal or a notebook does not end it."""
    root = str(Path(__file__).resolve().parents[2])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TEGRO_")}
    environment["PYTHONPATH"] = os.pathsep.join([root, *filter(None, [environment.get("PYTHONPATH")])])
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "tegro_analytics.sandbox", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=environment,
        start_new_session=os.name == "posix",
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def _first_line(process: subprocess.Popen[bytes], timeout: float) -> bytes | None:
    """Read a line, None if it does not come in time; in a thread, as Windows cannot poll a pipe."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    output = process.stdout
    if output is None:
        return b""
    threading.Thread(target=lambda: lines.put(output.readline()), daemon=True).start()
    try:
        return lines.get(timeout=timeout)
    except queue.Empty:
        return None


def _first_line_or_end(process: subprocess.Popen[bytes], timeout: float) -> bytes | None:
    """Read a line; where Ctrl-C comes while it is awaited, nobody will ever use the process."""
    try:
        return _first_line(process, timeout)
    except BaseException:
        if process.stdin:
            process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2.0)  # it may have a folder to remove
        process.kill()
        process.wait()
        raise


def _ended(process: subprocess.Popen[bytes]) -> int | None:
    """Tell the exit status of a process that closed its output, or None for one that still runs."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.wait(5.0)
    return None


def _close_all() -> None:
    for sandbox in list(_LIVING):
        sandbox.close(timeout=2.0)


atexit.register(_close_all)
