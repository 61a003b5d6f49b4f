"""Forecast: what the days ahead are likely to bring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.definition import Metric, MetricColumn
from tegro_analytics.money import exact

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from tegro_analytics.metrics.asking.question import By, Question
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.metrics.watching.past import Past
    from tegro_analytics.reference import Reference

FORECAST = Metric(
    name="forecast",
    population="PAID",
    clock="paid",
    keys=("currency",),
    columns=(
        MetricColumn("forecast", "estimate"),
        MetricColumn("forecast_low", "estimate"),
        MetricColumn("forecast_high", "estimate"),
        MetricColumn("method", "text"),
        MetricColumn("mase", "measure"),
        MetricColumn("backtests", "count"),
    ),
    rules=(
        "currency", "tests", "paid_without_date", "negative_amount", "eight_weeks", "two_methods",
        "backtest_interval",
    ),
)  # fmt: skip

OF = ("gross_volume", "payments")
"""What can be forecast."""

_MOST_DAYS = 366


@exact
def forecast(
    orders: Any,
    *,
    days: int = 28,
    of: str = "gross_volume",
    since: Bound | None = None,
    by: By = None,
    as_of: Bound | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
    total_in: str | None = None,
    fx: Any = None,
) -> MetricFrame:
    """Forecast gross volume or payments of the days ahead, with an interval.

    One row for each currency and day, and for each group with ``by``. The first day is the one that is not
    over yet at ``as_of``.

    Two methods are tried on the past: ``seasonal``, the mean of the same weekday over the last 8 complete
    weeks (at least 4 where the past is that short), and ``ets``, exponential smoothing with a damped trend
    and the week as its season. The one that did better is used. To find it, each forecasts again from up to
    ``11 + days / 7`` moments of the past, a week apart, knowing only what came before; the 52 weeks before
    ``as_of`` are used at most.

    Parameters
    ----------
    orders, by, as_of, zone, reference
        As for :func:`~tegro_analytics.revenue`; ``hour`` and ``weekday`` are no dimensions here.
    days
        How many days to forecast, 1 to 366.
    of
        ``gross_volume`` or ``payments``, as :func:`~tegro_analytics.revenue` defines them.
    since
        Leave out what was paid before.
    total_in, fx
        As for :func:`~tegro_analytics.revenue`: what was paid is brought into one currency, at the rate of
        its day, and forecast there. Of the days ahead no rate is needed.

    Returns
    -------
    MetricFrame
        Keys: ``currency``; ``period_start``, ``period_end`` (datetime64[us], the wall clock of the zone),
        ``complete`` (bool, never true of a day ahead); the columns of ``by``. Values:

        * ``forecast`` float64, unit: the currency, or payments
        * ``forecast_low``, ``forecast_high`` float64, in the same unit: the 2.5 % and the 97.5 % quantile of
          the errors of the backtests in the same week ahead, added to the forecast; an interval holds its
          forecast, and never narrows with time. Missing where no backtest reaches so far
        * ``method`` str, ``seasonal`` or ``ets``
        * ``mase`` float64, the mean absolute error of the backtests / the mean absolute difference to the
          same weekday a week before; below 1 is better than repeating the last week. Missing where every
          week is like the one before
        * ``backtests`` int64, the number of moments from which a day so far ahead was forecast

        All but the keys is missing (``backtests``: 0) for a group of less than 8 complete weeks, where
        another one has so many. What is below 0 is taken as 0.

    Raises
    ------
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If there are less than 8 complete weeks since the first payment, or a parameter or a column cannot be
        used as it is.
    MissingRate
        If a total is asked for without rates, or the rate of a day with payments is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import forecast
    >>> day = pd.date_range("2026-03-02 12:00", periods=70, tz="Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "status": 1, "is_test": False, "currency": "RUB", "amount": day.day_of_week * 10.0, "fee": 0.0,
    ...     "created_at": day, "paid_at": day, "as_of": pd.Timestamp("2026-05-11 09:00", tz="Europe/Moscow"),
    ... })
    >>> forecast(orders, days=3)[["period_start", "forecast", "method", "backtests"]].head()
      period_start  forecast    method  backtests
    0   2026-05-11       0.0  seasonal          6
    1   2026-05-12      10.0  seasonal          6
    2   2026-05-13      20.0  seasonal          6
    """
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.payments import paid
    from tegro_analytics.metrics.results.finish import finish
    from tegro_analytics.metrics.watching.past import refuse_calendar

    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= _MOST_DAYS:
        raise DataError(f"days={days!r}: give the number of days to forecast, 1 to {_MOST_DAYS}")
    if of not in OF:
        raise DataError(f"of={of!r} cannot be forecast: give one of {', '.join(map(repr, OF))}")
    asked = Asked(since, None, "day", by, as_of, None, zone, reference, total_in, fx)
    question = ask(orders, FORECAST, paid.NEEDS, asked)
    refuse_calendar(question, "hour", "weekday")
    frame = _days_ahead(question, of, days)
    return finish(question, frame, {column: frame[column] for column in FORECAST.names()})


def _days_ahead(question: Question, of: str, days: int) -> Any:
    """Forecast the days ahead of every group."""
    import numpy as np

    from tegro_analytics.metrics.payments import paid
    from tegro_analytics.metrics.watching import past

    since, end = past.whole_bounds(question, "day")
    table = paid.payments(past.everything(question, "day"), ("payments", "gross_volume"), refunds=False)
    seen = past.past(question, table.parts[0], ("payments", "gross_volume"), since=since, end=end)
    lengths = [int((seen.starts >= first).sum()) for first in seen.first]  # within the bounds
    if question.as_of is not None:
        _check_length(max(lengths, default=0), end)
    ahead = np.datetime64(end, "us") + np.arange(days) * np.timedelta64(1, "D").astype("m8[us]")
    mask = np.ones((len(seen.groups), days), np.bool_)
    return past.rows_of(question, seen, ahead, mask, _values(seen, of, days, lengths))


def _check_length(days: int, end: dt.datetime) -> None:
    """Refuse a past that is too short to learn a week from.

    Raises
    ------
    DataError
        If it has less than 8 complete weeks.
    """
    from tegro_analytics.metrics.watching.backtests import LEAST_DAYS

    if days < LEAST_DAYS:
        raise DataError(
            f"forecast needs 8 complete weeks of payments, {LEAST_DAYS} days; up to {end.date()} there are "
            f"{days // 7} complete weeks, {days} days: come back later, or give it more of the past"
        )


def _values(seen: Past, of: str, days: int, lengths: list[int]) -> dict[str, NDArray[Any]]:
    """Make the values of each group and day ahead."""
    import numpy as np

    from tegro_analytics.metrics.watching.backtests import LEAST_DAYS, forecast_days

    shape = (len(lengths), days)
    values: dict[str, NDArray[Any]] = {
        **{name: np.full(shape, np.nan) for name in ("forecast", "forecast_low", "forecast_high", "mase")},
        "method": np.full(shape, None, dtype=object),
        "backtests": np.zeros(shape, np.int64),
    }
    for group, length in enumerate(lengths):
        if length < LEAST_DAYS:
            continue
        one = forecast_days(seen.values[of][group, -length:], days)
        found = {"forecast": one.mean, "forecast_low": one.low, "forecast_high": one.high}
        for name, row in {
            **found,
            "backtests": one.backtests,
            "method": one.method,
            "mase": one.mase,
        }.items():
            values[name][group] = row
    return values
