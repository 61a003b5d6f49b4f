"""The fee that a tariff asks for each payment, in whole numbers, as expressions that every engine knows.

No engine multiplies or divides money. An amount of ``places`` becomes a whole number of minor units, a
percentage one of 1/10,000 of a percent; their product counts millionths of a minor unit, and 64 bits hold it.
A float only carries whole numbers below 2^50, where it is exact once rounded. What does not fit, an amount
with more places than it can be counted in, a fee or a tariff out of range, is left to Python.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import narwhals as nw

from tegro_analytics.metrics.asking.clocks import day_of
from tegro_analytics.metrics.engines.expressions import SUM
from tegro_analytics.metrics.tariffs.terms import PERCENT_PLACES, Terms
from tegro_analytics.reference import DEFAULT_MINOR_UNIT, Reference
from tegro_analytics.schemas import MONEY_SCALE

__all__ = ["DIFFERENCE", "EXPECTED", "TERMS", "with_expected"]

TERMS, EXPECTED, DIFFERENCE = "~terms", "~expected", "~difference"
"""The number of the terms that hold, null where none do; the fee that they ask, and the fee less it, both in
units of 10^-8, null where Python has to find them, or the fee is not known."""

_PLACES, _PERCENT, _FLOAT, _SCALE = "~places", "~percent", "~float", "~scale"
_STEP, _HALF, _REST, _COUNT, _PARTS = "~step", "~half", "~rest", "~count", "~parts"

_STEP_OF_1 = 10 ** (PERCENT_PLACES + 2)
"""So many parts of a minor unit are counted: percent is hundredths, and has places of its own."""

_EXACT = 1e15
_ROOM = 4e18
_LARGEST_AMOUNT = 4e10
_LARGEST_FEE = 10_000_000


def with_expected(
    frame: nw.LazyFrame[Any], terms: Sequence[Terms], reference: Reference
) -> nw.LazyFrame[Any]:
    """Add the columns :data:`TERMS`, :data:`EXPECTED` and :data:`DIFFERENCE` to payments.

    Parameters
    ----------
    frame
        Payments: amount, fee, currency, payment_system_id, and their days. What has a negative amount, or
        none, has no expected fee.
    terms
        Those of a plan, the stronger ones first.
    """
    counted = nw.when(nw.col("amount") >= 0).then(nw.col("amount"))
    frame = frame.with_columns(
        **{
            TERMS: _first((_holds(one), number) for number, one in enumerate(terms)),
            _PERCENT: _percent(terms),
            _PLACES: _places(reference),
            _FLOAT: counted.cast(nw.Float64),
        }
    )
    frame = frame.with_columns(**{_SCALE: _scale(reference)}).with_columns(**_steps(reference))
    frame = frame.with_columns(**{_PARTS: _parts(terms, reference)})
    parts, step = nw.col(_PARTS), nw.col(_STEP)
    # A multiple of the step: the quotient of floats is nearest to the whole number that it is.
    minor = _whole((parts - parts % step).cast(nw.Float64) / step.cast(nw.Float64))
    frame = frame.with_columns(**{EXPECTED: minor * nw.col(_REST)})
    # The fee of what has no expected one may be too wide for 64 bits.
    fee = nw.when(~nw.col(EXPECTED).is_null()).then(nw.col("fee")).cast(nw.Float64)
    return frame.with_columns(**{DIFFERENCE: _whole(fee * float(10**MONEY_SCALE)) - nw.col(EXPECTED)})


def _steps(reference: Reference) -> dict[str, nw.Expr]:
    """Express what follows from the places of a currency, and from those in which its amount is counted."""
    places, scale = nw.col(_PLACES), nw.col(_SCALE)
    steps = [
        ((places == of) & (scale == counted), _STEP_OF_1 * 10 ** (counted - of))
        for of in _scales(reference)
        for counted in {of, MONEY_SCALE}
    ]
    unit = _first((scale == counted, 10**counted) for counted in {*_scales(reference), MONEY_SCALE})
    return {
        _COUNT: _whole(nw.col(_FLOAT) * unit.cast(nw.Float64)),
        _STEP: _first(steps),
        _HALF: _first((condition, step // 2) for condition, step in steps),
        _REST: _first((places == of, 10 ** (MONEY_SCALE - of)) for of in _scales(reference)),
    }


def _whole(value: nw.Expr) -> nw.Expr:
    """Take a float to the whole number that it stands for."""
    return value.round().cast(nw.Int64)


def _first(cases: Iterable[tuple[nw.Expr, int]], default: int | None = None) -> nw.Expr:
    """Express the number of the first condition that is met."""
    found = [nw.when(condition).then(nw.lit(number, dtype=nw.Int64)) for condition, number in cases]
    return nw.coalesce(*found, nw.lit(default, dtype=nw.Int64))


def _holds(terms: Terms) -> nw.Expr:
    """Express that terms hold for a payment: its system, its currency, its day in the report zone."""
    system, day = nw.col("payment_system_id"), day_of("paid")
    parts = [nw.any_horizontal(*(system == number for number in terms.systems), ignore_nulls=False)]
    if terms.currency is not None:
        parts.append(nw.col("currency") == terms.currency)
    if terms.valid_from is not None:
        parts.append(day >= terms.valid_from)
    if terms.valid_to is not None:
        parts.append(day <= terms.valid_to)
    return nw.all_horizontal(*parts, ignore_nulls=False)


def _codes(reference: Reference) -> dict[int, list[str]]:
    """List the currencies by their places, without those that have 2, as an unknown one has."""
    codes: dict[int, list[str]] = {}
    for code, places in reference.minor_units.items():
        if places != DEFAULT_MINOR_UNIT:
            codes.setdefault(places, []).append(code)
    return codes


def _scales(reference: Reference) -> list[int]:
    """List the places that amounts can be counted in."""
    return sorted(
        {DEFAULT_MINOR_UNIT, *(places for places in _codes(reference) if 0 <= places <= MONEY_SCALE)}
    )


def _places(reference: Reference) -> nw.Expr:
    """Express the places of the currency; null where money does not hold so many."""
    currency, chosen = nw.col("currency"), nw.lit(DEFAULT_MINOR_UNIT, dtype=nw.Int64)
    for places, codes in _codes(reference).items():
        is_one = nw.any_horizontal(*(currency == code for code in codes), ignore_nulls=False)
        known = places if 0 <= places <= MONEY_SCALE else None
        chosen = nw.when(is_one).then(nw.lit(known, dtype=nw.Int64)).otherwise(chosen)
    return chosen


def _percent(terms: Sequence[Terms]) -> nw.Expr:
    """Express the percentage of the terms that hold as a whole number; below 0 where it is none."""
    whole = [int(Fraction(one.percent) * 10**PERCENT_PLACES) if one.is_quick else -1 for one in terms]
    return _first((_holds(one), number) for one, number in zip(terms, whole, strict=True))


def _scale(reference: Reference) -> nw.Expr:
    """Express the places in which an amount is counted; null where it cannot be.

    They are those of its currency if it has no more, else all that money has.
    """
    amount, places = nw.col("amount"), nw.col(_PLACES)
    fee_fits = (nw.col("fee") <= _LARGEST_FEE) & (nw.col("fee") >= -_LARGEST_FEE)
    cases = []
    for scale in _scales(reference):
        is_whole = amount.cast(nw.Decimal(38, scale)).cast(SUM) == amount.cast(SUM)
        cases.append(((places == scale) & is_whole & _has_room(scale) & fee_fits, scale))
    finest = ~places.is_null() & _has_room(MONEY_SCALE) & fee_fits
    return _first([*cases, (finest, MONEY_SCALE)])


def _has_room(scale: int) -> nw.Expr:
    """Express that an amount is exact as a float of so many places, and its fee as an integer of 64 bits."""
    count = nw.col(_FLOAT) * float(10**scale)
    percent, fits = nw.col(_PERCENT), (nw.col(_FLOAT) <= _LARGEST_AMOUNT) & (count <= _EXACT)
    return (percent >= 0) & fits & (count * percent.cast(nw.Float64) <= _ROOM)


def _parts(terms: Sequence[Terms], reference: Reference) -> nw.Expr:
    """Express the fee in parts of what amounts are counted in, half a minor unit added.

    Of a minimum between two parts the lower one serves: half a unit is a whole number of parts.
    """
    scale, known = nw.col(_SCALE), nw.col(TERMS)
    minimum = _first(
        (
            ((known == number) & (scale == counted), int(Fraction(one.minimum) * _STEP_OF_1 * 10**counted))
            for number, one in enumerate(terms)
            for counted in {*_scales(reference), MONEY_SCALE}
            if one.is_quick and one.minimum
        ),
        default=0,
    )
    share = nw.col(_COUNT) * nw.col(_PERCENT)
    return nw.when(~nw.col(_COUNT).is_null()).then(nw.max_horizontal(share, minimum) + nw.col(_HALF))
