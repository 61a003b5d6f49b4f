"""The command that moves money: a file of payouts, paid once however often, and what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tegro_analytics.sandbox.process import Sandbox, start
from tests.conftest import NOW
from tests.test_cli import run

Capture = pytest.CaptureFixture[str]

FILE = (
    "payment_id;currency;amount;account;payment_system\n"
    "march-1;RUB;100,50;4100111122223333;5\n"
    "march-2;RUB;1 000,00;4100111122224444;5\n"
)


@pytest.fixture
def bank(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Start a sandbox with money in it, its key in the environment, and a file of two payouts."""
    with start(orders=500, seed=5, now=NOW) as sandbox:
        monkeypatch.setenv("TEGRO_API_BASE", sandbox.base_url)
        monkeypatch.setenv("TEGRO_API_KEY", sandbox.api_key)
        monkeypatch.setenv("TEGRO_SHOP_ID", sandbox.shop_id)
        monkeypatch.setenv("TEGRO_CURRENCIES", "1=RUB,2=USD")
        monkeypatch.setenv("TEGRO_STORE", str(in_folder / "data"))
        monkeypatch.setenv("TEGRO_PAYOUTS_HEADLESS", "1")
        Path("march.csv").write_text(FILE, encoding="utf-8")
        yield sandbox


def sent(bank: Sandbox) -> int:
    return int(bank.log(limit=0)["by_method"].get("createWithdrawal", 0))


def test_a_dry_run_sends_nothing(bank: Sandbox, capsys: Capture) -> None:
    code, out, _ = run(capsys, "payouts", "--pay", "march.csv", "--dry-run")
    assert code == 0
    assert out.startswith("to be paid: 1100.50 RUB\n")
    assert sent(bank) == 0
    code, out, _ = run(capsys, "payouts", "--lang", "ru")
    assert (code, out) == (0, "Отсюда ещё ничего не отправлялось.\n")


def test_a_file_is_paid_once(bank: Sandbox, capsys: Capture) -> None:
    for _ in range(2):
        code, out, _ = run(capsys, "payouts", "--pay", "march.csv", "--json", "--quiet")
        rows = json.loads(out)
        assert code == 0
        assert [(row["payment_id"], row["state"], row["amount"], row["account"]) for row in rows] == [
            ("march-1", "accepted", "100.50", "***3333"),
            ("march-2", "accepted", "1000.00", "***4444"),
        ]
    assert sent(bank) == 2
    code, out, _ = run(capsys, "payouts", "--pay", "march.csv", "--lang", "ru", "--quiet")
    assert out.startswith("Отправлено раньше и повторно не отправлялось: 2.\n")


def test_an_unknown_outcome_is_exit_6_until_it_is_found_out(bank: Sandbox, capsys: Capture) -> None:
    bank.control("fault", name="close", methods=["createWithdrawal"], times=1)
    code, out, _ = run(capsys, "payouts", "--pay", "march.csv", "--quiet")
    assert code == 6
    assert out.startswith("Stopped: createWithdrawal: the connection ended before there was an answer.")
    assert "4100111122223333" not in out
    assert run(capsys, "payouts")[0] == 6
    code, out, _ = run(capsys, "payouts", "--resolve", "--json")
    assert code == 0
    assert [row["state"] for row in json.loads(out)] == ["accepted"]
    assert run(capsys, "payouts", "--pay", "march.csv", "--quiet")[0] == 0
    assert sent(bank) == 2


def test_a_wrong_file_is_refused_as_a_whole(bank: Sandbox, capsys: Capture) -> None:
    Path("march.csv").write_text(FILE.replace("100,50", "-1"), encoding="utf-8")
    code, _, err = run(capsys, "payouts", "--pay", "march.csv")
    assert code == 2
    assert "'march-1': -1 is not above zero" in err
    assert sent(bank) == 0


@pytest.mark.parametrize("spoilt", ["4,10011E+15", "4.10011E+15", "4E15"])
def test_an_account_that_a_spreadsheet_spoilt_is_refused(spoilt: str, bank: Sandbox, capsys: Capture) -> None:
    Path("march.csv").write_text(FILE.replace("4100111122223333", spoilt), encoding="utf-8")
    for words in (["--dry-run"], []):
        code, _, err = run(capsys, "payouts", "--pay", "march.csv", *words)
        assert code == 2
        assert "its last digits are lost" in err
    assert sent(bank) == 0


def test_nobody_is_asked_where_nobody_is(
    bank: Sandbox, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEGRO_PAYOUTS_HEADLESS")
    code, _, _ = run(capsys, "payouts", "--pay", "march.csv")
    assert code != 0
    assert sent(bank) == 0
