"""Payments held against a tariff: counts and sums of what was charged and what should have been."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Context, Decimal
from typing import Any

import narwhals as nw
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.asking import populations
from tegro_analytics.metrics.asking.clocks import DAY, HOUR, grouped, within
from tegro_analytics.metrics.asking.question import Question
from tegro_analytics.metrics.engines.barrier import settled
from tegro_analytics.metrics.engines.expressions import SUM
from tegro_analytics.metrics.results.cells import placed
from tegro_analytics.metrics.tariffs.expected import DIFFERENCE, EXPECTED, TERMS, with_expected
from tegro_analytics.metrics.tariffs.terms import Terms, expected_units
from tegro_analytics.schemas import MONEY_SCALE

NEEDS = ("status", "is_test", "amount", "fee", "currency", "payment_system_id", "created_date", "paid_date")
"""Columns of the orders that an audit needs."""

OTHER, AMOUNT, FEE = "~other", "~amount", "~fee"
"""Marks a payment whose fee an engine cannot check; its amount and fee, as keys."""

_WITHOUT_AMOUNT, _COUNT = "~without_amount", "~orders"
_COUNTS = ("audited", "overcharged", "undercharged")
_UNITS = ("expected_fees", "overcharged_value", "undercharged_value")
_MONEY = ("audited_volume", "actual_fees", *_UNITS)
_ARROW_SUM = pa.decimal128(38, MONEY_SCALE)
_WIDE = Context(prec=60)


def checked(question: Question, terms: Sequence[Terms]) -> nw.LazyFrame[Any]:
    """Add to the payments within the bounds what the terms ask, and mark those that Python has to check."""
    frame = question.source.frame.filter(populations.not_test() & populations.paid(question.reference))
    inside = within(question)
    if inside is not None:
        frame = frame.filter(inside)
    frame = with_expected(frame, terms, question.reference)
    other = ~nw.col(TERMS).is_null() & ~nw.col("fee").is_null() & nw.col(DIFFERENCE).is_null()
    return settled(frame.with_columns(**{OTHER: nw.when(other & (nw.col("amount") >= 0)).then(nw.lit(1))}))


def audit(question: Question, terms: Sequence[Terms]) -> list[pa.Table]:
    """Count and sum payments by how their fee compares with the terms, in parts for cells.

    Money that follows from the terms comes in units of 10^-8: :func:`audit_values` makes amounts of it.

    Raises
    ------
    DataError
        If an order was paid, but nobody knows how much.
    """
    frame = checked(question, terms)
    values = _values()
    question.keep_apart(values)
    sums = [
        nw.col(name).sum().cast(SUM) if name in _MONEY else nw.col(name).count().cast(nw.Int64)
        for name in (*values, OTHER)
    ]
    table = grouped(question, frame.with_columns(**values), sums, clock="paid")
    if nameless := pc.sum(table[_WITHOUT_AMOUNT]).as_py():
        raise DataError(f"{nameless} paid orders have no amount: fill the column 'amount', or leave them out")
    parts = [placed(question, table)]
    if pc.sum(table[OTHER]).as_py():
        parts.append(placed(question, _others(question, frame, terms)))
    return parts


def _values() -> dict[str, nw.Expr]:
    """Express what each payment adds; what does not count is null. A negative amount is no payment."""
    one, difference, counts = nw.lit(1), nw.col(DIFFERENCE), nw.col("amount") >= 0
    unknown, is_audited = nw.col(TERMS).is_null(), ~difference.is_null()
    return {
        "payments": nw.when(counts).then(one),
        "unknown_tariff": nw.when(counts & unknown).then(one),
        "unknown_fee": nw.when(counts & ~unknown & nw.col("fee").is_null()).then(one),
        "audited": nw.when(is_audited).then(one),
        "overcharged": nw.when(difference > 0).then(one),
        "undercharged": nw.when(difference < 0).then(one),
        "audited_volume": nw.when(is_audited).then(nw.col("amount")),
        "actual_fees": nw.when(is_audited).then(nw.col("fee")),
        "expected_fees": nw.when(is_audited).then(nw.col(EXPECTED)).cast(SUM),
        "overcharged_value": nw.when(difference > 0).then(difference).cast(SUM),
        "undercharged_value": nw.when(difference < 0).then(nw.lit(0) - difference).cast(SUM),
        _WITHOUT_AMOUNT: nw.when(nw.col("amount").is_null()).then(one),
    }


def _others(question: Question, frame: nw.LazyFrame[Any], terms: Sequence[Terms]) -> pa.Table:
    """Check in Python what an engine cannot: one row for each amount and fee that differ from others."""
    frame = frame.filter(~nw.col(OTHER).is_null()).with_columns(
        **{AMOUNT: nw.col("amount"), FEE: nw.col("fee"), _COUNT: nw.lit(1)}
    )
    apart = replace(question, dims=(*question.dims, TERMS, AMOUNT, FEE))
    table = grouped(apart, frame, [nw.col(_COUNT).count().cast(nw.Int64)], clock="paid")
    found = [_counted(*row) for row in _decided(question, table, terms)]
    keys = {name: table[name] for name in (*question.stored_groups, DAY)}
    if question.hourly:
        keys[HOUR] = table[HOUR]
    counts = {name: pa.array([row[name] for row in found], pa.int64()) for name in _COUNTS}
    sums = {name: pa.array([row[name] for row in found], _ARROW_SUM) for name in _MONEY}
    return pa.table({**keys, **counts, **sums})


def _decided(
    question: Question, table: pa.Table, terms: Sequence[Terms]
) -> Iterator[tuple[Decimal, Decimal, int, int]]:
    """Give amount, fee, expected fee in units of 10^-8, and number of the payments of each row."""
    names = (TERMS, "currency", AMOUNT, FEE, _COUNT)
    for number, currency, amount, fee, count in zip(
        *(table[name].to_pylist() for name in names), strict=True
    ):
        yield amount, fee, expected_money_units(terms[number], amount, currency, question), count


def expected_money_units(terms: Terms, amount: Decimal, currency: str, question: Question) -> int:
    """Compute the fee that terms ask in units of 10^-8, rounded at the minor unit of the currency."""
    places = min(question.reference.minor_unit(currency), MONEY_SCALE)
    unit: int = 10 ** (MONEY_SCALE - places)
    return expected_units(terms, amount, places) * unit


def money_of(units: Any) -> Decimal:
    """Make an amount of units of 10^-8, exactly."""
    return Decimal(int(units)).scaleb(-MONEY_SCALE, _WIDE)


def units_of(amount: Decimal) -> int:
    """Count the units of 10^-8 of an amount."""
    return int(amount.scaleb(MONEY_SCALE, _WIDE))


def _counted(amount: Decimal, fee: Decimal, expected: int, count: int) -> dict[str, Any]:
    """Make what so many payments of the same amount and fee add."""
    difference = units_of(fee) - expected
    return {
        "audited": count,
        "overcharged": count * (difference > 0),
        "undercharged": count * (difference < 0),
        "audited_volume": amount * count,
        "actual_fees": fee * count,
        "expected_fees": Decimal(expected * count),
        "overcharged_value": Decimal(max(difference, 0) * count),
        "undercharged_value": Decimal(max(-difference, 0) * count),
    }


def audit_values(frame: pd.DataFrame) -> dict[str, Any]:
    """Compute what follows from the sums of cells."""
    from tegro_analytics.metrics.results import rates

    money = {name: frame[name].map(money_of).astype(object) for name in _UNITS}
    difference = frame["actual_fees"] - money["expected_fees"]
    return {
        **frame,
        **money,
        "fee_difference": difference,
        "saving": difference,
        **rates.rate_of_counts("overcharged_share", frame["overcharged"], frame["audited"]),
        "expected_fee_rate": rates.ratio(money["expected_fees"], frame["audited_volume"]),
    }


def system_names(question: Question, numbers: Any) -> list[str]:
    """Name payment systems as the reference does."""
    return [
        question.reference.payment_system(None if pd.isna(number) else int(number)).display
        for number in numbers
    ]
