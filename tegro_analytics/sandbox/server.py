"""HTTP on the loopback: bytes in, bytes out, with caps on size and time."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from dataclasses import replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from random import Random
from socketserver import ThreadingTCPServer
from typing import Any

from tegro_analytics.sandbox import broken
from tegro_analytics.sandbox.exchange import Exchange
from tegro_analytics.sandbox.messages import Reply, Request, phrase, refusal

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
        self.connections: dict[int, socket.socket] = {}
        self._closes_for: float | None = None
        self._is_closed, self._opens = threading.Event(), threading.Event()
        self._ended = threading.Event()
        self._latency = latency_ms
        self._rng = Random(f"{seed} latency")  # noqa: S311
        self._rng_lock = threading.Lock()
        super().__init__((LOOPBACK, port), Handler)
        self.host = f"{LOOPBACK}:{self.server_address[1]}"

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        """Serve until it is shut down, apart from the times in which the port is closed."""
        while not self._ended.is_set():
            super().serve_forever(poll_interval)
            seconds, self._closes_for = self._closes_for, None
            if seconds is not None:
                self._stay_closed(seconds)

    def shutdown(self) -> None:
        """End serving, and a time in which the port is closed, too."""
        self._ended.set()
        self._opens.set()
        super().shutdown()

    def close_port(self, seconds: float) -> None:
        """Close the port for a time, and end every connection but the one that asks for it."""
        self._opens.clear()
        self._closes_for = seconds
        super().shutdown()
        self._is_closed.wait()
        mine = threading.get_ident()
        for thread, connection in self.connections.copy().items():
            if thread != mine:
                with contextlib.suppress(OSError):  # it has ended already
                    connection.shutdown(socket.SHUT_RDWR)

    def open_port(self) -> None:
        """Open the port now, if it is closed; whoever kept a connection can ask for it."""
        self._opens.set()
        while self._is_closed.is_set() and not self._ended.is_set():
            time.sleep(0.001)

    def _stay_closed(self, seconds: float) -> None:
        self.socket.close()
        with socket.socket(self.address_family, self.socket_type) as holder:
            if self.allow_reuse_address:
                holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # Bound and not listening: it refuses, and no other program gets the port meanwhile.
            holder.bind(self.server_address)
            self._is_closed.set()
            self._opens.wait(seconds)
        if not self._ended.is_set():
            self.socket = socket.socket(self.address_family, self.socket_type)
            self.server_bind()
            self.server_activate()
            self._is_closed.clear()

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

    def setup(self) -> None:
        """Let the server know the connection."""
        super().setup()
        self.server.connections[threading.get_ident()] = self.connection

    def finish(self) -> None:
        """Let the server forget the connection."""
        self.server.connections.pop(threading.get_ident(), None)
        super().finish()

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
        headers: dict[str, list[str]] = {}
        for name, value in self.headers.items():
            headers.setdefault(name.lower(), []).append(value)
        exchange = self.server.exchange
        request = Request(self.command, self.path, headers, b"", ticket=exchange.draw())
        if exchange.is_reset(request):
            self.close_connection = True
            broken.reset(self.connection)
            return
        body = self._body()
        self.server.deadlines.stop(self.connection)
        if isinstance(body, Reply):
            self.close_connection = True  # what is left of the body cannot be told from a next request
            self.write(body)
            return
        before, after = (0.0, 0.0) if self.path.startswith("/_") else self.server.delays()
        _pause(before)
        reply = exchange.answer(replace(request, body=body))
        _pause(after)
        self.write(reply)
        exchange.sent()

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
        """Write an answer in one go, unless it is a broken one."""
        always = (
            ("Date", formatdate(self.server.exchange.now(), usegmt=True)),
            ("X-Tegro-Sandbox", self.server.sandbox),
        )
        if reply.broken is not None:
            self.close_connection = True
            broken.write(self.connection, reply, always)
            return
        ends = (("Connection", "close"),) if self.close_connection else ()
        length = ("Content-Length", str(len(reply.body)))
        self.wfile.write(reply.head(length, *always, *ends) + reply.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is not HTTP, or not POST or GET, in JSON as everything else."""
        del explain
        self.close_connection = True
        self.write(refusal(code, message or phrase(code)))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Write nothing: the log of the sandbox holds what matters."""


def _pause(seconds: float) -> None:
    if seconds > 0:
        time.sleep(seconds)
