"""Answers that are not written as HTTP says, or not at once: what goes over the socket, fault by fault.

A writer ends when its peer has gone: a write to nobody fails, and silence listens.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tegro_analytics.sandbox.faults import Fault
from tegro_analytics.sandbox.messages import SUCCESS, Reply

PIECE = 1 << 16
_LINGER_0 = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
_CLOSE = ("Connection", "close")
_CHUNKED = ("Transfer-Encoding", "chunked")


@dataclass(frozen=True, slots=True)
class Line:
    """Hold the connection, the fault, the answer that should be written, and the headers of every answer."""

    connection: socket.socket
    fault: Fault
    reply: Reply
    always: tuple[tuple[str, str], ...]

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.connection.sendall(data)

    def head(self, *more: tuple[str, str]) -> bytes:
        """Write the head; the connection does not live on."""
        return self.reply.head(*self.always, *more, _CLOSE)

    @property
    def half(self) -> bytes:
        """Give half of the body."""
        return self.reply.body[: len(self.reply.body) // 2]


def write(connection: socket.socket, reply: Reply, always: tuple[tuple[str, str], ...]) -> None:
    """Write a broken answer; the connection is of no use afterwards."""
    if reply.broken is not None:
        _WRITERS[reply.broken.name](Line(connection, reply.broken, reply, always))


def reset(connection: socket.socket) -> None:
    """End a connection with a reset (RST): the other side reads an error, not an end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
    # Let go of at once: a mere close waits for the files made from it, which end it politely first.
    socket.close(connection.detach())


def _silence(line: Line) -> None:
    """Say nothing until the other side gives up, or the time is over."""
    end = time.monotonic() + line.fault.seconds
    with contextlib.suppress(TimeoutError):
        while (left := end - time.monotonic()) > 0:
            line.connection.settimeout(left)
            if not line.connection.recv(PIECE):
                return


def _ticks(line: Line) -> Iterator[None]:
    """Wait, again and again, until the time is over."""
    fault = line.fault
    end = time.monotonic() + fault.seconds
    while time.monotonic() < end:
        time.sleep(fault.every)
        yield


def _drip_status(line: Line) -> None:
    start, rest = line.head(_length(line.reply.body)).split(b"\r\n", 1)
    line.send(start + b" ")
    for _ in _ticks(line):
        line.send(b".")
    line.send(b"\r\n" + rest + line.reply.body)


def _drip_headers(line: Line) -> None:
    line.send(line.head(_length(line.reply.body))[:-2] + b"X-Slow: ")
    for _ in _ticks(line):
        line.send(b".")
    line.send(b"\r\n\r\n" + line.reply.body)


def _drip_body(line: Line) -> None:
    line.send(line.head())
    for _ in _ticks(line):
        line.send(b" ")
    line.send(line.reply.body)


def _huge(line: Line) -> None:
    start, end = SUCCESS + b'"', b'"}'
    left = max(line.fault.size - len(start) - len(end), 0)
    line.send(line.head(("Content-Length", str(len(start) + left + len(end)))) + start)
    piece = b"x" * PIECE
    while left:
        line.send(piece[:left])
        left -= min(left, PIECE)
    line.send(end)


def _length(body: bytes) -> tuple[str, str]:
    return "Content-Length", str(len(body))


_WRITERS: Mapping[str, Callable[[Line], None]] = {
    "reset-after": lambda line: reset(line.connection),
    "close": lambda _: None,
    "silence": _silence,
    "half-status-line": lambda line: line.send(b"HTTP/1.1 2"),
    "no-http": lambda line: line.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    "short-body": lambda line: line.send(line.head(_length(line.reply.body)) + line.half),
    "cut-body": lambda line: line.send(line.head() + line.half),
    "bad-chunk": lambda line: line.send(line.head(_CHUNKED) + b"zz\r\n" + line.reply.body + b"\r\n0\r\n\r\n"),
    "cut-chunk": lambda line: line.send(line.head(_CHUNKED) + b"%x\r\n" % len(line.reply.body) + line.half),
    "drip-status": _drip_status,
    "drip-headers": _drip_headers,
    "drip-body": _drip_body,
    "huge": _huge,
}
