"""The steps at which the store can be stopped: tests end the process at each, and look at what is left.

Nothing happens at them otherwise: :data:`hook` is None, and nothing but a test sets it.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["STEPS", "reach"]

STEPS = (
    "locked",
    "draft made",
    "migration begun",
    "migration written",
    "migration committed",
    "draft checkpointed",
    "draft in place",
    "opened",
    "merge begun",
    "staged",
    "ledger written",
    "old rows deleted",
    "new rows written",
    "seen rows marked",
    "run written",
    "committed",
    "checkpointed",
    "closed",
    "receipt drafted",
    "receipt in place",
    "rewriting begun",
    "rewritten",
    "rewritten in place",
)
"""The steps of making a store, of a merge with its receipt, and of rewriting the file."""

hook: Callable[[str], None] | None = None
"""Called with the name of each step."""


def reach(step: str) -> None:
    """Say that a step has been reached."""
    if hook is not None:
        hook(step)
