"""The protocol of calls that move money: intent first, look before, one send, and nothing again by itself."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal

import filelock

from tegro_analytics.api.client import Client
from tegro_analytics.api.moves import Moved
from tegro_analytics.exceptions import (
    ConfigurationError,
    DataError,
    NeverSent,
    OutcomeUnknown,
    Rejected,
    StoreError,
    TegroError,
)
from tegro_analytics.frames import Context
from tegro_analytics.payouts.evidence import Absent, Evidence, Unclear, Verdict
from tegro_analytics.payouts.gate import Gate
from tegro_analytics.payouts.intent import Intent, Kind, State, Wish, Withdrawal, check
from tegro_analytics.payouts.journal import Journal, Scope
from tegro_analytics.payouts.resolving import Resolving, is_same_payout
from tegro_analytics.payouts.steps import reach

__all__ = ["Desk"]

PATIENCE = 120.0
"""Seconds that one program waits while another pays."""


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Desk:
    """Carry out what moves money, for one shop.

    Parameters
    ----------
    client
        Of the shop.
    journal
        Where intents are written down.
    context
        How the records of the API are to be read.
    gate
        What was allowed.
    now
        The clock.
    """

    def __init__(
        self,
        client: Client,
        journal: Journal,
        *,
        context: Context,
        gate: Gate,
        now: Callable[[], dt.datetime] = _now,
    ) -> None:
        self.client = client
        self.journal = journal
        self.gate = gate
        self._reference = context.reference
        self._evidence = Evidence(client, context)
        self.now = now

    @property
    def scope(self) -> Scope:
        """Whose intents they are. A sandbox is known by its own id, which the first answer of it brings."""
        if self.client.sandbox and not self.client.server.startswith("sandbox:"):
            self.client.shops()
        return self.client.server, self.client.shop_id

    def carry_out(self, wish: Wish) -> Intent:
        """Carry out one wish, or give what became of it if it was carried out before.

        Raises
        ------
        DataError
            If it cannot be meant, or its id stands for another one. Nothing was sent.
        ConfigurationError
            If it may not be. Nothing was sent.
        NeverSent
            If nothing was sent: try again.
        Rejected
            If the API refused it, now or before.
        OutcomeUnknown
            If it may or may not have been carried out. Nothing is sent again by itself.
        """
        self.check(wish)
        with self.lock():
            scope = self.scope
            intent = self.journal.find(scope, wish.kind, wish.payment_id)
            if intent is None:
                if wish.kind == "withdrawal":  # before it is written down: its id is still free then
                    self.check_day(scope, wish.currency, wish.amount)
                self.journal.prepare(scope, wish, now=self.now())
            else:
                self._refuse_other(scope, wish, intent)
                if intent.state is not State.PREPARED:
                    return _told_again(intent)
            return self._begin(scope, wish, State.PREPARED)

    def check(self, wish: Wish, *, dry_run: bool = False) -> None:
        """Refuse what cannot be meant or may not be, before anything is written or sent."""
        check(wish, self._reference)
        self.gate.check(wish, dry_run=dry_run)

    def check_day(self, scope: Scope, currency: str, due: Decimal) -> None:
        """Refuse what would take the withdrawals of today over the limit."""
        today = self.gate.start_of_day(self.now())
        self.gate.check_day(currency, due, already=self.journal.sum_since(scope, currency, today))

    def plan(self, wish: Wish) -> Intent:
        """Check a wish and give what would be written down; nothing is, and nothing is sent."""
        self.check(wish, dry_run=True)
        known = self.journal.find(self.scope, wish.kind, wish.payment_id)
        if known is not None:
            self._refuse_other(self.scope, wish, known)
            return known
        return Intent(
            wish.kind,
            wish.payment_id,
            State.PREPARED,
            wish.amount,
            wish.currency,
            wish.payment_system,
            wish.masked,
            prepared_at=self.now(),
        )

    def paid_twice(self) -> list[str]:
        """Name the withdrawals that were sent more than once and that the API has more than once."""
        again = {
            one.payment_id
            for one in self.journal.all(self.scope)
            if one.kind == "withdrawal" and one.sends > 1
        }
        counts = self._evidence.count(again) if again else {}
        return sorted(name for name, count in counts.items() if count > 1)

    def send_again(self, wish: Wish, *, confirm: str) -> Intent:
        """Send again what was looked for and found nowhere, or was refused: a person says so.

        Parameters
        ----------
        wish
            The same as before.
        confirm
            Its ``payment_id`` once more.

        Raises
        ------
        ConfigurationError
            If it is not confirmed.
        DataError
            If there is no such intent, or it is not one that may be sent again.
        """
        self.check(wish)
        if confirm != wish.payment_id:
            raise ConfigurationError(
                f"To send {wish.payment_id!r} again, give its id once more: confirm={wish.payment_id!r}. "
                "Nothing was sent."
            )
        with self.lock():
            scope = self.scope
            intent = self.journal.find(scope, wish.kind, wish.payment_id)
            if intent is None:
                raise DataError(f"{wish.payment_id!r} was never sent from here: nothing can be sent again.")
            self._refuse_other(scope, wish, intent)
            if intent.state not in (State.PRESUMED_ABSENT, State.REJECTED):
                raise DataError(
                    f"{wish.payment_id!r} is {intent.state.value}: only what was refused, or was looked for "
                    "long enough and found nowhere, is sent again. Nothing was sent."
                )
            return self._begin(scope, wish, intent.state)

    def resolve(self, kind: Kind, payment_id: str) -> Intent:
        """Find out what became of an intent that nobody knows the outcome of."""
        with self.lock():
            scope = self.scope
            intent = self.journal.find(scope, kind, payment_id)
            if intent is None:
                raise DataError(f"{payment_id!r} is not in the journal.")
            if not intent.state.is_open:
                return intent
            Resolving(self.journal, self._evidence, scope, now=self.now).resolve(intent)
            return self._known(scope, kind, payment_id)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Let one program at a time move money."""
        path = self.journal.path.with_suffix(".lock")
        lock = filelock.FileLock(
            path, mode=0o600, thread_local=False, is_singleton=False, preserve_lock_file=True
        )
        problem: TegroError | None = None
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.acquire(timeout=PATIENCE, poll_interval=0.02)
        except filelock.Timeout:
            problem = NeverSent(
                "Another program is moving money with this journal and has not ended. Nothing was sent; try "
                "again when it has."
            )
        except (OSError, NotImplementedError) as error:
            told = getattr(error, "strerror", None) or "locks do not work there"
            problem = StoreError(f"The lock of payouts {path} cannot be used: {told}. Nothing was sent.")
        if problem is not None:
            raise problem
        try:
            reach("locked")
            yield
        finally:
            lock.release()

    # One send

    def _begin(self, scope: Scope, wish: Wish, state: State) -> Intent:
        """Look before, where it is a withdrawal, and send; from any other state than ``prepared`` again."""
        again = state is not State.PREPARED
        if isinstance(wish, Withdrawal):
            adopted = self._look_before(scope, wish, again=again)
            if adopted is not None:
                return adopted
            self.check_day(scope, wish.currency, wish.amount)
        if again:
            self.journal.note(scope, wish.kind, wish.payment_id, "confirmed by a person", now=self.now())
        return self._send(scope, wish, state)

    def _look_before(self, scope: Scope, wish: Withdrawal, *, again: bool) -> Intent | None:
        """Make sure that the API does not have it; adopt it where it does and it is the same."""
        verdict = self._has(scope, wish, again=again)
        if isinstance(verdict, Absent):
            reach("looked before")
            return None
        if isinstance(verdict, Unclear):
            raise NeverSent(
                f"{wish.payment_id!r}: nobody can tell whether the API has it already: {verdict.reason}. "
                "Nothing was sent."
            )
        if not is_same_payout(self.journal, scope, wish, verdict):
            raise DataError(
                f"The API has another withdrawal with the id {wish.payment_id!r}, or shows too little of it "
                "to tell. Give this one an id of its own. Nothing was sent."
            )
        self.journal.change(
            scope,
            wish.kind,
            wish.payment_id,
            State.ACCEPTED,
            now=self.now(),
            facts={"tegro_id": verdict.tegro_id, "adopted": 1, "reason": None},
        )
        return self._known(scope, wish.kind, wish.payment_id)

    def _has(self, scope: Scope, wish: Withdrawal, *, again: bool) -> Verdict:
        """Ask whether the API has it; what was sent before is looked for in the list as well."""
        verdict = self._evidence.look(wish.kind, wish.payment_id)
        if isinstance(verdict, Unclear):
            self.journal.note(
                scope,
                wish.kind,
                wish.payment_id,
                "look-up does not tell",
                now=self.now(),
                detail=verdict.reason,
            )
        if isinstance(verdict, Unclear) or (again and isinstance(verdict, Absent)):
            return self._evidence.scan(
                wish.payment_id,
                may_be=lambda record: (
                    not isinstance(verdict, Absent)
                    and is_same_payout(self.journal, scope, wish, record) is not False
                ),
                others=self.journal.names(scope) - {wish.payment_id},
            )
        return verdict

    def _send(self, scope: Scope, wish: Wish, state: State) -> Intent:
        """Commit ``sent``, send once, write down what came of it."""
        reach("sending")
        key = (scope, wish.kind, wish.payment_id)
        self.journal.note(*key, "clock", now=self.now(), detail=self._evidence.server_ahead())
        self.journal.change(
            *key, State.SENT, now=self.now(), sent=True, facts={"reason": None}, only_from=state
        )
        reach("sent committed")
        moved: Moved | None = None
        problem: BaseException | None = None
        try:
            moved = self.client.move(wish.method, wish.parameters(), look=_look(wish))
        except (DataError, ConfigurationError) as error:  # its body could not even be made
            problem = error
            moved = Moved("not sent", error=error)
        except BaseException as error:
            self.journal.change(
                *key,
                State.UNKNOWN,
                now=self.now(),
                facts={"reason": f"{type(error).__name__} while it was sent"},
            )
            raise
        reach("answered")
        return self._end(scope, wish, moved, problem)

    def _end(self, scope: Scope, wish: Wish, moved: Moved, problem: BaseException | None) -> Intent:
        reach("ending")
        key = (scope, wish.kind, wish.payment_id)
        error = _masked(problem or moved.error, wish)
        reason = None if error is None else str(error)[:500]
        facts = {"reason": reason, **(_facts(moved.data) if moved.known == "accepted" else {})}
        lost = ""
        try:
            self.journal.change(*key, _STATES[moved.known], now=self.now(), facts=facts)
        except StoreError as failure:
            lost = str(failure).removesuffix(" Without it nothing is sent.")
        if lost:
            raise OutcomeUnknown(
                f"{wish.payment_id!r} was sent, and what came of it ({moved.known}) could not be written "
                f"down: {lost} The journal has it as sent. Mend the journal, then find out with "
                "shop.resolve_payouts().",
                method=wish.method,
            )
        reach("ended")
        if error is not None:
            raise error
        return self._known(*key)

    def _known(self, scope: Scope, kind: Kind, payment_id: str) -> Intent:
        intent = self.journal.find(scope, kind, payment_id)
        assert intent is not None  # noqa: S101  it was just written
        return intent

    def _refuse_other(self, scope: Scope, wish: Wish, intent: Intent) -> None:
        if not self.journal.is_same(scope, wish):
            account = f" to {intent.account}" if intent.account else ""
            raise DataError(
                f"{wish.payment_id!r} stands for another {wish.kind}: {intent.amount:f} {intent.currency}"
                f"{account}, {intent.state.value}. A new one needs an id of its own. Nothing was sent."
            )


