"""Every test of a chart leaves pyplot as empty as it found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.charts.tables import close_all


@pytest.fixture(autouse=True)
def _no_figures() -> Iterator[None]:
    yield
    close_all()
