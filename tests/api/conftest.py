"""What the calls of one key share in a process, no two tests do: they have one key, and clocks of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tegro_analytics.api import pace


@pytest.fixture(autouse=True)
def _nothing_shared() -> Iterator[None]:
    pace._paces.clear()
    yield
