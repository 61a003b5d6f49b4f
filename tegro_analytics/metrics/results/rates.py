"""Rates: ratios of sums, and the Wilson intervals of those that are ratios of counts."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from tegro_analytics import money
from tegro_analytics.metrics.definition import SPREAD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Objects = NDArray[np.object_]

ALPHA = 0.05
"""The intervals are those of 95 %."""


def ratio(numerator: Any, denominator: Any) -> Floats:
    """Divide sums, each to the nearest float; missing where the denominator is 0.

    Examples
    --------
    >>> ratio(np.array([95, 1]), np.array([2350, 0])).tolist()
    [0.04042553191489362, nan]
    """
    pairs = zip(np.asarray(numerator).tolist(), np.asarray(denominator).tolist(), strict=True)
    return np.array([_quotient(above, below) for above, below in pairs], np.float64)


def _quotient(above: Any, below: Any) -> float:
    if not below:
        return float("nan")
    # Whole numbers of Python divide to the nearest float, however long they are.
    (over, over_parts), (under, under_parts) = above.as_integer_ratio(), below.as_integer_ratio()
    quotient: float = (over * under_parts) / (under * over_parts)
    return quotient


def wilson(count: NDArray[np.int64], total: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Compute the Wilson interval, 95 %, of ``count`` in ``total``; missing where the total is 0.

    Examples
    --------
    >>> low, high = wilson(np.array([5]), np.array([7]))
    >>> round(float(low[0]), 6), round(float(high[0]), 6)
    (0.358934, 0.917781)
    """
    from statsmodels.stats.proportion import proportion_confint

    low, high = np.full(len(total), np.nan), np.full(len(total), np.nan)
    some = total > 0
    if some.any():
        below, above = proportion_confint(count[some], total[some], alpha=ALPHA, method="wilson")
        low[some], high[some] = below, above
    # The ends that are known exactly come out a little beside 0 and 1.
    low[(count == 0) & some], high[(count == total) & some] = 0.0, 1.0
    return low, high


def rate_of_counts(name: str, count: Any, total: Any) -> dict[str, Any]:
    """Make the four columns of a rate of counts: itself, its interval, its denominator."""
    counts, totals = np.asarray(count, np.int64), np.asarray(total, np.int64)
    low, high = wilson(counts, totals)
    values = (ratio(counts, totals), low, high, totals)
    return dict(zip((name, *(f"{name}_{part}" for part in SPREAD)), values, strict=True))


def divided(amounts: Any, counts: Any) -> Objects:
    """Divide money by counts, half to even at 8 places; None where the count is 0."""
    return _each(_divided, amounts, counts)


def _divided(amount: Decimal, count: Any) -> Decimal | None:
    return money.divide(amount, Decimal(int(count))) if count else None


def shared(amounts: Any, share: Decimal) -> Objects:
    """Take a share of money, half to even at 8 places."""
    if share in (0, 1):
        return np.asarray(amounts, dtype=object) * int(share)
    return _each(lambda amount: money.multiply(amount, share), amounts)


def _each(function: Callable[..., Any], *columns: Any) -> Objects:
    """Apply a function to the rows of columns of money."""
    rows = list(zip(*columns, strict=True))
    result = np.empty(len(rows), dtype=object)
    for place, row in enumerate(rows):
        result[place] = function(*row)
    return result
