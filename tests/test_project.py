"""The files around the package say the same as the package."""

from __future__ import annotations

import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

import tegro_analytics

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONDA_NAMES = {"duckdb": "python-duckdb", "tzdata": "python-tzdata"}
"""What conda-forge calls otherwise."""


def floors(requirements: list[str]) -> dict[str, str]:
    return dict(requirement.split(">=") for requirement in requirements)


def conda() -> dict[str, str]:
    lines = (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines()
    return floors(
        [line.removeprefix("  - ") for line in lines if re.fullmatch(r"  - [a-z-]+>=[0-9.]+", line)]
    )


def test_environment_has_the_names_and_floors_of_the_project() -> None:
    wanted = floors(PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["lab"])
    wanted = {CONDA_NAMES.get(name, name): floor for name, floor in wanted.items()}
    wanted["python"] = PROJECT["project"]["requires-python"].removeprefix(">=")
    assert conda() == wanted


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if re.match(r'    "[a-z0-9-]+>=[0-9.]+"', line)]
    everything = [
        *PROJECT["project"]["dependencies"],
        *chain.from_iterable(PROJECT["project"]["optional-dependencies"].values()),
    ]
    assert len(lines) == len(everything)
    assert all(re.search(r"# .{10,}", line) for line in lines)


def test_constraints_meet_the_floors_and_name_no_host() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([A-Za-z0-9._-]+)==([0-9][^\s]*)$", text, re.MULTILINE))
    assert len(pins) == len(text.splitlines())
    known = {name.lower().replace("_", "-"): pin for name, pin in pins.items()}
    extras = PROJECT["project"]["optional-dependencies"]
    for name, floor in floors(PROJECT["project"]["dependencies"] + extras["lab"] + extras["dev"]).items():
        have = [int(part) for part in re.findall(r"\d+", known[name])]
        assert have >= [int(part) for part in floor.split(".")], name


def test_version_is_one() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    top = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    assert top
    assert top[1] == PROJECT["project"]["version"] == tegro_analytics.__version__


def test_public_names_are_there_and_sorted() -> None:
    names = [name for name in tegro_analytics.__all__ if name != "__version__"]
    assert names == sorted(names)
    assert all(getattr(tegro_analytics, name) is not None for name in names)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        tegro_analytics.nothing_like_it  # noqa: B018  the look-up is the test


def test_make_prints_every_target() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make (\w+)", listed, re.MULTILINE) == [
        "help", "demo", "test", "lint", "format", "types", "check", "bench", "definitions", "lab", "clean",
    ]  # fmt: skip


def test_nothing_generated_is_committed() -> None:
    answer = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if answer.returncode:  # an archive without its history has nothing to look at
        return
    endings = (".xlsx", ".csv", ".parquet", ".png", ".html", ".pdf", ".duckdb", ".pyc")
    known = ("tegro_analytics/reference/", "tests/data/")
    assert [f for f in answer.stdout.split("\n") if f.endswith(endings) and not f.startswith(known)] == []
