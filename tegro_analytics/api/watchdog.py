"""A deadline that holds: when it comes, the socket is shut, whatever the other side does.

The time-outs of HTTP libraries are for one read each, so a server that sends a byte now and then keeps a
call alive for as long as it likes.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any


class Watch:
    """Hold one exchange that is under a deadline.

    Attributes
    ----------
    expired : bool
        Whether the deadline came before the answer was complete.
    called_off : bool
        Whether it was ended from outside, because nobody waits for the answer any more.
    sent : bool
        Whether a byte of the request may have left this machine.
    """

    __slots__ = ("_lock", "_over", "_socket", "called_off", "expired", "sent", "until")

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self.expired = False
        self.called_off = False
        self.sent = False
        self._over = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    @property
    def ended(self) -> bool:
        """Say whether it was ended before its time."""
        return self.expired or self.called_off

    def attach(self, sock: Any) -> None:
        """Say which socket is in use now, if any."""
        with self._lock:
            # A TLS connection inside a TLS proxy is an object around the socket.
            self._socket = sock if isinstance(sock, socket.socket) else getattr(sock, "socket", None)
            if self.ended:
                self._shut()

    def release(self) -> None:
        """Say that the answer is complete: what comes now is too late, and the socket is another's."""
        with self._lock:
            self._over = True
            self._socket = None

    def expire(self) -> None:
        """End the exchange because its time is over."""
        with self._lock:
            if not self._over:
                self.expired = True
                self._shut()

    def call_off(self) -> None:
        """End the exchange because nobody waits for its answer."""
        with self._lock:
            if not self._over:
                self.called_off = True
                self._shut()

    def _shut(self) -> None:
        """Make every read and write on the socket return at once."""
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it is closed already: that is what is wanted
                # The plain method: the one of a TLS socket would take the TLS state from under its reader.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _Dog:
    """Run one thread that sleeps until the next deadline."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watches: set[Watch] = set()
        self._wakes_at = 0.0
        self._pid = os.getpid()
        threading.Thread(target=self._run, name="tegro-deadlines", daemon=True).start()

    @property
    def alive(self) -> bool:
        """A forked process has no threads but the one that forked."""
        return self._pid == os.getpid()

    def add(self, watch: Watch) -> None:
        with self._changed:
            self._watches.add(watch)
            if watch.until < self._wakes_at:
                self._changed.notify()

    def remove(self, watch: Watch) -> None:
        with self._changed:
            self._watches.discard(watch)

    def _run(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                due = [watch for watch in self._watches if watch.until <= now]
                self._watches.difference_update(due)
                self._wakes_at = min((watch.until for watch in self._watches), default=float("inf"))
                if not due:
                    self._changed.wait(None if self._wakes_at == float("inf") else self._wakes_at - now)
            for watch in due:
                watch.expire()


_dog: _Dog | None = None
_birth = threading.Lock()


def _awake() -> _Dog:
    global _dog  # noqa: PLW0603  one thread for the process
    with _birth:
        if _dog is None or not _dog.alive:
            _dog = _Dog()
        return _dog


@contextlib.contextmanager
def watched(watch: Watch) -> Iterator[Watch]:
    """Keep the deadline of an exchange while the block runs."""
    dog = _awake()
    dog.add(watch)
    try:
        yield watch
    finally:
        dog.remove(watch)
