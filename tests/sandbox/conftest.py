from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tegro_analytics import sandbox
from tests.sandbox.wire import NOW, Caller, served

NONCES = itertools.count(10**9)


@pytest.fixture(scope="package")
def shared() -> Iterator[sandbox.Sandbox]:
    """A sandbox in a process of its own, for tests that change nothing in it."""
    with sandbox.start(orders=1_250, now=NOW) as running:
        yield running


@pytest.fixture
def caller(shared: sandbox.Sandbox) -> Iterator[Caller]:
    """A caller of the shared sandbox; no nonce of it was used before."""
    one = Caller(shared)
    one.nonces = NONCES
    shared.control("forget-log")
    yield one
    one.close()


@pytest.fixture
def own() -> Iterator[Caller]:
    """A caller of an empty sandbox, for one test to fill."""
    with served(orders=0) as one:
        yield one
