"""The question to a person: on a real terminal, in a notebook, and nowhere else."""

from __future__ import annotations

import getpass
import io
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from IPython.core.error import StdinNotImplementedError

from tegro_analytics.prompt import ask_hidden
from tests.secrets.notebook_shell import Notebook, notebook

CANARY = "CANARY0KEY0THAT0MUST0NOT0SHOW"

AT_A_TERMINAL = """
import fcntl, os, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from tegro_analytics.credentials import ApiKey, find_access
from tegro_analytics.exceptions import MissingCredentials

def ask(what):
    try:
        (one,) = find_access()
        print(what, repr(one.key), one.key == ApiKey(os.environ["ANSWER"][::-1]), flush=True)
    except (MissingCredentials, KeyboardInterrupt) as error:
        print(what, type(error).__name__, flush=True)

for what in ("key", "enter", "end", "ctrl-c"):
    ask(what)
os.environ["CI"] = "true"
ask("ci")
"""


@pytest.mark.skipif(os.name != "posix", reason="the terminal is one of POSIX")
def test_at_a_terminal_the_key_is_asked_for_and_not_shown(in_folder: Path) -> None:
    import pty

    master, terminal = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    with subprocess.Popen(
        [sys.executable, "-c", AT_A_TERMINAL],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        # Not as it is typed: it would be found in what this process holds.
        env={**environment, "TEGRO_SHOP_ID": "SHOP", "ANSWER": CANARY[::-1]},
    ):
        os.close(terminal)
        screen = b""
        for keys in (f"{CANARY}\n".encode(), b"\n", b"\x04", b"\x03"):
            screen += read_until(master, b"gives up): ")
            os.write(master, keys)
        screen += read_until(master, b"ci MissingCredentials")
        os.close(master)
    assert CANARY.encode() not in screen
    assert screen.decode().count("API key of the shop SHOP") == 4
    told = [line.rpartition("gives up): ")[2] for line in screen.decode().splitlines()]
    assert [line for line in told if line] == [
        "key ApiKey('***') True",
        "enter MissingCredentials",
        "end MissingCredentials",
        "ctrl-c KeyboardInterrupt",
        "ci MissingCredentials",
    ]


def read_until(terminal: int, wanted: bytes) -> bytes:
    told = b""
    while wanted not in told:
        told += os.read(terminal, 4096)
    return told


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pretend to be in the foreground of a terminal, with an answer at hand."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return not super().isatty()  # which raises where the file is closed

        def fileno(self) -> int:
            return 0

    for name in ("CI", "TF_BUILD", "JENKINS_URL", "TEAMCITY_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("os.tcgetpgrp", lambda _: os.getpgrp(), raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda question: f" {CANARY} ")
    assert ask_hidden("Key: ") == CANARY
    return sys.stdin


@pytest.mark.parametrize("name", ["CI", "TF_BUILD", "JENKINS_URL", "TEAMCITY_VERSION"])
def test_a_machine_is_not_asked(terminal: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    assert ask_hidden("Key: ") is None
    monkeypatch.setenv(name, "false")
    assert ask_hidden("Key: ") == CANARY


@pytest.mark.parametrize("stdin", [None, io.StringIO(f"{CANARY}\n")])
def test_nobody_is_asked_without_a_terminal(
    terminal: Any, stdin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", stdin)
    assert ask_hidden("Key: ") is None


def test_a_closed_input_is_nobody(terminal: Any) -> None:
    terminal.close()
    assert ask_hidden("Key: ") is None


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has a background")
def test_a_program_in_the_background_does_not_ask(terminal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.tcgetpgrp", lambda _: os.getpgrp() + 1)
    assert ask_hidden("Key: ") is None


def test_what_would_be_echoed_is_not_asked_for(terminal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def echoing(question: str) -> str:
        warnings.warn("Can not control echo on the terminal.", getpass.GetPassWarning, stacklevel=2)
        return CANARY

    monkeypatch.setattr(getpass, "getpass", echoing)
    assert ask_hidden("Key: ") is None


# A notebook


class Kernel:
    """Stand for the kernel of a notebook, which takes the place of ``getpass`` while a cell runs."""

    def __init__(self, answer: str | None) -> None:
        self.answer = answer

    def getpass(self, question: str) -> str:
        if self.answer is None:
            raise StdinNotImplementedError("this frontend does not support input requests")
        return self.answer


def ask_in(cells: Notebook) -> str:
    return cells.run("ask_hidden('Key: ') == expected", ask_hidden=ask_hidden, expected=CANARY)


@pytest.mark.parametrize(("answer", "is_key"), [(CANARY, True), ("", False), (None, False)])
def test_a_notebook_asks_if_its_page_can(
    answer: str | None, is_key: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with notebook(tmp_path) as cells:
        cells.shell.kernel = Kernel(answer)  # type: ignore[attr-defined]
        monkeypatch.setattr(getpass, "getpass", cells.shell.kernel.getpass)  # type: ignore[attr-defined]
        assert ask_in(cells) == f"Out[1]: {is_key}\n"


def test_a_notebook_whose_terminal_is_another_ones_does_not_ask(terminal: Any, tmp_path: Path) -> None:
    with notebook(tmp_path) as cells:
        cells.shell.kernel = Kernel(CANARY)  # type: ignore[attr-defined]
        assert ask_in(cells) == "Out[1]: False\n"
