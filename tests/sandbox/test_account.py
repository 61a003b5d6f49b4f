"""What touches the balance: who bears the fees, and when a withdrawal leaves it."""

from __future__ import annotations

import pytest

from tegro_analytics import sandbox
from tests.sandbox.wire import Caller, served

PAID = {"created_at": "2026-03-01 10:00:00", "paid_at": "2026-03-01 10:01:00", "amount": "1000", "fee": "50"}


def rub(caller: Caller) -> str:
    return str(caller.data("balance")["balance"]["RUB"])


@pytest.mark.parametrize(
    ("bearer", "paid", "refunded"), [("merchant", "950.00", "-50.00"), ("buyer", "1000.00", "0.00")]
)
def test_who_bears_the_fee(bearer: str, paid: str, refunded: str) -> None:
    with served(orders=0, fee_bearer=bearer) as caller:
        ids = caller.sandbox.control("insert", orders=[PAID])["ids"]
        assert rub(caller) == paid
        caller.sandbox.control("refund", ids=ids)
        assert rub(caller) == refunded


@pytest.mark.parametrize(("debit", "in_flight"), [("created", "430.00"), ("done", "950.00")])
def test_when_a_withdrawal_leaves_the_balance(debit: str, in_flight: str) -> None:
    with served(orders=0, withdrawal_debit=debit, withdrawal_shape="order") as caller:
        caller.sandbox.control("insert", orders=[PAID])
        made = {"amount": "470", "created_at": "2026-03-02 10:00:00", "payment_id": "wd-1"}
        number = caller.sandbox.control("withdraw", **made)["id"]
        assert rub(caller) == in_flight
        assert caller.call("createWithdrawal", **TOO_MUCH)["desc"] == "Not enough money"
        (record,) = caller.data("withdrawals", page=1)
        assert (record["status"], record["date_payed"], record["fee"]) == (4, None, "50.00000000")
        caller.sandbox.control("settle", id=number, status="done", at="2026-03-02 11:00:00")
        (record,) = caller.data("withdrawals", page=1)
        assert (record["status"], record["date_payed"]) == (1, "2026-03-02 11:00:00")
        assert rub(caller) == "430.00"


TOO_MUCH = {"currency": "RUB", "amount": 500, "payment_system": 5, "account": "1", "payment_id": "wd-2"}


@pytest.mark.parametrize("debit", ["created", "done"])
def test_a_failed_withdrawal_comes_back(debit: str) -> None:
    with served(orders=0, withdrawal_debit=debit) as caller:
        caller.sandbox.control("insert", orders=[PAID])
        number = caller.sandbox.control("withdraw", amount="470")["id"]
        caller.sandbox.control("settle", id=number, status="failed")
        assert rub(caller) == "950.00"
        with pytest.raises(sandbox.SandboxError, match=f"no withdrawal {number} is in flight"):
            caller.sandbox.control("settle", id=number, status="done")


def test_a_withdrawal_may_be_carried_out_from_the_start() -> None:
    with served(orders=0, withdrawal_debit="done", withdrawal_shape="order") as caller:
        done = {"created_at": "2026-03-02 10:00:00", "done_at": "2026-03-02 10:05:00"}
        caller.sandbox.control("withdraw", amount="5", currency="USD", **done)
        (record,) = caller.data("withdrawals", page=1)
        assert (record["status"], record["date_payed"]) == (1, "2026-03-02 10:05:00")
        assert caller.data("balance")["balance"]["USD"] == "-6.00"


@pytest.mark.parametrize("options", [{}, {"fee_bearer": "buyer"}, {"withdrawal_debit": "done"}])
def test_no_history_withdraws_more_than_there_is(options: dict[str, str]) -> None:
    with served(orders=2_000, days=120, **options) as caller:
        assert float(rub(caller)) > 0
