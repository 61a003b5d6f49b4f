"""The ways by which something inside may come to be seen: one table, and each way proven to see.

An entry shows a thing, an exception, a run or a folder as some tool would, and gives the text. What it must
be able to see is planted in ``test_routes``: a way that is blind would find nothing anywhere.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import gc
import http.client
import io
import json
import logging
import pickle
import pprint
import sys
import tempfile
import threading
import traceback
import types
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import rich.pretty
import rich.traceback
from IPython.core.formatters import DisplayFormatter
from rich.console import Console

from tests.secrets.notebook_shell import notebook
from tests.secrets.shown import chain_of, everything_shown, frames_of

__all__ = ["OF_AN_ERROR", "OF_A_FILE", "OF_A_RUN", "OF_A_THING", "watched"]


# An exception


def _hooked(error: BaseException) -> str:
    """Let the interpreter print it, as at the end of a program."""
    with contextlib.redirect_stderr(io.StringIO()) as printed:
        sys.__excepthook__(type(error), error, error.__traceback__)
    return printed.getvalue()


def _hooked_in_a_thread(error: BaseException) -> str:
    with contextlib.redirect_stderr(io.StringIO()) as printed:
        threading.__excepthook__(
            threading.ExceptHookArgs((type(error), error, error.__traceback__, threading.current_thread()))
        )
    return printed.getvalue()


def _logged(error: BaseException) -> str:
    stream = io.StringIO()
    log = logging.Logger("of a program")
    log.addHandler(logging.StreamHandler(stream))
    log.error("It failed", exc_info=error)
    return stream.getvalue()


def _with_locals(error: BaseException) -> str:
    """Print it as tools on the standard library do: ``unittest --locals``."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True, compact=False)
    return "".join(told.format())


def _in_a_notebook(error: BaseException) -> str:
    with tempfile.TemporaryDirectory() as folder, notebook(Path(folder)) as cells:
        return cells.run("raise error", error=error)


def _by_rich(error: BaseException) -> str:
    told = rich.traceback.Traceback.from_exception(
        type(error),
        error,
        error.__traceback__,
        show_locals=True,
        locals_max_length=None,
        locals_max_string=None,
        max_frames=0,
    )
    return _printed_by_rich(told)


def _printed_by_rich(thing: Any) -> str:
    stream = io.StringIO()
    Console(file=stream, width=10_000).print(thing)
    return stream.getvalue()


def _pickled(thing: object) -> str:
    told = []
    for protocol in (0, pickle.HIGHEST_PROTOCOL):
        with contextlib.suppress(TypeError, AttributeError, pickle.PicklingError):
            told.append(pickle.dumps(thing, protocol).decode("latin-1"))
    return "".join(told)


def _copied(thing: object) -> str:
    told = []
    for make in (copy.copy, copy.deepcopy, dataclasses.asdict):
        with contextlib.suppress(TypeError):
            copied = make(thing)  # type: ignore[operator]
            told += [repr(copied), repr(getattr(copied, "__dict__", ""))]
    return "\n".join(told)


def _reachable_frames(error: BaseException) -> str:
    """Look into what the variables of each frame hold on to, private attributes too, a few steps deep."""
    held = [value for frame in frames_of(error) for value in frame.f_locals.values()]
    return _texts_within([*held, *(vars(one) for one in chain_of(error))], steps=8)


OF_AN_ERROR: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {
        "text": lambda error: f"{error} {error!r} {error.args!r}",
        "attributes": lambda error: repr([vars(one) for one in chain_of(error)]),
        "sys.excepthook": _hooked,
        "threading.excepthook": _hooked_in_a_thread,
        "logging": _logged,
        "traceback with locals": _with_locals,
        "every frame": everything_shown,
        "within every frame": _reachable_frames,
        "%xmode Verbose": _in_a_notebook,
        "rich": _by_rich,
        "pickle": _pickled,
        "copy": _copied,
    }
)
DEAR = ("%xmode Verbose", "rich")
"""Those that take a tenth of a second; what they look at, the others look at too."""


# A thing: a client, a shop, a frame


def _attributes(thing: object) -> str:
    """Look at every attribute, the private ones and those of slots too."""
    told = [repr(vars(thing))] if hasattr(thing, "__dict__") else []
    for name in dir(thing):
        with contextlib.suppress(Exception):
            told.append(repr(getattr(thing, name)))
    return "\n".join(told)


def _displayed(thing: object) -> str:
    """Show it as Jupyter does, in every form that it has."""
    told, _ = DisplayFormatter().format(thing)
    return "\n".join(str(shown) for shown in told.values())


def _listed(thing: object) -> str:
    with tempfile.TemporaryDirectory() as folder, notebook(Path(folder)) as cells:
        return cells.run("%whos", thing=thing)


def _as_json(thing: object) -> str:
    told = []
    for default in (str, repr, vars, dict):
        with contextlib.suppress(TypeError, ValueError, RecursionError):
            told.append(json.dumps(thing, default=default))
    return "\n".join(told)


