"""The bytes that are signed are the bytes that are sent, and they say exactly what was meant."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy
import pytest

from tegro_analytics.api.signing import BodyTemplate, amount_of
from tegro_analytics.credentials import ApiKey
from tegro_analytics.exceptions import DataError
from tests.api.wire import KEY, SHOP, caller_of, serving, success

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "signing-vectors.json").read_text("utf-8"))[
    "vectors"
]


@pytest.mark.parametrize("vector", VECTORS, ids=range(len(VECTORS)))
def test_the_vectors_of_openssl(vector: dict[str, str]) -> None:
    assert ApiKey(vector["api_key"]).sign(vector["body"].encode("utf-8")) == vector["signature"]


def test_our_own_bytes_are_one_of_the_vectors() -> None:
    body = BodyTemplate(SHOP, {"page": 1}).with_nonce(1613435880)
    assert body.decode() == VECTORS[2]["body"]
    assert ApiKey(VECTORS[2]["api_key"]).sign(body) == VECTORS[2]["signature"]


def test_what_arrives_is_what_was_signed(tmp_path: Path) -> None:
    with serving(success({})) as server:
        caller = caller_of(server.url, tmp_path)
        caller.make("order", caller.write({"payment_id": "Заказ №7"}))
    (request,) = server.requests
    assert request.headers["authorization"] == f"Bearer {ApiKey(KEY).sign(request.body)}"
    assert "Заказ №7".encode() in request.body
    assert list(request.json) == ["shop_id", "nonce", "payment_id"]
    assert type(request.json["nonce"]) is int


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("1E-8"), "0.00000001"),
        (Decimal("1E+3"), "1000"),
        (Decimal("64.1800"), "64.1800"),
        (1200, "1200"),
        (64.18, "64.18"),
        (1e-05, "0.00001"),
        (1e15 / 10, "100000000000000.0"),
        (numpy.int64(7), "7"),
        (numpy.float64(0.1), "0.1"),
        (2**70, str(2**70)),
        (True, "true"),
        ("7", '"7"'),
        ([1, Decimal("0.5")], "[1,0.5]"),
        ({"items": ({"price": Decimal("1E+1")},)}, '{"items":[{"price":10}]}'),
    ],
)
def test_numbers_are_written_out_in_full(value: Any, written: str) -> None:
    body = BodyTemplate("s", {"x": value}).with_nonce(1).decode()
    assert body == f'{{"shop_id":"s","nonce":1,"x":{written}}}'


def test_a_plain_encoder_writes_what_is_no_number_of_json_or_not_in_full() -> None:
    assert json.dumps([1e-08, float("nan")]) == "[1e-08, NaN]"
    assert str(Decimal("1E-8")) == "1E-8"


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        Decimal("-Infinity"),
        0.1 + 0.2,
        1 / 3,
        123456789012345.67,
        Decimal("0.000000001"),
        Decimal("1E+20"),
    ],
)
def test_what_is_not_an_amount_is_refused_by_name(value: object) -> None:
    with pytest.raises(DataError, match=r"^receipt\.items\[0\]\.price: "):
        BodyTemplate("s", {"receipt": {"items": [{"price": value}]}})


@pytest.mark.parametrize("value", [True, None, [], "12,50", ""])
def test_what_is_not_a_number_is_no_amount(value: object) -> None:
    with pytest.raises(DataError, match="amount: "):
        amount_of(value)


@pytest.mark.parametrize("value", [object(), b"bytes", {1, 2}])
def test_what_json_has_no_word_for_is_refused(value: object) -> None:
    with pytest.raises(DataError, match="x: a "):
        BodyTemplate("s", {"x": value})


def test_half_of_a_character_is_refused() -> None:
    with pytest.raises(DataError, match="order_id"):
        BodyTemplate("s", {"order_id": "\ud800"})


@pytest.mark.parametrize("name", ["nonce", "shop_id"])
def test_the_client_keeps_its_own_fields(name: str) -> None:
    with pytest.raises(DataError, match=name):
        BodyTemplate("s", {name: 1})


def test_parameters_that_are_none_are_left_out() -> None:
    assert BodyTemplate("s", {"a": None, "b": 0}).with_nonce(1) == b'{"shop_id":"s","nonce":1,"b":0}'


def test_a_body_prints_as_its_size_alone() -> None:
    assert repr(BodyTemplate("s", {"email": "user@site.ru"})) == "<body of 47 bytes and a nonce>"
