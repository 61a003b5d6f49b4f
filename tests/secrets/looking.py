"""Go the ways of the table, and say what was seen on which."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from tegro_analytics import tracebacks
from tests.api.wire import Server
from tests.secrets.canaries import PEOPLE, found_in, secrets_of
from tests.secrets.routes import DEAR, OF_A_FILE, OF_AN_ERROR
from tests.secrets.shown import frames_of, is_of_a_test


def shown(error: BaseException, *, cheap: bool = False) -> dict[str, str]:
    """Go every way, without the frames of the test, which knows the secrets."""
    trace = error.__traceback__
    while trace is not None and is_of_a_test(trace.tb_frame):
        trace = trace.tb_next
    inside = error.with_traceback(trace)
    return {way: show(inside) for way, show in OF_AN_ERROR.items() if not cheap or way not in DEAR}


def leaks(ways: dict[str, str], secrets: list[str]) -> dict[str, list[str]]:
    return {way: found for way, text in ways.items() if (found := found_in(text, secrets))}


def files_of(folder: Path) -> str:
    """Give what every file holds but those of the store; see :func:`store_of`."""
    return _content(path for path in folder.rglob("*") if not KEPT & set(path.relative_to(folder).parts))


def store_of(folder: Path) -> str:
    """Give what the files of the store hold: they know people, no key, and are their owner's alone."""
    kept = [path for path in folder.rglob("*") if KEPT & set(path.relative_to(folder).parts)]
    if os.name == "posix":
        open_to_others = [path for path in kept if path.stat().st_mode & 0o077]
        assert open_to_others == []
    return _content(kept)


KEPT = {"store", "staging"}


def not_of_people(server: Server) -> list[str]:
    """List the secrets that the store must not know either."""
    return [secret for secret in secrets_of(server) if secret not in PEOPLE]


def _content(paths: Iterable[Path]) -> str:
    return "".join(
        f"{path} {OF_A_FILE.get(path.suffix, OF_A_FILE[''])(path)}" for path in paths if path.is_file()
    )


def only_outermost(error: BaseException) -> bool:
    """Say whether nothing of the inside is left but our outermost frame."""
    assert error.__cause__ is None
    assert error.__context__ is None
    return [frame.f_code.co_filename for frame in frames_of(error)] == [tracebacks.__file__]
