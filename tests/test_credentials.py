"""Credentials: the places where a key may be, in their order, and a key that shows nowhere."""

from __future__ import annotations

import copy
import dataclasses
import gc
import json
import os
import pickle
import re
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import msgspec
import pydantic
import pytest

from tegro_analytics import credentials
from tegro_analytics.credentials import ApiKey, ShopAccess, find_access, wrap_key
from tegro_analytics.exceptions import ConfigurationError, MissingCredentials, TegroDataWarning
from tests.secrets.notebook_shell import notebook
from tests.secrets.shown import everything_shown

CANARY = "CANARY0KEY0THAT0MUST0NOT0SHOW"

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes are asserted on POSIX only")


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
    assert CANARY not in everything_shown(caught.value)


@posix_only
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


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".env", f"TEGRO_API_KEY={CANARY}\n# Ключ".encode("cp1251")),
        ("tegro.toml", f"api_key = {CANARY}".encode()),
        ("tegro.toml", f"api_key = '{CANARY}'\n# Ключ".encode("cp1251")),
        (".env", f"TEGRO_API_KEY={CANARY}\nTEGRO_SHOPS={CANARY}".encode()),
    ],
)
def test_a_file_that_cannot_be_used_shows_no_key(in_folder: Path, name: str, content: bytes) -> None:
    (in_folder / name).write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        find_access()
    assert caught.value.__context__ is None
    assert CANARY not in everything_shown(caught.value)


# The keyring: the interface of the library, over a safe of the test.


class Locked(Exception):
    """Stand for ``keyring.errors.KeyringError``."""


@pytest.fixture
def safe(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    stored: dict[tuple[str, str], str] = {}
    keyring: Any = types.ModuleType("keyring")
    keyring.__spec__ = True
    keyring.get_password = lambda service, name: stored.get((service, name))
    errors: Any = types.ModuleType("keyring.errors")
    errors.KeyringError = Locked
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    monkeypatch.setenv("TEGRO_SHOP_ID", "SHOP")
    return stored


def test_the_keyring_comes_after_the_files(safe: dict[tuple[str, str], str], in_folder: Path) -> None:
    safe["tegro_analytics", "SHOP"] = CANARY
    assert find_access()[0].key == ApiKey(CANARY)
    (in_folder / "tegro.toml").write_text('api_key = "of the file"')
    (in_folder / "tegro.toml").chmod(0o600)
    assert find_access()[0].key == ApiKey("of the file")


def test_a_keyring_that_is_locked_holds_no_key(
    safe: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: str) -> None:
        raise Locked

    monkeypatch.setattr("keyring.get_password", refuse)
    with pytest.raises(MissingCredentials):
        find_access()


# A person who is asked


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, in_folder: Path) -> list[str | None]:
    """List what a person answers, question after question."""
    answers: list[str | None] = []
    monkeypatch.setattr(
        credentials, "ask_hidden", lambda question: questions.append(question) or answers.pop(0)
    )
    questions: list[str] = []
    return answers


