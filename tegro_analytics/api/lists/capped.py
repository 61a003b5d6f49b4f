"""A server that shows the last N pages only: nothing in a list tells, but several readings may."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from tegro_analytics.api.lists.pass_report import PassReport

__all__ = ["End", "end_of", "looks_capped"]

READINGS = 3
"""So many readings in a row must end alike."""


@dataclass(frozen=True, slots=True)
class End:
    """Hold where one reading of a list ended.

    Attributes
    ----------
    page : int
        The last page that held rows unseen until then.
    full : bool
        Whether it was as long as pages are.
    newest : str or None
        The newest date of creation, as received.
    """

    page: int
    full: bool
    newest: str | None


def end_of(report: PassReport) -> End:
    """Take from a report where the list ended."""
    full = report.last_page_rows > 0 and report.last_page_rows == report.page_size_seen
    return End(report.last_page, full, report.newest_created)


def looks_capped(ends: Sequence[End]) -> bool:
    """Say whether the last readings of a list look as if the server showed no more than so many pages.

    They do where three in a row ended with the same full page, though rows had come in before each. A list
    that grew by whole pages and lost as many rows would look the same, so this is a suspicion, no more.

    Examples
    --------
    >>> ends = [End(100, True, f"2026-10-0{day} 10:00:00") for day in (1, 2, 3)]
    >>> looks_capped(ends), looks_capped(ends[:2]), looks_capped([*ends, End(101, True, None)])
    (True, False, False)
    """
    last = ends[-READINGS:]
    dates = [end.newest for end in last]
    alike = len({(end.page, end.full) for end in last}) == 1
    grew = all(before and after and before < after for before, after in itertools.pairwise(dates))
    return len(last) == READINGS and alike and last[0].full and grew
