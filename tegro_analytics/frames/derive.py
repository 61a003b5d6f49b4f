"""What the canonical orders hold besides the API's own fields: days, names, keys and flags."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics import schemas
from tegro_analytics.frames.assemble import filled, looked_up
from tegro_analytics.frames.context import Context
from tegro_analytics.frames.flags import join_flags
from tegro_analytics.frames.people import customer_keys
from tegro_analytics.frames.zones import SECOND, Localized, clock
from tegro_analytics.reference import Reference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]

REFUNDED: Final = 3
_INT64: Final = pa.int64()


ODD_TIMES: Final = ("created_ambiguous", "created_gap", "paid_ambiguous", "paid_gap")
"""Columns of an order as received that become flags of the same names."""


def settle(created: Localized, paid: Localized) -> dict[str, pa.Array]:
    """Settle when orders were created and paid, and name the local times that were odd.

    A time of payment that occurred twice is its first occurrence, unless that would lie before creation.
    """
    paid_at = paid.instants
    if paid.ambiguous.any():
        early = pc.fill_null(pc.less(paid_at, created.instants), fill_value=False)
        paid_at = pc.if_else(pc.and_(pa.array(paid.ambiguous), early), paid.second, paid_at)
    odd = (created.ambiguous, created.gap, paid.ambiguous, paid.gap)
    return {
        "created_at": created.instants,
        "paid_at": paid_at,
        **{name: pa.array(mask) for name, mask in zip(ODD_TIMES, odd, strict=True)},
    }


def derive(columns: Mapping[str, Any], *, context: Context) -> pa.Table:
    """Complete the columns of orders as received to the canonical table.

    Parameters
    ----------
    columns : mapping
        Arrays, or single values that stand in every row, by their canonical names: the API's own fields
        (``is_test_int`` null where not known), what :func:`settle` gives, ``paid_zero`` (where the date of
        payment was all zeros), the instants of observation, ``extra``. What is given here is not derived: a
        name, a currency, a customer.
    context : Context
        Names, zone and salt.

    Returns
    -------
    pyarrow.Table
        With ``schemas.ORDERS.arrow()``, in the order of the rows given.
    """
    created_at, paid_at = columns["created_at"], columns["paid_at"]
    table = {
        **columns,
        **_names(columns, context.reference),
        "seconds_to_pay": pc.divide(pc.subtract(paid_at.cast(_INT64), created_at.cast(_INT64)), SECOND),
        "is_test": pc.fill_null(pc.equal(columns["is_test_int"], 1), fill_value=False),
        **{f"created_{name}": array for name, array in clock(created_at, context.report_zone).items()},
        **{f"paid_{name}": array for name, array in clock(paid_at, context.report_zone).items()},
    }
    if "customer" not in columns:
        table["customer"] = customer_keys(columns["email"], context.salt)
    length = len(columns["id"])
    table["flags"] = join_flags(_masks(table, context.reference), length=length)
    table["is_test_int"] = table["is_test"].cast(_INT64)
    return filled(schemas.ORDERS, table, length=length)


def _names(columns: Mapping[str, Any], reference: Reference) -> dict[str, pa.Array]:
    """Name what the API gives as codes, unless a name was given."""
    systems = columns["payment_system_id"]
    made: dict[str, Callable[[], pa.Array]] = {
        "status_name": lambda: looked_up(columns["status"], reference.status_name),
        "currency": lambda: looked_up(columns["currency_id"], reference.currency),
        "payment_system": lambda: looked_up(systems, lambda code: reference.payment_system(code).display),
        "family": lambda: looked_up(systems, lambda code: reference.payment_system(code).family),
        "rail": lambda: looked_up(systems, lambda code: reference.payment_system(code).rail),
    }
    return {name: make() for name, make in made.items() if name not in columns}


def _masks(orders: Mapping[str, Any], reference: Reference) -> dict[str, Bools]:
    """Find the rows of each flag that can be told from a row alone."""
    paid_at, created_at = orders["paid_at"], orders["created_at"]
    is_paid = _in(orders["status"], reference.codes("paid"))
    no_date = _bools(paid_at.is_null())
    systems = orders["payment_system_id"]
    zero = pa.scalar(0, orders["amount"].type)
    return {
        "test_unknown": _bools(orders["is_test_int"].is_null()),
        "unknown_status": ~_in(orders["status"], reference.statuses),
        "unknown_payment_system": _bools(systems.is_valid()) & ~_in(systems, reference.payment_systems),
        "unknown_currency": _bools(pc.starts_with(orders["currency"], "CUR#")),
        "zero_amount": _bools(pc.equal(orders["amount"], zero)),
        "negative_amount": _bools(pc.less(orders["amount"], zero)),
        "paid_date_zero": _bools(orders["paid_zero"]),
        "paid_without_date": is_paid & no_date,
        "paid_before_created": _bools(pc.less(paid_at, created_at)),
        **{name: _bools(orders[name]) for name in ODD_TIMES},
        "refund_undated": _in(orders["status"], (REFUNDED,))
        & _missing(orders["refund_first_seen_at"], len(is_paid)),
    }


def _in(codes: pa.Array, known: Any) -> Bools:
    return _bools(pc.is_in(codes, pa.array(list(known), _INT64)))


def _missing(value: Any, length: int) -> Bools:
    return _bools(value.is_null()) if isinstance(value, pa.Array) else np.full(length, value is None)


def _bools(array: pa.Array) -> Bools:
    found: Bools = pc.fill_null(array, fill_value=False).to_numpy(zero_copy_only=False)
    return found
