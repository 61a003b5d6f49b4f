"""The merchant's own table of orders: numbers, amounts and states, each exact or an error that says where."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.exceptions import DataError, MissingColumn
from tegro_analytics.metrics.engines.source import collected
from tegro_analytics.schemas import MONEY_DIGITS, MONEY_SCALE

__all__ = ["CURRENCY", "Names", "read_mine"]

CURRENCY = "currency"
"""The column that is taken for the currency where nobody names one."""

AMOUNT = pa.decimal128(MONEY_DIGITS, MONEY_SCALE)

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_WORDS = {"paid": True, "unpaid": False}
_LIMIT = Decimal(10) ** (MONEY_DIGITS - MONEY_SCALE)
_SHOWN = 60

_AMOUNT_HELP = "amounts are numbers, decimals or exact text such as '1234.50', with at most 8 places"
_NAMES_HELP = "on=, amount=, currency=, status= and shop= name the columns of your table"
_ID_HELP = "order numbers are text or whole numbers"


@dataclass(frozen=True, slots=True)
class Names:
    """Name the columns of the merchant's table."""

    on: str
    amount: str
    currency: str | None
    status: str | None
    shop: str | None = None


def read_mine(mine: Any, names: Names, *, metric: str) -> pa.Table:
    """Read the merchant's table: ``payment_id``, ``currency``, ``amount``, ``paid``, each row as it stands.

    Without a column of currencies ``currency`` is null throughout; ``shop_id`` is there if its column is
    named. The amount of a row that is not paid is 0.

    Raises
    ------
    MissingColumn
        If the table lacks a column that is named.
    DataError
        If it is no table, or a value cannot be used; the message names the column and the row, from 0.
    """
    given = _narwhals(mine, metric)
    has = given.collect_schema().names()
    currency = names.currency or (CURRENCY if CURRENCY in has else None)
    named = (names.on, names.amount, currency, names.status, names.shop)
    wanted = [name for name in named if name is not None]
    if missing := [name for name in dict.fromkeys(wanted) if name not in has]:
        raise MissingColumn(missing, needed_by=metric, hint=_NAMES_HELP)
    columns = _columns(given, list(dict.fromkeys(wanted)), metric=metric)
    rows = len(columns[names.on])
    paid, codes = pa.array([True] * rows, pa.bool_()), pa.nulls(rows, pa.string())
    if names.status is not None:
        paid = _states(columns[names.status], names.status)
    if currency is not None:
        codes = _codes(columns[currency], currency)
    shops = {} if names.shop is None else {"shop_id": _shops(columns[names.shop], names.shop)}
    return pa.table(
        {
            "payment_id": _numbers(columns[names.on], names.on),
            "currency": codes,
            "amount": _paid_amounts(_amounts(columns[names.amount], names.amount), paid, names.amount),
            "paid": paid,
            **shops,
        }
    )


def _narwhals(mine: Any, metric: str) -> Any:
    try:
        return nw.from_native(mine)
    except TypeError:
        pass
    raise DataError(
        f"{metric} was given {type(mine).__name__} to match the orders with: give a pandas DataFrame, a "
        "PyArrow table or a Polars frame with a row for each order of your own"
    )


def _columns(given: Any, names: list[str], *, metric: str) -> dict[str, Any]:
    """Read columns as Arrow, or as lists of Python values where they are of several kinds."""
    native = given.to_native()
    if given.implementation.is_pandas_like():
        return {name: _arrow_or_list(native[name]) for name in names}
    table = collected(given.lazy().select(*names), metric=metric)
    return {name: _plain(table[name].combine_chunks()) for name in names}


def _arrow_or_list(series: Any) -> Any:
    try:
        array = pa.array(series, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, TypeError):  # an infinite decimal is a TypeError
        return series.tolist()
    return _plain(array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array)


def _plain(array: Any) -> Any:
    return array.cast(array.type.value_type) if pa.types.is_dictionary(array.type) else array


def _listed(values: Any) -> list[Any]:
    listed: list[Any] = values.to_pylist() if isinstance(values, pa.Array) else list(values)
    return listed


def _each(values: Any, name: str, read: Callable[[Any], Any], *, what: str) -> list[Any]:
    """Read values one by one; the first that cannot be read is named."""
    found = []
    for row, value in enumerate(_listed(values)):
        try:
            found.append(None if _is_missing(value) else read(value))
        except ValueError:
            shown = repr(value)
            shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
            raise DataError(f"your column {name!r} holds {shown} in row {row}: {what}") from None
    return found


