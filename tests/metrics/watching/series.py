"""Drawn histories of some ten weeks, for what is held against the weeks before."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Sequence
from decimal import Decimal

import pyarrow as pa

from tegro_analytics.schemas import FLAGS
from tests.golden import MOSCOW, Row, arrow

NOW = dt.datetime(2026, 4, 20, 9, 40, tzinfo=dt.UTC)
"""The moment to which the drawn orders are complete. In New York the clocks went forward on 8 March."""

FIRST_DAYS = 71
"""The first order of a history lies at most so many days before."""


def history(seed: int, *, orders: int = 150, days: int = FIRST_DAYS) -> list[Row]:
    """Draw orders of every kind, some days with many and some systems with few, by a seed."""
    chance = random.Random(seed)
    crowded = [chance.randrange(days) for _ in range(4)]
    rows = []
    for number in range(orders):
        ago = chance.choice(crowded) if chance.random() < 0.3 else chance.randrange(days)
        created = NOW - dt.timedelta(days=ago, minutes=5 * chance.randrange(288))
        rows.append(_order(chance, number, created))
    return rows


def _order(chance: random.Random, number: int, created: dt.datetime) -> Row:
    wait = chance.choice([None, 0, 300, 600, 86_400, 86_700, 200_100])
    return {
        "shop_id": chance.choice(["a", "b"]),
        "id": number,
        "payment_id": f"o-{number}",
        "status": chance.choice([0, 1, 1, 1, 1, 2, 3, 4, 7]),
        "is_test": chance.random() < 0.1,
        "created_at": created,
        "paid_at": None if wait is None else created + dt.timedelta(seconds=wait),
        "amount": Decimal(chance.choice(["100", "0", "-5", "33.33", "1234.5"])),
        "fee": Decimal(0),
        "currency": chance.choice(["RUB", "RUB", "RUB", "USD"]),
        "payment_system_id": chance.choice([25, 25, 25, 28, None, 999]),
        "email": None,
        "refund_first_seen_at": None,
        "observed_at": created + dt.timedelta(hours=chance.choice([1, 48])),
        "as_of": NOW,
    }


def sold(counts: Iterable[int], *, end: dt.date, hour: int = 12, **fields: object) -> list[Row]:
    """Make paid orders: so many on each day, in Moscow, of the days that end before ``end``."""
    numbers = list(counts)
    rows: list[Row] = []
    for place, count in enumerate(numbers):
        day = end - dt.timedelta(days=len(numbers) - place)
        moment = dt.datetime.combine(day, dt.time(hour), MOSCOW)
        rows += [_paid(len(rows) + more, moment, **fields) for more in range(count)]
    return rows


def _paid(number: int, moment: dt.datetime, **fields: object) -> Row:
    row = {"id": number, "payment_id": f"o-{number}", "created_at": moment, "paid_at": moment}
    return {**_PAID, **row, **fields}


_PAID: Row = {
    **_order(random.Random(0), 0, NOW),
    "status": 1,
    "is_test": False,
    "observed_at": NOW,
    "amount": Decimal(100),
    "currency": "RUB",
    "payment_system_id": 25,
}


def flagged(rows: Sequence[Row], seed: int) -> tuple[pa.Table, list[str]]:
    """Give every order flags by a seed, some of them none, and one that nobody knows."""
    chance = random.Random(seed)
    names = [*FLAGS, "not_zero_amount", "zero_amount_too"]
    flags = [",".join(chance.sample(names, chance.choice([0, 0, 1, 2, 3]))) for _ in rows]
    table = arrow(rows)
    place = table.schema.get_field_index("flags")
    return table.set_column(place, table.schema.field("flags"), pa.array(flags, pa.string())), flags
