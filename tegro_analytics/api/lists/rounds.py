"""Several walks through one list, until one finds that none before has missed a row."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tegro_analytics.api.lists.mark import Course, Leg, Mark
from tegro_analytics.api.lists.page import Page
from tegro_analytics.api.lists.pass_report import Tally
from tegro_analytics.api.lists.resumed import ResumedWalk
from tegro_analytics.api.lists.staged import Staged, unmet
from tegro_analytics.api.lists.walk import AT_LAST, Walk

__all__ = ["MOST_WALKS", "Rounds"]

MOST_WALKS = 3
"""So often a list is walked at most."""
_PROVEN = ("newest", "oldest")


class Rounds:
    """Walk a list again where rows were passed by, and, to verify it, until a walk brings nothing.

    A row that is met for the first time on a later walk, and is not younger than all rows of the walks
    before, was there all the time: it was missed.

    Parameters
    ----------
    tally
        Counts what all walks bring; its ids are the rows met so far.
    max_pages, full_page
        As for a walk.
    verify
        Whether one walk that seems sound is not enough.
    settled
        Says of a page of the way that its rows are known, unchanged, and not recent; None where that is not
        to end a walk.
    """

    def __init__(
        self,
        tally: Tally,
        *,
        max_pages: int,
        full_page: int | None,
        verify: bool,
        settled: Callable[[Page], bool] | None = None,
    ) -> None:
        self._tally = tally
        self._max_pages = max_pages
        self._full_page = full_page
        self._verify = verify
        self._settled = settled
        self._earlier: list[Walk] = []
        self._unmet = 0
        self._youngest: str | None = None
        self._order_failed = False
        self._told: tuple[str, ...] = ()
        """What a reading that was interrupted had to say."""
        self.resumed = False
        """Whether what such a reading has met is built on."""
        self.walk = self._new_walk()

    @property
    def wanted(self) -> int | None:
        """Say which page the walk wants to see; None when it is over."""
        return self.walk.wanted

    @property
    def number(self) -> int:
        """Count the walks begun."""
        return len(self._earlier) + 1

    @property
    def trusts_order(self) -> bool:
        """Whether the list is seen to stand newest or oldest first, so that pages can be read ahead."""
        now = self.walk.order.verdict
        before = self._earlier[-1].order.verdict if self._earlier else "unknown"
        seen = self.walk.pages > 1 and now in _PROVEN
        return not self._order_failed and (seen or (now != "mixed" and before in _PROVEN))

    @property
    def landing(self) -> bool:
        """Whether the page is being looked for from which an interrupted way goes on."""
        return isinstance(self.walk, ResumedWalk) and self.walk.landing

    @property
    def landed(self) -> int | None:
        """Say which page that was, once it is found."""
        return self.walk.landed if isinstance(self.walk, ResumedWalk) else None

    @property
    def ending(self) -> bool:
        """Whether the last page was settled, so that the walk may be over after the next one."""
        return self.walk.recent.pages > 0

    @property
    def newest_at_start(self) -> str | None:
        """Say which date was the newest one on page 1 when the last walk began, if that reached its end."""
        return self.walk.newest_at_start if self.walk.findings.complete else None

    @property
    def expected(self) -> int:
        """Say how many pages the walk before has met; 0 if it reached no end."""
        before = self._earlier[-1] if self._earlier else None
        return before.last.number if before is not None and before.findings.complete else 0

    @property
    def verified(self) -> bool:
        """Whether the last walk is sound, and no row was met on it that those before have missed."""
        again = not self._verify or (bool(self._earlier) and not self._unmet)
        return self.walk.findings.sound and again

    @property
    def warnings(self) -> list[str]:
        """What a person should know of all walks."""
        told = [
            *self._told,
            *(text for walk in (*self._earlier, self.walk) for text in walk.findings.warnings),
        ]
        if self._verify and self.walk.wanted is None and self._unmet:
            told.append(
                f"Walk {self.number} through the list still met {self._unmet} rows that the walks before had "
                "missed: rows go away while it is read. Read it again in a quiet hour"
            )
        return told

    def mark(self, course: Course) -> Mark:
        """Say how far the reading has come, with the legs of its way."""
        findings, told = self.walk.findings, self._told
        told += tuple(text for walk in self._earlier for text in walk.findings.warnings)
        if findings.missed and self.number < MOST_WALKS:
            anew = (Leg(course.given, 1, 0),)
            return Mark(self.number + 1, anew, remarks=(*told, *findings.warnings))
        doubts = [text for text in findings.warnings if findings.missed or text not in findings.remarks]
        return Mark(self.number, tuple(course.legs), tuple(doubts), (*told, *findings.remarks))

    def resume(self, staged: Staged) -> None:
        """Build on what a reading has met that was interrupted, before anything is read."""
        if staged.usable or staged.mark.walk > 1:
            self._told = staged.mark.remarks
        if staged.mark.walk > 1:
            self._tally.merge(staged.tally)
            self._youngest, self._unmet, self.resumed = staged.youngest, staged.unmet, True
            self._earlier = [self.walk] * (staged.mark.walk - 1)
        self.walk = self._new_walk(staged if staged.usable else None)

    def take(self, page: Page, *, ahead: bool) -> None:
        """Show the walk the page that it wanted; ``ahead`` if pages were read side by side to get there."""
        self._count_unmet(page)
        self.walk.take(page, settled=self._is_settled(page))
        if isinstance(self.walk, ResumedWalk) and self.walk.landed is not None:
            self._tally.merge(self.walk.staged.tally)
            self.resumed = ahead = True  # without an order, no row says what stands around it
        if ahead and self.walk.order.verdict not in (*_PROVEN, "unknown"):
            self._order_failed = True
            self.walk.distrust(
                "Rows stand in no order after all, so reading pages side by side may miss some"
            )

    def take_aside(self, page: Page) -> None:
        """Take in a page that was read beside the way."""
        self._count_unmet(page)
        self._tally.ids.update(page.keys)

    def next_walk(self) -> bool:
        """Begin another walk if one is needed and allowed."""
        if self.number >= MOST_WALKS or not self._needs_more():
            return False
        self._earlier.append(self.walk)
        self._unmet = 0
        self._youngest = self._tally.newest
        self.walk = self._new_walk()
        return True

    def _is_settled(self, page: Page) -> bool:
        """Ask whether a page is settled, where that matters: on the way, and newest first so far.

        What an earlier walk has seen of the order is no matter: where pages were read side by side, it may
        have been rows that came in.
        """
        ordered = self.walk.order.verdict in ("newest", "unknown")
        if self._settled is None or not (ordered and self.walk.forward and page.keys):
            return False
        return self._settled(page)

    def _needs_more(self) -> bool:
        findings = self.walk.findings
        if findings.missed:
            return True
        worth = self._verify and findings.complete and findings.end not in AT_LAST
        return worth and (not self._earlier or self._unmet > 0)

    def _new_walk(self, staged: Staged | None = None) -> Walk:
        return (Walk if staged is None else partial(ResumedWalk, staged))(
            self._tally.ids,
            max_pages=self._max_pages,
            full_page=self._full_page,
            last=self.number == MOST_WALKS,
            before=self._earlier[-1] if self._earlier else None,
        )

    def _count_unmet(self, page: Page) -> None:
        if self._earlier:
            self._unmet += unmet(page, self._tally.ids, self._youngest)
