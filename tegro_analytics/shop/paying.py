"""What moves money: withdrawals, one or many, and invoices, each written down before it is sent."""

from __future__ import annotations

import operator
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tegro_analytics.exceptions import ConfigurationError, DataError, StoreError, TegroDataWarning
from tegro_analytics.progress import wanted
from tegro_analytics.reference import Reference
from tegro_analytics.settings import Settings, data_folder
from tegro_analytics.sync import Member
from tegro_analytics.texts import tr

if TYPE_CHECKING:
    from tegro_analytics.payouts.desk import Desk
    from tegro_analytics.payouts.frame import PayoutsFrame
    from tegro_analytics.payouts.intent import Intent, Wish
    from tegro_analytics.payouts.journal import Journal

__all__ = ["Paying"]

Amount = Decimal | int | float | str


class Paying:
    """Move money. A cell that is run again pays once: the same ``payment_id`` gives the stored outcome."""

    settings: Settings
    reference: Reference
    folder: Path
    _members: list[Member]
    _allow_payouts: bool

    def withdraw(
        self,
        *,
        payment_id: str,
        currency: str,
        amount: Amount,
        account: str,
        payment_system: int,
        resend: str | None = None,
        dry_run: bool = False,
        shop: str | None = None,
    ) -> Intent:
        """Pay money out, at most once for each ``payment_id``.

        It is written into the journal before it is sent. Run again with the same id and body, it gives what
        is known, and sends nothing.

        Parameters
        ----------
        payment_id
            Your own id for it: a new one for each payout, the same whenever it is the same payout.
        currency, amount
            How much of what. Decimal, text or int are exact.
        account
            Where to. It is masked wherever it is shown.
        payment_system
            The id of the payment system.
        resend
            The id once more, to send again what was looked for and found nowhere, or was refused.
        dry_run
            Give what would be written down; nothing is, and nothing is sent.
        shop
            Of several shops, which one.

        Returns
        -------
        Intent
            What the journal has: ``state`` is ``accepted``, and ``prepared`` for a dry run.

        Raises
        ------
        ConfigurationError
            If payouts are not allowed (``connect(allow_payouts=True)``), nobody is there and it was not said
            that nobody need be (``TEGRO_PAYOUTS_HEADLESS=1``), or a limit would be passed. Nothing was sent.
        DataError
            If it cannot be meant, or its id stands for another payout. Nothing was sent.
        NeverSent
            If nothing was sent: run it again.
        Rejected
            If the API refused it, now or before.
        OutcomeUnknown
            If it may or may not have been carried out: :meth:`resolve_payouts` finds it out.
        """
        from tegro_analytics.payouts.intent import Withdrawal, exact_amount

        wish = Withdrawal(
            payment_id,
            _trimmed(currency).upper(),
            exact_amount(amount, payment_id),
            _whole(payment_system),
            account=_trimmed(account),
        )
        return self._carry_out(wish, resend=resend, dry_run=dry_run, shop=shop)

    def create_order(
        self,
        *,
        payment_id: str,
        currency: str,
        amount: Amount,
        payment_system: int | None = None,
        fields: Mapping[str, Any] | None = None,
        receipt: Mapping[str, Any] | None = None,
        resend: str | None = None,
        dry_run: bool = False,
        shop: str | None = None,
    ) -> Intent:
        """Make an invoice, at most once for each ``payment_id``; ``url`` is the page where it is paid.

        Parameters
        ----------
        payment_id
            Your own number of the order; the API calls it ``order_id`` here, and ``payment_id`` afterwards.
        currency, amount
            How much of what.
        payment_system
            The id of the payment system, where it is not the payer's choice.
        fields, receipt
            ``email`` and ``phone`` of the payer; ``items``, each with ``name``, ``count``, ``price``.
        resend, dry_run, shop
            As :meth:`withdraw` takes them.

        Raises
        ------
        DataError, NeverSent, Rejected, OutcomeUnknown
            As :meth:`withdraw`.
        """
        from tegro_analytics.payouts.intent import Order, exact_amount

        wish = Order(
            payment_id,
            _trimmed(currency).upper(),
            exact_amount(amount, payment_id),
            _whole(payment_system),
            fields=fields,
            receipt=receipt,
        )
        return self._carry_out(wish, resend=resend, dry_run=dry_run, shop=shop)

    def withdraw_many(self, table: Any, *, dry_run: bool = False, shop: str | None = None) -> PayoutsFrame:
        """Pay every row of a table, each at most once: run it again, and it goes on where it ended.

        The table is checked as a whole before a byte is sent: columns, amounts, ids, limits, balance.

        Parameters
        ----------
        table
            A DataFrame or a CSV file with ``payment_id, currency, amount, account, payment_system``. Read
            accounts as text: ``pd.read_csv(…, dtype=str)``.
        dry_run
            Check, say what is to be paid, and send nothing.
        shop
            Of several shops, which one.

        Returns
        -------
        PayoutsFrame
            One row for each row of the table, with its ``state``.

        Raises
        ------
        MissingColumn, DataError, ConfigurationError
            If the table cannot be paid as it is; the message names the rows. Nothing was sent.
        """
        from tegro_analytics.payouts.frame import batch_frame
        from tegro_analytics.payouts.many import Batch, wishes_of

        desk = self._desk(shop)
        batch = Batch(desk, wishes_of(table))
        batch.check(dry_run=dry_run)
        lang = self.settings.lang
        if dry_run:
            return batch_frame(batch.planned(), lang=lang, notes=[_due(batch.totals(), lang)])
        with _bar(len(batch.wishes), show=wanted(progress=self.settings.progress), lang=lang) as step:
            rows = batch.run(done=lambda _: step())
        waiting = sum(row.state == "waiting" for row in rows)
        why = next((row.reason for row in reversed(rows) if row.reason), "") if waiting else ""
        notes = [tr("payouts.stopped", lang, reason=why, count=waiting)] if waiting else []
        before = sum(row.before for row in rows)
        if before:
            notes.append(tr("payouts.before", lang, count=before))
        return batch_frame(rows, lang=lang, notes=notes)

    @property
    def payouts(self) -> PayoutsFrame:
        """Give all that was meant to move money, with its state; what waits for a person is said first."""
        return self._payouts_frame()

    def resolve_payouts(self, *, wait: float = 0.0, shop: str | None = None) -> PayoutsFrame:
        """Find out what became of what was sent without a clear answer; nothing is sent again.

        The API is asked for each, and the list of withdrawals is read. What is found is ``accepted``. Not to
        be found proves nothing at first: only 15 minutes after it was sent, and after three such look-ups, it
        is ``presumed_absent``, and a person may send it again with ``resend=``.

        Parameters
        ----------
        wait
            Look again for so many seconds, with growing pauses, as long as an outcome is not known.
        shop
            Of several shops, which one.
        """
        desks = [self._desk(member.shop_id) for member in self._chosen(shop)]
        for _ in _growing(wait):
            still_open = [
                desk.resolve(intent.kind, intent.payment_id).state.is_open
                for desk in desks
                for intent in desk.journal.all(desk.scope)
                if intent.state.is_open
            ]
            if not any(still_open):
                break
        return self._payouts_frame(twice=[name for desk in desks for name in desk.paid_twice()])

    # Inside

    def _carry_out(self, wish: Wish, *, resend: str | None, dry_run: bool, shop: str | None) -> Intent:
        desk = self._desk(shop)
        if dry_run:
            return desk.plan(wish)
        if resend is not None:
            return desk.send_again(wish, confirm=resend)
        return desk.carry_out(wish)

    def _journal(self) -> Journal:
        """Give the journal: with the data of this user, and apart from the store, which people delete."""
        from tegro_analytics.payouts.journal import Journal

        return Journal((self.folder if self._is_sandbox else data_folder()) / "payouts")

    @property
    def _is_sandbox(self) -> bool:
        return self._members[0].client.sandbox

    def _chosen(self, shop: str | None) -> Sequence[Member]:
        if shop is None:
            return self._members
        found = [member for member in self._members if shop in (member.access.name, member.shop_id)]
        if not found:
            names = ", ".join(member.access.name for member in self._members)
            raise DataError(f"There is no shop {shop!r} here. There are: {names}. Nothing was sent.")
        return found

    def _desk(self, shop: str | None) -> Desk:
        from tegro_analytics.frames import Context
        from tegro_analytics.payouts.desk import Desk
        from tegro_analytics.payouts.gate import Gate

        members = self._chosen(shop)
        if len(members) > 1:
            names = ", ".join(member.access.name for member in members)
            raise ConfigurationError(f"Say from which shop: shop=, one of {names}. Nothing was sent.")
        settings = self.settings
        return Desk(
            members[0].client,
            self._journal(),
            context=Context(
                shop_id=members[0].shop_id,
                source_zone=settings.source_timezone,
                report_zone=settings.report_timezone,
                reference=self.reference,
                salt=b"",
            ),
            gate=Gate(
                allowed=self._allow_payouts,
                headless=settings.payouts_headless,
                per_call=settings.payout_limit,
                per_day=settings.payout_day_limit,
                zone=settings.report_timezone,
            ),
        )

    def _payouts_frame(self, *, twice: Sequence[str] = ()) -> PayoutsFrame:
        from tegro_analytics.payouts.frame import intents_frame

        journal = self._journal()
        found: list[Intent] = []
        if journal.path.exists():
            for member in self._members:
                found += journal.all(self._desk(member.shop_id).scope)
        return intents_frame(found, zone=self.settings.report_timezone, lang=self.settings.lang, twice=twice)

    def _announce(self) -> None:
        """Say when the shop is opened what is still open."""
        journal = self._journal()
        if not journal.path.exists():
            return
        from tegro_analytics.payouts.frame import some

        shops = {member.shop_id for member in self._members}
        told = ""
        try:
            ids = [one.payment_id for one in journal.open_of(shops)]
        except StoreError as error:  # it hinders payouts, and nothing else that a shop can do
            told = str(error)
        else:
            if ids:
                told = tr("payouts.announced", self.settings.lang, count=len(ids), ids=some(ids))
        if told:
            warnings.warn(told, TegroDataWarning, stacklevel=4)


