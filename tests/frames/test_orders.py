"""Pages of orders become the canonical table, every column of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tegro_analytics.exceptions import TegroDataWarning
from tegro_analytics.frames import OrderDecoder, orders_table
from tegro_analytics.privacy import customer_key
from tegro_analytics.schemas import FLAGS, ORDERS, QUARANTINE
from tests.frames.wire import ABSENT, REFERENCE, SENT, column, context, decoded, one, page, record, replaced

MOSCOW = dt.timezone(dt.timedelta(hours=3))


def test_a_paid_order_has_every_column() -> None:
    assert one(record(17)) == {
        "shop_id": "SHOP",
        "id": 17,
        "payment_id": "o-17",
        "status": 1,
        "status_name": "paid",
        "is_test": False,
        "created_at": dt.datetime(2026, 3, 1, 7, 0, tzinfo=dt.UTC),
        "paid_at": dt.datetime(2026, 3, 1, 7, 2, tzinfo=dt.UTC),
        "created_date": dt.date(2026, 3, 1),
        "paid_date": dt.date(2026, 3, 1),
        "seconds_to_pay": 120,
        "amount": Decimal(1000),
        "fee": Decimal(50),
        "currency": "RUB",
        "payment_system_id": 25,
        "payment_system": "Bank cards · Tinkoff Bank (25)",
        "family": "card",
        "rail": "Tinkoff Bank",
        "customer": customer_key("a@x.ru", b"salt"),
        "email": "A@x.ru",
        "first_seen_at": SENT,
        "observed_at": SENT,
        "refund_first_seen_at": None,
        "as_of": SENT,
        "flags": "",
        "extra": None,
        "is_test_int": 0,
        "created_week": dt.date(2026, 2, 23),
        "created_month": "2026-03",
        "created_hour": 10,
        "created_weekday": 7,
        "paid_week": dt.date(2026, 2, 23),
        "paid_month": "2026-03",
        "paid_hour": 10,
        "paid_weekday": 7,
        "currency_id": 1,
        "created_text": "2026-03-01 10:00:00",
        "paid_text": "2026-03-01 10:02:00",
    }


def test_what_may_be_missing_is_null() -> None:
    fields = ("date_payed", "payment_system_id", "fee", "email", "test_order", "payment_id")
    absent = one(record(17, status=0, **dict.fromkeys(fields, ABSENT)))
    null = one(record(17, status=0, **dict.fromkeys(fields)))

    assert absent == null
    assert {name for name, value in absent.items() if value is None} == {
        "payment_id", "paid_at", "paid_date", "seconds_to_pay", "fee", "payment_system_id", "family", "rail",
        "customer", "email", "refund_first_seen_at", "extra", "paid_week", "paid_month", "paid_hour",
        "paid_weekday", "paid_text",
    }  # fmt: skip
    assert (absent["payment_system"], absent["is_test"], absent["flags"]) == (
        "unknown",
        False,
        "test_unknown",
    )


def test_the_table_has_exactly_the_schema() -> None:
    found = decoded(page(record(2), record("x")))

    assert found.table.schema.equals(ORDERS.arrow())
    assert found.quarantine.schema.equals(QUARANTINE.arrow())
    found.table.validate(full=True)
    assert all(found.table[field.name].null_count == 0 for field in ORDERS.arrow() if not field.nullable)


@pytest.mark.parametrize("pages", [[], [page()], [page(), page(number=2)], [page(record(None))]])
def test_nothing_keeps_every_column_and_type(pages: list[Any]) -> None:
    found = decoded(*pages)

    assert found.table.num_rows == 0
    assert found.table.schema.equals(ORDERS.arrow())
    assert found.quarantine.schema.equals(QUARANTINE.arrow())


def test_orders_are_sorted_by_creation_then_id() -> None:
    found = decoded(
        page(record(3), record(1, date_created="2026-03-02 10:00:00"), number=1),
        page(record(2), record(4, date_created="2026-02-01 10:00:00"), number=2),
    )

    assert column(found.table, "id") == [4, 2, 3, 1]
    assert column(found.table, "payment_id") == ["o-4", "o-2", "o-3", "o-1"]
    assert all(found.table[name].num_chunks == 1 for name in found.table.column_names)


def test_the_later_request_wins_wherever_its_page_stands() -> None:
    late = page(record(7, status=3), seconds=9)
    early = page(record(7, status=0), record(8), seconds=1)

    for pages in ((late, early), (early, late)):
        found = decoded(*pages)
        assert column(found.table, "id") == [7, 8]
        assert column(found.table, "status") == [3, 1]
        assert column(found.table, "observed_at") == [SENT + dt.timedelta(seconds=s) for s in (9, 1)]
        assert column(found.table, "first_seen_at") == column(found.table, "observed_at")


def test_of_two_rows_of_one_request_the_later_wins() -> None:
    found = decoded(page(record(7, amount="1"), record(7, amount="2"), record(7, amount="3")))

    assert column(found.table, "amount") == [Decimal(3)]


def test_batches_of_any_size_give_the_same_table() -> None:
    pages = [page(*(record(10 * n + k) for k in range(10)), number=n, seconds=n) for n in range(5)]
    whole = decoded(*pages).table

    decoder = OrderDecoder(context(), as_of=SENT, batch_rows=20)
    batches = list(decoder.batches(pages))
    assert [batch.table.num_rows for batch in batches] == [20, 20, 10]
    rows = [row for batch in batches for row in batch.table.to_pylist()]
    assert rows == whole.to_pylist()  # customer keys among them


@pytest.mark.parametrize(
    ("amount", "exact"),
    [
        (b'"10.10"', "10.10"),
        (b"10.10", "10.10"),
        (b"10", "10"),
        (b"0.1", "0.1"),
        (b"0.30000000", "0.3"),
        (b"1234567890.12345678", "1234567890.12345678"),  # 18 digits: a double has 15
        (b"9999999999.99999999", "9999999999.99999999"),
        (b"0.00000001", "0.00000001"),
        (b"1e-8", "0.00000001"),
        (b"1.5E+3", "1500"),
        (b'"1e5"', "100000"),
        (b'"1.100000000"', "1.1"),
        (b"-3.5", "-3.5"),
        (b"0", "0"),
    ],
)
def test_amounts_are_exact_as_text_and_as_number(amount: bytes, exact: str) -> None:
    row = one(replaced(record(1), b'"1000.00000000"', amount))

    assert row["amount"] == Decimal(exact)


@settings(max_examples=60)
@given(st.lists(st.integers(-(10**18) + 1, 10**18 - 1), min_size=1, max_size=8), st.booleans(), st.booleans())
def test_every_amount_comes_through_as_text_or_number(units: list[int], as_text: bool, short: bool) -> None:
    amounts = [Decimal(unit).scaleb(-8) for unit in units]
    texts = [format(amount.normalize() if short else amount, "f") for amount in amounts]
    records = [
        replaced(record(place), b'"1000.00000000"', f'"{text}"'.encode() if as_text else text.encode())
        for place, text in enumerate(texts)
    ]

    assert column(decoded(page(*records)).table, "amount") == amounts


def test_digits_in_strings_are_numbers_and_numbers_are_texts() -> None:
    row = one(
        record(
            "17", status="3", payment_system_id="25", currency_id="2", test_order="1", payment_id=77, email=5
        )
    )

    assert (row["id"], row["status"], row["payment_system_id"], row["currency"]) == (17, 3, 25, "USD")
    assert (row["is_test"], row["is_test_int"], row["payment_id"], row["email"]) == (True, 1, "77", "5")


def test_a_number_as_text_keeps_its_digits() -> None:
    raw = replaced(record(1), b'"o-1"', b"123456789012345678901234567890.10")

    assert one(raw)["payment_id"] == "123456789012345678901234567890.10"


@pytest.mark.parametrize(
    ("value", "is_test"), [(0, False), (1, True), (True, True), (False, False), ("0", False)]
)
def test_test_orders(value: object, is_test: bool) -> None:
    row = one(record(1, test_order=value))

    assert (row["is_test"], row["is_test_int"], row["flags"]) == (is_test, int(is_test), "")


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({}, ""),
        ({"test_order": None}, "test_unknown"),
        ({"payment_system_id": 10}, "unknown_payment_system"),
        ({"payment_system_id": None}, ""),
        ({"amount": "0.00000000"}, "zero_amount"),
        ({"amount": "-1"}, "negative_amount"),
        ({"date_payed": "0000-00-00 00:00:00"}, "paid_date_zero,paid_without_date"),
        ({"status": 0, "date_payed": "0000-00-00 00:00:00"}, "paid_date_zero"),
        ({"date_payed": None}, "paid_without_date"),
        ({"status": 0, "date_payed": None}, ""),
        ({"date_payed": "2026-03-01 09:59:59"}, "paid_before_created"),
        ({"status": 3}, "refund_undated"),
        ({"status": 3, "amount": 0, "test_order": None}, "test_unknown,zero_amount,refund_undated"),
    ],
)
def test_flags(fields: dict[str, Any], flags: str) -> None:
    assert one(record(1, **fields))["flags"] == flags
    assert set(flags.split(",")) - {""} <= FLAGS.keys()


def test_a_zero_date_of_payment_is_missing_and_its_text_is_kept() -> None:
    row = one(record(1, status=0, date_payed="0000-00-00 00:00:00"))

    assert (row["paid_at"], row["paid_date"], row["seconds_to_pay"]) == (None, None, None)
    assert row["paid_text"] == "0000-00-00 00:00:00"


def test_paid_before_created_keeps_its_negative_time() -> None:
    assert one(record(1, date_payed="2026-03-01 09:59:00"))["seconds_to_pay"] == -60


def test_paid_twice_is_flagged_on_live_paid_orders_alone() -> None:
    found = decoded(
        page(
            record(1, payment_id="A"),
            record(2, payment_id="A", status=3),
            record(3, payment_id="A", status=0, date_payed=None),
            record(4, payment_id="A", test_order=1),
            record(5, payment_id="B"),
            record(6, payment_id=""),
            record(7, payment_id=""),
            record(8, payment_id=None),
            record(9, payment_id=None),
        )
    )

    assert column(found.table, "flags") == ["paid_twice", "refund_undated,paid_twice", *[""] * 7]


def test_the_same_payment_seen_twice_is_not_paid_twice() -> None:
    assert column(decoded(page(record(1)), page(record(1), number=2, seconds=1)).table, "flags") == [""]


def test_unknown_codes_are_first_class_and_said_once() -> None:
    pages = [page(record(1, status=9, currency_id=7), record(2, status=9, payment_system_id=10))]
    with pytest.warns(TegroDataWarning) as caught:
        table = orders_table(pages, context(), as_of=SENT).table

    assert column(table, "status_name") == ["unknown:9", "unknown:9"]
    assert column(table, "currency") == ["CUR#7", "RUB"]
    assert column(table, "payment_system") == ["Bank cards · Tinkoff Bank (25)", "PS#10"]
    assert column(table, "family") == ["card", None]
    assert column(table, "flags") == [
        "unknown_status,unknown_currency",
        "unknown_status,unknown_payment_system",
    ]
    (warning,) = caught
    assert "unknown:9" in str(warning.message)
    assert "CUR#7" in str(warning.message)
    assert warning.filename == __file__


def test_customers_are_known_by_their_address_however_it_is_written() -> None:
    emails = ["A@x.ru", " a@X.ru ", "b@x.ru", "", "   ", None]
    found = decoded(page(*(record(place, email=email) for place, email in enumerate(emails))))

    first, same, other, *none = column(found.table, "customer")
    assert first == same == customer_key("a@x.ru", b"salt")
    assert other == customer_key("b@x.ru", b"salt")
    assert none == [None, None, None]
    assert column(found.table, "email") == emails


def test_another_salt_gives_other_customers() -> None:
    assert one(record(1))["customer"] != one(record(1), salt=b"pepper")["customer"]


def test_as_of_is_that_of_the_run_and_days_are_those_of_the_report_zone() -> None:
    found = orders_table(
        [page(record(1, date_created="2026-02-28 23:30:00", date_payed="2026-03-01 00:10:00"), seconds=60)],
        context("Europe/Moscow", report_zone="Asia/Tokyo"),
        as_of=dt.datetime(2026, 3, 4, 11, 59, tzinfo=MOSCOW),
    )

    (row,) = found.table.to_pylist()
    assert row["as_of"] == dt.datetime(2026, 3, 4, 8, 59, tzinfo=dt.UTC)
    assert row["observed_at"] == SENT + dt.timedelta(seconds=60)
    assert (row["created_date"], row["created_hour"]) == (dt.date(2026, 3, 1), 5)
    assert (row["paid_date"], row["paid_hour"]) == (dt.date(2026, 3, 1), 6)


def test_texts_of_other_scripts_and_controls_come_through() -> None:
    text = "Заказ №1 \U0001f600 \u0000 <img onerror> =1+1"

    assert one(record(1, payment_id=text))["payment_id"] == text


def test_the_reference_is_the_merchants() -> None:
    assert REFERENCE.currency(2) == one(record(1, currency_id=2))["currency"] == "USD"
