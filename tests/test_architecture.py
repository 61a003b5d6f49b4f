"""The rooms of the house: imports go one way, down, and nothing heavy is loaded before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "tegro_analytics"

FLOORS = [
    {"exceptions", "interruption", "prompt"},
    {"schemas", "privacy", "texts", "tracebacks"},
    {"credentials"},
    {"money", "settings", "reference", "progress"},
    {"api"},
    {"frames"},
    {"store"},
    {"sync"},
    {"payouts"},
    {"metrics"},
    {"charts"},
    {"reports"},
    {"card"},
    {"shop"},
    {"opening"},
    {"doctor", "pickers"},
    {"notebook"},
    {"tour"},
    {"cli"},
]
"""From the ground up: a module imports from its own room and from floors below, never from above."""


def rooms() -> set[str]:
    return {
        path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }


def imported_rooms(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides where it goes"
            base = node.module or ""
            names = [f"{base}.{alias.name}" for alias in node.names] if base == "tegro_analytics" else [base]
        found |= {name.split(".")[1] for name in names if name.startswith("tegro_analytics.")}
    return found


def test_every_room_has_its_floor() -> None:
    assert rooms() - {"__init__", "__main__", "sandbox"} == set().union(*FLOORS)


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_imports_go_down(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    imported = imported_rooms(path) - {room}
    if room in {"__init__", "__main__"}:
        return  # the front doors: one shows every room, lazily, the other is the command line
    if room == "sandbox":
        assert not imported, "the sandbox shares no code with what it tests"
        return
    floor = next(number for number, names in enumerate(FLOORS) if room in names)
    below = (
        set().union(*FLOORS[:floor])
        | {"__version__"}
        | ({"sandbox"} if room in {"shop", "opening", "cli"} else set())
    )
    assert imported <= below


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_names_say_something(path: Path) -> None:
    assert path.stem not in {"utils", "helpers", "common", "misc"}


HEAVY = ("pandas", "matplotlib", "duckdb", "requests", "pyarrow", "numpy", "scipy", "statsmodels", "pydantic")


@pytest.mark.parametrize(
    "line", ["import tegro_analytics", "from tegro_analytics.cli import main; main(['--help'])"]
)
def test_nothing_heavy_is_loaded(line: str) -> None:
    loaded = f"[name for name in {HEAVY!r} if name in sys.modules]"
    code = f"import sys\ntry:\n    {line}\nexcept SystemExit:\n    pass\nprint({loaded})"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[-1] == "[]"
