"""Processes that may be killed: each is forked from one that has everything loaded, so that it costs little.

The tests import :class:`Children`; the program that forks is this module too.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import socket
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tegro_analytics.exceptions import TegroDataWarning

ROOT = Path(__file__).parents[2]
KILLED = object()
"""In place of a result, of a child that was killed."""


class Raised(Exception):
    """Say what a child did not expect."""


class Child:
    """Be a process that does one thing.

    Attributes
    ----------
    talk : Connection
        To what it does: it is the first parameter of it, and everything else is up to the two.
    pid : int
        Its number.
    """

    def __init__(self, talk: Connection) -> None:
        self.talk = talk
        self.pid: int = talk.recv()

    def kill(self) -> None:
        """End it at once, if it has not ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def result(self) -> Any:
        """Wait for its end, and give what it returned; KILLED if it was killed."""
        with self.talk:
            try:
                good, said = self.talk.recv()
            except (EOFError, ConnectionResetError):
                return KILLED
        if not good:
            raise Raised(said)
        return said


class Children:
    """Start children; what they do is a function of a module, which is given a connection to the test."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control

    def start(self, deed: Callable[..., Any], *args: Any) -> Child:
        """Let a child do something."""
        ours, theirs = Pipe()
        with theirs:
            socket.send_fds(self._control, [b"."], [theirs.fileno()])
        ours.send((deed, args))
        return Child(ours)

    def do(self, deed: Callable[..., Any], *args: Any) -> Any:
        """Let a child do something, and give what came of it."""
        return self.start(deed, *args).result()


@contextlib.contextmanager
def children(*, deeds: str = "tests.store.deeds") -> Iterator[Children]:
    """Keep the program that forks; ``deeds`` is the module of what children do, with its ``warm_up``."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno()), deeds],
                cwd=ROOT,
                pass_fds=[theirs.fileno()],
            )
        try:
            yield Children(ours)
        finally:
            ours.shutdown(socket.SHUT_RDWR)
            process.wait()


def _serve(control: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    while True:
        said, handles, _, _ = socket.recv_fds(control, 1, 1)
        if not said:
            return
        if os.fork() == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _do(Connection(handles[0]))
        os.close(handles[0])


def _do(talk: Connection) -> None:
    try:
        talk.send(os.getpid())
        deed, args = talk.recv()
        talk.send((True, deed(talk, *args)))
    except BaseException:  # noqa: BLE001  the test is told
        talk.send((False, traceback.format_exc()))
    finally:
        os._exit(0)


if __name__ == "__main__":
    importlib.import_module(sys.argv[2]).warm_up()
    _serve(socket.socket(fileno=int(sys.argv[1])))


def stretch(number: int, outcomes: set[bool]) -> float:
    """Say by how much the time over which moments are drawn was wrong, after every tenth of them.

    A machine is not as fast in one minute as in the next: where nothing was ever done in time, the work takes
    longer than was measured, and where it always was, less.
    """
    if number % 10 != 9 or len(outcomes) != 1:
        return 1.0
    return 0.7 if True in outcomes else 1.5


@contextlib.contextmanager
def cut_log_is_told(folder: Path, *, may_be: bool) -> Iterator[None]:
    """Allow for a process that was killed in the middle of a write to its log, before anything was committed.

    The next writer moves such a log aside and says so, and nothing else may be said. Where the run was
    there, nothing of this may happen: it would be lost.
    """
    with warnings.catch_warnings(record=True) as told:
        if may_be:
            warnings.filterwarnings("always", "The log of the store could not be read", TegroDataWarning)
        yield
    aside = list(folder.glob("*.wal.damaged-*"))
    assert len(aside) == len(told) <= 1
    for log in aside:
        log.unlink()
