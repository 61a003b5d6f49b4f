"""Ask a person for a secret, where there is one: what is typed shows nowhere."""

from __future__ import annotations

import contextlib
import getpass
import os
import sys
import warnings
from typing import Any

__all__ = ["ask_hidden", "notebook_shell", "somebody_is_there"]

_ROBOTS = ("CI", "TF_BUILD", "JENKINS_URL", "TEAMCITY_VERSION")
"""Variables that say that a machine runs this, whatever the terminal looks like."""


def ask_hidden(question: str) -> str | None:
    """Ask once, without an echo.

    A person is there where the standard input is a terminal and this program is in its foreground, or where
    the page of a notebook can ask. A program that builds and tests is nobody.

    Returns
    -------
    str or None
        What was typed, without blanks around it; None where nobody is there, or nobody answered.
    """
    if not somebody_is_there():
        return None
    with warnings.catch_warnings():
        # The echo cannot be switched off: better not to ask.
        warnings.simplefilter("error", getpass.GetPassWarning)
        with contextlib.suppress(
            EOFError, NotImplementedError, OSError, UnicodeError, getpass.GetPassWarning
        ):
            return getpass.getpass(question).strip() or None
    return None


def notebook_shell() -> Any:
    """Give the IPython that runs this, or None."""
    return getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()


def somebody_is_there() -> bool:
    """Say whether a person could answer a question now."""
    if any(os.environ.get(name, "").strip().lower() not in ("", "0", "false") for name in _ROBOTS):
        return False
    kernel = getattr(notebook_shell(), "kernel", None)
    if kernel is not None:
        # While a cell runs the kernel stands in for getpass: at other times the terminal of the server would.
        return getattr(getpass.getpass, "__self__", None) is kernel
    try:
        return sys.stdin.isatty() and _in_foreground()
    except (AttributeError, ValueError, OSError):  # no standard input, or a closed one
        return False


def _in_foreground() -> bool:
    """Say whether reading from the terminal would be allowed: it stops a program in the background."""
    return os.name != "posix" or os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
