"""What orders, withdrawals and balances say of an account between two snapshots of its balance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics import money
from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.account.causes import Event
from tegro_analytics.metrics.account.withdrawn import read_withdrawals
from tegro_analytics.metrics.asking import populations
from tegro_analytics.metrics.asking.question import Question
from tegro_analytics.metrics.asking.window import Window
from tegro_analytics.metrics.engines.expressions import SUM
from tegro_analytics.metrics.engines.tables import read_table
from tegro_analytics.reference import Reference
from tegro_analytics.schemas import BALANCES, SHOPS

NEEDS = ("status", "is_test", "amount", "fee", "currency", "created_at", "paid_at", "refund_first_seen_at")
"""Columns of the orders that a bridge is made from."""

SKEW = dt.timedelta(minutes=5)
"""So near to a snapshot, a payment or a withdrawal may lie on its other side."""

RUN = dt.timedelta(hours=1)
"""A run asks for the balance first: a refund that it sees so soon afterwards was there before."""

FAILED_SHORTLY = dt.timedelta(days=7)

_FAILED_WORDS = frozenset(
    {"failed", "fail", "error", "rejected", "declined", "refused", "canceled", "cancelled", "returned"}
)
_DONE_WORDS = frozenset(
    {"done", "paid", "success", "successful", "completed", "complete", "processed", "sent"}
)

_MONEY = ("gross_volume", "fees", "refunds", "refund_fees", "early_refunds", "late_refunds")
_COUNTS = ("payments", "undated_refunds", "without_amount")


def units(amount: Decimal | None) -> int:
    """Read money as whole units of 10^-8; what is missing adds nothing."""
    return 0 if amount is None else int(amount.scaleb(8))


@dataclass(frozen=True, slots=True)
class Span:
    """Hold two snapshots between which accounts are bridged, and the snapshots next to them."""

    opened: dt.datetime
    closed: dt.datetime
    next_opened: dt.datetime
    """The first snapshot after the opening one."""
    next_closed: dt.datetime | None
    """The first snapshot after the closing one."""

    def holds(self, moment: dt.datetime) -> bool:
        """Say whether a moment lies between them: after the one, not after the other."""
        return self.opened < moment <= self.closed

    def is_near(self, moment: dt.datetime) -> bool:
        """Say whether a moment is so near to one that it may lie on its other side."""
        return min(abs(moment - self.opened), abs(moment - self.closed)) <= SKEW


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Hold the two balances of one currency, and their span."""

    span: Span
    before: Decimal
    after: Decimal


def snapshots(balances: Any, *, metric: str, bounds: Window) -> dict[str, Snapshots]:
    """Find the first and the last balance of each currency within the bounds; those with two are bridged.

    Raises
    ------
    DataError
        If the balances are those of several accounts, or a row says no moment, currency or balance.
    """
    table = read_table(
        balances, BALANCES, ("currency", "balance", "observed_at"), metric=metric, optional=("user_id",)
    )
    users = sorted(user for user in pc.unique(table["user_id"]).to_pylist() if user is not None)
    if len(users) > 1:
        raise DataError(
            f"{metric} was given the balances of several accounts, {', '.join(map(str, users))}: bridge one "
            "at a time"
        )
    moments = _by_currency(table)
    every = sorted({moment for seen in moments.values() for moment in seen})
    since, until = bounds.instants()
    found = {}
    for currency, seen in sorted(moments.items()):
        after = [at for at in sorted(seen) if since is None or at >= since]
        inside = [at for at in after if until is None or at < until]
        if len(inside) > 1:
            span = _span(inside[0], inside[-1], every)
            found[currency] = Snapshots(span, seen[span.opened], seen[span.closed])
    return found


def _by_currency(table: pa.Table) -> dict[str, dict[dt.datetime, Decimal]]:
    """Sort the snapshots by currency and moment."""
    moments: dict[str, dict[dt.datetime, Decimal]] = {}
    for place, row in enumerate(table.to_pylist()):
        if None in (row["currency"], row["balance"], row["observed_at"]):
            raise DataError(f"row {place} of the balances lacks its currency, its balance or its moment")
        known = moments.setdefault(row["currency"], {}).setdefault(row["observed_at"], row["balance"])
        if known != row["balance"]:
            raise DataError(
                f"the balance of {row['currency']!r} at {row['observed_at']} is two: {known} and "
                f"{row['balance']}"
            )
    return moments


