"""The audit of fees: what was charged against what the tariff of the merchant asks."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.metrics.definition import Metric, MetricColumn, rate_of_counts
from tegro_analytics.money import exact

if TYPE_CHECKING:
    from tegro_analytics.metrics.asking.question import By
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

FEE_AUDIT = Metric(
    name="fee_audit",
    population="PAID",
    clock="paid",
    keys=("currency",),
    dims=("payment_system_id",),
    columns=(
        MetricColumn("payment_system", "text"),
        MetricColumn("payments", "count"),
        MetricColumn("audited", "count"),
        MetricColumn("unknown_tariff", "count"),
        MetricColumn("unknown_fee", "count"),
        MetricColumn("actual_fees", "money"),
        MetricColumn("expected_fees", "money"),
        MetricColumn("fee_difference", "money"),
        MetricColumn("overcharged", "count"),
        MetricColumn("overcharged_value", "money"),
        *rate_of_counts("overcharged_share"),
        MetricColumn("undercharged", "count"),
        MetricColumn("undercharged_value", "money"),
    ),
    rules=(
        "currency", "exact", "tests", "paid_without_date", "negative_amount", "empty_denominator",
        "expected_fee", "tariff_of_the_day", "unknown_tariff", "unknown_fee",
    ),
    headline=("payments", "audited", "actual_fees", "expected_fees", "fee_difference", "overcharged"),
)  # fmt: skip


@exact
def fee_audit(
    orders: Any,
    *,
    plan: str | None = None,
    since: Bound | None = None,
    until: Bound | None = None,
    freq: str | None = None,
    by: By = None,
    as_of: Bound | None = None,
    money: str | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
) -> MetricFrame:
    """Hold the fees that were charged against those that the tariff of the merchant asks.

    One row for each currency and payment system, and for each period with ``freq`` and group with ``by``.
    The fee of a payment should be the percentage of its tariff, or the minimum if that is more, half-up to
    the minor unit of the currency. The tariff is that of the day of payment, both of its dates included: a
    row for the currency goes before one for any, of these the one valid since later.

    Parameters
    ----------
    orders, since, until, freq, by, as_of, money, zone
        As for :func:`~tegro_analytics.revenue`; bounds and periods go by the date of payment.
    plan
        The plan of the merchant, one of those of the tariff table; by default ``TEGRO_PLAN``.
    reference
        Where the tariff table stands; by default the published one, which is no contract:
        ``load_reference(tariffs=...)`` takes that of the merchant.

    Returns
    -------
    MetricFrame
        Keys: ``currency``; with ``freq``: ``period_start``, ``period_end``, ``complete``;
        ``payment_system_id`` (Int64, missing where the orders do not say it); the columns of ``by``. Values:

        * ``payment_system`` str, its name in the reference
        * ``payments`` int64, number of PAID
        * ``audited`` int64, those whose fee and tariff are known
        * ``unknown_tariff`` int64, those for which the plan has no tariff on their day
        * ``unknown_fee`` int64, those with a tariff, but without a fee
        * ``actual_fees`` money, Σ fee of the audited ones
        * ``expected_fees`` money, Σ fee that their tariff asks
        * ``fee_difference`` money, actual_fees − expected_fees
        * ``overcharged`` int64, payments with a higher fee than their tariff asks; ``overcharged_value``
          money, by how much in all
        * ``overcharged_share`` float64, overcharged / audited; ``overcharged_share_low``,
          ``overcharged_share_high`` its Wilson interval, 95 %, ``overcharged_share_n`` (int64) its
          denominator
        * ``undercharged`` int64, payments with a lower fee; ``undercharged_value`` money, by how much in all

        What has an empty denominator is missing.

    Raises
    ------
    ConfigurationError
        If nobody says the plan, or the tariff table does not have it or contradicts itself.
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If a parameter or a column cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import fee_audit
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-02 10:00"]).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "status": 1, "is_test": False, "currency": "RUB", "payment_system_id": 25,
    ...     "amount": [1000.0, 33.33], "fee": [70.0, 2.25],
    ...     "created_at": day, "paid_at": day, "as_of": day.max(),
    ... })
    >>> audit = fee_audit(orders, plan="starter")
    >>> audit[["audited", "actual_fees", "expected_fees", "overcharged", "overcharged_value"]].head()
       audited  actual_fees  expected_fees  overcharged  overcharged_value
    0        2        72.25          69.75            1                2.5
    """
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.results.cells import cells, with_periods
    from tegro_analytics.metrics.results.finish import finish
    from tegro_analytics.metrics.tariffs import audited
    from tegro_analytics.metrics.tariffs.terms import plan_of, terms_of

    question = ask(
        orders,
        FEE_AUDIT,
        audited.NEEDS,
        Asked(since, until, freq, by, as_of, money, zone, reference),
    )
    chosen = plan_of(plan, question.reference, metric=FEE_AUDIT.name)
    parts = audited.audit(question, terms_of(chosen, question.reference))
    frame = with_periods(question, cells(question, parts), after=dt.timedelta(0))
    names = audited.system_names(question, frame["payment_system_id"])
    return finish(question, frame, {**audited.audit_values(frame), "payment_system": names})
