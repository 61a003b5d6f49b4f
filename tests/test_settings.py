"""Settings and credentials: where they come from, in which order, and that a key shows nowhere."""

from __future__ import annotations

import copy
import datetime as dt
import os
import pickle
import subprocess
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from tegro_analytics.credentials import ApiKey, find_access, wrap_key
from tegro_analytics.exceptions import ConfigurationError, MissingCredentials, TegroDataWarning
from tegro_analytics.settings import load_settings

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


def test_a_wrong_file_shows_no_key(in_folder: Path) -> None:
    (in_folder / "tegro.toml").write_text(f"api_key = {CANARY}\n")
    with pytest.raises(ConfigurationError, match="not valid TOML") as caught:
        load_settings()
    assert CANARY not in repr((caught.value, caught.value.__context__, caught.value.__cause__))


def test_a_wrong_setting_beside_a_key_shows_no_key(in_folder: Path) -> None:
    (in_folder / ".env").write_text(f"TEGRO_API_KEY={CANARY}\nTEGRO_WORKERS={CANARY}\n")
    with pytest.raises(ConfigurationError, match="TEGRO_WORKERS") as caught:
        load_settings()
    assert CANARY not in repr((caught.value, caught.value.__context__, caught.value.__cause__))


def test_access_from_the_environment(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEGRO_API_KEY", CANARY)
    monkeypatch.setenv("TEGRO_SHOP_ID", "SHOP")
    (one,) = find_access()
    assert (one.name, one.shop_id, one.key) == ("SHOP", "SHOP", ApiKey(CANARY))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".env", f"TEGRO_API_KEY={CANARY}\nTEGRO_SHOP_ID=SHOP\n"),
        ("tegro.toml", f'api_key = "{CANARY}"\nshop_id = "SHOP"\n'),
    ],
)
def test_access_from_a_file(in_folder: Path, name: str, text: str) -> None:
    (in_folder / name).write_text(text)
    (in_folder / name).chmod(0o600)
    (one,) = find_access()
    assert (one.shop_id, one.key) == ("SHOP", ApiKey(CANARY))


def test_several_shops_have_keys_of_their_own(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEGRO_SHOPS", "north:N1, south:S1")
    monkeypatch.setenv("TEGRO_API_KEY", "common")
    monkeypatch.setenv("TEGRO_API_KEY_SOUTH", "own")
    assert [(one.name, one.shop_id, one.key) for one in find_access()] == [
        ("north", "N1", ApiKey("common")),
        ("south", "S1", ApiKey("own")),
    ]


def test_an_argument_comes_first(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEGRO_API_KEY", "other")
    monkeypatch.setenv("TEGRO_SHOP_ID", "OTHER")
    (one,) = find_access(api_key=ApiKey("mine"), shop_id="MINE")
    assert (one.shop_id, one.key) == ("MINE", ApiKey("mine"))


@pytest.mark.parametrize("have", [{}, {"TEGRO_SHOP_ID": "SHOP"}, {"TEGRO_API_KEY": CANARY}])
def test_without_credentials_both_ways_out_are_named(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch, have: dict[str, str]
) -> None:
    for name, value in have.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(
        MissingCredentials, match=r"TEGRO_API_KEY and TEGRO_SHOP_ID.*ta\.demo\(\).*--demo"
    ) as caught:
        find_access()
    assert CANARY not in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="modes of files are asserted on POSIX only")
def test_a_file_that_others_can_read_is_warned_of(in_folder: Path) -> None:
    (in_folder / ".env").write_text(f"TEGRO_API_KEY={CANARY}\nTEGRO_SHOP_ID=SHOP\n")
    (in_folder / ".env").chmod(0o644)
    with pytest.warns(TegroDataWarning, match=r"chmod 600 \.env"):
        find_access()


def test_a_file_that_git_tracks_is_warned_of(in_folder: Path) -> None:
    (in_folder / ".env").write_text(f"TEGRO_API_KEY={CANARY}\nTEGRO_SHOP_ID=SHOP\n")
    (in_folder / ".env").chmod(0o600)
    for command in (["init", "--quiet"], ["add", ".env"]):
        subprocess.run(["git", *command], check=True)
    with pytest.warns(TegroDataWarning, match=r"git rm --cached \.env"):
        find_access()


def test_a_key_in_a_cell_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = SimpleNamespace(user_ns={"In": ["", f"shop = ta.connect(api_key='{CANARY}')"]})
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    with pytest.warns(TegroDataWarning, match="saved with the notebook"):
        wrap_key(CANARY)
    wrap_key("a key that stands in no cell")


def test_a_key_shows_nowhere() -> None:
    key = ApiKey(f" {CANARY} ")
    assert CANARY not in repr(key) + str(key) + f"{key}" + repr([key])
    assert not hasattr(key, "__dict__")
    assert all(CANARY not in repr(getattr(key, name)) for name in ApiKey.__slots__)
    assert copy.copy(key) is copy.deepcopy(key) is key
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(key)


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="empty"):
        ApiKey("  ")