def _is_missing(value: object) -> bool:
    """Say whether pandas or Python takes a value for missing."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, Decimal):
        return value.is_nan()
    return isinstance(value, float) and math.isnan(value)


def _amounts(values: Any, name: str) -> pa.Array:
    """Read amounts exactly: the quick way for whole columns, else value by value."""
    if isinstance(values, pa.Array) and not pa.types.is_boolean(values.type):
        try:
            return _quick(values)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, DataError):
            pass
    return pa.array(_each(values, name, _amount, what=_AMOUNT_HELP), AMOUNT)


def _quick(values: pa.Array) -> pa.Array:
    from tegro_analytics.money import decimals_from_floats

    if pa.types.is_floating(values.type):
        floats = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return decimals_from_floats(floats)
    if pa.types.is_integer(values.type):
        values = values.cast(pa.decimal128(38, MONEY_SCALE))
    return values.cast(AMOUNT)


def _amount(value: Any) -> Decimal | None:
    """Read one amount."""
    if isinstance(value, str):
        text = value.strip()
        if text and not _NUMBER.fullmatch(text):
            raise ValueError(value)
        return _exact(Decimal(text)) if text else None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(value)
    return _exact(Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value))


def _exact(amount: Decimal) -> Decimal:
    """Refuse what has too many digits; an amount is never rounded."""
    if not amount.is_finite() or abs(amount) >= _LIMIT:
        raise ValueError(amount)
    exponent = amount.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -MONEY_SCALE:
        raise ValueError(amount)
    return amount


def _paid_amounts(amounts: pa.Array, paid: pa.Array, name: str) -> pa.Array:
    """Take the amounts of what is paid; one that is missing is named."""
    lost = pc.and_(paid, pc.is_null(amounts))
    if pc.any(lost).as_py():
        row = lost.index(True).as_py()
        raise DataError(f"your column {name!r} holds no amount in row {row}: fill it, or leave the row out")
    return pc.if_else(paid, amounts, pa.scalar(Decimal(0), AMOUNT))


def _numbers(values: Any, name: str) -> pa.Array:
    """Read order numbers as text, exactly as they stand; an empty one is null."""
    if isinstance(values, pa.Array) and (_is_text(values.type) or pa.types.is_integer(values.type)):
        text = values.cast(pa.string())
    else:
        text = pa.array(_each(values, name, _number, what=_ID_HELP), pa.string())
    return pc.if_else(pc.equal(text, ""), None, text)


def _number(value: Any) -> str:
    """Read one order number; 17.0 is how pandas shows 17 beside a missing one."""
    if isinstance(value, str):
        return value
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or value != int(value):
        raise ValueError(value)
    return str(int(value))


def _codes(values: Any, name: str) -> pa.Array:
    """Read currency codes; each row needs one."""
    codes = _each(values, name, _text, what="a currency is a code such as 'RUB'")
    if None in codes:
        raise DataError(f"your column {name!r} holds no currency in row {codes.index(None)}: fill it")
    return pa.array(codes, pa.string())


def _shops(values: Any, name: str) -> pa.Array:
    """Read shops, as ``shop_id`` names them; each row needs one."""
    shops = _numbers(values, name)
    if shops.null_count:
        raise DataError(f"your column {name!r} holds no shop in row {pc.is_null(shops).index(True)}: fill it")
    return shops


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        raise ValueError(value)
    return value.strip() or None


def _states(values: Any, name: str) -> pa.Array:
    """Read whether rows are paid: booleans, or the words paid and unpaid."""
    what = "give True and False, or 'paid' and 'unpaid'"
    states: Sequence[bool | None] = _each(values, name, _state, what=what)
    if None in states:
        raise DataError(f"your column {name!r} holds nothing in row {states.index(None)}: {what}")
    return pa.array(states, pa.bool_())


def _state(value: Any) -> bool:
    if isinstance(value, str):
        value = _WORDS.get(value.strip().lower())
    if type(value).__name__ not in ("bool", "bool_"):
        raise ValueError(value)
    return bool(value)


def _is_text(dtype: pa.DataType) -> bool:
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(is_kind(dtype) for is_kind in kinds)
