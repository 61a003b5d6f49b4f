"""How a command takes Ctrl-C and the wish of the system that it ends: once, with time to tidy up."""

from __future__ import annotations

import _thread
import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

__all__ = ["Heed", "heeding"]

TIDYING_SECONDS = 3.0
"""So long after a signal further ones are passed over: they would only stop the tidying up."""
IMPORT_SECONDS = 0.02
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

    @property
    def code(self) -> int:
        """The exit code that shells know for it; without one, that of Ctrl-C."""
        return 128 + (self.signal or signal.SIGINT)

    def take(self, number: int, frame: FrameType | None) -> None:
        """Interrupt what is being done, unless it was interrupted a moment ago."""
        if self._since is not None and time.monotonic() - self._since < TIDYING_SECONDS:
            return
        self.signal = self.signal or number
        if _is_import(frame):
            # Libraries swallow an interruption there, and go on with half of what they need.
            again = threading.Timer(IMPORT_SECONDS, _thread.interrupt_main, (number,))
            again.daemon = True
            again.start()
            return
        self._since = time.monotonic()
        raise KeyboardInterrupt


def _is_import(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
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
    try:
        yield heed
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if to_the_end and number == signal.SIGINT else handler)
