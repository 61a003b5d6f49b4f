"""Payment systems beside each other: share, revenue, fees and conversion of each."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.metrics.checkout.conversion import CONVERSION
from tegro_analytics.metrics.definition import Metric, MetricColumn, rate_of_counts
from tegro_analytics.metrics.payments.fees import FEES, fee_values
from tegro_analytics.metrics.payments.fees import PAYMENT_VALUES as FEE_VALUES
from tegro_analytics.metrics.payments.revenue import PAYMENT_VALUES as REVENUE_VALUES
from tegro_analytics.metrics.payments.revenue import REVENUE, revenue_values, share_of
from tegro_analytics.money import exact

if TYPE_CHECKING:
    import pandas as pd

    from tegro_analytics.metrics.asking.question import By, Question
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

NAMES = ("payment_system", "family", "rail")

_OWN = (
    *(MetricColumn(name, "text") for name in NAMES),
    *rate_of_counts("share"),
    MetricColumn("share_value", "rate"),
    MetricColumn("rank", "number"),
)

_ALL = (*_OWN, *REVENUE.columns, *FEES.columns, *CONVERSION.columns)

PAYMENT_SYSTEMS = Metric(
    name="payment_systems",
    population="LIVE",
    clock="both",
    keys=("currency",),
    dims=("payment_system_id",),
    columns=tuple({column.name: column for column in _ALL}.values()),
    rules=tuple(dict.fromkeys((*REVENUE.rules, *FEES.rules, *CONVERSION.rules, "rank", "unknown_system"))),
    headline=("payments", "gross_volume", "share", "effective_fee_rate", "conversion_24h", "rank"),
)


@exact
def payment_systems(
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
    """Set the payment systems beside each other: share, revenue, fees and conversion of each.

    One row for each currency and payment system, and for each period with ``freq`` and group with ``by``.

    Parameters
    ----------
    orders, since, until, freq, by, as_of, merchant_share, money, zone, reference, total_in, fx
        As for :func:`~tegro_analytics.revenue`. Each column goes by the clock of its own metric: money by the
        date of payment, refunds by theirs, conversion by the date of creation. ``by`` adds keys; shares and
        ranks are then those within a group.

    Returns
    -------
    MetricFrame
        Keys: ``currency``; with ``freq``: ``period_start``, ``period_end``, ``complete`` (of all columns);
        ``payment_system_id`` (Int64, missing where the orders do not say it); the columns of ``by``. Values:

        * ``payment_system``, ``family``, ``rail`` str, as the orders name it
        * ``share`` float64, its payments / all payments of the currency; ``share_low``, ``share_high``,
          ``share_n`` its Wilson interval, 95 %, and its denominator (int64)
        * ``share_value`` float64, the same by gross volume
        * ``rank`` Int64, by ``conversion_24h``, 1 the highest; missing where its interval overlaps another
        * the columns of :func:`~tegro_analytics.revenue`, :func:`~tegro_analytics.fees` and
          :func:`~tegro_analytics.conversion`

    Raises
    ------
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If a parameter or a column cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import payment_systems
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-02 10:00"]).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "status": 1, "is_test": False, "currency": "RUB", "amount": [900.0, 100.0], "fee": [9.0, 1.0],
    ...     "payment_system_id": [5, 16], "payment_system": ["YooMoney", "Bitcoin"],
    ...     "family": ["ewallet", "crypto"], "rail": "-", "created_at": day, "paid_at": day,
    ...     "refund_first_seen_at": pd.NaT, "observed_at": day.max(),
    ...     "as_of": day.max() + pd.Timedelta(days=2),
    ... })
    >>> payment_systems(orders)[["payment_system", "share", "share_value", "conversion_24h"]].head()
      payment_system  share  share_value  conversion_24h
    0       YooMoney    0.5          0.9             1.0
    1        Bitcoin    0.5          0.1             1.0
    """
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.checkout import attempts
    from tegro_analytics.metrics.payments import paid as payments
    from tegro_analytics.metrics.payments import refunds

    share = share_of(merchant_share)
    question = ask(
        orders,
        PAYMENT_SYSTEMS,
        (*payments.NEEDS, *refunds.NEEDS, *attempts.NEEDS, *NAMES),
        Asked(since, until, freq, by, as_of, money, zone, reference, total_in, fx),
    )
    return _answer(question, share)


def _answer(question: Question, share: Decimal) -> MetricFrame:
    """Put the parts of both clocks into the same cells."""
    from tegro_analytics.metrics.asking.populations import MATURITY
    from tegro_analytics.metrics.checkout import attempts
    from tegro_analytics.metrics.payments import paid as payments
    from tegro_analytics.metrics.results.cells import cells, with_periods
    from tegro_analytics.metrics.results.finish import finish

    by_payment = replace(question, metric=replace(question.metric, clock="paid"))
    by_creation = replace(question, metric=replace(question.metric, clock="created"))
    values = tuple(dict.fromkeys((*REVENUE_VALUES, *FEE_VALUES)))
    paid = payments.payments(by_payment, values, refunds=True, tickets=True)
    parts = [*paid.parts, attempts.attempts(by_creation, money=False)]
    frame = with_periods(question, cells(question, parts), after=MATURITY)
    rates = {
        **attempts.conversion_values(frame),
        **fee_values(frame),
        **revenue_values(by_payment, frame, paid, share=share),
    }
    return finish(question, frame, {**rates, **_names(question, frame), **_shares(question, frame, rates)})


def _names(question: Question, frame: pd.DataFrame) -> dict[str, Any]:
    """Look up how the orders name each payment system; of several names, the first of the alphabet."""
    import narwhals as nw

    from tegro_analytics.metrics.asking import populations
    from tegro_analytics.metrics.results.cells import to_pandas

    grouped = question.source.frame.filter(populations.not_test()).group_by("payment_system_id")
    named = to_pandas(question.source.collect(grouped.agg(*(nw.col(name).min() for name in NAMES))))
    rows = frame[["payment_system_id"]].merge(named, on="payment_system_id", how="left")
    return {name: rows[name].array for name in NAMES}


def _shares(question: Question, frame: pd.DataFrame, values: dict[str, Any]) -> dict[str, Any]:
    """Compute shares and ranks among the payment systems of one currency, period and group."""
    import numpy as np
    import pandas as pd

    from tegro_analytics.metrics.checkout import attempts
    from tegro_analytics.metrics.results import rates

    keys = [name for name in question.keys if name not in ("payment_system_id", "period_end", "complete")]
    group = frame.groupby(keys, dropna=False, sort=False).ngroup().to_numpy()
    payments, gross = frame["payments"].to_numpy(), frame["gross_volume"].to_numpy()
    all_payments, all_gross = np.zeros(len(frame), np.int64), np.full(len(frame), Decimal(0), dtype=object)
    ranks = np.full(len(frame), None, dtype=object)
    for number in np.unique(group):
        rows = np.flatnonzero(group == number)
        all_payments[rows], all_gross[rows] = payments[rows].sum(), gross[rows].sum()
        intervals = (values[f"conversion_24h{part}"][rows] for part in ("", "_low", "_high"))
        ranks[rows] = attempts.rank(*intervals)
    return {
        **rates.rate_of_counts("share", payments, all_payments),
        "share_value": rates.ratio(gross, all_gross),
        "rank": pd.array(ranks, dtype="Int64"),
    }
