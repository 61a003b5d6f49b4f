"""The order of a list, and what stands past its end."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence

ORDERS = ("newest", "oldest", "out-of-step", "hashed")
ENDS = ("empty", "clamp", "first-page", "error", "null")

Key = Callable[[int], tuple[int, int]]


def mix(value: int) -> int:
    """Scatter an integer over 63 bits (SplitMix64), so that the order has nothing to do with it."""
    value = (value + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return (value ^ (value >> 31)) >> 1


class Listing:
    """Keep the rows of one list in its order, while rows come and go.

    ``newest`` and ``oldest`` sort by time and id; ``out-of-step`` is newest first by time, with equal times
    in no order of their ids; ``hashed`` is stable and has no relation to time: a new row appears anywhere.
    """

    def __init__(self, order: str, *, created: Sequence[int], ids: Sequence[int]) -> None:
        self.order = order
        self._key = _key(order, created, ids)
        self._reverse = order in ("newest", "out-of-step")
        self._rows = array("q")

    def __len__(self) -> int:
        return len(self._rows)

    def fill(self, rows: Iterable[int]) -> None:
        """Take all rows at once."""
        self._rows = array("q", sorted(rows, key=self._key))

    def insert(self, row: int) -> None:
        """Put one row where it belongs."""
        self._rows.insert(bisect_right(self._rows, self._key(row), key=self._key), row)

    def remove(self, row: int) -> None:
        """Take one row out; rows after it move up.

        Raises
        ------
        ValueError
            If it is not there.
        """
        place = bisect_left(self._rows, self._key(row), key=self._key)
        while place < len(self._rows) and self._rows[place] != row:
            place += 1
        if place == len(self._rows):
            raise ValueError(f"row {row} is not in the list")
        del self._rows[place]

    def at(self, place: int) -> int:
        """Return the row at a place, counted from 0 in the order of the list."""
        return self._rows[-1 - place if self._reverse else place]

    def page(self, number: int, size: int) -> array[int]:
        """Return the rows of a page, counted from 1; empty past the end."""
        start = (number - 1) * size
        if not self._reverse:
            return self._rows[start : start + size]
        stop = len(self._rows) - start
        return self._rows[max(stop - size, 0) : stop][::-1] if stop > 0 else array("q")

    def pages(self, size: int) -> int:
        """Count the pages, an empty first one included."""
        return max(-(-len(self._rows) // size), 1)


def _key(order: str, created: Sequence[int], ids: Sequence[int]) -> Key:
    if order == "hashed":
        return lambda row: (mix(ids[row]), ids[row])
    if order == "out-of-step":
        return lambda row: (created[row], mix(ids[row]))
    return lambda row: (created[row], ids[row])


def page_served(number: int, pages: int, end: str) -> int | str:
    """Decide which page answers: its number, or how the end is told: ``empty``, ``error``, ``null``.

    The first page always is a list.

    Examples
    --------
    >>> page_served(2, 3, "clamp"), page_served(9, 3, "clamp"), page_served(9, 3, "first-page")
    (2, 3, 1)
    >>> page_served(4, 3, "error"), page_served(1, 1, "null")
    ('error', 1)
    """
    if number <= pages:
        return number
    return {"clamp": pages, "first-page": 1}.get(end, end)
