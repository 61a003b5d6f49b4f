"""Flagged orders: the list of the records that are odd."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.definition import Metric, MetricColumn
from tegro_analytics.money import exact

if TYPE_CHECKING:
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame

FLAGGED_ORDERS = Metric(
    name="flagged_orders",
    population="ALL",
    clock="created",
    keys=(),
    columns=(
        MetricColumn("shop_id", "text"),
        MetricColumn("id", "number"),
        MetricColumn("payment_id", "text"),
        MetricColumn("created_at", "instant"),
        MetricColumn("status_name", "text"),
        MetricColumn("currency", "text"),
        MetricColumn("amount", "money"),
        MetricColumn("flags", "text"),
    ),
    rules=("all_records", "flags_as_stored"),
    is_list=True,
)


@exact
def flagged_orders(
    orders: Any,
    *,
    flag: str | None = None,
    since: Bound | None = None,
    until: Bound | None = None,
    as_of: Bound | None = None,
    money: str | None = None,
    zone: str | ZoneInfo | None = None,
    limit: int | None = 1_000,
) -> MetricFrame:
    """List the orders that carry a flag, the newest first; test orders too.

    Parameters
    ----------
    orders, since, until, as_of, money, zone
        As for :func:`~tegro_analytics.data_quality`.
    flag
        One flag, as in ``data_quality``; by default, orders with any.
    limit
        How many rows to give; None gives all. ``found`` of the result counts all in any case.

    Returns
    -------
    MetricFrame
        Columns, as the orders have them:

        * ``shop_id`` str, ``id`` Int64, ``payment_id`` str
        * ``created_at`` datetime64[us, zone]
        * ``status_name`` str
        * ``currency`` str, ``amount`` money
        * ``flags`` str, all flags of the order, comma-separated

    Raises
    ------
    MissingColumn
        If a column is missing that cannot be made from the others.
    DataError
        If there is no such flag, or a parameter or a column cannot be used as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import flagged_orders
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-02 10:00"]).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "shop_id": "shop", "id": [1, 2], "payment_id": ["o-1", "o-2"], "status_name": "paid",
    ...     "currency": "RUB", "amount": [10.0, 0.0], "flags": ["", "zero_amount,paid_twice"],
    ...     "created_at": day, "as_of": day.max(),
    ... })
    >>> flagged_orders(orders, flag="paid_twice")[["id", "payment_id", "amount", "flags"]].head()
       id payment_id  amount                   flags
    0   2        o-2     0.0  zero_amount,paid_twice
    """
    import narwhals as nw

    from tegro_analytics.metrics.asking.question import Asked, ask
    from tegro_analytics.metrics.results.finish import listed
    from tegro_analytics.metrics.watching import flagged, latest
    from tegro_analytics.schemas import FLAGS

    if flag is not None and flag not in list(FLAGS):
        raise DataError(f"flag={flag!r} is unknown: give one of {', '.join(FLAGS)}, or None for any")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0):
        raise DataError(f"limit={limit!r}: give the number of rows that are wanted, or None for all")
    names = FLAGGED_ORDERS.names()
    question = ask(
        orders,
        FLAGGED_ORDERS,
        (*names, "created_date"),
        Asked(since, until, as_of=as_of, money=money, zone=zone),
    )
    odd = flagged.records(question).filter(flagged.has_any() if flag is None else flagged.has_flag(flag))
    found = question.source.collect(odd.select(nw.len().alias("found")))["found"][0].as_py()
    order = odd.sort("created_at", "id", "shop_id", descending=[True, True, False], nulls_last=True)
    table = question.source.collect((order if limit is None else order.head(limit)).select(*names))
    values = {name: table[name].to_pylist() for name in names if name != "created_at"}
    values["created_at"] = latest.moments(table["created_at"])
    return listed(FLAGGED_ORDERS, values, money=question.money, zone=question.window.zone, found=found)
