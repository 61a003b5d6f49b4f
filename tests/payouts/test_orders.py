"""Invoices: the same path with less ceremony, and adopted only if they are surely the ones that were sent."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tegro_analytics.exceptions import DataError, NeverSent, OutcomeUnknown, Rejected
from tegro_analytics.payouts import steps
from tegro_analytics.payouts.intent import Intent
from tegro_analytics.sandbox.faults import REFUSED
from tegro_analytics.sandbox.process import Sandbox, start
from tegro_analytics.shop import Shop
from tests.api.wire import Request, answer, raw, refusal
from tests.payouts.paid import Hours, nothing_is_sent, open_paying, resolve_for_good, sends, state
from tests.payouts.wired import Bank, banking

MOSCOW = dt.timezone(dt.timedelta(hours=3))


@pytest.fixture
def shop(bank: Sandbox, folder: Path) -> Iterator[Shop]:
    with open_paying(bank, folder, allow_payouts=False) as opened:  # invoices need no permission
        yield opened


def invoice(shop: Shop, payment_id: str, **changes: Any) -> Intent:
    body: dict[str, Any] = {"currency": "RUB", "amount": "1200.50", "fields": {"email": "user@site.ru"}}
    return shop.create_order(payment_id=payment_id, **{**body, "payment_system": 5, **changes})


def made(shop: Shop, payment_id: str) -> int:
    """Count the orders with an id among the newest."""
    records = [*shop.clients[0].orders(1).records, *shop.clients[0].orders(2).records]
    return sum(record.get("payment_id") == payment_id for record in records)


def tell(bank: Sandbox, name: str, *, acts: Any) -> None:
    bank.control("fault", name=name, methods=["createOrder"], acts=acts, times=1)


def test_an_invoice_is_made_once_and_its_page_is_known(shop: Shop, bank: Sandbox) -> None:
    intent = invoice(shop, "o-1")
    assert (intent.state.value, intent.url is not None) == ("accepted", True)
    with nothing_is_sent(bank):
        assert invoice(shop, "o-1") == intent
        with pytest.raises(DataError, match="stands for another order"):
            invoice(shop, "o-1", fields={"email": "other@site.ru"})
    assert made(shop, "o-1") == 1
    assert "user@" not in (shop.folder / "payouts" / "payouts.sqlite3").read_bytes().decode("latin-1")


def test_an_invoice_and_a_payout_may_have_one_id(bank: Sandbox, folder: Path) -> None:
    with open_paying(bank, folder) as shop:
        invoice(shop, "both")
        shop.withdraw(payment_id="both", currency="RUB", amount=5, account="41001111", payment_system=5)
        assert sorted(shop.payouts["kind"]) == ["order", "withdrawal"]


@pytest.mark.parametrize(
    ("name", "acts"),
    [
        ("close", True),
        ("500", False),
        *(
            pytest.param(name, acts, marks=pytest.mark.long)
            for name in ("reset-after", "cut-body", "short-body", "502-html", "html-200", "shape-no-data")
            for acts in (True, False)
        ),
    ],
)
def test_what_is_not_known_is_not_sent_again_and_is_found_out(
    name: str, acts: bool, shop: Shop, bank: Sandbox, hours: Hours
) -> None:
    key = f"o-{name}-{acts}"
    tell(bank, name, acts=acts)
    before = sends(bank, "createOrder")
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            invoice(shop, key)
    assert (state(shop, key, "order"), sends(bank, "createOrder") - before) == ("unknown", 1)
    resolve_for_good(shop, hours)
    assert state(shop, key, "order") == ("accepted" if acts else "presumed_absent")
    if not acts:
        body = {"currency": "RUB", "amount": "1200.50", "fields": {"email": "user@site.ru"}}
        assert shop.create_order(payment_id=key, **body, payment_system=5, resend=key).sends == 2
    assert (made(shop, key), sends(bank, "createOrder") - before) == (1, 1 if acts else 2)


def test_a_refusal_is_definite_and_a_closed_port_is_no_send(shop: Shop, bank: Sandbox, quick: None) -> None:
    tell(bank, "rejected", acts=False)
    for _ in range(2):
        with pytest.raises(Rejected):
            invoice(shop, "o-refused")

    def close(step: str) -> None:
        if step == "sent committed":
            steps.hook = None
            bank.control("fault", name=REFUSED, seconds=0.5)

    steps.hook = close
    with pytest.raises(NeverSent):
        invoice(shop, "o-port")
    assert state(shop, "o-port", "order") == "prepared"


@pytest.mark.parametrize("ahead", [-6 * 3600, 0, 3 * 86_400])
@pytest.mark.parametrize(
    ("changes", "seconds", "adopted"),
    [
        ({}, 1, True),
        ({}, -60, False),  # there before: the id of an order is not unique
        ({"amount": "1200.51"}, 1, False),
        ({"currency_id": 2}, 1, False),
    ],
)
def test_an_order_is_adopted_only_if_it_agrees_and_came_after_it_was_sent(
    changes: dict[str, Any], seconds: int, adopted: bool, ahead: int, tmp_path: Path
) -> None:
    """The clock of the server may be hours from ours: what counts is its own, by the last answer."""
    with banking() as (bank, server), bank.shop(server, tmp_path / "data", source_timezone="UTC") as shop:
        clock = Clocked(bank, ahead)
        clock.order(changes, seconds)
        with pytest.raises(OutcomeUnknown):
            invoice(shop, "o-1")
        shop.resolve_payouts()
        assert state(shop, "o-1", "order") == ("accepted" if adopted else "unknown")
        if not adopted:
            assert "another record with this id" in shop.payouts["reason"][0]
    assert len(bank.made) == 1


def test_the_first_call_of_a_program_knows_of_no_clock_and_is_found_out_all_the_same(
    tmp_path: Path,
) -> None:
    with banking() as (bank, server), bank.shop(server, tmp_path / "data", source_timezone="UTC") as shop:
        clock = Clocked(bank, 7200)
        clock.order({}, 1)
        shop.clients[0]._caller.sandbox = "of-the-test"  # so that nothing is asked before
        with pytest.raises(OutcomeUnknown):
            invoice(shop, "o-1")
        assert [request.line.split()[1] for request in server.requests] == ["/api/createOrder/"]
        shop.resolve_payouts()
        assert state(shop, "o-1", "order") == "accepted"


class Clocked:
    """Let a bank have a clock of its own, and drop the answer to ``createOrder``."""

    def __init__(self, bank: Bank, ahead: int) -> None:
        self.ahead = dt.timedelta(seconds=ahead)
        self.orders: list[dict[str, Any]] = []
        for method in ("shops", "order"):
            plain = bank._act
            bank.says[method] = lambda request, plain=plain, method=method: self.dated(
                self.found(request) if method == "order" else plain(method, request)
            )
        bank.says["createOrder"] = self.create

    def order(self, changes: dict[str, Any], seconds: int) -> None:
        self.changes, self.seconds = changes, seconds

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self.ahead

    def create(self, request: Request) -> Any:
        created = self.now() + dt.timedelta(seconds=self.seconds)
        self.orders.append(
            {
                "id": 5,
                "date_created": f"{created:%Y-%m-%d %H:%M:%S}",
                "date_payed": None,
                "status": 0,
                "payment_system_id": 5,
                "currency_id": 1,
                "amount": str(request.json["amount"]),
                "fee": "0",
                "email": None,
                "test_order": 0,
                "payment_id": request.json["order_id"],
                **self.changes,
            }
        )
        return raw(b"")

    def found(self, request: Request) -> Any:
        wanted = request.json["payment_id"]
        found = [one for one in self.orders if one["payment_id"] == wanted]
        if not found:
            return refusal("Order not found")
        return answer(json.dumps({"type": "success", "desc": "", "data": found[-1]}).encode())

    def dated(self, act: Any) -> Any:
        """Put the date of the bank's own clock into an answer."""

        def answered(connection: Any, request: Request) -> bool:
            return bool(act(_Dating(connection, f"{self.now():%a, %d %b %Y %H:%M:%S} GMT"), request))

        return answered


class _Dating:
    def __init__(self, connection: Any, date: str) -> None:
        self._connection = connection
        self._date = date

    def sendall(self, data: bytes) -> None:
        head, _, rest = data.partition(b"\r\n")
        self._connection.sendall(head + f"\r\nDate: {self._date}\r\n".encode() + rest)


def test_an_older_order_of_the_sandbox_is_not_adopted(folder: Path, hours: Hours) -> None:
    """The sandbox lives in another week than we do."""
    with start(orders=50, now="2026-03-04 12:00:00") as old, open_paying(old, folder) as shop:
        old.control(
            "insert",
            orders=[{"created_at": "2026-03-04 11:00:00", "amount": "1200.50", "payment_id": "o-old"}],
        )
        tell(old, "close", acts=False)
        with pytest.raises(OutcomeUnknown):
            invoice(shop, "o-old")
        resolve_for_good(shop, hours)
        assert state(shop, "o-old", "order") == "unknown"
        hours.later = dt.timedelta(0)
        tell(old, "close", acts=True)
        with pytest.raises(OutcomeUnknown):
            invoice(shop, "o-new")
        shop.resolve_payouts()
        assert state(shop, "o-new", "order") == "accepted"
