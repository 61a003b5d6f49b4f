"""Accounts and keys are shown nowhere, the journal is its owner's; a broken one stops everything."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import stat
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tegro_analytics.exceptions import (
    NeverSent,
    OutcomeUnknown,
    Rejected,
    StoreDamaged,
    StoreError,
    StoreNewer,
    TegroDataWarning,
    TegroError,
)
from tegro_analytics.payouts import steps
from tegro_analytics.payouts.intent import Withdrawal
from tegro_analytics.sandbox.process import Sandbox
from tegro_analytics.shop import Shop
from tests.api.wire import KEY, Server, answer, refusal, success
from tests.payouts.paid import BODY, MASKED, journal_of, nothing_is_sent, open_paying, pay, state
from tests.payouts.wired import Bank, banking
from tests.secrets.canaries import found_in, secrets_of
from tests.secrets.looking import files_of, leaks, only_outermost, shown
from tests.secrets.routes import OF_A_THING, watched

WALLET = "TXcanaryWalletQ7zR4mVdCw9bE2f"
"""No long number: nothing but the journal's own mask hides it."""
CARD = "4111222233334444"
ACCOUNTS = {"wallet": WALLET, "card": CARD}
CHEAP = tuple(way for way in OF_A_THING if way not in ("attributes", "%whos"))
"""Ways that cost little; all of them are gone where all tests run."""


@pytest.fixture
def wired(tmp_path: Path) -> Iterator[tuple[Bank, Server, Shop]]:
    with banking() as (bank, server), bank.shop(server, tmp_path / "data") as shop:
        yield bank, server, shop


def parts_of(account: str) -> list[str]:
    """List the parts of an account that a mask takes away."""
    return [account, account[:-4], account[4:-4]]


ECHOES: dict[str, Callable[[str], Any]] = {
    "accepted": lambda account: success({"id": 7, "account": account}),
    "refused": lambda account: refusal(f"Wrong account {account}: no such wallet"),
    "refused with a status": lambda account: refusal(f"Wrong {account}", status="400 Bad Request"),
    "not JSON": lambda account: answer(f"what is {account}?".encode()),
    "an error page": lambda account: answer(
        f"<html>{account}</html>".encode(), status="502 Bad", kind="text/html"
    ),
}


