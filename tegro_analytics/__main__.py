"""The front door of the command line: ``tegro``, and ``python -m tegro_analytics``."""

from __future__ import annotations

import sys

from tegro_analytics.interruption import heeding


def enter() -> None:
    """Run a command; from the first moment on, Ctrl-C ends it with a line and no traceback."""
    with heeding(to_the_end=True) as heed:
        try:
            from tegro_analytics.cli import run

            code = run(sys.argv[1:], heed)
        except KeyboardInterrupt:
            sys.stderr.write("tegro: Interrupted.\n")
            code = heed.code
    sys.exit(code)


if __name__ == "__main__":
    enter()
