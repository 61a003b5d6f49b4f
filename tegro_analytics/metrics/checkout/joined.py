"""Attempts to pay that belong together, as a query that every engine runs: one row for each checkout."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import narwhals as nw

from tegro_analytics.metrics.asking import populations
from tegro_analytics.metrics.asking.clocks import grouped, within
from tegro_analytics.metrics.asking.question import Question

if TYPE_CHECKING:
    import pyarrow as pa

NEEDS = (
    "shop_id", "id", "payment_id", "customer", "currency", "amount", "status", "is_test", "created_at",
    "created_date",
)  # fmt: skip
"""Columns of the orders that checkouts are made from."""

GAP = dt.timedelta(minutes=60)
"""An attempt that comes later than this after the one before it opens a new checkout."""

_KIND, _BEFORE, _FIRST, _CHECKOUT = "~kind", "~before", "~first", "~checkout"
_PAID, _ATTEMPT, _ATTEMPTS, _ANY_PAID = "~paid", "~attempt", "~attempts", "~any_paid"
_NUMBERED, _OF_CUSTOMER, _ALONE = 1, 2, 3
_ORDER = ["created_at", "id"]
_NO_ORDERS = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def checkouts_of(question: Question) -> nw.LazyFrame[Any]:
    """Join the attempts of the whole history: the first of each checkout, with what became of all of them."""
    live = populations.not_test() & populations.known(question.reference)
    keys = _keys()
    is_paid = nw.when(populations.paid(question.reference)).then(nw.lit(1)).otherwise(nw.lit(0))
    frame = question.source.frame.filter(live).with_columns(
        _kind().alias(_KIND), is_paid.alias(_PAID), nw.lit(1).alias(_ATTEMPT)
    )
    frame = frame.with_columns(**keys)
    frame = frame.with_columns(nw.col("created_at").shift(1).over(*keys, order_by=_ORDER).alias(_BEFORE))
    frame = frame.with_columns(nw.when(_opens()).then(nw.lit(1)).otherwise(nw.lit(0)).alias(_FIRST))
    number = nw.col(_FIRST).cum_sum().over(*keys, order_by=_ORDER).cast(nw.Int64)
    frame = frame.with_columns(number.alias(_CHECKOUT))
    return frame.with_columns(
        nw.col(_ATTEMPT).sum().over(*keys, _CHECKOUT).cast(nw.Int64).alias(_ATTEMPTS),
        nw.col(_PAID).max().over(*keys, _CHECKOUT).alias(_ANY_PAID),
    ).filter(nw.col(_FIRST) == 1)


def _kind() -> nw.Expr:
    """Express what an order is known by: its number, its customer and amount, or nothing but itself.

    A part that is missing says nothing: two orders that both lack it are not alike.
    """

    def there(*names: str) -> nw.Expr:
        return nw.all_horizontal(*(~nw.col(name).is_null() for name in names), ignore_nulls=False)

    numbered = there("shop_id", "payment_id") & (nw.col("payment_id") != "")
    of_customer = there("shop_id", "customer", "currency", "amount")
    known = nw.when(of_customer).then(nw.lit(_OF_CUSTOMER)).otherwise(nw.lit(_ALONE))
    return nw.when(numbered).then(nw.lit(_NUMBERED)).otherwise(known)


def _keys() -> dict[str, nw.Expr]:
    """Express the key of an order; what does not belong to its kind of key is null."""
    kind = nw.col(_KIND)
    of_customer = kind == _OF_CUSTOMER
    return {
        "~key_shop": nw.when(kind != _ALONE).then(nw.col("shop_id")),
        "~key_number": nw.when(kind == _NUMBERED).then(nw.col("payment_id")),
        "~key_customer": nw.when(of_customer).then(nw.col("customer")),
        "~key_currency": nw.when(of_customer).then(nw.col("currency")),
        "~key_amount": nw.when(of_customer).then(nw.col("amount")),
        "~key_order": nw.when(kind == _ALONE).then(nw.col("id")),
    }


def _opens() -> nw.Expr:
    """Express that an attempt opens a checkout."""
    later = nw.col("created_at") > nw.col(_BEFORE) + GAP
    return (nw.col(_KIND) == _ALONE) | nw.col(_BEFORE).is_null() | later


def counted(question: Question) -> pa.Table:
    """Count checkouts by group and period, on the clock and with the dimensions of their first attempts."""
    frame = checkouts_of(question)
    inside = within(question)
    if inside is not None:
        frame = frame.filter(inside)
    mature = populations.mature(question.as_of or _NO_ORDERS)
    any_paid, unpaid_first = nw.col(_ANY_PAID) == 1, nw.col(_PAID) == 0
    conditions = {
        "mature_checkouts": mature,
        "paid_checkouts": mature & any_paid,
        "first_unpaid": mature & unpaid_first,
        "recovered": mature & unpaid_first & any_paid,
    }
    frame = frame.with_columns(
        **{name: nw.when(condition).then(nw.lit(1)) for name, condition in conditions.items()}
    )
    values = [
        nw.len().cast(nw.Int64).alias("checkouts"),
        nw.col(_ATTEMPTS).sum().cast(nw.Int64).alias("attempts"),
        *(nw.col(name).count().cast(nw.Int64) for name in conditions),
    ]
    return grouped(question, frame, values, clock="created")