@pytest.mark.parametrize("kind", ACCOUNTS)
@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("given_to", ["cheap", pytest.param("all", marks=pytest.mark.long)])
def test_an_account_is_shown_nowhere_whatever_the_api_says_of_it(
    given_to: str,
    echo: str,
    kind: str,
    wired: tuple[Bank, Server, Shop],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    bank, server, shop = wired
    account = ACCOUNTS[kind]
    bank.says["createWithdrawal"] = lambda _: ECHOES[echo](account)
    ways: dict[str, str] = {}
    bare: list[bool] = []
    quiet = CHEAP if given_to == "cheap" else tuple(OF_A_THING)
    with watched() as told, caplog.at_level(logging.DEBUG):
        for _ in range(2):  # what is said the second time is what the journal has
            try:
                given = pay(shop, "wd-1", account=account)
                ways |= {f"intent {way}": OF_A_THING[way](given) for way in quiet}
            except TegroError as error:
                bare.append(only_outermost(error))
                ways |= {f"error {way}": text for way, text in shown(error, cheap=True).items()}
        frame = shop.payouts
    assert bank.made[0]["account"] == account
    assert bare == ([] if echo == "accepted" else [True, True])
    ways |= {f"frame {way}": OF_A_THING[way](frame) for way in quiet}
    ways |= {"html": frame._repr_html_(), "log": caplog.text, "shop": repr(shop), "vars": repr(vars(shop))}
    ways |= told()
    ways["files"] = (shop.folder / "payouts" / "payouts.sqlite3").read_bytes().decode("latin-1")
    ways["all files"] = files_of(tmp_path)
    hidden = [*secrets_of(server), *parts_of(account)]
    assert leaks(ways, hidden) == {}
    assert f"***{account[-4:]}" in frame._repr_html_()


def test_a_wish_prints_without_its_account() -> None:
    wish = Withdrawal("wd-1", "RUB", Decimal(5), 5, account=WALLET)
    for text in (repr(wish), str(wish), f"{wish}", repr([wish]), repr({"wish": wish})):
        assert found_in(text, parts_of(WALLET)) == []


def test_a_table_and_its_errors_show_no_account(wired: tuple[Bank, Server, Shop]) -> None:
    _, _, shop = wired
    table = [{"payment_id": "b-1", **BODY, "account": WALLET}, {"payment_id": "b-2", **BODY, "account": CARD}]
    hidden = [*parts_of(WALLET), *parts_of(CARD), KEY]
    with pytest.raises(TegroError) as caught:
        shop.withdraw_many([*table, {"payment_id": "b-1", **BODY, "amount": "much", "account": WALLET}])
    assert only_outermost(caught.value)
    assert leaks(shown(caught.value, cheap=True), hidden) == {}
    for frame in (shop.withdraw_many(table, dry_run=True), shop.withdraw_many(table), shop.payouts):
        ways = {way: OF_A_THING[way](frame) for way in CHEAP}
        assert leaks(ways | {"html": frame._repr_html_()}, hidden) == {}
        assert "***4444" in repr(frame)


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_the_journal_is_its_owners_alone(wired: tuple[Bank, Server, Shop]) -> None:
    _, _, shop = wired
    modes: dict[str, set[str]] = {}
    folder = shop.folder / "payouts"

    def look(step: str) -> None:
        for path in [folder, *folder.iterdir()] if folder.exists() else []:
            modes.setdefault(path.name, set()).add(oct(stat.S_IMODE(path.stat().st_mode)))

    umask = os.umask(0)
    steps.hook = look
    try:
        pay(shop, "wd-1")
    finally:
        os.umask(umask)
    assert {"payouts.sqlite3", "payouts.lock"} <= set(modes)
    with closing(sqlite3.connect(folder / "payouts.sqlite3", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE intents SET reason = 'seen by nobody'")
        look("in a transaction")
    assert modes.pop("payouts") == {"0o700"}
    assert "payouts.sqlite3-journal" in modes
    assert set().union(*modes.values()) == {"0o600"}


def test_what_is_written_down_outlasts_a_power_cut(wired: tuple[Bank, Server, Shop]) -> None:
    """EXTRA: with FULL the last commit may be taken back, and "sent" be "prepared" again."""
    _, _, shop = wired
    pay(shop, "wd-1")
    with journal_of(shop)._open() as db:
        assert db.execute("PRAGMA synchronous").fetchone() == (3,)


def test_nothing_is_made_before_something_is_paid(wired: tuple[Bank, Server, Shop]) -> None:
    _, _, shop = wired
    assert shop.payouts.empty
    shop.resolve_payouts()
    shop.withdraw(payment_id="wd-1", **BODY, dry_run=True)
    assert not (shop.folder / "payouts").exists()


# A journal that cannot be used


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 2")


def damaged(path: Path) -> None:
    path.write_bytes(b"not a database at all, " * 100)


def cut_off(path: Path) -> None:
    path.write_bytes(b"")


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def of_somebody_else(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE things (name TEXT)")


def folder_in_its_place(path: Path) -> None:
    path.unlink()
    path.mkdir()


def not_writable(path: Path) -> None:
    """Take the room of the file that SQLite writes first."""
    path.with_name(f"{path.name}-journal").mkdir()


BROKEN: dict[str, tuple[Callable[[Path], None], type[StoreError], str]] = {
    "newer": (newer, StoreNewer, "written by a newer tegro_analytics"),
    "damaged": (damaged, StoreDamaged, "is damaged: file is not a database"),
    "cut off": (cut_off, StoreDamaged, "it is empty, or no journal"),
    "half": (half, StoreDamaged, "is damaged"),
    "of somebody else": (of_somebody_else, StoreDamaged, "it is empty, or no journal"),
    "a folder": (folder_in_its_place, StoreError, "unable to open database file"),
    "not writable": (not_writable, StoreError, "cannot be used"),
}


def outcome(deed: Callable[[], Any]) -> tuple[Any, str]:
    """Do it, and give what it raised; of a table, the frame says why nothing was done."""
    try:
        frame = deed()
    except TegroError as error:
        return type(error), str(error)
    (state_,), (reason,) = frame["state"], frame["reason"]
    return state_, reason


@pytest.mark.parametrize("name", BROKEN)
def test_without_its_journal_nothing_is_sent(name: str, bank: Sandbox, folder: Path) -> None:
    spoil, error, words = BROKEN[name]
    with open_paying(bank, folder) as shop:
        pay(shop, f"before-{name}")
        path = folder / "payouts" / "payouts.sqlite3"
        spoil(path)
        content = path.read_bytes() if path.is_file() else None
        for deed in (
            lambda: pay(shop, f"after-{name}"),
            lambda: shop.create_order(payment_id=f"after-{name}", currency="RUB", amount=5),
            lambda: shop.withdraw_many([{"payment_id": f"after-{name}", **BODY}]),
        ):
            with nothing_is_sent(bank):
                kind, told = outcome(deed)
            assert kind in (error, "waiting")
            assert words in told
        assert (path.read_bytes() if path.is_file() else None) == content


@pytest.mark.parametrize("name", ["newer", "damaged", "cut off", "a folder"])
def test_a_broken_journal_is_told_when_a_shop_is_opened_and_hinders_nothing_else(
    name: str, bank: Sandbox, folder: Path
) -> None:
    spoil, _, words = BROKEN[name]
    with open_paying(bank, folder) as shop:
        pay(shop, f"opened-{name}")
    spoil(folder / "payouts" / "payouts.sqlite3")
    with pytest.warns(TegroDataWarning, match=words):
        shop = open_paying(bank, folder)
    with shop:
        assert shop.clients[0].balance()["balance"]


def test_a_lock_that_cannot_be_used_stops_it(bank: Sandbox, folder: Path) -> None:
    (folder / "payouts" / "payouts.lock").mkdir(parents=True)
    with (
        open_paying(bank, folder) as shop,
        nothing_is_sent(bank),
        pytest.raises(StoreError, match=r"lock of payouts .* cannot be used: .*Nothing was sent"),
    ):
        pay(shop, "locked")


def test_a_place_where_no_journal_can_be_made_stops_it(bank: Sandbox, folder: Path) -> None:
    folder.mkdir()
    (folder / "payouts").write_text("mine")
    with (
        open_paying(bank, folder) as shop,
        nothing_is_sent(bank),
        pytest.raises(StoreError, match="Nothing was sent"),
    ):
        pay(shop, "nowhere")
    assert (folder / "payouts").read_text() == "mine"


def test_a_journal_that_is_taken_away_while_it_pays_stops_it(bank: Sandbox, folder: Path) -> None:
    path = folder / "payouts" / "payouts.sqlite3"
    with open_paying(bank, folder) as shop:
        steps.hook = lambda step: path.unlink() if step == "looked before" else None
        with nothing_is_sent(bank), pytest.raises(StoreError, match="Nothing more was sent"):
            pay(shop, "taken-away")


# What is open is told


def test_what_is_open_is_told_when_a_shop_is_opened(
    bank: Sandbox, folder: Path, recwarn: pytest.WarningsRecorder
) -> None:
    with open_paying(bank, folder) as shop:
        pay(shop, "closed")
        for number in range(2):
            bank.control("fault", name="close", methods=["createWithdrawal"], acts=True, times=1)
            with pytest.raises(OutcomeUnknown):
                pay(shop, f"open-{number}")
    assert recwarn.list == []
    with pytest.warns(TegroDataWarning, match=r"outcome of 2 calls .* is not known \(open-0, open-1\)"):
        shop = open_paying(bank, folder)
    with pytest.warns(TegroDataWarning, match="Неизвестен исход операций с деньгами: 2"):
        open_paying(bank, folder, lang="ru").close()
    with shop:
        assert "open-0, open-1" in shop.payouts.notes[0]
        shop.resolve_payouts()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        open_paying(bank, folder).close()


# Look before


RECORD = {
    "id": 9500,
    "date_created": "2026-03-01 10:00:00",
    "status": 1,
    "payment_system_id": 5,
    "currency_id": 1,
    "amount": "100.50000000",
    "account": BODY["account"],
    "payment_id": "there",
}


def test_one_that_is_there_and_the_same_is_adopted(wired: tuple[Bank, Server, Shop]) -> None:
    bank, _, shop = wired
    bank.records.append(RECORD)
    intent = pay(shop, "there")
    assert (intent.state.value, intent.adopted, intent.tegro_id, intent.sends) == (
        "accepted",
        True,
        "9500",
        0,
    )
    assert pay(shop, "there").adopted
    assert bank.made == []


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "100.51000000"},
        {"currency_id": 2},
        {"account": "4100111122223334"},
        {"account": MASKED},
        {"account": None},
        {"amount": None},
    ],
)
def test_one_that_is_there_and_another_is_refused(
    changes: dict[str, Any], wired: tuple[Bank, Server, Shop]
) -> None:
    bank, _, shop = wired
    bank.records.append({**RECORD, **changes})
    for _ in range(2):
        with pytest.raises(TegroError, match=r"another withdrawal with the id 'there', or shows too little"):
            pay(shop, "there")
    assert (bank.made, state(shop, "there")) == ([], "prepared")


LOOK_UPS: dict[str, Callable[[Any], Any]] = {
    "a record for any id": lambda _: success(RECORD),
    "the id that was asked for": lambda request: success(
        {**RECORD, "payment_id": request.json["payment_id"]}
    ),
    "another answer each time": lambda request: refusal(f"no {request.nonce}"),
    "null": lambda _: success(None),
    "a list": lambda _: success([]),
    "an error": lambda _: answer(b"", status="501 Not Implemented"),
    "a refusal of everything": lambda _: refusal("Method is not available for your shop"),
    "404": lambda _: answer(b"no such page", status="404 Not Found", kind="text/plain"),
}


@pytest.mark.parametrize("name", LOOK_UPS)
def test_a_look_up_that_does_not_tell_is_not_believed_and_the_list_decides(
    name: str, wired: tuple[Bank, Server, Shop], quick: None
) -> None:
    bank, _, shop = wired
    bank.says["withdrawal"] = LOOK_UPS[name]
    bank.records.append({**RECORD, "payment_id": "listed"})
    assert pay(shop, "listed").adopted
    assert bank.made == []
    assert not pay(shop, "new").adopted
    assert [one["payment_id"] for one in bank.made] == ["new"]
    journal = shop.folder / "payouts" / "payouts.sqlite3"
    with closing(sqlite3.connect(journal)) as db:
        told = db.execute("SELECT payment_id FROM events WHERE event = 'look-up does not tell'").fetchall()
    assert told == [("listed",), ("new",)]


SPOILT: dict[str, dict[str, Any]] = {
    "a date that is none": {"date_created": "2026-02-30 10:00:00"},
    "an amount that is none": {"amount": "much"},
    "an id that became a number": {"payment_id": None, "merchant": {"ref": 20261124}},
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_record_that_cannot_be_read_hides_no_payout(name: str, wired: tuple[Bank, Server, Shop]) -> None:
    bank, _, shop = wired
    bank.says["withdrawal"] = lambda _: refusal("Method is not available")
    bank.records.append({**RECORD, "payment_id": "20261124", **SPOILT[name]})
    try:
        assert pay(shop, "20261124").adopted
    except TegroError as error:
        assert "shows too little of it" in str(error)  # noqa: PT017
    assert bank.made == []


def test_a_record_without_an_id_that_may_be_it_stops_it(wired: tuple[Bank, Server, Shop]) -> None:
    bank, _, shop = wired
    bank.says["withdrawal"] = lambda _: refusal("Method is not available")
    bank.records.append({**RECORD, "payment_id": None, "comment": "salary"})
    with pytest.raises(NeverSent, match="1 withdrawals may be it, and show no id"):
        pay(shop, "who-knows")
    assert pay(shop, "not-that-one", amount=7).state.value == "accepted"
    assert [one["payment_id"] for one in bank.made] == ["not-that-one"]


def test_a_list_that_fails_stops_it(wired: tuple[Bank, Server, Shop], quick: None) -> None:
    bank, _, shop = wired
    bank.says["withdrawal"] = lambda _: refusal("Method is not available")
    bank.says["withdrawals"] = lambda _: answer(b"", status="500 Broken")
    with pytest.raises(NeverSent, match="nobody can tell whether the API has it already"):
        pay(shop, "unlisted")
    assert (bank.made, state(shop, "unlisted")) == ([], "prepared")


def test_two_rows_with_one_id_after_a_resend_raise_the_alarm(
    wired: tuple[Bank, Server, Shop],
) -> None:
    bank, _, shop = wired
    bank.says["createWithdrawal"] = lambda _: refusal("Not now")
    with pytest.raises(Rejected):
        pay(shop, "there")
    del bank.says["createWithdrawal"]
    shop.withdraw(payment_id="there", **BODY, resend="there")
    bank.records += [RECORD]
    assert shop.resolve_payouts().notes == ()
    bank.records += [{**RECORD, "id": 9503}]  # the refused one was carried out all the same
    frame = shop.resolve_payouts()
    assert frame.notes == ("TWO withdrawals with one id: there. Look at them in the account at once.",)
    assert "TWO withdrawals with one id" in frame._repr_html_()
    assert json.dumps(bank.made).count("there") == 2
