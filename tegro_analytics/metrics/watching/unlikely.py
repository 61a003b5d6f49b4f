"""How unlikely a number is, given what came before: robust z, Poisson tails, the exact binomial test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tegro_analytics.metrics.watching.past import WEEKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

_OF_NORMAL = 0.6745
"""The median absolute deviation of a normal distribution, in standard deviations."""

_LEAST_MEAN = 1 / WEEKS


@dataclass(frozen=True)
class Unlike:
    """Hold how unlike the weeks before some numbers are; of ``score`` and ``p_value`` one is missing."""

    expected: Floats
    score: Floats
    p_value: Floats
    is_anomaly: Bools


def unlike(numbers: Floats, before: Floats, threshold: float) -> Unlike:
    """Hold counts against those of the same times in the weeks before.

    Parameters
    ----------
    numbers
        The counts.
    before
        Those of each week before: its first axis are the weeks.
    threshold
        The robust z from which on a count is an anomaly; where the median absolute deviation is 0, the
        p-value of the Poisson tails takes its place, and has to be as small as that of this z.
    """
    from scipy import stats

    expected = np.median(before, axis=0)
    spread = stats.median_abs_deviation(before, axis=0)
    flat = spread == 0
    score = np.full(numbers.shape, np.nan)
    score[~flat] = _OF_NORMAL * (numbers - expected)[~flat] / spread[~flat]
    p_value = np.full(numbers.shape, np.nan)
    # What never happened is not impossible: the mean is taken as at least one payment in all the weeks.
    mean = np.maximum(before.mean(axis=0), _LEAST_MEAN)
    p_value[flat] = poisson_tails(numbers[flat], mean[flat])
    limit = 2 * stats.norm.sf(threshold)
    return Unlike(expected, score, p_value, np.where(flat, p_value < limit, np.abs(score) > threshold))


def poisson_tails(numbers: Floats, mean: Floats) -> Floats:
    """Compute twice the smaller tail of a Poisson distribution, at most 1."""
    from scipy import stats

    at_most, at_least = stats.poisson.cdf(numbers, mean), stats.poisson.sf(numbers - 1, mean)
    tails: Floats = np.minimum(2 * np.minimum(at_most, at_least), 1.0)
    return tails


def binomial(paid: Floats, mature: Floats, rate: Floats) -> Floats:
    """Test each rate exactly against the one that is expected, on both sides.

    Examples
    --------
    >>> binomial(np.array([2.0]), np.array([4.0]), np.array([0.5])).tolist()
    [1.0]
    """
    from scipy import stats

    tests = zip(paid.astype(int).tolist(), mature.astype(int).tolist(), rate.tolist(), strict=True)
    return np.array([stats.binomtest(k, n, p).pvalue for k, n, p in tests], np.float64)


def benjamini_hochberg(p_values: Floats, alpha: float) -> Floats:
    """Adjust the p-values of one family of tests, so that the share of false alarms stays below ``alpha``.

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04]), 0.05).tolist()
    [0.02, 0.04]
    """
    from statsmodels.stats.multitest import multipletests

    if not len(p_values):
        return p_values
    adjusted: Floats = multipletests(p_values, alpha=alpha, method="fdr_bh")[1]
    return adjusted
