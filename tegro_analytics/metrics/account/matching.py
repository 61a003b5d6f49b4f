"""Orders held against the merchant's own table: one comparison for each order number and currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.exceptions import DataError, MixedCurrencies
from tegro_analytics.metrics.account.mine import Names, read_mine
from tegro_analytics.metrics.asking import populations
from tegro_analytics.metrics.asking.clocks import within
from tegro_analytics.metrics.asking.question import Question

__all__ = ["LIST_NEEDS", "NEEDS", "RESULTS", "compared", "orders_of"]

NEEDS = ("shop_id", "payment_id", "status", "is_test", "amount", "currency", "created_date", "paid_date")
LIST_NEEDS = ("id", "created_at", "paid_at")
"""Columns of the orders that are compared, and those that a list shows beside."""

RESULTS = ("paid_twice", "amount_differs", "status_differs", "missing_here", "missing_there", "matched")
"""How a comparison can end, the most urgent first."""

KEYS = ["currency", "payment_id"]
SUM = pa.decimal128(38, 8)

_TWICE, _AMOUNT, _STATUS, _NOT_HERE, _NOT_THERE, _MATCHED = range(len(RESULTS))
_NOTHING = -1


def compared(question: Question, mine: Any, names: Names, *, detailed: bool) -> tuple[pa.Table, pa.Table]:
    """Compare all that is paid here with the merchant's table.

    Returns
    -------
    tuple of pyarrow.Table
        The comparisons: ``currency, payment_id, amount_here, amount_there, result``, the place in
        :data:`RESULTS`, and ``place``, the row of the one order behind those without a number; ``shop_id``
        too, if the merchant's table says it; and the orders, with what a list shows if ``detailed``.

    Raises
    ------
    MixedCurrencies
        If the merchant's table says no currencies, and the orders have several.
    MissingColumn, DataError
        If something cannot be used as it is.
    """
    here = _orders(question, detailed=detailed)
    there = _with_currency(read_mine(mine, names, metric=question.metric.name), here)
    keys = keys_of(there)
    tables = [_numbered(here, there, keys), _nameless_here(here, keys), _nameless_there(there, keys)]
    table = pa.concat_tables(tables, promote_options="permissive")
    return table.filter(pc.not_equal(table["result"], _NOTHING)), here


def keys_of(table: pa.Table) -> list[str]:
    """List the columns that tell comparisons apart: the shop is one where the merchant's table says it."""
    return [*KEYS, *(["shop_id"] if "shop_id" in table.column_names else [])]


def _orders(question: Question, *, detailed: bool) -> pa.Table:
    """Bring the live orders here, each with what was paid, and whether within the bounds."""
    paid = populations.paid(question.reference) & (nw.col("amount") >= 0)
    lost = populations.paid(question.reference) & nw.col("amount").is_null()
    inside = within(question)
    made = {
        "~paid": nw.when(paid).then(nw.lit(1)).otherwise(nw.lit(0)),
        "~lost": nw.when(lost).then(nw.lit(1)).otherwise(nw.lit(0)),
        "~inside": nw.when(paid if inside is None else paid & inside).then(nw.lit(1)).otherwise(nw.lit(0)),
    }
    live = populations.not_test() & populations.known(question.reference)
    names = ["shop_id", "payment_id", "currency", "amount", *made, *(LIST_NEEDS if detailed else ())]
    frame = question.source.frame.filter(live).with_columns(**made).select(*names)
    table = question.source.collect(frame)
    if lost_count := pc.sum(table["~lost"]).as_py():
        raise DataError(
            f"{lost_count} paid orders have no amount: fill the column 'amount', or leave them out"
        )
    flags = {name.strip("~"): table[name].cast(pa.int64()) for name in made}
    amount = pc.if_else(pc.equal(flags["paid"], 1), table["amount"].cast(SUM), pa.scalar(Decimal(0), SUM))
    text = {name: table[name].cast(pa.string()) for name in ("shop_id", "payment_id", "currency")}
    text["payment_id"] = pc.if_else(pc.equal(text["payment_id"], ""), None, text["payment_id"])
    shown = {name: table[name] for name in (LIST_NEEDS if detailed else ())}
    orders = pa.table({**text, "amount": amount, **flags, **shown})
    return orders.sort_by([("id", "ascending"), ("shop_id", "ascending")]) if detailed else orders


def _with_currency(there: pa.Table, here: pa.Table) -> pa.Table:
    """Take the one currency of the orders for a table that says none."""
    if there["currency"].null_count < max(there.num_rows, 1):
        return there
    codes = sorted(code for code in pc.unique(here["currency"]).to_pylist() if code is not None)
    if len(codes) > 1:
        raise MixedCurrencies(
            f"your table does not say its currencies, and the orders have {', '.join(map(repr, codes))}: "
            "name the column with currency=, or give the orders of one currency"
        )
    value = pa.array((codes or [None]) * there.num_rows, pa.string())
    return there.set_column(there.column_names.index("currency"), "currency", value)


