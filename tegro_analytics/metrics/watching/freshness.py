"""Freshness: how old what is known is."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.metrics.definition import Metric, MetricColumn
from tegro_analytics.money import exact

if TYPE_CHECKING:
    from tegro_analytics.metrics.asking.question import Question
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

FRESHNESS = Metric(
    name="freshness",
    population="LIVE",
    clock="both",
    keys=(),
    columns=(
        MetricColumn("as_of", "instant"),
        MetricColumn("newest_order_at", "instant"),
        MetricColumn("newest_payment_at", "instant"),
        MetricColumn("hours_since_as_of", "measure"),
        MetricColumn("hours_since_order", "measure"),
        MetricColumn("hours_since_payment", "measure"),
        MetricColumn("oldest_observed_at", "instant"),
    ),
    rules=("tests", "paid_without_date", "negative_amount"),
)


@exact
def freshness(
    orders: Any,
    *,
    now: Bound | None = None,
    as_of: Bound | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
) -> MetricFrame:
    """Say how old what is known is: one row. No other metric reads a clock.

    Parameters
    ----------
    orders, as_of, zone, reference
        As for :func:`~tegro_analytics.revenue`.
    now
        The moment from which to look back; by default, that of the computer.

    Returns
    -------
    MetricFrame
        Instants are datetime64[us, zone], missing where there is none:

        * ``as_of`` the moment to which the orders are complete
        * ``newest_order_at`` when the newest order was created
        * ``newest_payment_at`` when the newest payment was made
        * ``hours_since_as_of``, ``hours_since_order``, ``hours_since_payment`` float64, hours from each of
          them to ``now``
        * ``oldest_observed_at`` when the open order was last observed that was not looked at for the longest
          time: it may have been paid since

    Raises
    ------
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If a parameter or a column cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import freshness
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-02 10:00"]).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "status": [1, 0], "is_test": False, "amount": 10.0, "created_at": day,
    ...     "paid_at": [day[0], None], "observed_at": day.max(), "as_of": day.max(),
    ... })
    >>> fresh = freshness(orders, now="2026-03-02 16:30")
    >>> fresh[["hours_since_as_of", "hours_since_order", "hours_since_payment"]].head()
       hours_since_as_of  hours_since_order  hours_since_payment
    0                6.5                6.5                 30.5
    """
    import pandas as pd

    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.asking.window import instant, local_time
    from tegro_analytics.metrics.results.finish import finish

    needs = ("status", "is_test", "amount", "created_at", "paid_at", "observed_at")
    question = ask(orders, FRESHNESS, needs, Asked(as_of=as_of, zone=zone, reference=reference))
    own = question.window.zone
    moment = dt.datetime.now(dt.UTC) if now is None else instant(local_time(now, own, name="now"), own)
    found = _newest(question)
    values: dict[str, list[Any]] = {name: [] if question.as_of is None else [found[name]] for name in found}
    for name, since in (("as_of", "as_of"), ("order", "newest_order_at"), ("payment", "newest_payment_at")):
        values[f"hours_since_{name}"] = [
            None if one is None else (moment - one) / dt.timedelta(hours=1) for one in values[since]
        ]
    return finish(question, pd.DataFrame(index=range(len(values["as_of"]))), values)


def _newest(question: Question) -> dict[str, dt.datetime | None]:
    """Find the newest order and payment, and the oldest look at an order that is open."""
    import narwhals as nw

    from tegro_analytics.metrics.asking import populations
    from tegro_analytics.metrics.watching.latest import moments, paid_at

    reference = question.reference
    live = question.source.frame.filter(populations.not_test() & populations.known(reference))
    made = live.with_columns(
        newest_order_at=nw.col("created_at"),
        newest_payment_at=paid_at(reference),
        oldest_observed_at=nw.when(populations.unpaid_for_now(reference)).then(nw.col("observed_at")),
    )
    names = ("newest_order_at", "newest_payment_at", "oldest_observed_at")
    table = question.source.collect(
        made.select(*(nw.col(name).max() for name in names[:2]), nw.col(names[2]).min())
    )
    return {"as_of": question.as_of, **{name: moments(table[name])[0] for name in names}}
