"""What somebody means to pay: checked before anything else, and known again by its id and its body."""

from __future__ import annotations

import datetime as dt
import enum
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from tegro_analytics.api.signing import amount_of
from tegro_analytics.exceptions import DataError
from tegro_analytics.privacy import mask_account
from tegro_analytics.reference import Reference

__all__ = ["Intent", "Kind", "Order", "State", "Wish", "Withdrawal"]

Kind = Literal["withdrawal", "order"]

_LONGEST = 255
_EXPONENT = re.compile(r"[+-]?\d+(?:[.,]\d*)?[eE][+-]?\d+")


class State(enum.StrEnum):
    """Say how far an intent has come."""

    PREPARED = "prepared"
    """Written down; nothing was sent."""
    SENT = "sent"
    """Being sent, or its program ended while it was."""
    ACCEPTED = "accepted"
    """The API has it."""
    REJECTED = "rejected"
    """The API refused it; nothing was carried out."""
    UNKNOWN = "unknown"
    """It may or may not have been carried out."""
    PRESUMED_ABSENT = "presumed_absent"
    """Looked for long enough and found nowhere; only a person sends it again."""

    @property
    def is_open(self) -> bool:
        """Whether nobody knows yet what became of it."""
        return self in (State.SENT, State.UNKNOWN)


@dataclass(frozen=True, slots=True, repr=False)
class Wish:
    """Hold one call that moves money, checked; it prints without the account and without people."""

    payment_id: str
    currency: str
    amount: Decimal
    payment_system: int | None
    kind: Kind = field(init=False, default="withdrawal")

    @property
    def method(self) -> str:
        """The API method that carries it out."""
        return "createWithdrawal" if self.kind == "withdrawal" else "createOrder"

    @property
    def masked(self) -> str | None:
        """The account as it may be shown."""
        return None

    def parameters(self) -> dict[str, Any]:
        """Give what is sent besides the shop and the nonce."""
        raise NotImplementedError

    def digest(self, secret: bytes) -> str:
        """Compute by what the same wish is known again: a keyed hash, so that no account can be guessed."""
        plain = {name: _plain(value) for name, value in self.parameters().items()}
        text = json.dumps([self.kind, plain], sort_keys=True, ensure_ascii=True)
        return hmac.new(secret, text.encode("ascii"), "sha256").hexdigest()

    def __repr__(self) -> str:
        account = f", account={self.masked!r}" if self.masked else ""
        return (
            f"{type(self).__name__}({self.payment_id!r}, {self.amount:f} {self.currency}{account}, "
            f"payment_system={self.payment_system})"
        )


@dataclass(frozen=True, slots=True, repr=False)
class Withdrawal(Wish):
    """Mean to pay money out.

    Examples
    --------
    >>> Withdrawal("wd-1", "RUB", Decimal("100.50"), 5, account="4100111122223333")
    Withdrawal('wd-1', 100.50 RUB, account='***3333', payment_system=5)
    """

    account: str = ""
    kind: Kind = field(init=False, default="withdrawal")

    @property
    def masked(self) -> str | None:
        """The account as it may be shown."""
        return mask_account(self.account)

    def parameters(self) -> dict[str, Any]:
        """Give what is sent besides the shop and the nonce."""
        return {
            "currency": self.currency,
            "account": self.account,
            "amount": self.amount,
            "payment_id": self.payment_id,
            "payment_system": self.payment_system,
        }


@dataclass(frozen=True, slots=True, repr=False)
class Order(Wish):
    """Mean to make an invoice: an order with a page where it is paid."""

    fields: Mapping[str, Any] | None = None
    receipt: Mapping[str, Any] | None = None
    kind: Kind = field(init=False, default="order")

    def parameters(self) -> dict[str, Any]:
        """Give what is sent besides the shop and the nonce."""
        return {
            "currency": self.currency,
            "amount": self.amount,
            "order_id": self.payment_id,
            "payment_system": self.payment_system,
            "fields": self.fields,
            "receipt": self.receipt,
        }


