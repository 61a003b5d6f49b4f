"""The catalogue: every text in both languages, with the same places to fill."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from tegro_analytics import schemas
from tegro_analytics.exceptions import ConfigurationError
from tegro_analytics.texts import catalogue, language, plural, tr

PACKAGE = Path(__file__).parents[1] / "tegro_analytics"


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_every_text_is_whole(key: str) -> None:
    entry = catalogue()[key]
    assert set(entry) == {"en", "ru"}
    assert places(entry["en"]) == places(entry["ru"])
    assert all(text.strip() for text in entry.values())


def test_every_column_has_a_label() -> None:
    names = {column.name for table in schemas.TABLES.values() for column in table.columns}
    assert {f"column.{name}" for name in names} <= set(catalogue())


def test_every_key_in_the_code_is_in_the_catalogue() -> None:
    used = set()
    for path in PACKAGE.rglob("*.py"):
        used |= set(re.findall(r'\btr\(\s*"([a-z0-9_.]+)"', path.read_text(encoding="utf-8")))
    assert used <= set(catalogue())


def test_no_text_is_left_over() -> None:
    """Look for each key in the code, whole or, where the code puts it together, the end of it."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    made_of_names = ("table.", "status.", "count.")
    left = [key for key in catalogue() if not key.startswith(made_of_names)]
    for cut in range(5):
        left = [key for key in left if f'"{".".join(key.split(".")[cut:])}"' not in code]
    assert [key for key in left if not re.search(rf'\.{re.escape(key.rpartition(".")[2])}"', code)] == []


def test_the_language_is_asked_for_then_set_then_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEGRO_LANG", "ru")
    assert language("en") == "en"
    assert language() == "ru"
    monkeypatch.delenv("TEGRO_LANG")
    for system, expected in [("ru_RU", "ru"), ("Russian_Russia", "ru"), ("en_GB", "en"), (None, "en")]:
        monkeypatch.setattr("locale.getlocale", lambda system=system: (system, "UTF-8"))
        assert language() == expected


def test_another_language_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"'de'.*'ru' or 'en'"):
        language("de")


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, "1 заказ"),
        (2, "2 заказа"),
        (5, "5 заказов"),
        (11, "11 заказов"),
        (21, "21 заказ"),
        (20_000, "20\xa0000 заказов"),
    ],
)
def test_russian_counts(count: int, expected: str) -> None:
    assert plural("count.orders", count, "ru") == expected


def test_values_are_filled_in() -> None:
    assert tr("shop.title", "ru", name="{braces}") == "Магазин {braces}"