def _span(opened: dt.datetime, closed: dt.datetime, every: Sequence[dt.datetime]) -> Span:
    return Span(
        opened,
        closed,
        next(at for at in every if at > opened),
        next((at for at in every if at > closed), None),
    )


@dataclass
class Sums:
    """Hold what orders and withdrawals of one currency say, in units of 10^-8."""

    money: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_MONEY, 0))
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTS, 0))
    withdrawn: int = 0
    withdrawal_fees: int = 0
    in_flight: list[int] = field(default_factory=list)
    landed: list[int] = field(default_factory=list)
    failed: int = 0
    failed_before: int = 0
    uncounted: int = 0
    without_fee: int = 0
    near: list[tuple[dt.timedelta, Event]] = field(default_factory=list)

    def next_to(self, span: Span, moment: dt.datetime, effect: int) -> None:
        """Keep an event that is near to a snapshot."""
        if effect and span.is_near(moment):
            distance = min(abs(moment - span.opened), abs(moment - span.closed))
            self.near.append((distance, Event(effect, span.holds(moment))))

    def nearest(self) -> tuple[Event, ...]:
        """List the events next to a snapshot, the nearest first."""
        return tuple(
            event for _, event in sorted(self.near, key=lambda one: (one[0], one[1].effect, one[1].inside))
        )


def sums_of(
    question: Question, withdrawals: Any, opened: Mapping[str, Snapshots], *, share: Decimal
) -> dict[str, Sums]:
    """Sum the orders and the withdrawals of each currency between its snapshots.

    Raises
    ------
    DataError
        If an order was paid between them, but nobody knows how much.
    """
    sums = {currency: Sums() for currency in opened}
    for span in dict.fromkeys(one.span for one in opened.values()):
        own = {currency: sums[currency] for currency, one in opened.items() if one.span == span}
        _sum_orders(question, span, own)
        _payments_nearby(question, span, own, share=share)
    rows = read_withdrawals(withdrawals, metric=question.metric.name).to_pylist()
    for currency, one in opened.items():
        for row in rows:
            if row["currency"] in (currency, None):
                _take(sums[currency], row, one.span, question.reference)
    return sums


def _sum_orders(question: Question, span: Span, sums: Mapping[str, Sums]) -> None:
    """Run the query that sums orders by currency."""
    counts, refunded = nw.col("amount") >= 0, nw.col("status") == populations.REFUNDED
    inside, seen = _inside(span), nw.col("refund_first_seen_at")
    dated = counts & refunded & ~seen.is_null()
    # A refund that a run sees first was in the balance that it had asked for before.
    known_before = (seen > span.opened) & (seen <= span.opened + RUN) & (seen < span.next_opened)
    known_at_end = (seen > span.closed) & (seen <= span.closed + RUN)
    if span.next_closed is not None:
        known_at_end &= seen < span.next_closed
    back = (dated & (((seen > span.opened) & (seen <= span.closed) & ~known_before) | known_at_end)) | (
        counts & refunded & seen.is_null() & inside
    )
    values = {
        "gross_volume": nw.when(inside & counts).then(nw.col("amount")),
        "fees": nw.when(inside & counts).then(nw.col("fee")),
        "refunds": nw.when(back).then(nw.col("amount")),
        "refund_fees": nw.when(back).then(nw.col("fee")),
        "early_refunds": nw.when(dated & known_before).then(nw.col("amount")),
        "late_refunds": nw.when(dated & known_at_end).then(nw.col("amount")),
        "payments": nw.when(inside & counts).then(nw.lit(1)),
        "undated_refunds": nw.when(back & seen.is_null()).then(nw.lit(1)),
        "without_amount": nw.when(inside & nw.col("amount").is_null()).then(nw.lit(1)),
    }
    made = {f"~{name}": value for name, value in values.items()}
    aggregates = [nw.col(f"~{name}").sum().cast(SUM) for name in _MONEY]
    aggregates += [nw.col(f"~{name}").count().cast(nw.Int64) for name in _COUNTS]
    query = _paid(question).with_columns(**made).group_by("currency").agg(*aggregates)
    for row in question.source.collect(query).to_pylist():
        if row["currency"] in sums:
            own = sums[row["currency"]]
            own.money |= {name: units(row[f"~{name}"]) for name in _MONEY}
            own.counts |= {name: row[f"~{name}"] for name in _COUNTS}
    if nameless := sum(own.counts["without_amount"] for own in sums.values()):
        raise DataError(f"{nameless} paid orders have no amount: fill the column 'amount', or leave them out")


