"""How a command takes Ctrl-C and the wish of the system that it ends: once, with time to tidy up."""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType

__all__ = ["Heed", "heeding"]

TIDYING_SECONDS = 3.0
"""So long after a signal further ones are passed over: they would only stop the tidying up."""
MOMENT_SECONDS = 0.02
HEEDED = ("SIGINT", "SIGTERM", "SIGHUP")


class Heed:
    """Turn a signal into a KeyboardInterrupt, and remember it.

    Attributes
    ----------
    signal : int
        The first one that came; 0 before.
    """

    def __init__(self) -> None:
        self.signal = 0
        self._since: float | None = None
        self._hook = sys.unraisablehook

    @property
    def code(self) -> int:
        """The exit code that shells know for it; without one, that of Ctrl-C."""
        return 128 + (self.signal or signal.SIGINT)

    def take(self, number: int, frame: FrameType | None) -> None:
        """Interrupt what is being done, unless it was interrupted a moment ago."""
        if self._since is not None and time.monotonic() - self._since < TIDYING_SECONDS:
            return
        self.signal = self.signal or number
        if _is_delicate(frame):
            _again(number)
            return
        self._since = time.monotonic()
        raise KeyboardInterrupt

    def notice(self, lost: sys.UnraisableHookArgs) -> None:
        """Interrupt once more where the interruption came in a place that cannot be left by an exception."""
        if issubclass(lost.exc_type, KeyboardInterrupt) and self.signal:
            self._since = None
            _again(self.signal)
        else:
            self._hook(lost)


def _again(number: int) -> None:
    """Let the signal come once more, in a moment."""
    timer = threading.Timer(MOMENT_SECONDS, _thread.interrupt_main, (number,))
    timer.daemon = True
    timer.start()


def _is_delicate(frame: FrameType | None) -> bool:
    """Say whether something goes on that should end first.

    Libraries swallow what interrupts an import, and go on with half of what they need. A temporary file that
    was made, and not yet taken note of, is removed by nobody.
    """
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith("<frozen importlib") or file.endswith(f"{os.sep}tempfile.py"):
            return True
        frame = frame.f_back
    return False


@contextlib.contextmanager
def heeding(*, to_the_end: bool = False) -> Iterator[Heed]:
    """Heed the signals while the block runs; what was told to be ignored stays so, as under ``nohup``.

    Parameters
    ----------
    to_the_end
        Whether the process ends after the block: then Ctrl-C does nothing any more.
    """
    heed = Heed()
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name) for name in HEEDED if hasattr(signal, name)):
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, heed.take)
    hook, sys.unraisablehook = sys.unraisablehook, heed.notice
    try:
        yield heed
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if to_the_end and number == signal.SIGINT else handler)
