"""Find out what the API has: an order or a withdrawal with the shop's own id, none, or nothing that tells.

What "not found" looks like is documented nowhere. So a random id that cannot exist is asked for first, and
only an answer that looks the same means that there is none. And a method that says so of everything says
nothing: it has to show one that the list has.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tegro_analytics.api.client import Client
from tegro_analytics.api.lists.page import Page, page_from_json
from tegro_analytics.api.moves import Sought
from tegro_analytics.exceptions import TegroDataWarning, TegroError
from tegro_analytics.frames import Context, orders_table, withdrawals_table
from tegro_analytics.payouts.intent import Kind
from tegro_analytics.payouts.steps import reach
from tegro_analytics.schemas import WITHDRAWAL_FIELDS

__all__ = ["ABSENT", "Absent", "Evidence", "Record", "Unclear", "Verdict"]


@dataclass(frozen=True, slots=True, repr=False)
class Record:
    """Hold what the API shows of one order or withdrawal; what it does not show is None."""

    tegro_id: str | None
    payment_id: str | None
    amount: Decimal | None
    currency: str | None
    account: str | None
    created_at: dt.datetime | None
    key: str = ""
    """What tells it from others, also where it has no number."""

    def agrees(self, amount: Decimal, currency: str) -> bool | None:
        """Say whether amount and currency are these; None where the API shows too little."""
        if self.amount is None or self.currency is None:
            return None
        return self.amount == amount and self.currency == currency

    @property
    def shows_account(self) -> bool:
        """Whether the account is there, and whole."""
        return bool(self.account) and "*" not in (self.account or "")


class Absent:
    """Be what is known of an id that the API does not have."""


ABSENT = Absent()


@dataclass(frozen=True, slots=True)
class Unclear:
    """Say why nobody can tell whether the API has an id."""

    reason: str


Verdict = Record | Absent | Unclear


class Evidence:
    """Ask a shop's API what it has.

    Parameters
    ----------
    client
        Of the shop.
    context
        How its records are to be read.
    """

    def __init__(self, client: Client, context: Context) -> None:
        self._client = client
        self._context = context
        self._absent: dict[Kind, str | Unclear] = {}
        self._shows = False

    def look(self, kind: Kind, payment_id: str) -> Verdict:
        """Ask for one id, and judge the answer by that for an id that cannot exist."""
        absent = self._absent_shape(kind)
        if isinstance(absent, Unclear):
            return absent
        sought = self._client.sought(_METHOD[kind], payment_id)
        reach("looked")
        if sought.error is not None:
            return Unclear(str(sought.error))
        if sought.shape is not None:
            if sought.shape != absent:
                return Unclear(f"an answer of another look: {sought.shape}")
            return self._doubt(kind) or ABSENT
        named = [one for one, texts in self._records(kind, sought) if payment_id in texts]
        return named[-1] if named else Unclear(f"{_METHOD[kind]} shows a record of another id")

    def scan(
        self, payment_id: str, *, may_be: Callable[[Record], bool], others: Collection[str] = ()
    ) -> Verdict:
        """Read the whole list of withdrawals for one id.

        Parameters
        ----------
        payment_id
            The id.
        may_be
            Says of a record that shows no id whether it could be the one that is looked for.
        others
            Ids that are known: a record that shows one of them is not the one.
        """
        found: Record | None = None
        nameless: set[str] = set()
        others = set(others)
        try:
            stream = self._client.iter_withdrawals(verify=True)
            for page in stream:
                for record, texts in _withdrawals(page, self._context):
                    if payment_id in texts:
                        found = record
                    elif record.payment_id is None and others.isdisjoint(texts) and may_be(record):
                        nameless.add(record.key)
        except TegroError as error:
            return Unclear(f"the list of withdrawals could not be read: {error}")
        reach("scanned")
        if found is not None:
            return found
        if not (stream.report.complete and stream.report.verified):
            return Unclear("the list of withdrawals could not be read to an end that is sure")
        return Unclear(f"{len(nameless)} withdrawals may be it, and show no id") if nameless else ABSENT

    def count(self, payment_ids: Collection[str]) -> Counter[str]:
        """Read the list of withdrawals, as far as it can be read, and count those with each id."""
        keys: set[tuple[str, str]] = set()
        try:
            for page in self._client.iter_withdrawals(verify=True):
                for record, texts in _withdrawals(page, self._context):
                    keys |= {(name, record.key) for name in texts.intersection(payment_ids)}
        except TegroError:
            pass  # what was seen twice was there twice all the same
        return Counter(name for name, _ in keys)

    def server_ahead(self) -> float | None:
        """Say how many seconds the clock of the server is ahead, by the last answer."""
        served = self._client.served
        return None if served is None else (served[1] - served[0]).total_seconds()

    def _doubt(self, kind: Kind) -> Unclear | None:
        """Make sure, once, that the method shows one that there is: else its "not found" means nothing."""
        if kind == "order" or self._shows:
            return None
        try:
            first = self._client.withdrawals(1)
        except TegroError as error:
            return Unclear(str(error))
        names = [name for one in _withdrawals(first, self._context) for name in _names_of(*one)]
        if not names:
            return Unclear("no withdrawal is known to look for, so nobody knows what finding one is like")
        for name in names[:_TRIES]:
            sought = self._client.sought(_METHOD[kind], name)
            if sought.error is not None:
                return Unclear(str(sought.error))
            if sought.data and any(name in texts for _, texts in self._records(kind, sought)):
                self._shows = True
                return None
        return Unclear(f"{_METHOD[kind]} does not show one that the list has")

    def _absent_shape(self, kind: Kind) -> str | Unclear:
        """Learn once how the API says that it does not have something."""
        known = self._absent.get(kind)
        if isinstance(known, str):
            return known
        sought = self._client.sought(_METHOD[kind], f"none-{secrets.token_hex(12)}")
        if sought.error is not None:
            return Unclear(str(sought.error))
        if sought.shape is None:
            return Unclear(f"{_METHOD[kind]} shows a record for an id that cannot exist")
        self._absent[kind] = sought.shape
        return sought.shape

    def _records(self, kind: Kind, sought: Sought) -> list[tuple[Record, set[str]]]:
        data = sought.data or b"null"
        page = page_from_json(
            1,
            data if data.startswith(b"[") else b"[" + data + b"]",
            requested_at=sought.requested_at or dt.datetime.now(dt.UTC),
        )
        return list((_withdrawals if kind == "withdrawal" else _orders)(page, self._context))


_HASH = re.compile(r"[0-9a-f]{64}")
"""What stands for the number of a record that has none."""
_TRIES = 3
"""So many ids of the list are looked for, at most, to see what finding one is like."""
_METHOD: dict[Kind, str] = {"withdrawal": "withdrawal", "order": "order"}


def _withdrawals(page: Page, context: Context) -> Iterator[tuple[Record, set[str]]]:
    """Read the withdrawals of a page, each with every text in it: an id may stand under any name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TegroDataWarning)  # what is not shown is None
        decoded = withdrawals_table([page], context, as_of=page.requested_at)
    for row in decoded.table.to_pylist():
        rest = json.loads(row["extra"] or "{}")
        texts = {row["payment_id"], *_texts(rest, numbers=row["payment_id"] is None)} - {None}
        yield _record(row, row["account"]), texts
    for row in decoded.quarantine.to_pylist():  # a date that is none hides no payout
        yield _unreadable(row["raw"])


