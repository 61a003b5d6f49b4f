"""Exact money between decimals, integers and the floats of pandas.

An amount is a decimal with at most 10 digits before the point and 8 after it. A double holds at least 15
significant digits, so every amount below 10^10 with 2 places, and every amount below 10^7 with 8 places, goes
to a float and comes back unchanged: the shortest digits of the double are the amount. What lies beyond is an
error, never a guess.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from tegro_analytics.exceptions import DataError
from tegro_analytics.schemas import MONEY_DIGITS, MONEY_SCALE

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Units = NDArray[np.int64]

Given = ParamSpec("Given")
Result = TypeVar("Result")

UNITS = 10**MONEY_SCALE
"""Units in 1: money is a whole number of units of 10^-8."""

_WIDE = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""The usual context of decimal would round what has more than 28 digits."""

_OURS = Context(prec=100)
"""Room for every sum and product of amounts. What divides does so in fractions."""

_AT_A_TIME = 65_536
"""So many floats and what is made of them stay near the processor: several times as fast as all at once."""

_CENTS = 100
_LIMIT = 10.0 ** (MONEY_DIGITS - MONEY_SCALE)
_FINE_LIMIT = 10.0 ** (15 - MONEY_SCALE)  # below it 8 places stay within the 15 digits of a double
_EXACT_INTEGERS = 2**53
_DOUBLE_DIGITS = 15
_HOW_TO_MEND = (
    "money has at most 10 digits before the point and 8 after it, and a float holds 15 digits of them. "
    "If the value was computed, round it to the places that are meant, as in `df['amount'].round(2)`; "
    "if it is exact, pass decimals (`money='decimal'`)"
)


