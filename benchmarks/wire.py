"""Pages over HTTP, beside what is possible: ``python benchmarks/wire.py [--pages 2000] [--only NAME …]``.

* ``ahead``: a list of 2,000 pages at 100 ms each, 1, 4 and 16 at once, against W / latency, which nobody can
  beat. Calls that are not pages of the list (page 1 again, the look for the end) count as time, not as pages.
  One at a time would take minutes, so it reads a tenth of the list.
* ``tls``: 200 pages at 20 ms over TLS, 40 ms to connect, eight at once, against a ``requests.post`` for each
  page, as the samples of the provider do it. Both trust the same file: all public authorities and our own.
* ``cpu``: CPU of this process for a page of 100 orders (25 kB), against a ``requests.Session`` that posts the
  same body and reads the same bytes, and does not look at them.

Servers are processes of their own. Each number is the median of several rounds, taken in turns.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import requests
from frames import make_pages
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from tegro_analytics.api.client import Client
from tegro_analytics.sandbox.process import start

KEY, SHOP = "EEFA1913EA9D9351469B1E5D852A", "1913EA9D9351469B1E5D852A"
CERTIFICATES = Path(__file__).parents[1] / "tests" / "api" / "certificates"
PAGE_OF = re.compile(rb'"page": ?([0-9]+)')
SMALL = 5
"""Rows of a page where the waiting is measured: so the sandbox has little to do for one."""


# The other side


@dataclass(frozen=True)
class Served:
    """Say what a server serves, and how slowly."""

    pages: int
    seconds: float = 0.0
    connect_seconds: float = 0.0
    tls: bool = False


def serve(served: Served) -> None:
    """Serve pages until standard input ends."""
    answers = [
        b'{"type": "success", "desc": "", "data": ' + page.data + b"}"
        for page in make_pages(served.pages * 100)
    ]
    context = None
    if served.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / "right.pem")
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    print(listener.getsockname()[1], flush=True)

    def accept() -> None:
        while True:
            one, _ = listener.accept()
            threading.Thread(target=talk, args=(one, served, context, answers), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()


def talk(
    connection: socket.socket, served: Served, context: ssl.SSLContext | None, answers: list[bytes]
) -> None:
    """Answer the requests of one connection."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    time.sleep(served.connect_seconds)
    with contextlib.suppress(OSError):
        if context is not None:
            connection = context.wrap_socket(connection, server_side=True)
        with connection, connection.makefile("rb") as stream:
            while body := read_body(stream):
                time.sleep(served.seconds)
                number = int(found[1]) if (found := PAGE_OF.search(body)) else 1
                answer = answers[number - 1] if number <= len(answers) else b'{"type": "success", "data": []}'
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}"
                connection.sendall(f"{head}\r\n\r\n".encode() + answer)


def read_body(stream: Iterator[bytes]) -> bytes:
    """Read a request; give its body, nothing at the end of the connection."""
    length = 0
    for line in stream:
        if line == b"\r\n":
            return stream.read(length)  # type: ignore[attr-defined]
        if line.lower().startswith(b"content-length:"):
            length = int(line[15:])
    return b""


