"""Drawn attempts that come close together, and orders that were watched for odd times."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from hypothesis import strategies as st

from tests.golden import Row
from tests.metrics.drawn import an_order, histories

NOW = dt.datetime(2026, 3, 9, 8, tzinfo=dt.UTC)
"""The moment to which attempts are complete: those before 8 March, 8:00, are mature."""

AT = (0, 44, 45, 46, 3_600, 86_399, 86_400, 86_401, 200_000, 604_800)
"""Moments of the curve, at and beside the times to pay that are drawn."""

_BEGIN = dt.datetime(2026, 3, 8, 4, tzinfo=dt.UTC)  # in New York the clocks go forward at 7:00
_WATCHED = (
    -5,
    -1e-6,
    0,
    0.5,
    44.999999,
    45,
    45.000001,
    3_599.999999,
    3_600,
    82_800,
    86_399.5,
    86_400,
    250_000,
)


@st.composite
def watched(draw: st.DrawFn, most: int = 12) -> list[Row]:
    """Draw a history of orders that were last seen after odd times."""
    rows = draw(histories(most))
    for row in rows:
        row["observed_at"] = row["created_at"] + dt.timedelta(seconds=draw(st.sampled_from(_WATCHED)))
    return rows


@st.composite
def an_attempt(draw: st.DrawFn, id: int) -> Row:  # noqa: A002
    """Draw an attempt, often an hour after another one to the second, or at the same time."""
    row = draw(an_order(id))
    minutes = draw(st.sampled_from([0, 0, 1, 59, 60, 61, 119, 120, 121, 180, 240, 241, 26 * 60]))
    created = _BEGIN + dt.timedelta(minutes=minutes, seconds=draw(st.sampled_from([0, 0, 0, 1])))
    return {
        **row,
        "status": draw(st.sampled_from([0, 0, 1, 2, 2, 3, 4, 7])),
        "created_at": created,
        "payment_id": draw(st.sampled_from(["o-1", "o-1", "o-1", "o-2", "", "", None])),
        "email": draw(st.sampled_from([None, "a@x.ru", "A@x.ru", "b@x.ru"])),
        "amount": Decimal(draw(st.sampled_from(["100", "100.00", "100.00000001", "-5"]))),
        "payment_system_id": draw(st.sampled_from([25, 28, None])),
        "as_of": NOW,
    }


@st.composite
def attempts(draw: st.DrawFn, most: int = 14) -> list[Row]:
    """Draw a history of attempts; their numbers do not follow their times."""
    count = draw(st.integers(0, most))
    return [draw(an_attempt(id=number * 7 % 17)) for number in range(count)]
