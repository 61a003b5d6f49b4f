"""Withdrawals of the account. Their record is documented nowhere, so there are three shapes of it.

* ``order``: the names that an order has.
* ``wallet``: other names, the currency as a code, the state as a word.
* ``minimal``: no id, few fields, the account inside another object.
"""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass
from random import Random
from typing import Any

from tegro_analytics.sandbox.clock import day_of, moscow_text, start_of_day
from tegro_analytics.sandbox.lists import Listing
from tegro_analytics.sandbox.orders import FAILED, PAID, PENDING, OrderBook
from tegro_analytics.sandbox.systems import CURRENCIES, RUB, USD
from tegro_analytics.sandbox.units import ONE, fee_units, money_text

SHAPES = ("order", "wallet", "minimal")
MIXED = "mixed"
DEBITS = ("created", "done")
"""When a withdrawal leaves the balance: as soon as it is made, or when it is carried out."""

STATES = {PAID: "done", FAILED: "failed", PENDING: "processing"}

FEE_RATE = 200
FEE_MINIMUM = {RUB: 50 * ONE, USD: 1 * ONE}
SMALLEST = {RUB: 2000 * ONE, USD: 50 * ONE}


@dataclass(slots=True)
class Withdrawal:
    """Hold one withdrawal: times in seconds since 1970, money in units of 10^-8."""

    id: int
    payment_id: str
    created: int
    done: int
    status: int
    system: int
    currency: int
    amount: int
    fee: int
    account: str
    shape: str

    def record(self) -> dict[str, Any]:
        """Show it as the API does."""
        done = moscow_text(self.done) if self.done else None
        amount, fee = money_text(self.amount), money_text(self.fee)
        if self.shape == "wallet":
            return {
                "withdrawal_id": str(self.id),
                "external_id": self.payment_id,
                "date": moscow_text(self.created),
                "completed_at": done,
                "state": STATES[self.status],
                "payment_system": self.system,
                "currency": CURRENCIES[self.currency],
                "sum": amount,
                "commission": fee,
                "wallet": self.account,
            }
        if self.shape == "minimal":
            return {
                "date": moscow_text(self.created),
                "sum": amount,
                "currency": CURRENCIES[self.currency],
                "details": {"wallet": self.account, "comment": self.payment_id},
            }
        return {
            "id": self.id,
            "date_created": moscow_text(self.created),
            "date_payed": done,
            "status": self.status,
            "payment_system_id": self.system,
            "currency_id": self.currency,
            "amount": amount,
            "fee": fee,
            "account": self.account,
            "payment_id": self.payment_id,
        }


