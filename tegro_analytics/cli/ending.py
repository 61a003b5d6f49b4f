"""How a command ends: with an exit code that a script can go by, and at most one line of why."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import Any

from tegro_analytics import exceptions
from tegro_analytics.cli.app import INTERRUPTED, app
from tegro_analytics.interruption import Heed, heeding
from tegro_analytics.texts import tr

__all__ = ["EXIT_CODES", "main", "run"]

EXIT_CODES: tuple[tuple[type[BaseException], int], ...] = (
    (exceptions.ConfigurationError, 3),
    (exceptions.StoreError, 3),
    (exceptions.ApiError, 4),
    (exceptions.TransportError, 4),
    (exceptions.SyncIncomplete, 5),
    (exceptions.OutcomeUnknown, 6),
    (exceptions.DataError, 2),
    (exceptions.ExportError, 2),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; ends the process with its exit code."""
    with heeding() as heed:
        code = run(list(sys.argv[1:] if arguments is None else arguments), heed)
    sys.exit(code)


def run(arguments: list[str], heed: Heed) -> int:
    """Run a command; gives its exit code."""
    warnings.showwarning = _show_warning
    code, problem = _end_of(arguments, heed)
    if heed.signal and not code:  # it came, and something swallowed it: what was done may be half of it
        code, problem = _interrupted(None, heed)
    if problem:
        print(f"tegro: {' '.join(problem.split())}", file=sys.stderr)
    return code


def _end_of(arguments: list[str], heed: Heed) -> tuple[int, str]:
    """Run a command to its end; gives its exit code and, where it has not done what it was to do, why."""
    try:
        app(arguments, prog_name="tegro")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
        return (code, "") if code != INTERRUPTED else _interrupted(end, heed)
    except exceptions.TegroError as error:
        return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1), str(error)
    except KeyboardInterrupt as end:
        return _interrupted(end, heed)
    except Exception as error:
        if heed.signal:  # a library may tell of Ctrl-C in a way of its own, as DuckDB does
            return _interrupted(error, heed)
        raise
    return 0, ""


def _interrupted(end: BaseException | None, heed: Heed) -> tuple[int, str]:
    """Find what the interrupted call has said, behind what typer made of it."""
    while end is not None and not isinstance(end, KeyboardInterrupt):
        end = end.__cause__ or end.__context__
    return heed.code, str(end or "") or tr("cli.interrupted")


def _show_warning(message: Warning | str, category: type[Warning], *place: Any, **_: Any) -> None:  # noqa: ARG001
    print(f"tegro: {tr('cli.warning')}: {message}", file=sys.stderr)
