"""The main job, end to end: what `tegro show --json` prints is what the sandbox knows of itself.

The sandbox computes its truth from integers and shares no code with the package.
"""

from __future__ import annotations

import itertools
import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tegro_analytics import cli
from tegro_analytics.sandbox.process import Sandbox, start
from tegro_analytics.store import Store
from tests.conftest import NOW

ORDERS = ("newest", "oldest", "out-of-step", "hashed")
ENDS = ("empty", "clamp", "first-page", "error", "null")
SEEDS = (1, 2, 3)

A_FEW = [
    ("hashed", "error", 2),
]
"""The oddest order and end of the list; the `long` run has all with all."""

MONEY = ("gross_volume", "fees", "refunds", "net_volume", "average_ticket")
RATES = ("refund_rate", "refund_rate_value")
COUNTS = ("payments", "active_days", "zero_days", "undated_refunds", "excluded_negative")


def shown(
    capsys: pytest.CaptureFixture[str],
    sandbox: Sandbox,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *words: str,
) -> list[dict[str, Any]]:
    """Run a command on the sandbox as a user would, and read its JSON."""
    monkeypatch.setenv("TEGRO_API_BASE", sandbox.base_url)
    monkeypatch.setenv("TEGRO_API_KEY", sandbox.api_key)
    monkeypatch.setenv("TEGRO_SHOP_ID", sandbox.shop_id)
    monkeypatch.setenv("TEGRO_CURRENCIES", "1=RUB,2=USD")
    monkeypatch.setenv("TEGRO_STORE", str(folder))
    with pytest.raises(SystemExit) as end:
        cli.main([*words, "--json", "--quiet"])
    printed = capsys.readouterr()
    assert end.value.code == 0, printed.err
    records: list[dict[str, Any]] = json.loads(printed.out)
    return records


def known_at(folder: Path) -> str:
    """Say when the store learnt what it holds, as the sandbox writes a moment: days count up to then."""
    moment = Store(folder / "store").status().first_run
    assert moment is not None
    return format(moment.astimezone(ZoneInfo("Europe/Moscow")), "%Y-%m-%d %H:%M:%S")


def assert_same(record: dict[str, Any], truth: dict[str, Any]) -> None:
    for name in MONEY:
        assert Decimal(record[name]) == Decimal(truth[name]), name
    for name in COUNTS:
        if name in truth:
            assert record[name] == truth[name], name
    for name in RATES:
        numerator, denominator = (int(part) for part in truth[name].split("/"))
        assert record[name] == (float(Fraction(numerator, denominator)) if denominator else None), name


EVERY = [
    pytest.param(*world, marks=[] if world in A_FEW else [pytest.mark.long])
    for world in itertools.product(ORDERS, ENDS, SEEDS)
]


@pytest.mark.parametrize(("order", "end", "seed"), EVERY)
def test_revenue_is_the_truth(
    order: str,
    end: str,
    seed: int,
    in_folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with start(orders=20_000, seed=seed, order=order, end=end, now=NOW) as sandbox:
        records = shown(capsys, sandbox, in_folder, monkeypatch, "show", "revenue")
        log = sandbox.log(method="orders", limit=0)
        truth = sandbox.truth(as_of=known_at(in_folder))["revenue"]
    assert log["attempts"] >= 200
    assert [record["currency"] for record in records] == [row["currency"] for row in truth] == ["RUB", "USD"]
    for record, row in zip(records, truth, strict=True):
        assert_same(record, row)


def test_every_day_is_the_truth(
    tegro: Sandbox, in_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    records = shown(capsys, tegro, in_folder, monkeypatch, "show", "revenue", "--freq", "day")
    truth = {(row["currency"], row["day"]): row for row in tegro.truth()["revenue_by_day"]}
    paid = [record for record in records if record["payments"]]
    assert {(record["currency"], record["period_start"][:10]) for record in paid} == {
        key for key, row in truth.items() if row["payments"]
    }
    for record in paid:
        assert_same(record, truth[record["currency"], record["period_start"][:10]])