def _orders(page: Page, context: Context) -> Iterator[tuple[Record, set[str]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TegroDataWarning)
        table = orders_table([page], context, as_of=page.requested_at).table
    for row in table.to_pylist():
        yield _record(row, None), {row["payment_id"]}


def _record(row: dict[str, Any], account: str | None) -> Record:
    return Record(
        tegro_id=None if _HASH.fullmatch(str(row["id"])) else str(row["id"]),
        payment_id=row["payment_id"],
        amount=row["amount"],
        currency=row["currency"],
        account=account,
        created_at=row["created_at"],
        key=str(row["id"]),
    )


def _names_of(record: Record, texts: set[str]) -> list[str]:
    """Give the id of a record, or, where it is not known which of its texts that is, all of them."""
    return [record.payment_id] if record.payment_id else sorted(texts)


def _unreadable(raw: str) -> tuple[Record, set[str]]:
    """Take the id out of a record of which something else cannot be read, if that much can be."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        value = None
    shown = value if isinstance(value, dict) else {}
    name = next((str(shown[one]) for one in WITHDRAWAL_FIELDS["payment_id"] if shown.get(one)), None)
    return Record(None, name, None, None, None, None, key=raw), set(_texts(value, numbers=True))


def _texts(value: Any, *, numbers: bool) -> Iterator[str]:
    """Walk every text in a record, and numbers where an id may have become one."""
    if isinstance(value, str):
        yield value
    elif numbers and isinstance(value, int) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner, numbers=numbers)