@dataclass(frozen=True, slots=True, repr=False)
class Intent:
    """Tell of one intent as the journal has it. Where the money goes is told by ``account`` alone, masked.

    Attributes
    ----------
    kind : str
        ``withdrawal`` or ``order``.
    payment_id : str
        The shop's own id, the key of the intent.
    state : State
        How far it has come.
    amount, currency, payment_system
        What was meant.
    account : str or None
        Masked.
    prepared_at, sent_at, ended_at : datetime or None
        When it was written down, when it was last sent, when its outcome was known; UTC.
    sends : int
        How often it was sent.
    tegro_id : str or None
        Tegro's number, once it is known.
    url : str or None
        The page where an order is paid.
    adopted : bool
        Whether it was found at the API, and not sent from here.
    reason : str or None
        Why it was rejected, why its outcome is not known, or what a person should look at.
    """

    kind: Kind
    payment_id: str
    state: State
    amount: Decimal
    currency: str
    payment_system: int | None
    account: str | None
    prepared_at: dt.datetime
    sent_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    sends: int = 0
    tegro_id: str | None = None
    url: str | None = None
    adopted: bool = False
    reason: str | None = None

    def __repr__(self) -> str:
        account = f" to {self.account}" if self.account else ""
        number = f", Tegro's number {self.tegro_id}" if self.tegro_id else ""
        state = self.state.value.replace("_", " ")
        return f"<{self.kind} {self.payment_id!r}: {state}, {self.amount:f} {self.currency}{account}{number}>"


def check(wish: Wish, reference: Reference) -> Wish:
    """Refuse what cannot be meant, before anything is written or sent.

    Raises
    ------
    DataError
        If the id is empty or too long, the account is empty, the currency is not known, or the amount is not
        above zero or has more decimals than the currency. The message never shows the account.
    """
    _check_types(wish)
    told = _name_of(wish)
    if not wish.payment_id.strip():
        raise DataError(
            "payment_id is empty: without it nobody can find out what became of the call, and running the "
            "cell again would pay again. Nothing was sent."
        )
    if wish.payment_id != wish.payment_id.strip() or len(wish.payment_id) > _LONGEST:
        raise DataError(
            f"{told}: an id has no blanks around it and at most {_LONGEST} characters. Nothing was sent."
        )
    if isinstance(wish, Withdrawal) and not wish.account.strip():
        raise DataError(f"{told}: the account is empty. Nothing was sent.")
    if isinstance(wish, Withdrawal) and _EXPONENT.fullmatch(wish.account.strip()):
        raise DataError(
            f"{told}: a spreadsheet has written the account as a number with an exponent, as in 4.1E+15, and "
            "its last digits are lost. Write it out, in cells that are text. Nothing was sent."
        )
    if wish.currency not in reference.minor_units:
        raise DataError(
            f"{told}: {wish.currency!r} is not a currency that is known. Write its code, as in RUB. "
            "Nothing was sent."
        )
    if wish.amount <= 0:
        raise DataError(f"{told}: {wish.amount:f} is not above zero. Nothing was sent.")
    places = reference.minor_unit(wish.currency)
    if wish.amount != wish.amount.quantize(Decimal(1).scaleb(-places)):
        raise DataError(
            f"{told}: {wish.amount:f} has more decimals than {wish.currency}, which has {places}. Round it "
            "to what is meant. Nothing was sent."
        )
    return wish


def _check_types(wish: Wish) -> None:
    """Refuse numbers where texts are meant: a number has lost its leading zeros, and 7.0 is not 7."""
    texts = {"payment_id": wish.payment_id, "currency": wish.currency}
    if isinstance(wish, Withdrawal):
        texts["account"] = wish.account
    for name, value in texts.items():
        if not isinstance(value, str):
            raise DataError(
                f"{name} is text, and this is a {type(value).__name__}. Put it in quotes. Nothing was sent."
            )
    system = wish.payment_system
    is_number = isinstance(system, int) and not isinstance(system, bool)
    if is_number or (system is None and wish.kind == "order"):
        return
    raise DataError("payment_system is the id of one, a whole number. Nothing was sent.")


def exact_amount(amount: object, payment_id: str) -> Decimal:
    """Read an amount exactly, or refuse it; the message names the payout."""
    problem = ""
    try:
        return amount_of(amount, name=f"amount of {payment_id!r}")
    except DataError as error:
        problem = str(error)
    raise DataError(f"{problem} Nothing was sent.")


def _name_of(wish: Wish) -> str:
    return f"{wish.kind} {wish.payment_id[:60]!r}"


def _plain(value: Any) -> Any:
    """Write a value so that two that mean the same are the same: 100 and 100.00 are one amount."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)
