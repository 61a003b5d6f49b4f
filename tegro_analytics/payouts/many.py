"""Many payouts from one table: checked as a whole, then one by one; run again, it goes on where it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from tegro_analytics.exceptions import (
    ApiError,
    ConfigurationError,
    DataError,
    OutcomeUnknown,
    Rejected,
    StoreError,
    TegroError,
    TransportError,
)
from tegro_analytics.payouts.desk import Desk
from tegro_analytics.payouts.intent import Intent, State, Withdrawal, exact_amount
from tegro_analytics.payouts.table import COLUMNS, check_columns, read_table

__all__ = ["Batch", "Done", "wishes_of"]

_SHOWN = 10
_NOTHING = ("<NA>", "NaT", "nan", "NaN", "None")
"""What an empty cell has become where a column was made text."""


def wishes_of(table: Any) -> list[Withdrawal]:
    """Read a table of payouts, exactly.

    Parameters
    ----------
    table
        A pandas frame, rows as mappings, or the path of a CSV file (comma or semicolon, decimal point or
        comma) with the columns of ``COLUMNS``. Amounts as text, Decimal or int are exact; a float is taken
        for the amount that it shows.

    Raises
    ------
    MissingColumn
        If a column is missing.
    DataError
        If rows cannot be read; the message names the first ten of them.
    """
    rows = list(_rows(table))
    problems: list[str] = []
    wishes: list[Withdrawal] = []
    for number, row in enumerate(rows, start=1):
        try:
            wishes.append(_wish(row))
        except DataError as error:
            problems.append(f"row {number}: {error}")
    _refuse(problems, len(rows))
    return wishes


@dataclass(frozen=True, slots=True)
class Done:
    """Tell what became of one row; ``state`` is ``waiting`` where it was not begun."""

    wish: Withdrawal
    state: str
    tegro_id: str | None = None
    reason: str | None = None
    before: bool = False
    """Whether it was carried out by an earlier run."""


@dataclass(slots=True)
class Batch:
    """Pay the rows of a table, one by one.

    Attributes
    ----------
    desk
        Carries them out.
    wishes
        The rows.
    """

    desk: Desk
    wishes: Sequence[Withdrawal]
    _known: dict[str, Intent] = field(default_factory=dict)

    def check(self, *, dry_run: bool = False) -> None:
        """Check the table as a whole before a byte is sent; a dry run needs no permission.

        Raises
        ------
        DataError
            If two rows have one id, an id stands for another payout already, a row cannot be meant, or the
            balance does not hold what is still to be paid.
        ConfigurationError
            If payouts are not allowed, or a limit would be passed.
        """
        names = Counter(wish.payment_id for wish in self.wishes)
        problems = [f"{name!r} stands in {count} rows" for name, count in names.items() if count > 1]
        scope = self.desk.scope
        self._known = {
            one.payment_id: one for one in self.desk.journal.all(scope) if one.kind == "withdrawal"
        }
        forbidden: ConfigurationError | None = None
        for wish in self.wishes:
            try:
                self.desk.check(wish, dry_run=dry_run)
            except DataError as error:
                problems.append(str(error))
            except ConfigurationError as error:
                forbidden = forbidden or error
            if wish.payment_id in self._known and not self.desk.journal.is_same(scope, wish):
                problems.append(f"{wish.payment_id!r} stands for another payout in the journal")
        _refuse(problems, len(self.wishes))
        if forbidden is not None:
            raise forbidden
        self._check_totals()

    def totals(self) -> dict[str, Decimal]:
        """Add up what is still to be paid, by currency."""
        sums: dict[str, Decimal] = {}
        for wish in self.wishes:
            if not self._is_settled(wish):
                sums[wish.currency] = sums.get(wish.currency, Decimal(0)) + wish.amount
        return sums

    def planned(self) -> list[Done]:
        """Tell what would be done: nothing is sent."""
        return [self._standing(wish) for wish in self.wishes]

    def run(self, *, done: Callable[[Done], None] = lambda _: None) -> list[Done]:
        """Pay row by row. A refused row does not stop the others; what makes all fail does.

        Where the network or the key fails, or an outcome is not known, the rest waits: run it again when the
        reason is mended.
        """
        result: list[Done] = []
        stopped = False
        for wish in self.wishes:
            row, stopped = (self._standing(wish), True) if stopped else self._one(wish)
            result.append(row)
            done(row)
        return result

    def _one(self, wish: Withdrawal) -> tuple[Done, bool]:
        """Pay one row; say whether the rest has to wait."""
        before = self._is_settled(wish)
        try:
            intent = self.desk.carry_out(wish)
        except Rejected as error:
            return Done(wish, State.REJECTED.value, reason=str(error), before=before), False
        except OutcomeUnknown as error:
            # One that was unknown before this run stops nobody: it says nothing about the network of now.
            state = self._state(wish, otherwise=State.UNKNOWN.value)
            return Done(wish, state, reason=str(error), before=before), not before
        except (TransportError, ApiError, ConfigurationError, StoreError) as error:
            return Done(wish, self._state(wish), reason=str(error)), True
        except TegroError as error:
            return Done(wish, self._state(wish), reason=str(error)), False
        return Done(wish, intent.state.value, intent.tegro_id, before=before), False

    def _check_totals(self) -> None:
        """Make sure that the balance and the limit of the day hold all of it."""
        totals = self.totals()
        if not totals:
            return
        for currency, total in totals.items():
            self.desk.check_day(self.desk.scope, currency, total)
        shown = self.desk.client.balance().get("balance")
        balance = shown if isinstance(shown, Mapping) else {}
        short = [
            f"{total:f} {currency} is to be paid, the balance is {balance.get(currency, '0')}"
            for currency, total in totals.items()
            if not _holds(balance.get(currency, "0"), total)
        ]
        _refuse(short, len(self.wishes))

    def _is_settled(self, wish: Withdrawal) -> bool:
        intent = self._known.get(wish.payment_id)
        return intent is not None and intent.state is not State.PREPARED

    def _standing(self, wish: Withdrawal) -> Done:
        intent = self._known.get(wish.payment_id)
        if intent is None or intent.state is State.PREPARED:
            return Done(wish, "waiting")
        return Done(wish, intent.state.value, intent.tegro_id, intent.reason, before=True)

    def _state(self, wish: Withdrawal, *, otherwise: str = "waiting") -> str:
        """Say what the journal has, or, where it cannot be read, what is known without it."""
        try:
            intent = self.desk.journal.find(self.desk.scope, wish.kind, wish.payment_id)
        except StoreError:
            return otherwise
        return "waiting" if intent is None or intent.state is State.PREPARED else intent.state.value


def _rows(table: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(table, str | Path):
        yield from read_table(Path(table))
        return
    if hasattr(table, "to_dict") and hasattr(table, "columns"):
        check_columns(table.columns)
        yield from table[list(COLUMNS)].to_dict("records")
        return
    for row in table:
        check_columns(row)
        yield row


def _wish(row: Mapping[str, Any]) -> Withdrawal:
    if _is_fraction(row["payment_id"]):
        # 7.0 where it was 7 before would be another id, and be paid again.
        raise DataError("payment_id was read as a number. Read the table with dtype=str.")
    name = _text(row["payment_id"], "payment_id")
    system = _text(row["payment_system"], "payment_system").removesuffix(".0")
    if not (system.isascii() and system.isdigit()):
        raise DataError(f"payment_system of {name!r}: {system[:20]!r} is not a number.")
    return Withdrawal(
        name,
        _text(row["currency"], "currency").upper(),
        exact_amount(row["amount"] if not _is_missing(row["amount"]) else "", name),
        int(system),
        account=_account(row["account"], name),
    )


def _account(value: Any, name: str) -> str:
    """Take an account as text: a number out of a spreadsheet has lost digits that nobody can give back."""
    if not isinstance(value, str) and not _is_missing(value):
        raise DataError(
            f"account of {name!r}: it was read as a number, which loses digits and leading zeros. Read the "
            "table with dtype=str."
        )
    return _text(value, f"account of {name!r}")


def _text(value: Any, what: str) -> str:
    if _is_missing(value) or not str(value).strip():
        raise DataError(f"{what} is empty.")
    return str(value).strip()


def _is_missing(value: Any) -> bool:
    return value is None or value != value or str(value) in _NOTHING


def _is_fraction(value: Any) -> bool:
    """Say whether a value is a float of whatever library."""
    return not isinstance(value, str) and not _is_missing(value) and not hasattr(value, "__index__")


def _holds(balance: Any, total: Decimal) -> bool:
    """Say whether a balance is one, and is enough."""
    try:
        return bool(Decimal(str(balance)) >= total)
    except InvalidOperation:
        return False


def _refuse(problems: Sequence[str], rows: int) -> None:
    if problems:
        more = f" … and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        told = "; ".join(
            problem.removesuffix(" Nothing was sent.").removesuffix(".") for problem in problems[:_SHOWN]
        )
        raise DataError(
            f"The table of {rows} payouts cannot be paid as it is: {told}{more}. Nothing was sent."
        )
