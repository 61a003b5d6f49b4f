"""Processes that the tests of a store can kill."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.store.children import Children
from tests.store.children import children as kept


@pytest.fixture(scope="session")
def children() -> Iterator[Children]:
    """Keep one program that forks for all tests of a worker."""
    with kept() as every:
        yield every
