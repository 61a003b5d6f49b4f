"""What every test stands on: no settings of the machine, no folders of the user, English, and no screen."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

os.environ["MPLBACKEND"] = "Agg"

# The same examples in every run, and no deadline: a busy machine is no fault of the code.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")

NEEDS_MORE = ("browser", "office", "spark", "long")
"""Marks of tests that need a program or minutes: run with TEGRO_TEST_ALL=1, where a missing program fails."""


HOW_MUCH = ("TEGRO_TEST_ALL", "TEGRO_TEST_WORLDS")
"""What says how much is tested: everything, and how many worlds (tests/sync/test_worlds.py)."""

LEFT_OUT = pytest.StashKey[int]()


def pytest_configure() -> None:
    """Hear Ctrl-C, which a shell may have told whatever runs in the background to ignore."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get("TEGRO_TEST_ALL") == "1" or config.getoption("markexpr"):
        return
    left_out = [item for item in items if any(item.get_closest_marker(mark) for mark in NEEDS_MORE)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]
    config.stash[LEFT_OUT] = len(left_out)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the count from a worker to the process that prints the summary."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", 0)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if count := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(
            f"{count} tests that need a browser, LibreOffice, Spark or minutes were left out: "
            "TEGRO_TEST_ALL=1 runs them"
        )


GROUPS = (
    r"tests/fire/",
    r"tests/browser/",
    r"tests/reports/test_office",
    r"tests/spark/|.*\[(.*-)?spark in ",
)
"""Tests that one worker runs, by how their ids begin: they share what is dear, such as one Spark for all
that have it as a parameter, or a program that runs once at a time."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the groups together by their paths: the marks of pytest-xdist 3.8 are not seen by pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return next((group for group in GROUPS if re.match(group, nodeid)), nodeid)

    return ByGroup(config, log) if config.getoption("dist") == "loadgroup" else None


@pytest.fixture(autouse=True)
def _away_from_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let no setting, key or data of whoever runs the tests reach them, and none of theirs stay behind."""
    home = tmp_path_factory.getbasetemp() / "home"
    home.mkdir(exist_ok=True)
    for name in [name for name in os.environ if name.startswith("TEGRO_") and name not in HOW_MUCH]:
        monkeypatch.delenv(name)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    monkeypatch.setenv("TEGRO_LANG", "en")


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, where there is no .env and no tegro.toml."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
