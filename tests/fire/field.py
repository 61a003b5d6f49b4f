"""One sandbox under fire: every fault that it can show, on every method of the API, met by the real client.

The sockets are real. Virtual are the pauses between attempts; the time for one read of a socket, and the
deadline of a call, are shorter than they are for a user.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tegro_analytics.api import transport
from tegro_analytics.api.base_url import check_base_url
from tegro_analytics.api.caller import Caller
from tegro_analytics.api.client import Client
from tegro_analytics.credentials import ApiKey
from tegro_analytics.exceptions import TegroError
from tegro_analytics.sandbox.clock import parse_moment
from tegro_analytics.sandbox.process import Sandbox
from tests.api.wire import FakeTime
from tests.fire.table import ANSWERED, EMPTY_PAGE
from tests.sandbox import wire

NOW = "2026-11-24 12:00:00"
ROWS = [
    {"id": 5, "created_at": "2026-11-01 10:00:00", "paid_at": "2026-11-01 10:05:00", "amount": "900000"},
    {"id": 6, "created_at": "2026-11-02 10:00:00", "amount": "100", "email": "ann@tea.example"},
]
FIRST = "first"

TAKES_TIME = ("silence", "drip-status", "drip-headers", "drip-body")
"""What is waited for in earnest, so some calls are made side by side."""

SIDE_BY_SIDE = 4
"""More would use up what further attempts the calls of a key may make together."""


@dataclass(frozen=True)
class Read:
    """Hold one read: its method, its page if it has one, and how a client makes it."""

    method: str
    make: Callable[[Client], Any]
    page: int | None = None


READS = {
    "shops": Read("shops", lambda client: client.shops()),
    "balance": Read("balance", lambda client: client.balance()),
    "order": Read("order", lambda client: client.order(order_id=6)),
    "orders": Read("orders", lambda client: client.orders(1), 1),
    "withdrawals": Read("withdrawals", lambda client: client.withdrawals(1), 1),
    "withdrawal": Read("withdrawal", lambda client: client.withdrawal(payment_id=FIRST)),
    "orders, page 2": Read("orders", lambda client: client.orders(2), 2),
    "withdrawals, page 2": Read("withdrawals", lambda client: client.withdrawals(2), 2),
}


Calls = Mapping[str, Callable[[Client], Any]]


def create_order(client: Client, number: str) -> Any:
    return client.create_order(currency="RUB", amount=150, order_id=number, payment_system=25)


def create_withdrawal(client: Client, number: str) -> Any:
    return client.create_withdrawal(
        currency="RUB", amount=100, payment_id=number, payment_system=5, account="410011234567890"
    )


MONEY = {"createOrder": create_order, "createWithdrawal": create_withdrawal}


@dataclass(frozen=True)
class Cell:
    """Hold what one call came to.

    Attributes
    ----------
    ending : str
        The name of the exception, ``answered``, or ``empty page`` for what may be past the end of a list.
    attempts, logged : int
        As the client counts, and as the log of the sandbox does.
    nonces : tuple of int
        Of the bodies that went out.
    told : int
        How many attempts the exception speaks of.
    message : str
        Of the exception.
    number : str
        Of the order or withdrawal that was to be made.
    acted : bool
        Whether the sandbox carried it out.
    """

    ending: str
    attempts: int
    nonces: tuple[int, ...]
    told: int
    message: str = ""
    logged: int = 0
    number: str = ""
    acted: bool = False


def _nothing() -> None:
    pass


class Pauses(FakeTime):
    """A clock whose pauses take no time; something may be done in each."""

    def __init__(self, now: float, elapsed: float, in_pause: Callable[[], object]) -> None:
        super().__init__(now)
        self.elapsed = elapsed
        self._in_pause = in_pause

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._in_pause()


class Field:
    """Hold a sandbox, a connection to its control plane that outlives a closed port, and a wrong address."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self._folder = folder
        self._started = time.monotonic()
        self._clients = itertools.count()
        self._control = http.client.HTTPConnection(sandbox.base_url.removeprefix("http://"), timeout=30)
        self._elsewhere = socket.create_server(("127.0.0.1", 0))
        self._elsewhere.setblocking(False)
        self.ask("insert", orders=ROWS)
        self._call(lambda client: create_withdrawal(client, FIRST))

    def close(self) -> None:
        self._control.close()
        self._elsewhere.close()

    def ask(self, path: str, **body: Any) -> dict[str, Any]:
        """Ask the control plane, over the one connection that is kept."""
        headers = {"X-Sandbox-Token": self.sandbox.facts["control_token"]}
        verb = "GET" if path.startswith("log") else "POST"
        self._control.request(verb, f"/_sandbox/{path}", body=json.dumps(body), headers=headers)
        answer = self._control.getresponse()
        told: dict[str, Any] = json.loads(answer.read())
        assert answer.status == 200, told
        return told

    def went_elsewhere(self) -> bool:
        """Say whether anybody followed a redirect."""
        with contextlib.suppress(BlockingIOError):
            self._elsewhere.accept()[0].close()
            return True
        return False

    def reads(self, name: str) -> dict[str, Cell]:
        """Make every read while a fault is there all the time."""
        with self._fire(name), _patience(name, 0.15):
            return self._all(name, {label: read.make for label, read in READS.items()})

    def reads_after_one(self, name: str) -> dict[str, Cell]:
        """Make every read while a fault is there for its first attempt only."""
        if name in TAKES_TIME:
            places = [
                {"methods": [read.method], "pages": read.page and [read.page]} for read in READS.values()
            ]
            with self._fire(name, *({"times": 1} | place for place in places)), _patience(name, 1.0):
                return self._all(name, {label: read.make for label, read in READS.items()})
        cells: dict[str, Cell] = {}
        for label, read in READS.items():
            # A closed port has no number of times: it opens in the first pause.
            once, mend = ({}, self._mend) if name == "refused" else ({"times": 1}, _nothing)
            with self._fire(name, once):
                cells |= self._all(name, {label: read.make}, in_pause=mend)
        return cells

    def money(self, name: str, acts: Any) -> dict[str, Cell]:
        """Make both calls that move money while a fault is there; it acts, does not, or acts late."""
        numbers = {label: f"{name} {acts} {label}" for label in MONEY}
        where = {} if name == "refused" else {"acts": acts, "late_seconds": 0.02}
        with self._fire(name, where), _patience(name, 0.15):
            calls = {label: partial(make, number=numbers[label]) for label, make in MONEY.items()}
            cells = self._all(name, calls)
            if acts:
                self._wait_until(lambda entries: all(entry["acted"] for entry in entries))
            log = {entry["method"]: entry["acted"] for entry in self.ask("log?limit=2")["entries"]}
        return {
            label: replace(cell, number=numbers[label], acted=log.get(label, False))
            for label, cell in cells.items()
        }

    def made(self) -> Counter[str | None]:
        """Count the orders and withdrawals that exist, by the number that they were to be made with.

        They are read without the client, whose word is what this is held against.
        """
        with contextlib.closing(wire.Caller(self.sandbox)) as plain:
            return Counter(row["payment_id"] for name in ("orders", "withdrawals") for row in plain.all(name))

    @contextlib.contextmanager
    def _fire(self, name: str, *hows: dict[str, Any]) -> Iterator[None]:
        more: dict[str, Any] = {}
        if name == "refused":
            more = {"seconds": 300}
        elif name.startswith("redirect"):
            more = {"location": f"http://127.0.0.1:{self._elsewhere.getsockname()[1]}/api/"}
        elif name.startswith("drip"):
            more = {"every": 0.01}
        self.ask("forget-log")
        for how in hows or ({},):
            self.ask("fault", name=name, **more, **how)
        yield
        self._mend()

    def _mend(self) -> None:
        self.ask("forget-faults")

    def _all(self, name: str, calls: Calls, *, in_pause: Callable[[], object] = _nothing) -> dict[str, Cell]:
        """Make calls, side by side where they take time, and add how many attempts of each the log knows."""
        if name in TAKES_TIME:
            return self._side_by_side(calls, deadline=60.0 if name == "silence" else 0.4)
        before = 0
        cells: dict[str, Cell] = {}
        for label, make in calls.items():
            cell = self._call(make, in_pause=in_pause)
            after = self.ask("log?limit=0")["attempts"]
            cells[label] = replace(cell, logged=after - before)
            before = after
        return cells

    def _side_by_side(self, calls: Calls, *, deadline: float) -> dict[str, Cell]:
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            cells = [*pool.map(lambda make: self._call(make, deadline=deadline), calls.values())]
        attempts = sum(cell.attempts for cell in cells)
        entries = self._wait_until(lambda entries: len(entries) >= attempts)
        nonces = Counter(entry["nonce"] for entry in entries)
        logged = [sum(nonces[nonce] for nonce in cell.nonces) for cell in cells]
        return {
            label: replace(cell, logged=times)
            for label, cell, times in zip(calls, cells, logged, strict=True)
        }

    def _call(
        self,
        make: Callable[[Client], Any],
        *,
        deadline: float = 60.0,
        in_pause: Callable[[], object] = _nothing,
    ) -> Cell:
        with self._client(deadline=deadline, in_pause=in_pause) as client:
            nonces: list[int] = []
            _listen(client._caller, nonces)
            try:
                answer = make(client)
            except TegroError as error:
                told = getattr(error, "attempts", 0)
                return Cell(type(error).__name__, client.requests, tuple(nonces), told, str(error))
            ending = EMPTY_PAGE if getattr(answer, "refusal", None) else ANSWERED
            return Cell(ending, client.requests, tuple(nonces), client.requests)

    @contextlib.contextmanager
    def _client(
        self, *, deadline: float = 60.0, in_pause: Callable[[], object] = _nothing
    ) -> Iterator[Client]:
        """Give a client whose pauses take no time; its clock shows what the sandbox's does."""
        now = parse_moment(NOW) + time.monotonic() - self._started
        # The clients of a key share its pace and its further attempts: each lives long after the one before.
        elapsed = 1_000.0 * next(self._clients)
        key, shop_id = ApiKey(self.sandbox.api_key), self.sandbox.shop_id
        base = check_base_url(self.sandbox.base_url)
        caller = Caller(
            key,
            shop_id,
            base=base,
            folder=self._folder,
            pace=None,
            nonce="milliseconds",
            deadline=deadline,
            clock=Pauses(now, elapsed, in_pause).clock,
        )
        with Client(key, shop_id, base_url=base.url, data_folder=self._folder, allow_payouts=True) as client:
            client._caller = caller
            yield client

    def _wait_until(self, holds: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """Wait for the log, which a caller that gives up is ahead of; what never holds, a test will tell."""
        end = time.monotonic() + 5
        while True:
            entries: list[dict[str, Any]] = self.ask("log")["entries"]
            if holds(entries) or time.monotonic() > end:
                return entries
            time.sleep(0.005)


def _listen(caller: Caller, nonces: list[int]) -> None:
    """Write down the nonce of each body on its way out."""
    exchange = caller.transport.exchange

    def listening(method: str, body: bytes, *rest: Any, **more: Any) -> Any:
        nonces.append(int(json.loads(body)["nonce"]))
        return exchange(method, body, *rest, **more)

    caller.transport.exchange = listening  # type: ignore[method-assign]


@contextlib.contextmanager
def _patience(name: str, seconds: float) -> Iterator[None]:
    """Wait less for what never comes; for everything else as long as a user does."""
    with pytest.MonkeyPatch.context() as patch:
        if name == "silence":
            patch.setattr(transport, "READ_SECONDS", seconds)
        yield
