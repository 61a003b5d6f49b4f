"""Settings: where they come from, in which order, and that what is wrong with them shows no key."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from tegro_analytics.exceptions import ConfigurationError
from tegro_analytics.settings import Settings, load_settings
from tests.secrets.shown import everything_shown

CANARY = "CANARY0KEY0THAT0MUST0NOT0SHOW"


def test_the_order_of_the_places(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (in_folder / "tegro.toml").write_text(
        'workers = 1\nreport_timezone = "Asia/Omsk"\nmoney = "decimal"\nplan = "starter"\n'
    )
    (in_folder / ".env").write_text(
        "TEGRO_WORKERS=2\nTEGRO_MONEY=float64\nTEGRO_REPORT_TIMEZONE=Europe/Berlin\n"
    )
    monkeypatch.setenv("TEGRO_WORKERS", "3")
    monkeypatch.setenv("TEGRO_REPORT_TIMEZONE", "Asia/Tokyo")
    settings = load_settings(workers=4)
    assert (settings.workers, settings.report_timezone, settings.money, settings.plan) == (
        4,
        "Asia/Tokyo",
        "float64",
        "starter",
    )


def test_the_defaults(in_folder: Path) -> None:
    settings = load_settings()
    assert settings.base_url == "https://tegro.money"
    assert settings.source_timezone == settings.report_timezone == "Europe/Moscow"
    assert settings.lookback == dt.timedelta(hours=48)
    assert settings.merchant_share == Decimal(1)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("report_timezone", "Mars/Olympus", "TEGRO_REPORT_TIMEZONE.*not a time zone"),
        ("workers", 0, "TEGRO_WORKERS.*greater than or equal to 1"),
        ("merchant_share", 1.5, "TEGRO_MERCHANT_SHARE.*less than or equal to 1"),
        ("currencies", "RUB", "TEGRO_CURRENCIES.*1=RUB,2=USD"),
        ("money", "float32", "TEGRO_MONEY.*'float64' or 'decimal'"),
        ("lang", "de", "TEGRO_LANG"),
        ("base_url", 7, "TEGRO_API_BASE"),
    ],
)
def test_a_wrong_value_is_named(in_folder: Path, name: str, value: object, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        load_settings(**{name: value})


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("tegro.toml", f"api_key = {CANARY}\n".encode(), "not valid TOML"),
        ("tegro.toml", f'api_key = "{CANARY}"\n# Ключ\n'.encode("cp1251"), "not UTF-8"),
        (".env", f"TEGRO_API_KEY={CANARY}\n# Ключ\n".encode("cp1251"), "not UTF-8"),
        (".env", f"TEGRO_API_KEY={CANARY}\n".encode("utf-16"), "not UTF-8"),
        (".env", f"TEGRO_API_KEY={CANARY}\nTEGRO_WORKERS={CANARY}\n".encode(), "TEGRO_WORKERS"),
        ("tegro.toml", f'api_key = "{CANARY}"\nworkers = "{CANARY}"\n'.encode(), "TEGRO_WORKERS"),
    ],
)
def test_a_wrong_file_shows_no_key(in_folder: Path, name: str, content: bytes, says: str) -> None:
    (in_folder / name).write_bytes(content)
    with pytest.raises(ConfigurationError, match=says) as caught:
        load_settings()
    assert caught.value.__context__ is None
    assert CANARY not in everything_shown(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".env", f"TEGRO_API_KEY={CANARY}\nTEGRO_API_KEY_NORTH={CANARY}\nTEGRO_WORKERS=2\n"),
        ("tegro.toml", f'api_key = "{CANARY}"\napi_key_north = "{CANARY}"\nworkers = 2\n'),
    ],
)
def test_a_key_of_a_file_never_enters_the_model(in_folder: Path, name: str, content: str) -> None:
    (in_folder / name).write_text(content)
    settings = load_settings()
    assert settings.workers == 2
    assert CANARY not in repr((settings, vars(settings), settings.model_dump(), settings.__pydantic_extra__))
    with pytest.raises(ValidationError) as caught:
        Settings(workers=0)
    assert CANARY not in everything_shown(caught.value)


def test_a_mark_at_the_start_of_a_file_is_passed_over(in_folder: Path) -> None:
    (in_folder / ".env").write_text("TEGRO_WORKERS=3\n", encoding="utf-8-sig")
    assert load_settings().workers == 3
