"""Daily series forecast by two methods, each held against what came after many moments of the past."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Forecaster = Callable[[Floats, int, "Parameters | None"], tuple[Floats, "Parameters | None"]]

SEASON = 7
LEAST_DAYS = 56
"""Eight weeks: a series that is shorter is not forecast."""

_MOST_DAYS = 52 * SEASON
_BASELINE_WEEKS = 8
_FIRST_TRAINING = 4 * SEASON
_ORIGINS = 12
_KEEP_PARAMETERS = 4
_TAILS = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class Parameters:
    """Hold the smoothing parameters of an ETS model."""

    level: float
    trend: float
    season: float
    damping: float


@dataclass(frozen=True)
class Forecast:
    """Hold what is expected of each day ahead, and how well the method did in the past.

    ``low`` and ``high`` are missing where no backtest reaches; ``mase`` is missing where the series repeats
    itself every week. ``backtests`` counts, for each day ahead, the moments from which one so far ahead was
    forecast.
    """

    mean: Floats
    low: Floats
    high: Floats
    method: str
    mase: float
    backtests: NDArray[np.int64]


def forecast_days(values: Floats, days: int) -> Forecast:
    """Forecast the days after a daily series by the method that did better in its past.

    Parameters
    ----------
    values
        At least :data:`LEAST_DAYS` days; the last 52 weeks are used.
    days
        How many days to forecast.
    """
    values = values[-_MOST_DAYS:]
    errors = {name: backtest(values, days, forecaster) for name, forecaster in METHODS.items()}
    method = _better(errors)
    mean = _positive(METHODS[method](values, days, None)[0])
    if not np.isfinite(mean).all():
        method, mean = "seasonal", _positive(seasonal(values, days, None)[0])
    low, high = _offsets(errors[method])
    scale = np.abs(values[SEASON:] - values[:-SEASON]).mean()
    return Forecast(
        mean=mean,
        low=_positive(mean + low[:days]),
        high=mean + high[:days],
        method=method,
        mase=float(_size(errors[method]) / scale) if scale > 0 else float("nan"),
        backtests=(~np.isnan(errors[method])).sum(axis=0)[:days].astype(np.int64),
    )


def seasonal(values: Floats, days: int, parameters: Parameters | None) -> tuple[Floats, Parameters | None]:
    """Forecast each day as the mean of its weekday over the last complete weeks, eight if there are so many.

    Examples
    --------
    >>> import numpy as np
    >>> seasonal(np.array([1.0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0]), 8, None)[0].tolist()
    [2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0]
    """
    weeks = min(len(values) // SEASON, _BASELINE_WEEKS)
    means = values[-SEASON * weeks :].reshape(weeks, SEASON).mean(axis=0)
    return np.resize(means, days), parameters


def exponential(values: Floats, days: int, parameters: Parameters | None) -> tuple[Floats, Parameters | None]:
    """Forecast by exponential smoothing with a damped trend and the week as its season, all of it additive.

    Without parameters they are fitted; what cannot be fitted is not finite.
    """
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    scale = np.abs(values).mean()
    if np.ptp(values) == 0:
        return np.full(days, values[-1]), parameters
    # The fit warns of what the backtests find out anyway.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        model = ExponentialSmoothing(
            values / scale,
            trend="add",
            damped_trend=True,
            seasonal="add",
            seasonal_periods=SEASON,
            initialization_method="heuristic",
        )
        try:
            fitted = model.fit(**_fixed(parameters))
            ahead = np.asarray(fitted.forecast(days), np.float64) * scale
        except (ValueError, np.linalg.LinAlgError):
            return np.full(days, np.nan), parameters
    return ahead, _parameters(fitted.params)


def _fixed(parameters: Parameters | None) -> dict[str, Any]:
    """Say to the model which parameters to take as they are."""
    if parameters is None:
        return {}
    return {
        "smoothing_level": parameters.level,
        "smoothing_trend": parameters.trend,
        "smoothing_seasonal": parameters.season,
        "damping_trend": parameters.damping,
        "optimized": False,
    }


def _parameters(found: Mapping[str, Any]) -> Parameters:
    names = ("smoothing_level", "smoothing_trend", "smoothing_seasonal", "damping_trend")
    return Parameters(*(float(found[name]) for name in names))


METHODS: dict[str, Forecaster] = {"seasonal": seasonal, "ets": exponential}
"""The methods by their names; of two that did equally well, the first is taken."""


def backtest(values: Floats, days: int, forecaster: Forecaster) -> Floats:
    """Forecast again from moments of the past, a week apart, and give what came minus what was expected.

    Each forecast knows only the days before its moment. The parameters are fitted anew at every fourth
    moment, and kept in between.

    Returns
    -------
    numpy.ndarray
        A row for each moment, the oldest first; a column for each day ahead, in whole weeks; missing where
        the day has not come yet.
    """
    weeks = -(-days // SEASON)
    most = (len(values) - _FIRST_TRAINING) // SEASON
    count = min(most, _ORIGINS + weeks - 1)
    errors = np.full((count, weeks * SEASON), np.nan)
    parameters = None
    for number in range(count):
        origin = len(values) - SEASON * (count - number)
        came = values[origin : origin + weeks * SEASON]
        if number % _KEEP_PARAMETERS == 0:
            parameters = None
        expected, parameters = forecaster(values[:origin], len(came), parameters)
        errors[number, : len(came)] = came - np.where(np.isfinite(expected), _positive(expected), np.inf)
    return errors


def _positive(values: Floats) -> Floats:
    """Take what is below 0 as 0: neither payments nor volume can be less."""
    return np.maximum(values, 0.0)


def _better(errors: Mapping[str, Floats]) -> str:
    """Choose the method whose errors are smaller; the scale of MASE is the same for all of them."""
    return min(errors, key=lambda name: _size(errors[name]))


def _size(errors: Floats) -> float:
    """Measure errors by the mean of their sizes."""
    return float(np.nanmean(np.abs(errors)))


def _offsets(errors: Floats) -> tuple[Floats, Floats]:
    """Find how far below and above the forecast 95 % of the errors lie, by the week ahead.

    The seven days of a week are taken together. An interval holds its forecast, and never narrows with time.
    """
    low, high = np.full(errors.shape[1], np.nan), np.full(errors.shape[1], np.nan)
    widest = (0.0, 0.0)
    for start in range(0, errors.shape[1], SEASON):
        week = errors[:, start : start + SEASON]
        known = week[~np.isnan(week)]
        if not len(known):
            break
        below, above = np.quantile(known, _TAILS)
        widest = (min(widest[0], below), max(widest[1], above))
        low[start : start + SEASON], high[start : start + SEASON] = widest
    return low, high
