"""An account of Tegro whose every record is about one payer, in fields that are known, unknown and broken."""

from __future__ import annotations

import datetime as dt
import json
import socket
import threading
from typing import Any

from tests.api.wire import Act, Request, success
from tests.frames.wire import record
from tests.secrets.canaries import ACCOUNT, EMAIL, SHOP

REQUESTS_OF_A_SYNC = ("shops", "balance", "orders", "withdrawals")

ORDER: dict[str, Any] = json.loads(record(7, email=EMAIL, payment_id="Order #7"))
ORDERS: list[Any] = [
    ORDER,
    {**ORDER, "id": 8, "receipt": {"to": EMAIL, EMAIL: [f"for {EMAIL}"]}},
    {**ORDER, "id": 9, "date_created": "2026-02-30 10:00:00"},
    {**ORDER, "id": 10, "amount": EMAIL},
    f"not a record of {EMAIL}",
]
WITHDRAWAL = {
    "id": 9001,
    "date_created": "2026-03-01 10:00:00",
    "date_payed": None,
    "status": 1,
    "payment_system_id": 5,
    "currency_id": 1,
    "amount": "2000.00000000",
    "fee": "50.00000000",
    "account": ACCOUNT,
    "payment_id": "wd-1",
}
WITHDRAWALS: list[Any] = [
    WITHDRAWAL,
    {**WITHDRAWAL, "id": 9002, "by": EMAIL, "details": {"wallet": ACCOUNT, "number": int(ACCOUNT)}},
    {**WITHDRAWAL, "id": 9003, "amount": "much", "requisites": {"card": ACCOUNT}},
]
ANSWERS: dict[str, Any] = {
    "shops": {
        "user_id": 1,
        "shops": [
            {
                "id": 1,
                "date_added": "2025-01-01 00:00:00",
                "name": "Tea",
                "url": "https://tea.example",
                "status": 1,
                "public_key": SHOP,
                "desc": "Tea",
            }
        ],
    },
    "balance": {"user_id": 1, "balance": {"RUB": "653.75"}},
    "order": ORDER,
    "withdrawal": WITHDRAWAL,
    "orders": ORDERS,
    "withdrawals": WITHDRAWALS,
    "createOrder": {"id": 7, "url": "https://tegro.money/pay/7"},
}


def account(connection: socket.socket, request: Request) -> bool:
    """Answer every method as Tegro does; a list has one page."""
    if not is_whole(request):
        return False
    method = method_of(request)
    data = ANSWERS.get(method, {"account": ACCOUNT, "email": EMAIL})
    past_the_end = isinstance(data, list) and request.json.get("page", 1) > 1
    return success([] if past_the_end else data)(connection, request)


def account_until(failing: str, fault: Act) -> Act:
    """Answer until a method is called, and show the fault from then on."""

    def act(connection: socket.socket, request: Request) -> bool:
        return (fault if method_of(request) == failing else account)(connection, request)

    return act


def long_list(*, failing: int, fault: Act) -> Act:
    """Answer lists of forty full pages, newest first; one shows the fault, when a later one is under way."""
    ahead = threading.Event()

    def act(connection: socket.socket, request: Request) -> bool:
        if not is_whole(request) or method_of(request) not in ("orders", "withdrawals"):
            return account(connection, request)
        page = request.json["page"]
        if page > failing:
            ahead.set()
        if page == failing and ahead.wait(0.3):
            return fault(connection, request)
        rows = range(10_000 - 20 * page, 10_020 - 20 * page) if page <= 40 else ()
        return success([_record(row) for row in reversed(rows)])(connection, request)

    return act


def _record(number: int) -> dict[str, Any]:
    created = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=number)
    return {**ORDER, "account": ACCOUNT, "id": number, "date_created": f"{created:%Y-%m-%d %H:%M:%S}"}


def is_whole(request: Request) -> bool:
    """Say whether all of a request has come: whoever asked may have been interrupted, or called off."""
    return len(request.body) == int(request.headers.get("content-length", -1))


def method_of(request: Request) -> str:
    return request.line.split("/")[2]
