"""Anomalies of conversion: payment systems that bring less, or more, than they used to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.definition import Metric, MetricColumn, rate_of_counts
from tegro_analytics.money import exact

if TYPE_CHECKING:
    import pandas as pd

    from tegro_analytics.metrics.asking.question import By, Question
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

CONVERSION_ANOMALIES = Metric(
    name="conversion_anomalies",
    population="MATURE",
    clock="created",
    keys=(),
    columns=(
        MetricColumn("mature", "count"),
        MetricColumn("paid_24h", "count"),
        MetricColumn("expected_rate", "rate"),
        *rate_of_counts("conversion_24h"),
        MetricColumn("p_value", "measure"),
        MetricColumn("q_value", "measure"),
        MetricColumn("is_anomaly", "bool"),
    ),
    rules=("tests", "mature", "paid_without_date", "paid_before_created", "eight_weeks_before", "many_tests"),
    headline=("mature", "paid_24h", "expected_rate", "conversion_24h", "q_value", "is_anomaly"),
)


@exact
def conversion_anomalies(
    orders: Any,
    *,
    alpha: float = 0.01,
    since: Bound | None = None,
    until: Bound | None = None,
    freq: str = "day",
    by: By = "payment_system_id",
    as_of: Bound | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
) -> MetricFrame:
    """Test the conversion in 24 h of each payment system against its own of the 8 weeks before.

    One row for each period within the bounds and each payment system, or other group with ``by``, that has
    mature orders in the period and in the 8 weeks before it, and whose first order lies 8 weeks back or more.
    A period counts when 24 hours have passed since its end.

    Parameters
    ----------
    orders, since, until, as_of, zone, reference
        As for :func:`~tegro_analytics.conversion`. The weeks before may lie before ``since``.
    alpha
        The share of false alarms among all alarms of one period that is borne.
    freq
        ``day``, ``week``, ``month``, ``quarter`` or ``year``.
    by
        What has a rate of its own; None tests all orders together.

    Returns
    -------
    MetricFrame
        Keys: ``period_start``, ``period_end``, ``complete``; the columns of ``by``. Values:

        * ``mature``, ``paid_24h`` int64, as :func:`~tegro_analytics.conversion` counts them
        * ``expected_rate`` float64, paid_24h / mature of the 56 days before the period; the test takes it
          as known
        * ``conversion_24h`` float64, paid_24h / mature; ``conversion_24h_low``, ``conversion_24h_high`` its
          Wilson interval, 95 %, and ``conversion_24h_n`` (int64) its denominator
        * ``p_value`` float64, of the exact binomial test, on both sides
        * ``q_value`` float64, the p-value adjusted by Benjamini and Hochberg over all tests of the period
        * ``is_anomaly`` bool: q_value ≤ alpha

    Raises
    ------
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If a parameter or a column cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import conversion_anomalies
    >>> day = pd.date_range("2026-03-02 12:00", periods=57, tz="Europe/Moscow").repeat(10)
    >>> status = [1, 0] * 280 + [0] * 10
    >>> orders = pd.DataFrame({
    ...     "status": status, "is_test": False, "payment_system_id": 25, "created_at": day,
    ...     "paid_at": day.where([one == 1 for one in status]), "observed_at": day.max(),
    ...     "as_of": pd.Timestamp("2026-04-29", tz="Europe/Moscow"),
    ... })
    >>> found = conversion_anomalies(orders)
    >>> found[["period_start", "mature", "paid_24h", "expected_rate", "q_value", "is_anomaly"]].head()
      period_start  mature  paid_24h  expected_rate   q_value  is_anomaly
    0   2026-04-27      10         0            0.5  0.001953        True
    """
    from tegro_analytics.metrics.asking.periods import FREQS
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.checkout import attempts
    from tegro_analytics.metrics.results.finish import finish
    from tegro_analytics.metrics.results.rates import rate_of_counts

    known = [name for name in FREQS if name != "hour"]
    if freq not in known:
        raise DataError(f"freq={freq!r}: anomalies are looked for by one of {', '.join(map(repr, known))}")
    if isinstance(alpha, bool) or not isinstance(alpha, (int, float)) or not 0 < alpha < 1:
        raise DataError(f"alpha={alpha!r}: give a share of false alarms between 0 and 1, such as 0.01")
    asked = Asked(since, until, freq, by, as_of, None, zone, reference)
    question = ask(orders, CONVERSION_ANOMALIES, attempts.NEEDS, asked)
    frame = _tested(_compared(question), alpha)
    rates = rate_of_counts("conversion_24h", frame["paid_24h"], frame["mature"])
    return finish(question, frame, {**frame, **rates})


def _compared(question: Question) -> pd.DataFrame:
    """Count the orders of every period and of the 56 days before it."""
    import numpy as np

    from tegro_analytics.metrics.asking.periods import all_starts, next_start
    from tegro_analytics.metrics.asking.populations import MATURITY
    from tegro_analytics.metrics.checkout import attempts
    from tegro_analytics.metrics.watching import past

    freq = question.freq
    assert freq is not None  # noqa: S101  it was checked
    since, end = past.whole_bounds(question, freq, after=MATURITY)
    daily = past.everything(question, "day")
    begin = None if since is None else since - past.EIGHT_WEEKS
    names = ("mature", "paid_24h")
    seen = past.past(daily, attempts.attempts(daily, money=False), names, since=begin, end=end)
    first = seen.starts[0].item() + past.EIGHT_WEEKS if len(seen.starts) else end
    starts = all_starts(first, end, freq)
    starts = starts[starts >= np.datetime64(first, "us")]
    ends = np.array([next_start(start, freq) for start in starts.tolist()], "M8[us]")
    before = starts - np.timedelta64(past.EIGHT_WEEKS)
    values = {}
    for name in names:
        values[name] = _between(seen, name, starts, ends)
        values[f"{name}_before"] = _between(seen, name, before, starts)
    enough = (seen.first[:, None] <= before) & (values["mature"] > 0) & (values["mature_before"] > 0)
    return past.rows_of(question, seen, starts, enough, values)


def _between(seen: Any, name: str, starts: Any, ends: Any) -> Any:
    """Sum the days of each span, for every group."""
    import numpy as np

    sums = np.zeros((len(seen.groups), len(seen.starts) + 1))
    sums[:, 1:] = seen.values[name].cumsum(axis=1)
    return sums[:, np.searchsorted(seen.starts, ends)] - sums[:, np.searchsorted(seen.starts, starts)]


def _tested(frame: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Test every row, and adjust the p-values of each period."""
    import numpy as np

    from tegro_analytics.metrics.results.rates import ratio
    from tegro_analytics.metrics.watching.unlikely import benjamini_hochberg, binomial

    frame["expected_rate"] = ratio(frame["paid_24h_before"], frame["mature_before"])
    columns = (frame[name].to_numpy(np.float64) for name in ("paid_24h", "mature", "expected_rate"))
    frame["p_value"] = binomial(*columns)
    frame["q_value"] = np.nan
    for rows in frame.groupby("period_start").indices.values():
        frame.loc[rows, "q_value"] = benjamini_hochberg(frame["p_value"].to_numpy()[rows], alpha)
    frame["is_anomaly"] = frame["q_value"] <= alpha
    return frame
