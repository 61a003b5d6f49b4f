"""Drawn histories of a few customers over several months, and bounds within them."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st

from tests.golden import Row
from tests.metrics.drawn import an_order

NOW = dt.datetime(2026, 4, 20, 9, tzinfo=dt.UTC)
"""The moment to which the orders are complete."""

EMAILS = ("a@x.ru", "A@x.ru", " a@x.ru ", "b@x.ru", "b@x.ru", "c@x.ru", "d@x.ru", "e@x.ru", "", "  ", None)
"""Five customers, and nobody: the first three are one."""

Bounds = tuple[dt.datetime | None, dt.datetime | None]


@st.composite
def an_order_of_months(draw: st.DrawFn, id: int) -> Row:  # noqa: A002
    """Draw an order near the ends of days and months; in New York the clocks go forward on 8 March."""
    row = draw(an_order(id))
    day = dt.datetime(
        2026, draw(st.integers(1, 4)), draw(st.sampled_from([1, 2, 7, 8, 9, 16, 28])), tzinfo=dt.UTC
    )
    created = day + dt.timedelta(minutes=draw(st.sampled_from([0, 1, 299, 301, 419, 421, 750, 1_259, 1_439])))
    wait = draw(st.sampled_from([None, 0, 45, 45, 86_400, 40 * 86_400]))
    return {
        **row,
        "status": draw(st.sampled_from([0, 1, 1, 1, 1, 1, 2, 3, 7])),
        "created_at": created,
        "paid_at": None if wait is None else created + dt.timedelta(seconds=wait),
        "email": draw(st.sampled_from(EMAILS)),
        "observed_at": NOW,
        "as_of": NOW,
    }


@st.composite
def months(draw: st.DrawFn, most: int = 16) -> list[Row]:
    """Draw a history of none, one or several orders of several months."""
    return [draw(an_order_of_months(id=number)) for number in range(draw(st.integers(0, most)))]


moments = st.sampled_from(
    [
        None,
        dt.datetime(2026, 1, 2),  # noqa: DTZ001  wall-clock times of the report zone
        dt.datetime(2026, 2, 1),  # noqa: DTZ001
        dt.datetime(2026, 2, 7, 8, 1),  # noqa: DTZ001
        dt.datetime(2026, 3, 8),  # noqa: DTZ001
        dt.datetime(2026, 3, 9, 12, 30),  # noqa: DTZ001
        dt.datetime(2026, 4, 1),  # noqa: DTZ001
    ]
)


@st.composite
def bounds(draw: st.DrawFn) -> Bounds:
    """Draw bounds at midnight or within a day, open or not."""
    since, until = draw(moments), draw(moments)
    return (until, since) if since and until and since > until else (since, until)
