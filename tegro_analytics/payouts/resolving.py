"""Find out what became of what was sent: found, or looked for long enough and found nowhere."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

from tegro_analytics.payouts.evidence import Absent, Evidence, Record, Verdict
from tegro_analytics.payouts.intent import Intent, State, Wish
from tegro_analytics.payouts.journal import Journal, Scope
from tegro_analytics.payouts.steps import reach

__all__ = ["LOOKS", "QUARANTINE", "Resolving", "is_same_payout"]

QUARANTINE = dt.timedelta(minutes=15)
"""So long after it was sent, not to be found proves nothing: it may be carried out late."""
LOOKS = 3
"""So many look-ups have to find nothing, the last of them, and the list, after that time."""
CLOCK_SECONDS = 10.0
"""The clock of the server is known as well as an answer is fast, and in whole seconds."""


def is_same_payout(journal: Journal, scope: Scope, meant: Intent | Wish, record: Record) -> bool | None:
    """Say whether a withdrawal of the API is what was meant; None where it shows too little to tell."""
    agrees = record.agrees(meant.amount, meant.currency)
    if agrees is False or not record.shows_account:
        return agrees and None
    same = journal.is_account(scope, meant.payment_id, record.account or "")
    return agrees if same else False


class Resolving:
    """Look for the intents of one shop whose outcome nobody knows."""

    def __init__(
        self, journal: Journal, evidence: Evidence, scope: Scope, *, now: Callable[[], dt.datetime]
    ) -> None:
        self._journal = journal
        self._evidence = evidence
        self._scope = scope
        self._now = now

    def resolve(self, intent: Intent) -> None:
        """Look once, and move the intent on if that decides it."""
        verdict = self._look(intent)
        if isinstance(verdict, Record):
            self._found(intent, verdict)
        elif self._is_absent(intent):
            reach("resolving")
            self._change(
                intent, State.PRESUMED_ABSENT, reason="looked for after it was sent, and found nowhere"
            )
        reach("resolved")

    def _look(self, intent: Intent) -> Verdict:
        """Ask for the id; for a withdrawal read the list as well, unless it was found."""
        verdict = self._evidence.look(intent.kind, intent.payment_id)
        if isinstance(verdict, Record) and self._is_ours(intent, verdict) is not False:
            return verdict
        self._note(intent, "look-up", verdict)
        if intent.kind == "order":
            return verdict
        scanned = self._evidence.scan(
            intent.payment_id,
            # Where the look-up is known to find what there is, a record without an id is another one's.
            may_be=lambda record: (
                not isinstance(verdict, Absent) and self._is_ours(intent, record) is not False
            ),
            others=self._journal.names(self._scope) - {intent.payment_id},
        )
        if not isinstance(scanned, Record):
            self._note(intent, "scan", scanned)
        return verdict if isinstance(verdict, Record) and not isinstance(scanned, Record) else scanned

    def _found(self, intent: Intent, record: Record) -> None:
        ours = self._is_ours(intent, record)
        reach("resolving")
        if ours is False:
            self._change(
                intent,
                State.UNKNOWN,
                reason="the API has another record with this id: look at it before anything is sent again",
            )
        else:
            self._change(intent, State.ACCEPTED, tegro_id=record.tegro_id, reason=None)

    def _is_ours(self, intent: Intent, record: Record) -> bool | None:
        """Say whether a record is what was sent; None where nothing speaks against it."""
        if intent.kind == "withdrawal":
            return is_same_payout(self._journal, self._scope, intent, record)
        return bool(record.agrees(intent.amount, intent.currency)) and self._is_younger(intent, record)

    def _is_younger(self, intent: Intent, record: Record) -> bool:
        """Say whether an order was made after it was sent: its id alone is not unique."""
        events = self._journal.events(self._scope, intent.kind, intent.payment_id)
        clocks = [json.loads(detail) for _, name, detail in events if name == "clock" and detail]
        # The first call of a program knows of no clock yet; clocks hardly drift until somebody looks.
        ahead = clocks[-1] if clocks else self._evidence.server_ahead()
        if ahead is None or record.created_at is None or intent.sent_at is None:
            return False
        on_server = intent.sent_at + dt.timedelta(seconds=float(ahead) - CLOCK_SECONDS)
        return record.created_at >= on_server

    def _is_absent(self, intent: Intent) -> bool:
        """Say whether it was looked for long enough: several times, and after the quarantine."""
        if intent.sent_at is None:
            return False
        late = intent.sent_at + QUARANTINE
        told = self._journal.events(self._scope, intent.kind, intent.payment_id, since=intent.sent_at)
        looks = [moment for moment, name, detail in told if name == "look-up" and detail == "absent"]
        scans = [moment for moment, name, detail in told if name == "scan" and detail == "absent"]
        if intent.kind == "order":
            return len(looks) >= LOOKS and looks[-1] >= late
        if not scans or scans[-1] < late:
            return False
        # Where the look-up does not tell, or not any more, the list does: as often.
        return (len(looks) >= LOOKS and looks[-1] >= late) or len(scans) >= LOOKS

    def _note(self, intent: Intent, event: str, verdict: Verdict) -> None:
        if isinstance(verdict, Absent):
            detail = "absent"
        else:
            detail = "a record that is not this one" if isinstance(verdict, Record) else verdict.reason
        self._journal.note(
            self._scope, intent.kind, intent.payment_id, event, now=self._now(), detail=detail[:500]
        )

    def _change(self, intent: Intent, state: State, **facts: str | None) -> None:
        self._journal.change(self._scope, intent.kind, intent.payment_id, state, now=self._now(), facts=facts)
