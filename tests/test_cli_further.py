"""Further options of a metric on the command line: whatever its function takes that can be said in a word."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
import typer

from tegro_analytics import cli
from tegro_analytics.cli import asking
from tegro_analytics.cli.further import options_of, read_words
from tegro_analytics.metrics import METRICS
from tegro_analytics.sandbox.process import Sandbox

FURTHER = {option for name in METRICS for option in options_of(name)}


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        cli.main(["show", *words, "--quiet"])
    printed = capsys.readouterr()
    assert isinstance(end.value.code, int)
    return end.value.code, printed.out, printed.err


@pytest.mark.parametrize(
    ("metric", "words", "given"),
    [
        ("forecast", ["--days", "7", "--of=payments"], {"days": 7, "of": "payments"}),
        ("silence", ["--now", "2026-11-01 12:00"], {"now": "2026-11-01 12:00"}),
        ("flagged_orders", ["--flag", "paid_twice"], {"flag": "paid_twice"}),
        ("anomalies", ["--threshold", "5"], {"threshold": 5.0}),
        ("conversion_anomalies", ["--alpha=0.05"], {"alpha": 0.05}),
        ("time_to_pay", ["--at", "60,300"], {"at": [60, 300]}),
        ("revenue", ["--merchant-share", "0.1"], {"merchant_share": "0.1"}),
        ("revenue", ["--total-in", "RUB"], {"total_in": "RUB"}),
        ("match_orders", ["--on", "order", "--currency", "code"], {"on": "order", "currency": "code"}),
        ("cohorts", [], {}),
    ],
)
def test_words_become_what_the_signature_says(metric: str, words: list[str], given: dict[str, Any]) -> None:
    assert read_words(metric, words) == given


@pytest.mark.parametrize(
    ("metric", "words", "says"),
    [
        ("forecast", ["--days", "soon"], "--days takes a whole number, not 'soon'"),
        ("forecast", ["--days"], "--days needs a value: a whole number"),
        ("forecast", ["--flag", "x"], "forecast takes no --flag; beside the others it takes --days, --of"),
        ("cohorts", ["--days", "7"], "cohorts takes no --days"),
        ("revenue", ["--reference", "x"], "revenue takes no --reference"),
        ("revenue", ["october"], "revenue takes no 'october': its options begin with --"),
    ],
)
def test_what_a_metric_does_not_take_is_refused(metric: str, words: list[str], says: str) -> None:
    with pytest.raises(typer.BadParameter, match=says):
        read_words(metric, words)


def test_the_help_names_every_further_option() -> None:
    text = inspect.getdoc(asking.show) or ""
    named = {word.strip(",.:;").removeprefix("--") for word in text.split() if word.startswith("--")}
    assert named == FURTHER | {"mine"}


def test_the_command_passes_them_on(
    credentials: Sandbox, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "time_to_pay", "--at", "60,300", "--json")
    assert code == 0, err
    assert [row["seconds"] for row in json.loads(out)] == [60, 300]
    code, out, _ = run(capsys, "revenue", "--json", "--merchant-share", "0")
    assert code == 0
    for row in json.loads(out):
        assert float(row["net_volume"]) == float(row["gross_volume"]) - float(row["refunds"])
    code, out, err = run(capsys, "forecast", "--days", "soon")
    assert (code, out) == (2, "")
    assert "--days takes a whole number" in err
    code, _, err = run(capsys, "--days", "7", "forecast")
    assert code == 2
    assert "name the metric first" in err


def test_rates_come_from_a_file(
    credentials: Sandbox, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (in_folder / "rates.csv").write_text("date,currency,rate\n2020-01-01,USD,80\n")
    code, _, err = run(capsys, "revenue", "--total-in", "RUB", "--fx", "rates.csv")
    assert code == 2
    assert "there is no rate from USD to RUB for" in err
    assert run(capsys, "cohorts", "--fx", "rates.csv")[0] == 2