class Withdrawals:
    """Hold the withdrawals of the account: every shop lists the same."""

    def __init__(self, order: str, shape: str, debit: str = DEBITS[0]) -> None:
        self.shape = shape
        self.debit = debit
        self.items: list[Withdrawal] = []
        self.raw: dict[int, bytes] = {}
        self._created, self._ids = array("q"), array("q")
        self.list = Listing(order, created=self._created, ids=self._ids)

    @property
    def next_shape(self) -> str:
        """Tell the shape that the next withdrawal will have."""
        return SHAPES[len(self.items) % 3] if self.shape == MIXED else self.shape

    def add(
        self,
        *,
        payment_id: str,
        created: int,
        currency: int,
        amount: int,
        system: int,
        account: str,
        status: int,
        done: int | None = None,
    ) -> Withdrawal:
        """Add one withdrawal; a minimal one costs no fee, as it has no field to show it.

        One that is carried out was so at ``done``, by default half an hour after it was made.
        """
        number, shape = len(self.items), self.next_shape
        fee = 0 if shape == "minimal" else withdrawal_fee(amount, currency)
        at = (created + 1800 if done is None else done) if status == PAID else 0
        item = Withdrawal(
            id=9001 + 3 * number,
            payment_id=payment_id,
            created=created,
            done=at,
            status=status,
            system=system,
            currency=currency,
            amount=amount,
            fee=fee,
            account=account,
            shape=shape,
        )
        self._place(item)
        return item

    def add_raw(self, record: bytes, *, created: int) -> None:
        """Put a raw record where a withdrawal of that time would be; it is no withdrawal."""
        self.raw[len(self.items)] = record
        number = 9001 + 3 * len(self.items)
        self._place(Withdrawal(number, "", created, 0, FAILED, 0, RUB, 0, 0, "", "order"))

    def find(self, *, id: object = None, payment_id: object = None) -> Withdrawal | None:  # noqa: A002
        """Find a withdrawal by Tegro's number, or the last one with the merchant's number."""
        for row in range(len(self.items) - 1, -1, -1):
            item = self.items[row]
            wanted = str(item.id) == str(id) if id is not None else item.payment_id == payment_id
            if wanted and row not in self.raw:
                return item
        return None

    def settle(self, item: Withdrawal, *, status: int, at: int) -> None:
        """Carry out, or fail, a withdrawal that was in flight."""
        item.status, item.done = status, at if status == PAID else 0

    def json(self, row: int) -> bytes:
        """Write the record of a row as the API shows it."""
        return self.raw[row] if row in self.raw else json.dumps(self.items[row].record()).encode("ascii")

    def taken(self) -> dict[int, int]:
        """Sum what left the balance, fees included, by currency; a failed withdrawal came back."""
        return self._sum({PAID} if self.debit == "done" else {PAID, PENDING})

    def waiting(self) -> dict[int, int]:
        """Sum what is in flight and has not left the balance yet, fees included, by currency."""
        return self._sum({PENDING} if self.debit == "done" else set())

    def _sum(self, statuses: set[int]) -> dict[int, int]:
        sums = dict.fromkeys(CURRENCIES, 0)
        for item in self.items:
            if item.status in statuses:
                sums[item.currency] += item.amount + item.fee
        return sums

    def _place(self, item: Withdrawal) -> None:
        self.items.append(item)
        self._created.append(item.created)
        self._ids.append(item.id)
        self.list.insert(len(self.items) - 1)


def withdrawal_fee(amount: int, currency: int) -> int:
    """Compute the fee of a withdrawal: 2 %, and a minimum."""
    return fee_units(amount, rate=FEE_RATE, minimum=FEE_MINIMUM[currency], step=ONE // 100)


def pay_out(withdrawals: Withdrawals, books: list[OrderBook], *, now: int, rng: Random) -> None:
    """Withdraw what the shops earned: roubles each week, dollars each four weeks.

    Never more than what is there for good: an order that was refunded later counts as its fee from the start.
    """
    earned = _earned_by_day(books)
    if not earned:
        return
    first, today = min(earned), day_of(now)
    for currency, weeks, system in ((RUB, 1, 5), (USD, 4, 51)):
        account = f"4100{rng.randrange(10**10, 10**11)}" if currency == RUB else f"T{rng.randbytes(16).hex()}"
        there = 0
        for day in range(first, today):
            amount = int(there * (0.7 + 0.2 * rng.random())) // (100 * ONE) * 100 * ONE
            if (day - first) % (7 * weeks) == 7 * weeks - 1 and amount >= SMALLEST[currency]:
                last = day + 7 * weeks >= today
                # A minimal record has no state, so a failure would be money that nobody can account for.
                fails = rng.random() < 0.08 and withdrawals.next_shape != "minimal"
                item = withdrawals.add(
                    payment_id=f"wd-{CURRENCIES[currency].lower()}-{len(withdrawals.items) + 1}",
                    created=start_of_day(day) + 9 * 3600 + int(rng.random() * 9 * 3600),
                    currency=currency,
                    amount=amount,
                    system=system,
                    account=account,
                    status=PENDING if last else FAILED if fails else PAID,
                )
                there -= item.amount + item.fee if item.status != FAILED else 0
            there += earned.get(day, {}).get(currency, 0)


def _earned_by_day(books: list[OrderBook]) -> dict[int, dict[int, int]]:
    """Sum what each order brought, on the day on which it did, by currency."""
    earned: dict[int, dict[int, int]] = {}
    for book in books:
        for row in book.rows():
            brought = book.brought(row)
            if brought:
                day = earned.setdefault(day_of(max(book.paid[row], book.created[row])), {})
                currency = book.currency[row]
                day[currency] = day.get(currency, 0) + brought
    return earned
