"""Every method of the client, called by somebody who has something to hide, and every fault of a call."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tegro_analytics.api.client import Client
from tegro_analytics.api.events import Event
from tegro_analytics.exceptions import TegroError
from tests.api.faults import ACTS, HUGE
from tests.api.wire import Act, Request, Server, answer, refusal
from tests.secrets.canaries import ACCOUNT, EMAIL, KEY, SHOP

Call = Callable[[Client], object]

CALLS: dict[str, Call] = {
    "shops": lambda client: client.shops(),
    "balance": lambda client: client.balance(),
    "order": lambda client: client.order(order_id=7),
    "orders": lambda client: client.orders(),
    "withdrawal": lambda client: client.withdrawal(payment_id="7"),
    "withdrawals": lambda client: client.withdrawals(2),
    "iter_orders": lambda client: list(client.iter_orders()),
    "iter_withdrawals": lambda client: list(client.iter_withdrawals(verify=True)),
    "call a read": lambda client: client.call("order", payment_id=EMAIL),
    "call another": lambda client: client.call("pay", to={"email": EMAIL, "wallet": [ACCOUNT]}),
    "create_order": lambda client: client.create_order(
        currency="RUB", amount=7, order_id="7", fields={"email": EMAIL}, receipt={"items": [{"name": EMAIL}]}
    ),
    "create_withdrawal": lambda client: client.create_withdrawal(
        currency="RUB", amount=7, account=ACCOUNT, payment_id="7", payment_system=5
    ),
}


def _echo(status: str, kind: str) -> Act:
    """Answer with all that was sent, as a page of a broken proxy may."""

    def act(connection: socket.socket, request: Request) -> bool:
        sent = f"{request.headers['authorization']} {request.body.decode()} {EMAIL} {ACCOUNT}"
        return answer(sent.encode(), status=status, kind=kind)(connection, request)

    return act


def _echo_refusal(connection: socket.socket, request: Request) -> bool:
    sent = f"Wrong: {request.headers['authorization']} {request.body.decode()} {EMAIL} {ACCOUNT}"
    return refusal(sent)(connection, request)


def _echo_headers(status: int) -> Act:
    """Answer with headers that hold what was sent, one of them broken."""

    def act(connection: socket.socket, request: Request) -> bool:
        sent = f"{request.headers['authorization']} {EMAIL} {ACCOUNT}"
        address = f"http://{EMAIL}:{sent.split()[1]}@site.example/{ACCOUNT}"
        head = f"HTTP/1.1 {status} {sent}\r\nContent-Length: 0\r\nCF-RAY: {sent}\r\nLocation: {address}\r\n"
        connection.sendall(f"{head}{sent}\r\n\r\n".encode())
        return True

    return act


def _faults() -> Iterator[Any]:
    for event, acts in ACTS.items():
        for place, act in enumerate(acts):
            marks = [pytest.mark.long] if act is HUGE else []
            yield pytest.param(act, id=f"{event}-{place}", marks=marks)
    yield pytest.param(_echo("200 OK", "text/plain"), id="echo-200")
    yield pytest.param(_echo("403 Forbidden", "text/html"), id="echo-html")
    yield pytest.param(_echo("500 Oops", "text/plain"), id="echo-500")
    yield pytest.param(_echo_refusal, id="echo-refusal")
    yield pytest.param(_echo_headers(500), id="echo-headers")
    yield pytest.param(_echo_headers(302), id="echo-address")


FAULTS = list(_faults())


def named(*names: str) -> list[Any]:
    """Pick faults by their names."""
    return [fault for fault in FAULTS if fault.id in names]


def patience_with(act: Act) -> float:
    """Say how many seconds to give a call: so few that nothing is asked again, fewer where nothing comes."""
    stalling = [*ACTS[Event.READ_TIMEOUT], *ACTS[Event.DEADLINE]]
    return 0.1 if act in stalling else 0.4


def client_of(server: Server, folder: Path, **options: Any) -> Client:
    options = {"deadline": 0.4, "nonce": "milliseconds", "allow_payouts": True, **options}
    return Client(KEY, SHOP, base_url=server.url, data_folder=folder, **options)


def outcome_of(call: Call, client: Client) -> BaseException | None:
    try:
        call(client)
    except (TegroError, KeyboardInterrupt) as error:
        return error
    return None
