"""A sandbox that pays, one for each module, and the pauses of attempts made short."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tegro_analytics.payouts import steps
from tegro_analytics.sandbox.process import Sandbox, start
from tests.payouts.paid import Hours, Ledger, moved_by_hand, wait_for_port


@pytest.fixture(scope="module")
def _running() -> Iterator[Sandbox]:
    with start(orders=400, days=60, seed=7, page_size=40) as sandbox:
        yield sandbox


@pytest.fixture
def bank(_running: Sandbox) -> Iterator[Sandbox]:
    """Give a sandbox with money in it, whose withdrawals come in all three shapes; it has no faults."""
    yield _running
    wait_for_port(_running)
    _running.control("forget-faults")


@pytest.fixture
def ledger(bank: Sandbox, tmp_path: Path) -> Iterator[Ledger]:
    """Read what that sandbox has."""
    reader = Ledger(bank, tmp_path / "ledger")
    yield reader
    reader.client.close()


@pytest.fixture(autouse=True)
def _unwatched() -> Iterator[None]:
    """Leave no step watched to the next test."""
    yield
    steps.hook = None


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    """Give the clock of every desk."""
    return moved_by_hand(monkeypatch)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let attempts follow each other at once, and no answer be waited for long."""
    monkeypatch.setattr("tegro_analytics.api.retry._pause", lambda _: 0.01)
    monkeypatch.setattr("tegro_analytics.api.transport.READ_SECONDS", 0.4)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder for the data of a shop."""
    return tmp_path / "data"
