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
        Whether the deadline came.
    sent : bool
        Whether a byte of the request may have left this machine.
    """

    __slots__ = ("_socket", "expired", "sent", "until")

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self.expired = False
        self.sent = False
        self._socket: socket.socket | None = None

    def attach(self, sock: Any) -> None:
        """Say which socket is in use now."""
        # A TLS connection inside a TLS proxy is an object around the socket.
        self._socket = sock if isinstance(sock, socket.socket) else getattr(sock, "socket", None)
        if self.expired:
            self.shut()

    def shut(self) -> None:
        """End the exchange: every read and write on the socket returns at once."""
        self.expired = True
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
                watch.shut()


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
