"""When a row was last observed, as it stood at an earlier moment.

The store keeps when a version was last observed, and no more. For an earlier moment that may be too late:
then it is told from what the runs up to that moment covered. Told so, it is the start of the last run that
read the stretch in which the row stands, or asked for it by its id: never later than it was, at most a run's
length earlier.
"""

# ruff: noqa: S608  every name in the SQL is a constant of the schemas; values are parameters, or quoted

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import duckdb
import pyarrow as pa

__all__ = ["Stretch", "latest_by_stretch", "register_stretches"]

_EVER = -(2**62)
_NEVER = 2**62


class Stretch(NamedTuple):
    """Hold a stretch of a list that a run covered, half-open, and when the run began; all in microseconds."""

    start: int
    end: int
    seen: int


def latest_by_stretch(covered: Iterable[Stretch]) -> Iterator[Stretch]:
    """Cut stretches, which overlap, into ones that do not, each with the latest run that covered it.

    Examples
    --------
    >>> list(latest_by_stretch([Stretch(0, 10, seen=1), Stretch(4, 6, seen=2)]))
    [Stretch(start=0, end=4, seen=1), Stretch(start=4, end=6, seen=2), Stretch(start=6, end=10, seen=1)]
    """
    waiting = sorted(covered, key=lambda one: one.start)
    edges = sorted({edge for one in waiting for edge in (one.start, one.end)})
    current: list[tuple[int, int]] = []  # the latest first, each with its end
    place = 0
    for start, end in itertools.pairwise(edges):
        while place < len(waiting) and waiting[place].start <= start:
            heapq.heappush(current, (-waiting[place].seen, waiting[place].end))
            place += 1
        while current and current[0][1] <= start:
            heapq.heappop(current)
        if current:
            yield Stretch(start, end, -current[0][0])


def register_stretches(
    connection: duckdb.DuckDBPyConnection, *, list_name: str, until: str, view: str
) -> None:
    """Make a view of ``shop_id, start, seen``: which run up to a moment saw the rows from ``start`` on last.

    Parameters
    ----------
    connection
        A connection to the store.
    list_name
        ``orders`` or ``withdrawals``.
    until
        The moment, as SQL.
    view
        The name of the view.
    """
    rows = connection.execute(
        "SELECT c.shop_id, epoch_us(c.since), epoch_us(c.until), epoch_us(r.started_at) FROM coverage AS c "
        f"JOIN runs AS r ON r.number = c.run WHERE c.list = ? AND r.moment <= {until}",
        [list_name],
    ).fetchall()
    by_shop: dict[str, list[Stretch]] = {}
    for shop, since, end, seen in rows:
        # Rows of the very second of an edge may lie beyond it: they count as not covered.
        start = _EVER if since is None else since + 1
        if end is None or end > start:
            by_shop.setdefault(shop, []).append(Stretch(start, _NEVER if end is None else end, seen))
    found = [(shop, *one) for shop, covered in by_shop.items() for one in _with_gaps(covered)]
    connection.register(
        view,
        pa.table(
            {
                "shop_id": pa.array([shop for shop, _, _ in found], pa.string()),
                "start": pa.array([start for _, start, _ in found], pa.int64()),
                "seen": pa.array([seen for _, _, seen in found], pa.int64()),
            }
        ),
    )


def _with_gaps(covered: Iterable[Stretch]) -> Iterator[tuple[int, int | None]]:
    """Give where each stretch begins and who saw it; a gap between two is one that nobody saw."""
    end = None
    for one in latest_by_stretch(covered):
        if end is not None and end < one.start:
            yield end, None
        yield one.start, one.seen
        end = one.end
    if end is not None and end < _NEVER:
        yield end, None
