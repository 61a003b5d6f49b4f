"""A shop and its runs as a machine that Hypothesis drives: any deed may follow any other.

What holds after each run is in :mod:`tests.sync.trial`; one that breaks it is made as short as
it can be.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.api.lists.worlds import ENDS
from tests.store.world import store_in
from tests.sync.memory import DictMemory
from tests.sync.trial import KeptStore, Trial
from tests.sync.worlds import DAY, NEW, PAID, PENDING, Row, Server, Shelf, setting

few = st.integers(1, 9)
which = st.integers(0, 60)
requests = st.integers(1, 40)


class ShopMachine(RuleBasedStateMachine):
    """Let a shop live, and read it now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.temporary = tempfile.TemporaryDirectory(prefix="tegro-machine-")
        self.folder = Path(self.temporary.name)
        self.meanwhile: dict[int, Callable[[], None]] = {}

    def memory(self) -> DictMemory | KeptStore:
        return DictMemory()

    def teardown(self) -> None:
        self.temporary.cleanup()

    @initialize(
        count=st.sampled_from((0, 1, 4, 12, 30)),
        apart=st.sampled_from((0, 60, DAY // 3, 3 * DAY)),
        order=st.sampled_from(("newest", "newest", "newest", "oldest", "hashed")),
        end=st.sampled_from(ENDS),
        size=st.integers(3, 5),
    )
    def open_shop(self, count: int, apart: int, order: str, end: str, size: int) -> None:
        rows = [
            Row(number, -(count - number) * apart, (NEW, PAID, PENDING)[number % 3])
            for number in range(1, count + 1)
        ]
        self.server = Server(Shelf(rows, order=order, end=end, size=size), before=self.before)
        self.trial = Trial(self.server, self.memory(), self.folder, by=setting(sweep_pages=2, lookups=3))

    def before(self, server: Server) -> None:
        self.meanwhile.pop(len(server.calls) + 1, lambda: None)()

    def one(self, which: int) -> Row | None:
        rows = self.server.shelves["orders"].rows
        return rows[which % len(rows)] if rows else None

    # What happens to a shop

    @rule(count=few)
    def orders_come_in(self, count: int) -> None:
        self.server.arrive(count)

    @rule(which=which)
    def one_is_paid(self, which: int) -> None:
        if (row := self.one(which)) and row.status in (NEW, PENDING):
            self.server.pay(row.id)

    @rule(which=which)
    def one_is_refunded(self, which: int) -> None:
        if (row := self.one(which)) and row.status == PAID:
            self.server.refund(row.id)

    @rule(which=which)
    def an_amount_changes(self, which: int) -> None:
        if row := self.one(which):
            self.server.change(row.id, amount=row.amount + 1)

    @rule(which=which)
    def one_goes_away(self, which: int) -> None:
        if row := self.one(which):
            self.server.delete(row.id)

    @rule(days=st.sampled_from((0.1, 1, 3, 30)))
    def days_pass(self, days: float) -> None:
        self.server.wait(days)

    @rule(at=requests, count=few)
    def orders_will_come_in_meanwhile(self, at: int, count: int) -> None:
        self.meanwhile[at] = lambda: self.orders_come_in(count)

    @rule(at=requests, which=which)
    def one_will_be_paid_meanwhile(self, at: int, which: int) -> None:
        self.meanwhile[at] = lambda: self.one_is_paid(which)

    @precondition(lambda self: not self.meanwhile)
    @rule(at=requests, which=which)
    def one_will_go_away_meanwhile(self, at: int, which: int) -> None:
        self.meanwhile[at] = lambda: self.one_goes_away(which)

    # Runs

    @rule()
    def sync(self) -> None:
        self.trial.sync()
        self.meanwhile.clear()

    @rule(at=requests)
    def sync_crashes(self, at: int) -> None:
        self.trial.sync(crash_at=at)
        self.meanwhile.clear()

    @rule()
    def read_all(self) -> None:
        quiet = not self.meanwhile and not self.trial.staged
        report = self.trial.sync(full=True)
        self.meanwhile.clear()
        if quiet and report:
            self.trial.holds_the_truth()


class ShopMachineOnFile(ShopMachine):
    """The same with a real store."""

    def memory(self) -> DictMemory | KeptStore:
        store_in(self.folder)
        return KeptStore(self.folder / "store")


def drive(machine: type[ShopMachine], examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
        ),
    )


def test_any_deed_may_follow_any_other() -> None:
    drive(ShopMachine, 12, 16)


@pytest.mark.long
def test_any_deed_may_follow_any_other_in_a_store() -> None:
    drive(ShopMachineOnFile, 1, 6)


@pytest.mark.long
def test_many_deeds() -> None:
    drive(ShopMachine, 3_000, 40)


@pytest.mark.long
def test_many_deeds_in_a_store() -> None:
    drive(ShopMachineOnFile, 100, 30)
