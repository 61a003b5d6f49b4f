"""One way through a list that has page numbers and nothing else, while its rows move.

A :class:`Walk` asks for one page at a time and learns from each answer what to ask for next. It fetches
nothing itself: :attr:`Walk.wanted` is the page that it wants to see, :meth:`Walk.take` shows it that page.

::

    page 1 ─▶ NEXT PAGE ◀────────────── nothing of what stands below: go on ◀───────────┐
                 │                                                                       │
                 ├─ much unseen, longer than pages were ─▶ LOOK BACK: longer too? ───────┤
                 ├─ much unseen ─────────────────────────────────────────────────────────┤
                 ├─ the second settled page in a row, newest first ─▶ known              │
                 ├─ page 1, 2, 3 … come again, all of them ─▶ FRONT: page 1 ─▶ wrap ─────┤
                 ├─ little or nothing unseen ─▶ FAR page ── empty, BEYOND it too: ───────┤
                 │                               │          there is an end ahead        │
                 │                               ├─ like this page ─▶ FURTHER page       │
                 │                               ▼                        ▼              │
                 │           FRONT, SECOND: pages 1, 2 ─▶ clamp, first_page, ignored ────┤
                 └─ empty ─▶ NEXT PAGE ── empty ─▶ FAR page ── empty ─▶ empty, error     │
                                                                                         │
    an end ─▶ TAIL: page 1 ── unseen rows: the list moved while its end was looked for ──┘
                  └──────── nothing unseen: the walk is over

Whether there is an end, and whether it was reached, is decided by sets of ids alone: never by a time, and
never by the length of a page. Lengths give reason to look again, no more.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from tegro_analytics.api.lists.findings import Findings
from tegro_analytics.api.lists.front import Front
from tegro_analytics.api.lists.lap import Lap
from tegro_analytics.api.lists.lengths import Lengths
from tegro_analytics.api.lists.list_order import OrderSeen
from tegro_analytics.api.lists.look import Look, far_from, looks_full, similar
from tegro_analytics.api.lists.page import Page
from tegro_analytics.api.lists.pass_report import EndSeen
from tegro_analytics.api.lists.probe import Probe
from tegro_analytics.api.lists.recent import Recent

__all__ = ["Walk"]

MOST_BARREN = 20
"""So many pages without an unseen row are read where no end of the list is proven; then it is given up."""
MOST_TAILS = 5
"""So often page 1 is read after the end, while it keeps showing unseen rows."""
AT_LAST = ("wrap", "ignored")
"""Ends that another look would not make surer."""


class Walk:
    """Go through a list once, from page 1 to its end.

    Parameters
    ----------
    known
        Keys of all rows received so far, by earlier walks too. The walk adds to it.
    max_pages
        A page with rows beyond this one ends the walk.
    full_page
        Rows of a full page, where that is known.
    last
        Whether no further walk may follow. One that may be followed ends as soon as rows were missed.
    before
        A walk that is over. Where its last page shows the same rows again, the list ends there as it did.
    """

    def __init__(
        self,
        known: set[Hashable],
        *,
        max_pages: int,
        full_page: int | None = None,
        last: bool = True,
        before: Walk | None = None,
    ) -> None:
        self.wanted: int | None = 1
        """The page to be shown next; None when the walk is over."""
        self.findings = Findings()
        self.pages = 0
        """Pages that brought rows unseen on this walk."""
        self.last = Look()
        """The last page of the way that brought unseen rows."""
        self.order = OrderSeen()
        self.recent = Recent()
        self.newest_at_start: str | None = None
        """The newest date on page 1 as it was when the walk began."""
        self._known = known
        self._seen: set[Hashable] = set()
        self._max_pages = max_pages
        self._full_page = full_page
        self._last = last
        self._earlier = before
        self._step: Callable[[Look], None] = self._on_next
        self._front = Front()
        self._lap = Lap()
        self._at = self._before = Look()
        self._probe = Probe()
        self._gap: Look | None = None
        """The first of the empty pages that the walk stands on."""
        self._empties = self._barren = self._tails = 0
        self._end_before: int | None = None
        """A page that is known to be past the end."""
        self._lengths = Lengths()

    @property
    def forward(self) -> bool:
        """Whether the page wanted is the next one of the way, and not one that is asked for to find out."""
        return self.wanted is not None and self._step == self._on_next

    @property
    def reached(self) -> int:
        """Say how far the way has come: the number of its last page."""
        return self._at.number

    def distrust(self, why: str) -> None:
        """Be told from outside that rows may have been passed by."""
        self.findings.miss(why)
        self.wanted = self.wanted if self._last else None

    def look_again(self) -> None:
        """Be told from outside that rows may have moved past the end since it was looked at."""
        if self.findings.end in (*AT_LAST, "cap") or (self.findings.missed and not self._last):
            return
        self._tails += 1
        if self._tails < MOST_TAILS:
            self._empties = 0
            self._go_on()
        else:
            self.findings.miss("Pages of new rows kept coming in when the end had been reached")

    def take(self, page: Page, *, settled: bool = False) -> None:
        """Look at the page that was wanted, and decide what is wanted next.

        ``settled`` says of a page of the way that its rows are known, unchanged, and not recent.
        """
        if self.wanted is None:
            raise RuntimeError("the walk is over")
        ids = frozenset(page.keys)
        look = Look(self.wanted, page.keys, page.created, page.refusal, ids, ids - self._seen, settled)
        if look.number == 1:
            self._see_front(look)
        longer = 0 < self._lengths.largest < len(ids)
        if longer and (look.number == 1 or (look.stale and self.pages > 1)):
            self.findings.miss(f"Page {look.number} was longer when read again than any page before")
        self._seen |= look.new
        self._known |= look.new
        self._step(look)
        if self.findings.missed and not self._last:
            self.wanted = None

    # The steps: what was asked for has come

    def _on_next(self, look: Look) -> None:
        """Take in the next page of the way."""
        self._before, self._at = self._at, look
        if not self._lap.follow(look):
            self._meet(look)
            return
        self._close_gap(look)
        self._barren += look.barren
        if self._lap.is_whole(look):
            self._ask(1, self._on_lap)
        else:
            self._go_on()

    def _on_lap(self, look: Look) -> None:
        """Tell by page 1 whether pages came again because they wrap, or because a burst pushed them back."""
        if self._lap.is_confirmed(look):
            self.findings.doubts.append(
                f"Up to page {self._at.number}, pages that were read came again in their order"
            )
            self._stop("wrap", front=look)
        else:
            self._meet(self._at)

    def _on_look_back(self, look: Look) -> None:
        """See whether the page before became longer too: then rows between the two were passed by."""
        if self._lengths.outgrown(look):
            self.findings.miss(f"Pages became longer while the list was read, before page {self._at.number}")
        self._judge(self._at)

    def _on_far(self, look: Look) -> None:
        """Learn whether the list has an end at all."""
        if look.ids:
            self._weigh(look)
        elif self._empties:
            self._end_before = look.number
            self._stop_empty()
        else:
            self._ask(look.number + 1, self._on_beyond)

    def _on_beyond(self, look: Look) -> None:
        """Believe an empty far page if the next one is empty too."""
        if look.ids:
            self._weigh(look)
        else:
            self._end_before = look.number - 1
            self._go_on()

    def _on_further(self, look: Look) -> None:
        """Take in a second far page: a list that wraps may have shown this very page as the first one."""
        self._probe.further = look
        self._ask(1, self._on_front)

    def _on_front(self, look: Look) -> None:
        """Tell by page 1 and the far pages what a page is that brought little or nothing unseen."""
        end = self._probe.names(self._at, look)
        if end is None:
            if similar(self._at.ids, look.ids):
                self.findings.doubts.append(
                    f"Page {self._at.number} showed the rows of page 1, though it is no end"
                )
            self._go_on()
        elif self._front.turns(look):
            self._stop(end, front=look)
        elif self._at.number > 2:
            self._probe.front = look
            self._ask(2, self._on_second)
        elif end == "first_page":
            self._stop_at_one(look)
        else:
            self._go_on()

    def _on_second(self, look: Look) -> None:
        """Tell by page 2, right after page 1, whether the server heeds the page number at all."""
        front, self._probe.second = self._probe.front.ids, look.ids
        if similar(look.ids, front):
            self._ask(1, self._on_first)
        else:
            self._stop("first_page" if similar(self._at.ids, front) else "clamp")

    def _on_first(self, look: Look) -> None:
        """Believe that page 2 shows page 1 where it does so still: a burst pushes page 1 back to page 2."""
        if similar(look.ids, self._probe.second):
            self._stop_ignored(look)
        else:
            self._go_on()

    def _on_tail(self, look: Look) -> None:
        """Take in page 1 after the end. Unseen rows on it: the list moved, and the end is looked at again."""
        self._tails += 1
        if not look.new:
            self.wanted = None
        elif self._tails == MOST_TAILS:
            self.findings.remarks.append("New rows kept coming in at the front when the end had been reached")
            self.wanted = None
        elif self.findings.end in (*AT_LAST, "known"):
            self._ask(1, self._on_tail)
        else:
            self._empties = 0
            self._go_on()

    # Where to go next

    def _ask(self, number: int, step: Callable[[Look], None]) -> None:
        self.wanted, self._step = number, step

    def _ask_far(self) -> None:
        self._ask(far_from(self._at.number), self._on_far)

    def _go_on(self) -> None:
        if self._at.ids and self._at.number > self._max_pages:
            self.findings.end, self.findings.complete, self.wanted = "cap", False, None
        else:
            self._ask(self._at.number + 1, self._on_next)

    def _stop(self, end: EndSeen, *, complete: bool = True, front: Look | None = None) -> None:
        """End the way here; ``front`` is page 1, where it was the last page read."""
        self.findings.end, self.findings.complete = end, complete
        if front is None:
            self._ask(1, self._on_tail)
        else:
            self._on_tail(front)

    def _stop_empty(self, *, complete: bool = True) -> None:
        self._stop("error" if self._gap and self._gap.refusal else "empty", complete=complete)

    def _stop_at_one(self, front: Look) -> None:
        """End where page 2 shows page 1: the list may have one page, or the page number may be ignored."""
        rows = len(self._at.ids)
        if looks_full(rows, self._full_page):
            self._stop_ignored(front)
            return
        if self._full_page is None:
            self.findings.remarks.append(self._probe.tells_of_the_only_page(self._at))
        self._stop("first_page", front=front)

    def _stop_ignored(self, front: Look) -> None:
        self.findings.doubts.append(self._probe.tells_of_one_page(self._at))
        self._stop("ignored", complete=False, front=front)

    # What a page is

    def _meet(self, look: Look) -> None:
        """Tell an empty page, one that is longer or shorter than pages were, and any other."""
        if not look.ids:
            self._meet_empty(look)
            return
        self._close_gap(look)
        self._learn(look)
        shorter = len(look.ids) < self._lengths.largest
        if look.barren and shorter and not similar(look.ids, self._before.ids):
            self.findings.miss(f"Pages became shorter while the list was read, before page {look.number}")
        if self._lengths.add(look):
            self._ask(look.number - 1, self._on_look_back)
        else:
            self._judge(look)

    def _meet_empty(self, look: Look) -> None:
        """Go on past one empty page; past two, only where a far page has rows."""
        self._empties += 1
        self._gap = self._gap or look
        self.recent.interrupt()
        if self._empties == 1:
            self._go_on()
        elif self._is_end_ahead(look):
            self._stop_empty()
        elif self._empties == 2:
            self._ask_far()
        elif self._empties < MOST_BARREN:
            self._go_on()
        else:
            self.findings.doubts.append(self._probe.tells_of_a_gap(self._gap, look))
            self._stop_empty(complete=False)

    def _judge(self, look: Look) -> None:
        """Go on where a page brought much that was unseen; else find out what it is."""
        earlier = self._earlier
        if earlier and earlier.findings.complete and look.shows_what(earlier.last):
            self._stop(earlier.findings.end)
            return
        if self.recent.is_over(self.order.verdict):
            self._stop("known")
            return
        if not look.stale:
            self._barren = 0
            self._go_on()
            return
        self._barren += look.barren
        worn = look.barren and self._barren >= MOST_BARREN
        if self._end_before is not None and self._is_end_ahead(look):
            nearer = (look.number + self._end_before) // 2
            if worn and nearer > look.number:
                self._barren = 0
                self._ask(nearer, self._on_far)
            else:
                self._go_on()
        elif worn:
            self.findings.miss(
                f"{MOST_BARREN} pages up to page {look.number} held nothing but rows already read"
            )
            self._stop("wrap", complete=False)
        else:
            self._ask_far()

    def _weigh(self, far: Look) -> None:
        """Go on past empty pages where a far page has rows; else compare it with the page at hand."""
        self._probe = Probe(far=far)
        if self._empties:
            self._go_on()
        elif similar(far.ids, self._at.ids):
            self._ask(far.number + 1, self._on_further)
        else:
            self._ask(1, self._on_front)

    def _is_end_ahead(self, look: Look) -> bool:
        return self._end_before is not None and look.number < self._end_before

    # What is learnt on the way

    def _see_front(self, look: Look) -> None:
        """See whether page 1, read again, speaks against a list to which rows are only added."""
        if not self._at.number:
            self._front.start(look)
            self.newest_at_start = self._front.newest
        elif why := self._front.compare(look, asked=(self._at, self._probe.far, self._probe.further)):
            self.findings.miss(why)
        elif self.pages > 1 and look.new and self.order.verdict == "oldest":
            self.findings.miss("Page 1 shows unseen rows, though the list seemed to grow at its other end")

    def _learn(self, look: Look) -> None:
        """Note what a page with rows says of the list."""
        self.pages += bool(look.new)
        self.last = look if look.new else self.last
        self.order.add(look)
        self.recent.add(look)
        if look.number > 1:
            self._front.compare_later(look)

    def _close_gap(self, look: Look) -> None:
        """Note that rows follow on pages without rows."""
        if look.ids and self._gap:
            self.findings.gaps.append(self._gap.number)
        if look.ids:
            self._gap, self._empties = None, 0
