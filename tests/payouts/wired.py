"""A bank on a real socket that says what a test wants it to say: texts, odd records, broken TLS."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tegro_analytics.credentials import ApiKey, ShopAccess
from tegro_analytics.settings import load_settings
from tegro_analytics.shop import Shop
from tests.api.wire import KEY, SHOP, Request, Server, refusal, serving, success

SHOPS = {"user_id": 1, "shops": [{"id": 1, "public_key": SHOP, "name": "Tea"}]}
OTHER = {
    "id": 9001,
    "date_created": "2026-03-01 10:00:00",
    "status": 1,
    "payment_system_id": 5,
    "currency_id": 1,
    "amount": "2000.00000000",
    "account": "4100999988887777",
    "payment_id": "wd-of-old",
}


class Bank:
    """Answer the methods that payouts use; each may be replaced in ``says``.

    Attributes
    ----------
    made : list
        The bodies of ``createWithdrawal``, and of ``createOrder``, that arrived.
    records : list
        What ``withdrawals`` shows.
    says : dict
        By method: what gives the act for a request.
    """

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []
        self.records: list[Any] = [OTHER]
        self.says: dict[str, Callable[[Request], Any]] = {}
        self.answers_without_tls = False

    def __call__(self, connection: socket.socket, request: Request) -> bool:
        method = request.line.split()[1].removeprefix("/api/").strip("/")
        if method in ("createWithdrawal", "createOrder"):
            self.made.append(request.json)
            if self.answers_without_tls:
                with socket.socket(fileno=os.dup(connection.fileno())) as plain:
                    plain.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                return False
        act = self.says[method](request) if method in self.says else self._act(method, request)
        return bool(act(connection, request))

    def _act(self, method: str, request: Request) -> Any:
        if method == "shops":
            return success(SHOPS)
        if method == "balance":
            return success({"user_id": 1, "balance": {"RUB": "1000000.00"}})
        if method == "withdrawals":
            return success(self.records if request.json["page"] == 1 else [])
        if method == "withdrawal":
            wanted = request.json.get("payment_id")
            found = [one for one in self.records if isinstance(one, dict) and one.get("payment_id") == wanted]
            return success(found[-1]) if found else refusal("Withdrawal not found")
        if method == "order":
            return refusal("Order not found")
        return success({"id": 7, "url": "https://pay.example/7"})

    def shop(self, server: Server, folder: Path, **settings: Any) -> Shop:
        """Open a shop of it that may pay."""
        resolved = load_settings(
            **{
                "base_url": server.url,
                "store": folder,
                "currencies": {1: "RUB", 2: "USD"},
                "progress": False,
                "nonce": "milliseconds",
                "payouts_headless": True,
                **settings,
            }
        )
        return Shop([ShopAccess("tea", SHOP, ApiKey(KEY))], resolved, allow_payouts=True)


@contextlib.contextmanager
def banking(*, tls: ssl.SSLContext | None = None) -> Iterator[tuple[Bank, Server]]:
    """Run a bank."""
    bank = Bank()
    with serving(bank, tls=tls) as server:
        yield bank, server
