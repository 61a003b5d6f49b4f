"""The orders of one shop: a column of integers for each field, written as JSON when a page asks for them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as _quoted

from tegro_analytics.sandbox import people
from tegro_analytics.sandbox.clock import moscow_text
from tegro_analytics.sandbox.lists import Listing
from tegro_analytics.sandbox.units import money_text

NEW, PAID, FAILED, REFUNDED, PENDING = range(5)
OPEN = (NEW, PENDING)
FEE_BEARERS = ("merchant", "buyer")
"""Who bears the fee of a payment: it comes off the balance, or the buyer paid it beside the amount."""

UNPAID_TIME = 0
ZERO_TIME = -1
"""Written as ``0000-00-00 00:00:00``, the zero date of MySQL."""


@dataclass(slots=True)
class Order:
    """Hold one order: times in seconds since 1970 (``paid`` 0 is null), money in units of 10^-8."""

    created: int
    amount: int
    fee: int
    status: int = NEW
    paid: int = UNPAID_TIME
    system: int = 25
    currency: int = 1
    test: int = 0
    email: tuple[int, int] = (people.NULL, 0)
    payment: tuple[int, int] = (people.NULL, 0)


class OrderBook:
    """Hold the orders of one shop in the order of its list.

    A row keeps its number for ever. A deleted row leaves the list; a raw row is in the list, but is no order:
    it enters no look-up, no balance and no truth.
    """

    def __init__(self, order: str, fee_bearer: str = FEE_BEARERS[0]) -> None:
        self.fee_bearer = fee_bearer
        self.ids = array("q")
        self.created, self.paid, self.amount, self.fee = (array("q") for _ in range(4))
        self.status, self.system, self.currency, self.test = array("q"), array("q"), array("q"), array("b")
        self.email_style, self.email_number = array("b"), array("q")
        self.payment_style, self.payment_number = array("b"), array("q")
        self.emails = list(people.HOSTILE_EMAILS)
        self.payments = list(people.HOSTILE_PAYMENT_IDS)
        self.gone: set[int] = set()
        self.raw: dict[int, bytes] = {}
        self.net: dict[int, int] = {}
        self.list = Listing(order, created=self.created, ids=self.ids)
        self._by_id: dict[int, int] | None = None
        self._by_payment: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self.list)

    def rows(self) -> Iterator[int]:
        """Go through the rows that are orders and are not deleted, as they were made."""
        if not self.gone and not self.raw:
            return iter(range(len(self.ids)))
        return (row for row in range(len(self.ids)) if row not in self.gone and row not in self.raw)

    def settle(self) -> None:
        """Make list and balance from columns that were filled at once."""
        self.list.fill(range(len(self.ids)))
        self.net = {}
        for row in self.rows():
            self._book(row, 1)

    def add(self, order: Order, *, id: int, raw: bytes | None = None) -> int:  # noqa: A002
        """Add one order, or a raw record that stands where the order would; return its row."""
        row = len(self.ids)
        self.ids.append(id)
        self.created.append(order.created)
        self.paid.append(order.paid)
        self.amount.append(order.amount)
        self.fee.append(order.fee)
        self.status.append(order.status)
        self.system.append(order.system)
        self.currency.append(order.currency)
        self.test.append(order.test)
        for (style, number), styles, numbers in (
            (order.email, self.email_style, self.email_number),
            (order.payment, self.payment_style, self.payment_number),
        ):
            styles.append(style)
            numbers.append(number)
        if raw is not None:
            self.raw[row] = raw
        else:
            self._index(row)
            self._book(row, 1)
        self.list.insert(row)
        return row

    def pay(self, row: int, *, at: int) -> None:
        """Turn an open or failed order paid."""
        self._book(row, -1)
        self.status[row], self.paid[row] = PAID, at
        self._book(row, 1)

    def refund(self, row: int) -> None:
        """Turn a paid order refunded; the API shows no date of it."""
        self._book(row, -1)
        self.status[row] = REFUNDED
        self._book(row, 1)

    def delete(self, row: int) -> None:
        """Take an order, or a raw record, out of the list."""
        if row not in self.raw:
            self._book(row, -1)
        self.gone.add(row)
        self._by_id = self._by_payment = None
        self.list.remove(row)

    def find(self, id: int) -> int | None:  # noqa: A002
        """Find the row of an id."""
        if self._by_id is None:
            self._by_id = {self.ids[row]: row for row in self.rows()}
        return self._by_id.get(id)

    def find_payment(self, payment_id: str) -> int | None:
        """Find the row that was made last with the merchant's number, which is not unique."""
        if self._by_payment is None:
            self._by_payment = {}
            for row in self.rows():
                self._by_payment[self.payment_id(row) or ""] = row
        return self._by_payment.get(payment_id) if payment_id else None

    def special_email(self, text: str | None) -> tuple[int, int]:
        """Keep an e-mail as it is; None is null."""
        return _special(text, self.emails)

    def special_payment(self, text: str | None) -> tuple[int, int]:
        """Keep a merchant's number as it is; None is null."""
        return _special(text, self.payments)

    def brought(self, row: int) -> int:
        """Compute what an order added to the balance: its net if paid, minus its fee if refunded.

        A fee that the buyer bears never touches the balance.
        """
        status, amount = self.status[row], self.amount[row]
        if self.test[row] or amount < 0 or status not in (PAID, REFUNDED):
            return 0
        return (amount if status == PAID else 0) - (self.fee[row] if self.fee_bearer == "merchant" else 0)

    def payment_id(self, row: int) -> str | None:
        """Write the merchant's number of a row."""
        return people.payment_text(self.payment_style[row], self.payment_number[row], self.payments)

    def email(self, row: int) -> str | None:
        """Write the e-mail of a row."""
        return people.email_text(self.email_style[row], self.email_number[row], self.emails)

    def json(self, row: int) -> bytes:
        """Write the record of a row as the API shows it."""
        if row in self.raw:
            return self.raw[row]
        paid = self.paid[row]
        if paid > 0:
            paid_text = f'"{moscow_text(paid)}"'
        else:
            paid_text = "null" if paid == UNPAID_TIME else '"0000-00-00 00:00:00"'
        email, payment = self.email(row), self.payment_id(row)
        email_field = "" if self.email_style[row] == people.ABSENT else f'"email":{_text(email)},'
        return (
            f'{{"id":{self.ids[row]},"date_created":"{moscow_text(self.created[row])}","date_payed":{paid_text},'
            f'"status":{self.status[row]},"payment_system_id":{self.system[row]},'
            f'"currency_id":{self.currency[row]},"amount":"{money_text(self.amount[row])}",'
            f'"fee":"{money_text(self.fee[row])}",{email_field}"test_order":{self.test[row]},'
            f'"payment_id":{_text(payment)}}}'
        ).encode("ascii")

    def _index(self, row: int) -> None:
        if self._by_id is not None:
            self._by_id[self.ids[row]] = row
        if self._by_payment is not None:
            self._by_payment[self.payment_id(row) or ""] = row

    def _book(self, row: int, sign: int) -> None:
        """Add to the balance what an order brought, or take it from there."""
        brought = self.brought(row)
        if brought:
            currency = self.currency[row]
            self.net[currency] = self.net.get(currency, 0) + sign * brought


def _text(value: str | None) -> str:
    return "null" if value is None else _quoted(value)


def _special(text: str | None, specials: list[str]) -> tuple[int, int]:
    if text is None:
        return people.NULL, 0
    specials.append(text)
    return people.SPECIAL, len(specials) - 1
