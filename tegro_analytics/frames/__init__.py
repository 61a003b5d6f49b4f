"""Records of the API as Arrow tables and pandas frames. Pure: no network, no disk, no clock.

Pages go in, canonical tables come out (:mod:`tegro_analytics.schemas`); a record that cannot be read is set
aside with its JSON and the reason. Each name brings its module, and with it Arrow or pandas, when it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tegro_analytics.frames.accounts import balances_table as balances_table
    from tegro_analytics.frames.accounts import shops_table as shops_table
    from tegro_analytics.frames.assemble import empty as empty
    from tegro_analytics.frames.context import Context as Context
    from tegro_analytics.frames.context import Decoded as Decoded
    from tegro_analytics.frames.convert import to_decimal as to_decimal
    from tegro_analytics.frames.convert import to_float as to_float
    from tegro_analytics.frames.convert import with_report_zone as with_report_zone
    from tegro_analytics.frames.dataframe import to_pandas as to_pandas
    from tegro_analytics.frames.foreign import canonical as canonical
    from tegro_analytics.frames.orders import OrderDecoder as OrderDecoder
    from tegro_analytics.frames.orders import orders_table as orders_table
    from tegro_analytics.frames.withdrawals import withdrawals_table as withdrawals_table

_HOMES = {
    "Context": "context",
    "Decoded": "context",
    "OrderDecoder": "orders",
    "balances_table": "accounts",
    "canonical": "foreign",
    "empty": "assemble",
    "orders_table": "orders",
    "shops_table": "accounts",
    "to_decimal": "convert",
    "to_float": "convert",
    "to_pandas": "dataframe",
    "with_report_zone": "convert",
    "withdrawals_table": "withdrawals",
}
"""Where each public name lives."""

__all__ = sorted(_HOMES)  # noqa: PLE0605  every entry is text


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'tegro_analytics.frames' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"tegro_analytics.frames.{home}"), name)
    globals()[name] = value
    return value
