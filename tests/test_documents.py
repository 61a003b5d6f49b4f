"""README and README.ru: their code runs, their commands run, and both say the same."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import tegro_analytics
from tests.documents import READMES, ROOT, blocks, commands
from tests.marks import first_of

SMALL = 2_000
"""How many orders the demo shop of a document has in the tests."""


@pytest.fixture
def small_demo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let `ta.demo()` be smaller than for a reader, and end what it opened."""
    opened: list[Any] = []
    real: Callable[..., Any] = tegro_analytics.demo

    def demo(**options: Any) -> Any:
        opened.append(real(**{"orders": SMALL, **options}))
        return opened[-1]

    monkeypatch.setattr(tegro_analytics, "demo", demo)
    yield
    for shop in opened:
        shop.close()


@pytest.mark.parametrize("document", first_of(*READMES))
def test_the_code_runs_from_top_to_bottom(document: str, in_folder: Path, small_demo: None) -> None:
    import matplotlib.pyplot as plt

    names: dict[str, Any] = {}
    for number, block in enumerate(blocks(document, "python")):
        exec(compile(block, f"{document}, Python block {number}", "exec"), names)
    assert (in_folder / "report.xlsx").stat().st_size > 10_000
    bars = [patch.get_height() for patch in names["axes"].patches]
    expected = tegro_analytics.revenue(names["paid"], by="weekday")["gross_volume"]
    assert bars == pytest.approx(list(expected))
    assert len(bars) == 7
    plt.close("all")


@pytest.mark.long
@pytest.mark.parametrize("document", READMES)
def test_the_commands_run(document: str, in_folder: Path) -> None:
    calls = [words for words in commands(document) if words[0] == "tegro"]
    assert len(calls) == 12
    for words in calls:
        answer = subprocess.run(
            [sys.executable, "-m", "tegro_analytics", *words[1:]],
            capture_output=True,
            text=True,
            env=_environment(),
        )
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout.strip()
    assert {path.name for path in in_folder.iterdir()} == {
        "orders.csv",
        "orders-ru.csv",
        "report.xlsx",
        "report.html",
        "register.csv",
        "dataset",
    }


@pytest.mark.parametrize("document", ["docs/payouts.md", "docs/payouts.ru.md"])
def test_the_page_of_payouts_runs(document: str, in_folder: Path, small_demo: None) -> None:
    names: dict[str, Any] = {}
    for number, block in enumerate(blocks(document, "python")):
        exec(compile(block, f"{document}, Python block {number}", "exec"), names)
    paid = names["shop"].payouts
    assert sorted(paid["payment_id"]) == ["Order #1", "nov-1", "nov-2", "salary-2026-11-ivanov"]
    assert set(paid["state"]) == {"accepted"}
    assert paid["sends"].tolist() == [1, 1, 1, 1]


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "TEGRO_DEMO_ORDERS": str(SMALL), "PYTHONWARNINGS": "error"}


def test_the_make_targets_are_there() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for document in READMES:
        named = {words[1] for words in commands(document) if words[0] == "make"}
        assert named == {"demo", "test"} <= set(targets)


def test_both_readmes_say_the_same() -> None:
    english, russian = ((ROOT / document).read_text(encoding="utf-8") for document in READMES)
    for pattern in (r"^## ", r"^\| `TEGRO_", r"^\| \d+ \|", r"^- ", r"^```"):
        assert len(re.findall(pattern, english, re.MULTILINE)) == len(
            re.findall(pattern, russian, re.MULTILINE)
        )
    variables = re.compile(r"TEGRO_[A-Z]+(?:_[A-Z]+)*")
    assert variables.findall(english) == variables.findall(russian)


def test_every_setting_is_in_the_readme() -> None:
    from tegro_analytics.settings import Settings

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        variable = str(field.validation_alias or f"TEGRO_{name.upper()}")
        assert f"`{variable}`" in text, name


def test_every_exit_code_is_in_the_readme() -> None:
    from tegro_analytics import cli

    codes = {code for _, code in cli.EXIT_CODES} | {0, 1, cli.UNVERIFIED, cli.INTERRUPTED}
    for document in READMES:
        listed = re.findall(r"^\| (\d+) \|", (ROOT / document).read_text(encoding="utf-8"), re.MULTILINE)
        assert {int(code) for code in listed} == codes
