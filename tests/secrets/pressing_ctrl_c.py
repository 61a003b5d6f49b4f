"""A program that presses Ctrl-C in one line after another of a call, and prints what is seen of it.

It is a program of its own, because whoever is interrupted anywhere may leave locks behind in its process.
Words: ``ours`` or ``theirs``, whose lines; how many lines to go on by; the names of the calls.
"""

from __future__ import annotations

import ast
import faulthandler
import functools
import http.client
import itertools
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import requests
import urllib3

import tegro_analytics
from tests.api.wire import serving
from tests.secrets.account import account
from tests.secrets.calls import CALLS, client_of, outcome_of
from tests.secrets.canaries import secrets_of
from tests.secrets.looking import leaks, shown

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
        if event == "line" and frame.f_lineno not in _left_out(frame.f_code.co_filename):
            self.lines += 1
            if self.lines == self._left:
                self.place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
                raise KeyboardInterrupt
        return self._stepping


@functools.cache
def _left_out(file: str) -> frozenset[int]:
    """List the lines where only a tracer can interrupt, and leaves the interpreter in disorder.

    Those are the head of ``with``, which comes again at its end, and what handles an exception.
    """
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    heads = [range(node.lineno, node.body[0].lineno) for node in ast.walk(tree) if isinstance(node, ast.With)]
    handlers = [node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
    bodies = [range(node.lineno, (node.end_lineno or node.lineno) + 1) for node in handlers]
    return frozenset(line for lines in (*heads, *bodies) for line in lines)


def press_in_each_line(name: str, files: tuple[str, ...], folder: Path, *, every: int) -> Iterator[str]:
    """Give what was seen; last how many lines there are, and in how many Ctrl-C was not heard."""
    unheard = 0
    with serving(account) as server:
        for line in itertools.count(1, every):
            before = len(server.requests)
            # In a folder of its own, should the one before have left something locked.
            place = folder / f"{name} {line}"
            with client_of(server, place, deadline=5.0) as client, CtrlC(files, line) as ctrl_c:
                error = outcome_of(CALLS[name], client)
            if ctrl_c.lines < line:
                break
            unheard += error is None  # while something was collected: nobody can be told
            if error is not None and (
                seen := leaks(shown(error, cheap=True), secrets_of(server, since=before))
            ):
                yield f"{name}: {ctrl_c.place}: {seen}"
    yield f"{name}: {line} lines, {'heard' if unheard <= line / every / 4 else 'mostly unheard'}"


def main(whose: str, every: str, *names: str) -> None:
    warnings.simplefilter("ignore")  # of sockets that are closed when they are collected
    sys.unraisablehook = lambda _: None
    faulthandler.dump_traceback_later(250, exit=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            for seen in press_in_each_line(
                name, {"ours": OURS, "theirs": THEIRS}[whose], Path(folder), every=int(every)
            ):
                print(seen)
    sys.stdout.flush()
    os._exit(0)  # whatever thread has been interrupted


if __name__ == "__main__":
    main(*sys.argv[1:])
