from __future__ import annotations

import json
from pathlib import Path

import pytest

from tegro_analytics.sandbox.rules import NONCE_RULES, NonceGate, is_signed, read_nonce, signature

VECTORS = json.loads(
    (Path(__file__).parents[1] / "data" / "signing-vectors.json").read_text(encoding="utf-8")
)["vectors"]


@pytest.mark.parametrize("vector", VECTORS)
def test_signatures_are_those_of_openssl(vector: dict[str, str]) -> None:
    body = vector["body"].encode()
    assert signature(vector["api_key"], body) == vector["signature"]
    assert is_signed(f"Bearer {vector['signature']}", api_key=vector["api_key"], body=body)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        VECTORS[0]["signature"],
        f"Bearer {VECTORS[0]['signature'].upper()}",
        f"bearer {VECTORS[0]['signature']}",
        f"Bearer  {VECTORS[0]['signature']}",
        f"Bearer {VECTORS[0]['signature'][:-1]}",
        f"Bearer {VECTORS[1]['signature']}",
        "Bearer ключ",
    ],
)
def test_any_other_header_is_refused(header: str | None) -> None:
    assert not is_signed(header, api_key=VECTORS[0]["api_key"], body=VECTORS[0]["body"].encode())


@pytest.mark.parametrize(
    ("rule", "admitted"),
    [
        ("differs", [True, False, True, True, True, True]),
        ("unique", [True, False, True, False, True, True]),
        ("grows", [True, False, False, False, True, False]),
    ],
)
def test_nonce_rules(rule: str, admitted: list[bool]) -> None:
    gate = NonceGate(rule)
    assert [gate.admit(nonce) for nonce in (5, 5, 4, 5, 9, 7)] == admitted
    assert gate.seen == {nonce for nonce, passed in zip((5, 5, 4, 5, 9, 7), admitted, strict=True) if passed}


def test_every_rule_is_tested() -> None:
    assert set(NONCE_RULES) == {"differs", "unique", "grows"}


@pytest.mark.parametrize("value", [None, True, 1.5, "", "-1", "1.5", " 7", "٧", [], {}])
def test_what_is_no_nonce(value: object) -> None:
    assert read_nonce(value) is None
