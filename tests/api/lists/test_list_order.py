"""In which order a list stands: proven, or not claimed."""

from __future__ import annotations

import pytest

from tegro_analytics.api.lists.list_order import OrderSeen
from tegro_analytics.api.lists.look import Look


def order_of(*pages: str) -> str:
    """Judge pages of rows: a letter is a row and its age, ``a`` the oldest; a capital one was met before."""
    seen = OrderSeen()
    for number, letters in enumerate(pages, start=1):
        rows = letters.lower()
        created = tuple(f"2026-10-01 10:00:{ord(row) - ord('a'):02}" for row in rows)
        new = frozenset(row for row, letter in zip(rows, letters, strict=True) if letter.islower())
        seen.add(Look(number, tuple(rows), created, ids=frozenset(rows), new=new))
    return seen.verdict


@pytest.mark.parametrize(
    ("pages", "order"),
    [
        (("ihg", "fed", "cba"), "newest"),
        (("abc", "def", "ghi"), "oldest"),
        (("ihg", "fde", "cba"), "mixed"),
        (("a",), "unknown"),
        (("i", "i"), "unknown"),
        ((), "unknown"),
        # Rows met before, pushed back by rows that came in at the front.
        (("ihg", "HGf", "edc"), "newest"),
        # A burst of four: page 2 shows the youngest of them, k, and then page 1 again.
        (("ihg", "kIH", "Gfe"), "newest"),
        # A younger row that rows met before do not follow is no row of a burst: it proves disorder.
        (("ihg", "kfe", "dcb"), "mixed"),
        (("ihg", "fek", "dcb"), "mixed"),
        (("ihg", "ekI", "dcb"), "mixed"),
        # Another server shows page 1 again past the end: that does not make a burst of page 2.
        (("ihg", "jkl", "IHG"), "mixed"),
        (("g", "f", "h", "e", "G"), "mixed"),
        # Rows that come in at the end of a list that is oldest first.
        (("abc", "def", "DEFg"), "oldest"),
    ],
)
def test_the_order_is_proven_or_not_claimed(pages: tuple[str, ...], order: str) -> None:
    assert order_of(*pages) == order


def test_what_is_no_date_says_nothing() -> None:
    seen = OrderSeen()
    created = ("2026-10-02 10:00:00", "0000-00-00 00:00:00", None, "yesterday", "2026-10-01 10:00:00")
    seen.add(Look(1, (1, 2, 3, 4, 5), created, ids=frozenset(range(1, 6)), new=frozenset(range(1, 6))))
    assert seen.verdict == "newest"