_STATES = {
    "accepted": State.ACCEPTED,
    "refused": State.REJECTED,
    "never sent": State.PREPARED,
    "not sent": State.PREPARED,
    "unknown": State.UNKNOWN,
}


def _told_again(intent: Intent) -> Intent:
    """Give the outcome that is written down; nothing is sent."""
    name = repr(intent.payment_id)
    if intent.state is State.ACCEPTED:
        return intent
    if intent.state is State.REJECTED:
        raise Rejected(f"{name} was refused before: {intent.reason} Nothing was sent now.")
    if intent.state is State.PRESUMED_ABSENT:
        raise OutcomeUnknown(
            f"{name} was sent, got no clear answer, and was found nowhere since. Only a person sends it "
            f"again: the same call with resend={name}. Nothing was sent now."
        )
    raise OutcomeUnknown(
        f"{name} was sent, and nobody knows yet whether it was carried out. Find out with "
        "shop.resolve_payouts(). Nothing was sent now."
    )


def _masked(error: BaseException | None, wish: Wish) -> BaseException | None:
    """Mask the account in what the API says of it: not every account is a long number."""
    if error is None or not isinstance(wish, Withdrawal) or not wish.masked:
        return error
    account, masked = wish.account, wish.masked
    error.args = tuple(one.replace(account, masked) if isinstance(one, str) else one for one in error.args)
    if isinstance(text := getattr(error, "text", None), str):
        error.text = text.replace(account, masked)  # type: ignore[attr-defined]
    return error


def _look(wish: Wish) -> str:
    return f"Find out with shop.resolve_payouts(): the journal has {wish.payment_id!r} as unknown."


def _facts(data: object) -> dict[str, str]:
    """Take Tegro's number, and the page of an order, out of the answer."""
    if not isinstance(data, dict):
        return {}
    number = next((data[name] for name in ("id", "withdrawal_id", "order_id") if data.get(name)), None)
    facts = {"tegro_id": None if number is None else str(number), "url": data.get("url")}
    return {name: str(value) for name, value in facts.items() if value is not None}
