"""Checkouts: attempts to pay for the same thing, joined, and how many of them ended in a payment."""

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

CHECKOUTS = Metric(
    name="checkouts",
    population="LIVE",
    clock="created",
    keys=(),
    columns=(
        MetricColumn("checkouts", "count"),
        MetricColumn("mature_checkouts", "count"),
        MetricColumn("attempts", "count"),
        MetricColumn("attempts_per_checkout", "measure"),
        MetricColumn("paid_checkouts", "count"),
        *rate_of_counts("checkout_conversion"),
        MetricColumn("first_unpaid", "count"),
        MetricColumn("recovered", "count"),
        *rate_of_counts("recovery_rate"),
    ),
    rules=("tests", "one_checkout", "checkout_clock", "mature", "empty_denominator"),
    headline=(
        "checkouts", "mature_checkouts", "attempts_per_checkout", "checkout_conversion", "first_unpaid",
        "recovery_rate",
    ),
)  # fmt: skip


@exact
def checkouts(
    orders: Any,
    *,
    since: Bound | None = None,
    until: Bound | None = None,
    freq: str | None = None,
    by: By = None,
    as_of: Bound | None = None,
    money: str | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
) -> MetricFrame:
    """Join attempts to pay for the same thing to checkouts, and count those that ended in a payment.

    One row in all, or one for each period with ``freq`` and each group with ``by``.

    Orders of a shop belong together if they have the same ``payment_id``; without one, if they have the same
    customer, currency and amount; an order that has neither is a checkout of its own. More than 60 minutes
    after the attempt before, a new checkout begins.

    Parameters
    ----------
    orders, since, until, freq, by, as_of, money, zone, reference
        As for :func:`~tegro_analytics.conversion`. Bounds, periods and groups are those of the first attempt
        of a checkout; give the whole history, so that bounds cut none in two.

    Returns
    -------
    MetricFrame
        Keys: with ``freq``: ``period_start``, ``period_end``, ``complete`` (24 h have passed since its end);
        the columns of ``by``. Values:

        * ``checkouts`` int64, checkouts of LIVE orders
        * ``mature_checkouts`` int64, those whose first attempt is at least 24 h old
        * ``attempts`` int64, orders in all these checkouts, mature or not
        * ``attempts_per_checkout`` float64, attempts / checkouts
        * ``paid_checkouts`` int64, mature ones with a payment, refunded later or not
        * ``checkout_conversion`` float64, paid / mature checkouts; ``checkout_conversion_low``,
          ``checkout_conversion_high`` its Wilson interval, 95 %, ``checkout_conversion_n`` (int64) its
          denominator
        * ``first_unpaid`` int64, mature checkouts whose first attempt is unpaid
        * ``recovered`` int64, those of them in which a later attempt was paid
        * ``recovery_rate`` float64, recovered / first unpaid; ``recovery_rate_low``, ``recovery_rate_high``,
          ``recovery_rate_n`` as above

        What has an empty denominator is missing.

    Raises
    ------
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If a parameter or a column cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import checkouts
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-01 10:05", "2026-03-01 12:00"])
    >>> orders = pd.DataFrame({
    ...     "shop_id": "shop", "id": [1, 2, 3], "payment_id": ["a", "a", "a"], "customer": None,
    ...     "currency": "RUB", "amount": 100.0, "status": [2, 1, 0], "is_test": False,
    ...     "created_at": day.tz_localize("Europe/Moscow"), "as_of": pd.Timestamp("2026-03-09", tz="UTC"),
    ... })
    >>> names = ["checkouts", "attempts", "checkout_conversion", "first_unpaid", "recovered"]
    >>> checkouts(orders)[names].head()
       checkouts  attempts  checkout_conversion  first_unpaid  recovered
    0          2         3                  0.5             2          1
    """
    from tegro_analytics.metrics.asking.populations import MATURITY
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.checkout import joined
    from tegro_analytics.metrics.results.cells import cells, placed, with_periods
    from tegro_analytics.metrics.results.finish import finish
    from tegro_analytics.metrics.results.rates import rate_of_counts as rate
    from tegro_analytics.metrics.results.rates import ratio

    question = ask(
        orders, CHECKOUTS, joined.NEEDS, Asked(since, until, freq, by, as_of, money, zone, reference)
    )
    frame = cells(question, [placed(question, joined.counted(question))])
    frame = with_periods(question, frame, after=MATURITY)
    values = {
        **frame,
        "attempts_per_checkout": ratio(frame["attempts"], frame["checkouts"]),
        **rate("checkout_conversion", frame["paid_checkouts"], frame["mature_checkouts"]),
        **rate("recovery_rate", frame["recovered"], frame["first_unpaid"]),
    }
    return finish(question, frame, values)
