"""Where a run that looks for what is new may stop: at rows that are known, unchanged, and not recent.

A list that stands newest first is read from page 1 to the first two pages in a row that are *settled*.
Whether a page is, the caller says: all of its rows are known from a run that was finished, nothing about them
has changed, and they are older than a :func:`horizon`.

The horizon counts from the run before, not from now. What came in while that run was under way need not all
have been met by it, and an order that was young then may have been paid since, however long ago that is: both
are read again, whether the next run comes after an hour or after a month.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tegro_analytics.api.lists.look import Look
from tegro_analytics.api.lists.pass_report import ListOrder, dated

__all__ = ["Recent", "horizon"]

ENOUGH = 2
"""So many settled pages in a row are enough."""
_FORMAT = "%Y-%m-%d %H:%M:%S"


def horizon(*moments: str | None, look_back: dt.timedelta) -> str | None:
    """Say how old a row must be to be settled: ``created`` before the earliest moment less the look-back.

    Parameters
    ----------
    moments
        ``newest_at_start`` of the last run that was finished, and when that run began, both as dates of the
        list are written. The second one is for lists that hold a row of the future.
    look_back
        The age up to which changes of a row are to be seen by the next run, whenever it comes.

    Returns
    -------
    str or None
        To be compared as text with ``date_created``; None, no row is settled, where a moment is unknown.

    Examples
    --------
    >>> horizon("2026-10-03 10:00:00", "2026-10-03 10:05:12", look_back=dt.timedelta(hours=48))
    '2026-10-01 10:00:00'
    >>> horizon(None, "2026-10-03 10:05:12", look_back=dt.timedelta(hours=48)) is None
    True
    """
    known = dated(moments)
    if not known or len(known) < len(moments):
        return None
    try:
        return f"{dt.datetime.fromisoformat(min(known)) - look_back:{_FORMAT}}"
    except (ValueError, OverflowError):
        return None


@dataclass(slots=True)
class Recent:
    """Count the settled pages in a row on the way through a list.

    A page that brings nothing unseen counts as none: a burst may have pushed the page before it here.

    Examples
    --------
    >>> recent = Recent()
    >>> for number in (1, 2):
    ...     recent.add(Look(number, ids=frozenset({number}), new=frozenset({number}), settled=True))
    >>> recent.is_over("newest"), recent.is_over("unknown")
    (True, False)
    """

    pages: int = 0

    def add(self, look: Look) -> None:
        """Take in the next page of the way that holds rows."""
        if look.new:
            self.pages = self.pages + 1 if look.settled else 0

    def interrupt(self) -> None:
        """Take in a page without rows: what it hides is not known."""
        self.pages = 0

    def is_over(self, order: ListOrder) -> bool:
        """Tell whether the way may end here; only in a list that is seen to stand newest first."""
        return self.pages >= ENOUGH and order == "newest"