def test_a_person_is_asked_last_and_once(typed: list[str | None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEGRO_SHOPS", "north:N1,south:S1,west:W1")
    monkeypatch.setenv("TEGRO_API_KEY_SOUTH", "own")
    typed.append(CANARY)
    assert [(one.name, one.key) for one in find_access()] == [
        ("north", ApiKey(CANARY)),
        ("south", ApiKey("own")),
        ("west", ApiKey(CANARY)),
    ]
    assert typed == []


@pytest.mark.parametrize("answer", [None, "ключ", f"{CANARY} and more", f"{CANARY}\x1b[A", "\udcd0"])
def test_what_is_no_key_is_no_answer(
    typed: list[str | None], answer: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEGRO_SHOP_ID", "SHOP")
    typed.append(answer)
    with pytest.raises(MissingCredentials, match="no API key for the shop SHOP") as caught:
        find_access()
    assert typed == []
    assert CANARY not in everything_shown(caught.value)


@pytest.mark.parametrize(
    ("lang", "says"), [("en", "settings page.*not shown"), ("ru", "настроек.*не показывается")]
)
def test_the_question_says_where_the_key_is(
    lang: str, says: str, in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(credentials, "ask_hidden", asked.append)
    monkeypatch.setenv("TEGRO_SHOP_ID", "SHOP 7")
    monkeypatch.setenv("TEGRO_LANG", lang)
    with pytest.raises(MissingCredentials):
        find_access()
    (question,) = asked
    assert re.search(f"SHOP 7.*{says}", question)


# A key in a cell


@pytest.mark.long
def test_a_key_in_a_cell_is_warned_of(in_folder: Path) -> None:
    with notebook(in_folder) as cells:
        printed = cells.run(
            f"import tegro_analytics as ta\nshop = ta.connect(shop_id='S', api_key='{CANARY}')\nshop"
        )
        later = cells.run("shop = ta.connect(shop_id='S', api_key=key)\nshop", key=CANARY)
        other = cells.run(
            "shop = ta.connect(shop_id='S', api_key=key)\nshop", key="a key that stands in no cell"
        )
    for shown in (printed, later):
        assert "Shop('S', not read yet)" in shown
        assert shown.count("saved with the notebook") == 1
        assert CANARY not in shown
    assert "Warning" not in other


def test_a_key_that_a_client_is_given_in_a_cell_is_warned_of(in_folder: Path) -> None:
    with notebook(in_folder) as cells:
        printed = cells.run(f"import tegro_analytics as ta\nclient = ta.Client('{CANARY}', 'S')\nclient")
    assert "Client(shop_id='S'" in printed
    assert printed.count("saved with the notebook") == 1
    assert CANARY not in printed


def test_a_variable_that_is_set_in_a_cell_is_warned_of(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEGRO_API_KEY", "kept away from the other tests")
    with notebook(in_folder) as cells:
        cells.run(f"%env TEGRO_API_KEY={CANARY}")
        printed = cells.run("import tegro_analytics as ta\nshop = ta.connect(shop_id='S')\nshop")
    assert printed.count("saved with the notebook") == 1
    assert CANARY not in printed


def test_a_warning_that_is_an_error_shows_no_key(in_folder: Path) -> None:
    with notebook(in_folder) as cells:
        cells.run(f"key = '{CANARY}'")
        with pytest.raises(TegroDataWarning) as caught:
            wrap_key(CANARY)
    assert CANARY not in everything_shown(caught.value)


# The object


def test_a_key_shows_nowhere() -> None:
    key = ApiKey(f" {CANARY} ")
    assert repr(key) == str(key) == f"{key}" == "ApiKey('***')"
    assert not hasattr(key, "__dict__")
    assert all(CANARY not in repr(getattr(key, name)) for name in dir(key))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_key_refuses_to_be_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(ApiKey(CANARY), protocol)


@pytest.mark.parametrize(
    "hand_on",
    [
        copy.copy,
        copy.deepcopy,
        json.dumps,
        msgspec.json.encode,
        pydantic.TypeAdapter(Any).dump_json,
        lambda key: dataclasses.asdict(ShopAccess("tea", "S", key)),
    ],
)
def test_a_key_refuses_to_be_handed_on(hand_on: Any) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        hand_on(ApiKey(CANARY))
    assert CANARY not in everything_shown(caught.value)


def test_a_key_is_stored_nowhere() -> None:
    assert CANARY.encode() not in reachable_from(ApiKey(CANARY))
    assert CANARY.encode() in reachable_from([{"key": (CANARY,)}])


def reachable_from(thing: object) -> bytes:
    """Join every text and every bytes that an object holds on to, however deep."""
    told, seen, waiting = [], set(), [thing]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, type | types.ModuleType):
            continue
        seen.add(id(one))
        told += [one.encode()] if isinstance(one, str) else [one] if isinstance(one, bytes) else []
        waiting += gc.get_referents(one)
    return b" ".join(told)


@pytest.mark.parametrize("raw", ["", "  ", None, 7, CANARY.encode(), f"{CANARY}\ud800"])
def test_what_is_no_key_is_refused_unseen(raw: Any) -> None:
    with pytest.raises(ConfigurationError, match="settings page") as caught:
        ApiKey(raw)
    assert caught.value.__context__ is None
    assert CANARY not in everything_shown(caught.value)
