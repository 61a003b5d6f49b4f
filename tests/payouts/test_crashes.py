"""kill -9 at every step of a payout, and two programs that pay the same at once: paid once, and known."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tegro_analytics.payouts.steps import STEPS
from tegro_analytics.sandbox.process import Sandbox
from tests.payouts import deeds
from tests.payouts.deeds import Where
from tests.payouts.paid import Hours, Ledger, journal_of, open_paying, resolve_for_good, sends, state
from tests.store.children import KILLED, Children, children

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="kill -9 of POSIX"),
    pytest.mark.filterwarnings("ignore:The outcome of"),
]

PAYING: Final = (
    *("locked", "preparing", "prepared", "looked", "looked before"),
    *("sending", "sent committed", "answered", "ending", "ended"),
)
"""The steps of a payout that goes well."""
RESOLVING: Final = ("locked", "looked", "scanned", "resolving", "resolved")
"""The steps of finding out that there is none; where there is one, the list is not read."""
FEW: Final = ("sent committed", "answered", "scanned")
"""Where the usual run kills: before anything is sent, after it, and while it is looked for."""


@pytest.fixture(scope="module")
def family() -> Iterator[Children]:
    with children(deeds="tests.payouts.deeds") as kept:
        yield kept


@pytest.fixture
def where(bank: Sandbox, folder: Path) -> Where:
    return bank.base_url, bank.shop_id, bank.api_key, folder


def steps_of(names: tuple[str, ...]) -> list[object]:
    return [name if name in FEW else pytest.param(name, marks=pytest.mark.long) for name in names]


@pytest.mark.long
def test_a_payout_goes_through_these_steps(family: Children, where: Where) -> None:
    assert family.do(deeds.pay, where, "trace", None) == ("accepted", list(PAYING))
    assert {*PAYING, *RESOLVING} == set(STEPS)


@pytest.mark.parametrize("step", steps_of(PAYING))
def test_killed_while_it_pays(
    step: str, family: Children, where: Where, bank: Sandbox, folder: Path, ledger: Ledger, hours: Hours
) -> None:
    key = f"killed-{step}"
    before = sends(bank)
    assert family.do(deeds.pay, where, key, step) is KILLED
    was_sent = PAYING.index(step) >= PAYING.index("answered")
    assert (sends(bank) - before, ledger.count(key)) == (was_sent, was_sent)

    outcome, _ = family.do(deeds.pay, where, key, None)  # the same cell, in a new kernel
    begun = PAYING.index(step) >= PAYING.index("sent committed")
    wanted = "accepted" if step == "ended" or not begun else "OutcomeUnknown"
    assert outcome == wanted

    with open_paying(bank, folder) as shop:
        resolve_for_good(shop, hours)
        there = step != "sent committed"  # killed just before it was sent
        assert (state(shop, key), ledger.count(key)) == ("accepted" if there else "presumed_absent", there)
    assert sends(bank) - before == there


@pytest.mark.parametrize("step", steps_of(RESOLVING))
@pytest.mark.parametrize("there", [True, pytest.param(False, marks=pytest.mark.long)])
def test_killed_while_it_finds_out(
    there: bool,
    step: str,
    family: Children,
    where: Where,
    bank: Sandbox,
    folder: Path,
    ledger: Ledger,
    hours: Hours,
) -> None:
    key = f"found-out-{step}-{there}"
    bank.control("fault", name="close", methods=["createWithdrawal"], acts=there, times=1)
    assert family.do(deeds.pay, where, key, None)[0] == "OutcomeUnknown"
    before = sends(bank)
    reached = step not in (("scanned",) if there else ("resolving",))  # too early to say that there is none
    outcome = family.do(deeds.resolve, where, step)
    assert (outcome is KILLED) == reached
    with open_paying(bank, folder) as shop:
        resolve_for_good(shop, hours)
        assert state(shop, key) == ("accepted" if there else "presumed_absent")
    assert (sends(bank), ledger.count(key)) == (before, there)


def test_killed_as_it_writes_down_that_there_is_none(
    family: Children, where: Where, bank: Sandbox, folder: Path, hours: Hours
) -> None:
    """At this step it may say so: the quarantine is over for a child that was sent long ago."""
    bank.control("fault", name="close", methods=["createWithdrawal"], acts=False, times=1)
    assert family.do(deeds.pay, where, "none", None)[0] == "OutcomeUnknown"
    with open_paying(bank, folder) as shop:
        resolve_for_good(shop, hours)
        assert state(shop, "none") == "presumed_absent"
        journal = journal_of(shop)
        events = [event for _, event, _ in journal.events(shop_scope(shop), "withdrawal", "none")]
        assert events == [
            *("prepared", "clock", "sent", "unknown"),
            *("look-up", "scan") * 3,
            "presumed_absent",
        ]


def shop_scope(shop: object) -> tuple[str, str]:
    client = shop.clients[0]  # type: ignore[attr-defined]
    client.shops()
    return client.server, client.shop_id


@pytest.mark.parametrize("together", [2, pytest.param(6, marks=pytest.mark.long)])
def test_programs_that_pay_the_same_at_once_pay_it_once(
    together: int, family: Children, where: Where, bank: Sandbox, ledger: Ledger
) -> None:
    before = sends(bank)
    running = [family.start(deeds.pay_at_once, where, f"at-once-{together}") for _ in range(together)]
    assert [child.talk.recv() for child in running] == ["ready"] * together
    for child in running:
        child.talk.send("go")
    assert [child.result() for child in running] == ["accepted"] * together
    assert (sends(bank) - before, ledger.count(f"at-once-{together}")) == (1, 1)


def test_one_that_is_killed_while_it_sends_does_not_let_the_other_send(
    family: Children, where: Where, bank: Sandbox, ledger: Ledger
) -> None:
    """The lock is free when its holder is dead, and the journal says that it was sent."""
    first = family.start(deeds.pay, where, "heir", "answered")
    assert first.result() is KILLED
    assert family.do(deeds.pay, where, "heir", None)[0] == "OutcomeUnknown"
    assert ledger.count("heir") == 1
