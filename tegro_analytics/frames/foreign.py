"""Orders from elsewhere, an own database or a file, as the canonical frame that every metric takes."""

from __future__ import annotations

import datetime as dt
import functools
import secrets
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics import schemas
from tegro_analytics.exceptions import DataError, MissingColumn
from tegro_analytics.frames import columns as casts
from tegro_analytics.frames.assemble import assemble, one_chunk
from tegro_analytics.frames.columns import Cast
from tegro_analytics.frames.context import Context, micros
from tegro_analytics.frames.convert import amounts_of, instants_of, is_decimal
from tegro_analytics.frames.dataframe import Money, to_pandas
from tegro_analytics.frames.derive import derive, settle
from tegro_analytics.frames.flags import flag_paid_twice
from tegro_analytics.frames.records import Field, Kind
from tegro_analytics.frames.zones import INSTANT, Localized, known_zone, localize
from tegro_analytics.reference import Reference, load_reference

_ALIASES: Final = {"created_at": "date_created", "paid_at": "date_payed", "is_test": "test_order"}
"""What the API calls columns that have another name here."""

_REQUIRED: Final = ("id", "status", "amount", "created_at")
_MOMENTS: Final = ("created_at", "paid_at", "observed_at", "first_seen_at", "refund_first_seen_at", "as_of")
_MAY_BE_MISSING: Final = frozenset({"is_test", "payment_system"})
_HINT: Final = "rename the column of yours that holds it, as in df.rename(columns={'Order No': 'id'})"
_KINDS: Final[dict[str, Kind]] = {"int": "int", "money": "money", "bool": "switch", "text": "text"}
_LOCAL: Final = pa.timestamp("us")
_TYPES: Final = {column.name: schemas.arrow_types()[column.kind] for column in schemas.ORDERS.columns}


def canonical(
    df: Any,
    *,
    zone: str,
    shop_id: str = "",
    as_of: dt.datetime | None = None,
    reference: Reference | None = None,
    salt: bytes | None = None,
    money: Money | None = None,
    pii: bool = False,
) -> pd.DataFrame:
    """Make orders from elsewhere fit: the frame that every metric takes.

    Parameters
    ----------
    df : pandas.DataFrame, or what gives Arrow (Polars, PyArrow, a DuckDB relation)
        One row for each order. It needs

        * ``id``: a whole number, each once;
        * ``created_at`` (or ``date_created``): moments with a zone, or local times in ``zone``, as
          datetimes or as texts ``YYYY-MM-DD HH:MM:SS``;
        * ``status``: the code, 0 new, 1 paid, 2 failed, 3 refunded, 4 pending;
        * ``amount``: floats, decimals, whole numbers or texts, with at most 8 places;
        * ``currency``: the code, or ``currency_id``.

        It may have ``paid_at`` (or ``date_payed``), ``fee``, ``payment_system_id``, ``payment_id``,
        ``is_test`` (or ``test_order``), ``email`` or ``customer``, and any other canonical column.
        Columns that the canonical frame does not have follow after its own, unchanged.
    zone : str
        IANA zone of local times and of the days.
    shop_id : str
        Name of the shop, where there is no column ``shop_id``.
    as_of : datetime, optional
        When the orders were last looked at. By default the last moment that occurs in the frame.
    reference : Reference, optional
        Names of codes; by default the published ones.
    salt : bytes, optional
        Secret under which customer keys are made of e-mails. By default one of this process: keys can be
        compared within it alone.
    money : {"float64", "decimal"}, optional
        By default decimals where ``amount`` holds some, else floats.
    pii : bool
        Whether e-mails are shown in full.

    Returns
    -------
    pandas.DataFrame
        Sorted by ``created_at`` and ``id``, with the columns and types of ``Shop.orders()``.

    Raises
    ------
    MissingColumn
        If a column is missing that is needed; the message says which.
    DataError
        If a value cannot be read, or an id occurs twice. Nothing is set aside here: mend the frame.

    Examples
    --------
    >>> mine = pd.DataFrame({"id": [7], "created_at": ["2026-03-01 10:00:00"], "status": [1],
    ...                      "amount": [99.9], "currency": ["RUB"], "campaign": ["spring"]})
    >>> orders = canonical(mine, zone="Europe/Moscow")
    >>> orders.loc[0, ["status_name", "created_date", "campaign"]].tolist()
    ['paid', Timestamp('2026-03-01 00:00:00'), 'spring']
    """
    frame = _pandas(df)
    context = Context(shop_id, known_zone(zone), zone, reference or load_reference(), salt or _salt())
    table = assemble([_orders(frame, context, as_of)], schemas.ORDERS.arrow(), sort=schemas.ORDERS.sort)
    table = flag_paid_twice(table, context.reference.codes("paid"))
    if money is None:
        money = "decimal" if is_decimal(frame["amount"]) else "float64"
    result = to_pandas(table, schemas.ORDERS, report_zone=zone, money=money, pii=pii)
    own = frozenset(schemas.ORDERS.names()).union(*_ALIASES.values())
    others = [name for name in frame.columns if name not in own]
    if others:
        order = pd.Index(_read(frame, "id").to_pylist()).get_indexer(result["id"])
        for name in others:
            result[name] = frame[name].take(order).array
    return result


