"""Marks that several modules put on their cases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

__all__ = ["first_of", "usually"]


def first_of(*values: Any, keep: int = 1) -> list[Any]:
    """Give all values; those after the first run where all tests do."""
    rest = [value if isinstance(value, tuple) else (value,) for value in values[keep:]]
    return [*values[:keep], *(pytest.param(*value, marks=pytest.mark.long) for value in rest)]


def usually(names: Iterable[str], *kept: str) -> list[Any]:
    """Give all names; those that are not kept run where all tests do."""
    every = list(names)
    assert set(kept) <= set(every)
    return [name if name in kept else pytest.param(name, marks=pytest.mark.long) for name in every]
