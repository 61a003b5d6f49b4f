"""Why the rate of fees moved: because rates did, or because other payment systems were used."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.metrics.definition import Metric, MetricColumn
from tegro_analytics.money import exact

if TYPE_CHECKING:
    from tegro_analytics.metrics.asking.question import By
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

FEE_DRIFT = Metric(
    name="fee_drift",
    population="PAID",
    clock="paid",
    keys=("currency",),
    columns=(
        MetricColumn("fee_rate_before", "fine_rate"),
        MetricColumn("fee_rate", "fine_rate"),
        MetricColumn("weight_before", "rate"),
        MetricColumn("weight", "rate"),
        MetricColumn("rate_effect", "fine_rate"),
        MetricColumn("mix_effect", "fine_rate"),
        MetricColumn("total_change", "fine_rate"),
    ),
    rules=(
        "currency", "tests", "paid_without_date", "negative_amount", "empty_denominator", "effects",
        "period_before",
    ),
)  # fmt: skip


@exact
def fee_drift(
    orders: Any,
    *,
    since: Bound | None = None,
    until: Bound | None = None,
    freq: str | None = "month",
    by: By = "payment_system_id",
    as_of: Bound | None = None,
    money: str | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
) -> MetricFrame:
    """Split the change of the fee rate against the period before: other rates, and another mix.

    One row for each currency, period and group. The first period of the history has none before it, and no
    rows; with ``since``, the period before the bounds is read too.

    Parameters
    ----------
    orders, since, until, as_of, money, zone, reference
        As for :func:`~tegro_analytics.revenue`; bounds and periods go by the date of payment.
    freq
        What is compared: ``hour``, ``day``, ``week``, ``month``, ``quarter`` or ``year``.
    by
        The groups: a column of the orders or a list of them.

    Returns
    -------
    MetricFrame
        Keys: ``currency``; ``period_start``, ``period_end``, ``complete`` (of the period and of the one
        before it); the columns of ``by``. Values, float64, each the nearest to a fraction:

        * ``fee_rate_before``, ``fee_rate`` Σ fee / Σ amount of the group in the period before and in this one
        * ``weight_before``, ``weight`` its share of the gross volume of the currency
        * ``rate_effect`` change of its rate × mean of its two weights
        * ``mix_effect`` change of its weight × mean of its two rates; for a group that has no volume in one
          of the periods all that it brings or takes
        * ``total_change`` the fee rate of all groups less that of the period before: Σ rate_effect +
          Σ mix_effect, the same in all rows of a period

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
    >>> from tegro_analytics.metrics import fee_drift
    >>> day = pd.to_datetime(["2026-02-01 10:00", "2026-03-01 10:00"]).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "status": 1, "is_test": False, "currency": "RUB", "payment_system_id": 25,
    ...     "amount": 100.0, "fee": [5.0, 6.0], "created_at": day, "paid_at": day, "as_of": day.max(),
    ... })
    >>> fee_drift(orders)[["fee_rate_before", "fee_rate", "rate_effect", "mix_effect"]].head()
       fee_rate_before  fee_rate  rate_effect  mix_effect
    0             0.05      0.06         0.01         0.0
    """
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.effects import against_the_period_before, effect_values
    from tegro_analytics.metrics.payments import paid
    from tegro_analytics.metrics.results.finish import finish

    # The hour before a midnight begins at none: instants have to tell what lies in it.
    instants = ("paid_at", "created_at") if freq == "hour" else ()
    question = ask(
        orders,
        FEE_DRIFT,
        (*paid.NEEDS, *instants),
        Asked(since, until, freq, by, as_of, money, zone, reference),
    )
    frame, found, changes = against_the_period_before(
        question,
        lambda asked: paid.payments(asked, ("fees", "gross_volume"), refunds=False).parts,
        ("fees", "gross_volume"),
        after=dt.timedelta(0),
    )
    return finish(question, frame, effect_values(found, changes, rate="fee_rate"))
