"""Who may use the file now: the threads of this process, and other processes.

DuckDB lets one process write or several read, and answers all others with an error. Here they wait. Within
the process a gate lets many threads read or one write. Between processes there is one lock file: a writer
holds it as long as it has the store open, a reader only while it opens the file. So a writer that waits for
readers to end keeps new ones from coming, and is never starved. Beside the lock stands who holds it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import logging
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import filelock
import msgspec

from tegro_analytics.exceptions import StoreLocked
from tegro_analytics.store import files
from tegro_analytics.store.failpoints import reach

__all__ = ["Access", "Holder", "Turn"]

log = logging.getLogger("tegro_analytics")

_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.1
_QUIET: Final = 0.3
"""So many seconds pass before a waiter is told: readers hold the lock for an instant."""
_PROCESS = re.compile(r"\(PID (\d+)\)")


class Holder(msgspec.Struct, frozen=True):
    """Say who holds the store.

    Attributes
    ----------
    process : int
        Number of the process.
    command : str
        What it is doing, as in ``sync``.
    since : datetime
        Since when (UTC).
    """

    process: int
    command: str
    since: dt.datetime

    def __str__(self) -> str:
        return f"process {self.process} ({self.command}, since {self.since:%Y-%m-%d %H:%M:%S} UTC)"


@dataclass
class Turn:
    """Be one call's turn at the store, with the time that it may wait for others.

    Attributes
    ----------
    left : float
        How many seconds it may still wait; 0 when none are.
    waited : float
        How many seconds it has waited.
    again : bool
        Whether this thread reads the store already, further up.
    """

    seconds: float
    again: bool = False

    def __post_init__(self) -> None:
        self._start = time.monotonic()
        self._pause = _PAUSE

    @property
    def waited(self) -> float:
        return time.monotonic() - self._start

    @property
    def left(self) -> float:
        return max(0.0, self.seconds - self.waited)

    def pause(self) -> bool:
        """Pause, longer each time, and say whether to try again; False once the time is over."""
        if not self.left:
            return False
        time.sleep(min(self._pause, self.left))
        self._pause = min(self._pause * 1.5, _LONGEST_PAUSE)
        return True


class _Gate:
    """Let many threads of this process read one file, or one write it."""

    def __init__(self) -> None:
        self.opening = threading.Lock()
        """Held while a connection is opened: two threads that do so at once get in each other's way."""
        self._changed = threading.Condition()
        self._readers: Counter[int] = Counter()
        self._writer: int | None = None
        self._waiting = 0
        self._written = 0
        self._came: list[int] = []
        """For each reader that waits, how many writers had ended when it came: one may pass, no more."""

    def begin_reading(self, turn: Turn) -> bool:
        """Let a thread read, and say so; not if there was no time, or if it would wait for itself."""
        me = threading.get_ident()
        with self._changed:
            if self._writer == me:
                return False
            turn.again = self._readers[me] > 0  # then it must not wait for a writer that waits for it
            if not turn.again and not self._wait_to_read(turn):
                return False
            self._readers[me] += 1
        return True

    def _wait_to_read(self, turn: Turn) -> bool:
        came = self._written
        self._came.append(came)
        try:
            return self._changed.wait_for(lambda: self._open_to_readers(came), turn.left)
        finally:
            self._came.remove(came)
            self._changed.notify_all()

    def _open_to_readers(self, came: int) -> bool:
        return self._writer is None and (not self._waiting or came < self._written)

    def _open_to_writers(self) -> bool:
        owed = any(came < self._written for came in self._came)
        return self._writer is None and not self._readers.total() and not owed

    def end_reading(self, thread: int) -> None:
        """Let a thread go that read."""
        with self._changed:
            self._readers[thread] -= 1
            self._readers += Counter()  # drops what is at 0
            self._changed.notify_all()

    def begin_writing(self, turn: Turn) -> bool:
        """Let a thread write, alone, and say so; not if there was no time, or if it would wait for itself."""
        me = threading.get_ident()
        with self._changed:
            if self._readers[me] or self._writer == me:
                return False
            self._waiting += 1
            try:
                free = self._changed.wait_for(self._open_to_writers, turn.left)
            finally:
                self._waiting -= 1
                self._changed.notify_all()
            if free:
                self._writer = me
        return free

    def end_writing(self) -> None:
        """Let the thread go that wrote."""
        with self._changed:
            self._writer = None
            self._written += 1
            self._changed.notify_all()


_GATES: dict[Path, _Gate] = {}
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_GATES.clear)  # the threads that were counted are not in the child


