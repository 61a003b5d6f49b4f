"""Cohorts: how many of those who first paid in a month pay again in the months after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.metrics.definition import Metric, MetricColumn, rate_of_counts
from tegro_analytics.money import exact

if TYPE_CHECKING:
    from tegro_analytics.metrics.asking.question import By
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

COHORTS = Metric(
    name="cohorts",
    population="PAID",
    clock="paid",
    keys=(),
    columns=(
        MetricColumn("cohort", "date"),
        MetricColumn("month", "count"),
        MetricColumn("cohort_size", "count"),
        MetricColumn("payers", "count"),
        *rate_of_counts("retention"),
        MetricColumn("complete", "bool"),
        MetricColumn("left_edge", "bool"),
    ),
    rules=(
        "one_customer", "no_email", "left_edge", "unseen_cells", "tests", "paid_without_date",
        "negative_amount", "empty_denominator",
    ),
    headline=("cohort", "month", "cohort_size", "payers", "retention", "complete"),
)  # fmt: skip


@exact
def cohorts(
    orders: Any,
    *,
    since: Bound | None = None,
    until: Bound | None = None,
    by: By = None,
    as_of: Bound | None = None,
    money: str | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
) -> MetricFrame:
    """Follow those who first paid in a month: how many of them paid in each month after it.

    One row for each cohort, the customers whose first payment fell in one month, and each month from that one
    to the month of ``as_of``; for each group with ``by``. A later month has not been seen and has no row.

    Parameters
    ----------
    orders
        As for :func:`~tegro_analytics.revenue`. Give the whole history: it says who paid for the first time.
    since, until
        Bounds, half-open, on the first payment of a customer; later payments are never cut. A cohort that a
        bound cuts is in part here, and not ``complete``.
    by
        A column of the orders or a list of them. Each group is a history of its own, as if the other orders
        were not there: who pays in two groups is in a cohort of each.
    as_of
        The moment to which the orders are complete; by default their column ``as_of``. Payments after its
        month are left out.
    money, zone, reference
        As for :func:`~tegro_analytics.revenue`. There is no money in the result.

    Returns
    -------
    MetricFrame
        Keys: the columns of ``by``. Values:

        * ``cohort`` datetime64[us], the first day of the month of the first payment
        * ``month`` int64, months since that one: 0 is the month of the first payment
        * ``cohort_size`` int64, customers of the cohort; a month in which nobody paid for the first time has
          rows too, with 0
        * ``payers`` int64, those of them with a payment in that month; all of them in month 0
        * ``retention`` float64, payers / cohort size, missing in an empty cohort; ``retention_low``,
          ``retention_high`` its Wilson interval, 95 %, ``retention_n`` (int64) its denominator
        * ``complete`` bool, whether the whole cell was seen: its month ended by ``as_of``, and no bound cuts
          the cohort
        * ``left_edge`` bool, whether it is the first cohort of the history: it may hold old customers whose
          past is not known

    Raises
    ------
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If a parameter or a column cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import cohorts
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-02 10:00", "2026-05-03 10:00"])
    >>> orders = pd.DataFrame({
    ...     "status": 1, "is_test": False, "amount": 100.0, "customer": [7, 8, 7],
    ...     "created_at": day.tz_localize("Europe/Moscow"), "paid_at": day.tz_localize("Europe/Moscow"),
    ...     "as_of": pd.Timestamp("2026-05-10", tz="Europe/Moscow"),
    ... })
    >>> names = ["cohort", "month", "cohort_size", "payers", "retention", "complete"]
    >>> cohorts(orders, until="2026-04-01")[names].head()
          cohort  month  cohort_size  payers  retention  complete
    0 2026-03-01      0            2       2        1.0      True
    1 2026-03-01      1            2       0        0.0      True
    2 2026-03-01      2            2       1        0.5     False
    """
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.people import payers
    from tegro_analytics.metrics.people.triangle import payers_by_month, triangle
    from tegro_analytics.metrics.results.finish import finish
    from tegro_analytics.metrics.results.rates import rate_of_counts as rate

    question = ask(
        orders, COHORTS, payers.NEEDS, Asked(since, until, None, by, as_of, money, zone, reference)
    )
    past = payers.history(question, bounded=False)
    frame = triangle(question, payers_by_month(question, past.payments))
    return finish(question, frame, {**frame, **rate("retention", frame["payers"], frame["cohort_size"])})
