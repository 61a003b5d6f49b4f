"""Signed bodies go to the provider, to this machine, or to the one host that was named; nowhere else."""

from __future__ import annotations

import pytest

from tegro_analytics.api.base_url import check_base_url
from tegro_analytics.exceptions import UnsafeBaseUrl


@pytest.mark.parametrize(
    ("url", "taken", "loopback"),
    [
        ("https://tegro.money", "https://tegro.money", False),
        ("https://TEGRO.money/", "https://tegro.money", False),
        ("https://tegro.money:8443/v2/", "https://tegro.money:8443/v2", False),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", True),
        ("http://localhost", "http://localhost", True),
        ("http://127.8.9.1", "http://127.8.9.1", True),
        ("http://[::1]:80", "http://[::1]:80", True),
        ("https://127.0.0.1:1", "https://127.0.0.1:1", True),
    ],
)
def test_what_is_taken(url: str, taken: str, loopback: bool) -> None:
    base = check_base_url(url)
    assert (base.url, base.loopback) == (taken, loopback)


@pytest.mark.parametrize(
    "url",
    [
        "https://tegro.money@evil",
        "https://tegro.money:443@evil.com",
        "https://user:secret@tegro.money",
        "https://127.0.0.1.evil.com",
        "http://127.0.0.1.evil.com",
        "http://tegro.money",
        "http://localhost.evil.com",
        "http://2130706433",
        "http://0x7f.1",
        "http://0.0.0.0",
        "http://[::ffff:8.8.8.8]",
        "http://10.0.0.1",
        "https://tegro.money.evil.com",
        "https://tegro.money.",
        "https://evil.com/tegro.money",
        "https://tegro.money/?x=1",
        "https://tegro.money/#x",
        "https://tegro.money/../x",
        "https://tegro.money/%2e%2e",
        "https://tegro.money\\@evil.com",
        "https:\\\\tegro.money",
        "https://tegro.money\n",
        "https://tegro.money evil.com",
        "https://tegro.money\t",
        "https://tegrо.money",  # a Cyrillic о
        "https://tegro。money",
        "https://tegro.money:99999",
        "https://tegro.money:0",
        "https://tegro.money:",
        "https://",
        "tegro.money",
        "//tegro.money",
        "ftp://tegro.money",
        "file:///etc/passwd",
        "",
    ],
)
def test_what_is_refused(url: str) -> None:
    with pytest.raises(UnsafeBaseUrl, match="Nothing was sent") as caught:
        check_base_url(url)
    assert "secret" not in str(caught.value)


def test_another_host_needs_the_word() -> None:
    assert check_base_url("https://api.example", allow_host=" API.example").host == "api.example"
    with pytest.raises(UnsafeBaseUrl, match=r"allow_host='api\.example'"):
        check_base_url("https://api.example", allow_host="example")


def test_the_word_does_not_make_it_unencrypted() -> None:
    with pytest.raises(UnsafeBaseUrl, match="not encrypted"):
        check_base_url("http://api.example", allow_host="api.example")