def exact(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Let a function add and subtract money exactly, whatever the context of decimals is where it is called.

    Examples
    --------
    >>> @exact
    ... def difference(one: Decimal, other: Decimal) -> Decimal:
    ...     return one - other
    >>> with localcontext(Context(prec=3)):
    ...     difference(Decimal("12345.67"), Decimal("0.01"))
    Decimal('12345.66')
    """

    @functools.wraps(function)
    def computed(*args: Given.args, **options: Given.kwargs) -> Result:
        with localcontext(_OURS):
            return function(*args, **options)

    return computed


def decimals_from_floats(values: Floats) -> pa.Array:
    """Turn floats into the exact amounts that their shortest digits show.

    Parameters
    ----------
    values : numpy.ndarray of float64
        Amounts; NaN is missing.

    Returns
    -------
    pyarrow.Array of decimal128(18, 8)
        One amount for each float, null where it was NaN.

    Raises
    ------
    DataError
        If a value has no exact amount: infinite, 10^10 or more, more than 8 places, or more than 15 digits,
        as sums of floats have (0.1 + 0.2). The message names the value.

    Examples
    --------
    >>> import numpy as np
    >>> decimals_from_floats(np.array([0.1, 1e-8, float("nan")])).to_pylist()
    [Decimal('0.10000000'), Decimal('1E-8'), None]
    """
    import numpy as np

    floats = np.ascontiguousarray(values, dtype=np.float64)
    words, missing = np.empty((len(floats), 2), dtype="<i8"), np.isnan(floats)
    for start in range(0, len(floats), _AT_A_TIME):
        some = slice(start, start + _AT_A_TIME)
        units = _units_of_floats(np.where(missing[some], 0.0, floats[some]))
        words[some, 0] = units
        words[some, 1] = units >> 63  # the sign fills the upper half of the 128 bits
    return _decimals(words, missing)


def _units_of_floats(floats: Floats) -> Units:
    """Read the shortest digits of floats as units, none of which is missing."""
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is far beyond the limit
        cents = np.rint(floats * _CENTS)
        exact = (cents / _CENTS == floats) & (np.abs(floats) < _LIMIT)
        units: Units = np.where(exact, cents, 0.0).astype(np.int64) * (UNITS // _CENTS)
        if exact.all():
            return units
        fine = np.rint(floats * UNITS)
        is_fine = ~exact & (fine / UNITS == floats) & (np.abs(floats) < _FINE_LIMIT)
        units = np.where(is_fine, np.where(is_fine, fine, 0.0).astype(np.int64), units)
        for place in np.flatnonzero(~exact & ~is_fine):
            units[place] = _units_of(float(floats[place]))
    return units


def _units_of(value: float) -> int:
    """Read the shortest digits of one float, which the quick ways could not, as units."""
    shortest = Decimal(repr(value))
    if shortest.is_finite() and abs(shortest) < int(_LIMIT):
        _, digits, exponent = shortest.normalize().as_tuple()
        if len(digits) <= _DOUBLE_DIGITS and isinstance(exponent, int) and exponent >= -MONEY_SCALE:
            return int(shortest * UNITS)
    raise DataError(f"{value!r} is not an exact amount: {_HOW_TO_MEND}")


def decimals_from_units(units: Units, *, missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """Make decimals of whole units of 10^-8, null where ``missing``.

    Examples
    --------
    >>> import numpy as np
    >>> decimals_from_units(np.array([150_000_000, -1])).to_pylist()
    [Decimal('1.50000000'), Decimal('-1E-8')]
    """
    import numpy as np

    words = np.empty((len(units), 2), dtype="<i8")
    words[:, 0] = units
    words[:, 1] = units >> 63
    return _decimals(words, missing)


def _decimals(words: Units, missing: NDArray[np.bool_] | None) -> pa.Array:
    """Make decimals of 128-bit integers, each in two halves, the lower one first."""
    import pyarrow as pa

    nulls = pa.array(~missing).buffers()[1] if missing is not None and missing.any() else None
    return pa.Array.from_buffers(
        pa.decimal128(MONEY_DIGITS, MONEY_SCALE), len(words), [nulls, pa.py_buffer(words)]
    )


def floats_from_decimals(array: pa.Array | pa.ChunkedArray) -> Floats:
    """Turn decimals into the nearest doubles, null into NaN.

    Parameters
    ----------
    array : pyarrow.Array or ChunkedArray of decimal128
        Amounts or sums of amounts, with at most 8 places.

    Returns
    -------
    numpy.ndarray of float64

    Examples
    --------
    >>> from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
    >>> import pyarrow as pa
    >>> floats_from_decimals(pa.array([Decimal("0.10"), None], pa.decimal128(18, 8)))
    array([0.1, nan])
    """
    import numpy as np

    words, missing = _words(array)
    low, high = words[:, 0], words[:, 1]
    # Within 2^53 the units are a double, so that one division rounds once: to the nearest.
    quick = (high == low >> 63) & (low < _EXACT_INTEGERS) & (low > -_EXACT_INTEGERS)
    floats: Floats = low.astype(np.float64) / UNITS
    for place in np.flatnonzero(~quick & ~missing):
        floats[place] = _wide(low[place], high[place]) / UNITS  # integers of Python divide to the nearest
    floats[missing] = np.nan
    return floats


def to_units(array: pa.Array | pa.ChunkedArray) -> Units:
    """Read decimals as whole units of 10^-8, which add up exactly in int64.

    Raises
    ------
    DataError
        If a value is missing (0 would be a lie) or beyond 64 bits.

    Examples
    --------
    >>> from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
    >>> import pyarrow as pa
    >>> to_units(pa.array([Decimal("1.5")], pa.decimal128(18, 8)))
    array([150000000])
    """
    words, missing = _words(array)
    if missing.any():
        raise DataError(f"the amount in row {int(missing.argmax())} is missing: leave such rows out first")
    low, high = words[:, 0], words[:, 1]
    wide = high != low >> 63
    if wide.any():
        place = int(wide.argmax())
        amount = Decimal(_wide(low[place], high[place])).scaleb(-MONEY_SCALE)
        raise DataError(f"{amount} in row {place} is beyond 64 bits of units of 10^-8")
    units: Units = low.copy()
    return units


def _words(array: pa.Array | pa.ChunkedArray) -> tuple[Units, NDArray[np.bool_]]:
    """View the 128-bit integers of decimals with 8 places as two columns of int64, and say which are null."""
    import numpy as np
    import pyarrow as pa

    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()
    if not pa.types.is_decimal128(array.type) or array.type.scale != MONEY_SCALE:
        array = _with_scale(array)
    missing = array.is_null().to_numpy(zero_copy_only=False)
    data = array.buffers()[1]
    words = np.frombuffer(data, dtype="<i8") if data is not None else np.zeros(0, dtype="<i8")
    return words.reshape(-1, 2)[array.offset : array.offset + len(array)], missing


def _with_scale(array: pa.Array) -> pa.Array:
    """Give decimals or integers 8 places, exactly."""
    import pyarrow as pa

    try:
        return array.cast(pa.decimal128(38, MONEY_SCALE))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        reason = str(error)
    raise DataError(f"{array.type} does not hold amounts with at most {MONEY_SCALE} places: {reason}")


def _wide(low: Any, high: Any) -> int:
    """Join the two halves of a 128-bit integer."""
    return (int(high) << 64) | (int(low) & (2**64 - 1))


def divide(numerator: Decimal, denominator: Decimal) -> Decimal:
    """Divide money, exactly, then round half to even at 8 places.

    Raises
    ------
    DataError
        If the denominator is 0 (an empty denominator gives a missing value, and whoever calls says so), or if
        one of the two is not a finite number.

    Examples
    --------
    >>> divide(Decimal(2350), Decimal(7))
    Decimal('335.71428571')
    >>> divide(Decimal("0.00000001"), Decimal(2)), divide(Decimal("0.00000003"), Decimal(2))
    (Decimal('0E-8'), Decimal('2E-8'))
    """
    if not denominator:
        raise DataError(f"{numerator} cannot be divided by 0")
    (above, parts), (below, of) = _ratio(numerator), _ratio(denominator)
    sign = 1 if below > 0 else -1
    return _amount(sign * above * of, sign * below * parts)


def multiply(amount: Decimal, factor: Decimal) -> Decimal:
    """Multiply money by a factor, exactly, then round half to even at 8 places.

    Raises
    ------
    DataError
        If one of the two is not a finite number.

    Examples
    --------
    >>> multiply(Decimal("95.00000001"), Decimal("0.5"))
    Decimal('47.50000000')
    """
    (one, one_parts), (other, other_parts) = _ratio(amount), _ratio(factor)
    return _amount(one * other, one_parts * other_parts)


def _ratio(value: Decimal) -> tuple[int, int]:
    """Write an amount as a quotient of whole numbers, the lower one above 0."""
    if not value.is_finite():
        raise DataError(f"{value} is not a finite amount")
    return value.as_integer_ratio()


def rounded(value: Fraction | Decimal) -> Decimal:
    """Round money half to even at 8 places.

    Examples
    --------
    >>> rounded(Decimal("0.000000015")), rounded(Fraction(1, 3))
    (Decimal('2E-8'), Decimal('0.33333333'))
    """
    return _amount(*value.as_integer_ratio())


def _amount(above: int, below: int) -> Decimal:
    """Round a quotient of whole numbers half to even at 8 places; ``below`` is above 0."""
    units, rest = divmod(above * UNITS, below)
    if 2 * rest > below or (2 * rest == below and units % 2):
        units += 1
    return Decimal(units).scaleb(-MONEY_SCALE, _WIDE)
