"""The steps at which a payout can be stopped: tests end the process at each, and look at what is left.

Nothing happens at them otherwise: :data:`hook` is None, and nothing but a test sets it.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["STEPS", "reach"]

STEPS = (
    "locked",
    "preparing",
    "prepared",
    "looked before",
    "sending",
    "sent committed",
    "answered",
    "ending",
    "ended",
    "looked",
    "scanned",
    "resolving",
    "resolved",
)
"""The steps of a payout, and of finding out what became of one."""

hook: Callable[[str], None] | None = None
"""Called with the name of each step."""


def reach(step: str) -> None:
    """Say that a step has been reached."""
    if hook is not None:
        hook(step)
