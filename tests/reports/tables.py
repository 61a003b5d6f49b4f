"""Orders by hand for the tests of this folder: few enough to check by eye."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from tegro_analytics.schemas import BALANCES, ORDERS, WITHDRAWALS

MOSCOW = ZoneInfo("Europe/Moscow")
AS_OF = dt.datetime(2026, 3, 4, 12, tzinfo=MOSCOW)
OBSERVED = AS_OF.replace(microsecond=123456)

HOSTILE = (
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "   =1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "\u00a0\u3000=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "−1",
    "'=1+1",
    "''=1+1",
    "\x00=1+1",
    "x;=1+1",
    "x,=1+1",
    "x\n=1+1",
    "x\r\n=1+1;y",
    'x;"=1+1";y',
    '"=1+1"',
    "=cmd|'/C calc'!A0",
    '=HYPERLINK("http://evil.example","click")',
    "http://evil.example/?a=1",
    "mailto:evil@example.org",
    "file://evil/share",
    "internal:Sheet1!A1",
)
"""Texts that a spreadsheet program would take for a formula or a link, or that try to pass as guarded."""

ODD = (
    "",
    "   ",
    "'",
    "''",
    "'quoted'",
    '"',
    '""',
    "a,b",
    "a;b",
    'say "hi", she said',
    "line\nbreak",
    "line\r\nbreak",
    "carriage\rreturn",
    "tab\there",
    "nul\x00here",
    "bell\x07 del\x7f",
    "_x0041_",
    "NULL",
    "NaN",
    "true",
    "00012",
    "1E5",
    "12345678901234567890",
    "Заказ № 5 «Ёлка»",
    "😀 𝔘𝔫𝔦",
    "e\u0301",
    "\ufffe\uffff",
    "\\N",
    "$\\frac{$ _x % {}",
    "я" * 200,
)
"""Texts that are odd in other ways."""


def order(number: int, **values: Any) -> dict[str, Any]:
    """Make one order of 1 March, ten in the morning, paid a minute later, unless told otherwise."""
    created = values.pop("created_at", dt.datetime(2026, 3, 1, 10, tzinfo=MOSCOW))
    paid = values.pop("paid_at", created + dt.timedelta(minutes=1))
    row = {
        "shop_id": "A1B2C3",
        "id": number,
        "payment_id": f"o-{number}",
        "status": 1 if paid else 0,
        "status_name": "paid" if paid else "new",
        "is_test": False,
        "created_at": created,
        "paid_at": paid,
        "created_date": created.date(),
        "paid_date": paid.date() if paid else None,
        "seconds_to_pay": int((paid - created).total_seconds()) if paid else None,
        "amount": Decimal("1000.00"),
        "fee": Decimal("50.00"),
        "currency": "RUB",
        "payment_system_id": 25,
        "payment_system": "Bank cards · Tinkoff Bank (25)",
        "family": "card",
        "rail": "Tinkoff Bank",
        "customer": 7,
        "email": "user@site.ru",
        "first_seen_at": OBSERVED,
        "observed_at": OBSERVED,
        "refund_first_seen_at": None,
        "as_of": AS_OF,
        "flags": "",
        "extra": None,
        "currency_id": 1,
        "created_text": created.strftime("%Y-%m-%d %H:%M:%S"),
        "paid_text": paid.strftime("%Y-%m-%d %H:%M:%S") if paid else None,
    }
    return _engine_columns(row | values)


def table(rows: Iterable[dict[str, Any]]) -> pa.Table:
    """Make the canonical Arrow table of orders."""
    return pa.Table.from_pylist(list(rows), schema=ORDERS.arrow())


def with_texts(texts: Iterable[str]) -> pa.Table:
    """Make orders that carry these texts as their payment ids."""
    return table(order(number, payment_id=text) for number, text in enumerate(texts, start=1))


def _engine_columns(row: dict[str, Any]) -> dict[str, Any]:
    row["is_test_int"] = int(row["is_test"])
    for clock in ("created", "paid"):
        moment, day = row[f"{clock}_at"], row[f"{clock}_date"]
        row[f"{clock}_week"] = day - dt.timedelta(days=day.weekday()) if day else None
        row[f"{clock}_month"] = f"{day:%Y-%m}" if day else None
        row[f"{clock}_hour"] = moment.astimezone(MOSCOW).hour if moment else None
        row[f"{clock}_weekday"] = day.isoweekday() if day else None
    return row


GOLDEN = (
    ("03-01 10:00", "03-01 10:02", 1, 25, "RUB", "1000", "50", "a@x.ru", False, "o-1"),
    ("03-01 23:50", "03-02 00:10", 1, 25, "RUB", "500", "25", "a@x.ru", False, "o-2"),
    ("03-02 09:00", None, 0, 25, "RUB", "700", "35", "b@x.ru", False, "o-3"),
    ("03-02 12:00", "03-03 18:00", 1, 28, "RUB", "300", "0", None, False, "o-4"),
    ("03-02 13:00", "03-02 13:01", 1, 51, "USD", "20", "0.80", "c@x.ru", False, "o-5"),
    ("03-02 14:00", "03-02 14:01", 1, 25, "RUB", "9999", "500", "t@x.ru", True, "t-1"),
    ("03-03 11:00", "03-03 11:03", 3, 25, "RUB", "400", "20", "d@x.ru", False, "o-7"),
    ("03-04 08:00", None, 0, 28, "RUB", "250", "12.50", "b@x.ru", False, "o-8"),
    ("03-04 08:30", "03-04 08:31", 1, 28, "RUB", "150", "0", "b@x.ru", False, "o-9"),
    ("03-02 15:00", None, 2, 10, "RUB", "600", "30", "", False, "o-10"),
)
"""The orders whose every number is known: created, paid, status, system, currency, amount, fee, e-mail, test,
payment id."""

_STATUSES = {0: "new", 1: "paid", 2: "expired", 3: "refunded"}


def golden() -> pa.Table:
    """Make the golden orders, as of 4 March 2026, 12:00 in Moscow."""
    return table(_golden_row(number, *columns) for number, columns in enumerate(GOLDEN, start=1))


def withdrawals(*rows: tuple[str, str, str | None, str, str | None, str]) -> pa.Table:
    """Make withdrawals from id, creation, moment of being done, amount, fee and status; each of RUB."""
    return pa.Table.from_pylist(
        [
            {
                "shop_id": "A1B2C3",
                "id": number,
                "payment_id": f"w-{number}",
                "status": status,
                "created_at": _moscow(created),
                "done_at": _moscow(done) if done else None,
                "amount": Decimal(amount),
                "fee": None if fee is None else Decimal(fee),
                "currency": "RUB",
                "payment_system_id": 25,
                "account": "4111111111111111",
                "observed_at": AS_OF,
                "as_of": AS_OF,
                "extra": None,
            }
            for number, created, done, amount, fee, status in rows
        ],
        schema=WITHDRAWALS.arrow(),
    )


def balances(*rows: tuple[str, str, str]) -> pa.Table:
    """Make balances from moment, currency and amount."""
    return pa.Table.from_pylist(
        [
            {"user_id": 7, "currency": currency, "balance": Decimal(amount), "observed_at": _moscow(moment)}
            for moment, currency, amount in rows
        ],
        schema=BALANCES.arrow(),
    )


WITHDRAWN = (
    ("901", "03-02 10:00", "03-02 10:30", "1000", "20", "done"),
    ("902", "03-03 10:00", None, "300", None, "failed"),
    ("800", "02-20 10:00", "02-20 11:00", "50", "1", "done"),
)
"""Withdrawals beside the golden orders: one was carried out, one failed, one was in the month before."""

BALANCED = (
    ("02-28 12:00", "RUB", "7"),
    ("03-01 00:00", "RUB", "100"),
    ("03-04 12:00", "RUB", "940"),
    ("03-04 12:00", "USD", "19.20"),
    ("03-01 00:00", "EUR", "0"),
    ("03-04 12:00", "EUR", "0"),
)
"""Balances beside them: 840 more within the days of March, of which orders and withdrawals explain 835."""


def _golden_row(number: int, *columns: Any) -> dict[str, Any]:
    created, paid, status, system, currency, amount, fee, email, test, payment_id = columns
    return order(
        number,
        created_at=_moscow(created),
        paid_at=_moscow(paid) if paid else None,
        status=status,
        status_name=_STATUSES[status],
        payment_system_id=system,
        payment_system=f"PS#{system}",
        currency=currency,
        amount=Decimal(amount),
        fee=Decimal(fee),
        customer=hash_of(email),
        email=email,
        is_test=test,
        payment_id=payment_id,
        first_seen_at=AS_OF,
        observed_at=AS_OF,
        flags="refund_undated" if status == 3 else "",
    )


def hash_of(email: str | None) -> int | None:
    """Give every address its own small number."""
    return sum(email.encode()) if email else None


def _moscow(text: str) -> dt.datetime:
    return dt.datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=MOSCOW)
