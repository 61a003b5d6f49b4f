from __future__ import annotations

import pytest

from tests.fire.measure import Measured, measure


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """The whole table, measured once for all tests that look at it."""
    return measure(tmp_path_factory.mktemp("fire"))
