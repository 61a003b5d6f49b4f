"""Records and pages as the API sends them."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pyarrow as pa

from tegro_analytics.api.lists.page import Page, page_from_json
from tegro_analytics.frames import Context, Decoded, orders_table
from tegro_analytics.reference import load_reference

SENT = dt.datetime(2026, 3, 4, 9, 0, tzinfo=dt.UTC)
"""When the first page is asked for: 12:00 in Moscow."""

ABSENT = object()
"""In place of a value: the record does not have the field."""

REFERENCE = load_reference(currencies={1: "RUB", 2: "USD"})


def record(id: Any, **fields: Any) -> bytes:  # noqa: A002
    """Write an order as JSON, paid within two minutes; ``fields`` replace what it has."""
    whole = {
        "id": id,
        "date_created": "2026-03-01 10:00:00",
        "date_payed": "2026-03-01 10:02:00",
        "status": 1,
        "payment_system_id": 25,
        "currency_id": 1,
        "amount": "1000.00000000",
        "fee": "50.00000000",
        "email": "A@x.ru",
        "test_order": 0,
        "payment_id": f"o-{id}",
        **fields,
    }
    return json.dumps({name: value for name, value in whole.items() if value is not ABSENT}).encode()


def replaced(raw: bytes, old: bytes, new: bytes) -> bytes:
    """Change the JSON of a record where ``json.dumps`` would not write what is wanted."""
    assert old in raw
    return raw.replace(old, new)


def page(*records: bytes, number: int = 1, seconds: float = 0) -> Page:
    """Make a page of records, asked for so many seconds after the first."""
    sent = SENT + dt.timedelta(seconds=seconds)
    return page_from_json(number, b"[" + b",".join(records) + b"]", requested_at=sent)


def context(zone: str = "Europe/Moscow", report_zone: str | None = None, **changes: Any) -> Context:
    known = {"shop_id": "SHOP", "reference": REFERENCE, "salt": b"salt"}
    return Context(source_zone=zone, report_zone=report_zone or zone, **{**known, **changes})


def decoded(*pages: Page, **options: Any) -> Decoded:
    """Make orders of pages."""
    return orders_table(pages, context(**options), as_of=SENT)


def one(raw: bytes, **options: Any) -> dict[str, Any]:
    """Make one order of a record that is good."""
    found = decoded(page(raw), **options)
    assert found.quarantine.num_rows == 0
    (row,) = found.table.to_pylist()
    return dict(row)


def column(table: pa.Table, name: str) -> list[Any]:
    values: list[Any] = table[name].to_pylist()
    return values
