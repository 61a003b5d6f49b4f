"""What belongs to the account: its balances and its shops."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import pyarrow as pa

from tegro_analytics import schemas
from tegro_analytics.frames import columns
from tegro_analytics.frames.assemble import Quarantine, filled
from tegro_analytics.frames.columns import Cast
from tegro_analytics.frames.context import Decoded
from tegro_analytics.frames.records import Field, Problem
from tegro_analytics.frames.zones import localize

_JSON: Final = msgspec.json.Encoder(decimal_format="number")
_USER: Final = Field("user_id", "int", required=True)
_BALANCE: Final = Field("balance", "money", required=True)
_SHOP: Final = (
    Field("id", "int", required=True, least=0),
    Field("public_key", "text", required=True),
    Field("name", "text"),
    Field("url", "text"),
    Field("status", "int"),
    Field("desc", "text"),
    Field("date_added", "date"),
)


def balances_table(data: Mapping[str, Any], requested_at: dt.datetime) -> Decoded:
    """Make the balances of the account at one moment: one row for each currency.

    Parameters
    ----------
    data : mapping
        What ``balance`` answers: ``user_id``, and ``balance`` with an amount for each currency code. An empty
        list in its place, as some servers write an empty object, is no balance.
    requested_at : datetime
        When the request was sent; aware.

    Returns
    -------
    Decoded
        ``table`` with the columns of ``schemas.BALANCES``, sorted by currency; ``quarantine`` with the
        balances that could not be read.

    Examples
    --------
    >>> moment = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    >>> balances_table({"user_id": 1, "balance": {"RUB": "1396.68"}}, moment).table["balance"].to_pylist()
    [Decimal('1396.68000000')]
    """
    found = data.get("balance")
    amounts = dict(sorted(found.items())) if isinstance(found, Mapping) else {}
    raws = [{"user_id": data.get("user_id"), "balance": {code: amount}} for code, amount in amounts.items()]
    casts = {
        "user_id": columns.integers(columns.uncut([data.get("user_id")] * len(raws)), _USER),
        "currency": columns.texts(list(amounts), Field("currency", "text", required=True)),
        "balance": columns.money(list(amounts.values()), _BALANCE),
    }
    decoded = _decoded(schemas.BALANCES, casts, raws, requested_at)
    if isinstance(found, Mapping) or found == []:
        return decoded
    quarantine = Quarantine(schemas.BALANCES.name)
    problem = Problem("balance is not an object of currencies and amounts", "balance")
    quarantine.add(problem, _JSON.encode(data), page=0, row=0, observed_at=requested_at)
    return Decoded(decoded.table, quarantine.table())


def shops_table(data: Mapping[str, Any], requested_at: dt.datetime, source_zone: str) -> Decoded:
    """Make the shops of the account: one row for each shop.

    Parameters
    ----------
    data : mapping
        What ``shops`` answers: ``user_id`` and ``shops``.
    requested_at : datetime
        When the request was sent; aware.
    source_zone : str
        The zone in which the API writes its dates.

    Returns
    -------
    Decoded
        ``table`` with the columns of ``schemas.SHOPS``, sorted by id; ``quarantine`` with the shops that
        could not be read.
    """
    found = data.get("shops")
    shops = found if isinstance(found, list) else [found]
    records = [shop if isinstance(shop, Mapping) else {} for shop in shops]
    casts: dict[str, Cast] = {}
    for field in _SHOP:
        values = columns.uncut([record.get(field.name) for record in records])
        casts[field.name] = _CASTS[field.kind](values, field)
    for place, shop in enumerate(shops):
        if not isinstance(shop, Mapping):
            casts["id"].bad[place] = Problem("the record of a shop is not an object")
    casts["shop_id"], added = casts["public_key"], casts["date_added"]
    casts["added_at"] = Cast(localize(added.array, source_zone).instants, added.bad)
    return _decoded(schemas.SHOPS, casts, shops, requested_at)


_CASTS: Final = {"int": columns.integers, "text": columns.texts, "date": columns.dates}


def _decoded(
    schema: schemas.Table, casts: Mapping[str, Cast], raws: Sequence[Any], requested_at: dt.datetime
) -> Decoded:
    """Make the table of the rows that could be cast, and set the others aside."""
    bad: dict[int, Problem] = {}
    for cast in casts.values():
        for place, problem in cast.bad.items():
            bad.setdefault(place, problem)
    quarantine = Quarantine(schema.name)
    for row in sorted(bad):
        quarantine.add(bad[row], _JSON.encode(raws[row]), page=0, row=row, observed_at=requested_at)
    keep = pa.array([place not in bad for place in range(len(raws))], pa.bool_())
    table: dict[str, Any] = {name: cast.array.filter(keep) for name, cast in casts.items()}
    table["observed_at"] = requested_at
    whole = filled(schema, table, length=len(raws) - len(bad))
    return Decoded(whole.sort_by([(name, "ascending") for name in schema.sort]), quarantine.table())