class Access:
    """Let one reader or writer after the other to the file of a store.

    Parameters
    ----------
    path
        The file.
    patience
        How many seconds to wait for others before giving up.
    waiting
        Called once for each holder that is waited for, with None where it is not known; by default it is
        written to the log.
    """

    def __init__(
        self, path: Path, *, patience: float, waiting: Callable[[Holder | None], None] | None = None
    ) -> None:
        self.path = path
        self.patience = patience
        self._waiting = waiting or self._log
        self._lock_path = path.with_name("store.lock")
        self._note_path = path.with_name("store.holder.json")
        self._gate = _GATES.setdefault(path.absolute(), _Gate())

    @contextlib.contextmanager
    def reading(self) -> Iterator[Turn]:
        """Be one of those who read; the file is opened within :meth:`opening`.

        Raises
        ------
        StoreLocked
            If a writer held the store for longer than the patience.
        """
        turn = Turn(self.patience)
        if not self._gate.begin_reading(turn):
            raise self._locked(turn, "another thread of this process, or this very code, is writing to it")
        reader = threading.get_ident()
        try:
            yield turn
        finally:
            self._gate.end_reading(reader)

    @contextlib.contextmanager
    def writing(self, command: str) -> Iterator[Turn]:
        """Be the only one of all threads and processes that writes.

        Processes that read may still have the file open: whoever opens it has to try until they are done.

        Raises
        ------
        StoreLocked
            If others held the store for longer than the patience.
        """
        turn = Turn(self.patience)
        if not self._gate.begin_writing(turn):
            raise self._locked(
                turn,
                "this process is reading it, or writing to it, elsewhere (a `with` of reading or relation "
                "that has not ended?)",
            )
        try:
            with self._lock(turn):
                self._note(command)
                try:
                    reach("locked")
                    yield turn
                finally:
                    self._note_path.unlink(missing_ok=True)
        finally:
            self._gate.end_writing()

    @contextlib.contextmanager
    def opening(self, turn: Turn) -> Iterator[None]:
        """Open the file for reading within this block, in which no other process begins to write."""
        with contextlib.ExitStack() as stack:
            if not turn.again:
                try:
                    stack.enter_context(self._lock(turn))
                except (
                    OSError
                ) as error:  # where no lock can be made, on a read-only disk, nobody writes either
                    if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                        raise
            if not self._gate.opening.acquire(timeout=turn.left):
                raise self._locked(turn, "other threads of this process are opening it")
            stack.callback(self._gate.opening.release)
            yield

    @contextlib.contextmanager
    def _lock(self, turn: Turn) -> Iterator[None]:
        lock = filelock.FileLock(
            self._lock_path, mode=0o600, thread_local=False, preserve_lock_file=True, timeout=0
        )
        told = False
        while not _taken(lock):
            holder = self._noted()
            if not told and turn.waited > _QUIET:
                told = True
                self._waiting(holder)
            if not turn.pause():
                raise self._locked(turn, f"{holder or 'another process'} holds it", holder)
        try:
            yield
        finally:
            lock.release()

    def busy(self, turn: Turn, said: str) -> StoreLocked:
        """Tell that somebody had the file open all the time that there was; ``said`` by the database."""
        found = _PROCESS.search(said)
        who = f"process {found[1]} has it open" if found else "a result that was read from it is still alive"
        return self._locked(turn, who)

    def holder(self) -> Holder | None:
        """Say who holds the store; None where nobody does, or nobody knows."""
        noted = self._noted()
        return noted if noted and self._is_held() else None

    def _is_held(self) -> bool:
        """Tell whether somebody has the lock: a process that was killed leaves its note, but no lock."""
        lock = filelock.FileLock(self._lock_path, mode=0o600, thread_local=False, preserve_lock_file=True)
        try:
            free = _taken(lock)
        except OSError:  # nobody may lock here
            return False
        lock.release()
        return not free

    def _noted(self) -> Holder | None:
        try:
            return msgspec.json.decode(self._note_path.read_bytes(), type=Holder)
        except (OSError, msgspec.MsgspecError):
            return None

    def _note(self, command: str) -> None:
        note = Holder(os.getpid(), command, dt.datetime.now(dt.UTC).replace(microsecond=0))
        files.write_file(self._note_path, msgspec.json.encode(note), flush=False).replace(self._note_path)

    def _locked(self, turn: Turn, who: str, holder: Holder | None = None) -> StoreLocked:
        return StoreLocked(
            f"The store {self.path} is in use: {who}. Waited {turn.waited:.0f} s; nothing was changed. Try "
            "again when that has ended. A process that hangs can be ended: the lock ends with it.",
            process=holder.process if holder else None,
            command=holder.command if holder else None,
            since=holder.since if holder else None,
        )

    def _log(self, holder: Holder | None) -> None:
        log.warning("The store %s is in use by %s: waiting.", self.path, holder or "another process")


def _taken(lock: filelock.BaseFileLock) -> bool:
    """Take the lock if it is free."""
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        return False
    return True
