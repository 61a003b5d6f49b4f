"""Pages of JSON to frames, beside the plain way: ``python benchmarks/frames.py [--orders 200000]``.

The plain way is ``json`` + pandas + ``Decimal``, with the columns of the API only. Every number comes from
one run; times are CPU seconds, the best of several; memory is how far a process of its own grew when it made
the frame, its pages aside.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pandas as pd

from tegro_analytics import frames
from tegro_analytics.api.lists.page import Page, page_from_json
from tegro_analytics.frames.decode import Reader
from tegro_analytics.frames.orders import BATCH_ROWS, FIELDS, _cast
from tegro_analytics.reference import load_reference
from tegro_analytics.schemas import ORDERS

SENT = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
CONTEXT = frames.Context("SHOP", "Europe/Moscow", "Europe/Moscow", load_reference(), b"salt" * 8)
PAGE_SIZE = 100
ORDERS_OF_A_CUSTOMER = 3
ROUNDS = 5


def make_pages(orders: int) -> list[Page]:
    """Make pages of a shop whose customers come three times, newest first."""
    draw = random.Random(7)
    clock = dt.datetime(2026, 10, 1)  # noqa: DTZ001 - local, as the API writes it
    pages = []
    for first in range(orders, 0, -PAGE_SIZE):
        records = []
        for number in range(first, max(first - PAGE_SIZE, 0), -1):
            clock -= dt.timedelta(seconds=draw.randint(1, 600))
            records.append(make_record(number, clock, draw, customers=orders // ORDERS_OF_A_CUSTOMER))
        pages.append(page_from_json(len(pages) + 1, json.dumps(records).encode(), requested_at=SENT))
    return pages


def make_record(number: int, created: dt.datetime, draw: random.Random, *, customers: int) -> dict[str, Any]:
    """Draw one order."""
    paid = created + dt.timedelta(seconds=draw.randint(5, 3000)) if draw.random() < 0.6 else None
    return {
        "id": number,
        "date_created": f"{created}",
        "date_payed": paid and f"{paid}",
        "status": 1 if paid else draw.choice([0, 2]),
        "payment_system_id": draw.choice([5, 25, 28, 51]),
        "currency_id": 1,
        "amount": f"{draw.randint(1000, 9_000_000) / 100:.8f}",
        "fee": f"{draw.randint(100, 90_000) / 100:.8f}",
        "email": f"user{draw.randint(0, customers)}@site.ru",
        "test_order": 0,
        "payment_id": f"Order #{number}",
    }


def plain_way(pages: list[Page]) -> pd.DataFrame:
    """Do what a careful analyst would write."""
    df = pd.DataFrame([record for page in pages for record in json.loads(page.data)])
    for name in ("amount", "fee"):
        df[name] = df[name].map(Decimal)
    for name in ("date_created", "date_payed"):
        moments = pd.to_datetime(df[name], format="%Y-%m-%d %H:%M:%S")
        df[name] = moments.dt.tz_localize("Europe/Moscow")
    return df


def api_columns(pages: list[Page]) -> list[Any]:
    """Decode and cast what the API sends, and no more."""
    reader = Reader(FIELDS)
    batches = []
    step = BATCH_ROWS // PAGE_SIZE
    for start in range(0, len(pages), step):
        records = [record for page in pages[start : start + step] for record in reader.read(page).records]
        batches.append([_cast(field, records).array for field in FIELDS])
    return batches


def whole_table(pages: list[Page]) -> Any:
    """Make the canonical orders with all their columns."""
    return frames.orders_table(pages, CONTEXT, as_of=SENT)


def whole_frame(pages: list[Page]) -> pd.DataFrame:
    """Make the pandas frame that a notebook shows."""
    return frames.to_pandas(whole_table(pages).table, ORDERS, report_zone="Europe/Moscow")


WAYS: dict[str, Callable[[list[Page]], Any]] = {
    "json + pandas + Decimal": plain_way,
    "the API's columns": api_columns,
    "all columns": whole_table,
    "all columns, as pandas": whole_frame,
}


def seconds(way: Callable[[list[Page]], Any], pages: list[Page]) -> float:
    """Time one way, CPU of this process."""
    gc.collect()
    start = time.process_time()
    result = way(pages)
    taken = time.process_time() - start
    del result
    return taken


def grown(name: str, orders: int) -> None:
    """Print by how many MB this process grows when it makes the frame; called in a process of its own."""
    pages = make_pages(orders)
    WAYS[name](pages[:20])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = WAYS[name](pages)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
    del result


def grown_apart(name: str, orders: int) -> float:
    """Measure the growth of a process of its own, in MB."""
    command = [sys.executable, __file__, "--grown", name, "--orders", str(orders)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=200_000)
    parser.add_argument("--grown", choices=list(WAYS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.grown:
        grown(options.grown, options.orders)
        return
    # First, while this process is small: a child inherits the peak of its parent on Linux.
    memory = {name: grown_apart(name, options.orders) for name in WAYS}
    pages = make_pages(options.orders)
    best = dict.fromkeys(WAYS, float("inf"))
    for _ in range(ROUNDS):  # in turns, so that a slow moment of the machine hits all of them
        for name, way in WAYS.items():
            best[name] = min(best[name], seconds(way, pages))
    peer = "json + pandas + Decimal"
    print(f"{options.orders:,} orders in pages of {PAGE_SIZE}")
    for name in WAYS:
        each = best[name] / options.orders * 1e6
        print(
            f"{name:26} {each:6.2f} µs an order {best[peer] / best[name]:6.2f} x faster "
            f"{memory[name]:7.0f} MB {memory[name] / memory[peer]:6.2f} of its memory"
        )


if __name__ == "__main__":
    main()
