"""Orders held against the merchant's own books: what agrees, what differs, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.definition import Metric, MetricColumn
from tegro_analytics.money import exact

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from tegro_analytics.metrics.asking.question import Question
    from tegro_analytics.metrics.asking.window import Bound
    from tegro_analytics.metrics.results.frame import MetricFrame
    from tegro_analytics.reference import Reference

_RULES = ("currency", "exact", "tests", "negative_amount", "match_keys", "match_bounds", "match_amounts")

MATCH_ORDERS = Metric(
    name="match_orders",
    population="LIVE",
    clock="paid",
    keys=("currency",),
    dims=("result",),
    columns=(
        MetricColumn("compared", "count"),
        MetricColumn("amount_here", "money"),
        MetricColumn("amount_there", "money"),
        MetricColumn("difference", "money"),
    ),
    rules=_RULES,
    inputs=("orders", "mine"),
)

ORDER_DIFFERENCES = Metric(
    name="order_differences",
    population="LIVE",
    clock="paid",
    keys=(),
    columns=(
        MetricColumn("result", "text"),
        MetricColumn("payment_id", "text"),
        MetricColumn("shop_id", "text"),
        MetricColumn("id", "number"),
        MetricColumn("created_at", "instant"),
        MetricColumn("paid_at", "instant"),
        MetricColumn("currency", "text"),
        MetricColumn("amount_here", "money"),
        MetricColumn("amount_there", "money"),
        MetricColumn("difference", "money"),
    ),
    rules=_RULES,
    headline=(
        "result", "payment_id", "id", "paid_at", "currency", "amount_here", "amount_there", "difference",
    ),
    inputs=("orders", "mine"),
    is_list=True,
)  # fmt: skip


@exact
def match_orders(
    orders: Any,
    mine: Any,
    *,
    on: str = "payment_id",
    amount: str = "amount",
    currency: str | None = None,
    status: str | None = None,
    shop: str | None = None,
    since: Bound | None = None,
    until: Bound | None = None,
    money: str | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
) -> MetricFrame:
    """Match what was paid here with what the merchant's own books say was paid.

    One row for each currency and result: ``paid_twice``, ``amount_differs``, ``status_differs``,
    ``missing_here``, ``missing_there``, ``matched``; those without orders have 0.

    Parameters
    ----------
    orders
        The orders of the whole history, as for :func:`~tegro_analytics.revenue`. Where several shops number
        their orders alike, name the column with the shop, or give the orders of one.
    mine
        The merchant's own table, with a row for each order: a pandas or Polars frame, a PyArrow table, a
        DuckDB relation. Several rows of one number are one order, and their amounts are added.
    on
        Its column with the number that Tegro calls ``payment_id``: text or whole numbers. Numbers match if
        they are the same to the last character; an empty one matches nothing.
    amount
        Its column with the amount: numbers, decimals or exact text.
    currency
        Its column with the currency code; by default ``currency`` if it is there. Without one, the orders
        must be of one currency. The same number in another currency is another order.
    status
        Its column that says what is paid: booleans, or ``paid`` and ``unpaid``. By default all rows are.
    shop
        Its column with the shop, as ``shop_id`` has it. With it, the same number in another shop is another
        order; by default shops do not matter.
    since, until
        Bounds, half-open, in the report zone, on the date of payment of what the merchant does not list.
        What it does list is looked for among all orders, so that one that is paid at midnight is not missed.
    money, zone, reference
        As for :func:`~tegro_analytics.revenue`.

    Returns
    -------
    MetricFrame
        Keys: ``currency`` (str), ``result`` (str). Values:

        * ``compared`` int64, how many order numbers; what has no number counts one by one
        * ``amount_here`` money, Σ amount of the orders of these numbers that were paid here
        * ``amount_there`` money, Σ amount that the merchant's table says was paid
        * ``difference`` money, here − there

        ``paid_twice``: paid more than once here, in one shop; a refund is probably owed. ``status_differs``:
        paid on one side, listed and not paid on the other. ``missing_here``: paid there, and no live order
        here. ``missing_there``: paid here, and not listed. What is paid on neither side is not compared.

    Raises
    ------
    MissingColumn
        If a column is missing, here or in the merchant's table.
    MixedCurrencies
        If the merchant's table says no currencies, and the orders have several.
    DataError
        If a value cannot be used; of the merchant's table the message names the column and the row, from 0.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import match_orders
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-02 10:00"]).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "shop_id": "shop", "payment_id": ["o-1", "o-2"], "status": 1, "is_test": False,
    ...     "currency": "RUB", "amount": [1000.0, 400.0], "created_at": day, "paid_at": day,
    ... })
    >>> mine = pd.DataFrame({"order": ["o-1", "o-3"], "sum": ["1000.00", "70"]})
    >>> matched = match_orders(orders, mine, on="order", amount="sum")
    >>> matched[matched["compared"] > 0][["result", "compared", "amount_here", "amount_there"]]
              result  compared  amount_here  amount_there
    3   missing_here         1          0.0          70.0
    4  missing_there         1        400.0           0.0
    5        matched         1       1000.0        1000.0
    """
    from dataclasses import replace

    from tegro_analytics.metrics.account.matching import compared
    from tegro_analytics.metrics.account.mine import Names
    from tegro_analytics.metrics.results.finish import finish

    question = _ask(
        orders, MATCH_ORDERS, since=since, until=until, money=money, zone=zone, reference=reference
    )
    table, _ = compared(question, mine, Names(on, amount, currency, status, shop), detailed=False)
    question = replace(question, metric=MATCH_ORDERS, dims=MATCH_ORDERS.dims)
    frame = _summed(table)
    return finish(question, frame, {name: frame[name] for name in frame.columns})


@exact
def order_differences(
    orders: Any,
    mine: Any,
    *,
    on: str = "payment_id",
    amount: str = "amount",
    currency: str | None = None,
    status: str | None = None,
    shop: str | None = None,
    since: Bound | None = None,
    until: Bound | None = None,
    money: str | None = None,
    zone: str | ZoneInfo | None = None,
    reference: Reference | None = None,
    limit: int | None = 1_000,
) -> MetricFrame:
    """List the orders on which the merchant's own books and what was paid here do not agree.

    One row for each order number and currency: the most urgent result first, then by currency, the largest
    difference first.

    Parameters
    ----------
    orders, mine, on, amount, currency, status, shop, since, until, money, zone, reference
        As for :func:`~tegro_analytics.match_orders`.
    limit
        How many rows to give; None gives all. Of one result each currency gives its first ones in turn, for
        amounts of different currencies are not compared. ``found`` of the result counts all in any case.

    Returns
    -------
    MetricFrame
        Columns:

        * ``result`` str: ``paid_twice``, ``amount_differs``, ``status_differs``, ``missing_here``,
          ``missing_there``
        * ``payment_id`` str, the number; missing where there is none
        * ``shop_id`` str, ``id`` Int64, ``created_at``, ``paid_at`` datetime64[us, zone]: the order here that
          was paid last, else made last; missing where there is none, but for a shop that the table says
        * ``currency`` str
        * ``amount_here``, ``amount_there`` money, what was paid here, and there; 0 if nothing was
        * ``difference`` money, here − there

    Raises
    ------
    MissingColumn
        If a column is missing, here or in the merchant's table.
    MixedCurrencies
        If the merchant's table says no currencies, and the orders have several.
    DataError
        If a value cannot be used; of the merchant's table the message names the column and the row, from 0.

    Examples
    --------
    >>> import pandas as pd
    >>> from tegro_analytics.metrics import order_differences
    >>> day = pd.to_datetime(["2026-03-01 10:00", "2026-03-02 10:00"]).tz_localize("Europe/Moscow")
    >>> orders = pd.DataFrame({
    ...     "shop_id": "shop", "id": [1, 2], "payment_id": ["o-1", "o-1"], "status": 1, "is_test": False,
    ...     "currency": "RUB", "amount": [1000.0, 1000.0], "created_at": day, "paid_at": day,
    ... })
    >>> mine = pd.DataFrame({"payment_id": ["o-1"], "amount": [1000.0]})
    >>> odd = order_differences(orders, mine)
    >>> odd[["result", "payment_id", "id", "amount_here", "amount_there", "difference"]].head()
           result payment_id  id  amount_here  amount_there  difference
    0  paid_twice        o-1   2       2000.0        1000.0      1000.0
    """
    from tegro_analytics.metrics.account.matching import compared
    from tegro_analytics.metrics.account.mine import Names
    from tegro_analytics.metrics.results.finish import listed
    from tegro_analytics.metrics.results.turns import in_turn

    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0):
        raise DataError(f"limit={limit!r}: give the number of rows that are wanted, or None for all")
    question = _ask(
        orders, ORDER_DIFFERENCES, since=since, until=until, money=money, zone=zone, reference=reference
    )
    table, here = compared(question, mine, Names(on, amount, currency, status, shop), detailed=True)
    rows = _differing(table)
    chosen = in_turn(rows["currency"].to_pylist(), limit, within=rows["result"].to_pylist())
    values = _values(rows.take(chosen), here)
    return listed(
        ORDER_DIFFERENCES, values, money=question.money, zone=question.window.zone, found=rows.num_rows
    )


def _ask(
    orders: Any,
    metric: Metric,
    *,
    since: Bound | None,
    until: Bound | None,
    money: str | None,
    zone: str | ZoneInfo | None,
    reference: Reference | None,
) -> Question:
    """Open the orders. To what moment they are complete does not matter, so that nobody has to say it."""
    from dataclasses import replace

    from tegro_analytics.metrics.account.matching import LIST_NEEDS, NEEDS
    from tegro_analytics.metrics.asking.question import Asked, ask

    asked = Asked(since, until, as_of="1970-01-01", money=money, zone=zone, reference=reference)
    needs = (*NEEDS, *LIST_NEEDS) if metric.is_list else NEEDS
    return ask(orders, replace(metric, dims=()), needs, asked)  # `result` is no column of the orders


def _summed(table: pa.Table) -> pd.DataFrame:
    """Count and sum the comparisons of each currency and result; those without any are 0."""
    from decimal import Decimal

    import pandas as pd

    from tegro_analytics.metrics.account.matching import RESULTS

    grouped = table.group_by(["currency", "result"]).aggregate(
        [("result", "count"), ("amount_here", "sum"), ("amount_there", "sum")]
    )
    found = {(row["currency"], row["result"]): row for row in grouped.to_pylist()}
    currencies = sorted({currency for currency, _ in found}, key=lambda code: (code is None, code or ""))
    rows = []
    for currency in currencies:
        for place, result in enumerate(RESULTS):
            row = found.get((currency, place), {})
            here, there = (row.get(f"amount_{side}_sum") or Decimal(0) for side in ("here", "there"))
            count = row.get("result_count", 0)
            rows.append((currency, result, count, here, there, here - there))
    frame = pd.DataFrame(rows, columns=["currency", "result", *MATCH_ORDERS.names()])
    return frame.astype({"currency": "str", "result": "str"})


def _differing(table: pa.Table) -> pa.Table:
    """Take the comparisons that do not agree, the most urgent first, then the largest of each currency."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from tegro_analytics.metrics.account.matching import RESULTS

    rows = table.filter(pc.less(table["result"], RESULTS.index("matched")))
    # A difference has a digit more than what it is made of, and 38 is the end.
    here, there = (rows[f"amount_{side}"].cast(pa.decimal128(37, 8)) for side in ("here", "there"))
    rows = rows.append_column("difference", pc.subtract(here, there))
    rows = rows.append_column("~size", pc.abs(rows["difference"]))
    order = [("result", "ascending"), ("currency", "ascending"), ("~size", "descending")]
    return rows.sort_by([*order, ("payment_id", "ascending"), ("place", "ascending")])


def _values(rows: pa.Table, here: pa.Table) -> dict[str, Any]:
    """Make the columns of the list."""
    import pyarrow as pa

    from tegro_analytics.metrics.account.matching import RESULTS, orders_of

    orders = orders_of(rows, here)
    utc = pa.timestamp("us", tz="UTC")
    names = ("payment_id", "currency", "amount_here", "amount_there", "difference")
    return {
        "result": [RESULTS[place] for place in rows["result"].to_pylist()],
        **{name: rows[name].to_pylist() for name in names},
        **{name: orders[name].to_pylist() for name in ("shop_id", "id")},
        **{name: orders[name].cast(utc).to_pandas() for name in ("created_at", "paid_at")},
    }
