"""A server that does what it is told, on a real socket: answers, drips, lies, and writes down what it got."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tegro_analytics.api.base_url import check_base_url
from tegro_analytics.api.caller import Caller
from tegro_analytics.api.clock import Clock
from tegro_analytics.credentials import ApiKey

KEY = "CANARY9D9351469B1E5D852A"
SHOP = "1913EA9D9351469B1E5D852A"
CERTIFICATES = Path(__file__).with_name("certificates")
"""Of the tests alone, good until 2120; ``make.sh`` in there says how they were made."""

ROOT = str(CERTIFICATES / "root.pem")


@dataclass(frozen=True)
class Request:
    """Hold one request as it arrived."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed

    @property
    def nonce(self) -> int:
        return int(self.json["nonce"])


Act = Callable[[socket.socket, Request], bool]
"""Answers a request; False ends the connection."""


def answer(body: bytes, *, status: str = "200 OK", kind: str = "application/json", **headers: str) -> Act:
    """Answer well-formed HTTP; header names are written with _ for -."""

    def act(connection: socket.socket, request: Request) -> bool:
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        connection.sendall(head.encode() + body)
        return True

    return act


def success(data: Any = None) -> Act:
    return answer(json.dumps({"type": "success", "desc": "", "data": data}).encode())


def refusal(reason: str, *, status: str = "200 OK") -> Act:
    return answer(json.dumps({"type": "error", "desc": reason}).encode(), status=status)


def raw(data: bytes, *, then: str = "close") -> Act:
    """Send bytes as they are, then close, or reset (RST)."""

    def act(connection: socket.socket, request: Request) -> bool:
        if data:
            connection.sendall(data)
        if then == "reset":
            reset(connection)
        return False

    return act


def reset(connection: socket.socket) -> None:
    """Let the connection end with RST when it is closed."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


def drip(start: bytes, piece: bytes, *, every: float = 0.02, pieces: int = 500) -> Act:
    """Send a little now and then, for much longer than anybody wants to wait."""

    def act(connection: socket.socket, request: Request) -> bool:
        connection.sendall(start)
        for _ in range(pieces):
            connection.sendall(piece)
            time.sleep(every)
        return False

    return act


def tunnel_to(target: Server) -> Act:
    """Be a proxy: answer CONNECT, whatever host it names, and carry bytes to the target and back."""

    def act(connection: socket.socket, request: Request) -> bool:
        with socket.create_connection(("127.0.0.1", target.port)) as far:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            while _carry(connection, far):
                pass
        return False

    return act


def _carry(near: socket.socket, far: socket.socket) -> bool:
    waiting = isinstance(near, ssl.SSLSocket) and near.pending()
    for source in [near] if waiting else select.select([near, far], [], [])[0]:
        data = source.recv(65536)
        if not data:
            return False
        (far if source is near else near).sendall(data)
    return True


class _TlsSocket(ssl.SSLSocket):
    """Close itself: where the other side resets before the handshake, nobody else can."""

    def __del__(self) -> None:
        self.close()


def tls(name: str = "right") -> ssl.SSLContext:
    """Make a server prove itself with one of the certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem")
    context.sslsocket_class = _TlsSocket
    return context


@dataclass
class Server:
    """Answer the n-th request with the n-th act; the last one goes on for ever.

    ``greeting`` is sent as soon as somebody connects, and ``trickle`` after it for ever. With ``hangs_up``
    whoever connects is reset at once.
    """

    acts: Sequence[Act]
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    tls: ssl.SSLContext | None = None
    greeting: bytes = b""
    trickle: bytes = b""
    hangs_up: bool = False

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            thread.start()
            self._threads.append(thread)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as closing:
            closing.enter_context(connection)
            if self.hangs_up:
                reset(connection)
                return
            if self.greeting:
                connection.sendall(self.greeting)
                while self.trickle:
                    connection.sendall(self.trickle)
                    time.sleep(0.02)
            if self.tls:
                connection = closing.enter_context(self.tls.wrap_socket(connection, server_side=True))
                self._open.add(connection)
            file = closing.enter_context(connection.makefile("rb"))
            while request := _read_request(file):
                with self._lock:
                    act = self.acts[min(len(self.requests), len(self.acts) - 1)]
                    self.requests.append(request)
                if not act(connection, request):
                    return


def _read_request(file: Any) -> Request | None:
    line = file.readline().decode("latin-1").strip()
    if not line:
        return None
    headers = {}
    while text := file.readline().decode("latin-1").strip():
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    return Request(line, headers, file.read(int(headers.get("content-length", 0))))


@contextlib.contextmanager
def serving(*acts: Act, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(acts, tls=tls)
    try:
        yield server
    finally:
        server.close()


class FakeTime:
    """A clock that a test turns: sleeping moves it, and nothing else does."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now
        self.elapsed = 0.0
        self.slept: list[float] = []
        self.clock = Clock(time=lambda: self.now, monotonic=lambda: self.elapsed, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        self.elapsed += seconds


def caller_of(
    url: str,
    folder: Path,
    *,
    nonce: Any = "milliseconds",
    deadline: float = 60.0,
    pace: float | None = None,
    clock: Clock | None = None,
    allow_host: str | None = None,
) -> Caller:
    """Make a caller for a server of this module; by default it asks nothing about nonces."""
    return Caller(
        ApiKey(KEY),
        SHOP,
        base=check_base_url(url, allow_host=allow_host),
        folder=folder,
        pace=pace,
        nonce=nonce,
        deadline=deadline,
        clock=clock,
    )
