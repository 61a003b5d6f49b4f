"""Every way is proven to see: what is planted is found, by each of them."""

from __future__ import annotations

import dataclasses
import logging
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import requests
import urllib3

from tests.api.wire import answer, serving
from tests.secrets.canaries import ACCOUNT, EMAIL, KEY, found_in
from tests.secrets.routes import OF_A_FILE, OF_A_RUN, OF_A_THING, OF_AN_ERROR, watched

SECRETS = [KEY, EMAIL, ACCOUNT]


# Exceptions


def in_the_message() -> None:
    raise ValueError(f"wrong: {KEY} {EMAIL} {ACCOUNT}")


def in_an_attribute() -> None:
    error = ValueError("wrong")
    error.request = {"headers": KEY, "body": [EMAIL, ACCOUNT]}  # type: ignore[attr-defined]
    raise error


def in_a_note() -> None:
    error = ValueError("wrong")
    error.add_note(f"{KEY} {EMAIL} {ACCOUNT}")
    raise error


def foreign(line: str) -> Callable[[], None]:
    """Make a function of the HTTP library that has the secrets in its variables."""
    code = f"def send(key, email, account):\n    body = [key, email, account]\n    {line}\n"
    space: dict[str, Any] = {"Inner": Inner}
    exec(compile(code, urllib3.__file__, "exec"), space)
    return lambda: space["send"](KEY, EMAIL, ACCOUNT)


class Inner:
    """Hold what it is given where only its attributes show it."""

    def __init__(self, held: object) -> None:
        self.held = held


in_a_frame = foreign("raise ValueError('wrong')")
within_a_frame = foreign("body, key, email, account = Inner(Inner(body)), 0, 0, 0; raise ValueError('wrong')")


def in_a_context() -> None:
    try:
        in_a_frame()
    except ValueError:
        raise ValueError("told otherwise") from None


def in_the_message_of_a_context() -> None:
    try:
        in_the_message()
    except ValueError:
        raise ValueError("told otherwise") from None


SEEN_IN_ERRORS = {
    "text": [in_the_message],
    "attributes": [in_an_attribute],
    "sys.excepthook": [in_the_message, in_a_note],
    "threading.excepthook": [in_the_message, in_a_note],
    "logging": [in_the_message, in_a_note],
    "traceback with locals": [in_the_message, in_a_note, in_a_frame],
    "every frame": [
        in_the_message, in_an_attribute, in_a_note, in_a_frame, in_a_context, in_the_message_of_a_context,
    ],
    "within every frame": [in_an_attribute, in_a_frame, within_a_frame, in_a_context],
    "%xmode Verbose": [in_the_message, in_a_frame],
    "rich": [in_the_message, in_a_note, in_a_frame],
    "pickle": [in_the_message, in_an_attribute],
    "copy": [in_the_message, in_an_attribute],
}  # fmt: skip


@pytest.mark.parametrize(
    ("way", "fail"),
    [(way, fail) for way, fails in SEEN_IN_ERRORS.items() for fail in fails],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_an_error_carries_is_seen(way: str, fail: Callable[[], None]) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        fail()
    assert found_in(OF_AN_ERROR[way](caught.value), SECRETS) == SECRETS


def test_every_way_of_an_error_is_proven() -> None:
    assert SEEN_IN_ERRORS.keys() == OF_AN_ERROR.keys()


# Things


@dataclasses.dataclass
class Leaky:
    """Show everything in every way."""

    held: list[str]

    @property
    def attrs(self) -> dict[str, Any]:
        return {"held": self.held}


class Shut:
    """Show nothing, and hold it all the same, in a function."""

    def __init__(self, held: list[str]) -> None:
        self._give = [held].pop


@pytest.mark.parametrize("way", OF_A_THING)
def test_what_a_thing_shows_is_seen(way: str) -> None:
    # One by one: %whos shows the two ends of what is long.
    shown = [OF_A_THING[way](Leaky([secret])) for secret in SECRETS]
    assert [found_in(text, SECRETS) for text in shown] == [[secret] for secret in SECRETS]


def test_what_a_thing_holds_is_seen_in_memory() -> None:
    assert found_in(OF_A_THING["memory"](Shut(SECRETS)), SECRETS) == SECRETS
    assert found_in(OF_A_THING["repr"](Shut(SECRETS)), SECRETS) == []


# Runs


def leak_by_http() -> None:
    with serving(answer(b"{}")) as server:
        requests.post(server.url, f"{EMAIL} {ACCOUNT}", headers={"Authorization": KEY}, timeout=5).close()


def leak_by_thread() -> None:
    thread = threading.Thread(target=in_a_frame)
    thread.start()
    thread.join()


def leak_by_log() -> None:
    logging.getLogger("urllib3.connectionpool").debug("send", extra={"body": SECRETS})


SEEN_IN_RUNS: dict[str, list[Callable[[], object]]] = {
    "printed": [lambda: print(SECRETS), lambda: print(SECRETS, file=sys.stderr), leak_by_http],
    "logged": [leak_by_log],
    "warned": [lambda: warnings.warn(repr(SECRETS), stacklevel=1)],
    "threads": [leak_by_thread],
}


@pytest.mark.parametrize(
    ("way", "leak"), [(way, leak) for way, leaks in SEEN_IN_RUNS.items() for leak in leaks]
)
def test_what_a_run_tells_is_seen(way: str, leak: Callable[[], object]) -> None:
    with watched() as told:
        leak()
    assert found_in(told()[way], SECRETS) == SECRETS


def test_every_way_of_a_run_is_proven() -> None:
    assert SEEN_IN_RUNS.keys() == OF_A_RUN.keys()


# Files


@pytest.mark.parametrize("ending", OF_A_FILE)
def test_what_a_file_says_is_seen(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"orders{ending}"
    frame = pd.DataFrame({"held": SECRETS})
    match ending:
        case ".xlsx":
            frame.to_excel(path)
        case ".parquet":
            frame.to_parquet(path, compression="zstd")
        case _:
            path.write_text(frame.to_csv())
    assert found_in(OF_A_FILE[ending](path), SECRETS) == SECRETS


@pytest.mark.parametrize(
    "written",
    [
        f"x{KEY}x",
        KEY.encode().hex(),
        "Q0FOQVJZOUQ5MzUxNDY5QjFFNUQ4NTJB",  # printf CANARY9D9351469B1E5D852A | base64
        "eENBTkFSWTlEOTM1MTQ2OUIxRTVEODUyQQ==",  # the same, after one letter
        "eHhDQU5BUlk5RDkzNTE0NjlCMUU1RDg1MkE=",  # after two
        KEY.encode("utf-16-le"),
    ],
)
def test_a_secret_is_known_however_it_is_written(written: str | bytes) -> None:
    assert found_in(written, SECRETS) == [KEY]
