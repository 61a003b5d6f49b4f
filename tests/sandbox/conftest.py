from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

import pytest

from tegro_analytics import sandbox
from tegro_analytics.sandbox.clock import parse_moment
from tegro_analytics.sandbox.command import listen
from tegro_analytics.sandbox.options import Options
from tegro_analytics.sandbox.traffic import Traffic
from tegro_analytics.sandbox.world import World
from tests.sandbox.wire import NOW, Caller

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
    """A caller of an empty sandbox, for one test to fill; it runs in this process, which saves its start."""
    world = World(Options(now=parse_moment(NOW), orders=0))
    server, facts = listen(world, traffic=Traffic(world), stop=threading.Event())
    names = {name: facts[name] for name in ("base_url", "shop_id", "api_key", "user_id")}
    with server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        one = Caller(sandbox.Sandbox(**names, facts=facts, process=None))  # type: ignore[arg-type]
        one.server = server
        yield one
        one.close()
        server.shutdown()
        serving.join()
