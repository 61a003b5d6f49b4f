"""HTTP on the loopback: bytes in, bytes out, with caps on size and time."""

from __future__ import annotations

import os
import socket
import threading
import time
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from random import Random
from socketserver import ThreadingTCPServer
from typing import Any

from tegro_analytics.sandbox.exchange import Exchange, Reply, Request, refusal

LOOPBACK = "127.0.0.1"
BODY_CAP = 1 << 20
READ_SECONDS = 10.0
"""Time for one request to arrive, from its first byte to its last."""
IDLE_SECONDS = 300.0


class Deadlines:
    """Shut the sockets whose request takes too long to arrive, drop by drop or not at all.

    A time-out of a socket counts anew with every byte, so it alone would let a slow sender stay for ever.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._due: dict[socket.socket, float] = {}

    def start(self, connection: socket.socket) -> None:
        """Begin to count."""
        with self._lock:
            self._due[connection] = time.monotonic() + self._seconds

    def stop(self, connection: socket.socket) -> None:
        """End counting: the request is here, or its sender is gone."""
        with self._lock:
            self._due.pop(connection, None)

    def sweep(self, now: float) -> None:
        """Shut what is due."""
        with self._lock:
            late = [connection for connection, due in self._due.items() if due <= now]
            for connection in late:
                del self._due[connection]
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # its sender was faster


class Server(ThreadingTCPServer):
    """Listen on the loopback and answer each connection in a thread of its own."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    # On Windows this option would let another program take the port.
    allow_reuse_address = os.name == "posix"

    def __init__(self, port: int, *, latency_ms: tuple[float, float], seed: int) -> None:
        self.exchange: Exchange
        self.sandbox = ""
        self.deadlines = Deadlines(READ_SECONDS)
        self._latency = latency_ms
        self._rng = Random(f"{seed} latency")  # noqa: S311
        self._rng_lock = threading.Lock()
        super().__init__((LOOPBACK, port), Handler)
        self.host = f"{LOOPBACK}:{self.server_address[1]}"

    def service_actions(self) -> None:
        """Look after the deadlines, in the pauses of the listening loop."""
        self.deadlines.sweep(time.monotonic())

    def delays(self) -> tuple[float, float]:
        """Draw how long a request is on its way, and how long its answer, in seconds."""
        low, high = self._latency
        if high <= 0:
            return 0.0, 0.0
        with self._rng_lock:
            total = self._rng.uniform(low, high) / 1000
            share = self._rng.random()
        return total * share, total * (1 - share)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a connection that broke go; tell everything else as the base class does."""
        import sys

        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Read one request after the other from a connection, and write the answers."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS

    def handle_one_request(self) -> None:
        """Wait for a request; from its first byte on, it has a deadline."""
        try:
            first = self.rfile.peek(1)  # type: ignore[attr-defined]
        except (TimeoutError, ConnectionError):
            first = b""
        if not first:
            self.close_connection = True
            return
        self.server.deadlines.start(self.connection)
        try:
            super().handle_one_request()
        finally:
            self.server.deadlines.stop(self.connection)

    def do_POST(self) -> None:
        """Answer a POST."""
        self._exchange()

    def do_GET(self) -> None:
        """Answer a GET."""
        self._exchange()

    def _exchange(self) -> None:
        body = self._body()
        self.server.deadlines.stop(self.connection)
        if isinstance(body, Reply):
            self.close_connection = True  # what is left of the body cannot be told from a next request
            self.write(body)
            return
        headers: dict[str, list[str]] = {}
        for name, value in self.headers.items():
            headers.setdefault(name.lower(), []).append(value)
        before, after = (0.0, 0.0) if self.path.startswith("/_") else self.server.delays()
        _pause(before)
        reply = self.server.exchange.answer(Request(self.command, self.path, headers, body))
        _pause(after)
        self.write(reply)
        self.server.exchange.sent()

    def _body(self) -> bytes | Reply:
        """Read the body, whose length must be told and stay below the cap."""
        lengths = self.headers.get_all("content-length") or (["0"] if self.command == "GET" else [])
        if self.headers.get("transfer-encoding") or len(lengths) != 1:
            return refusal(411, "One Content-Length is needed")
        if not (lengths[0].isascii() and lengths[0].isdigit()):
            return refusal(400, "The Content-Length is not a number")
        if len(lengths[0]) > 9 or int(lengths[0]) > BODY_CAP:
            return refusal(413, f"The body is larger than {BODY_CAP} bytes")
        length = int(lengths[0])
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionAbortedError("the connection ended before the body did")
        return body

    def write(self, reply: Reply) -> None:
        """Write an answer in one go."""
        lines = [
            f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
            "Content-Type: application/json; charset=utf-8",
            f"Content-Length: {len(reply.body)}",
            f"Date: {formatdate(self.server.exchange.now(), usegmt=True)}",
            f"X-Tegro-Sandbox: {self.server.sandbox}",
            *(f"{name}: {value}" for name, value in reply.headers),
            *(["Connection: close"] if self.close_connection else []),
        ]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("ascii") + reply.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is not HTTP, or not POST or GET, in JSON as everything else."""
        del explain
        self.close_connection = True
        self.write(refusal(code, message or HTTPStatus(code).phrase))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Write nothing: the log of the sandbox holds what matters."""


def _pause(seconds: float) -> None:
    if seconds > 0:
        time.sleep(seconds)
