"""Processes that sync, and that the tests can kill."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.store.children import Children
from tests.store.children import children as kept


@pytest.fixture(scope="session")
def children() -> Iterator[Children]:
    """Keep one program that forks for all tests of a worker."""
    with kept(deeds="tests.sync.programs") as every:
        yield every
