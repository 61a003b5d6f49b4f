"""The seasonal method alone, for what an oracle or the eye can follow."""

from __future__ import annotations

import pytest

from tegro_analytics.metrics.watching import backtests


@pytest.fixture
def seasonal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtests, "METHODS", {"seasonal": backtests.seasonal})