def _trimmed(value: str) -> str:
    """Take off the blanks that copying leaves; what is no text is refused with the rest of the checks."""
    if not isinstance(value, str):
        raise DataError(
            f"Currency and account are text, and this is a {type(value).__name__}: a number has lost its "
            "leading zeros. Put it in quotes. Nothing was sent."
        )
    return value.strip()


def _whole(value: Any) -> Any:
    """Make a number of another library, as in the cell of a frame, one of Python's."""
    number = hasattr(value, "__index__") and not isinstance(value, bool)
    return operator.index(value) if number else value


def _growing(seconds: float) -> Iterator[None]:
    """Go round once, and again after pauses of 1, 2, 4 … 60 seconds until the time is over."""
    end, pause = time.monotonic() + seconds, 1.0
    yield
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        pause = min(2 * pause, 60.0)
        yield


def _due(totals: Mapping[str, Decimal], lang: str | None) -> str:
    if not totals:
        return tr("payouts.nothing_due", lang)
    return tr("payouts.total", lang, totals=", ".join(f"{sum_:f} {code}" for code, sum_ in totals.items()))


def _bar(total: int, *, show: bool, lang: str | None) -> Any:
    from tegro_analytics.progress import counting

    return counting(tr("payouts.progress", lang), total=total, show=show)
