"""Customers: how many paid, for the first time or again."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.metrics.definition import Metric, MetricColumn, rate_of_counts
from tegro_analytics.money import exact

if TYPE_CHECKING:
    import pandas as pd

    from tegro_analytics.metrics.asking.question import By, Question
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

CUSTOMERS = Metric(
    name="customers",
    population="PAID",
    clock="paid",
    keys=(),
    columns=(
        MetricColumn("payments", "count"),
        MetricColumn("unique_payers", "count"),
        MetricColumn("new_payers", "count"),
        MetricColumn("returning_payers", "count"),
        MetricColumn("repeat_payers", "count"),
        *rate_of_counts("repeat_rate"),
        MetricColumn("anonymous_payments", "count"),
        *rate_of_counts("anonymous_share"),
        MetricColumn("left_edge", "bool"),
    ),
    rules=(
        "one_customer", "no_email", "new_by_history", "left_edge", "tests", "paid_without_date",
        "negative_amount", "empty_denominator",
    ),
    headline=(
        "payments", "unique_payers", "new_payers", "returning_payers", "repeat_rate", "anonymous_share",
    ),
)  # fmt: skip


@exact
def customers(
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
    """Count who paid: payers, new and returning ones, those who paid on several days, and payments of nobody.

    One row in all, or one for each period with ``freq`` and each group with ``by``. Currencies are counted
    together, for no money is added; ``by="currency"`` tells them apart.

    Parameters
    ----------
    orders, since, until, freq, by, as_of, money, zone, reference
        As for :func:`~tegro_analytics.revenue`: bounds and periods go by the date of payment. Give the whole
        history: who is new is decided by what came before the bounds, too.

    Returns
    -------
    MetricFrame
        Keys: with ``freq``: ``period_start``, ``period_end``, ``complete``; the columns of ``by``. Values:

        * ``payments`` int64, number of PAID with an amount of 0 or more
        * ``unique_payers`` int64, different customers among them, told apart by ``customer``
        * ``new_payers`` int64, those whose first payment of the whole history, in any group and currency,
          lies in the period of the row, and within the bounds; without ``freq``, within the bounds alone
        * ``returning_payers`` int64, unique − new: they had paid before the period
        * ``repeat_payers`` int64, those with payments on at least 2 days within the row
        * ``repeat_rate`` float64, repeat / unique payers; ``repeat_rate_low``, ``repeat_rate_high`` its
          Wilson interval, 95 %, ``repeat_rate_n`` (int64) its denominator
        * ``anonymous_payments`` int64, payments without an e-mail, which belong to no payer
        * ``anonymous_share`` float64, anonymous / all payments; ``anonymous_share_low``,
          ``anonymous_share_high``, ``anonymous_share_n`` as above
        * ``left_edge`` bool, whether the row holds a part of the first day with a payment of the history: its
          new payers may be old customers whose past is not known

        A payer of several rows is counted in each, so that rows add up in ``payments``, ``new_payers`` (over
        periods) and ``anonymous_payments`` alone.

    Raises
    ------
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If a parameter or a column cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import customers
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-04-02 10:00", "2026-04-03 10:00"])
    >>> orders = pd.DataFrame({
    ...     "status": 1, "is_test": False, "amount": 100.0, "customer": [7, 7, None],
    ...     "created_at": day.tz_localize("Europe/Moscow"), "paid_at": day.tz_localize("Europe/Moscow"),
    ...     "as_of": pd.Timestamp("2026-05-01", tz="Europe/Moscow"),
    ... })
    >>> names = ["payments", "unique_payers", "new_payers", "returning_payers", "anonymous_payments"]
    >>> customers(orders, freq="month", until="2026-05-01")[names].head()
       payments  unique_payers  new_payers  returning_payers  anonymous_payments
    0         1              1           1                 0                   0
    1         2              1           0                 1                   1
    """
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.people import payers
    from tegro_analytics.metrics.results.cells import cells, placed, with_periods
    from tegro_analytics.metrics.results.finish import finish

    question = ask(
        orders, CUSTOMERS, payers.NEEDS, Asked(since, until, freq, by, as_of, money, zone, reference)
    )
    past = payers.history(question, bounded=False)
    table = payers.counted(question, past.payments)
    frame = with_periods(question, cells(question, [placed(question, table)]), after=dt.timedelta(0))
    return finish(question, frame, _values(question, frame, past.first))


def _values(question: Question, frame: pd.DataFrame, first: dt.date | None) -> dict[str, Any]:
    """Compute what follows from the counts."""
    from tegro_analytics.metrics.results.rates import rate_of_counts as rate

    return {
        **frame,
        "returning_payers": frame["unique_payers"] - frame["new_payers"],
        **rate("repeat_rate", frame["repeat_payers"], frame["unique_payers"]),
        **rate("anonymous_share", frame["anonymous_payments"], frame["payments"]),
        "left_edge": _left_edge(question, frame, first),
    }


def _left_edge(question: Question, frame: pd.DataFrame, first: dt.date | None) -> Any:
    """Say of each row whether its period, as the bounds cut it, holds a part of the first day."""
    import numpy as np

    if first is None:
        return np.zeros(len(frame), np.bool_)
    start = np.full(len(frame), question.window.since or dt.datetime(1, 1, 1), "M8[us]")  # noqa: DTZ001
    end = np.full(len(frame), question.window.until or dt.datetime(9999, 1, 1), "M8[us]")  # noqa: DTZ001
    if question.freq:
        start = np.maximum(start, frame["period_start"].to_numpy("M8[us]"))
        end = np.minimum(end, frame["period_end"].to_numpy("M8[us]"))
    day = np.datetime64(first, "D")
    return (start < day + 1) & (end > day)