def _paid(question: Question) -> nw.LazyFrame[Any]:
    return question.source.frame.filter(populations.not_test() & populations.paid(question.reference))


def _at() -> nw.Expr:
    """Express when an order was paid; one without that date is dated by its creation."""
    return nw.coalesce(nw.col("paid_at"), nw.col("created_at"))


def _inside(span: Span) -> nw.Expr:
    return (_at() > span.opened) & (_at() <= span.closed)


def _payments_nearby(question: Question, span: Span, sums: Mapping[str, Sums], *, share: Decimal) -> None:
    """Keep the payments next to the snapshots."""
    near = [(_at() >= moment - SKEW) & (_at() <= moment + SKEW) for moment in (span.opened, span.closed)]
    frame = _paid(question).filter((near[0] | near[1]) & (nw.col("amount") > 0))
    table = question.source.collect(frame.select("currency", _at().alias("~at"), "amount", "fee"))
    moments = table["~at"].cast(pa.timestamp("us", tz="UTC")).to_pylist()
    for row, moment in zip(table.drop_columns("~at").to_pylist(), moments, strict=True):
        if row["currency"] in sums:
            fee = units(money.multiply(row["fee"] or Decimal(0), share))
            sums[row["currency"]].next_to(span, moment, units(row["amount"]) - fee)


def _take(sums: Sums, row: Mapping[str, Any], span: Span, reference: Reference) -> None:
    """Take one withdrawal, which may be of any currency where it does not say one."""
    moment = row["created_at"] or row["done_at"]
    if has_failed(row["status"], reference):
        if moment is not None and None not in (row["amount"], row["currency"]):
            _take_failed(sums, moment, units(row["amount"]) + units(row["fee"]), span)
        return
    if moment is None or None in (row["amount"], row["currency"]):
        # Without a date it may have been at any time; with one, it matters if it lies between the snapshots.
        sums.uncounted += moment is None or span.holds(moment)
        return
    whole = units(row["amount"]) + units(row["fee"])
    landed = row["done_at"] is not None and row["done_at"] <= span.closed
    if span.holds(moment):
        sums.withdrawn += units(row["amount"])
        sums.withdrawal_fees += units(row["fee"])
        sums.without_fee += row["fee"] is None
        if not landed and (row["done_at"] is not None or not is_done(row["status"], reference)):
            sums.in_flight.append(whole)
    elif moment <= span.opened and landed and span.holds(row["done_at"]):
        sums.landed.append(whole)
    sums.next_to(span, moment, -whole)


def _take_failed(sums: Sums, moment: dt.datetime, whole: int, span: Span) -> None:
    if span.holds(moment):
        sums.failed += whole
    elif span.opened - FAILED_SHORTLY <= moment <= span.opened:
        sums.failed_before += whole


def has_failed(status: str | None, reference: Reference) -> bool:
    """Say whether a withdrawal failed, as far as its status says so: by code or by word.

    Examples
    --------
    >>> from tegro_analytics.reference import load_reference
    >>> [has_failed(status, load_reference()) for status in ("2", "Failed", "4", None)]
    [True, True, False, False]
    """
    return _is_one(status, _FAILED_WORDS, reference.codes("lost"))


def is_done(status: str | None, reference: Reference) -> bool:
    """Say whether a withdrawal was carried out, as far as its status says so."""
    return _is_one(status, _DONE_WORDS, reference.codes("paid"))


def _is_one(status: str | None, words: Iterable[str], codes: Iterable[int]) -> bool:
    said = (status or "").strip().lower()
    return said in words or said in {str(code) for code in codes}


def missing_shops(question: Question, shops: Any) -> list[str]:
    """Name the shops of the account without a single order, tests and unpaid ones included."""
    if shops is None:
        return []
    table = read_table(shops, SHOPS, ("shop_id",), metric=question.metric.name, optional=("name",))
    here = set(
        question.source.collect(question.source.frame.select("shop_id").unique())["shop_id"].to_pylist()
    )
    missing = {row["shop_id"]: row["name"] for row in table.to_pylist() if row["shop_id"] not in here}
    return [f"{name} ({shop})" if name else str(shop) for shop, name in sorted(missing.items())]
