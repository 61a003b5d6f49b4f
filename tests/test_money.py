"""Money between decimals and floats: exact up to the edges, an error beyond them."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tegro_analytics import money
from tegro_analytics.exceptions import DataError
from tegro_analytics.money import (
    decimals_from_floats,
    decimals_from_units,
    divide,
    floats_from_decimals,
    multiply,
    to_units,
)

MONEY = pa.decimal128(18, 8)
CENTS = st.integers(-(10**12) + 1, 10**12 - 1)
FINE = st.integers(-(10**15) + 1, 10**15 - 1)
UNITS = st.integers(-(10**18) + 1, 10**18 - 1)


def amounts(*texts: str | None, type_: pa.DataType = MONEY) -> pa.Array:
    return pa.array([None if text is None else Decimal(text) for text in texts], type_)


def there_and_back(values: list[Decimal]) -> list[Decimal]:
    """Send decimals to floats and back."""
    back: list[Decimal] = decimals_from_floats(floats_from_decimals(pa.array(values, MONEY))).to_pylist()
    return back


@given(st.lists(CENTS, min_size=1, max_size=20))
@example([10**12 - 1, 1, -1, 0, 10**12 - 2])
def test_every_amount_below_ten_billion_with_two_places_comes_back(cents: list[int]) -> None:
    values = [Decimal(cent).scaleb(-2) for cent in cents]

    assert there_and_back(values) == values


@given(st.lists(FINE, min_size=1, max_size=20))
@example([10**15 - 1, 1, -1, 10**15 - 2, 999_999_999_999_999, 123_456_789_012_345])
def test_every_amount_below_ten_million_with_eight_places_comes_back(units: list[int]) -> None:
    values = [Decimal(unit).scaleb(-8) for unit in units]

    assert there_and_back(values) == values


@given(st.integers(0, 8), st.integers(-(10**15) + 1, 10**15 - 1))
def test_every_amount_of_fifteen_digits_comes_back(places: int, digits: int) -> None:
    value = Decimal(digits).scaleb(-places)
    if abs(value) < 10**10:
        assert there_and_back([value]) == [value]


@given(st.lists(UNITS, min_size=1, max_size=20))
def test_a_float_is_the_nearest_to_its_decimal_whatever_its_size(units: list[int]) -> None:
    floats = floats_from_decimals(decimals_from_units(np.array(units, dtype=np.int64)))

    assert floats.tolist() == [unit / 10**8 for unit in units]  # Python divides integers to the nearest


@given(st.floats(allow_nan=False))
def test_a_float_gives_its_shortest_digits_or_an_error_that_names_it(value: float) -> None:
    digits = Decimal(repr(value)).normalize().as_tuple() if math.isfinite(value) else None
    if digits and abs(value) < 10**10 and len(digits.digits) <= 15 and int(digits.exponent) >= -8:
        assert decimals_from_floats(np.array([value])).to_pylist() == [Decimal(repr(value))]
    else:
        with pytest.raises(DataError) as caught:
            decimals_from_floats(np.array([value]))
        assert str(caught.value).startswith(repr(value))


@pytest.mark.parametrize(
    "value",
    [0.1 + 0.2, 1e10, 1e300, 9_999_999_999.999_999, 90_000_000.12345678, 1e-9, math.inf, -math.inf, 5e-324],
)
def test_a_float_beyond_is_named(value: float) -> None:
    with pytest.raises(DataError) as caught:
        decimals_from_floats(np.array([1.0, value]))

    assert str(caught.value).startswith(repr(value))
    assert "round" in str(caught.value)


def test_missing_amounts_stay_missing() -> None:
    decimals = decimals_from_floats(np.array([math.nan, 1.5, math.nan, -0.0]))

    assert decimals.type == MONEY
    assert decimals.to_pylist() == [None, Decimal("1.5"), None, Decimal(0)]
    assert decimals.null_count == 2
    assert np.isnan(floats_from_decimals(decimals)).tolist() == [True, False, True, False]


def test_many_floats_are_read_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(money, "_AT_A_TIME", 3)
    floats = [1.5, 0.25, -2.0, math.nan, 1e-8, 33.33, 1234567.12345678, -0.01, math.nan, 7.0]
    found = decimals_from_floats(np.array(floats)).to_pylist()
    assert found == [None if math.isnan(value) else Decimal(repr(value)) for value in floats]
    with pytest.raises(DataError, match=r"^0\.30000000000000004 is not an exact amount"):
        decimals_from_floats(np.array([*floats, 0.1 + 0.2, 1e300]))


def test_nothing_gives_nothing() -> None:
    assert decimals_from_floats(np.array([])).to_pylist() == []
    assert floats_from_decimals(pa.array([], MONEY)).tolist() == []
    assert floats_from_decimals(pa.chunked_array([], MONEY)).tolist() == []
    assert to_units(pa.array([], MONEY)).tolist() == []


def test_slices_chunks_and_sums_are_read_where_they_lie() -> None:
    array = amounts("1", "2.5", None, "4", "5")

    assert floats_from_decimals(array.slice(1, 3))[[0, 2]].tolist() == [2.5, 4.0]
    assert to_units(pa.chunked_array([array.slice(0, 2), array.slice(3, 2)])).tolist() == [
        100_000_000,
        250_000_000,
        400_000_000,
        500_000_000,
    ]
    wide = amounts("123456789012345678.5", "-1", "-123456789012345678.5", type_=pa.decimal128(38, 8))
    assert floats_from_decimals(wide).tolist() == [123456789012345678.5, -1.0, -123456789012345678.5]


def test_other_scales_and_integers_are_read_exactly() -> None:
    assert to_units(amounts("1.25", type_=pa.decimal128(10, 2))).tolist() == [125_000_000]
    assert to_units(pa.array([3])).tolist() == [300_000_000]
    with pytest.raises(DataError, match="at most 8 places"):
        to_units(amounts("0.123456789", type_=pa.decimal128(18, 9)))
    with pytest.raises(DataError, match="string does not hold amounts"):
        to_units(pa.array(["many"]))


def test_units_refuse_what_they_cannot_hold() -> None:
    with pytest.raises(DataError, match="row 1 is missing"):
        to_units(amounts("1", None))
    with pytest.raises(DataError, match=r"123456789012\.50000000 in row 0 is beyond 64 bits"):
        to_units(amounts("123456789012.5", type_=pa.decimal128(38, 8)))


def test_units_read_negative_amounts() -> None:
    assert to_units(amounts("-0.00000001", "-9999999999.99999999")).tolist() == [-1, -(10**18) + 1]


@pytest.mark.parametrize(
    ("numerator", "denominator", "quotient"),
    [
        ("2350", "5", "470.00000000"),
        ("1", "3", "0.33333333"),
        ("-2", "3", "-0.66666667"),
        ("0.00000001", "2", "0"),  # half goes to even: down
        ("0.00000003", "2", "0.00000002"),  # half goes to even: up
        ("-0.00000003", "2", "-0.00000002"),
        ("12345678901234567890123456789", "1", "12345678901234567890123456789"),  # 29 digits, 37 with places
    ],
)
def test_a_quotient_is_rounded_once(numerator: str, denominator: str, quotient: str) -> None:
    found = divide(Decimal(numerator), Decimal(denominator))

    assert found == Decimal(quotient)
    assert found.as_tuple().exponent == -8


@settings(max_examples=50)
@given(UNITS, st.integers(1, 10**9))
def test_a_quotient_is_within_half_a_unit(units: int, denominator: int) -> None:
    exact = Fraction(units, 10**8) / denominator

    assert abs(Fraction(divide(Decimal(units).scaleb(-8), Decimal(denominator))) - exact) <= Fraction(
        1, 2 * 10**8
    )


def test_a_product_is_rounded_once() -> None:
    assert multiply(Decimal("0.00000001"), Decimal("0.5")) == 0
    assert multiply(Decimal("0.00000003"), Decimal("0.5")) == Decimal("0.00000002")
    assert multiply(Decimal(95), Decimal("0.25")) == Decimal("23.75")


def test_what_is_not_a_number_is_refused() -> None:
    with pytest.raises(DataError, match="cannot be divided by 0"):
        divide(Decimal(1), Decimal(0))
    with pytest.raises(DataError, match="NaN is not a finite amount"):
        divide(Decimal("NaN"), Decimal(1))
    with pytest.raises(DataError, match="Infinity is not a finite amount"):
        multiply(Decimal(1), Decimal("Infinity"))
