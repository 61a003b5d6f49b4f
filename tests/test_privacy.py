"""Masks, customer keys, and the salt that nobody else can read."""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tegro_analytics.exceptions import ConfigurationError
from tegro_analytics.privacy import (
    SALT_BYTES,
    SALT_FILE,
    customer_key,
    load_salt,
    mask_account,
    mask_email,
    mask_emails,
)

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes are asserted on POSIX only")


@pytest.mark.parametrize(
    ("email", "masked"),
    [
        ("user@site.ru", "u***@site.ru"),
        (" user@site.ru\n", "u***@site.ru"),
        ("a@b@site.ru", "a***@site.ru"),
        ("@site.ru", "***@site.ru"),
        ("nobody", "n***"),
        ("жанна@почта.рф", "ж***@почта.рф"),
        ("", ""),
        (None, None),
    ],
)
def test_an_address_keeps_its_first_letter_and_domain(email: str | None, masked: str | None) -> None:
    assert mask_email(email) == masked


@given(st.emails())
def test_no_address_survives_in_a_text(email: str) -> None:
    local = email.rpartition("@")[0]
    text = mask_emails(f'{{"email": "{email}"}} and {email}')

    assert len(local) == 1 or email not in text


def test_every_address_of_a_text_is_masked_and_the_rest_stays() -> None:
    assert mask_emails("from a.b@x.ru to <ц@у.рф>, 5 @ 6, @x") == "from a***@x.ru to <ц***@у.рф>, 5 @ 6, @x"


@pytest.mark.parametrize(
    ("account", "masked"),
    [
        ("4111111111111111", "***1111"),
        ("410011234567", "***4567"),
        ("12345", "***5"),
        ("12", "***"),
        ("", ""),
        (None, None),
    ],
)
def test_an_account_keeps_at_most_four_characters_and_a_third(
    account: str | None, masked: str | None
) -> None:
    assert mask_account(account) == masked


def test_a_customer_key_is_the_first_64_bits_of_the_hmac() -> None:
    # printf 'a@x.ru' | openssl dgst -sha256 -hmac salt
    digest = bytes.fromhex(OPENSSL)

    assert digest == hmac.new(b"salt", b"a@x.ru", hashlib.sha256).digest()
    assert customer_key("  A@X.ru ", b"salt") == int.from_bytes(digest[:8], "big", signed=True)


OPENSSL = "830c89de209dfc3e53d8ef2fbe32d8d9ea398fdf2f16e85a2b8e261a271b9d8d"


@pytest.mark.parametrize("email", [None, "", "  ", "\n"])
def test_nobody_has_no_key(email: str | None) -> None:
    assert customer_key(email, b"salt") is None


def test_half_a_surrogate_pair_has_a_key_too() -> None:
    assert customer_key("\ud800@x.ru", b"salt") is not None


@given(st.text(min_size=1))
def test_keys_fit_into_64_bits(email: str) -> None:
    key = customer_key(email, b"salt")

    assert key is None or -(2**63) <= key < 2**63


def test_a_salt_is_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "store"
    salt = load_salt(folder)

    assert len(salt) == SALT_BYTES
    assert load_salt(folder) == salt
    assert load_salt(tmp_path / "other") != salt
    assert [path.name for path in folder.iterdir()] == [SALT_FILE]


@posix_only
def test_only_its_owner_can_read_the_salt(tmp_path: Path) -> None:
    load_salt(tmp_path / "data")

    assert (tmp_path / "data" / SALT_FILE).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_those_who_come_at_the_same_moment_get_the_same_salt(tmp_path: Path) -> None:
    barrier = threading.Barrier(8)
    found: list[bytes] = []

    def load() -> None:
        barrier.wait()
        found.append(load_salt(tmp_path))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [SALT_FILE]


@pytest.mark.parametrize("content", [b"", b"short", b"x" * (SALT_BYTES + 1)])
def test_what_is_no_salt_is_never_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / SALT_FILE).write_bytes(content)

    with pytest.raises(ConfigurationError, match="not a salt"):
        load_salt(tmp_path)
    assert (tmp_path / SALT_FILE).read_bytes() == content
