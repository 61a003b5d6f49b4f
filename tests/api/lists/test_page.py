"""A page from its bytes: every record gets a key, whatever stands in it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tegro_analytics.api.lists.page import Page, page_from_json, split_records
from tegro_analytics.exceptions import BadAnswer

SENT = datetime(2026, 10, 31, 12, tzinfo=UTC)
GOOD = b'{"id":7,"date_created":"2026-10-01 10:00:00"}'
DEEP = b'{"id":5,"note":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def page(*records: bytes) -> Page:
    return page_from_json(3, b"[" + b",".join(records) + b"]", requested_at=SENT)


def digest(raw: bytes) -> str:
    return "sha256:" + hashlib.sha256(raw).hexdigest()


def test_a_page() -> None:
    data = b' [ {"id": 17, "date_created": "2026-10-01 10:00:00", "amount": "1.00"} , {"id": 16} ] '
    found = page_from_json(3, data, requested_at=SENT, retries=2, waited=1.5)
    assert (found.number, found.data, found.requested_at, found.refusal) == (3, data, SENT, None)
    assert found.keys == (17, 16)
    assert found.created == ("2026-10-01 10:00:00", None)
    assert (found.retries, found.waited) == (2, 1.5)


@pytest.mark.parametrize("data", [b"[]", b" [ ] ", b"[\n]"])
def test_a_page_without_rows(data: bytes) -> None:
    found = page_from_json(1, data, requested_at=SENT)
    assert (found.keys, found.created, found.records) == ((), (), [])


@pytest.mark.parametrize(
    ("record", "key"),
    [
        (b'{"id":"17"}', 17),
        (b'{"id":-3}', -3),
        (b'{"id":9223372036854775807}', 2**63 - 1),
        (b'{"id":1,"id":2}', 2),
        (b'{"id":"abc","id":2}', 2),
        (b'{"id":1.5,"id":2}', 2),
        (b'{"\\u0069d":17}', 17),
        (b'{"id":17,"email":"\\ud800"}', 17),
        (b'{"id":17,"email":"\xff"}', 17),
        (b'{"id":17,"email":"\x01"}', 17),
        (b'{"id":17,"number":' + b"9" * 6_000 + b"}", 17),
        (b'{"id":17,"number":1e999999999}', 17),
        (b'{"id":17,"date_created":20261001}', 17),
        (b'{"id":17,"date_created":"\\ud800"}', 17),
    ],
)
def test_an_id_is_found_where_there_is_one(record: bytes, key: int) -> None:
    assert page(GOOD, record, GOOD).keys == (7, key, 7)


@pytest.mark.parametrize(
    "record",
    [
        b'{"id":null}',
        b'{"id":"abc"}',
        b'{"id":""}',
        b'{"id":" 17"}',
        b'{"id":"+17"}',
        '{"id":"١٧"}'.encode(),
        b'{"id":"\\ud800"}',
        b'{"id":1.0}',
        b'{"id":1e3}',
        b'{"id":true}',
        b'{"id":[17]}',
        b'{"id":9223372036854775808}',
        b'{"id":' + b"9" * 6_000 + b"}",
        b'{"ID":17}',
        b"{}",
        b"null",
        b"17",
        b'"17"',
        b"[17]",
        b'{"id":17,"email":"\\q"}',
        b'{"id":17,}',
        DEEP,
    ],
    ids=lambda record: record[:24].decode("utf-8", "replace"),
)
def test_a_record_without_a_usable_id_has_the_key_of_its_bytes(record: bytes) -> None:
    found = page(GOOD, record, GOOD)
    assert found.keys == (7, digest(record), 7)
    assert len(found.created) == len(found.records) == 3
    assert found.created[0] == found.created[2] == "2026-10-01 10:00:00"


def test_dates_of_creation_are_texts_as_received_or_nothing() -> None:
    records = [
        b'{"id":1,"date_created":%s}' % date for date in (b'"soon"', b"null", b"20261001", b"1.50", b"true")
    ]
    assert page(*records).created == ("soon", None, "20261001", "1.50", None)
    for found in (page(b'{"id":1,"date_created":"a\\ud800"}'), page(b'{"id":1,"date_created":"a\xff"}')):
        assert found.created[0] is not None
        assert found.created[0].encode("utf-8").startswith(b"a")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"{}",
        b'{"id":1}',
        b'"[]"',
        b"[",
        b"]",
        b"[1",
        b"[1]]",
        b"[1] 2",
        b"x[1]",
        b"[1,]",
        b"[,1]",
        b"[1 2]",
        b"[foo]",
        b"[NaN]",
        b'[{"id":1}',
        b'[{"id":1]}',
        b'[{"id":1,"email":"cut',
        b'["\\"]',
        b"<html>1010</html>",
    ],
)
def test_bytes_that_are_no_array_are_no_page(data: bytes) -> None:
    with pytest.raises(BadAnswer, match="Page 3 is not a list") as caught:
        page_from_json(3, data, requested_at=SENT)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_what_is_no_page_is_shown_without_addresses() -> None:
    with pytest.raises(BadAnswer) as caught:
        page_from_json(3, b'[{"email":"user@site.ru"' + b',"a@b.c"' * 1_000, requested_at=SENT)
    assert caught.value.text is not None
    assert caught.value.text.startswith('[{"email":"u***@site.ru"')
    assert len(caught.value.text) <= 200


def test_records_are_decoded_exactly() -> None:
    found = page(
        b'{"id":7,"amount":10.10,"fee":"0.50000000","big":12345678901234567890123}', b'{"id":6,"tiny":1e-8}'
    )
    assert found.records == [
        {"id": 7, "amount": Decimal("10.10"), "fee": "0.50000000", "big": 12345678901234567890123},
        {"id": 6, "tiny": Decimal("1E-8")},
    ]
    assert str(found.records[0]["amount"]) == "10.10"


@pytest.mark.parametrize(
    "record", [b"5", b"null", b"[1]", b'{"id":1,"x":"\\ud800"}', b'{"x":1e99999999999999999999}']
)
def test_what_is_no_readable_record_is_shown_as_its_text(record: bytes) -> None:
    assert page(GOOD, record).records[1] == {"unreadable": record.decode()}


def test_a_page_prints_without_its_rows() -> None:
    assert repr(page(b'{"id":7,"email":"user@site.ru"}')) == "Page(3, 1 records)"
    assert repr(Page(4, b"[]", (), (), SENT, refusal="404")) == "Page(4, 0 records, refusal='404')"


TRICKY = st.text(alphabet='ab"\\{}[],: \t\n\x7fя😀', max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TRICKY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TRICKY, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, derandomize=True)
@given(st.lists(VALUES, max_size=6), st.booleans())
def test_bad_records_do_not_move_the_others(values: list[object], ascii_only: bool) -> None:
    """The outline gives the elements of the array, beside one that no decoder reads as well."""
    raws = [json.dumps(value, ensure_ascii=ascii_only).encode() for value in values]
    assert split_records(b"[" + b" , ".join(raws) + b"]") == raws
    bad = b'{"id":1,"email":"\\ud800 ] , \\" ["}'
    assert split_records(b"[" + b",".join([*raws, bad, *raws]) + b"]") == [*raws, bad, *raws]


@settings(deadline=None, derandomize=True)
@given(st.lists(VALUES, min_size=1, max_size=4), st.data())
def test_a_page_cut_anywhere_is_no_page(values: list[object], data: st.DataObject) -> None:
    whole = json.dumps(values, ensure_ascii=False).encode()
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(BadAnswer):
        page_from_json(1, whole[:cut], requested_at=SENT)