@contextlib.contextmanager
def serving(served: Served) -> Iterator[str]:
    """Run a server in a process of its own; gives its address."""
    command = [sys.executable, __file__, "--serve", json.dumps(served.__dict__)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        yield f"{'https' if served.tls else 'http'}://127.0.0.1:{port}"
        process.stdin.close()


# This side


@contextlib.contextmanager
def client_at(url: str, *, workers: int, key: str = KEY, shop: str = SHOP) -> Iterator[Client]:
    """Make a client as a notebook would, with nothing learnt before."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Client(
            key, shop, base_url=url, nonce="milliseconds", workers=workers, data_folder=Path(folder)
        ) as client,
    ):
        yield client


def read(client: Client, *, pages: int) -> None:
    """Read the list to its end."""
    stream = client.iter_orders()
    for _ in stream:
        pass
    if not stream.report.verified or stream.report.pages != pages:
        raise RuntimeError(f"that was no quiet list: {stream.report}")


def body_of(number: int) -> bytes:
    """Write a body like the client's."""
    return json.dumps({"shop_id": SHOP, "nonce": time.time_ns() // 1_000_000, "page": number}).encode()


HEADERS = {"Content-Type": "application/json", "Authorization": f"Bearer {'0' * 64}"}


def post_each(url: str, pages: int) -> None:
    """Read as the samples of the provider do."""
    for number in range(1, pages + 1):
        answer = requests.post(f"{url}/api/orders/", data=body_of(number), headers=HEADERS, timeout=30)
        assert answer.json()["type"] == "success"


def post_in_session(session: requests.Session, url: str, pages: int) -> None:
    """Move the same bytes, and no more."""
    for number in range(1, pages + 1):
        assert session.post(f"{url}/api/orders/", data=body_of(number), headers=HEADERS, timeout=30).content


def timed(act: Callable[[], object], *, clock: Callable[[], float] = time.perf_counter) -> float:
    """Time one act."""
    begin = clock()
    act()
    return clock() - begin


# What is measured


def measure_ahead(pages: int, rounds: int) -> None:
    """Print how near the limit a list is read."""
    latency = 0.1
    for workers in (1, 4, 16):
        wanted = pages // 10 if workers == 1 else pages
        times = []
        with start(orders=wanted * SMALL, page_size=SMALL, latency_ms=latency * 1000) as sandbox:
            for _ in range(rounds):
                with client_at(
                    sandbox.base_url, workers=workers, key=sandbox.api_key, shop=sandbox.shop_id
                ) as client:
                    times.append(timed(partial(read, client, pages=wanted)))
        rate = wanted / statistics.median(times)
        share = rate * latency / workers
        print(
            f"{wanted:,} pages at 100 ms, {workers:2} at once: {rate:6.1f} pages/s, "
            f"{share:6.1%} of W / latency (target 90%), {min(times):.2f} to {max(times):.2f} s"
        )


def measure_tls(rounds: int) -> None:
    """Print how much faster than the samples a list is read over TLS."""
    pages = 200
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "trusted.pem"
        bundle.write_text(Path(DEFAULT_CA_BUNDLE_PATH).read_text() + (CERTIFICATES / "root.pem").read_text())
        os.environ["REQUESTS_CA_BUNDLE"] = str(bundle)
        with serving(Served(pages, seconds=0.02, connect_seconds=0.04, tls=True)) as url:
            for _ in range(rounds):
                theirs.append(timed(lambda: post_each(url, pages)))
                for _ in range(3):
                    with client_at(url, workers=8) as client:
                        ours.append(timed(partial(read, client, pages=pages)))
        del os.environ["REQUESTS_CA_BUNDLE"]
    times = statistics.median(theirs) / statistics.median(ours)
    print(
        f"{pages} pages at 20 ms over TLS, 40 ms to connect, 8 at once: {statistics.median(ours):.2f} s, "
        f"requests.post {statistics.median(theirs):.2f} s: {times:.1f} times faster (target 25)"
    )


def measure_cpu(rounds: int) -> None:
    """Print the CPU of a page beside that of a session."""
    pages = 200
    ways: dict[str, list[float]] = {"requests.Session": [], "1 at once": [], "4 at once": []}
    with (
        serving(Served(pages)) as url,
        requests.Session() as session,
        client_at(url, workers=1) as one,
        client_at(url, workers=4) as four,
    ):
        acts: dict[str, Callable[[], object]] = {
            "requests.Session": lambda: post_in_session(session, url, pages),
            "1 at once": lambda: read(one, pages=pages),
            "4 at once": lambda: read(four, pages=pages),
        }
        for _ in range(rounds):
            for name, act in acts.items():
                ways[name].append(timed(act, clock=time.process_time))
    peer = statistics.median(ways["requests.Session"])
    for name, times in ways.items():
        spent = statistics.median(times)
        print(
            f"CPU for a page of 100 orders, {name:16}: {spent / pages * 1e6:6.0f} µs, "
            f"{spent / peer:.2f} of a session's (target 1.3)"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["ahead", "tls", "cpu"], nargs="*")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(Served(**json.loads(options.serve)))
        return
    wanted = options.only or ["cpu", "tls", "ahead"]
    if "cpu" in wanted:
        measure_cpu(5 * options.rounds)
    if "tls" in wanted:
        measure_tls(options.rounds)
    if "ahead" in wanted:
        measure_ahead(options.pages, options.rounds)


if __name__ == "__main__":
    main()
