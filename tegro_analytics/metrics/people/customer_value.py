"""What a customer is worth: the mean payer, and how much hangs on the largest."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.metrics.definition import Metric, MetricColumn
from tegro_analytics.metrics.payments.revenue import share_of
from tegro_analytics.money import exact

if TYPE_CHECKING:
    import pandas as pd

    from tegro_analytics.metrics.asking.question import By
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

CUSTOMER_VALUE = Metric(
    name="customer_value",
    population="PAID",
    clock="paid",
    keys=("currency",),
    columns=(
        MetricColumn("unique_payers", "count"),
        MetricColumn("gross_volume", "money"),
        MetricColumn("identified_gross", "money"),
        MetricColumn("identified_net", "money"),
        MetricColumn("arppu", "money"),
        MetricColumn("ltv_historic", "money"),
        MetricColumn("top_payers", "count"),
        MetricColumn("top_customer_share", "rate"),
    ),
    rules=(
        "currency", "exact", "one_customer", "no_email", "tests", "paid_without_date", "negative_amount",
        "empty_denominator", "refund_with_payment", "merchant_share",
    ),
    headline=("unique_payers", "gross_volume", "arppu", "ltv_historic", "top_customer_share"),
)  # fmt: skip


@exact
def customer_value(
    orders: Any,
    *,
    since: Bound | None = None,
    until: Bound | None = None,
    freq: str | None = None,
    by: By = None,
    as_of: Bound | None = None,
    merchant_share: float | str | Decimal = 1,
    money: str | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
) -> MetricFrame:
    """Say what a payer brought on average, and how much of it hangs on the largest payers.

    One row for each currency, and for each period with ``freq`` and each group with ``by``. Payers are those
    of the row: they paid in its currency, period and group, and what they paid elsewhere is not in it.

    Parameters
    ----------
    orders, since, until, freq, by, as_of, merchant_share, money, zone, reference
        As for :func:`~tegro_analytics.revenue`, but bounds and periods go by the date of payment alone.

    Returns
    -------
    MetricFrame
        Keys as for :func:`~tegro_analytics.revenue`. Values:

        * ``unique_payers`` int64, different customers who paid, told apart by ``customer``
        * ``gross_volume`` money, Σ amount of PAID, also of payments without an e-mail
        * ``identified_gross`` money, Σ amount of the payments that belong to a payer
        * ``identified_net`` money, their gross − fees × ``merchant_share`` − refunds. A refund is that of one
          of these payments, dated with it, whenever it was seen: so a payer is worth what stayed of their
          own payments. :func:`~tegro_analytics.revenue` dates refunds by when they were seen
        * ``arppu`` money, identified gross / payers: average revenue per paying user
        * ``ltv_historic`` money, identified net / payers: what stayed of a payer on average, so far
        * ``top_payers`` int64, the 1 % of payers with the largest gross, rounded up: at least one
        * ``top_customer_share`` float64, their gross / identified gross

        What has an empty denominator is missing. Money is float64 (unit: the currency), or
        decimal128(28, 8) with ``money="decimal"``; divisions are rounded half to even at 8 places.

    Raises
    ------
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If a parameter or a column cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import customer_value
    >>> day = pd.Timestamp("2026-03-01 10:00", tz="Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "status": [1, 1, 3, 1], "is_test": False, "currency": "RUB", "customer": [7, 7, 8, None],
    ...     "amount": [600.0, 300.0, 100.0, 50.0], "fee": 10.0, "created_at": day, "paid_at": day,
    ...     "as_of": day,
    ... })
    >>> names = ["unique_payers", "gross_volume", "identified_gross", "arppu", "ltv_historic"]
    >>> customer_value(orders)[names].head()
       unique_payers  gross_volume  identified_gross  arppu  ltv_historic
    0              2        1050.0            1000.0  500.0         435.0
    """
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.payments import paid
    from tegro_analytics.metrics.people.payers import payments_of
    from tegro_analytics.metrics.people.worth import worth
    from tegro_analytics.metrics.results.cells import placed
    from tegro_analytics.metrics.results.finish import finish

    share = share_of(merchant_share)
    question = ask(
        orders,
        CUSTOMER_VALUE,
        (*paid.NEEDS, "customer"),
        Asked(since, until, freq, by, as_of, money, zone, reference),
    )
    sold = paid.payments(question, ("gross_volume",), refunds=False)
    known = placed(question, worth(question, payments_of(question, bounded=True)))
    frame = paid.payment_cells(question, sold, more=[known])
    return finish(question, frame, _values(frame, share))


def _values(frame: pd.DataFrame, share: Decimal) -> dict[str, Any]:
    """Compute what follows from the sums."""
    from tegro_analytics.metrics.results import rates

    fees = rates.shared(frame["identified_fees"], share)
    net = frame["identified_gross"] - fees - frame["identified_refunds"]
    return {
        **frame,
        "identified_net": net,
        "arppu": rates.divided(frame["identified_gross"], frame["unique_payers"]),
        "ltv_historic": rates.divided(net, frame["unique_payers"]),
        "top_customer_share": rates.ratio(frame["top_gross"], frame["identified_gross"]),
    }
