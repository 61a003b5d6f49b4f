"""The table of events, row by row, on real sockets: what is known of a call, and what is sent again.

Each row says which state the journal has, what is raised, that running the cell again sends nothing (or,
where it is proven that nothing was sent, sends once), and what resolving makes of it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tegro_analytics.exceptions import (
    AuthorizationError,
    NeverSent,
    NonceRefused,
    OutcomeUnknown,
    Rejected,
    TransportError,
)
from tegro_analytics.payouts import steps
from tegro_analytics.sandbox.faults import NAMES, REFUSED, RESET_BEFORE
from tegro_analytics.sandbox.process import Sandbox
from tegro_analytics.shop import Shop
from tests.api.wire import ROOT, tls
from tests.payouts.paid import (
    QUARTER,
    Hours,
    Ledger,
    open_paying,
    pay,
    raised,
    resolve_for_good,
    sends,
    state,
    until_acted,
    wait_for_port,
)
from tests.payouts.wired import banking

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def shop(bank: Sandbox, folder: Path) -> Iterator[Shop]:
    with open_paying(bank, folder) as opened:
        yield opened


def at(step: str, deed: Callable[[], object]) -> None:
    """Do something when a step is reached, once."""

    def hook(reached: str) -> None:
        if reached == step:
            steps.hook = None
            deed()

    steps.hook = hook


# Never sent: it may be tried again, with a new nonce


def refuse(bank: Sandbox, seconds: float) -> Callable[[], object]:
    return lambda: bank.control("fault", name=REFUSED, seconds=seconds)


def test_a_port_that_is_closed_for_a_moment_is_tried_again(
    bank: Sandbox, shop: Shop, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tegro_analytics.api.retry._pause", lambda _: 0.2)
    before = sends(bank)
    at("sent committed", refuse(bank, 0.1))
    assert pay(shop, "port-1").state.value == "accepted"
    assert (sends(bank) - before, ledger.count("port-1")) == (1, 1)


def test_a_port_that_stays_closed_is_proof_that_nothing_was_sent(
    bank: Sandbox, shop: Shop, ledger: Ledger
) -> None:
    at("sent committed", refuse(bank, 0.5))
    with pytest.raises(NeverSent, match="no connection could be made"):
        pay(shop, "port-2")
    assert state(shop, "port-2") == "prepared"
    wait_for_port(bank)
    assert ledger.count("port-2") == 0
    assert pay(shop, "port-2").state.value == "accepted"
    assert ledger.count("port-2") == 1


def no_name(*_: object, **__: object) -> list[str]:
    raise socket.gaierror(-2, "Name or service not known")


def no_answer(*_: object, **__: object) -> socket.socket:
    raise TimeoutError("timed out")


@pytest.mark.parametrize(
    ("name", "does", "words"),
    [
        ("find_addresses", no_name, "name of the host was not found"),
        ("create_connection", no_answer, "did not take the connection in time"),
    ],
)
def test_no_name_and_no_connection_are_proof_that_nothing_was_sent(
    name: str,
    does: Callable[..., Any],
    words: str,
    bank: Sandbox,
    shop: Shop,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as within:
        at("sent committed", lambda: within.setattr(f"tegro_analytics.api.connection.{name}", does))
        with pytest.raises(NeverSent, match=words):
            pay(shop, name)
    assert (state(shop, name), ledger.count(name)) == ("prepared", 0)
    assert pay(shop, name).state.value == "accepted"
    assert ledger.count(name) == 1


# TLS


def test_a_failure_of_tls_stops_it_and_nothing_is_sent(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ROOT)
    with banking(tls=tls("right")) as (api, server), api.shop(server, folder) as shop:
        at("sent committed", lambda: setattr(server, "tls", tls("other-root")))
        with pytest.raises(TransportError, match="could not prove who it is") as caught:
            pay(shop, "tls")
        assert (type(caught.value), caught.value.attempts) == (TransportError, 1)
        assert (state(shop, "tls"), api.made) == ("prepared", [])
        server.tls = tls("right")
        assert pay(shop, "tls").state.value == "accepted"
        assert [one["payment_id"] for one in api.made] == ["tls"]


def test_a_failure_of_tls_after_the_body_has_left_proves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is no TLS: an attack, or a broken line, and the call may have been carried out."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ROOT)
    with banking(tls=tls("right")) as (api, server), api.shop(server, folder) as shop:
        api.answers_without_tls = True
        with pytest.raises(OutcomeUnknown):
            pay(shop, "tls-after")
        assert (state(shop, "tls-after"), len(api.made)) == ("unknown", 1)
        with pytest.raises(OutcomeUnknown):
            pay(shop, "tls-after")
        assert len(api.made) == 1


# All else

REFUSALS: dict[str, type[Exception]] = {
    "rejected": Rejected,
    "key-refused": AuthorizationError,
    "nonce-refused": NonceRefused,
    "400-json": Rejected,
    "404-json": Rejected,
    "429-json": Rejected,
}
"""JSON with a type that is not success: it was refused, whatever the status, below 500."""
GOOD = ("lone-surrogate", "shape-data")
"""Answers that say success and hold data: which is documented nowhere."""
SLOW = {"drip-status", "drip-headers", "drip-body"}
UNKNOWN = [name for name in NAMES if name not in (*REFUSALS, *GOOD, REFUSED)]

ROWS = [
    ("reset-after", True),
    ("close", "late"),
    ("silence", False),
    ("half-status-line", True),
    ("short-body", "late"),
    ("bad-chunk", False),
    ("cut-body", True),
    ("503", "late"),
    ("522", False),
    ("html-200", True),
    ("shape-data-null", True),
    ("shape-no-data", False),
]
"""One of each kind of the row that ends with "unknown"."""
REST = [
    pytest.param(name, acts, marks=pytest.mark.long)
    for name in UNKNOWN
    for acts in (True, False, "late")
    if (name, acts) not in ROWS and not (name == RESET_BEFORE and acts)
]


def tell(bank: Sandbox, name: str, *, acts: Any) -> None:
    more = {"size": 17_000_000} if name == "huge" else {}
    bank.control("fault", name=name, methods=["createWithdrawal"], acts=acts, times=1, **more)


@pytest.mark.parametrize(("name", "acts"), [*ROWS, *REST])
def test_what_may_have_been_carried_out_is_not_sent_again(
    name: str, acts: Any, bank: Sandbox, shop: Shop, ledger: Ledger, hours: Hours
) -> None:
    key = f"{name}-{acts}"
    if name in SLOW:
        shop.clients[0]._caller._deadline = 1.0
    tell(bank, name, acts=acts)
    before = sends(bank)

    with pytest.raises(OutcomeUnknown, match=r"shop\.resolve_payouts"):
        pay(shop, key)
    assert state(shop, key) == "unknown"
    with pytest.raises(OutcomeUnknown, match="Nothing was sent now"):
        pay(shop, key)
    assert sends(bank) - before == 1

    if acts == "late":
        until_acted(bank)
    resolve_for_good(shop, hours)
    there = 1 if acts else 0
    assert ledger.count(key) == there
    assert state(shop, key) == ("accepted" if there else "presumed_absent")
    again = raised(shop, key)
    assert (again is None) if there else isinstance(again, OutcomeUnknown)
    assert (sends(bank) - before, ledger.count(key)) == (1, there)


def test_not_found_proves_nothing_before_its_time(
    bank: Sandbox, shop: Shop, ledger: Ledger, hours: Hours
) -> None:
    tell(bank, "close", acts=False)
    with pytest.raises(OutcomeUnknown):
        pay(shop, "early")
    for _ in range(5):
        assert list(shop.resolve_payouts()["state"]) == ["unknown"]
    hours.later += QUARTER
    assert list(shop.resolve_payouts()["state"]) == ["presumed_absent"]


def test_one_that_acts_late_is_found_by_waiting(bank: Sandbox, shop: Shop, ledger: Ledger) -> None:
    bank.control("fault", name="close", methods=["createWithdrawal"], acts="late", late_seconds=0.8, times=1)
    with pytest.raises(OutcomeUnknown):
        pay(shop, "waited for")
    assert list(shop.resolve_payouts(wait=30)["state"]) == ["accepted"]  # it ends as soon as it is known
    assert ledger.count("waited for") == 1


@pytest.mark.parametrize(
    "name", ["rejected", *(pytest.param(one, marks=pytest.mark.long) for one in [*REFUSALS][1:])]
)
def test_a_refusal_is_definite(name: str, bank: Sandbox, shop: Shop, ledger: Ledger) -> None:
    tell(bank, name, acts=False)
    before = sends(bank)
    with pytest.raises(REFUSALS[name]):
        pay(shop, name)
    assert state(shop, name) == "rejected"
    with pytest.raises(Rejected, match="refused before"):
        pay(shop, name)
    shop.resolve_payouts()
    assert (state(shop, name), sends(bank) - before, ledger.count(name)) == ("rejected", 1, 0)


@pytest.mark.parametrize("name", [pytest.param(one, marks=pytest.mark.long) for one in GOOD])
def test_success_with_data_is_accepted_whatever_the_data(
    name: str, bank: Sandbox, shop: Shop, ledger: Ledger
) -> None:
    tell(bank, name, acts=True)
    assert pay(shop, name).state.value == "accepted"
    assert ledger.count(name) == 1


def test_every_fault_of_the_sandbox_is_in_the_table() -> None:
    assert sorted([*UNKNOWN, *REFUSALS, *GOOD, REFUSED]) == sorted(NAMES)
    assert len(UNKNOWN) > 50


def test_a_refusal_of_the_sandbox_itself_is_definite(bank: Sandbox, shop: Shop, ledger: Ledger) -> None:
    with pytest.raises(Rejected, match="Not enough money"):
        pay(shop, "dear", amount=10**9)
    assert (state(shop, "dear"), ledger.count("dear")) == ("rejected", 0)
