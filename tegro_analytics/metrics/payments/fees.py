"""Fees: what payments cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.metrics.definition import Metric, MetricColumn, rate_of_counts
from tegro_analytics.money import exact

if TYPE_CHECKING:
    import pandas as pd

    from tegro_analytics.metrics.asking.question import By
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

FEES = Metric(
    name="fees",
    population="PAID",
    clock="paid",
    keys=("currency",),
    columns=(
        MetricColumn("gross_volume", "money"),
        MetricColumn("fees", "money"),
        MetricColumn("payments", "count"),
        MetricColumn("effective_fee_rate", "fine_rate"),
        MetricColumn("fee_per_payment", "money"),
        MetricColumn("zero_fee_payments", "count"),
        *rate_of_counts("zero_fee_share"),
    ),
    rules=("currency", "exact", "tests", "paid_without_date", "negative_amount", "empty_denominator"),
    headline=("gross_volume", "fees", "payments", "effective_fee_rate", "fee_per_payment", "zero_fee_share"),
)

PAYMENT_VALUES = ("gross_volume", "fees", "payments", "zero_fee_payments")


@exact
def fees(
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
    total_in: str | None = None,
    fx: Any = None,
) -> MetricFrame:
    """Say what payments cost: fees, their rate, payments without a fee.

    One row for each currency, and for each period with ``freq`` and each group with ``by``.

    Parameters
    ----------
    orders, since, until, freq, by, as_of, money, zone, reference, total_in, fx
        As for :func:`~tegro_analytics.revenue`; bounds and periods go by the date of payment.

    Returns
    -------
    MetricFrame
        Keys as for :func:`~tegro_analytics.revenue`. Values:

        * ``gross_volume`` money, Σ amount of PAID
        * ``fees`` money, Σ fee of PAID
        * ``payments`` int64, number of PAID
        * ``effective_fee_rate`` float64, Σ fee / Σ amount
        * ``fee_per_payment`` money, fees / payments
        * ``zero_fee_payments`` int64, payments with a fee of exactly 0
        * ``zero_fee_share`` float64, zero_fee_payments / payments; ``zero_fee_share_low``,
          ``zero_fee_share_high`` its Wilson interval, 95 %, ``zero_fee_share_n`` (int64) its denominator

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
    >>> from tegro_analytics.metrics import fees
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-02 10:00"]).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "status": 1, "is_test": False, "currency": "RUB", "amount": [1000.0, 400.0], "fee": [50.0, 0.0],
    ...     "created_at": day, "paid_at": day, "as_of": day.max(),
    ... })
    >>> fees(orders)[["currency", "fees", "payments", "fee_per_payment", "zero_fee_share"]].head()
      currency  fees  payments  fee_per_payment  zero_fee_share
    0      RUB  50.0         2             25.0             0.5
    """
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.payments import paid
    from tegro_analytics.metrics.results.finish import finish

    question = ask(
        orders,
        FEES,
        paid.NEEDS,
        Asked(since, until, freq, by, as_of, money, zone, reference, total_in, fx),
    )
    frame = paid.payment_cells(question, paid.payments(question, PAYMENT_VALUES, refunds=False))
    return finish(question, frame, fee_values(frame))


def fee_values(frame: pd.DataFrame) -> dict[str, Any]:
    """Compute what follows from the sums."""
    from tegro_analytics.metrics.results import rates

    return {
        **frame,
        "effective_fee_rate": rates.ratio(frame["fees"], frame["gross_volume"]),
        "fee_per_payment": rates.divided(frame["fees"], frame["payments"]),
        **rates.rate_of_counts("zero_fee_share", frame["zero_fee_payments"], frame["payments"]),
    }