@functools.cache
def _salt() -> bytes:
    """Draw the secret of this process."""
    return secrets.token_bytes(32)


def _pandas(df: Any) -> pd.DataFrame:
    if isinstance(df, pd.DataFrame):
        return df.reset_index(drop=True)
    if hasattr(df, "__arrow_c_stream__"):
        table = pa.table(df)
        for place, field in enumerate(table.schema):
            if pa.types.is_string_view(field.type):  # of Polars; pandas cannot take rows of them
                table = table.set_column(place, field.name, table.column(place).cast(pa.string()))
        frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
        return frame
    kind = type(df).__name__
    raise DataError(f"{kind} is not a frame: pass pandas, or what gives Arrow (Polars, PyArrow, DuckDB)")


def _orders(frame: pd.DataFrame, context: Context, as_of: dt.datetime | None) -> pa.Table:
    """Read what the frame has, fill what it has not, and derive the rest."""
    length = len(frame)
    times = {name: _moments(frame, name, context.source_zone) for name in _MOMENTS}
    created, paid = times["created_at"], times["paid_at"]
    last = pa.scalar(_last(times, as_of), INSTANT)
    observed = times["observed_at"].instants.fill_null(last)
    columns: dict[str, Any] = {
        "shop_id": context.shop_id,
        "currency_id": 0,  # read where there is no currency, and not shown
        "created_text": "",
        "paid_text": None,
        "paid_zero": pa.array(np.zeros(length, dtype=bool)),
        "extra": None,
        **{
            name: pa.nulls(length, _TYPES[name])
            for name in ("payment_id", "payment_system_id", "fee", "email")
        },
        **{name: _read(frame, name) for name in _READERS if name in _REQUIRED or _find(frame, name)},
        "observed_at": observed,
        "first_seen_at": pc.coalesce(times["first_seen_at"].instants, observed),
        "refund_first_seen_at": times["refund_first_seen_at"].instants,
        "as_of": times["as_of"].instants.fill_null(last),
    }
    columns["is_test_int"] = columns.pop("is_test", pa.nulls(length, pa.int64()))
    if "payment_system" in columns:
        columns["payment_system"] = columns["payment_system"].fill_null("unknown")
    if "currency" not in columns and _find(frame, "currency_id") is None:
        raise MissingColumn(["currency"], needed_by="canonical", hint="or give `currency_id`")
    _check_unique(columns["id"])
    return derive({**columns, **settle(created, paid)}, context=context)


def _find(frame: pd.DataFrame, name: str) -> str | None:
    """Find under which name the frame has a column, if it has it."""
    return next((known for known in (name, _ALIASES.get(name)) if known in frame.columns), None)


def _read(frame: pd.DataFrame, name: str) -> pa.Array:
    """Read one column; its first value that is wrong is an error."""
    found = _find(frame, name)
    if found is None:
        raise MissingColumn([name], needed_by="canonical", hint=_HINT)
    column = schemas.ORDERS.by_name[name]
    needed = not column.nullable and name not in _MAY_BE_MISSING
    return _strict(
        _READERS[name](
            frame[found], Field(found, _KINDS[column.kind], needed, least=0 if name == "id" else None)
        )
    )


