"""Why a balance moved otherwise than the orders say: named causes, each held against the gap exactly.

Money is whole units of 10^-8 here, so that equal means equal. A cause that fits to the last digit, and is
the only one of its simplicity that does, is named; what fits only after a search, or beside another cause
that fits as well, is possible and explains nothing. What cannot be counted (a shop whose orders are not
there) is possible wherever something is left.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["Account", "Event", "Finding", "explain"]

FEE_BEARER = "fee_bearer"
REFUNDS = "refunds"
IN_FLIGHT = "withdrawals_in_flight"
FAILED = "withdrawals_failed"
CLOCK_SKEW = "clock_skew"
MISSING_SHOP = "missing_shop"
UNKNOWN_WITHDRAWALS = "withdrawals_unknown"
ORDERS_NOT_READ = "orders_not_read"

SEARCHED = 12
"""So many events next to a snapshot, and withdrawals in flight, are searched for sums."""

LARGEST_SET = 3

SHARES = (10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90)
"""Shares of the fees, in percent, that a merchant may have agreed to bear."""

Term = tuple[str, int]
"""The name of a cause, and the gap that it would make."""


@dataclass(frozen=True, slots=True)
class Event:
    """Hold a payment or a withdrawal next to a snapshot: what it adds to the change, if it is counted."""

    effect: int
    inside: bool

    @property
    def gap(self) -> int:
        """Give the gap that there is if it lies on the other side of the snapshot."""
        return -self.effect if self.inside else self.effect


@dataclass(frozen=True, slots=True)
class Account:
    """Hold what is known of one currency between two snapshots, in units of 10^-8.

    Attributes
    ----------
    gap
        Change of the balance − what the orders and withdrawals let expect.
    fees, borne
        Fees of the payments, and the share of them that was taken off.
    refunds, refund_fees
        Refunds that were taken off, and the share of their fees that was.
    early_refunds, late_refunds
        Refunds first seen right after the opening snapshot, which were left out, and right after the closing
        one, which were taken off.
    in_flight, landed
        Withdrawals (with fees) made between the snapshots and not carried out by the closing one; made before
        the opening one and carried out between them.
    failed, failed_before
        Withdrawals that failed, and so were not counted: made between the snapshots, and shortly before.
    near
        Events next to a snapshot, the nearest first.
    missing_shop, orders_not_read, unknown_withdrawals
        Whether a shop has no orders here, whether the orders end before the closing snapshot, and whether a
        withdrawal does not say its amount, fee, currency or date.
    """

    gap: int
    fees: int = 0
    borne: int = 0
    refunds: int = 0
    refund_fees: int = 0
    early_refunds: int = 0
    late_refunds: int = 0
    in_flight: tuple[int, ...] = ()
    landed: tuple[int, ...] = ()
    failed: int = 0
    failed_before: int = 0
    near: tuple[Event, ...] = ()
    missing_shop: bool = False
    orders_not_read: bool = False
    unknown_withdrawals: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold the causes that explain the gap, those that are possible, and how much is explained."""

    causes: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()
    explained: int = 0


def explain(account: Account) -> Finding:
    """Find the causes of a gap, the simplest first.

    Examples
    --------
    >>> explain(Account(gap=50, fees=50, borne=50))
    Finding(causes=('fee_bearer',), possible=(), explained=50)
    >>> explain(Account(gap=50, fees=50, borne=50, refunds=50))
    Finding(causes=(), possible=('fee_bearer', 'refunds'), explained=0)
    >>> explain(Account(gap=50, missing_shop=True))
    Finding(causes=(), possible=('missing_shop',), explained=0)
    """
    if not account.gap:
        return Finding()
    uncounted = _uncounted(account)
    whole, skewed = list(_whole_sums(account)), [(CLOCK_SKEW, event.gap) for event in account.near[:SEARCHED]]
    fits = _singles([*whole, *skewed], account.gap) or _pairs(whole, account.gap)
    # Where something cannot be counted, one payment that happens to fit proves nothing.
    doubtful = len(fits) > 1 or (bool(uncounted) and frozenset([CLOCK_SKEW]) in fits)
    if fits and not doubtful:
        return Finding(causes=_names(fits), explained=account.gap)
    return Finding(possible=_names([*(fits or _searched(account, whole, skewed)), uncounted]))


def _uncounted(account: Account) -> list[str]:
    """Name what may be there and cannot be counted; what a withdrawal does not say only lowers a balance."""
    return [
        name
        for name, is_so in (
            (MISSING_SHOP, account.missing_shop),
            (ORDERS_NOT_READ, account.orders_not_read),
            (UNKNOWN_WITHDRAWALS, account.unknown_withdrawals and account.gap < 0),
        )
        if is_so
    ]


def _whole_sums(account: Account) -> Iterator[Term]:
    """List the sums that a cause would leave as a whole, each with the gap that it makes."""
    in_flight, landed = sum(account.in_flight), sum(account.landed)
    terms = [
        (FEE_BEARER, account.borne),  # the buyers bear all of it
        (FEE_BEARER, account.borne - account.fees),  # the merchant does
        (REFUNDS, account.refunds),  # they were not taken off the balance
        (REFUNDS, account.refund_fees),  # their fees were given back
        (REFUNDS, -account.refund_fees),  # their fees were taken again
        (REFUNDS, -account.early_refunds),
        (REFUNDS, account.late_refunds),
        (IN_FLIGHT, in_flight),  # what is in flight is debited when it is carried out
        (IN_FLIGHT, -landed),
        (IN_FLIGHT, in_flight - landed),
        (FAILED, -account.failed),  # it was debited, and is not back
        (FAILED, account.failed_before),  # it came back
    ]
    return ((name, gap) for name, gap in dict.fromkeys(terms) if gap)


def _singles(terms: Iterable[Term], gap: int) -> set[frozenset[str]]:
    """Name the causes that fit by themselves."""
    return {frozenset([name]) for name, made in terms if made == gap}


def _pairs(terms: Iterable[Term], gap: int) -> set[frozenset[str]]:
    """Name the pairs of different causes that fit together."""
    return {
        frozenset([one, other])
        for (one, made), (other, also) in itertools.combinations(terms, 2)
        if one != other and made + also == gap
    }


def _searched(account: Account, whole: list[Term], skewed: list[Term]) -> Iterator[frozenset[str]]:
    """Name what fits after a search among many sums, and so may fit by chance."""
    gap = account.gap
    if any(_rounded(account.fees * percent, 100) == account.borne - gap for percent in SHARES):
        yield frozenset([FEE_BEARER])
    flights = (*account.in_flight[-SEARCHED:], *(-one for one in account.landed[-SEARCHED:]))
    if any(sum(some) == gap for some in _subsets(flights, of=range(1, LARGEST_SET + 1))):
        yield frozenset([IN_FLIGHT])
    moved = [made for _, made in skewed]
    if any(sum(some) == gap for some in _subsets(moved, of=range(1, LARGEST_SET + 1))):
        yield frozenset([CLOCK_SKEW])
    yield from _pairs([*whole, *skewed], gap)


def _subsets(values: Iterable[int], *, of: Iterable[int]) -> Iterator[tuple[int, ...]]:
    known = list(values)
    for size in of:
        yield from itertools.combinations(known, size)


def _rounded(numerator: int, denominator: int) -> int:
    """Divide units, half to even."""
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))


def _names(fits: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({name for fit in fits for name in fit}))
