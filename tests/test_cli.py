"""The command line, as somebody types it: what it prints, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tegro_analytics import cli
from tegro_analytics.sandbox.process import Sandbox, start
from tests.conftest import NOW


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        cli.main(list(words))
    printed = capsys.readouterr()
    assert isinstance(end.value.code, int)
    return end.value.code, printed.out, printed.err


def test_without_a_key_both_ways_out_are_named(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "show", "revenue")
    assert (code, out) == (3, "")
    assert err.count("\n") == 1
    assert "TEGRO_API_KEY" in err
    assert "--demo" in err


@pytest.mark.parametrize("place", ["environment", ".env", "tegro.toml"])
def test_a_key_from_each_place(
    place: str,
    tegro: Sandbox,
    in_folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = {
        "base_url": tegro.base_url,
        "api_key": tegro.api_key,
        "shop_id": tegro.shop_id,
        "currencies": "1=RUB,2=USD",
    }
    variables = {
        "TEGRO_API_BASE" if name == "base_url" else f"TEGRO_{name.upper()}": value
        for name, value in values.items()
    }
    if place == "environment":
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
    elif place == ".env":
        (in_folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
        (in_folder / ".env").chmod(0o600)
    else:
        (in_folder / "tegro.toml").write_text(
            "".join(f'{name} = "{value}"\n' for name, value in values.items())
        )
        (in_folder / "tegro.toml").chmod(0o600)
    code, out, err = run(capsys, "show", "revenue", "--json", "--quiet")
    assert code == 0, err
    assert [record["currency"] for record in json.loads(out)] == ["RUB", "USD"]


def test_json_has_money_as_exact_text(credentials: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "show", "fees", "--freq", "month", "--by", "family", "--json", "--quiet")
    records = json.loads(out)
    assert all(isinstance(record["fees"], str) for record in records)
    whole = sum(Decimal(record["fees"]) for record in records if record["currency"] == "RUB")
    assert whole == Decimal(
        next(row["fees"] for row in credentials.truth()["revenue"] if row["currency"] == "RUB")
    )


@pytest.mark.parametrize("metric", ["revenue", "fees", "conversion", "payment_systems"])
@pytest.mark.parametrize("lang", ["en", "ru"])
def test_each_metric_as_a_table(
    metric: str, lang: str, credentials: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "show", metric, "--lang", lang, "--quiet")
    assert code == 0
    assert ("RUB" in out) == (metric != "conversion")
    assert any("а" <= letter <= "я" for letter in out.lower()) == (lang == "ru")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["show", "profit"], 2, "no metric 'profit'; the metrics are"),
        (["show", "revenue", "--since", "yesterday"], 2, "since='yesterday'"),
        (["show", "revenue", "--freq", "fortnight"], 2, "fortnight"),
        (["show", "revenue", "--by", "colour"], 2, "colour"),
        (["show", "revenue", "--lang", "de"], 3, "TEGRO_LANG"),
        (["export", "order", "orders.csv"], 3, "no table 'order'"),
        (["export", "orders", "orders.doc"], 2, "orders.doc"),
        (["export", "orders", "orders.csv", "--dialect", "excel"], 2, "'rfc4180', 'excel-ru'"),
        (["export", "orders", "nowhere/orders.csv"], 2, "nowhere"),
        (["shiw"], 2, "Did you mean 'show'"),
    ],
)
def test_a_wrong_word_is_named(
    words: list[str], code: int, says: str, credentials: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    ended, out, err = run(capsys, *words, *(["--quiet"] if words[0] in ("show", "export") else []))
    assert ended == code
    assert says in err
    assert out == ""


def test_a_file_is_not_replaced_unasked(
    credentials: Sandbox, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (in_folder / "orders.csv").write_text("mine")
    code, _, err = run(capsys, "export", "orders", "orders.csv", "--quiet")
    assert code == 2
    assert "--overwrite" in err or "overwrite=True" in err
    assert (in_folder / "orders.csv").read_text() == "mine"
    code, out, _ = run(capsys, "export", "orders", "orders.csv", "--overwrite", "--json", "--quiet")
    assert code == 0
    assert json.loads(out) == {"files": ["orders.csv"]}
    assert len((in_folder / "orders.csv").read_text("utf-8-sig").splitlines()) == 1_501


@pytest.mark.long
def test_a_report_is_written(
    credentials: Sandbox, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(
        capsys, "report", "october.xlsx", "--since", "2026-10-01", "--until", "2026-11-01", "--quiet"
    )
    assert (code, out) == (0, "october.xlsx\n")
    assert (in_folder / "october.xlsx").read_bytes().startswith(b"PK")


def test_an_api_that_is_not_there(
    in_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with start(orders=10, now=NOW) as gone:
        address = gone.base_url
    monkeypatch.setattr("tegro_analytics.api.retry.ATTEMPTS", 1)  # no pauses
    for name, value in {"API_BASE": address, "API_KEY": "key", "SHOP_ID": "shop"}.items():
        monkeypatch.setenv(f"TEGRO_{name}", value)
    code, out, err = run(capsys, "show", "revenue", "--quiet")
    assert (code, out) == (4, "")
    assert "Traceback" not in err


def test_a_wrong_key_is_told_apart(
    credentials: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEGRO_API_KEY", "another key")
    code, _, err = run(capsys, "show", "revenue", "--quiet")
    assert code == 4
    assert "key" in err
    assert "another key" not in err


def test_what_is_not_verified_ends_with_5(
    credentials: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import dataclasses

    from tegro_analytics.sync.telling import Telling

    real = Telling.report
    monkeypatch.setattr(Telling, "report", lambda *given: dataclasses.replace(real(*given), verified=False))
    code, out, err = run(capsys, "show", "revenue", "--quiet")
    assert code == 5
    assert "RUB" in out
    assert "NOT verified" in err


def test_ctrl_c_ends_with_130(
    credentials: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tegro_analytics.shop.kept.sync", interrupt)
    code, out, err = run(capsys, "show", "revenue", "--quiet")
    assert (code, out) == (130, "")
    assert err.startswith("tegro: Interrupted.")


@pytest.mark.parametrize(
    "words",
    [[], ["demo"], ["show"], ["export"], ["report"], ["lab"], ["sandbox"]],
    ids=" ".join,
)
def test_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, *words, "--help")
    assert code == 0
    assert "usage: " in out.lower()


def test_the_sandbox_from_the_command_line_ends_with_its_input() -> None:
    command = [sys.executable, "-m", "tegro_analytics", "sandbox", "--orders", "5", "--now", NOW]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        assert facts["base_url"].startswith("http://127.0.0.1:")
        process.stdin.close()
        assert process.wait(timeout=20) == 0
