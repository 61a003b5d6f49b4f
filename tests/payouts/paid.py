"""A shop that may pay, a payout, and what the sandbox has of it: what the tests of payouts share."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tegro_analytics.api.client import Client
from tegro_analytics.api.lists.page import split_records
from tegro_analytics.credentials import ApiKey, ShopAccess
from tegro_analytics.exceptions import TegroError
from tegro_analytics.payouts.desk import Desk
from tegro_analytics.payouts.intent import Intent
from tegro_analytics.payouts.journal import Journal
from tegro_analytics.sandbox.process import Sandbox
from tegro_analytics.settings import load_settings
from tegro_analytics.shop import Shop

ACCOUNT = "4100111122223333"
MASKED = "***3333"
BODY: dict[str, Any] = {"currency": "RUB", "amount": "100.50", "account": ACCOUNT, "payment_system": 5}
"""A payout, but for its id."""

QUARTER = dt.timedelta(minutes=16)


def open_paying(sandbox: Sandbox, folder: Path, *, allow_payouts: bool = True, **settings: Any) -> Shop:
    """Open a shop that may pay, as :func:`tests.conftest.open_shop` does; closing it leaves the sandbox."""
    resolved = load_settings(
        **{
            "base_url": sandbox.base_url,
            "store": folder,
            "currencies": sandbox.currencies,
            "progress": False,
            "nonce": "milliseconds",
            "payouts_headless": True,
            **settings,
        }
    )
    access = ShopAccess("tea", sandbox.shop_id, ApiKey(sandbox.api_key))
    return Shop([access], resolved, allow_payouts=allow_payouts)


def pay(shop: Shop, payment_id: str, **changes: Any) -> Intent:
    """Pay, or change something of the body that the tests pay."""
    return shop.withdraw(payment_id=payment_id, **{**BODY, **changes})


def state(shop: Shop, payment_id: str, kind: str = "withdrawal") -> str | None:
    """Say what the journal has."""
    found = [one for one in journal_of(shop).all() if (one.kind, one.payment_id) == (kind, payment_id)]
    return found[0].state.value if found else None


def journal_of(shop: Shop) -> Journal:
    """Give the journal of a shop of a sandbox."""
    return Journal(shop.folder / "payouts")


def sends(sandbox: Sandbox, method: str = "createWithdrawal") -> int:
    """Count what reached the sandbox, whatever became of it."""
    return int(sandbox.log(limit=0)["by_method"].get(method, 0))


def nothing_is_sent(sandbox: Sandbox) -> contextlib.AbstractContextManager[None]:
    """See that no call that moves money reaches the sandbox in the block."""

    @contextlib.contextmanager
    def seen() -> Iterator[None]:
        before = sends(sandbox), sends(sandbox, "createOrder")
        yield
        assert (sends(sandbox), sends(sandbox, "createOrder")) == before

    return seen()


class Ledger:
    """Read what a sandbox has, row by row: nothing of what is tested is between."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.client = Client(
            sandbox.api_key,
            sandbox.shop_id,
            base_url=sandbox.base_url,
            data_folder=folder,
            nonce="milliseconds",
        )

    def count(self, payment_id: str) -> int:
        """Count the withdrawals with an id."""
        return self.counts().get(payment_id, 0)

    def counts(self) -> dict[str, int]:
        """Count the withdrawals with each text that stands in one."""
        found: dict[str, int] = {}
        number, records = 1, split_records(self.client.withdrawals(1).data)
        while records:
            for record in records:
                for text in set(_texts(json.loads(record))):
                    found[text] = found.get(text, 0) + 1
            number += 1
            records = split_records(self.client.withdrawals(number).data)
        return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


class Hours:
    """Be a clock that runs, and that a test moves on."""

    def __init__(self) -> None:
        self.later = dt.timedelta(0)

    def __call__(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self.later


def moved_by_hand(monkeypatch: pytest.MonkeyPatch) -> Hours:
    """Let every desk go by a clock that the test moves."""
    hours = Hours()
    monkeypatch.setitem(Desk.__init__.__kwdefaults__, "now", hours)
    return hours


def resolve_for_good(shop: Shop, hours: Hours) -> None:
    """Look as often, and as late, as it takes."""
    shop.resolve_payouts()
    hours.later += QUARTER
    shop.resolve_payouts()
    shop.resolve_payouts()


def until_acted(sandbox: Sandbox) -> None:
    """Wait until the last call that moves money has been carried out."""
    patience = time.monotonic() + 10
    while not sandbox.log(method="createWithdrawal", limit=1)["entries"][-1]["acted"]:
        assert time.monotonic() < patience, "it was never carried out"


def raised(shop: Shop, payment_id: str) -> TegroError | None:
    """Pay, and give what it raised."""
    try:
        pay(shop, payment_id)
    except TegroError as error:
        return error
    return None


def wait_for_port(sandbox: Sandbox) -> None:
    """Wait until the port of a sandbox is open again."""
    host, _, port = sandbox.base_url.removeprefix("http://").partition(":")
    patience = time.monotonic() + 10
    while time.monotonic() < patience:
        with socket.socket() as trial:
            if trial.connect_ex((host, int(port))) == 0:
                return
