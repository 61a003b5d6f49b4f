"""A strict Tegro of its own, on this machine: to try the toolkit on, and to test it against.

It runs in a process of its own, answers the eight methods of the API over HTTP with the rules of the real one
(signature, nonce, pages), and serves a seeded shop that looks like a real one. It imports nothing else of the
package, so a mistake of the client cannot hide in a mistake of its test.

``python -m tegro_analytics.sandbox`` (or ``tegro sandbox``) prints one JSON line with the address, the key
and the shops; :func:`start` does the same from Python and gives a handle.
:mod:`~tegro_analytics.sandbox.command` says when it ends, :mod:`~tegro_analytics.sandbox.control` how to look
into it and how to change its shop, :mod:`~tegro_analytics.sandbox.faults` how it can be told to misbehave.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tegro_analytics.sandbox.process import Sandbox, SandboxError, start

__all__ = ["Sandbox", "SandboxError", "main", "start"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a sandbox until it is stopped; see :mod:`tegro_analytics.sandbox.command`.

    Returns
    -------
    int
        0 when it was stopped, 130 after Ctrl-C.
    """
    from tegro_analytics.sandbox.command import INTERRUPTED, run

    try:
        return run(argv)
    except KeyboardInterrupt:
        return INTERRUPTED


def __getattr__(name: str) -> Any:
    if name in {"Sandbox", "SandboxError", "start"}:
        from tegro_analytics.sandbox import process

        return getattr(process, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