def _numbered(here: pa.Table, there: pa.Table, keys: list[str]) -> pa.Table:
    """Compare the orders that have a number."""
    ours = here.filter(pc.is_valid(here["payment_id"]))
    theirs = there.filter(pc.is_valid(there["payment_id"]))
    by_shop = ours.group_by([*KEYS, "shop_id"]).aggregate([("paid", "sum")])
    twice = by_shop.group_by(keys).aggregate([("paid_sum", "max")])
    sums = ours.group_by(keys).aggregate([("amount", "sum"), ("inside", "max"), ("paid", "sum")])
    rows = theirs.set_column(2, "amount", theirs["amount"].cast(SUM)).append_column(
        "said", theirs["paid"].cast(pa.int64())
    )
    said = rows.group_by(keys).aggregate([("amount", "sum"), ("said", "max")])
    said = said.rename_columns([*keys, "amount_there", "said"])
    joined = sums.join(twice, keys, join_type="inner").join(said, keys, join_type="full outer")
    zero = pa.scalar(Decimal(0), SUM)
    amounts = [joined[name].cast(SUM).fill_null(zero) for name in ("amount_sum", "amount_there")]
    return pa.table(
        {
            **{name: joined[name] for name in keys},
            "amount_here": amounts[0],
            "amount_there": amounts[1],
            "result": pa.array(_results(joined, same=pc.equal(*amounts))),
            "place": pa.nulls(joined.num_rows, pa.int64()),
        }
    )


def _results(joined: pa.Table, *, same: Any) -> np.ndarray[Any, Any]:
    """Say how each comparison ended."""

    def numbers(name: str) -> np.ndarray[Any, Any]:
        return np.asarray(joined[name].fill_null(-1).to_numpy())

    paid, said, inside = numbers("paid_sum"), numbers("said"), numbers("inside_max")
    listed, equal = said >= 0, np.asarray(same.to_numpy(zero_copy_only=False), np.bool_)
    # What the merchant does not list is missed only within the bounds; what it lists is found anywhere.
    here = (paid > 0) & (listed | (inside > 0))
    return np.select(
        [
            here & (numbers("paid_sum_max") > 1),
            here & (said > 0) & equal,
            here & (said > 0),
            here & listed,
            here,
            (said > 0) & (paid == 0),
            (said > 0) & (paid < 0),
        ],
        [_TWICE, _MATCHED, _AMOUNT, _STATUS, _NOT_THERE, _STATUS, _NOT_HERE],
        _NOTHING,
    ).astype(np.int64)


def _nameless_here(here: pa.Table, keys: list[str]) -> pa.Table:
    """Take the paid orders without a number, each by itself: nothing can be matched with them."""
    places = pa.array(np.arange(here.num_rows))
    alone = pc.and_(pc.is_null(here["payment_id"]), pc.equal(here["inside"], 1))
    rows = here.append_column("place", places).filter(alone)
    return _alone(rows, _NOT_THERE, keys, here=rows["amount"], place=rows["place"])


def _nameless_there(there: pa.Table, keys: list[str]) -> pa.Table:
    """Take the merchant's paid rows without a number, each by itself."""
    rows = there.filter(pc.and_(pc.is_null(there["payment_id"]), there["paid"]))
    return _alone(rows, _NOT_HERE, keys, there=rows["amount"].cast(SUM))


def _alone(
    rows: pa.Table, result: int, keys: list[str], *, here: Any = None, there: Any = None, place: Any = None
) -> pa.Table:
    """Make a comparison of each row, which has nothing on the other side."""
    zeros = pa.array([Decimal(0)] * rows.num_rows, SUM)
    return pa.table(
        {
            **{name: rows[name] for name in keys},
            "amount_here": zeros if here is None else here,
            "amount_there": zeros if there is None else there,
            "result": pa.array([result] * rows.num_rows, pa.int64()),
            "place": pa.nulls(rows.num_rows, pa.int64()) if place is None else place,
        }
    )


def orders_of(rows: pa.Table, here: pa.Table) -> pa.Table:
    """Find the order behind each comparison: the one paid last, else made last; null without any."""
    moment = pc.coalesce(here["paid_at"], here["created_at"])
    numbers = pa.array(np.arange(here.num_rows))
    keys = keys_of(rows)
    known = rows.select(keys).group_by(keys).aggregate([])
    orders = here.append_column("moment", moment).append_column("number", numbers)
    orders = orders.select([*keys, "paid", "moment", "id", "number"]).join(known, keys, join_type="left semi")
    orders = orders.sort_by([(name, "ascending") for name in ("paid", "moment", "id", "number")])
    last = orders.group_by(keys, use_threads=False).aggregate([("number", "last")])
    numbered = rows.select([*keys, "place"]).append_column("row", pa.array(np.arange(rows.num_rows)))
    found = numbered.join(last, keys, join_type="left outer").sort_by("row")
    shown = here.select(["shop_id", *LIST_NEEDS]).take(pc.coalesce(found["place"], found["number_last"]))
    if "shop_id" not in keys:
        return shown
    shops = pc.coalesce(shown["shop_id"], rows["shop_id"])  # what is missing here is missing in that shop
    return shown.set_column(0, "shop_id", shops)
