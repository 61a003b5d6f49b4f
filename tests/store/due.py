"""Which open orders a run looks up one by one: an old order can turn paid, and no list says that it did.

Most orders that are paid at all are paid soon. So an open order is looked up when its age passes 2, 4, 8,
16 … days, counted from when it was made: often while it is young, ever more rarely then, and never given up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TypeVar

__all__ = ["due", "due_at"]

FIRST_DAYS = 2

Key = TypeVar("Key")


def due_at(created_at: dt.datetime, looked_at: dt.datetime | None = None) -> dt.datetime:
    """Say when an open order is due to be looked up, after it was last seen.

    The first of ``created_at`` + 2, 4, 8, 16 … days that is later than ``looked_at``.

    Parameters
    ----------
    created_at
        When the order was made.
    looked_at
        When it was last seen, in a list or by itself; None if it was not seen since it was made.

    Examples
    --------
    >>> made = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
    >>> for days in (0, 1, 2, 3, 100):
    ...     print(days, (due_at(made, made + dt.timedelta(days=days)) - made).days)
    0 2
    1 2
    2 4
    3 4
    100 128
    """
    days, since = FIRST_DAYS, dt.timedelta() if looked_at is None else looked_at - created_at
    while dt.timedelta(days=days) <= since:
        days *= 2
    return created_at + dt.timedelta(days=days)


def due(open_orders: Iterable[tuple[Key, dt.datetime, dt.datetime | None]], *, now: dt.datetime) -> list[Key]:
    """List the open orders that are due to be looked up, those first that are due longest.

    Parameters
    ----------
    open_orders
        For each: its key, when it was made, and when it was last seen.
    now
        The moment of the run.

    Returns
    -------
    list
        The keys. How many of them a run looks up is for the run to say; the others come first the next time.

    Examples
    --------
    >>> made = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
    >>> day = dt.timedelta(days=1)
    >>> orders = [(1, made, made + day), (2, made, made + 3 * day), (3, made - 9 * day, made - day)]
    >>> due(orders, now=made + 4 * day)
    [1, 2]
    >>> due(orders, now=made + 7 * day)
    [1, 2, 3]
    """
    moments = [(due_at(created_at, looked_at), key) for key, created_at, looked_at in open_orders]
    passed = [(moment, key) for moment, key in moments if moment <= now]
    return [key for _, key in sorted(passed, key=lambda pair: pair[0])]
