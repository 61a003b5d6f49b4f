"""The commands that keep: sync, status, find, changes, backup, doctor; and a data set of Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tegro_analytics.sandbox.process import Sandbox, start
from tests.conftest import NOW
from tests.test_cli import run

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def moving(in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Start a sandbox of its own, with its key in the environment and no store yet."""
    with start(orders=250, seed=5, now=NOW) as sandbox:
        monkeypatch.setenv("TEGRO_API_BASE", sandbox.base_url)
        monkeypatch.setenv("TEGRO_API_KEY", sandbox.api_key)
        monkeypatch.setenv("TEGRO_SHOP_ID", sandbox.shop_id)
        monkeypatch.setenv("TEGRO_CURRENCIES", "1=RUB,2=USD")
        monkeypatch.setenv("TEGRO_STORE", str(in_folder / "data"))
        yield sandbox


def a_payment() -> tuple[int, Decimal, str]:
    """Choose a payment of the store: its number, amount, and month."""
    with duckdb.connect("data/store/store.duckdb", read_only=True) as store:
        found = store.execute(
            "SELECT id, amount, paid_month FROM orders WHERE status = 1 AND currency = 'RUB' AND NOT is_test "
            "AND amount > 0 AND contains(email, '@') ORDER BY id LIMIT 1"
        ).fetchall()
    number, amount, month = found[0]
    return number, amount, month


def roubles(capsys: Capture, *words: str) -> dict[str, str]:
    rows = json.loads(run(capsys, "show", "revenue", "--json", "--quiet", *words)[1])
    return next(row for row in rows if row["currency"] == "RUB")


def test_sync_says_what_it_brought(moving: Sandbox, capsys: Capture) -> None:
    code, out, _ = run(capsys, "sync")
    assert code == 0
    assert out.startswith("[SANDBOX] 250 orders: 250 new, 0 changed, 0 in quarantine; ")
    moving.control("insert", count=2)
    code, out, _ = run(capsys, "sync", "--json")
    report = json.loads(out)
    assert (report["new"], report["end_seen"], report["complete"]) == (2, "known", True)
    code, out, _ = run(capsys, "sync", "--full", "--json")
    assert json.loads(out)["unchanged"] == 252


def test_status_needs_no_key_and_no_network(
    moving: Sandbox, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Nothing has been read yet" in run(capsys, "status")[1]
    run(capsys, "sync")
    moving.kill()
    monkeypatch.delenv("TEGRO_API_KEY")
    code, out, _ = run(capsys, "status")
    lines = dict(line.split("  ", 1) for line in out.splitlines())
    assert code == 0
    assert lines["Orders"].strip() == "250 rows"
    assert lines["Syncs"].strip().startswith("1 sync, 2")
    known = json.loads(run(capsys, "status", "--json")[1])
    assert (known["rows"]["orders"], known["last_run"]["kind"]) == (250, "full")
    assert known["last_run"]["evidence"]["lists"][moving.shop_id]["orders"]["list_order"] == "newest"


@pytest.mark.long
def test_find_gives_every_version(moving: Sandbox, capsys: Capture) -> None:
    run(capsys, "sync")
    number, amount, _ = a_payment()
    orders = json.loads(run(capsys, "find", str(number), "--json")[1])
    assert [(row["id"], row["amount"]) for row in orders] == [(number, str(amount))]
    moving.control("refund", ids=[number])
    run(capsys, "sync", "--full")
    code, out, _ = run(capsys, "find", str(number), "--history")
    head, *versions = out.splitlines()
    assert code == 0
    assert "version_from" in head
    assert [line.split().count("refunded") for line in versions] == [0, 1]
    assert run(capsys, "find", "nobody@site.ru")[1:] == ("", "There is no such order in the store.\n")


@pytest.mark.long
def test_emails_are_masked_in_what_is_found_unless_asked_for(moving: Sandbox, capsys: Capture) -> None:
    run(capsys, "sync")
    number = a_payment()[0]
    masked = json.loads(run(capsys, "find", str(number), "--json")[1])[0]["email"]
    whole = json.loads(run(capsys, "find", str(number), "--json", "--pii")[1])[0]["email"]
    assert "***" in masked
    assert "***" not in whole
    assert [row["id"] for row in json.loads(run(capsys, "find", whole, "--json")[1])].count(number) == 1


@pytest.mark.long
def test_changes_say_what_was_restated(moving: Sandbox, capsys: Capture) -> None:
    run(capsys, "sync")
    assert run(capsys, "changes", "--since", "2100-01-01")[1:] == ("", "Nothing was restated.\n")
    began = json.loads(run(capsys, "status", "--json")[1])["first_run"]
    first = roubles(capsys)
    number, amount, month = a_payment()
    moving.control("refund", ids=[number])
    run(capsys, "sync", "--full")
    code, out, _ = run(capsys, "changes", "--since", began)
    assert code == 0
    assert f"order {number}, paid in " in out
    assert "refunded" in out
    rows = json.loads(run(capsys, "changes", "--since", began, "--json")[1])
    sums = [row for row in rows if row["field"] == "refunds"]
    assert [(row["id"], row["effect"], row["paid_month"]) for row in sums] == [(number, str(-amount), month)]
    assert roubles(capsys, "--as-of", began) == first
    assert Decimal(roubles(capsys)["refunds"]) == Decimal(first["refunds"]) + amount


@pytest.mark.long
def test_backup_is_a_whole_store(moving: Sandbox, capsys: Capture, in_folder: Path) -> None:
    run(capsys, "sync")
    assert run(capsys, "backup", "copy.duckdb")[:2] == (0, "copy.duckdb\n")
    assert run(capsys, "backup", "copy.duckdb")[0] == 2
    with duckdb.connect(in_folder / "copy.duckdb", read_only=True) as copy:
        assert copy.execute("SELECT count(*) FROM orders").fetchall() == [(250,)]


@pytest.mark.long
def test_a_data_set_is_partitioned_by_month(moving: Sandbox, capsys: Capture, in_folder: Path) -> None:
    code, out, _ = run(capsys, "export", "orders", "set", "--format", "parquet", "--quiet")
    assert (code, out) == (0, "set\n")
    assert len(list((in_folder / "set").glob("month=*"))) > 10
    rows = duckdb.sql(f"SELECT count(*), count(DISTINCT created_month) FROM '{in_folder}/set/**/*.parquet'")
    assert rows.fetchall()[0][0] == 250


def test_the_doctor_finds_nothing(moving: Sandbox, capsys: Capture) -> None:
    run(capsys, "sync")
    code, out, _ = run(capsys, "doctor")
    assert code == 0
    assert out.endswith("Everything works.\n")
    assert "order: newest; end: empty; rows on a page: 100" in out
    assert moving.api_key not in out


@pytest.mark.long
def test_the_doctor_finds_what_is_wrong(
    moving: Sandbox, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEGRO_SHOP_ID", "1913EA9D9351469B1E5D852A")
    code, out, _ = run(capsys, "doctor", "--json")
    found = json.loads(out)
    assert code == found["exit_code"] != 0
    assert [check["name"] for check in found["checks"] if check["state"] == "bad"]
    moving.kill()
    monkeypatch.setattr("tegro_analytics.api.retry.ATTEMPTS", 1)  # no pauses
    code, out, _ = run(capsys, "doctor")
    assert code == 4
    assert "BAD " in out


@pytest.mark.parametrize("words", ["sync", "status", "find", "changes", "backup", "doctor"])
def test_help(words: str, capsys: Capture) -> None:
    assert "usage: " in run(capsys, words, "--help")[1].lower()
