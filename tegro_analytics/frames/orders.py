"""Pages of orders to the canonical table."""

from __future__ import annotations

import datetime as dt
import functools
import operator
import warnings
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics import schemas
from tegro_analytics.api.lists.page import Page, split_records
from tegro_analytics.exceptions import TegroDataWarning
from tegro_analytics.frames import columns
from tegro_analytics.frames.assemble import Quarantine, assemble, empty, one_chunk
from tegro_analytics.frames.columns import Cast, Dates
from tegro_analytics.frames.context import Context, Decoded, micros
from tegro_analytics.frames.decode import PageRecords, Reader
from tegro_analytics.frames.derive import ODD_TIMES, derive, settle
from tegro_analytics.frames.flags import flag_paid_twice
from tegro_analytics.frames.records import Field, Problem
from tegro_analytics.frames.zones import INSTANT, localize
from tegro_analytics.privacy import mask_emails

BATCH_ROWS: Final = 8_000
"""Records that are cast at a time: enough for Arrow's calls to cost nothing, few enough for the cache."""

FIELDS: Final = (
    Field("id", "int", required=True, least=0),
    Field("date_created", "date", required=True),
    Field("status", "int", required=True),
    Field("currency_id", "int", required=True),
    Field("amount", "money", required=True),
    Field("date_payed", "date"),
    Field("payment_system_id", "int"),
    Field("fee", "money"),
    Field("email", "text"),
    Field("test_order", "switch"),
    Field("payment_id", "text"),
)

_LISTED = 10
_NAME_SHOWN = 40


def orders_table(pages: Iterable[Page], context: Context, *, as_of: dt.datetime) -> Decoded:
    """Make the canonical orders of pages: one row for each id, as last observed.

    Parameters
    ----------
    pages : iterable of Page
        In any order, with repeats: the later request wins.
    context : Context
        Whose orders they are, and how to read them.
    as_of : datetime
        When the first request of the run was sent; aware.

    Returns
    -------
    Decoded
        ``table`` with the columns of ``schemas.ORDERS``, sorted by ``created_at`` and ``id``; ``quarantine``
        with the records that could not be read.

    Warns
    -----
    TegroDataWarning
        Once, if there are fields, statuses or currencies that nothing here knows.
    """
    decoder = OrderDecoder(context, as_of=as_of)
    quarantines = [empty(schemas.QUARANTINE)]
    received = assemble(
        _tables(decoder.received(pages), quarantines), _received_schema(), sort=schemas.ORDERS.sort
    )
    orders = flag_paid_twice(decoder.complete(received), context.reference.codes("paid"))
    if unknown := decoder.unknown(orders):
        warnings.warn(f"orders: {'; '.join(unknown)}", TegroDataWarning, stacklevel=2)
    return Decoded(orders, pa.concat_tables(quarantines))


def _tables(batches: Iterable[Decoded], quarantines: list[pa.Table]) -> Iterator[pa.Table]:
    """Hand the tables on and keep the quarantines."""
    for batch in batches:
        quarantines.append(batch.quarantine)
        yield batch.table


class OrderDecoder:
    """Make orders of pages batch by batch, in bounded memory.

    A batch is not sorted and may hold an id twice; :func:`orders_table` joins them as they were received, and
    derives the rest once.
    """

    def __init__(self, context: Context, *, as_of: dt.datetime, batch_rows: int = BATCH_ROWS) -> None:
        self._context = context
        self._as_of = as_of
        self._rows = batch_rows
        self._reader = Reader(FIELDS)

    def batches(self, pages: Iterable[Page]) -> Iterator[Decoded]:
        """Give a canonical table of about ``batch_rows`` orders with its quarantine, again and again."""
        for batch in self.received(pages):
            yield Decoded(self.complete(batch.table), batch.quarantine)

    def received(self, pages: Iterable[Page]) -> Iterator[Decoded]:
        """Give the same with those columns alone that were received; :meth:`complete` derives the others."""
        parts: list[PageRecords] = []
        waiting = 0
        for page in pages:
            struct = self._reader.struct
            part = self._reader.read(page)
            if parts and (waiting >= self._rows or self._reader.struct is not struct):
                yield self._convert(parts)
                parts, waiting = [], 0
            parts.append(part)
            waiting += len(part.records)
        if parts:
            yield self._convert(parts)

    def complete(self, received: pa.Table) -> pa.Table:
        """Derive the canonical table."""
        columns = {name: one_chunk(received[name]) for name in received.column_names}
        constant = {
            "shop_id": self._context.shop_id,
            "as_of": self._as_of,
            "first_seen_at": columns["observed_at"],
            "refund_first_seen_at": None,
        }
        return derive({**columns, **constant}, context=self._context)

    def unknown(self, orders: pa.Table) -> list[str]:
        """Say which fields, statuses and currencies nothing here knows."""
        found = []
        if fields := self._reader.strange.union(self._reader.unknown):
            found.append(f"fields that the schema does not know, kept in `extra`: {_listed(fields)}")
        for flag, column, what in (
            ("unknown_status", "status_name", "statuses that enter no rate"),
            ("unknown_currency", "currency", "currencies that no setting names (TEGRO_CURRENCIES)"),
        ):
            names = orders[column].filter(pc.match_substring(orders["flags"], flag))
            if len(names):
                found.append(f"{what}: {_listed(names.unique().to_pylist())}")
        return found

    def _convert(self, parts: list[PageRecords]) -> Decoded:
        """Cast the records of some pages; those that cannot be cast join the quarantine."""
        records = [record for part in parts for record in part.records]
        casts = {field.name: _cast(field, records) for field in FIELDS}
        casts["extra"] = columns.extras(records, _apart(parts))
        bad: dict[int, Problem] = {}
        for column in casts.values():
            for place, problem in column.bad.items():
                bad.setdefault(place, problem)
        received = pa.table(_received(casts, parts, self._context.source_zone), schema=_received_schema())
        if bad:
            keep = np.ones(len(records), dtype=bool)
            keep[list(bad)] = False
            received = received.filter(pa.array(keep))
        return Decoded(received, _quarantine(parts, bad))


