"""Read a list whose rows move while it is read, to its end, and lose none.

The API has a page number and nothing else: no page size, no total, no end marker, no order. What may happen
to such a list, and what is right then, is in :mod:`tegro_analytics.api.lists.walk`; how pages are read side
by side without a loss, in :mod:`tegro_analytics.api.lists.ahead`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from tegro_analytics.api.lists.ahead import Ahead
from tegro_analytics.api.lists.crew import Crew
from tegro_analytics.api.lists.mark import ALL, Course, Mark
from tegro_analytics.api.lists.page import Page
from tegro_analytics.api.lists.pass_report import PassReport, Tally
from tegro_analytics.api.lists.rounds import Rounds
from tegro_analytics.api.lists.staged import replay
from tegro_analytics.exceptions import Rejected, SyncIncomplete
from tegro_analytics.tracebacks import opaque_methods

__all__ = ["PageStream", "PassReport", "read_list"]

MAX_PAGES = 100_000
PARTING_SECONDS = 1.0
"""How long pages that are of no interest any more are waited for, so that nothing is under way afterwards."""


@opaque_methods
class PageStream(Iterator[Page]):
    """Give every page that holds rows as it arrives; made by :func:`read_list`.

    The report can be asked for at any time; it is final when the iteration has ended. Where a request fails,
    its exception passes, and the next page asked for is the same one again. Ctrl-C ends the reading for good:
    what is on its way is called off, and no page is asked for any more.
    """

    def __init__(
        self,
        fetch: Callable[[int], Page],
        *,
        max_pages: int = MAX_PAGES,
        full_page: int | None = None,
        verify: bool = False,
        settled: Callable[[Page], bool] | None = None,
        staged: Iterable[Page] | None = None,
        mark: Mark | None = None,
        workers: Callable[[], int] = lambda: 1,
        call_off: Callable[[], None] = lambda: None,
        crew: Callable[[Callable[[int], Page]], Crew] = Crew,
    ) -> None:
        self._fetch = fetch
        self._max_pages = max_pages
        self._tally = Tally()
        self._rounds = Rounds(
            self._tally, max_pages=max_pages, full_page=full_page, verify=verify, settled=settled
        )
        self._workers = workers
        self._call_off = call_off
        self._new_crew = crew
        self._staged = staged
        self._mark = mark or ALL
        self._course = Course()
        self._crew = crew(fetch)
        self._ahead = self._new_ahead()
        self._front: Page | None = None
        self._most = 1
        self._waiting: deque[Page] = deque()
        self._state: Literal["open", "ended", "closed", "interrupted"] = "open"

    def __next__(self) -> Page:
        if self._state == "interrupted":
            raise self._incomplete("The reading was interrupted", "Begin another one")
        if self._state == "closed":
            raise StopIteration
        try:
            return self._next()
        except KeyboardInterrupt:
            self._state = "interrupted"
            self._call_off()
        # Out here the handler has ended, so that what was being done when it came is not shown.
        raise KeyboardInterrupt(f"Interrupted: {self._how_far()}. What was read before stands")

    def close(self) -> None:
        """Ask for no further page, and call off what is on its way; more than once does no harm."""
        self._state = "closed" if self._state == "open" else self._state
        self._call_off()

    def _next(self) -> Page:
        if self._staged is not None:
            self._resume(self._staged)
        while True:
            if self._waiting:
                self._course.given += 1
                return self._waiting.popleft()
            if self._rounds.wanted is None and not self._go_round():
                break
            self._step()
        if self._rounds.walk.findings.end == "cap":
            raise self._incomplete(
                f"The list has no end within {self._max_pages:,} pages",
                "Read it with a higher max_pages, or ask the support of Tegro how the list ends",
            )
        self._state = "ended"
        raise StopIteration

    def _step(self) -> None:
        """Read one page of the way, and what is due beside it."""
        walk, number = self._rounds.walk, self._rounds.wanted
        if number is None:
            return
        self._note_course()
        if self._rounds.landing and self._ahead.pending:
            self._leap()
        ahead = self._rounds.trusts_order and self._at_once() > 1
        if walk.forward and (ahead or self._ahead.pending):
            page = self._ahead.page(number)
        else:
            page = self._fetch_alone(number)
        self._take_asides()
        if number == 1 and page.refusal is not None:
            raise Rejected(f"Page 1 of a list was refused: {page.refusal}. Nothing can be said of the list")
        self._give(number, page)
        self._rounds.take(page, ahead=self._ahead.used)

    def _go_round(self) -> bool:
        """Make sure of what was read side by side; then go on, or begin another walk, if one is needed."""
        self._ahead.finish(self._rounds.walk.reached)
        self._take_asides()
        if self._ahead.moved:
            self._ahead.moved = False
            self._rounds.walk.look_again()
        if self._waiting or self._rounds.wanted is not None:
            return True
        self._most = max(self._most, self._crew.most)
        self._crew.wait_for_rest(PARTING_SECONDS)
        if not self._rounds.next_walk():
            return False
        self._course.begin_walk()
        self._crew = self._new_crew(self._fetch)
        self._ahead = self._new_ahead()
        return True

    def _fetch_alone(self, number: int) -> Page:
        sent = self._crew.now
        page = self._fetch(number)
        if not self._rounds.landing:
            self._ahead.passed(page, sent=sent)
        if number == 1:
            self._front = page
        return page

    def _new_ahead(self) -> Ahead:
        expected = self._rounds.expected
        return Ahead(self._crew, workers=self._at_once, limit=self._max_pages, expected=expected)

    # Going on where another reading was interrupted

    @property
    def mark(self) -> Mark:
        """How far the reading has come: to be kept with the pages that were given up to now.

        It is taken from what was dealt with before the last page was asked for, so it may be kept together
        with that page.
        """
        return self._mark if self._staged is not None else self._rounds.mark(self._course)

    def _resume(self, pages: Iterable[Page]) -> None:
        self._staged = None
        staged = replay(pages, self._mark)
        self._rounds.resume(staged)
        self._course.resume(staged.legs, given=staged.given)

    def _note_course(self) -> None:
        """Note how far the way can be relied on, now that all pages given are dealt with."""
        reached, unsure = self._rounds.walk.reached, self._ahead.unsure
        sure = reached if unsure is None else min(reached, unsure - 1)
        self._course.note(sure, landed=self._rounds.landed)

    def _leap(self) -> None:
        """Make sure of the pages up to where the interrupted way was met; those read beyond are of no use."""
        self._ahead.finish(self._rounds.walk.reached)
        self._take_asides()
        self._ahead = self._new_ahead()
        if self._front is not None:
            self._ahead.passed(self._front, sent=0)

    def _at_once(self) -> int:
        """Say how many pages may be under way; one where the next page may be the last."""
        return 1 if self._rounds.ending else self._workers()

    def _take_asides(self) -> None:
        while self._ahead.asides:
            page = self._ahead.asides.popleft()
            self._give(page.number, page)
            self._rounds.take_aside(page)

    def _give(self, number: int, page: Page) -> None:
        self._tally.count(number, page)
        if page.keys:
            self._waiting.append(page)

    def _incomplete(self, why: str, advice: str) -> SyncIncomplete:
        report = self.report
        return SyncIncomplete(f"{why}: {self._how_far()}. {advice}", pages=report.pages, report=report)

    def _how_far(self) -> str:
        report = self.report
        if not report.unique:
            return "no row was read"
        return (
            f"{report.unique:,} rows back to {report.oldest_created or 'an unknown date'} were read, and are "
            "valid, but there may be more"
        )

    @property
    def report(self) -> PassReport:
        """What was seen so far; until the end, neither complete nor verified."""
        walk, findings = self._rounds.walk, self._rounds.walk.findings
        return self._tally.report(
            pages=walk.pages,
            walks=self._rounds.number,
            workers=max(self._most, self._crew.most),
            list_order=walk.order.verdict,
            end_seen=findings.end,
            last_page=walk.last.number,
            last_page_rows=len(walk.last.ids),
            complete=self._state == "ended" and findings.complete,
            verified=self._state == "ended" and self._rounds.verified,
            resumed=self._rounds.resumed,
            newest_at_start=self._rounds.newest_at_start if self._state == "ended" else None,
            warnings=self._rounds.warnings,
        )


def read_list(
    fetch: Callable[[int], Page],
    *,
    max_pages: int = MAX_PAGES,
    full_page: int | None = None,
    verify: bool = False,
    settled: Callable[[Page], bool] | None = None,
    staged: Iterable[Page] | None = None,
    mark: Mark | None = None,
    workers: Callable[[], int] = lambda: 1,
    call_off: Callable[[], None] = lambda: None,
) -> PageStream:
    """Read a list page by page to its end, while rows come in.

    Every row that is there from start to end is given, in pages that come as they are read, with those asked
    for to find the end and those read again: rows come more than once. Keep them by their key; of two with
    one key, that of the page with the later ``requested_at`` wins. Where there is reason to doubt that all
    rows were met, the report is not ``verified``.

    Where rows are known to have been passed by (rows went away from page 1, pages became longer or shorter),
    the list is walked again, at most three times in all. One walk does not see rows deleted behind it from
    pages that are not looked at again: ``verify`` walks again until a walk meets no row older than the start
    that was not met before. Nobody sees rows behind two empty pages in a row, where the page asked for far
    ahead is empty too. A list of one page that the server repeats for any page number looks like a list whose
    page number the server ignores: a warning says so, and what may be a full page is not ``verified``.

    Parameters
    ----------
    fetch
        Asks the API for a page, from 1. Past page 1 a refusal is a page without rows that says why. With
        workers it is called by several threads at once.
    max_pages
        A list that goes on after so many pages is given up.
    full_page
        How many rows the server puts on a full page, where another of its lists has shown it. A list of one
        page that comes again for every page number is then known to be whole if it has fewer rows.
    verify
        Whether to walk at least twice, and to call the list verified only if the last walk brought nothing.
    settled
        Says of a page that all of its rows are known from a run that was finished, unchanged since, and older
        than a :func:`~tegro_analytics.api.lists.recent.horizon`. Give it only where the dates of creation
        never rose over the last complete walk. Reading ends after two such pages in a row (``known``), as
        long as no date rises on this walk either; else it goes on to the end of the list. It is asked once
        for each page of the way, before the page is given.
    staged
        The pages that a reading gave which was interrupted, in that order. They are gone through once, before
        the first request; only their keys are kept, and they are not given again. Where they show that the
        list stands newest or oldest first, page 1 and on are read up to the first row among them, and then
        the pages behind the last one; else, or where none of them is met again, the list is read from its
        start (``report.resumed`` is False). They belong to what was read in any case: of two rows with one
        key, that with the later ``requested_at`` wins.
    mark
        The ``mark`` of that reading, as it was when the last of these pages was given. Without one they are
        taken for a first walk in which every page was asked for after the one before had come.
    workers
        Says how many pages may be asked for at once. Pages are read ahead only where the list is seen to
        stand newest or oldest first.
    call_off
        Makes what ``fetch`` is doing in other threads end soon, and ask for nothing more: nobody waits.

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
    return PageStream(
        fetch,
        max_pages=max_pages,
        full_page=full_page,
        verify=verify,
        settled=settled,
        staged=staged,
        mark=mark,
        workers=workers,
        call_off=call_off,
    )
