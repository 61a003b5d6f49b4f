"""Conversion: what became of the orders that were created, in number and in money."""

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

_OUTCOMES = (
    "orders", "mature", "paid", "paid_24h", "paid_ever", "lost", "pending", "stale_open", "unresolved",
    "late_paid",
)  # fmt: skip

CONVERSION = Metric(
    name="conversion",
    population="LIVE",
    clock="created",
    keys=(),
    columns=(
        *(MetricColumn(name, "count") for name in (*_OUTCOMES, "unknown_status")),
        *rate_of_counts("conversion_24h"),
        MetricColumn("conversion_24h_min", "rate"),
        MetricColumn("conversion_24h_max", "rate"),
        *rate_of_counts("conversion_ever"),
        *rate_of_counts("terminal_success_rate"),
        *rate_of_counts("terminal_success_rate_mature"),
        *rate_of_counts("late_paid_rate"),
        *rate_of_counts("naive_rate"),
        MetricColumn("seconds_to_pay_p50", "seconds"),
        MetricColumn("seconds_to_pay_p90", "seconds"),
        MetricColumn("seconds_to_pay_p99", "seconds"),
    ),
    rules=("tests", "mature", "unresolved", "paid_without_date", "paid_before_created", "empty_denominator"),
    headline=("orders", "mature", "paid_24h", "conversion_24h", "conversion_ever", "pending", "stale_open"),
)

CONVERSION_VALUE = Metric(
    name="conversion_value",
    population="LIVE",
    clock="created",
    keys=("currency",),
    columns=(
        *(MetricColumn(name, "money") for name in _OUTCOMES),
        MetricColumn("unknown_status", "count"),
        MetricColumn("conversion_24h", "rate"),
        MetricColumn("conversion_24h_min", "rate"),
        MetricColumn("conversion_24h_max", "rate"),
        MetricColumn("conversion_ever", "rate"),
        MetricColumn("terminal_success_rate", "rate"),
        MetricColumn("terminal_success_rate_mature", "rate"),
        MetricColumn("late_paid_rate", "rate"),
        MetricColumn("naive_rate", "rate"),
    ),
    rules=(
        "currency", "exact", "tests", "mature", "unresolved", "paid_without_date", "negative_amount",
        "empty_denominator",
    ),
)  # fmt: skip


@exact
def conversion(
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
    """Count what became of the orders that were created: paid in 24 h, paid ever, lost, still open.

    One row in all, or one for each period with ``freq`` and each group with ``by``.

    Parameters
    ----------
    orders, since, until, freq, by, as_of, money, zone, reference
        As for :func:`~tegro_analytics.revenue`, but bounds and periods go by the date of creation. ``as_of``
        decides too which orders are mature: those created at least 24 h before it.

    Returns
    -------
    MetricFrame
        Keys: with ``freq``: ``period_start``, ``period_end``, ``complete`` (24 h have passed since its end);
        the columns of ``by``. Counts (int64):

        * ``orders`` LIVE: neither a test nor of unknown status
        * ``mature`` those at least 24 h old
        * ``paid`` PAID, refunded later or not
        * ``paid_24h`` mature, paid within 24 h
        * ``paid_ever`` mature, paid
        * ``lost`` LOST
        * ``pending`` open and not mature
        * ``stale_open`` open and mature: abandoned checkouts
        * ``unresolved`` of these, those last observed before they were 24 h old
        * ``late_paid`` mature, paid after more than 24 h
        * ``unknown_status`` orders of unknown status, which no other column counts

        Rates (float64), each with its Wilson interval, 95 %, in ``_low`` and ``_high``, and its denominator
        in ``_n`` (int64):

        * ``conversion_24h`` paid_24h / mature; ``conversion_24h_min``, ``conversion_24h_max`` bound it where
          the outcome or the date of payment of some orders is not known
        * ``conversion_ever`` paid_ever / mature
        * ``terminal_success_rate`` paid / (paid + lost); ``terminal_success_rate_mature`` the same of mature
          ones
        * ``late_paid_rate`` late_paid / paid_ever
        * ``naive_rate`` paid / orders: too low by the orders that are still young

        ``seconds_to_pay_p50``, ``_p90``, ``_p99`` (float64, seconds): quantiles of the time to pay of PAID.
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
    >>> from tegro_analytics.metrics import conversion
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-02 10:00"]).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "status": [1, 0], "is_test": False, "created_at": day, "paid_at": [day[0], None],
    ...     "observed_at": day.max(), "as_of": day.max() + pd.Timedelta(days=2),
    ... })
    >>> conversion(orders)[["orders", "mature", "paid_24h", "unresolved", "conversion_24h"]].head()
       orders  mature  paid_24h  unresolved  conversion_24h
    0       2       2         1           1             0.5
    """
    from tegro_analytics.metrics.asking.populations import MATURITY
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.checkout import attempts
    from tegro_analytics.metrics.results.cells import cells, with_periods
    from tegro_analytics.metrics.results.finish import finish

    question = ask(
        orders,
        CONVERSION,
        attempts.NEEDS,
        Asked(since, until, freq, by, as_of, money, zone, reference),
    )
    frame = with_periods(
        question, cells(question, [attempts.attempts(question, money=False)]), after=MATURITY
    )
    return finish(question, frame, attempts.conversion_values(frame))


@exact
def conversion_value(
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
    """Sum the amounts of the orders that were created, by what became of them.

    One row for each currency, and for each period with ``freq`` and each group with ``by``.

    Parameters
    ----------
    orders, since, until, freq, by, as_of, money, zone, reference
        As for :func:`~tegro_analytics.conversion`.
    total_in, fx
        As for :func:`~tegro_analytics.revenue`; amounts go by the rate of the day of creation.

    Returns
    -------
    MetricFrame
        Keys: ``currency``, then as for :func:`~tegro_analytics.conversion`. The columns are those of
        :func:`~tegro_analytics.conversion` too, without those of time to pay: what is a count there is money
        here, Σ amount of the same orders, but for ``unknown_status``, which stays a count (int64). Rates
        (float64) are ratios of these sums, and have no interval. Negative amounts are left out.

    Raises
    ------
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If a parameter or a column cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import conversion_value
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-02 10:00"]).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "status": [1, 0], "is_test": False, "currency": "RUB", "amount": [900.0, 100.0],
    ...     "created_at": day, "paid_at": [day[0], None],
    ...     "observed_at": day.max(), "as_of": day.max() + pd.Timedelta(days=2),
    ... })
    >>> conversion_value(orders)[["currency", "mature", "paid_24h", "conversion_24h"]].head()
      currency  mature  paid_24h  conversion_24h
    0      RUB  1000.0     900.0             0.9
    """
    from tegro_analytics.metrics.asking.populations import MATURITY
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.checkout import attempts
    from tegro_analytics.metrics.results.cells import cells, with_periods
    from tegro_analytics.metrics.results.finish import finish

    question = ask(
        orders,
        CONVERSION_VALUE,
        (*attempts.NEEDS, "amount"),
        Asked(since, until, freq, by, as_of, money, zone, reference, total_in, fx),
    )
    frame = with_periods(question, cells(question, [attempts.attempts(question, money=True)]), after=MATURITY)
    return finish(question, frame, attempts.value_rates(frame))
