"""The Structs learn what the pages hold: unknown fields are kept, numbers stay exact, pages stay whole."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from tegro_analytics.exceptions import TegroDataWarning
from tegro_analytics.frames import orders_table
from tegro_analytics.frames.decode import MOST_UNKNOWN, Reader
from tegro_analytics.frames.orders import FIELDS
from tests.frames.wire import SENT, column, context, decoded, page, record, replaced

unknown_fields = pytest.mark.filterwarnings("ignore:orders. fields that the schema does not know")


@unknown_fields
def test_fields_that_the_schema_does_not_know_are_kept_as_json() -> None:
    found = decoded(
        page(record(1), record(2, phone="+7 900", tags=["a", {"b": None}])),
        page(record(3, tags=1.10, phone=None), record(4), number=2),
    )

    extra = column(found.table, "extra")
    assert extra[0] is None
    assert json.loads(extra[1]) == {"phone": "+7 900", "tags": ["a", {"b": None}]}
    assert extra[2] == '{"phone":null,"tags":1.1}'
    assert extra[3] is None
    assert found.quarantine.num_rows == 0


@unknown_fields
def test_numbers_in_unknown_fields_keep_their_digits() -> None:
    raw = replaced(record(1, rate="?"), b'"?"', b"0.10000000000000000000001")

    assert column(decoded(page(raw)).table, "extra") == ['{"rate":0.10000000000000000000001}']


def test_unknown_fields_are_said_once() -> None:
    pages = [page(record(1, phone="1"), record(2, zip="2")), page(record(3, phone="3"), number=2)]
    with pytest.warns(TegroDataWarning, match="kept in `extra`: phone, zip$") as caught:
        orders_table(pages, context(), as_of=SENT)
    assert len(caught) == 1


@unknown_fields
@pytest.mark.parametrize(
    "name", ['we"ird', "back\\slash", "line\nbreak", "", "x" * 100, "unknown_0", "ключ", "a.b-c"]
)
def test_fields_of_any_name_are_kept(name: str) -> None:
    found = decoded(page(record(1, **{name: "value"}), record(2)))

    first, second = column(found.table, "extra")
    assert json.loads(first) == {name: "value"}
    assert second is None


@unknown_fields
def test_more_unknown_fields_than_places_are_kept_all_the_same() -> None:
    records = [record(id_, **{f"field_{id_}": id_}) for id_ in range(3 * MOST_UNKNOWN)]
    found = decoded(page(*records))

    assert [json.loads(extra) for extra in column(found.table, "extra")] == [
        {f"field_{id_}": id_} for id_ in range(3 * MOST_UNKNOWN)
    ]


@unknown_fields
def test_a_record_with_known_places_and_strange_names_keeps_both() -> None:
    found = decoded(page(record(1, phone="1")), page(record(2, phone="2", **{'we"ird': 3}), number=2))

    assert [json.loads(extra) for extra in column(found.table, "extra")] == [
        {"phone": "1"},
        {"phone": "2", 'we"ird': 3},
    ]


@unknown_fields
def test_strange_names_stay_with_their_record_after_a_bad_one() -> None:
    found = decoded(
        page(record(1)),
        page(record(None), record(2), record(3, **{'we"ird': 3}), b"5", record(4, **{'we"ird': 4}), number=2),
    )

    assert column(found.table, "extra") == [None, None, '{"we\\"ird":3}', '{"we\\"ird":4}']
    assert column(found.quarantine, "row") == [0, 3]


def test_speed_stays_after_the_first_unknown_field() -> None:
    reader = Reader(FIELDS)
    plain = reader.struct
    first = reader.read(page(record(1), record(2, phone="+7")))
    learnt = reader.struct
    second = reader.read(page(record(3, phone="+7"), record(4)))

    assert reader.unknown == ("phone",)
    assert learnt is not plain
    assert reader.struct is learnt
    # A range says that the page was decoded whole, not record by record.
    assert [type(part.rows) for part in (first, second)] == [range, range]
    assert {type(one) for part in (first, second) for one in part.records} == {learnt}


def test_speed_stays_after_the_first_number_for_money() -> None:
    reader = Reader(FIELDS)
    first = reader.read(page(record(1), record(2, amount=10.5)))
    second = reader.read(page(record(3, fee=0.25), record(4)))

    assert reader.exact_numbers
    assert [type(part.rows) for part in (first, second)] == [range, range]


def test_whole_numbers_need_no_other_struct() -> None:
    reader = Reader(FIELDS)
    plain = reader.struct
    reader.read(page(record(1, amount=10, payment_id=7)))

    assert reader.struct is plain


def test_a_bad_record_alone_teaches_nothing() -> None:
    reader = Reader(FIELDS)
    plain = reader.struct
    found = reader.read(page(record(1), record(2, status=None), record(3)))

    assert reader.struct is plain
    assert (list(found.rows), list(found.bad)) == ([0, 2], [1])


@unknown_fields
def test_a_change_within_a_batch_loses_nothing() -> None:
    found = decoded(
        page(record(1, amount="1.10")),
        page(record(2, amount=2.20), number=2),
        page(record(3, amount="3.30", phone="+7"), number=3),
        page(record(4, amount=4, email=ABSENT_EMAIL), number=4),
    )

    assert column(found.table, "amount") == [Decimal("1.1"), Decimal("2.2"), Decimal("3.3"), Decimal(4)]
    assert column(found.table, "extra") == [None, None, '{"phone":"+7"}', None]
    assert column(found.table, "email") == ["A@x.ru", "A@x.ru", "A@x.ru", None]


ABSENT_EMAIL = None
