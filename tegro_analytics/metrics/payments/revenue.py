"""Revenue: what was paid, what it cost, what went back, what stayed."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.definition import Metric, MetricColumn, rate_of_counts
from tegro_analytics.money import exact

if TYPE_CHECKING:
    import pandas as pd

    from tegro_analytics.metrics.asking.question import By, Question
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.payments.paid import Payments
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

REVENUE = Metric(
    name="revenue",
    population="PAID",
    clock="paid",
    keys=("currency",),
    columns=(
        MetricColumn("gross_volume", "money"),
        MetricColumn("fees", "money"),
        MetricColumn("refunds", "money"),
        MetricColumn("net_volume", "money"),
        MetricColumn("payments", "count"),
        MetricColumn("average_ticket", "money"),
        *rate_of_counts("refund_rate"),
        MetricColumn("refund_rate_value", "rate"),
        MetricColumn("active_days", "count"),
        MetricColumn("zero_days", "count"),
        MetricColumn("undated_refunds", "count"),
        MetricColumn("excluded_negative", "count"),
        MetricColumn("ticket_p50", "estimate"),
        MetricColumn("ticket_p90", "estimate"),
        MetricColumn("ticket_p99", "estimate"),
        MetricColumn("growth", "rate"),
        MetricColumn("growth_year", "rate"),
        MetricColumn("rolling_7d", "money"),
        MetricColumn("rolling_28d", "money"),
        MetricColumn("run_rate", "money"),
    ),
    rules=(
        "currency", "exact", "tests", "paid_without_date", "zero_amount", "negative_amount",
        "empty_denominator", "refund_clock", "merchant_share",
    ),
    headline=("gross_volume", "fees", "refunds", "net_volume", "payments", "average_ticket", "refund_rate"),
)  # fmt: skip

PAYMENT_VALUES = (
    "gross_volume",
    "fees",
    "payments",
    "tickets",
    "refunded",
    "refunded_volume",
    "excluded_negative",
)


@exact
def revenue(
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
    total_in: str | None = None,
    fx: Any = None,
) -> MetricFrame:
    """Sum what was paid: gross, fees, refunds, net.

    One row for each currency, and for each period with ``freq`` and each group with ``by``.

    Parameters
    ----------
    orders
        The orders of the whole history: a pandas or Polars frame, a PyArrow table, a DuckDB relation, a
        PySpark DataFrame. It is not changed.
    since, until
        Bounds, half-open, in the report zone, on the date of payment; refunds are bounded by the moment at
        which they were first seen. A date, a moment, or ISO text of one.
    freq
        ``hour``, ``day``, ``week``, ``month``, ``quarter`` or ``year``. Periods without payments are rows
        with 0.
    by
        A column of the orders or a list of them; also ``hour`` and ``weekday`` (1 = Monday) of the payment,
        and ``amount_band``, the amount from which the band of the order goes on.
    as_of
        The moment to which the orders are complete; by default their column ``as_of``. It decides what is
        complete, and leaves no order out.
    merchant_share
        The share of the fee that the merchant bears, 0 to 1.
    money
        ``float64`` or ``decimal``; by default ``TEGRO_MONEY``, else as the orders have it.
    zone
        The report zone, in which days begin; by default the one of ``created_at``, else
        ``TEGRO_REPORT_TIMEZONE``. Where a frame does not say its zone (Arrow, DuckDB, PySpark), it names the
        one in which ``created_date`` and ``paid_date`` were made.
    reference
        The merchant's own status table; by default the published one.
    total_in, fx
        A currency code, and rates: the only way to one total over several currencies. ``fx`` is a frame
        with ``date``, ``currency`` and ``rate``: how many units of ``total_in`` one unit of that currency was
        worth on that day. Every sum goes by the rate of its own day, exactly, and is rounded half to even
        at 8 places at the end. Quantiles are missing then.

    Returns
    -------
    MetricFrame
        Keys: ``currency`` (str); with ``freq``: ``period_start``, ``period_end`` (datetime64[us], the wall
        clock of the zone; the end is the start of the next one) and ``complete`` (bool: it ended by
        ``as_of``, and no bound cuts it); the columns of ``by``. Values:

        * ``gross_volume`` money, Σ amount of PAID
        * ``fees`` money, Σ fee of PAID
        * ``refunds`` money, Σ amount of status 3, when the refund was first seen, else when it was paid
        * ``net_volume`` money, gross − fees × ``merchant_share`` − refunds
        * ``payments`` int64, number of PAID
        * ``average_ticket`` money, gross / payments above 0; missing without any
        * ``refund_rate`` float64, refunded / payments by date of payment; ``refund_rate_low``,
          ``refund_rate_high`` its Wilson interval, 95 %, ``refund_rate_n`` (int64) its denominator
        * ``refund_rate_value`` float64, the same by amount
        * ``active_days``, ``zero_days`` int64, days with and without a payment, up to ``as_of``
        * ``undated_refunds`` int64, refunds whose moment is not known, dated by the payment
        * ``excluded_negative`` int64, paid orders with a negative amount, which no other column counts
        * ``ticket_p50``, ``ticket_p90``, ``ticket_p99`` float64, quantiles of the amounts above 0, linear
        * ``growth`` float64, gross / gross of the period before − 1; ``growth_year`` the same against the
          same period a year before (of weeks: 52 before). Missing without ``freq``, unless both periods are
          complete, and where nothing was paid in the earlier one. What lies before ``since`` counts
        * ``rolling_7d``, ``rolling_28d`` money, gross of the 7 and 28 days that end with the period; missing
          for hours, until the history is as long, and where the period is not complete
        * ``run_rate`` money, for the week, month, quarter or year that holds ``as_of`` alone: its gross up to
          that day, and for each day left the mean of its weekday in the last 8 complete weeks. A projection

        Money is float64 (unit: the currency), or decimal128(28, 8) with ``money="decimal"``.

    Raises
    ------
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If a parameter or a column cannot be used as it is.
    MissingRate
        If a total is asked for without rates, or the rate of a day with payments is missing.
    MixedCurrencies
        If bands of amounts are asked for over several currencies: with ``total_in``, or by a metric whose
        rows are not those of one currency, unless ``by`` holds ``currency`` too.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import revenue
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-02 10:00"]).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "status": [1, 3], "is_test": False, "currency": "RUB",
    ...     "amount": [1000.0, 400.0], "fee": [50.0, 20.0],
    ...     "created_at": day, "paid_at": day, "refund_first_seen_at": pd.NaT, "as_of": day.max(),
    ... })
    >>> revenue(orders)[["currency", "gross_volume", "fees", "refunds", "net_volume", "payments"]].head()
      currency  gross_volume  fees  refunds  net_volume  payments
    0      RUB        1400.0  70.0    400.0       930.0         2
    """
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.payments import paid, refunds
    from tegro_analytics.metrics.results.finish import finish

    share = share_of(merchant_share)
    question = ask(
        orders,
        REVENUE,
        (*paid.NEEDS, *refunds.NEEDS),
        Asked(since, until, freq, by, as_of, money, zone, reference, total_in, fx),
    )
    result = paid.payments(question, PAYMENT_VALUES, refunds=True, tickets=True)
    frame = paid.payment_cells(question, result)
    return finish(question, frame, revenue_values(question, frame, result, share=share))


def share_of(value: float | str | Decimal) -> Decimal:
    """Read the share of the fee that the merchant bears.

    Raises
    ------
    DataError
        If it is no number from 0 to 1.
    """
    try:
        share = Decimal(str(value))
    except InvalidOperation:
        share = Decimal(-1)
    if not (share.is_finite() and 0 <= share <= 1) or isinstance(value, bool):
        raise DataError(
            f"merchant_share={value!r}: give the share of the fee that the merchant bears, 0 to 1"
        )
    return share


def revenue_values(
    question: Question, frame: pd.DataFrame, paid: Payments, *, share: Decimal
) -> dict[str, Any]:
    """Compute what follows from the sums, and from the history of the payments."""
    import numpy as np

    from tegro_analytics.metrics.payments.tickets import QUANTILES
    from tegro_analytics.metrics.payments.trend import trend
    from tegro_analytics.metrics.results import rates
    from tegro_analytics.metrics.results.cells import day_counts

    days = day_counts(question, frame, paid.first)
    return {
        **dict.fromkeys(QUANTILES, np.full(len(frame), np.nan)),  # a total over currencies has none
        **frame,
        **trend(question, frame, paid),
        "net_volume": frame["gross_volume"] - rates.shared(frame["fees"], share) - frame["refunds"],
        "average_ticket": rates.divided(frame["gross_volume"], frame["tickets"]),
        **rates.rate_of_counts("refund_rate", frame["refunded"], frame["payments"]),
        "refund_rate_value": rates.ratio(frame["refunded_volume"], frame["gross_volume"]),
        "zero_days": (days - frame["active_days"]).clip(lower=0),
    }
