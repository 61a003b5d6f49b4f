"""Nonces that no two calls of a key share, and that lock nobody out.

Whether nonces must grow is documented nowhere. If they must, one in milliseconds would lock out every other
program of the key that counts seconds, a live checkout among them. So the first contact with a key asks: two
reads, the second with a smaller nonce. Where that is taken, growth is not needed, and milliseconds with calls
side by side are safe. Where it is refused: seconds, one call at a time, at most one a second.

What was learned is kept beside a lock that all processes of the key share.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Literal

import filelock
import msgspec

from tegro_analytics.api.base_url import PROVIDER_HOST, BaseUrl
from tegro_analytics.api.clock import Clock
from tegro_analytics.api.events import Event, Failure
from tegro_analytics.exceptions import ConfigurationError

log = logging.getLogger("tegro_analytics")

NonceRule = Literal["auto", "seconds", "milliseconds"]

PATIENCE_SECONDS = 300.0
_RECORD_BYTES = 128
_BLOCK = 16
"""How many milliseconds a process takes at once: the lock costs as much as a tenth of a call."""


class KeyBusy(Exception):
    """Say that another call of the key has kept its turn for too long; never leaves this package."""


class _Record(msgspec.Struct, forbid_unknown_fields=True):
    """Hold what is kept in the file: the rule, and the last nonce in each unit."""

    rule: Literal["seconds", "milliseconds"] | None = None
    seconds: int = 0
    milliseconds: int = 0


class Ledger:
    """Keep the record of one key for the threads of this process and for other processes.

    The folder is 0700 and its files 0600; they say nothing of the key but its fingerprint.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rule: Literal["seconds", "milliseconds"] | None = None
        self.said = False
        self.block = range(0)
        self.quick = threading.Lock()
        self._thread = threading.Lock()
        self._file: filelock.BaseFileLock | None = None

    @contextlib.contextmanager
    def held(self, *, over: Callable[[], bool] = lambda: False) -> Iterator[_Record]:
        """Be the only one, of all threads and processes, that uses the record in the block.

        Parameters
        ----------
        over
            Says whether there is no reason to wait any more.

        Raises
        ------
        KeyBusy
            If somebody else kept it for five minutes, or there is no reason to wait for it any more.
        ConfigurationError
            If the folder cannot be used.
        """
        patience = time.monotonic() + PATIENCE_SECONDS
        while not self._thread.acquire(timeout=min(PATIENCE_SECONDS, 0.1)):
            if over() or time.monotonic() >= patience:
                raise KeyBusy
        try:
            with self._locked_file(over):
                record = self._read()
                self.rule = record.rule
                yield record
        finally:
            self._thread.release()

    def write(self, record: _Record) -> None:
        """Keep the record; only while it is held."""
        self.rule = record.rule
        line = msgspec.json.encode(record).ljust(_RECORD_BYTES - 1) + b"\n"
        with self._usable_folder(), self._open() as file:
            file.seek(0)
            file.write(line)
            file.truncate()

    @contextlib.contextmanager
    def _locked_file(self, over: Callable[[], bool]) -> Iterator[None]:
        busy = False
        with self._usable_folder():
            if self._file is None:
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._file = filelock.FileLock(
                    self.path.with_suffix(".lock"),
                    timeout=PATIENCE_SECONDS,
                    mode=0o600,
                    thread_local=False,
                    poll_interval=0.0005,
                    preserve_lock_file=True,
                )
            try:
                self._file.acquire(cancel_check=over)
            except filelock.Timeout:
                busy = True
        if busy:
            raise KeyBusy
        try:
            yield
        finally:
            self._file.release()

    @contextlib.contextmanager
    def _usable_folder(self) -> Iterator[None]:
        problem = None
        try:
            yield
        except (OSError, NotImplementedError) as error:
            problem = getattr(error, "strerror", None) or "locks do not work there"
        if problem:
            raise ConfigurationError(
                f"The nonces of the key cannot be kept in {self.path.parent}: {problem}. "
                "Give a folder on this machine that you can write to: data_folder= of the client."
            )

    def _open(self) -> IO[bytes]:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
        return os.fdopen(os.open(self.path, flags, 0o600), "r+b", buffering=0)

    def _read(self) -> _Record:
        with self._usable_folder(), self._open() as file:
            line = file.read(_RECORD_BYTES * 8)
        if not line:
            return _Record()
        try:
            return msgspec.json.decode(line, type=_Record)
        except (msgspec.DecodeError, RecursionError):
            log.warning("%s was damaged; the nonce rule of the key is asked for again.", self.path)
            return _Record()


_ledgers: dict[Path, Ledger] = {}
_finding = threading.Lock()


def record_path(fingerprint: str, base: BaseUrl, folder: Path) -> Path:
    """Say where the record of a key is kept.

    Another server than the provider's has a rule of its own, so its address is part of the name.
    """
    name = fingerprint
    if base.host != PROVIDER_HOST:
        name += "-" + hashlib.sha256(base.url.encode()).hexdigest()[:8]
    return (folder / "nonces" / f"{name}.json").absolute()


def ledger_at(path: Path) -> Ledger:
    """Find the one ledger that this process has for a key: a lock for each client would not be one."""
    ledger = _ledgers.get(path)
    if ledger is None:
        with _finding:
            ledger = _ledgers.setdefault(path, Ledger(path))
    return ledger