def _cast(field: Field, records: list[Any]) -> Cast:
    values = list(map(operator.attrgetter(field.name), records))
    return _CASTS[field.kind](values, field)


_CASTS: Final = {
    "int": columns.integers,
    "money": columns.money,
    "text": columns.texts,
    "date": columns.dates,
    "switch": columns.switches,
}


def _received(casts: dict[str, Cast], parts: list[PageRecords], zone: str) -> dict[str, pa.Array]:
    """Give the columns of a batch their canonical names, and each row the moment of its request."""
    created, paid = cast("Dates", casts["date_created"]), cast("Dates", casts["date_payed"])
    requests = np.array([micros(part.page.requested_at) for part in parts], dtype=np.int64)
    return {
        **{name: casts[name].array for name in _SAME_NAME},
        "is_test_int": casts["test_order"].array,
        "created_text": created.text,
        "paid_text": paid.text,
        "paid_zero": paid.zero,
        "observed_at": pa.array(np.repeat(requests, [len(part.records) for part in parts])).cast(INSTANT),
        **settle(localize(created.array, zone), localize(paid.array, zone)),
    }


_SAME_NAME: Final = (
    *(column.name for column in schemas.ORDERS.columns if column.api == column.name),
    "extra",
)


@functools.cache
def _received_schema() -> pa.Schema:
    """Type the columns as received: canonical ones, and those that become flags."""
    names = (*_SAME_NAME, "is_test_int", "created_text", "paid_text", "observed_at", "created_at", "paid_at")
    types = schemas.arrow_types()
    known = [(name, types[schemas.ORDERS.by_name[name].kind]) for name in names]
    return pa.schema([*known, *((name, pa.bool_()) for name in ("paid_zero", *ODD_TIMES))])


def _apart(parts: list[PageRecords]) -> dict[int, bytes]:
    """Number the records whose unknown fields stand apart by their place in the batch."""
    apart: dict[int, bytes] = {}
    start = 0
    for part in parts:
        apart.update({start + place: text for place, text in part.extra.items()})
        start += len(part.records)
    return apart


def _quarantine(parts: list[PageRecords], bad: dict[int, Problem]) -> pa.Table:
    """Set the bad records aside: those that no Struct took, and those that a cast refused."""
    quarantine = Quarantine(schemas.ORDERS.name)
    start = 0
    for part in parts:
        refused = {}
        if bad:
            refused = {row: bad[place] for place, row in enumerate(part.rows, start) if place in bad}
        start += len(part.records)
        if problems := {**part.bad, **refused}:
            raws = split_records(part.page.data)
            for row in sorted(problems):
                quarantine.add(
                    problems[row],
                    raws[row],
                    page=part.page.number,
                    row=row,
                    observed_at=part.page.requested_at,
                )
    return quarantine.table()


def _listed(names: Iterable[str]) -> str:
    """List names for a message: the first ten, in order, each as far as it can be read at a glance."""
    ordered = sorted(
        mask_emails(name if len(name) <= _NAME_SHOWN else f"{name[:_NAME_SHOWN]}…") for name in names
    )
    more = f" and {len(ordered) - _LISTED} more" if len(ordered) > _LISTED else ""
    return f"{', '.join(ordered[:_LISTED])}{more}"
