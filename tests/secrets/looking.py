"""Go the ways of the table, and say what was seen on which."""

from __future__ import annotations

from pathlib import Path

from tegro_analytics import tracebacks
from tests.secrets.canaries import found_in
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
    return "".join(
        f"{path} {OF_A_FILE.get(path.suffix, OF_A_FILE[''])(path)}"
        for path in folder.rglob("*")
        if path.is_file()
    )


def only_outermost(error: BaseException) -> bool:
    """Say whether nothing of the inside is left but our outermost frame."""
    assert error.__cause__ is None
    assert error.__context__ is None
    return [frame.f_code.co_filename for frame in frames_of(error)] == [tracebacks.__file__]
