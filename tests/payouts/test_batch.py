"""Tables of payouts: refused as a whole before a byte is sent, killed and run again, each row paid once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tegro_analytics.exceptions import ConfigurationError, DataError, MissingColumn, NeverSent
from tegro_analytics.payouts import steps
from tegro_analytics.sandbox.faults import REFUSED
from tegro_analytics.sandbox.process import Sandbox
from tegro_analytics.shop import Shop
from tests.payouts import deeds
from tests.payouts.paid import ACCOUNT, Ledger, nothing_is_sent, open_paying, pay, sends, state
from tests.store.children import KILLED, Children, children

COLUMNS = "payment_id,currency,amount,account,payment_system"


def row(payment_id: Any = "b-1", **changes: Any) -> dict[str, Any]:
    body = {"currency": "RUB", "amount": "10.00", "account": ACCOUNT, "payment_system": 5}
    return {"payment_id": payment_id, **body, **changes}


def rows(count: int, name: str) -> list[dict[str, Any]]:
    return [row(f"{name}-{number}", amount=f"{number + 1}.50") for number in range(count)]


@pytest.fixture
def shop(bank: Sandbox, folder: Path) -> Iterator[Shop]:
    with open_paying(
        bank, folder, payout_limit="RUB=5000", payout_day_limit="RUB=20000,USD=100000"
    ) as opened:
        yield opened


# Refused as a whole

WRONG: dict[str, tuple[list[dict[str, Any]], type[Exception], str]] = {
    "no column": ([{"payment_id": "b", "currency": "RUB", "amount": 1}], MissingColumn, "'account'"),
    "NaN": ([row(amount=float("nan"))], DataError, "row 1: amount of 'b-1'"),
    "empty amount": ([row(amount="")], DataError, "row 1: amount of 'b-1'"),
    "negative": ([row(amount=-5)], DataError, "-5 is not above zero"),
    "nought": ([row(amount=0)], DataError, "0 is not above zero"),
    "decimals": ([row(amount="1.005")], DataError, "1.005 has more decimals than RUB"),
    "many decimals": ([row(amount="0.1234567891")], DataError, "10 decimals"),
    "infinite": ([row(amount="Infinity")], DataError, "finite"),
    "traces of arithmetic": ([row(amount=0.1 + 0.2)], DataError, "0.30000000000000004"),
    "a date": ([row(amount=pd.Timestamp("2026-01-01"))], DataError, "Timestamp is not an amount"),
    "currency": ([row(currency="DOGE")], DataError, "'DOGE' is not a currency"),
    "empty currency": ([row(currency=None)], DataError, "currency is empty"),
    "empty account": ([row(account="")], DataError, "account of 'b-1' is empty"),
    "account of NaN": ([row(account=float("nan"))], DataError, "account of 'b-1' is empty"),
    "account that was NaN": ([row(account="nan")], DataError, "account of 'b-1' is empty"),
    "float account": ([row(account=4.1e15)], DataError, "it was read as a number"),
    "numpy account": ([row(account=np.float32(4.1e15))], DataError, "it was read as a number"),
    "int account": ([row(account=79001234567)], DataError, "leading zeros"),
    "empty id": ([row(" ")], DataError, "payment_id is empty"),
    "float id": ([row(1001.0)], DataError, "payment_id was read as a number"),
    "system": ([row(payment_system="SBP")], DataError, "'SBP' is not a number"),
    "odd system": ([row(payment_system="²")], DataError, "'²' is not a number"),
    "same id": ([row("b-1"), row("b-2"), row("b-1")], DataError, "'b-1' stands in 2 rows"),
    "over a limit": ([row(amount=5001)], ConfigurationError, "over the limit of one payout, 5000"),
    "over the day": (
        [row(f"b-{number}", amount=4001) for number in range(5)],
        ConfigurationError,
        "would be 20005, over the limit of a day, 20000",
    ),
    "balance": ([row(currency="USD", amount=99999)], DataError, "99999 USD is to be paid, the balance is"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_table_is_refused_as_a_whole(name: str, shop: Shop, bank: Sandbox) -> None:
    table, error, words = WRONG[name]
    good = [] if name in ("no column", "over the day") else [row("b-good")]
    with nothing_is_sent(bank):
        with pytest.raises(error, match=r"(?s).*") as caught:
            shop.withdraw_many([*good, *table])
        with pytest.raises(error):
            shop.withdraw_many([*good, *table], dry_run=True)
    assert words.replace("row 1", f"row {1 + len(good)}") in str(caught.value)
    assert "Nothing was sent" in str(caught.value)
    assert "0011112222" not in str(caught.value)
    assert shop.payouts.empty


def test_an_id_of_another_payout_stops_the_table(shop: Shop, bank: Sandbox) -> None:
    pay(shop, "b-taken")
    with nothing_is_sent(bank), pytest.raises(DataError, match="'b-taken' stands for another payout"):
        shop.withdraw_many([row("b-free"), row("b-taken")])
    assert state(shop, "b-free") is None


def test_every_wrong_row_is_named_and_no_more_than_ten(shop: Shop) -> None:
    with pytest.raises(DataError, match=r"row 1: .*row 10: .* … and 2 more\. Nothing was sent") as caught:
        shop.withdraw_many([row(f"b-{number}", amount="much") for number in range(12)])
    assert "row 11" not in str(caught.value)


# Files

FILES: dict[str, tuple[bytes, type[Exception], str]] = {
    "not UTF-8": (f"{COLUMNS}\nб-1,RUB,1,{ACCOUNT},5\n".encode("cp1251"), DataError, "is not UTF-8"),
    "no column": (b"payment_id;amount\nb-1;1\n", MissingColumn, "'account'"),
    "decimal comma between commas": (
        f"{COLUMNS}\nb-1,RUB,100,50,{ACCOUNT},5\n".encode(),
        DataError,
        "Line 2 of table.csv has more cells",
    ),
    "short row": (f"{COLUMNS}\nb-1,RUB,100\n".encode(), DataError, "row 1: payment_system is empty"),
    "a thousand or one": (
        f"{COLUMNS}\nb-1,RUB,'1,000',{ACCOUNT},5\n".replace(",", ";").replace("'1;000'", "1,000").encode(),
        DataError,
        "1,000 may be a whole number or a fraction",
    ),
    "a NUL": (f"{COLUMNS}\nb-1,RUB,1\0,{ACCOUNT},5\n".encode(), DataError, "amount of 'b-1'"),
    "empty": (b"", MissingColumn, "'payment_id'"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_file_is_refused(name: str, shop: Shop, bank: Sandbox, tmp_path: Path) -> None:
    content, error, words = FILES[name]
    (tmp_path / "table.csv").write_bytes(content)
    with nothing_is_sent(bank), pytest.raises(error) as caught:
        shop.withdraw_many(tmp_path / "table.csv")
    assert words in str(caught.value)
    assert "Nothing was sent" in str(caught.value)


def test_a_file_that_is_not_there_is_refused(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv cannot be read: No such file"):
        shop.withdraw_many(tmp_path / "none.csv")


def test_semicolons_and_decimal_commas_are_read_as_russian_excel_writes_them(
    shop: Shop, tmp_path: Path
) -> None:
    file = tmp_path / "table.csv"
    lines = [
        COLUMNS.replace(",", ";"),
        f"sc-1;RUB;1 234,50;'{ACCOUNT};5",
        f"sc-2;rub;7;{ACCOUNT};5",
        f'"sc;3";RUB;0,05;{ACCOUNT};5',
    ]
    file.write_text("\r\n".join(lines), encoding="utf-8-sig")
    frame = shop.withdraw_many(file, dry_run=True)
    assert list(frame["payment_id"]) == ["sc-1", "sc-2", "sc;3"]
    assert list(frame["amount"]) == [Decimal("1234.50"), Decimal(7), Decimal("0.05")]
    assert set(frame["account"]) == {"***3333"}
    assert set(frame["currency"]) == {"RUB"}
    assert frame.notes == ("to be paid: 1241.55 RUB",)


# Paying


def test_a_dry_run_says_the_totals_and_sends_nothing(shop: Shop, bank: Sandbox) -> None:
    table = [*rows(3, "dry"), row("dry-usd", currency="USD", amount=2, payment_system=51)]
    with nothing_is_sent(bank):
        frame = shop.withdraw_many(table, dry_run=True)
    assert frame.notes == ("to be paid: 7.50 RUB, 2 USD",)
    assert list(frame["state"]) == ["waiting"] * 4
    assert shop.payouts.empty


def test_a_table_is_paid_row_by_row_and_run_again_sends_nothing(
    shop: Shop, bank: Sandbox, ledger: Ledger
) -> None:
    table = pd.DataFrame(rows(5, "once"))
    frame = shop.withdraw_many(table)
    assert list(frame["state"]) == ["accepted"] * 5
    assert not frame["before"].any()
    with nothing_is_sent(bank):
        again = shop.withdraw_many(table)
        assert again["before"].all()
        assert shop.withdraw_many(table, dry_run=True).notes == ("nothing is left to be paid",)
    counts = ledger.counts()
    assert [counts.get(f"once-{number}") for number in range(5)] == [1] * 5


def at_nth(step: str, nth: int, deed: Callable[[], object]) -> None:
    reached = 0

    def hook(name: str) -> None:
        nonlocal reached
        reached += name == step
        if name == step and reached == nth:
            deed()

    steps.hook = hook


def test_a_failure_in_the_middle_stops_it_and_it_goes_on(
    shop: Shop, bank: Sandbox, ledger: Ledger, quick: None
) -> None:
    """The third answer is lost, and the rest waits: an unknown outcome says that the network fails."""
    table = rows(6, "middle")
    fault = {"name": "close", "methods": ["createWithdrawal"], "acts": True, "times": 1}
    at_nth("sent committed", 3, lambda: bank.control("fault", **fault))
    frame = shop.withdraw_many(table)
    assert list(frame["state"]) == ["accepted", "accepted", "unknown", "waiting", "waiting", "waiting"]
    assert "Rows that wait: 3" in frame.notes[0]
    steps.hook = None

    again = shop.withdraw_many(table)  # the unknown one stays, and hinders nobody
    assert list(again["state"]) == ["accepted", "accepted", "unknown", "accepted", "accepted", "accepted"]
    shop.resolve_payouts()
    assert list(shop.withdraw_many(table)["state"]) == ["accepted"] * 6
    counts = ledger.counts()
    assert [counts.get(f"middle-{number}") for number in range(6)] == [1] * 6


def test_a_closed_port_in_the_middle_stops_it_and_nothing_is_unknown(
    shop: Shop, bank: Sandbox, ledger: Ledger, quick: None
) -> None:
    table = rows(4, "port")
    at_nth("sent committed", 2, lambda: bank.control("fault", name=REFUSED, seconds=0.5))
    frame = shop.withdraw_many(table)
    assert list(frame["state"]) == ["accepted", "waiting", "waiting", "waiting"]
    assert "no connection could be made" in frame.notes[0]
    steps.hook = None
    states: list[str] = []
    while states != ["accepted"] * 4:
        try:
            states = list(shop.withdraw_many(table)["state"])
        except NeverSent:
            continue
    counts = ledger.counts()
    assert [counts.get(f"port-{number}") for number in range(4)] == [1] * 4


def test_a_refused_row_does_not_stop_the_others(shop: Shop, bank: Sandbox) -> None:
    table = rows(4, "refused")
    fault = {"name": "rejected", "methods": ["createWithdrawal"], "times": 1}
    at_nth("sent committed", 2, lambda: bank.control("fault", **fault))
    assert list(shop.withdraw_many(table)["state"]) == ["accepted", "rejected", "accepted", "accepted"]


def test_a_journal_that_fails_stops_it(shop: Shop, bank: Sandbox, ledger: Ledger) -> None:
    """What was sent and could not be written down is known as sent, and nothing more is sent."""
    table = rows(4, "disk")
    spoilt = shop.folder / "payouts" / "payouts.sqlite3-journal"
    at_nth("ending", 2, spoilt.mkdir)
    frame = shop.withdraw_many(table)
    steps.hook = None
    assert list(frame["state"]) == ["accepted", "unknown", "waiting", "waiting"]
    assert "could not be written down" in frame["reason"][1]
    spoilt.rmdir()
    with pytest.warns(match="is not known"):
        open_paying(bank, shop.folder).close()
    shop.resolve_payouts()
    assert list(shop.withdraw_many(table)["state"]) == ["accepted"] * 4
    counts = ledger.counts()
    assert [counts.get(f"disk-{number}") for number in range(4)] == [1] * 4


def _to_its_end(family: Children, where: deeds.Where, file: Path) -> dict[str, str]:
    child = family.start(deeds.pay_table, where, file)
    assert child.talk.recv() == "begun"
    states: dict[str, str] = child.result()
    return states


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="kill -9 of POSIX")
@pytest.mark.parametrize(("count", "kills"), [(20, 2), pytest.param(200, 5, marks=pytest.mark.long)])
def test_killed_at_random_and_run_again_each_row_is_paid_once(
    count: int, kills: int, bank: Sandbox, folder: Path, ledger: Ledger, tmp_path: Path
) -> None:
    """Restart and run all, again and again."""
    file = tmp_path / "table.csv"
    pd.DataFrame([row(f"many-{count}-{number}", amount="1.00") for number in range(count)]).to_csv(
        file, index=False
    )
    where = (bank.base_url, bank.shop_id, bank.api_key, folder)
    random, before, killed = Random(count), sends(bank), 0
    with children(deeds="tests.payouts.deeds") as family:
        while killed < kills:
            child = family.start(deeds.pay_table, where, file)
            assert child.talk.recv() == "begun"
            time.sleep(random.uniform(0, 0.03 * count / kills))
            child.kill()
            outcome = child.result()
            killed += 1
            assert outcome is KILLED or killed > 1
        states = _to_its_end(family, where, file)
    paid = {name for name, told in states.items() if told == "accepted"}
    counts = ledger.counts()
    assert {name: counts.get(name, 0) for name in states} == {name: int(name in paid) for name in states}
    assert len(states) == count
    # Killed between the journal and the wire, one may be there without having been sent.
    assert len(states) - len(paid) <= kills
    assert sends(bank) - before == len(paid)