def _texts_within(thing: object, *, steps: int = 10**6) -> str:
    """Join every text and every bytes that an object holds on to, as deep as they are; modules aside."""
    told: list[str] = []
    seen: set[int] = set()
    level: list[object] = [thing]
    while level and steps:
        fresh = {id(one): one for one in level if id(one) not in seen and not isinstance(one, _ASIDE)}
        seen |= fresh.keys()
        told += [one for one in fresh.values() if isinstance(one, str)]
        told += [bytes(one).decode("latin-1") for one in fresh.values() if isinstance(one, bytes | bytearray)]
        level = [inner for one in fresh.values() for inner in _held_by(one)]
        steps -= 1
    return "\n".join(told)


_ASIDE = (type, types.ModuleType, types.CodeType, types.FrameType)


def _held_by(one: object) -> list[object]:
    """List what an object holds; of a function what it was given, and not its module."""
    if isinstance(one, types.FunctionType):
        return [*(one.__closure__ or ()), one.__defaults__, one.__kwdefaults__]
    return gc.get_referents(one)


OF_A_THING: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {
        "repr": repr,
        "str": lambda thing: f"{thing} {[thing]}",
        "attributes": _attributes,
        "attrs": lambda thing: repr(getattr(thing, "attrs", "")),
        "pprint": pprint.pformat,
        "rich": lambda thing: _printed_by_rich(rich.pretty.Pretty(thing)),
        "Jupyter": _displayed,
        "%whos": _listed,
        "pickle": _pickled,
        "copy": _copied,
        "json": _as_json,
        "memory": _texts_within,
    }
)


# A run: what is printed, logged and warned of meanwhile


@contextlib.contextmanager
def _printing() -> Iterator[io.StringIO]:
    """Catch what is printed; ``http.client`` is told to print what it sends, as guides to debugging say."""
    stream = io.StringIO()
    kept = http.client.HTTPConnection.debuglevel
    http.client.HTTPConnection.debuglevel = 1
    try:
        with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
            yield stream
    finally:
        http.client.HTTPConnection.debuglevel = kept


@contextlib.contextmanager
def _logging() -> Iterator[io.StringIO]:
    """Listen to every logger at DEBUG, with the fields of each record."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_EveryField())
    root = logging.getLogger()
    loggers = [
        root,
        *(one for one in logging.Logger.manager.loggerDict.values() if isinstance(one, logging.Logger)),
    ]
    levels = [(logger, logger.level, logger.disabled) for logger in loggers]
    root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.disabled = False
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        for logger, level, disabled in levels:
            logger.setLevel(level)
            logger.disabled = disabled


class _EveryField(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"{super().format(record)} {vars(record)!r}"


@contextlib.contextmanager
def _warning() -> Iterator[io.StringIO]:
    """Show every warning with the line of code that it comes from."""
    stream = io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda *told: stream.write(
            warnings.formatwarning(*told[:4]) + repr(vars(told[0]))
        )
        yield stream


@contextlib.contextmanager
def _dying_threads() -> Iterator[io.StringIO]:
    """Catch what is printed of exceptions that end a thread."""
    stream = io.StringIO()
    kept = threading.excepthook

    def show(told: threading.ExceptHookArgs) -> None:
        if told.exc_value is not None:
            stream.write(_hooked_in_a_thread(told.exc_value) + everything_shown(told.exc_value))

    threading.excepthook = show
    try:
        yield stream
    finally:
        threading.excepthook = kept


OF_A_RUN: Mapping[str, Callable[[], contextlib.AbstractContextManager[io.StringIO]]] = MappingProxyType(
    {
        "printed": _printing,
        "logged": _logging,
        "warned": _warning,
        "threads": _dying_threads,
    }
)


@contextlib.contextmanager
def watched() -> Iterator[Callable[[], dict[str, str]]]:
    """Go every way of a run at once; afterwards what is given tells what each one saw."""
    with contextlib.ExitStack() as ways:
        streams = {name: ways.enter_context(way()) for name, way in OF_A_RUN.items()}
        yield lambda: {name: stream.getvalue() for name, stream in streams.items()}


# A file


def _csv(path: Path) -> str:
    return path.read_text("utf-8-sig")


def _workbook(path: Path) -> str:
    with zipfile.ZipFile(path) as parts:
        return "\n".join(parts.read(name).decode("latin-1") for name in parts.namelist())


def _parquet(path: Path) -> str:
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    return f"{table.schema} {table.schema.metadata} {table.to_pylist()} {path.read_bytes().decode('latin-1')}"


OF_A_FILE: Mapping[str, Callable[[Path], str]] = MappingProxyType(
    {
        ".csv": _csv,
        ".xlsx": _workbook,
        ".parquet": _parquet,
        ".html": lambda path: path.read_text("utf-8"),
        ".ipynb": lambda path: path.read_text("utf-8"),
        "": lambda path: path.read_bytes().decode("latin-1"),
    }
)
"""By its ending; others are read as they are."""
