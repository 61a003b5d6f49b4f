"""Frames of every engine, and the proof that each stays where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import is_hypothesis_test, settings

from tegro_analytics.metrics.engines import source as engine_module
from tests.golden import ENGINES, MOSCOW, native


def forbid(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    """Make a way of computing raise."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError(f"{name} must not be used here")

    monkeypatch.setattr(owner, name, refuse)


@pytest.fixture(params=ENGINES)
def frame_of(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Give a function that makes frames of one engine, and close the ways of the others."""
    engine: str = request.param

    def make(table: pa.Table, zone: Any = MOSCOW) -> Any:
        frame = native(engine, table, zone=zone)
        if not engine.startswith("pandas"):
            forbid(monkeypatch, engine_module, "_from_pandas")
        if engine.startswith(("polars", "duckdb", "spark")):
            forbid(monkeypatch, engine_module, "_from_arrow")
            forbid(monkeypatch, engine_module, "_in_duckdb")
            monkeypatch.setattr(duckdb, "connect", None)
        return frame

    return make


EXAMPLES_ON_SPARK = 4


@pytest.fixture(autouse=True)
def _few_examples_on_spark(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave fewer examples where every query takes the better part of a second."""
    test = getattr(request.function, "__func__", request.function)
    if request.node.get_closest_marker("spark") and is_hypothesis_test(test):
        name = "_hypothesis_internal_use_settings"
        monkeypatch.setattr(test, name, settings(getattr(test, name), max_examples=EXAMPLES_ON_SPARK))


@pytest.fixture(autouse=True)
def _plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the metrics that need the plan of a merchant have one."""
    monkeypatch.setenv("TEGRO_PLAN", "starter")
