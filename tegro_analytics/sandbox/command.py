"""The command: read the options, serve, and end when there is nobody left to serve.

The sandbox prints one line of JSON and then serves until one of these:

* its standard input is a pipe and the other end closes it, so that it dies with the program that started it;
* SIGTERM, or ``POST /_sandbox/stop``;
* Ctrl-C.

Where standard input is no pipe (a terminal, ``/dev/null``, a file), there is nobody at the other end whose
death it could tell, so it is not watched: ``tegro sandbox`` in a terminal runs until Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import stat
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator, Sequence
from types import FrameType

from tegro_analytics.sandbox.clock import DAY, EARLIEST, ZONE_NAME, parse_moment
from tegro_analytics.sandbox.control import Control
from tegro_analytics.sandbox.exchange import Exchange
from tegro_analytics.sandbox.faults import NAMES, REFUSED, Fault, parse_fault
from tegro_analytics.sandbox.lists import ENDS, ORDERS
from tegro_analytics.sandbox.log import Log
from tegro_analytics.sandbox.options import WITHDRAWAL_SHAPES, Options
from tegro_analytics.sandbox.orders import FEE_BEARERS
from tegro_analytics.sandbox.plan import Plan
from tegro_analytics.sandbox.rules import NONCE_RULES
from tegro_analytics.sandbox.server import Server
from tegro_analytics.sandbox.systems import CURRENCIES
from tegro_analytics.sandbox.traffic import Traffic
from tegro_analytics.sandbox.withdrawals import DEBITS
from tegro_analytics.sandbox.world import World

STOPPED, USAGE, INTERRUPTED = 0, 2, 130


def run(argv: Sequence[str] | None = None) -> int:
    """Run a sandbox until it is stopped; return 0, or 2 where its port cannot be used."""
    options = parse(argv)
    stop = threading.Event()
    world = World(options)
    traffic = Traffic(world)
    try:
        server, facts = listen(world, traffic=traffic, stop=stop)
    except OSError as error:
        why = f"port {options.port} cannot be used ({error.strerror}); --port 0 takes a free one"
        sys.stderr.write(f"tegro sandbox: {why}\n")
        return USAGE
    with server, _scratch(wanted=options.scratch) as scratch:
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        for fault in options.fault:
            if fault.name == REFUSED:
                server.close_port(fault.seconds)
        if options.arrivals_per_minute:
            threading.Thread(target=traffic.run, args=(stop,), daemon=True).start()
        try:
            serve(stop, facts | scratch)
        finally:
            stop.set()
            server.shutdown()
    return STOPPED


def listen(world: World, *, traffic: Traffic, stop: threading.Event) -> tuple[Server, dict[str, object]]:
    """Put a world behind a port; return the server, which does not serve yet, and what it says of itself.

    Raises
    ------
    OSError
        If the port cannot be used.
    """
    options, log = world.options, Log()
    server = Server(options.port, latency_ms=options.latency_ms, seed=options.seed)
    plan = Plan(options.fault, seed=options.seed)
    control = Control(world, traffic=traffic, log=log, plan=plan, port=server, stop=stop)
    server.sandbox = world.identity.sandbox
    server.exchange = Exchange(world, host=server.host, control=control, log=log, plan=plan)
    return server, describe(world, host=server.host, token=control.token)


def describe(world: World, *, host: str, token: str) -> dict[str, object]:
    """Say what a program must know to use this sandbox: the JSON line."""
    identity = world.identity
    return {
        "base_url": f"http://{host}",
        "shop_id": identity.shop_ids[0],
        "api_key": identity.api_key,
        "user_id": identity.user_id,
        "shops": [
            {"shop_id": shop.shop_id, "name": shop.name, "orders": len(shop.book)} for shop in world.shops
        ],
        "currencies": {str(currency): code for currency, code in CURRENCIES.items()},
        "source_timezone": ZONE_NAME,
        "now": world.options.now,
        "sandbox": identity.sandbox,
        "control_url": f"http://{host}{Control.PREFIX}",
        "control_token": token,
        "pid": os.getpid(),
    }


def serve(stop: threading.Event, facts: dict[str, object]) -> None:
    """Print the JSON line once every way to the end is watched; then wait for the end."""

    def end(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        stop.set()

    before = signal.signal(signal.SIGTERM, end)
    try:
        if _is_pipe(0):
            threading.Thread(target=_watch, args=(0, stop), daemon=True).start()
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()
        # With a time-out, as on Windows Ctrl-C does not interrupt an endless wait.
        while not stop.wait(0.5):
            pass
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _scratch(*, wanted: bool) -> Iterator[dict[str, object]]:
    """Make a folder for the data of whoever uses the sandbox; it goes at the end, however its user ended."""
    if not wanted:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="tegro-demo-", ignore_cleanup_errors=True) as folder:
        yield {"scratch": folder}


def _is_pipe(descriptor: int) -> bool:
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return False  # closed from the start
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _watch(descriptor: int, stop: threading.Event) -> None:
    """Read until the other end closes; unbuffered, as a buffered reader keeps its lock while Python ends."""
    try:
        while os.read(descriptor, 4096):
            pass
    except OSError:
        pass  # a broken pipe on Windows is an error, and means the same
    stop.set()


def parse(argv: Sequence[str] | None) -> Options:
    """Read the options; a wrong one ends the program with status 2, as argparse does."""
    parser = argparse.ArgumentParser(
        prog="tegro sandbox",
        description=_paragraph(
            "Serve a made-up Tegro account on this machine. Prints one line of JSON; ends when a pipe on its "
            "input closes, on SIGTERM or Ctrl-C."
        ),
        epilog=_paragraph(
            f"Faults: {', '.join(NAMES)}. A share is a number from 0 to 1; without one it is all calls."
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_options(parser)
    given = parser.parse_args(argv)
    given.fault = tuple(given.fault)
    given.now = int(time.time()) if given.now is None else given.now
    if given.now - given.days * DAY < EARLIEST:
        parser.error("the history would begin before 27 October 2014, when Moscow was not at UTC+3")
    return Options(**vars(given))


def _add_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--orders", type=_count, default=20_000, help="orders of the first shop (%(default)s)")
    add("--seed", type=int, default=7, help="what the shops are drawn from (%(default)s)")
    add("--port", type=_count, default=0, help="port on 127.0.0.1; 0 takes a free one (%(default)s)")
    add("--page-size", type=_positive, default=100, help="rows of a page (%(default)s)")
    add("--most-pages", type=_count, default=0, help="pages that a list shows at most; 0 shows all")
    add("--order", choices=ORDERS, default=ORDERS[0], help="order of the lists (%(default)s)")
    add("--end", choices=ENDS, default=ENDS[0], help="what stands past the last page (%(default)s)")
    add("--nonce-rule", choices=NONCE_RULES, default=NONCE_RULES[0], help="which nonces pass (%(default)s)")
    add(
        "--arrivals-per-minute",
        type=_rate,
        default=0.0,
        help="orders that arrive while it runs (%(default)s)",
    )
    add("--latency-ms", type=_range, default=(0.0, 0.0), metavar="N|A-B", help="delay of each answer (none)")
    add("--now", type=_moment, help="the present at the start, Moscow time or ISO (the real one)")
    add("--days", type=_positive, default=400, help="length of the history (%(default)s)")
    add("--withdrawal-shape", choices=WITHDRAWAL_SHAPES, default=WITHDRAWAL_SHAPES[0], help="(%(default)s)")
    when = "when a withdrawal leaves the balance (%(default)s)"
    add("--withdrawal-debit", choices=DEBITS, default=DEBITS[0], help=when)
    bearer = "who bears the fees of payments (%(default)s)"
    add("--fee-bearer", choices=FEE_BEARERS, default=FEE_BEARERS[0], help=bearer)
    add("--scratch", action="store_true", help="make a folder for its user's data, gone when it ends (no)")
    words = "misbehave; may be given more than once (none)"
    add("--fault", type=_fault, action="append", default=[], metavar="NAME[:SHARE]", help=words)


def _paragraph(text: str) -> str:
    """Wrap a text without cutting the names of faults in two, as argparse does."""
    return textwrap.fill(text, 78, break_on_hyphens=False)


def _fault(text: str) -> Fault:
    try:
        return parse_fault(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _positive(text: str) -> int:
    if not _count(text):
        raise argparse.ArgumentTypeError("at least 1 is needed")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a rate")
    return rate


def _range(text: str) -> tuple[float, float]:
    low, dash, high = text.partition("-")
    try:
        bounds = float(low), float(high if dash else low)
    except ValueError:
        bounds = -1.0, -1.0
    if not 0 <= bounds[0] <= bounds[1] <= 600_000:
        raise argparse.ArgumentTypeError(f"{text!r} is neither N nor A-B milliseconds")
    return bounds


def _moment(text: str) -> int:
    try:
        return parse_moment(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time like '2026-03-04 12:00:00'") from None