def _forget_after_fork() -> None:
    """Start anew in a forked process: its parent's locks may be held by threads that do not exist here."""
    global _finding  # noqa: PLW0603  it may be held as well
    _ledgers.clear()
    _finding = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)


class Nonces:
    """Give out the nonces of one key.

    Parameters
    ----------
    fingerprint, base, folder
        Whose nonces, for which server, and where to keep what was learned.
    rule
        ``auto`` asks the API at first contact; the others are the word of a person who knows.
    clock
        The time.
    """

    def __init__(
        self, fingerprint: str, *, base: BaseUrl, folder: Path, rule: NonceRule = "auto", clock: Clock
    ) -> None:
        if rule not in ("auto", "seconds", "milliseconds"):
            raise ConfigurationError(
                f"nonce (TEGRO_NONCE) is auto, seconds or milliseconds; {rule!r} is none of them."
            )
        self._path = record_path(fingerprint, base, folder)
        self._chosen = rule
        self._clock = clock

    @property
    def rule(self) -> Literal["seconds", "milliseconds"] | None:
        """Say which rule is in use; None before the first contact."""
        return self._ledger.rule if self._chosen == "auto" else self._chosen

    def learn(
        self,
        ask: Callable[[int], Failure | None],
        wait: Callable[[float], None],
        *,
        over: Callable[[], bool] = lambda: False,
    ) -> Failure | None:
        """Find the rule out, if nobody has yet.

        Parameters
        ----------
        ask
            Makes a read with the nonce it is given; None means that it was answered.
        wait
            Waits for seconds.
        over
            Says whether nobody waits for the call any more.

        Returns
        -------
        Failure or None
            Why the rule could not be found out.
        """
        if self._chosen != "auto" or self._ledger.rule is not None:
            return None
        ledger = self._ledger
        with ledger.held(over=over) as record:
            return self._probe(ledger, record, ask, wait) if record.rule is None else None

    @contextlib.contextmanager
    def turn(
        self, wait: Callable[[float], None], *, over: Callable[[], bool] = lambda: False
    ) -> Iterator[int]:
        """Give the nonce of one call; the block is the call.

        In milliseconds the blocks of threads and processes run side by side, in seconds one after another.
        """
        ledger = self._ledger
        nonce = self._take_millisecond(ledger)
        if nonce is not None:
            yield nonce
            return
        with ledger.held(over=over) as record:
            nonce = self._next_second(record, wait)
            record.seconds = nonce
            ledger.write(record)
            yield nonce

    def refused(self) -> None:
        """Learn from a refused nonce: from now on seconds, whatever the first contact said."""
        if self._chosen != "auto":
            return
        ledger = self._ledger
        with ledger.held() as record:
            if record.rule == "milliseconds":
                record.rule = "seconds"
                ledger.write(record)
                self._say(ledger, "a nonce was refused")

    @property
    def _ledger(self) -> Ledger:
        # Looked up each time: after a fork it is another one.
        return ledger_at(self._path)

    def _probe(
        self,
        ledger: Ledger,
        record: _Record,
        ask: Callable[[int], Failure | None],
        wait: Callable[[float], None],
    ) -> Failure | None:
        """Ask with this second, then with the one before; both must be unused, also by an earlier try."""
        first = record.seconds + 2
        wait(min(max(0.0, first - self._clock.time()), 2.0))
        now = max(int(self._clock.time()), first)
        record.seconds = now
        ledger.write(record)
        failure = ask(now)
        if failure is not None:
            return failure
        failure = ask(now - 1)
        if failure is None:
            record.rule = "milliseconds"
        elif failure.event in (Event.NONCE, Event.REJECTED, Event.AUTHORIZATION):
            record.rule = "seconds"
            self._say(ledger, "nonces of this key must grow")
        else:
            return failure
        ledger.write(record)
        return None

    def _take_millisecond(self, ledger: Ledger) -> int | None:
        """Take from this process's block; None where the rule is seconds."""
        if self._rule_of(ledger) != "milliseconds":
            return None
        with ledger.quick:
            now = int(self._clock.time() * 1000)
            if not ledger.block or now >= ledger.block.stop:
                with ledger.held() as record:
                    # Another process may have been refused meanwhile.
                    if self._rule_of(ledger) != "milliseconds":
                        return None
                    start = max(now, record.milliseconds + 1)
                    record.milliseconds = start + _BLOCK - 1
                    ledger.write(record)
                ledger.block = range(start, start + _BLOCK)
            nonce = max(now, ledger.block.start)
            ledger.block = range(nonce + 1, ledger.block.stop)
            return nonce

    def _rule_of(self, ledger: Ledger) -> str | None:
        return ledger.rule if self._chosen == "auto" else self._chosen

    def _next_second(self, record: _Record, wait: Callable[[float], None]) -> int:
        """Wait for the next second. A clock that was set back is not waited for: growth is what counts."""
        ahead = record.seconds + 1 - self._clock.time()
        if ahead > 0:
            wait(min(ahead, 1.0))
        return max(int(self._clock.time()), record.seconds + 1)

    def _say(self, ledger: Ledger, why: str) -> None:
        if not ledger.said:
            ledger.said = True
            log.warning(
                "One call a second, one at a time: %s, and a faster pace could lock out other programs that "
                "use the key, a live checkout among them.",
                why,
            )
