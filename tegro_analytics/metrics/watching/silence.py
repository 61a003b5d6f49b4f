"""Silence: how long nothing was paid, and whether that is more than chance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.metrics.definition import Metric, MetricColumn
from tegro_analytics.money import exact

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

    from tegro_analytics.metrics.asking.question import By, Question
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

SILENCE = Metric(
    name="silence",
    population="PAID",
    clock="paid",
    keys=(),
    columns=(
        MetricColumn("last_payment_at", "instant"),
        MetricColumn("last_order_at", "instant"),
        MetricColumn("silent_hours", "measure"),
        MetricColumn("expected_payments", "measure"),
        MetricColumn("probability", "measure"),
        MetricColumn("is_silent", "bool"),
        MetricColumn("history_weeks", "count"),
    ),
    rules=("tests", "paid_without_date", "negative_amount", "same_hours", "silent_when"),
)

SILENT_BELOW = 0.001
"""The probability below which a silence is no chance any more."""


@exact
def silence(
    orders: Any,
    *,
    now: Bound | None = None,
    by: By = None,
    as_of: Bound | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
) -> MetricFrame:
    """Say how long there was no payment, and how likely that is by chance.

    One row in all, or one for each group with ``by``, such as ``payment_system_id``; payments of all
    currencies count. A group is listed as soon as it has an order.

    Parameters
    ----------
    orders, by, as_of, zone, reference
        As for :func:`~tegro_analytics.revenue`; ``hour`` and ``weekday`` are no dimensions here.
    now
        The moment up to which there was silence; by default ``as_of``, for what happened later is not known.
        What was paid after it is left out.

    Returns
    -------
    MetricFrame
        Keys: the columns of ``by``. Values:

        * ``last_payment_at`` datetime64[us, zone], the last payment; missing without any
        * ``last_order_at`` datetime64[us, zone], the last order that was created, paid or not: where it is
          late too, nobody tries to pay
        * ``silent_hours`` float64, hours from the last payment to ``now``
        * ``expected_payments`` float64, the payments expected in that time, Λ: for each hour of it, those of
          the same hour of the week in the 8 weeks before the hour of the last payment / 8; an hour that it
          covers in part counts by that part
        * ``probability`` float64, exp(−Λ): how likely no payment at all is
        * ``is_silent`` bool: the probability is below 0.001
        * ``history_weeks`` int64, the complete weeks from the first payment to the last, up to 8; with less
          than 8, ``expected_payments`` and ``probability`` are missing and ``is_silent`` is false

    Raises
    ------
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If a parameter or a column cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import silence
    >>> hour = pd.date_range("2026-03-02 00:30", "2026-04-28 12:30", freq="h", tz="Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "status": 1, "is_test": False, "amount": 10.0, "fee": 0.0, "created_at": hour, "paid_at": hour,
    ...     "as_of": pd.Timestamp("2026-04-28 20:30", tz="Europe/Moscow"),
    ... })
    >>> silence(orders)[["silent_hours", "expected_payments", "probability", "is_silent"]].head()
       silent_hours  expected_payments  probability  is_silent
    0           8.0                8.0     0.000335       True
    """
    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.asking.window import instant, local_time
    from tegro_analytics.metrics.payments import paid
    from tegro_analytics.metrics.results.finish import finish
    from tegro_analytics.metrics.watching.past import refuse_calendar

    asked = Asked(None, None, "hour", by, as_of, None, zone, reference)
    question = ask(orders, SILENCE, (*paid.NEEDS, "created_at", "paid_at"), asked)
    refuse_calendar(question, "hour", "weekday")
    zone_ = question.window.zone
    moment = question.as_of if now is None else instant(local_time(now, zone_, name="now"), zone_)
    frame = _silences(question, moment)
    return finish(replace(question, freq=None), frame, dict(frame))


def _silences(question: Question, now: dt.datetime | None) -> pd.DataFrame:
    """Measure the silence of every group."""
    import pandas as pd

    from tegro_analytics.metrics.payments import paid
    from tegro_analytics.metrics.watching.latest import latest
    from tegro_analytics.metrics.watching.quiet import hours_of_groups, quiet_time

    if now is None or question.as_of is None:
        return pd.DataFrame(columns=[*question.groups, *SILENCE.names()])
    frame = latest(replace(question, freq=None), now)
    table = paid.payments(question, ("payments",), refunds=False).parts[0]
    zone = question.window.zone
    rows = [
        quiet_time(last, now, zone, *hours)
        for last, hours in zip(frame["last_payment_at"], hours_of_groups(question, frame, table), strict=True)
    ]
    for name in ("silent_hours", "expected_payments", "probability", "history_weeks"):
        frame[name] = [getattr(row, name) for row in rows]
    frame["is_silent"] = frame["probability"] < SILENT_BELOW
    return frame
