"""An API in memory: it carries out, drops, comes late, refuses, lies when it is asked, and keeps a ledger.

It has of a client what payouts use of one, and hands up what a client does, made of the same rules.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from tegro_analytics.api.answers import Answer
from tegro_analytics.api.events import RULES, Event, Failure
from tegro_analytics.api.lists.page import Page, page_from_json
from tegro_analytics.api.moves import Moved, Sought, shape_of
from tegro_analytics.exceptions import BadAnswer
from tegro_analytics.sandbox.orders import PENDING
from tegro_analytics.sandbox.systems import CURRENCIES
from tegro_analytics.sandbox.units import to_units
from tegro_analytics.sandbox.withdrawals import SHAPES, Withdrawal

LOOK_UPS = (
    "works",
    "refuses all",
    "another record",
    "any record",
    "errs",
    "null for all",
    "errs now and then",
)
"""How the method ``withdrawal`` may be: only the first, and the last, are of any use."""

ACTS = ("accepts", "acts and drops", "drops and acts late", "acts and answers 500", "never acts")
REFUSES = ("refuses", "never sent")
BEHAVIOURS = (*ACTS, *REFUSES)
"""What may become of the next call that moves money."""

_SHOWN = {
    "acts and drops": Event.RESET,
    "drops and acts late": Event.READ_TIMEOUT,
    "acts and answers 500": Event.SERVER_ERROR,
    "never acts": Event.BAD_STATUS_LINE,
    "refuses": Event.REJECTED,
    "never sent": Event.PORT_CLOSED,
}
OTHERS = 9
"""The last number of the withdrawals that were there before."""


@dataclass
class Late:
    """Hold a call that will be carried out later."""

    parameters: Mapping[str, Any]
    sent_at: dt.datetime


class Api:
    """Be a client of an API that is all in here.

    Parameters
    ----------
    look_up
        One of ``LOOK_UPS``.
    shape
        One of the shapes of a record, or ``mixed``.
    now
        The clock.
    """

    sandbox = False
    server = "https://api.example"
    shop_id = "TEA"
    served = None

    def __init__(self, *, look_up: str, shape: str, now: Callable[[], dt.datetime]) -> None:
        self.look_up = look_up
        self.shape = shape
        self.now = now
        self.rows: list[Withdrawal] = []
        self.late: list[Late] = []
        self.behaviour = "accepts"
        self.list_works = True
        self.asked = 0
        self.in_move: Callable[[], None] = lambda: None
        for number in range(3):
            self.act(
                {"payment_id": f"of-old-{number}", "amount": Decimal(70 + number), "account": "T" + "9" * 15}
            )

    # The ledger

    def act(self, parameters: Mapping[str, Any]) -> Withdrawal:
        """Carry a withdrawal out."""
        number = len(self.rows)
        row = Withdrawal(
            id=7 + number,
            payment_id=parameters["payment_id"],
            created=int(self.now().timestamp()),
            done=0,
            status=PENDING,
            system=5,
            currency={code: key for key, code in CURRENCIES.items()}[parameters.get("currency", "RUB")],
            amount=to_units(parameters["amount"]),
            fee=0,
            account=parameters["account"],
            shape=SHAPES[number % 3] if self.shape == "mixed" else self.shape,
        )
        self.rows.append(row)
        return row

    def count(self, payment_id: str) -> int:
        """Count the withdrawals with an id."""
        return sum(row.payment_id == payment_id for row in self.rows)

    def act_late(self, *, before: dt.datetime | None = None) -> None:
        """Carry out what was dropped at first."""
        due = [one for one in self.late if before is None or one.sent_at <= before]
        self.late = [one for one in self.late if one not in due]
        for one in due:
            self.act(one.parameters)

    # What a client does

    def shops(self) -> dict[str, Any]:
        return {"user_id": 1, "shops": []}

    def balance(self) -> dict[str, Any]:
        return {"user_id": 1, "balance": {"RUB": "1000000.00"}}

    def move(self, method: str, parameters: Mapping[str, Any], *, look: str) -> Moved:
        assert method == "createWithdrawal"
        behaviour, self.behaviour = self.behaviour, "accepts"
        if behaviour == "drops and acts late":
            self.late.append(Late(parameters, self.now()))
        row = self.act(parameters) if behaviour.startswith(("acc", "acts")) else None
        self.in_move()
        if behaviour == "accepts" and row is not None:
            return Moved("accepted", data=row.record())
        event = _SHOWN[behaviour]
        failure = Failure(event, "it went wrong", method=method, status=200, text="no")
        return Moved(RULES[event].money, error=failure.as_money_error(look=look))

    def sought(self, method: str, payment_id: str) -> Sought:
        assert method == "withdrawal"
        self.asked += 1
        if self.look_up == "errs" or (self.look_up == "errs now and then" and self.asked % 3 == 0):
            return shape_of(Failure(Event.SERVER_ERROR, "it failed", method=method), payment_id)
        if self.look_up == "refuses all":
            return shape_of(
                Failure(Event.REJECTED, "refused", method=method, text="Module is off"), payment_id
            )
        if self.look_up == "null for all":
            return shape_of(Failure(Event.NO_DATA, "no data", method=method), payment_id)
        if self.look_up in ("another record", "any record"):
            record = self.rows[0].record()
            if self.look_up == "any record":
                record = {"id": 1, "payment_id": payment_id, "amount": "1.00", "currency_id": 1}
            return shape_of(Answer(json.dumps(record).encode(), self.now()), payment_id)
        found = [row for row in self.rows if row.payment_id == payment_id]
        if not found:
            text = f"no withdrawal {payment_id}"
            return shape_of(Failure(Event.REJECTED, "refused", method=method, text=text), payment_id)
        return shape_of(Answer(json.dumps(found[-1].record()).encode(), self.now()), payment_id)

    def withdrawals(self, page: int = 1) -> Page:
        if not self.list_works:
            raise BadAnswer("withdrawals: the API failed.")
        data = json.dumps([row.record() for row in reversed(self.rows)]).encode()
        return page_from_json(page, data, requested_at=self.now())

    def iter_withdrawals(self, *, verify: bool = False) -> Any:
        assert verify
        return _Stream(self)


class _Stream:
    """Give the list, and say that it was read whole."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.report = SimpleNamespace(complete=True, verified=True)

    def __iter__(self) -> Iterator[Page]:
        yield self._api.withdrawals()
