"""Payouts as a machine that Hypothesis drives: any deed may follow any other, and a crash may end each.

After every step: at most one withdrawal for each id unless a person sent it again, no intent lost, and
nothing in the ledger that the journal does not know as sent. In the end every unknown is as the ledger says.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tegro_analytics.api.client import Client
from tegro_analytics.api.moves import Moved
from tegro_analytics.exceptions import DataError, NeverSent, OutcomeUnknown, Rejected, TegroError
from tegro_analytics.frames import Context
from tegro_analytics.payouts import desk as desk_module
from tegro_analytics.payouts import journal as journal_module
from tegro_analytics.payouts import steps
from tegro_analytics.payouts.desk import Desk
from tegro_analytics.payouts.gate import Gate
from tegro_analytics.payouts.intent import Intent, State, Withdrawal
from tegro_analytics.payouts.journal import Journal
from tegro_analytics.payouts.steps import STEPS
from tegro_analytics.reference import load_reference
from tegro_analytics.sandbox.process import start
from tegro_analytics.sandbox.withdrawals import MIXED, SHAPES
from tests.payouts.memory import BEHAVIOURS, LOOK_UPS, Api, Late
from tests.payouts.paid import Ledger

IDS = ("wd-1", "20261124000000123")
"""One of them is a long number, which answers show masked."""
BODIES = {
    "the same": (Decimal(100), "RUB", "4100111122223333"),
    "another amount": (Decimal(250), "RUB", "4100111122223333"),
    "another account": (Decimal(100), "RUB", "4100555566667777"),
    "another currency": (Decimal(100), "USD", "4100111122223333"),
}
QUARANTINE = dt.timedelta(minutes=15)
ids = st.sampled_from(IDS)
behaviours = st.sampled_from((*BEHAVIOURS, "drops and acts late", "drops and acts late"))


class Killed(BaseException):
    """End a program at once, as kill -9 does."""


class Mortal(Journal):
    """Take nothing more from a program that was killed."""

    dead = False

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Any]:
        if self.dead:
            raise Killed
        with super()._writing() as db:
            yield db


class Payouts(RuleBasedStateMachine):
    """Pay a few ids in every way there is."""

    def __init__(self) -> None:
        super().__init__()
        self.temporary = tempfile.TemporaryDirectory(prefix="tegro-payouts-")
        self.time = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
        self.prepared: set[str] = set()
        self.confirmed: Counter[str] = Counter()
        self.elsewhere: dict[str, str] = {}
        steps.hook = None

    def now(self) -> dt.datetime:
        return self.time

    @initialize(look_up=st.sampled_from(LOOK_UPS), shape=st.sampled_from((*SHAPES, MIXED)))
    def open(self, look_up: str, shape: str) -> None:
        self.look_up, self.shape = look_up, shape
        self.world(look_up, shape)
        self.start()

    def world(self, look_up: str, shape: str) -> None:
        self.api: Any = Api(look_up=look_up, shape=shape, now=self.now)

    def client(self) -> Any:
        return self.api

    def new_desk(self) -> Desk:
        return Desk(
            self.client(),
            Mortal(Path(self.temporary.name)),
            context=Context(
                shop_id="TEA",
                source_zone="UTC",
                report_zone="UTC",
                reference=load_reference(currencies={1: "RUB", 2: "USD"}),
                salt=b"",
            ),
            gate=Gate(allowed=True, headless=True),
            now=self.now,
        )

    def start(self) -> None:
        """Run the program, again or for the first time, on the same journal."""
        self.desk = self.new_desk()

    def wish(self, payment_id: str, body: str = "the same") -> Withdrawal:
        amount, currency, account = BODIES[body]
        return Withdrawal(payment_id, currency, amount, 5, account=account)

    def known(self, payment_id: str) -> Intent | None:
        return Journal(Path(self.temporary.name)).find(self.desk.scope, "withdrawal", payment_id)

    def state(self, payment_id: str) -> State | None:
        found = self.known(payment_id)
        return None if found is None else found.state

    # What the ledger has

    def count(self, payment_id: str) -> int:
        return int(self.api.count(payment_id))

    def late_acts_are_over(self, *, before: dt.datetime | None = None) -> None:
        self.api.act_late(before=before)

    def next_call(self, behaviour: str) -> None:
        self.api.behaviour = behaviour

    def during_the_call(self, deed: Callable[[], None] | None) -> None:
        self.api.in_move = deed or (lambda: None)

    def let_the_list(self, *, work: bool) -> None:
        self.api.list_works = work

    def act_elsewhere(self, payment_id: str, body: str) -> None:
        amount, currency, account = BODIES[body]
        self.api.act({"payment_id": payment_id, "currency": currency, "amount": amount, "account": account})

    # Deeds

    def pay(self, payment_id: str, body: str = "the same") -> Intent | None:
        """Pay, and see that what is raised is one of what may be."""
        before, there = self.state(payment_id), self.count(payment_id)
        try:
            intent = self.desk.carry_out(self.wish(payment_id, body))
        except (NeverSent, Rejected, OutcomeUnknown):
            intent = None
        except DataError:
            others = body != "the same" or self.elsewhere.get(payment_id, "the same") != "the same"
            assert others, "the same body was refused as another one"
            assert self.count(payment_id) == there
            intent = None
        if before not in (None, State.PREPARED):
            assert self.count(payment_id) == there, "running it again has sent it"
        if intent is not None:
            assert intent.state is State.ACCEPTED
            assert self.count(payment_id) >= 1, "accepted, and the ledger has none"
        return intent

    def noting(self, step: str) -> None:
        """Remember what the journal must have from now on."""
        if step == "prepared" and self.under_way:
            self.prepared.add(self.under_way)

    under_way: str | None = None

    @contextlib.contextmanager
    def watched(self, payment_id: str, *, kill_at: str | None = None) -> Iterator[None]:
        """Let a program do something with an id, and end it at a step."""
        self.under_way = payment_id

        def hook(step: str) -> None:
            self.noting(step)
            if step == kill_at:
                self.kill()

        steps.hook = hook
        try:
            yield
        except Killed:
            pass
        finally:
            steps.hook = None
            self.under_way = None
        if kill_at is not None:
            self.start()

    def kill(self) -> None:
        assert isinstance(self.desk.journal, Mortal)
        self.desk.journal.dead = True
        raise Killed

    @rule(payment_id=ids, behaviour=behaviours)
    def pay_it(self, payment_id: str, behaviour: str) -> None:
        self.next_call(behaviour)
        with self.watched(payment_id):
            self.pay(payment_id)

    @rule(payment_id=ids, body=st.sampled_from(tuple(BODIES)[1:]))
    def pay_another_body_under_the_id(self, payment_id: str, body: str) -> None:
        if self.state(payment_id) is None:
            return  # it would be the first, and then the other bodies are the wrong ones
        there = self.count(payment_id)
        with pytest.raises(DataError, match="stands for another"):
            self.desk.carry_out(self.wish(payment_id, body))
        assert self.count(payment_id) == there

    @rule(payment_id=ids, behaviour=behaviours, step=st.sampled_from(STEPS))
    def crash(self, payment_id: str, behaviour: str, step: str) -> None:
        self.next_call(behaviour)
        with self.watched(payment_id, kill_at=step):
            self.pay(payment_id)

    @rule(payment_id=ids, behaviour=st.sampled_from(("acts and drops", "drops and acts late", "never acts")))
    def crash_while_it_is_sent(self, payment_id: str, behaviour: str) -> None:
        self.next_call(behaviour)
        self.during_the_call(self.kill)
        with self.watched(payment_id, kill_at="nowhere"):
            self.pay(payment_id)
        self.during_the_call(None)

    @rule()
    def restart(self) -> None:
        self.start()

    @rule(payment_id=ids)
    def two_programs_at_once(self, payment_id: str) -> None:
        """While one sends, another pays the same: it has to wait, or comes afterwards and finds it."""
        other = self.new_desk()

        def hook(step: str) -> None:
            self.noting(step)
            if step in ("sending", "sent committed", "answered"):
                steps.hook = None
                with pytest.raises(NeverSent, match="Another program"):
                    other.carry_out(self.wish(payment_id))
                steps.hook = hook

        self.under_way, steps.hook = payment_id, hook
        self.pay(payment_id)
        self.under_way = steps.hook = None

    @rule(payment_id=ids, behaviour=behaviours)
    def two_programs_without_a_lock(self, payment_id: str, behaviour: str) -> None:
        """Should the lock ever fail, the journal lets only one of two send."""
        other = self.new_desk()
        other.lock = contextlib.nullcontext  # type: ignore[method-assign]
        there = self.count(payment_id)

        def hook(step: str) -> None:
            self.noting(step)
            if step == "sending":
                steps.hook = None
                self.next_call(behaviour)
                with contextlib.suppress(TegroError):
                    other.carry_out(self.wish(payment_id))

        self.under_way, steps.hook = payment_id, hook
        with contextlib.suppress(TegroError):
            self.desk.carry_out(self.wish(payment_id))
        self.under_way = steps.hook = None
        assert self.count(payment_id) <= max(there, 1)

    @rule(payment_id=ids, times=st.sampled_from((1, 3)))
    def resolve(self, payment_id: str, times: int) -> None:
        for _ in range(times if self.state(payment_id) else 0):
            self.desk.resolve("withdrawal", payment_id)

    @rule(payment_id=ids)
    def pay_it_late_and_look_too_soon(self, payment_id: str) -> None:
        self.pay_it(payment_id=payment_id, behaviour="drops and acts late")
        self.resolve(payment_id=payment_id, times=3)

    @rule(payment_id=ids, step=st.sampled_from(("looked", "scanned", "resolving", "resolved")))
    def crash_while_it_is_found_out(self, payment_id: str, step: str) -> None:
        if self.state(payment_id) is not None:
            with self.watched(payment_id, kill_at=step):
                self.desk.resolve("withdrawal", payment_id)

    @rule(payment_id=ids, behaviour=behaviours)
    def a_person_sends_it_again(self, payment_id: str, behaviour: str) -> None:
        state, there = self.state(payment_id), self.count(payment_id)
        allowed = state in (State.PRESUMED_ABSENT, State.REJECTED)
        self.next_call(behaviour)
        self.confirmed[payment_id] += allowed
        try:
            self.desk.send_again(self.wish(payment_id), confirm=payment_id)
        except DataError:
            assert not allowed or self.elsewhere.get(payment_id, "the same") != "the same"
        except (NeverSent, Rejected, OutcomeUnknown):
            pass
        if not allowed:
            assert self.count(payment_id) == there

    @rule(payment_id=ids, body=st.sampled_from(("the same", "another amount", "another account")))
    def it_is_there_already(self, payment_id: str, body: str) -> None:
        """Somebody pays with that id elsewhere, before it is ever sent from here."""
        known = self.known(payment_id)
        if not self.count(payment_id) and (known is None or not known.sends):
            self.elsewhere[payment_id] = body
            self.act_elsewhere(payment_id, body)

    @rule(minutes=st.sampled_from((1, 5, 16)))
    def time_passes(self, minutes: int) -> None:
        """What is late is so by less than the quarantine."""
        later = self.time + dt.timedelta(minutes=minutes)
        self.late_acts_are_over(before=later - QUARANTINE + dt.timedelta(minutes=1))
        self.time = later

    @rule()
    def what_is_late_happens(self) -> None:
        self.late_acts_are_over()

    @rule(works=st.booleans())
    def the_list_fails(self, works: bool) -> None:
        self.let_the_list(work=works)

    # What holds

    @precondition(lambda self: hasattr(self, "desk"))
    @invariant()
    def nothing_is_paid_twice_and_nothing_is_lost(self) -> None:
        for payment_id in IDS:
            count, intent = self.count(payment_id), self.known(payment_id)
            assert count <= 1 + self.confirmed[payment_id], "paid twice"
            if payment_id in self.prepared:
                assert intent is not None, "an intent is lost"
            if not count or payment_id in self.elsewhere:
                continue
            assert intent is not None
            sent = intent.state in (State.SENT, State.UNKNOWN, State.ACCEPTED)
            assert sent or self.confirmed[payment_id], f"paid, and {intent.state} in the journal"

    def teardown(self) -> None:
        try:
            if hasattr(self, "desk"):
                self.every_unknown_ends_as_the_ledger_says()
        finally:
            steps.hook = None
            self.temporary.cleanup()

    def every_unknown_ends_as_the_ledger_says(self) -> None:
        self.late_acts_are_over()
        self.let_the_list(work=True)
        self.start()
        self.time += dt.timedelta(minutes=16)
        for payment_id in IDS:
            state = self.state(payment_id)
            if state not in (State.SENT, State.UNKNOWN):
                continue
            for _ in range(3):
                ended = self.desk.resolve("withdrawal", payment_id).state
            there = self.count(payment_id) > 0
            if not there and ended in (state, State.UNKNOWN) and self.may_be_another(payment_id):
                continue
            assert ended is (State.ACCEPTED if there else State.PRESUMED_ABSENT), (state, ended, there)
        self.alarms()

    def may_be_another(self, payment_id: str) -> bool:
        """Say whether the list has one of the same body that shows no id, and nothing else tells of it."""
        unnamed = self.shape in ("minimal", MIXED) and self.look_up != "works"
        others = [one for one, body in self.elsewhere.items() if body == "the same" and one != payment_id]
        return unnamed and any(self.state(one) is None for one in others)

    def alarms(self) -> None:
        twice = {one for one in IDS if self.count(one) > 1}
        assert set(self.desk.paid_twice()) == twice


class PayoutsOnTheWire(Payouts):
    """The same against a sandbox, over HTTP."""

    def world(self, look_up: str, shape: str) -> None:
        self.sandbox = start(orders=400, days=60, seed=7, withdrawal_shape=shape)
        self.ledger = Ledger(self.sandbox, Path(self.temporary.name))
        self.standing = _LOOK_UPS.get(look_up)
        self.clients: list[Client] = []
        self.late: list[Late] = []
        self.behaviour = "accepts"
        self.in_move: Callable[[], None] = lambda: None
        self.tell()

    def client(self) -> Client:
        made = Client(
            self.sandbox.api_key,
            self.sandbox.shop_id,
            base_url=self.sandbox.base_url,
            data_folder=Path(self.temporary.name),
            nonce="milliseconds",
            allow_payouts=True,
        )
        self.clients.append(made)
        really = made.move

        def move(method: str, parameters: Mapping[str, Any], *, look: str) -> Moved:
            behaviour, self.behaviour = self.behaviour, "accepts"
            if behaviour == "drops and acts late":
                self.late.append(Late(parameters, self.now()))
            moved = really(method, parameters, look=look)
            self.in_move()
            return moved

        made.move = move  # type: ignore[method-assign]
        return made

    def tell(self, fault: tuple[str, Any] | None = None) -> None:
        """Show the faults that stand, and one that the next call meets."""
        self.sandbox.control("forget-faults")
        if self.standing is not None:
            self.sandbox.control("fault", name=self.standing, methods=["withdrawal"], acts=False)
        if fault is not None:
            name, acts = fault
            self.sandbox.control("fault", name=name, methods=["createWithdrawal"], acts=acts, times=1)

    def next_call(self, behaviour: str) -> None:
        self.behaviour = behaviour
        self.tell(_FAULTS.get(behaviour))

    def count(self, payment_id: str) -> int:
        return self.ledger.count(payment_id)

    def late_acts_are_over(self, *, before: dt.datetime | None = None) -> None:
        due = [one for one in self.late if before is None or one.sent_at <= before]
        self.late = [one for one in self.late if one not in due]
        for one in due:
            body = {name: one.parameters[name] for name in ("payment_id", "currency", "account")}
            self.sandbox.control("withdraw", amount=float(one.parameters["amount"]), **body)

    def act_elsewhere(self, payment_id: str, body: str) -> None:
        amount, currency, account = BODIES[body]
        told = {"currency": currency, "amount": float(amount), "account": account}
        self.sandbox.control("withdraw", payment_id=payment_id, **told)

    def during_the_call(self, deed: Callable[[], None] | None) -> None:
        self.in_move = deed or (lambda: None)

    def let_the_list(self, *, work: bool) -> None:
        """Leave it: the ledger is read by the same list."""

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            if hasattr(self, "sandbox"):
                for client in (*self.clients, self.ledger.client):
                    client.close()
                self.sandbox.close()


_FAULTS: dict[str, tuple[str, Any]] = {
    "acts and drops": ("close", True),
    "drops and acts late": ("reset-after", False),
    "acts and answers 500": ("500", True),
    "never acts": ("cut-body", False),
    "refuses": ("rejected", False),
    "never sent": ("reset-before", False),
}
"""What each behaviour is on a wire; there, a reset before the body proves nothing."""
_LOOK_UPS = {"errs": "404", "refuses all": "rejected", "null for all": "shape-data-null"}


def drive(machine: type[Payouts], examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
        ),
    )


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for a lock that the same thread holds, nor for the disk: no power fails here."""
    monkeypatch.setattr(desk_module, "PATIENCE", 0.0)
    monkeypatch.setattr(journal_module, "_DURABLE", "PRAGMA synchronous = OFF")


def test_any_deed_may_follow_any_other() -> None:
    drive(Payouts, 40, 20)


@pytest.mark.long
def test_many_deeds() -> None:
    drive(Payouts, 1_500, 40)


@pytest.mark.long
def test_any_deed_may_follow_any_other_on_the_wire() -> None:
    drive(PayoutsOnTheWire, 25, 25)
