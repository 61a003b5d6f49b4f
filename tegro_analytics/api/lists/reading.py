"""Read a list whose rows move while it is read, to its end, and lose none.

The API has a page number and nothing else: no page size, no total, no end marker, no order. What may happen
to such a list, and what is right then, is in :mod:`tegro_analytics.api.lists.walk`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tegro_analytics.api.lists.page import Page
from tegro_analytics.api.lists.pass_report import PassReport, Tally
from tegro_analytics.api.lists.walk import Walk
from tegro_analytics.exceptions import Rejected, SyncIncomplete

__all__ = ["PageStream", "PassReport", "read_list"]

MAX_PAGES = 100_000
MOST_WALKS = 3
"""So often a list is walked at most, where rows are known to have been passed by."""


class PageStream(Iterator[Page]):
    """Give every page that holds rows as it arrives; made by :func:`read_list`.

    The report can be asked for at any time; it is final when the iteration has ended. Where a request fails,
    its exception passes, and the next page asked for is the same one again.
    """

    def __init__(
        self, fetch: Callable[[int], Page], *, max_pages: int = MAX_PAGES, full_page: int | None = None
    ) -> None:
        self._fetch = fetch
        self._max_pages = max_pages
        self._full_page = full_page
        self._tally = Tally()
        self._earlier: list[Walk] = []
        self._walk = self._new_walk()

    def __next__(self) -> Page:
        while (number := self._wanted()) is not None:
            page = self._fetch(number)
            if number == 1 and page.refusal is not None:
                raise Rejected(
                    f"Page 1 of a list was refused: {page.refusal}. Nothing can be said of the list"
                )
            self._tally.count(number, page)
            self._walk.take(page)
            if page.keys:
                return page
        if self._walk.end == "cap":
            raise self._incomplete()
        raise StopIteration

    def _wanted(self) -> int | None:
        """Say which page comes next; where a walk has passed rows by, that of another walk."""
        if self._walk.wanted is None and self._walk.missed and len(self._earlier) + 1 < MOST_WALKS:
            self._earlier.append(self._walk)
            self._walk = self._new_walk()
        return self._walk.wanted

    def _new_walk(self) -> Walk:
        last = len(self._earlier) + 1 == MOST_WALKS
        return Walk(self._tally.ids, max_pages=self._max_pages, full_page=self._full_page, last=last)

    def _incomplete(self) -> SyncIncomplete:
        report = self.report
        return SyncIncomplete(
            f"The list has no end within {self._max_pages:,} pages: {report.unique:,} rows back to "
            f"{report.oldest_created or 'an unknown date'} were read, and are valid, but there are more. "
            "Read it with a higher max_pages, or ask the support of Tegro how the list ends",
            pages=report.pages,
            report=report,
        )

    @property
    def report(self) -> PassReport:
        """What was seen so far; until the end, neither complete nor verified."""
        walk = self._walk
        return self._tally.report(
            pages=walk.pages,
            list_order=walk.order.verdict,
            end_seen=walk.end,
            complete=walk.wanted is None and walk.complete,
            verified=walk.verified,
            warnings=[text for each in (*self._earlier, walk) for text in each.warnings],
        )


def read_list(
    fetch: Callable[[int], Page], *, max_pages: int = MAX_PAGES, full_page: int | None = None
) -> PageStream:
    """Read a list page by page to its end, while rows come in.

    Every row that is there from start to end is given, in pages that come as they are read, with those asked
    for to find the end and those read again: rows come more than once. Keep them by their key; of two with
    one key, that of the page with the later ``requested_at`` wins. Where there is reason to doubt that all
    rows were met, the report is not ``verified``.

    Where rows are known to have been passed by (rows went away from page 1, pages became longer or shorter),
    the list is walked again, at most three times in all. Not seen are: rows deleted behind the reader from
    pages that are not looked at again, and rows behind two empty pages in a row, where the page asked for far
    ahead is empty too. A list of one page that the server repeats for any page number looks like a list whose
    page number the server ignores: a warning says so, and what may be a full page is not ``verified``.

    Parameters
    ----------
    fetch
        Asks the API for a page, from 1. Past page 1 a refusal is a page without rows that says why.
    max_pages
        A list that goes on after so many pages is given up.
    full_page
        How many rows the server puts on a full page, where another of its lists has shown it. A list of one
        page that comes again for every page number is then known to be whole if it has fewer rows.

    Returns
    -------
    PageStream
        An iterator of pages, whose ``report`` says in the end what was seen.

    Raises
    ------
    SyncIncomplete
        While iterating: if the list goes on after ``max_pages`` pages. The pages given until then are valid.
    Rejected
        While iterating: if page 1 is refused.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> from tegro_analytics.api.lists.page import page_from_json
    >>> sent = datetime(2026, 10, 1, tzinfo=timezone.utc)
    >>> served = {1: b'[{"id": 3}, {"id": 2}]', 2: b'[{"id": 1}]'}
    >>> def fetch(number):
    ...     return page_from_json(number, served.get(number, b"[]"), requested_at=sent)
    >>> stream = read_list(fetch)
    >>> [page.keys for page in stream]
    [(3, 2), (1,), (3, 2)]
    >>> stream.report.end_seen, stream.report.unique, stream.report.requests, stream.report.verified
    ('empty', 3, 6, True)
    """
    return PageStream(fetch, max_pages=max_pages, full_page=full_page)
