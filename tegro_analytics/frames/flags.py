"""What is odd about an order, as comma-separated flags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.frames.assemble import one_chunk
from tegro_analytics.schemas import FLAGS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]

_BIT = {name: 1 << place for place, name in enumerate(FLAGS)}


def join_flags(masks: Mapping[str, Bools], *, length: int) -> pa.Array:
    """Write the names of the flags that are set for each row, in the order of :data:`FLAGS`.

    Examples
    --------
    >>> first = np.array([True, False])
    >>> join_flags({"zero_amount": first, "test_unknown": first}, length=2).to_pylist()
    ['test_unknown,zero_amount', '']
    """
    bits = np.zeros(length, dtype=np.int64)
    for name, mask in masks.items():
        bits[mask] |= _BIT[name]
    return _written(bits)


def _written(bits: NDArray[np.int64]) -> pa.Array:
    present, places = np.unique(bits, return_inverse=True)
    texts = [",".join(name for name, bit in _BIT.items() if bit & combination) for combination in present]
    return pa.array(texts, pa.string()).take(pa.array(places))


def flag_paid_twice(orders: pa.Table, paid: tuple[int, ...]) -> pa.Table:
    """Flag the live paid orders whose shop and ``payment_id`` another live paid order has too.

    It can be told of a whole table alone, so it is told last, and anew for each reading of a store.

    Parameters
    ----------
    orders : pyarrow.Table
        Canonical orders, one row for each id.
    paid : tuple of int
        The status codes that mean paid.
    """
    live = pc.and_(pc.is_in(orders["status"], pa.array(paid, pa.int64())), pc.invert(orders["is_test"]))
    named = pc.and_(live, pc.greater(pc.binary_length(pc.fill_null(orders["payment_id"], "")), 0))
    places = np.flatnonzero(named.to_numpy())
    chosen = orders.select(["shop_id", "payment_id"]).take(pa.array(places))
    codes = np.zeros(len(places), dtype=np.int64)
    for name in chosen.column_names:
        encoded = one_chunk(chosen[name]).dictionary_encode()
        codes = codes * len(encoded.dictionary) + encoded.indices.to_numpy(zero_copy_only=False)
    _, inverse, counts = np.unique(codes, return_inverse=True, return_counts=True)
    twice = np.zeros(len(orders), dtype=bool)
    twice[places[counts[inverse] > 1]] = True
    if not twice.any():
        return orders
    before = one_chunk(orders["flags"])
    joined = pc.if_else(
        pc.equal(before, ""), "paid_twice", pc.binary_join_element_wise(before, "paid_twice", ",")
    )
    flags = pc.if_else(pa.array(twice), joined, before)
    return orders.set_column(orders.schema.get_field_index("flags"), orders.schema.field("flags"), flags)
