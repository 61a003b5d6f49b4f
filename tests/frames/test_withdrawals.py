"""Withdrawals: three shapes of a record that is documented nowhere, and whatever else may come."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest

from tegro_analytics.exceptions import TegroDataWarning
from tegro_analytics.frames import Decoded, withdrawals_table
from tegro_analytics.schemas import QUARANTINE, WITHDRAWALS
from tests.frames.wire import SENT, column, context, page

LIKE_AN_ORDER = {
    "id": 9001,
    "date_created": "2026-03-01 10:00:00",
    "date_payed": "2026-03-01 10:30:00",
    "status": 1,
    "payment_system_id": 5,
    "currency_id": 1,
    "amount": "2000.00000000",
    "fee": "50.00000000",
    "account": "410011234567890",
    "payment_id": "wd-1",
}
WALLET = {
    "withdrawal_id": "9001",
    "external_id": "wd-1",
    "date": "2026-03-01 10:00:00",
    "completed_at": "2026-03-01 10:30:00",
    "state": "done",
    "payment_system": 5,
    "currency": "RUB",
    "sum": 2000.00,
    "commission": "50",
    "wallet": "410011234567890",
}
MINIMAL = {
    "date": "2026-03-01 10:00:00",
    "sum": "2000.00000000",
    "currency": "RUB",
    "details": {"wallet": "410011234567890", "comment": "wd-1"},
}

never_found = pytest.mark.filterwarnings("ignore:withdrawals. no record shows")


def raw(record: Any) -> bytes:
    return json.dumps(record).encode()


def decoded(*records: Any) -> Decoded:
    return withdrawals_table([page(*map(raw, records))], context(), as_of=SENT)


def one(record: Any) -> dict[str, Any]:
    found = decoded(record)
    assert found.quarantine.num_rows == 0
    (row,) = found.table.to_pylist()
    return dict(row)


WHOLE = {
    "shop_id": "SHOP",
    "id": "9001",
    "payment_id": "wd-1",
    "status": "1",
    "created_at": dt.datetime(2026, 3, 1, 7, 0, tzinfo=dt.UTC),
    "done_at": dt.datetime(2026, 3, 1, 7, 30, tzinfo=dt.UTC),
    "amount": Decimal(2000),
    "fee": Decimal(50),
    "currency": "RUB",
    "payment_system_id": 5,
    "account": "410011234567890",
    "observed_at": SENT,
    "as_of": SENT,
    "extra": None,
}


def test_a_record_like_an_order() -> None:
    assert one(LIKE_AN_ORDER) == WHOLE


def test_a_record_of_other_names_with_the_currency_as_code() -> None:
    assert one(WALLET) == {**WHOLE, "status": "done"}


@never_found
def test_a_minimal_record_without_id_and_with_the_account_inside() -> None:
    key = hashlib.sha256(json.dumps(MINIMAL, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    missing = dict.fromkeys(("payment_id", "status", "done_at", "fee", "payment_system_id"))

    assert one(MINIMAL) == {**WHOLE, **missing, "id": key, "extra": '{"details":{"comment":"wd-1"}}'}


def test_the_three_shapes_in_one_list() -> None:
    found = decoded(LIKE_AN_ORDER, {**WALLET, "withdrawal_id": 9002}, MINIMAL)

    assert found.table.schema.equals(WITHDRAWALS.arrow())
    assert sorted(map(len, column(found.table, "id"))) == [4, 4, 64]
    assert column(found.table, "amount") == [Decimal(2000)] * 3
    assert column(found.table, "account") == ["410011234567890"] * 3


def test_a_record_within_an_object() -> None:
    assert one({"withdrawal": LIKE_AN_ORDER}) == WHOLE
    assert one({"data": {"withdrawal": WALLET}})["id"] == "9001"


@never_found
def test_amount_and_system_as_objects() -> None:
    row = one(
        {
            "id": 1,
            "amount": {"value": "10.50", "currency": "USD"},
            "fee": {"amount": "0.50"},
            "payment_system": {"id": 51, "name": "Tether"},
            "recipient": {"account": "T123", "holder": "Ivan"},
        }
    )

    assert (row["amount"], row["currency"], row["fee"]) == (Decimal("10.5"), "USD", Decimal("0.5"))
    assert (row["payment_system_id"], row["account"]) == (51, "T123")
    assert json.loads(row["extra"]) == {"payment_system": {"name": "Tether"}, "recipient": {"holder": "Ivan"}}


@never_found
def test_the_amount_of_the_fee_is_not_the_amount_and_the_id_of_something_else_not_the_id() -> None:
    row = one({"fee": {"amount": "1"}, "user": {"id": 7}, "total": "10"})

    assert row["amount"] is None
    assert row["fee"] == Decimal(1)
    assert len(row["id"]) == 64
    assert json.loads(row["extra"]) == {"user": {"id": 7}, "total": "10"}


@never_found
def test_a_currency_by_code_or_by_id() -> None:
    rows = decoded(
        *({"id": place, "currency": code} for place, code in enumerate(["EUR", 2, "2", "7", None, ""]))
    )

    assert column(rows.table, "currency") == ["EUR", "USD", "USD", "CUR#7", None, None]


@never_found
def test_a_system_by_name_stays_in_extra() -> None:
    row = one({"id": 1, "payment_system": "YooMoney"})

    assert (row["payment_system_id"], row["extra"]) == (None, '{"payment_system":"YooMoney"}')


@never_found
def test_a_value_comes_before_a_null() -> None:
    row = one({"id": 1, "account": None, "wallet": "W1", "status": "", "state": "done"})

    assert (row["account"], row["status"]) == ("W1", "done")


@never_found
def test_numbers_are_exact() -> None:
    text = (
        raw({"id": 1, "amount": "?", "rate": "??"})
        .replace(b'"?"', b"1234567890.12345678")
        .replace(b'"??"', b"0.10")
    )
    (row,) = withdrawals_table([page(text)], context(), as_of=SENT).table.to_pylist()

    assert (row["amount"], row["extra"]) == (Decimal("1234567890.12345678"), '{"rate":0.10}')


@never_found
def test_the_order_of_the_fields_makes_no_other_withdrawal() -> None:
    turned = dict(reversed(MINIMAL.items()))
    other = {**MINIMAL, "sum": "2000.01"}

    assert decoded(MINIMAL, turned).table.num_rows == 1
    assert decoded(MINIMAL, other).table.num_rows == 2


def test_the_later_request_wins() -> None:
    early = page(raw({**LIKE_AN_ORDER, "status": 4, "date_payed": None}), seconds=1)
    late = page(raw(LIKE_AN_ORDER), seconds=2)

    for pages in ([early, late], [late, early]):
        table = withdrawals_table(pages, context(), as_of=SENT).table
        assert column(table, "status") == ["1"]
        assert column(table, "observed_at") == [SENT + dt.timedelta(seconds=2)]


def test_columns_that_no_record_has_are_said_once() -> None:
    with pytest.warns(TegroDataWarning) as caught:
        withdrawals_table(
            [
                page(
                    raw({"id": 1, "amount": "5"}),
                    raw({"id": 2, "date": "2026-03-01 10:00:00", "account": None}),
                )
            ],
            context(),
            as_of=SENT,
        )

    (warning,) = caught
    # an account is there, though null
    assert "no record shows payment_id, status, done_at, fee, currency, payment_system_id. " in str(
        warning.message
    )
    assert warning.filename == __file__


@pytest.mark.parametrize("pages", [[], [page()]])
def test_nothing_keeps_every_column_and_says_nothing(pages: list[Any]) -> None:
    found = withdrawals_table(pages, context(), as_of=SENT)

    assert found.table.schema.equals(WITHDRAWALS.arrow())
    assert found.quarantine.schema.equals(QUARANTINE.arrow())
    assert found.table.num_rows == found.quarantine.num_rows == 0


@pytest.mark.parametrize(
    ("bad", "field", "reason"),
    [
        (raw({**LIKE_AN_ORDER, "id": 1, "amount": "abc"}), "amount", "amount is 'abc', not a number"),
        (raw({**LIKE_AN_ORDER, "id": 1, "amount": True}), "amount", "amount is True, not a number"),
        (raw({**LIKE_AN_ORDER, "id": 1, "amount": [1]}), "amount", "amount is [1], not a number"),
        (raw({**LIKE_AN_ORDER, "id": 1, "fee": "0.123456789"}), "fee", "fee is '0.123456789', not"),
        (
            raw({**LIKE_AN_ORDER, "date_created": "2026-02-30 10:00:00"}),
            "created_at",
            "created_at is '2026-02-30",
        ),
        (raw({**LIKE_AN_ORDER, "date_payed": "soon"}), "done_at", "done_at is 'soon', not a date"),
        (
            raw({**LIKE_AN_ORDER, "payment_system_id": 2**70}),
            "payment_system_id",
            "payment_system_id is 1180591",
        ),
        (b"{}", None, "the record is empty"),
        (b"null", None, "the record is null, not an object"),
        (b"[5]", None, "the record is [5], not an object"),
        (b'{"id": 5, "account": "\\ud800"}', "account", "account holds half of a surrogate pair"),
        (b'{"id": 5, "d": ' + b"[" * 9000 + b"]" * 9000 + b"}", "d", "d is nested deeper than 64 levels"),
    ],
)
def test_a_bad_record_is_set_aside(bad: bytes, field: str | None, reason: str) -> None:
    found = withdrawals_table([page(raw(LIKE_AN_ORDER), bad, number=3)], context(), as_of=SENT)

    assert column(found.table, "id") == ["9001"]
    (row,) = found.quarantine.to_pylist()
    assert (row["table"], row["page"], row["row"], row["column"]) == ("withdrawals", 3, 1, field)
    assert row["reason"].startswith(reason)
    assert row["raw"] == bad.decode()


def test_those_without_a_date_come_last() -> None:
    found = decoded(
        {**LIKE_AN_ORDER, "id": 2, "date_created": None},
        {**LIKE_AN_ORDER, "id": 1, "date_created": "2026-03-02 10:00:00"},
        LIKE_AN_ORDER,
    )

    assert column(found.table, "id") == ["9001", "1", "2"]
