"""Keys and masks by the column say what keys and masks of one text say."""

from __future__ import annotations

import json
import re

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tegro_analytics.frames.masks import mask_email_column, mask_json, masked
from tegro_analytics.frames.people import customer_keys
from tegro_analytics.privacy import customer_key, mask_email

TEXT = st.text(st.sampled_from("aZжΣİß@.  \t\u00a0\u3000\x1c\n"), max_size=12)
EMAILS = st.lists(st.none() | TEXT | st.emails(), max_size=12)


@given(EMAILS, st.binary(max_size=100))
@example(["A@x.ru", " a@X.RU\n", "", " ", None, "a@x.ru"], b"salt")
@example(["a@x.ru"], b"x" * 65)  # longer than a block of SHA-256: HMAC hashes it first
def test_keys_by_the_column(emails: list[str | None], salt: bytes) -> None:
    keys = customer_keys(pa.array(emails, pa.string()), salt)

    assert keys.type == pa.int64()
    assert keys.to_pylist() == [customer_key(email, salt) for email in emails]


@given(EMAILS)
@example(["user@site.ru", "@@x", "a@b@c", "@", "none", "", " ", None])
def test_masks_by_the_column(emails: list[str | None]) -> None:
    column = pa.array(emails, pa.string())

    assert mask_email_column(column).to_pylist() == [mask_email(email) for email in emails]
    assert masked(pa.chunked_array([column, column]), "email", "orders").to_pylist() == [
        mask_email(email) for email in [*emails, *emails]
    ]


def test_more_addresses_than_are_keyed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tegro_analytics.frames.people._AT_ONCE", 3)
    emails = [f"{number}@x.ru" for number in range(8)]

    assert customer_keys(pa.array(emails), b"s").to_pylist() == [
        customer_key(email, b"s") for email in emails
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"by":"user@site.ru"}', '{"by":"u***@site.ru"}'),
        ('{"user@site.ru":1}', '{"u***@site.ru":1}'),
        ('{"account":"410011234567890"}', '{"account":"***7890"}'),
        ('{"wallet":{"card":4111111111111111,"ok":true}}', '{"wallet":{"card":"***1111","ok":true}}'),
        ('{"destination":null,"account":1.5}', '{"destination":null,"account":"***5"}'),
        ('{"recipient":["41001123","a@b.ru"]}', '{"recipient":["***23","***ru"]}'),
        ('{"rate":0.10,"n":1234567890}', '{"rate":0.10,"n":1234567890}'),
        ('{"n":4111222233334444,"to":"4111 2222 3333 4444"}', '{"n":"***4444","to":"***4444"}'),
        ("not JSON, 4111222233334444", "not JSON, ***4444"),
        ("not JSON, user@site.ru", "not JSON, u***@site.ru"),
        ('{"wallet" : 410011234567890, "x": \\ud800', '{"wallet" : ***7890, "x": \\ud800'),
    ],
)  # fmt: skip
def test_json_is_masked_whether_it_can_be_read_or_not(text: str, expected: str) -> None:
    assert mask_json(text) == expected


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_json_without_people_stays_the_same(value: object) -> None:
    text = json.dumps({"field": value})
    if "@" not in text and "account" not in text and not re.search(r"[0-9]([ -]?[0-9]){10}", text):
        assert json.loads(mask_json(text)) == json.loads(text)


def test_other_columns_are_not_touched() -> None:
    column = pa.array(["user@site.ru"])

    assert masked(column, "payment_id", "orders") is column
    assert masked(pa.array(['{"a":1}']), "extra", "orders").to_pylist() == ['{"a":1}']
