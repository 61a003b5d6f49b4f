"""What reading a list to its end has shown: counts, the order and the end of the list, and the doubts."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from tegro_analytics.api.lists.page import Page

__all__ = ["EndSeen", "ListOrder", "PassReport", "Tally", "dated"]

EndSeen = Literal["empty", "clamp", "first_page", "error", "ignored", "wrap", "cap", "known", "unknown"]
ListOrder = Literal["newest", "oldest", "mixed", "unknown"]


@dataclass(frozen=True, slots=True)
class PassReport:
    """Say what reading a list to its end has shown, and how far it can be trusted.

    Attributes
    ----------
    pages : int
        Pages that brought rows unseen on the way through the list; a last page that a server repeats for ever
        counts once.
    requests : int
        All pages asked for: on the way, to find the end, and again.
    rereads : int
        Those of them whose page number had been asked for before.
    rows, unique : int
        Rows received, repeats included, and rows with keys of their own among them.
    page_size_seen : int or None
        Most rows on one page; None without rows.
    list_order : str
        ``newest``: the dates of creation never rise on the way and fall somewhere; ``oldest``: they never
        fall and rise somewhere; ``mixed``; ``unknown``: no two different dates were seen. Rows that came in
        while the list was read are set aside.
    end_seen : str
        How the list ends: ``empty`` page; ``error``, a refused page or ``null``; ``clamp``, its last page
        again and again; ``first_page``, page 1 again; ``ignored``, the page number seems to be ignored;
        ``wrap``, pages that were read come again; ``cap``, too many pages; ``unknown``, not yet reached.
        ``known`` says that nothing was looked for at its end: from the last page on rows are settled.
    walks : int
        How often the list was walked.
    workers : int
        How many pages were under way at once, at most.
    last_page, last_page_rows : int
        The last page that held rows unseen until then, and how many rows it held; 0 without rows.
    complete : bool
        Whether the list was read to an end, or to rows that are ``known``: the reading did what it had to.
    verified : bool
        Whether it was, and nothing that was seen speaks against every row of the start being among those
        read. One walk cannot show all: a row deleted from a page that is not looked at again moves the rows
        after it up by one place, past the reader. Where a second walk was asked for, it found no such row.
        Of a reading that ended at ``known`` rows this says nothing but that: rows behind them it did not see.
    resumed : bool
        Whether it built on the pages of a reading that was interrupted. Then ``pages``, ``unique`` and the
        span of dates are those of both; requests, rows and rereads are those of this one alone.
    warnings : tuple of str
        What a person should know, in plain words.
    oldest_created, newest_created : str or None
        The span of ``date_created``, as received.
    newest_at_start : str or None
        The newest date on page 1 when the last walk began, if that reached its end. All rows older than that
        were met; others may have come in meanwhile that were not, or not all of them.
    started_at, finished_at : datetime or None
        When the first and the last request were sent (UTC); None before any.
    retries : int
        Requests that had to be sent again.
    waited : float
        Seconds spent waiting for retries and for the pace.
    """

    pages: int
    requests: int
    rereads: int
    rows: int
    unique: int
    page_size_seen: int | None
    list_order: ListOrder
    end_seen: EndSeen
    walks: int
    workers: int
    last_page: int
    last_page_rows: int
    complete: bool
    verified: bool
    resumed: bool
    warnings: tuple[str, ...]
    oldest_created: str | None
    newest_created: str | None
    newest_at_start: str | None
    started_at: datetime | None
    finished_at: datetime | None
    retries: int
    waited: float


def dated(created: Iterable[str | None]) -> list[str]:
    """Keep the dates of creation that can be compared as text, as ``2026-10-01 10:00:00`` can.

    Examples
    --------
    >>> dated(["2026-10-01 10:00:00", "0000-00-00 00:00:00", "1 Oct", None])
    ['2026-10-01 10:00:00']
    """
    return [
        text
        for text in created
        if text is not None and len(text) == 19 and "0001" <= text < ":" and text[4] == text[7] == "-"
    ]


@dataclass(slots=True)
class Tally:
    """Count what all requests of a reading brought."""

    requests: int = 0
    rereads: int = 0
    rows: int = 0
    largest: int = 0
    retries: int = 0
    waited: float = 0.0
    oldest: str | None = None
    newest: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    ids: set[Hashable] = field(default_factory=set)
    """Keys of all rows received."""
    _asked: set[int] = field(default_factory=set)

    def count(self, number: int, page: Page) -> None:
        """Take in the answer to one request."""
        self.requests += 1
        self.rereads += number in self._asked
        self._asked.add(number)
        self.rows += len(page.keys)
        self.largest = max(self.largest, len(page.keys))
        self.retries += page.retries
        self.waited += page.waited
        self.started_at = self.started_at or page.requested_at
        self.finished_at = page.requested_at
        self._span(page.created)

    def recall(self, page: Page) -> None:
        """Take in a page that an earlier reading was given: its rows, and no request."""
        self.ids.update(page.keys)
        self.largest = max(self.largest, len(page.keys))
        self._span(page.created)

    def merge(self, earlier: Tally) -> None:
        """Take in what an earlier reading has recalled; that keeps no row, so the next time does nothing."""
        if earlier.ids:
            self.ids |= earlier.ids
            self.largest = max(self.largest, earlier.largest)
            self._span((earlier.oldest, earlier.newest))
            earlier.ids = set()

    def _span(self, created: Iterable[str | None]) -> None:
        if dates := dated(created):
            self.oldest = min(self.oldest or dates[0], *dates)
            self.newest = max(self.newest or dates[0], *dates)

    def report(
        self,
        *,
        pages: int,
        list_order: ListOrder,
        end_seen: EndSeen,
        walks: int,
        workers: int,
        last_page: int,
        last_page_rows: int,
        complete: bool,
        verified: bool,
        resumed: bool,
        newest_at_start: str | None,
        warnings: Iterable[str],
    ) -> PassReport:
        """Put the counts together with what the way through the list has shown."""
        return PassReport(
            pages=pages,
            requests=self.requests,
            rereads=self.rereads,
            rows=self.rows,
            unique=len(self.ids),
            page_size_seen=self.largest or None,
            list_order=list_order,
            end_seen=end_seen,
            walks=walks,
            workers=workers,
            last_page=last_page,
            last_page_rows=last_page_rows,
            complete=complete,
            verified=verified,
            resumed=resumed,
            warnings=tuple(dict.fromkeys(warnings)),
            oldest_created=self.oldest,
            newest_created=self.newest,
            newest_at_start=newest_at_start,
            started_at=self.started_at,
            finished_at=self.finished_at,
            retries=self.retries,
            waited=self.waited,
        )
