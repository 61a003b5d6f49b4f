"""Drawn orders, and how a result is held against an oracle: for the tests of every family."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.golden import MOSCOW, Row

NEW_YORK = ZoneInfo("America/New_York")
ZONES = (MOSCOW, NEW_YORK)
"""Moscow has days of 24 hours; in New York the clocks went forward on 8 March 2026."""

FIRST = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 3, 10, 9, tzinfo=dt.UTC)
"""When the drawn orders begin, and the moment to which they are complete."""

SOME_ENGINES: list[Any] = ["polars lazy", "duckdb in America/New_York"]
ALL_ENGINES: list[Any] = [
    *SOME_ENGINES,
    "pandas float64",
    "pandas decimal",
    "pyarrow",
    "polars",
    pytest.param("spark in Europe/Moscow", marks=pytest.mark.spark),
]
"""Engines of the usual run, and of the long one; on Spark conftest.py leaves the fewest examples."""

few = settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
many = settings(few, max_examples=40)

Cells = dict[tuple[Any, ...], dict[str, Any]]
Days = tuple[dt.date | None, dt.date | None]


@st.composite
def an_order(draw: st.DrawFn, id: int) -> Row:  # noqa: A002
    """Draw an order of any status: unpaid, late, undated, paid too early, negative, zero, of tests."""
    created = FIRST + dt.timedelta(minutes=draw(st.integers(0, 9 * 24 * 60)))
    wait = draw(st.sampled_from([None, -60, 0, 45, 3_600, 86_399, 86_400, 86_401, 200_000]))
    refund = draw(st.sampled_from([None, None, 3_600, 3 * 86_400]))
    status = draw(st.sampled_from([0, 1, 1, 1, 2, 3, 3, 4, 7]))
    paid = None if wait is None else created + dt.timedelta(seconds=wait)
    return {
        "shop_id": draw(st.sampled_from(["a", "b"])),
        "id": id,
        "payment_id": draw(st.sampled_from([f"o-{id}", f"o-{id}", "o-1", "o-2", "", None])),
        "status": status,
        "is_test": draw(st.integers(0, 9)) == 0,
        "created_at": created,
        "paid_at": paid,
        "amount": Decimal(
            draw(st.sampled_from(["100", "0", "-5", "33.33", "0.00000001", "1234567.89", "70.7"]))
        ),
        "fee": draw(st.sampled_from([None, Decimal(0), Decimal("1.01"), Decimal("0.00000003")])),
        "currency": draw(st.sampled_from(["RUB", "RUB", "USD"])),
        "payment_system_id": draw(st.sampled_from([25, 28, None, 999])),
        "email": draw(st.sampled_from([None, "", "a@x.ru", "A@x.ru", "b@x.ru", "c@x.ru"])),
        "refund_first_seen_at": None if refund is None else (paid or created) + dt.timedelta(seconds=refund),
        "observed_at": created + dt.timedelta(hours=draw(st.sampled_from([1, 23, 24, 48]))),
        "as_of": NOW,
    }


@st.composite
def histories(draw: st.DrawFn, most: int = 12) -> list[Row]:
    """Draw a history of none, one or several orders."""
    return [draw(an_order(id=number)) for number in range(draw(st.integers(0, most)))]


days = st.none() | st.integers(0, 10).map(lambda number: dt.date(2026, 3, 1) + dt.timedelta(days=number))


@st.composite
def bounds(draw: st.DrawFn) -> Days:
    """Draw bounds of days, open or not."""
    since, until = draw(days), draw(days)
    return (until, since) if since and until and since > until else (since, until)


def read(frame: pd.DataFrame, keys: Sequence[str], names: Sequence[str]) -> Cells:
    """Read a result as cells of plain values: days as dates, None for what is missing."""
    cells: Cells = {}
    for row in frame.to_dict("records"):
        key = tuple(_plain(row[name]) for name in keys)
        assert key not in cells, "a cell stands twice"
        cells[key] = {name: _plain(row[name]) for name in names}
    return cells


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.date() if isinstance(value, dt.datetime) else value


def assert_same(found: Mapping[Any, Any], expected: Mapping[Any, Any]) -> None:
    """Hold cells against those of an oracle: all equal, quantiles to 1e-9."""
    assert sorted(map(str, found)) == sorted(map(str, expected))
    for key, values in found.items():
        for name, value in values.items():
            wanted = expected[key][name]
            if name.startswith(("seconds", "ticket_p")) and wanted is not None:
                assert math.isclose(value, wanted, rel_tol=1e-9), (key, name, value, wanted)
            else:
                assert value == wanted, (key, name, value, wanted)


def only(cells: Mapping[Any, Any], names: Sequence[str]) -> Cells:
    """Take some values of every cell."""
    return {key: {name: values[name] for name in names} for key, values in cells.items()}
