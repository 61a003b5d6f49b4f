"""Wrong input: a clear error before any byte is sent, and nothing in the journal."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tegro_analytics.exceptions import ConfigurationError, DataError, OutcomeUnknown, Rejected, TegroError
from tegro_analytics.sandbox.process import Sandbox
from tegro_analytics.shop import Shop
from tests.payouts.paid import (
    ACCOUNT,
    BODY,
    Hours,
    Ledger,
    nothing_is_sent,
    open_paying,
    pay,
    resolve_for_good,
    sends,
    state,
)


@pytest.fixture
def shop(bank: Sandbox, folder: Path) -> Iterator[Shop]:
    with open_paying(bank, folder, payout_limit="RUB=5000", payout_day_limit={"RUB": 300}) as opened:
        yield opened


WRONG: dict[str, tuple[dict[str, Any], type[TegroError], str]] = {
    "negative": ({"amount": -1}, DataError, "withdrawal 'wd-1': -1 is not above zero"),
    "nought": ({"amount": Decimal("0.00")}, DataError, "0.00 is not above zero"),
    "NaN": ({"amount": float("nan")}, DataError, "amount of 'wd-1': nan is not an amount"),
    "NaN as text": ({"amount": "nan"}, DataError, "finite"),
    "infinite": ({"amount": Decimal("Infinity")}, DataError, "finite"),
    "text": ({"amount": "a hundred"}, DataError, "is not a number"),
    "decimal comma": ({"amount": "100,50"}, DataError, "is not a number"),
    "too many decimals": ({"amount": "1.005"}, DataError, "1.005 has more decimals than RUB, which has 2"),
    "traces of arithmetic": ({"amount": 0.1 + 0.2}, DataError, "0.30000000000000004"),
    "true": ({"amount": True}, DataError, "a bool is not an amount"),
    "huge": ({"amount": 10**40}, DataError, "larger than any amount"),
    "no amount": ({"amount": None}, DataError, "NoneType is not an amount"),
    "currency": ({"currency": "RUR"}, DataError, "'RUR' is not a currency that is known"),
    "empty currency": ({"currency": " "}, DataError, "is not a currency"),
    "no currency": ({"currency": None}, DataError, "this is a NoneType"),
    "empty account": ({"account": "  "}, DataError, "the account is empty"),
    "no account": ({"account": None}, DataError, "this is a NoneType"),
    "account as a number": ({"account": 79001234567}, DataError, "leading zeros"),
    "empty id": ({"payment_id": ""}, DataError, "payment_id is empty"),
    "blank id": ({"payment_id": "   "}, DataError, "payment_id is empty"),
    "id with blanks": ({"payment_id": " wd-1"}, DataError, "no blanks around it"),
    "long id": ({"payment_id": "x" * 256}, DataError, "at most 255 characters"),
    "id as a number": ({"payment_id": 7}, DataError, "payment_id is text, and this is a int"),
    "no id": ({"payment_id": None}, DataError, "payment_id is text"),
    "no system": ({"payment_system": None}, DataError, "payment_system is the id of one"),
    "system as text": ({"payment_system": "5"}, DataError, "payment_system is the id of one"),
    "system true": ({"payment_system": True}, DataError, "payment_system is the id of one"),
    "over the limit": ({"amount": "5000.01"}, ConfigurationError, "over the limit of one payout, 5000"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_refused_before_a_byte_is_sent(name: str, shop: Shop, bank: Sandbox) -> None:
    changes, error, words = WRONG[name]
    body = {"payment_id": "wd-1", **BODY, **changes}
    for dry_run in (False, True):
        with nothing_is_sent(bank), pytest.raises(error) as caught:
            shop.withdraw(**body, dry_run=dry_run)
        assert words in str(caught.value)
        assert "Nothing was sent" in str(caught.value)
        assert ACCOUNT not in str(caught.value)
    assert shop.payouts.empty


@pytest.mark.parametrize("name", [name for name in WRONG if "account" not in name and "over" not in name])
def test_a_wrong_order_is_refused_too(name: str, shop: Shop, bank: Sandbox) -> None:
    changes, error, _ = WRONG[name]
    if changes == {"payment_system": None}:
        return  # the payer chooses
    body = {"payment_id": "o-1", "currency": "RUB", "amount": 5, **changes}
    with nothing_is_sent(bank), pytest.raises(error, match="Nothing was sent"):
        shop.create_order(**body)
    assert shop.payouts.empty


def test_the_smallest_amounts_and_numbers_of_other_libraries_are_right(shop: Shop, ledger: Ledger) -> None:
    assert pay(shop, "smallest", amount="0.01", payment_system=np.int64(5)).amount == Decimal("0.01")
    assert pay(shop, "smallest", amount=Decimal("0.010"), payment_system=5).sends == 1
    assert ledger.count("smallest") == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "100.51"},
        {"account": "4100111122223334"},
        {"currency": "USD", "payment_system": 51},
        {"payment_system": 36},
    ],
)
def test_an_id_stands_for_one_body(changes: dict[str, Any], shop: Shop, bank: Sandbox) -> None:
    key = f"one-{'-'.join(changes)}"
    pay(shop, key)
    with nothing_is_sent(bank), pytest.raises(DataError, match=r"stands for another withdrawal: 100\.50 RUB"):
        pay(shop, key, **changes)
    with nothing_is_sent(bank), pytest.raises(DataError, match="stands for another"):
        shop.withdraw(payment_id=key, **{**BODY, **changes}, dry_run=True)


def test_the_same_amount_written_otherwise_is_the_same(shop: Shop, bank: Sandbox) -> None:
    pay(shop, "forms", amount="100.50")
    with nothing_is_sent(bank):
        for form in (100.5, Decimal("100.5000"), " 100.50"):
            assert pay(shop, "forms", amount=form).sends == 1


# Limits


def test_the_limit_of_a_day_counts_what_may_have_been_carried_out(
    shop: Shop, bank: Sandbox, hours: Hours
) -> None:
    pay(shop, "day-1", amount=100)
    bank.control("fault", name="close", methods=["createWithdrawal"], acts=False, times=1)
    with pytest.raises(OutcomeUnknown):
        pay(shop, "day-2", amount=150)
    bank.control("fault", name="rejected", methods=["createWithdrawal"], times=1)
    with pytest.raises(Rejected):
        pay(shop, "day-3", amount=50)
    with nothing_is_sent(bank):
        with pytest.raises(ConfigurationError, match="would be 301, over the limit of a day, 300"):
            pay(shop, "day-4", amount=51)
        with pytest.raises(ConfigurationError, match="limit of a day"):
            shop.withdraw_many([{"payment_id": "day-4", **BODY, "amount": 51}])
    assert pay(shop, "day-4", amount=50).state.value == "accepted"
    hours.later += hours.later.resolution * 86_400 * 10**6
    assert pay(shop, "day-5", amount=300).state.value == "accepted"


# Permission


def test_without_permission_nothing_is_sent(bank: Sandbox, folder: Path) -> None:
    with open_paying(bank, folder, allow_payouts=False) as shop:
        with nothing_is_sent(bank):
            with pytest.raises(ConfigurationError, match=r"connect\(allow_payouts=True\)"):
                pay(shop, "wd-1")
            with pytest.raises(ConfigurationError, match="allow_payouts=True"):
                shop.withdraw_many([{"payment_id": "wd-1", **BODY}])
        assert shop.payouts.empty
        assert shop.withdraw(payment_id="wd-1", **BODY, dry_run=True).state.value == "prepared"


def test_a_client_has_to_be_allowed_as_well(bank: Sandbox, folder: Path) -> None:
    """The desk asks, and the client asks again: neither alone moves money."""
    with open_paying(bank, folder, allow_payouts=False) as shop:
        shop._allow_payouts = True
        with nothing_is_sent(bank), pytest.raises(ConfigurationError, match="does not move money"):
            pay(shop, "twice-asked")
        assert state(shop, "twice-asked") == "prepared"


def test_where_nobody_is_there_nothing_is_sent_unless_that_was_said(
    bank: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with open_paying(bank, folder, payouts_headless=False) as shop:
        with nothing_is_sent(bank):
            with pytest.raises(ConfigurationError, match="TEGRO_PAYOUTS_HEADLESS=1"):
                pay(shop, "headless")
            with pytest.raises(ConfigurationError, match="Nobody is there"):
                shop.withdraw_many([{"payment_id": "headless", **BODY}])
        assert shop.payouts.empty
        assert shop.withdraw(payment_id="headless", **BODY, dry_run=True).state.value == "prepared"
    monkeypatch.setenv("TEGRO_PAYOUTS_HEADLESS", "1")
    with open_paying(bank, folder, payouts_headless=None) as shop:
        assert shop.settings.payouts_headless
        assert pay(shop, "headless").state.value == "accepted"


def test_no_setting_is_not_yes() -> None:
    from tegro_analytics.settings import load_settings

    assert load_settings().payouts_headless is False


# A person's resend


def test_only_what_is_nowhere_or_was_refused_is_sent_again(
    shop: Shop, bank: Sandbox, ledger: Ledger, hours: Hours
) -> None:
    pay(shop, "again-1")
    bank.control("fault", name="close", methods=["createWithdrawal"], acts=False, times=1)
    with pytest.raises(OutcomeUnknown):
        pay(shop, "again-2")
    with nothing_is_sent(bank):
        with pytest.raises(DataError, match="'again-1' is accepted: only what was refused"):
            shop.withdraw(payment_id="again-1", **BODY, resend="again-1")
        with pytest.raises(DataError, match="'again-2' is unknown"):
            shop.withdraw(payment_id="again-2", **BODY, resend="again-2")
        with pytest.raises(DataError, match="never sent from here"):
            shop.withdraw(payment_id="again-3", **BODY, resend="again-3")
        resolve_for_good(shop, hours)
        with pytest.raises(ConfigurationError, match="confirm='again-2'"):
            shop.withdraw(payment_id="again-2", **BODY, resend="yes")
        with pytest.raises(DataError, match="stands for another"):
            shop.withdraw(payment_id="again-2", **{**BODY, "amount": 1}, resend="again-2")
        with pytest.raises(OutcomeUnknown, match="Only a person sends it again"):
            pay(shop, "again-2")
    assert shop.withdraw(payment_id="again-2", **BODY, resend="again-2").sends == 2
    assert (state(shop, "again-2"), ledger.count("again-2")) == ("accepted", 1)
    bank.control("fault", name="rejected", methods=["createWithdrawal"], times=1)
    with pytest.raises(Rejected):
        pay(shop, "again-4", amount=2)
    before = sends(bank)
    assert (
        shop.withdraw(payment_id="again-4", **{**BODY, "amount": 2}, resend="again-4").state.value
        == "accepted"
    )
    assert (sends(bank) - before, ledger.count("again-4")) == (1, 1)
