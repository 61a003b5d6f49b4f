"""Ctrl-C in whichever line a call is: what it was about to do is seen by no way."""

from __future__ import annotations

import ast
import functools
import gc
import http.client
import itertools
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import requests
import urllib3

import tegro_analytics
from tests.api.wire import serving
from tests.secrets.calls import CALLS, client_of, outcome_of, payer
from tests.secrets.canaries import secrets_of
from tests.secrets.looking import leaks, only_outermost, shown

# Ctrl-C while a connection is made leaves its socket to be closed when it is collected; Ctrl-C at that very
# moment is told to nobody.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

OURS = (str(Path(tegro_analytics.__file__).parent),)
THEIRS = (str(Path(requests.__file__).parent), str(Path(urllib3.__file__).parent), http.client.__file__)


class CtrlC:
    """Press Ctrl-C when the n-th line of some files is about to run."""

    def __init__(self, files: tuple[str, ...], line: int) -> None:
        self._files = files
        self._left = line
        self.lines = 0
        self.place = ""
        # Made once: the interpreter lets go of a tracer that raises while it runs.
        self._entering, self._stepping = self._enter, self._step

    def __enter__(self) -> CtrlC:
        sys.settrace(self._entering)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _enter(self, frame: FrameType, event: str, _: Any) -> Any:
        file = frame.f_code.co_filename
        return self._stepping if file.startswith(self._files) and not file.endswith("tracebacks.py") else None

    def _step(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "line" and frame.f_lineno not in _heads_of_with(frame.f_code.co_filename):
            self.lines += 1
            if self.lines == self._left:
                self.place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
                raise KeyboardInterrupt
        return self._stepping


@functools.cache
def _heads_of_with(file: str) -> frozenset[int]:
    """List the lines of ``with``: they come again at its end, where Ctrl-C keeps no lock from its release."""
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.With)]
    return frozenset(line for block in blocks for line in range(block.lineno, block.body[0].lineno))


def press_in_each_line(name: str, files: tuple[str, ...], folder: Path, *, every: int) -> None:
    unheard = 0
    with serving(payer) as server:
        for line in itertools.count(1, every):
            error, before = None, len(server.requests)
            # In a folder of its own, should the one before have left something locked.
            with client_of(server, folder / str(line), deadline=5.0) as client, CtrlC(files, line) as ctrl_c:
                error = outcome_of(CALLS[name], client)
            if ctrl_c.lines < line:
                break
            if error is None:
                unheard += 1  # while something was collected: nobody can be told
                continue
            assert isinstance(error, KeyboardInterrupt), ctrl_c.place
            assert leaks(shown(error, cheap=True), secrets_of(server, since=before)) == {}, ctrl_c.place
            assert files is THEIRS or only_outermost(error), ctrl_c.place
        assert line > 100
        assert unheard < line / 5
    gc.collect()


@pytest.mark.parametrize(("name", "every"), [("order", 5), ("iter_orders", 41), ("create_withdrawal", 5)])
def test_ctrl_c_in_a_line_of_ours_shows_nothing(name: str, every: int, tmp_path: Path) -> None:
    press_in_each_line(name, OURS, tmp_path, every=every)


@pytest.mark.long
@pytest.mark.parametrize("name", CALLS)
def test_ctrl_c_in_any_line_of_ours_shows_nothing(name: str, tmp_path: Path) -> None:
    press_in_each_line(name, OURS, tmp_path, every=1)


@pytest.mark.long
@pytest.mark.parametrize("name", ["orders", "call another", "create_order"])
def test_ctrl_c_in_any_line_of_the_libraries_shows_nothing(name: str, tmp_path: Path) -> None:
    press_in_each_line(name, THEIRS, tmp_path, every=1)
