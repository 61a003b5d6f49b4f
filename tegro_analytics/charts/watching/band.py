"""The band outside which a number of payments is an anomaly, from what the metric says of each period."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tegro_analytics.charts.sources.source import floats

__all__ = ["band"]

WEEKS = 8
OF_NORMAL = 0.6745
"""The median absolute deviation of a normal distribution, in standard deviations."""
LEAST_MEAN = 1 / WEEKS


def band(table: pd.DataFrame, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Give the lowest and the highest number of payments that is no anomaly, for each row.

    A row tells its spread by its score, unless it is exactly as expected; the 8 weeks before it tell it too,
    where they are in the table. Where neither does, the band is missing.
    """
    expected, score = floats(table["expected"]), floats(table["score"])
    before = _before(table)
    told = np.abs(floats(table["payments"]) - expected)
    spread = np.median(np.abs(before - np.median(before, axis=0)), axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = threshold * np.where(told > 0, told / np.abs(score), spread / OF_NORMAL)
    low, high = expected - half, expected + half
    poisson = (table["method"] == "poisson").to_numpy(bool)
    low[poisson], high[poisson] = _tails(np.maximum(before.mean(axis=0), LEAST_MEAN)[poisson], threshold)
    return np.maximum(low, 0), high


def _before(table: pd.DataFrame) -> np.ndarray:
    """Find the numbers of the same times in the 8 weeks before; missing where they are not in the table."""
    starts = pd.DatetimeIndex(table["period_start"])
    numbers = pd.Series(floats(table["payments"]), index=starts)
    return np.stack(
        [numbers.reindex(starts - pd.Timedelta(weeks=week)).to_numpy() for week in range(1, WEEKS + 1)]
    )


def _tails(mean: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Give the numbers whose Poisson tail is as small as that of a normal distribution at the threshold."""
    from scipy import stats

    tail = stats.norm.sf(threshold)
    return stats.poisson.ppf(tail, mean), stats.poisson.isf(tail, mean)
