"""Anomalies: periods whose number of payments is unlike the same times of the weeks before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.definition import Metric, MetricColumn
from tegro_analytics.money import exact

if TYPE_CHECKING:
    import pandas as pd

    from tegro_analytics.metrics.asking.question import By, Question
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

ANOMALIES = Metric(
    name="anomalies",
    population="PAID",
    clock="paid",
    keys=("currency",),
    columns=(
        MetricColumn("payments", "count"),
        MetricColumn("expected", "measure"),
        MetricColumn("score", "measure"),
        MetricColumn("p_value", "measure"),
        MetricColumn("method", "text"),
        MetricColumn("is_anomaly", "bool"),
    ),
    rules=("tests", "paid_without_date", "negative_amount", "eight_weeks_before", "robust_z"),
)

STEPS = {"hour": 7 * 24, "day": 7, "week": 1}
"""The periods that a week holds, by frequency."""


@exact
def anomalies(
    orders: Any,
    *,
    threshold: float = 3.5,
    since: Bound | None = None,
    until: Bound | None = None,
    freq: str = "day",
    by: By = None,
    as_of: Bound | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
) -> MetricFrame:
    """Hold the number of payments of each day against the same weekday of the 8 weeks before.

    One row for each currency and complete day within the bounds, and for each group with ``by``, from the
    ninth week of a group on: a group has rows only where its own first payment lies 8 weeks back or more.
    Payments alone are watched, not their amounts.

    Parameters
    ----------
    orders, since, until, by, as_of, zone, reference
        As for :func:`~tegro_analytics.revenue`. The weeks before may lie before ``since``. ``hour`` and
        ``weekday`` are no dimensions here.
    threshold
        The size of ``score`` above which a day is an anomaly.
    freq
        ``day``, ``hour`` (held against the same hour of the same weekday; one that clocks skip or repeat has
        no row) or ``week``.

    Returns
    -------
    MetricFrame
        Keys: ``currency``; ``period_start``, ``period_end``, ``complete``; the columns of ``by``. Values:

        * ``payments`` int64, number of PAID
        * ``expected`` float64, in payments: the median of the 8 weeks before
        * ``score`` float64, the robust z: 0.6745 × (payments − expected) / MAD, where MAD is the median
          absolute deviation of the 8 weeks; missing where that is 0
        * ``p_value`` float64, where MAD is 0: twice the smaller tail of the Poisson distribution whose mean
          is that of the 8 weeks, at least 1 / 8, for what never happened may happen; else missing
        * ``method`` str, ``robust_z`` or ``poisson``
        * ``is_anomaly`` bool: \\|score\\| > threshold, or a p-value below the one of a normal distribution at
          the threshold (0.000465 for 3.5)

    Raises
    ------
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If a parameter or a column cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import anomalies
    >>> day = pd.date_range("2026-03-02 12:00", periods=57, tz="Europe/Moscow")
    >>> day = day.append(day[-1:].repeat(3))
    >>> orders = pd.DataFrame({
    ...     "status": 1, "is_test": False, "currency": "RUB", "amount": 10.0, "fee": 0.0,
    ...     "created_at": day, "paid_at": day, "as_of": pd.Timestamp("2026-04-28", tz="Europe/Moscow"),
    ... })
    >>> anomalies(orders)[["period_start", "payments", "expected", "p_value", "method", "is_anomaly"]].head()
      period_start  payments  expected   p_value   method  is_anomaly
    0   2026-04-27         4       1.0  0.037976  poisson       False
    """
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.payments import paid
    from tegro_analytics.metrics.results.finish import finish
    from tegro_analytics.metrics.watching.past import refuse_calendar

    if freq not in list(STEPS):
        raise DataError(f"freq={freq!r}: anomalies are looked for by one of {', '.join(map(repr, STEPS))}")
    if isinstance(threshold, bool) or not isinstance(threshold, (int, float)) or not threshold > 0:
        raise DataError(f"threshold={threshold!r}: give a number above 0, such as 3.5")
    asked = Asked(since, until, freq, by, as_of, None, zone, reference)
    question = ask(orders, ANOMALIES, paid.NEEDS, asked)
    refuse_calendar(question, "hour", "weekday")
    frame = _compared(question, threshold)
    return finish(question, frame, {column: frame[column] for column in ANOMALIES.names()})


def _compared(question: Question, threshold: float) -> pd.DataFrame:
    """Hold every period against the same times of the weeks before."""
    import numpy as np

    from tegro_analytics.metrics.payments import paid
    from tegro_analytics.metrics.watching import past
    from tegro_analytics.metrics.watching.unlikely import unlike

    freq = question.freq
    assert freq is not None  # noqa: S101  it was checked
    since, end = past.whole_bounds(question, freq)
    table = paid.payments(past.everything(question, freq), ("payments",), refunds=False).parts[0]
    begin = None if since is None else since - past.EIGHT_WEEKS
    seen = past.past(question, table, ("payments",), since=begin, end=end)
    numbers, step = seen.values["payments"], STEPS[freq]
    reach = past.WEEKS * step
    starts = seen.starts[reach:]
    numbers = numbers[:, reach:]
    before = [
        seen.values["payments"][:, week * step : week * step + len(starts)] for week in range(past.WEEKS)
    ]
    enough = seen.first[:, None] <= starts - np.timedelta64(past.EIGHT_WEEKS)
    if freq == "hour":
        enough &= past.last_an_hour(starts, question.window.zone)
    found = unlike(numbers, np.stack(before), threshold)
    values = {
        "payments": numbers,
        "expected": found.expected,
        "score": found.score,
        "p_value": found.p_value,
        "is_anomaly": found.is_anomaly,
        "method": np.where(np.isnan(found.score), "poisson", "robust_z"),
    }
    return past.rows_of(question, seen, starts, enough, values)
