"""Time to pay: the share of all orders that was paid by each moment after their creation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.metrics.definition import Metric, MetricColumn
from tegro_analytics.money import exact

if TYPE_CHECKING:
    from tegro_analytics.metrics.asking.question import By
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

MOMENTS = (60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 259_200, 604_800)
"""Where the curve is read, in seconds from creation: from a minute to a week."""

TIME_TO_PAY = Metric(
    name="time_to_pay",
    population="LIVE",
    clock="created",
    keys=(),
    columns=(
        MetricColumn("seconds", "count"),
        MetricColumn("paid_share", "rate"),
        MetricColumn("paid_share_low", "rate"),
        MetricColumn("paid_share_high", "rate"),
        MetricColumn("at_risk", "count"),
        MetricColumn("paid_by_then", "count"),
        MetricColumn("orders", "count"),
        MetricColumn("excluded", "count"),
    ),
    rules=("tests", "kaplan_meier", "end_of_curve", "not_on_the_curve", "empty_denominator"),
    headline=("seconds", "paid_share", "at_risk", "paid_by_then"),
)


@exact
def time_to_pay(
    orders: Any,
    *,
    at: Sequence[int] = MOMENTS,
    since: Bound | None = None,
    until: Bound | None = None,
    freq: str | None = None,
    by: By = None,
    as_of: Bound | None = None,
    money: str | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
) -> MetricFrame:
    """Estimate which share of all orders was paid by each moment after their creation.

    One row for each moment, and for each period with ``freq`` and each group with ``by``. Open orders count
    for as long as they were watched, so that young ones do not pull the share down.

    Parameters
    ----------
    orders, since, until, freq, by, as_of, money, zone, reference
        As for :func:`~tegro_analytics.conversion`; bounds and periods go by the date of creation.
    at
        The moments: whole seconds from creation; by default 1, 5, 15, 30 minutes, 1, 3, 6, 12 hours, 1, 3 and
        7 days.

    Returns
    -------
    MetricFrame
        Keys: with ``freq``: ``period_start``, ``period_end``, ``complete`` (24 h have passed since its end);
        the columns of ``by``. Values:

        * ``seconds`` int64, the moment
        * ``paid_share`` float64, the estimate of Kaplan and Meier of the share that is paid within so many
          seconds: 1 − Π (1 − paid / at risk) over the seconds up to it at which something was paid. An open
          order is at risk until it was last seen, a lost one for ever: it will never be paid. Missing beyond
          the longest time for which an order was watched, if one is open
        * ``paid_share_low``, ``paid_share_high`` float64, its interval, 95 %: the variance of Greenwood on
          the scale log(−log). Missing where nobody or everybody has paid
        * ``at_risk`` int64, orders that were neither paid sooner nor last seen sooner than this moment
        * ``paid_by_then`` int64, orders that were paid within so many seconds
        * ``orders`` int64, LIVE: neither a test nor of unknown status
        * ``excluded`` int64, those of them that no other column but ``orders`` counts: paid before they were
          created or without a date of payment, or open and last seen before they were created

        The last two are the same at every moment of a curve.

    Raises
    ------
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If a parameter or a column cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import time_to_pay
    >>> day = pd.to_datetime(["2026-03-01 10:00"] * 4).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "status": [1, 1, 2, 0], "is_test": False, "created_at": day,
    ...     "paid_at": [day[0], day[0] + pd.Timedelta(minutes=3), None, None],
    ...     "observed_at": day + pd.Timedelta(minutes=2), "as_of": day + pd.Timedelta(hours=1),
    ... })
    >>> names = ["seconds", "paid_share", "at_risk", "paid_by_then"]
    >>> time_to_pay(orders, at=[0, 60, 300])[names].head()
       seconds  paid_share  at_risk  paid_by_then
    0        0       0.250        4             1
    1       60       0.250        3             1
    2      300       0.625        1             2
    """
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.checkout import unpaid
    from tegro_analytics.metrics.results.finish import finish

    moments = unpaid.moments(at)
    question = ask(
        orders, TIME_TO_PAY, unpaid.NEEDS, Asked(since, until, freq, by, as_of, money, zone, reference)
    )
    frame, values = unpaid.curves(question, moments)
    return finish(question, frame, values)
