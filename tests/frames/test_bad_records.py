"""A record that cannot be read is set aside with its JSON and the reason; the rest of its page arrives."""

# ruff: noqa: E501 - a table of records and reasons, one a line

from __future__ import annotations

import datetime as dt

import pytest

from tegro_analytics.frames.records import explain, shown
from tests.frames.wire import ABSENT, SENT, column, decoded, page, record, replaced

BAD = {
    "id null": (record(None), "id", "id is null"),
    "id absent": (record(ABSENT), "id", "id is missing"),
    "id text": (record("abc"), "id", "id is 'abc', not a whole number from 0 to 2^63 - 1"),
    "id empty": (record(""), "id", "id is '', not"),
    "id float": (record(1.5), "id", "id is 1.5, not a whole number"),
    "id whole float": (record(1.0), "id", "id is 1.0, not a whole number"),
    "id over int64": (record(2**63), "id", "id is 9223372036854775808, not a whole number"),
    "id digits over int64": (record(str(2**63)), "id", "id is '9223372036854775808', not"),
    "id of 5000 digits": (replaced(record(98), b"98,", b"9" * 5000 + b","), "id", "id is 99999"),
    "id negative": (record(-1), "id", "id is -1, not a whole number from 0"),
    "id boolean": (record(True), "id", "id is true, not a whole number"),
    "id object": (record({"a": 1}), "id", 'id is {"a": 1}, not a whole number'),
    "id of other digits": (record("٣"), "id", "id is '٣', not"),
    "status null": (record(99, status=None), "status", "status is null"),
    "status absent": (record(99, status=ABSENT), "status", "status is missing"),
    "status float": (record(99, status=1.0), "status", "status is 1.0, not a whole number within 64 bits"),
    "status word": (record(99, status="paid"), "status", "status is 'paid', not"),
    "currency null": (record(99, currency_id=None), "currency_id", "currency_id is null"),
    "currency code": (record(99, currency_id="RUB"), "currency_id", "currency_id is 'RUB', not"),
    "amount null": (record(99, amount=None), "amount", "amount is null"),
    "amount absent": (record(99, amount=ABSENT), "amount", "amount is missing"),
    "amount words": (record(99, amount="abc"), "amount", "amount is 'abc', not a number with at most 10"),
    "amount empty": (record(99, amount=""), "amount", "amount is '', not"),
    "amount NaN": (record(99, amount="NaN"), "amount", "amount is 'NaN', not"),
    "amount Infinity": (record(99, amount="Infinity"), "amount", "amount is 'Infinity', not"),
    "amount bare NaN": (record(99, amount=float("nan")), "amount", "amount cannot be read as JSON"),
    "amount too large": (record(99, amount="10000000000"), "amount", "amount is '10000000000', not"),
    "amount too fine": (record(99, amount="0.123456789"), "amount", "amount is '0.123456789', not"),
    "amount too fine a number": (replaced(record(99), b'"1000.00000000"', b"0.123456789"), "amount", "amount is"),
    "amount of huge exponent": (record(99, amount="1e999999999"), "amount", "amount is '1e999999999', not"),
    "amount with comma": (record(99, amount="1,000.00"), "amount", "amount is '1,000.00', not"),
    "amount with blank": (record(99, amount=" 5"), "amount", "amount is ' 5', not"),
    "amount boolean": (record(99, amount=True), "amount", "amount is true, not"),
    "amount list": (record(99, amount=[1]), "amount", "amount is [1], not"),
    "fee words": (record(99, fee="free"), "fee", "fee is 'free', not"),
    "created null": (record(99, date_created=None), "date_created", "date_created is null"),
    "created absent": (record(99, date_created=ABSENT), "date_created", "date_created is missing"),
    "created zero": (record(99, date_created="0000-00-00 00:00:00"), "date_created", "date_created is '0000-00"),
    "created day": (record(99, date_created="2026-03-01"), "date_created", "date_created is '2026-03-01', not"),
    "created 30 February": (
        record(99, date_created="2026-02-30 10:00:00"),
        "date_created",
        "date_created is '2026-02-30 10:00:00', not a date that exists",
    ),
    "created 24 h": (record(99, date_created="2026-02-28 24:00:00"), "date_created", "date_created is"),
    "created with zone": (record(99, date_created="2026-02-28 10:00+03"), "date_created", "date_created is"),
    "created number": (record(99, date_created=1740830400), "date_created", "date_created is 1740830400, not"),
    "created year 0": (record(99, date_created="0000-01-01 00:00:00"), "date_created", "date_created is"),
    "created last day": (record(99, date_created="9999-12-31 23:59:59"), "date_created", "date_created is"),
    "paid empty": (record(99, date_payed=""), "date_payed", "date_payed is '', not a date"),
    "paid 31 April": (record(99, date_payed="2026-04-31 10:00:00"), "date_payed", "date_payed is"),
    "system float": (record(99, payment_system_id=2.5), "payment_system_id", "payment_system_id is 2.5, not"),
    "test 2": (record(99, test_order=2), "test_order", "test_order is 2, not 0 or 1"),
    "test word": (record(99, test_order="yes"), "test_order", "test_order is 'yes', not 0 or 1"),
    "email list": (record(99, email=["a@x.ru"]), "email", 'email is ["a***@x.ru"], not a text'),
    "payment_id boolean": (record(99, payment_id=True), "payment_id", "payment_id is true, not a text"),
    "half a pair": (replaced(record(99), b"A@x.ru", b"\\ud800"), "email", "email holds half of a surrogate pair"),
    "half a pair in what is unknown": (
        replaced(record(99, note="?"), b'"?"', b'"\\udfff"'),
        "note",
        "note holds half of a surrogate pair",
    ),
    "not UTF-8": (replaced(record(99), b"A@x.ru", b"\xff"), "email", "email is not UTF-8"),
    "deep": (replaced(record(99, d=0), b'"d": 0', b'"d": ' + b"[" * 65 + b"]" * 65), "d", "d is nested deeper than 64"),
    "very deep": (
        replaced(record(99, d=0), b'"d": 0', b'"d": ' + b'{"a":' * 9000 + b"1" + b"}" * 9000),
        "d",
        "d is nested deeper than 64",
    ),
    "deep where a text should be": (
        replaced(record(99), b'"A@x.ru"', b"[" * 9000 + b"]" * 9000),
        "email",
        "email is nested deeper than 64",
    ),
    "broken": (replaced(record(99), b'"status": 1', b'"status": tru'), "status", "status cannot be read as JSON"),
    "null": (b"null", None, "the record is null, not an object"),
    "number": (b"5", None, "the record is 5, not an object"),
    "text": (b'"x"', None, 'the record is "x", not an object'),
    "list": (b"[1]", None, "the record is [1], not an object"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.filterwarnings("ignore:orders. fields that the schema does not know")
def test_one_bad_record_of_each_kind(kind: str) -> None:
    raw, field, reason = BAD[kind]
    found = decoded(page(record(1), raw, record(2), number=5, seconds=3))

    assert column(found.table, "id") == [1, 2]
    (row,) = found.quarantine.to_pylist()
    assert (row["table"], row["page"], row["row"], row["column"]) == ("orders", 5, 1, field)
    assert row["reason"].startswith(reason)
    assert len(row["reason"]) < 250
    assert row["raw"] == raw.decode("utf-8", "backslashreplace")
    assert row["observed_at"] == SENT + dt.timedelta(seconds=3)


@pytest.mark.filterwarnings("ignore:orders. fields that the schema does not know")
def test_all_of_them_in_one_page() -> None:
    good = [record(id_) for id_ in range(1, len(BAD) + 1)]
    bad = [raw for raw, _, _ in BAD.values()]
    mixed = [one for pair in zip(good, bad, strict=True) for one in pair]
    found = decoded(page(*mixed), page(record(1000), number=2))

    assert column(found.table, "id") == [*range(1, len(BAD) + 1), 1000]
    assert column(found.quarantine, "row") == list(range(1, 2 * len(BAD), 2))
    assert column(found.quarantine, "column") == [field for _, field, _ in BAD.values()]
    for found_reason, (_, _, reason) in zip(column(found.quarantine, "reason"), BAD.values(), strict=True):
        assert found_reason.startswith(reason)


def test_a_bad_record_does_not_change_the_others() -> None:
    good = [record(id_, email=f"{id_}@x.ru", amount=f"{id_}.50") for id_ in range(20)]
    alone = decoded(page(*good)).table
    among = decoded(page(*good[:7], BAD["amount words"][0], *good[7:], BAD["id null"][0])).table

    assert among.equals(alone)


def test_several_faults_of_one_record_are_one_row() -> None:
    found = decoded(page(record(None, amount="abc", status=None), record(3, amount="x", date_created="y")))

    assert column(found.quarantine, "column") == ["id", "date_created"]
    assert found.table.num_rows == 0


def test_a_bad_later_version_leaves_the_earlier_one() -> None:
    found = decoded(page(record(1)), page(record(1, amount="abc"), seconds=5))

    assert column(found.table, "id") == [1]
    assert found.quarantine.num_rows == 1


def test_duplicate_fields_the_last_wins() -> None:
    raw = replaced(record(1), b'"status": 1', b'"status": 0, "status": 1')

    assert column(decoded(page(raw)).table, "status") == [1]


def test_what_is_shown_of_a_value_is_short_and_masked() -> None:
    assert shown(b'"user@site.ru"') == '"u***@site.ru"'
    assert len(shown("x" * 10_000)) == 61


def test_a_record_without_a_fault_that_can_be_named_is_still_explained() -> None:
    assert "not of its kind" in explain(b'{"anything": 1}', ()).reason
