"""The tour of `tegro demo`: what a newcomer sees and finds afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

import tegro_analytics as ta
from tegro_analytics.tour import take

FILES = {
    "01_quickstart.html",
    "08_monthly_report.html",
    "orders-excel-ru.csv",
    "orders.csv",
    "report-en.xlsx",
    "report-ru.xlsx",
    *(
        f"charts/{name}-{lang}.png"
        for name in ("revenue", "fees", "conversion", "payment_systems")
        for lang in ("en", "ru")
    ),
}


@pytest.mark.long
def test_the_tour_prints_the_numbers_and_leaves_the_files(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert take(Path("demo"), orders=600, seed=7, lang="en", quiet=True) == 0
    printed = capsys.readouterr().out
    for words in (
        "[SANDBOX] 600 orders",
        "Revenue",
        "Fees",
        "Conversion in 24 h",
        "Payment systems",
        "Next:",
    ):
        assert words in printed
    files = {str(path.relative_to("demo")) for path in Path("demo").rglob("*") if path.is_file()}
    assert files == FILES
    assert {f"  demo/{name}" for name in files} <= set(printed.splitlines())
    assert len(ta.read_csv("demo/orders.csv")) == 600
    for chart in Path("demo/charts").iterdir():
        assert chart.read_bytes().startswith(b"\x89PNG")
        assert chart.stat().st_size > 20_000


@pytest.mark.long
def test_a_second_tour_replaces_the_files_of_the_first(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)  # as without the extra `lab`
    for orders in (60, 90):
        assert take(Path("demo"), orders=orders, seed=7, lang="ru", quiet=True) == 0
    assert len(ta.read_csv("demo/orders.csv")) == 90
    assert not Path("demo/01_quickstart.html").exists()