def _moments(frame: pd.DataFrame, name: str, zone: str) -> Localized:
    """Read moments with a zone, or local times of ``zone``; all missing where there is no such column."""
    found = _find(frame, name)
    if found is None:
        if name in _REQUIRED:
            raise MissingColumn([name], needed_by="canonical", hint=_HINT)
        return _as_they_are(pa.nulls(len(frame), INSTANT))
    array = _arrow(frame[found])
    if pa.types.is_timestamp(array.type) and array.type.tz is not None:
        moments = _as_they_are(instants_of(frame[found]))
    else:
        moments = localize(_local(array, Field(found, "date", required=name == "created_at")), zone)
    if name in _REQUIRED and moments.instants.null_count:
        row = moments.instants.is_null().index(value=True).as_py()
        raise DataError(f"row {row}: {found} is missing. Mend the frame, or leave the row out.")
    return moments


def _local(array: pa.Array, field: Field) -> pa.Array:
    """Read local times, as timestamps, days or texts."""
    reason = f"{field.name} holds {array.type}, not times"
    try:
        if pa.types.is_temporal(array.type) or pa.types.is_null(array.type):
            return array.cast(_LOCAL)
    except pa.ArrowException as error:
        reason = f"{field.name} does not hold times in microseconds: {error}"
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        return _strict(casts.dates(array.to_pylist(), field))
    raise DataError(f"{reason}. Turn them into datetimes first, as with pd.to_datetime.")


def _as_they_are(instants: pa.Array) -> Localized:
    nothing = np.zeros(len(instants), dtype=bool)
    return Localized(instants, instants, nothing, nothing)


def _arrow(series: pd.Series[Any]) -> pa.Array:
    """See a column as Arrow does, categories as their values."""
    try:
        array = pa.Array.from_pandas(series)
    except (pa.ArrowException, TypeError) as error:
        reason = str(error)
    else:
        whole = one_chunk(array)
        return whole.dictionary_decode() if pa.types.is_dictionary(whole.type) else whole
    raise DataError(f"the column {series.name!r} holds values of several kinds: {reason}")


def _strict(cast: Cast) -> pa.Array:
    """Give the column back if nothing in it is wrong."""
    if cast.bad:
        row = min(cast.bad)
        raise DataError(f"row {row}: {cast.bad[row].reason}. Mend the frame, or leave the row out.")
    return cast.array


def _values(series: pd.Series[Any]) -> list[Any]:
    """List the values of a column: what is missing as None, floats that are whole as whole numbers."""
    values = zip(series.tolist(), series.isna(), strict=True)
    return [
        None if missing else int(value) if isinstance(value, float) and value.is_integer() else value
        for value, missing in values
    ]


def _integers(series: pd.Series[Any], field: Field) -> Cast:
    return casts.integers(casts.uncut(_values(series)), field)


def _switches(series: pd.Series[Any], field: Field) -> Cast:
    return casts.switches(casts.uncut(_values(series)), field)


def _texts(series: pd.Series[Any], field: Field) -> Cast:
    return casts.texts(_values(series), field)


def _amounts(series: pd.Series[Any], field: Field) -> Cast:
    numeric = pd.api.types.is_numeric_dtype(series.dtype) or pd.api.types.is_float_dtype(series.dtype)
    if numeric and not pd.api.types.is_bool_dtype(series.dtype):
        return casts.without_nulls(Cast(amounts_of(series)), field)
    return casts.money(_values(series), field)


def _check_unique(ids: pa.Array) -> None:
    if len(ids.unique()) < len(ids):
        counts = ids.value_counts()
        twice = counts.filter(pc.greater(counts.field("counts"), 1))[0]["values"]
        raise DataError(f"the id {twice} occurs more than once: keep one row for each order")


def _last(moments: dict[str, Localized], as_of: dt.datetime | None) -> int:
    """Tell when the orders were last looked at, in microseconds since 1970: the last moment of the frame."""
    if as_of is not None:
        if as_of.tzinfo is None:
            raise DataError(f"as_of={as_of.isoformat()} has no zone: add one, as with tzinfo=dt.UTC")
        return micros(as_of)
    latest = [pc.max(moment.instants).cast(pa.int64()).as_py() for moment in moments.values()]
    return max((moment for moment in latest if moment is not None), default=0)


_READERS: Final[dict[str, Callable[[pd.Series[Any], Field], Cast]]] = {
    **dict.fromkeys(("id", "status", "currency_id", "payment_system_id", "customer"), _integers),
    **dict.fromkeys(("amount", "fee"), _amounts),
    **dict.fromkeys(
        ("shop_id", "payment_id", "currency", "payment_system", "family", "rail", "email", "extra"), _texts
    ),
    "is_test": _switches,
}
"""How each column of a frame from elsewhere is read; the rest is derived."""
