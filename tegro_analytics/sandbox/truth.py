"""Every number of a shop, computed from its integers: what the toolkit must find out through the API.

It follows the definitions of the metrics, not their code: money is summed in units of 10^-8 and shown as
exact decimal text, a quotient of money is rounded half-even at 8 decimals, every other rate is an exact
fraction ("3/7"; ``fractions.Fraction`` reads it), and an empty denominator gives null.

* LIVE: no test order, and a status from 0 to 4. PAID: LIVE and paid or refunded; OPEN: new or pending; LOST:
  failed.
* Money is dated by payment, or by creation where a payment has no date; a refund has no date of its own in
  the API, so it is dated as its payment. Negative amounts are in no money and in no payment count.
* Counts of the conversion are dated by creation. MATURE: created 24 hours before ``as_of`` or earlier.
* Days are Moscow days (UTC+3; see :mod:`~tegro_analytics.sandbox.clock`). Bounds are half-open.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeVar

from tegro_analytics.sandbox.clock import DAY, day_of, day_text
from tegro_analytics.sandbox.orders import FAILED, NEW, PAID, PENDING, REFUNDED, OrderBook
from tegro_analytics.sandbox.systems import CURRENCIES
from tegro_analytics.sandbox.units import money_text
from tegro_analytics.sandbox.world import Shop

_KNOWN = (NEW, PAID, FAILED, REFUNDED, PENDING)
_PAID = (PAID, REFUNDED)
_OPEN = (NEW, PENDING)

GroupKey = TypeVar("GroupKey", bound=Hashable)


def truth(shop: Shop, *, since: int | None, until: int | None, as_of: int) -> dict[str, Any]:
    """Compute all numbers of a shop within bounds; times in seconds since 1970."""
    book, bounds = shop.book, Bounds(since, until, as_of)
    live = [row for row in book.rows() if not book.test[row] and book.status[row] in _KNOWN]
    paid = [row for row in live if book.status[row] in _PAID and bounds.hold(money_time(book, row))]
    made = [row for row in live if bounds.hold(book.created[row])]
    unknown = sum(
        1
        for row in book.rows()
        if not book.test[row] and book.status[row] not in _KNOWN and bounds.hold(book.created[row])
    )
    days = bounds.days(first=min((money_time(book, row) for row in paid), default=None))
    return {
        "shop_id": shop.shop_id,
        "as_of": as_of,
        "counts": _counts(book) | {"unknown_status": unknown},
        **_revenue(book, paid, days=days),
        **_conversion(book, made, as_of=as_of, unknown=unknown),
        "payment_systems": _systems(book, paid, made, as_of=as_of, days=days),
    }


@dataclass(frozen=True, slots=True)
class Bounds:
    """Hold the bounds, half-open, and the moment to which all is known."""

    since: int | None
    until: int | None
    as_of: int

    def hold(self, moment: int) -> bool:
        """Say whether a moment lies within."""
        return (self.since is None or moment >= self.since) and (self.until is None or moment < self.until)

    def days(self, *, first: int | None) -> int:
        """Count the days that began by ``as_of``; without ``since``, from the day of the first payment."""
        begin = first if self.since is None else self.since
        end = self.as_of + 1 if self.until is None else min(self.as_of + 1, self.until)
        return 0 if begin is None or begin >= end else day_of(end - 1) - day_of(begin) + 1


def money_time(book: OrderBook, row: int) -> int:
    """Date the money of a row: by its payment, or by its creation if that has no date."""
    paid = book.paid[row]
    return paid if paid > 0 else book.created[row]


@dataclass(slots=True)
class Money:
    """Sum the payments of one group."""

    gross: int = 0
    fees: int = 0
    refunds: int = 0
    payments: int = 0
    refunded: int = 0
    above_zero: int = 0
    zero_fees: int = 0
    excluded_negative: int = 0
    days: set[int] = field(default_factory=set)

    def take(self, book: OrderBook, row: int) -> None:
        """Add one payment."""
        amount, fee = book.amount[row], book.fee[row]
        if amount < 0:
            self.excluded_negative += 1
            return
        self.gross += amount
        self.fees += fee
        self.payments += 1
        self.above_zero += amount > 0
        self.zero_fees += fee == 0
        self.days.add(day_of(money_time(book, row)))
        if book.status[row] == REFUNDED:
            self.refunds += amount
            self.refunded += 1

    def revenue(self) -> dict[str, Any]:
        """Show the columns of ``revenue``."""
        return {
            "gross_volume": money_text(self.gross),
            "fees": money_text(self.fees),
            "refunds": money_text(self.refunds),
            "net_volume": money_text(self.gross - self.fees - self.refunds),
            "payments": self.payments,
            "average_ticket": _quotient(self.gross, self.above_zero),
            "refund_rate": _rate(self.refunded, self.payments),
            "refund_rate_value": _rate(self.refunds, self.gross),
            "active_days": len(self.days),
            "undated_refunds": self.refunded,
            "excluded_negative": self.excluded_negative,
        }

    def zero_days(self, days: int) -> dict[str, int]:
        """Show how many of so many days had no payment."""
        return {"zero_days": max(days - len(self.days), 0)}

    def fee_rates(self) -> dict[str, Any]:
        """Show the columns of ``fees``."""
        return {
            "gross_volume": money_text(self.gross),
            "fees": money_text(self.fees),
            "payments": self.payments,
            "effective_fee_rate": _rate(self.fees, self.gross),
            "fee_per_payment": _quotient(self.fees, self.payments),
            "zero_fee_payments": self.zero_fees,
            "zero_fee_share": _rate(self.zero_fees, self.payments),
        }


@dataclass(slots=True)
class Cohort:
    """Count the orders of one group, by what became of them."""

    orders: int = 0
    mature: int = 0
    paid: int = 0
    paid_24h: int = 0
    paid_ever: int = 0
    undated: int = 0
    lost: int = 0
    lost_mature: int = 0
    pending: int = 0
    stale_open: int = 0
    late_paid: int = 0
    seconds: list[int] = field(default_factory=list)

    def take(self, book: OrderBook, row: int, as_of: int) -> None:
        """Count one live order."""
        status, created, paid = book.status[row], book.created[row], book.paid[row]
        mature = created <= as_of - DAY
        self.orders += 1
        self.mature += mature
        if status in _OPEN:
            self.stale_open += mature
            self.pending += not mature
        elif status == FAILED:
            self.lost += 1
            self.lost_mature += mature
        else:
            self.paid += 1
            self.paid_ever += mature
            self._time(paid - created if paid > 0 else None, mature=mature)

    def _time(self, seconds: int | None, *, mature: bool) -> None:
        if seconds is None:
            self.undated += mature
        elif seconds >= 0:
            self.seconds.append(seconds)
            self.paid_24h += mature and seconds <= DAY
            self.late_paid += mature and seconds > DAY

    def rates(self) -> dict[str, Any]:
        """Show the columns of ``conversion``; nothing is unresolved where all was read after ``as_of``."""
        seconds = sorted(self.seconds)
        return {
            "orders": self.orders,
            "mature": self.mature,
            "paid": self.paid,
            "paid_24h": self.paid_24h,
            "paid_ever": self.paid_ever,
            "lost": self.lost,
            "pending": self.pending,
            "stale_open": self.stale_open,
            "unresolved": 0,
            "late_paid": self.late_paid,
            "conversion_24h": _rate(self.paid_24h, self.mature),
            "conversion_24h_min": _rate(self.paid_24h, self.mature),
            "conversion_24h_max": _rate(self.paid_24h + self.undated, self.mature),
            "conversion_ever": _rate(self.paid_ever, self.mature),
            "terminal_success_rate": _rate(self.paid, self.paid + self.lost),
            "terminal_success_rate_mature": _rate(self.paid_ever, self.paid_ever + self.lost_mature),
            "late_paid_rate": _rate(self.late_paid, self.paid_ever),
            "naive_rate": _rate(self.paid, self.orders),
            "seconds_to_pay_p50": _quantile(seconds, Fraction(50, 100)),
            "seconds_to_pay_p90": _quantile(seconds, Fraction(90, 100)),
            "seconds_to_pay_p99": _quantile(seconds, Fraction(99, 100)),
        }


def _counts(book: OrderBook) -> dict[str, int]:
    """Count what the list holds, whatever the bounds."""
    return {
        "listed": len(book),
        "orders": sum(1 for _ in book.rows()),
        "tests": sum(1 for row in book.rows() if book.test[row]),
        "raw": len(book.raw.keys() - book.gone),
    }


def _revenue(book: OrderBook, paid: list[int], *, days: int) -> dict[str, Any]:
    """Show money by currency, and by currency and day."""

    def paid_day(row: int) -> tuple[int, int]:
        return book.currency[row], day_of(money_time(book, row))

    by_currency = _money(book, paid, lambda row: book.currency[row])
    return {
        "revenue": [_code(key) | money.revenue() | money.zero_days(days) for key, money in by_currency],
        "revenue_by_day": [
            _code(currency) | {"day": day_text(day)} | money.revenue()
            for (currency, day), money in _money(book, paid, paid_day)
        ],
        "fees": [_code(key) | money.fee_rates() for key, money in by_currency],
    }


def _conversion(book: OrderBook, made: list[int], *, as_of: int, unknown: int) -> dict[str, Any]:
    """Show what became of the orders, in all and by day of creation."""
    by_day = _groups(made, lambda row: day_of(book.created[row]))
    return {
        "conversion": _cohort(book, made, as_of).rates() | {"unknown_status": unknown},
        "conversion_by_day": [
            {"day": day_text(day)} | _cohort(book, rows, as_of).rates() for day, rows in by_day
        ],
    }


def _systems(
    book: OrderBook, paid: list[int], made: list[int], *, as_of: int, days: int
) -> list[dict[str, Any]]:
    """Show the columns of ``payment_systems`` that follow from integers, by currency and system."""

    def system_of(row: int) -> tuple[int, int]:
        return book.currency[row], book.system[row]

    money, orders = dict(_money(book, paid, system_of)), dict(_groups(made, system_of))
    whole = dict(_money(book, paid, lambda row: book.currency[row]))
    shown = []
    for key in sorted(money.keys() | orders.keys()):
        currency, system = key
        sums, together = money.get(key, Money()), whole.get(currency, Money())
        shown.append(
            _code(currency)
            | {
                "payment_system_id": system,
                "share": _rate(sums.payments, together.payments),
                "share_value": _rate(sums.gross, together.gross),
            }
            | sums.revenue()
            | sums.zero_days(days)
            | sums.fee_rates()
            | _cohort(book, orders.get(key, []), as_of).rates()
        )
    return shown


def _money(
    book: OrderBook, rows: Iterable[int], key: Callable[[int], GroupKey]
) -> list[tuple[GroupKey, Money]]:
    sums: dict[GroupKey, Money] = {}
    for row in rows:
        group = key(row)
        if group not in sums:
            sums[group] = Money()
        sums[group].take(book, row)
    return sorted(sums.items(), key=lambda item: item[0])  # type: ignore[arg-type,return-value]


def _groups(rows: Iterable[int], key: Callable[[int], GroupKey]) -> list[tuple[GroupKey, list[int]]]:
    groups: dict[GroupKey, list[int]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return sorted(groups.items(), key=lambda item: item[0])  # type: ignore[arg-type,return-value]


def _cohort(book: OrderBook, rows: Iterable[int], as_of: int) -> Cohort:
    cohort = Cohort()
    for row in rows:
        cohort.take(book, row, as_of)
    return cohort


def _code(currency: int) -> dict[str, str]:
    return {"currency": CURRENCIES.get(currency, f"CUR#{currency}")}


def _rate(part: int, whole: int) -> str | None:
    return f"{part}/{whole}" if whole else None


def _quotient(money: int, count: int) -> str | None:
    """Divide money by a count, half-even at 8 decimals: ``round`` of a fraction is half-even."""
    return money_text(round(Fraction(money, count))) if count else None


def _quantile(values: list[int], share: Fraction) -> str | None:
    """Take a linear quantile of sorted values, exactly."""
    if not values:
        return None
    place = share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return str(values[low] + (values[high] - values[low]) * (place - low))
