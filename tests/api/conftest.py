"""What the calls of one key share in a process, no two tests share: their clocks differ."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tegro_analytics.api import pace, reserve


@pytest.fixture(autouse=True)
def _nothing_shared() -> None:
    pace.PACES.clear()
    reserve.RESERVES.clear()


@pytest.fixture(autouse=True, scope="module")
def _short_collections() -> Iterator[None]:
    """Let the garbage collector pass by what was there before: looking through it outlasts some deadlines."""
    gc.freeze()
    yield
    gc.unfreeze()
