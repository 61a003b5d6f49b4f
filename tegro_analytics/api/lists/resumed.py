"""One way through a list that goes on where an earlier one was interrupted.

::

    page 1 ─▶ NEXT PAGE … until a page holds rows of the earlier way ─▶ LANDING ─▶ NEXT PAGE … as on any walk
                 └─ none does: it is a walk like any other

What came in since stands above the rows of the earlier way, so from page 1 to the first of them is read.
Then the way goes on behind the last of them. Where that stands now, a page number only hints at: rows came in
and went away, and pages may be of another length. The page to go on from is one that holds rows of the
earlier way.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from tegro_analytics.api.lists.lap import Lap
from tegro_analytics.api.lists.look import Ids, Look
from tegro_analytics.api.lists.pass_report import dated
from tegro_analytics.api.lists.staged import Staged
from tegro_analytics.api.lists.walk import Walk

__all__ = ["Landing", "ResumedWalk"]


class Landing:
    """Find the deepest page that holds rows of an earlier way: the last of them stand there.

    Between the deepest page known to hold some and the first known to hold none, steps double, and are halved
    in the end; so however wrong the first guess is, few pages are asked for.

    Parameters
    ----------
    rows
        The rows of the earlier way.
    found
        A page that holds some of them.
    hint
        The page on which the last ones should stand.
    front
        The rows of page 1, which may be shown for pages past the end.

    Examples
    --------
    >>> rows = set(range(1, 100))
    >>> landing = Landing(rows, Look(2, ids=frozenset({4, 5, 6})), hint=33, front=frozenset({1, 2, 3}))
    >>> landing.wanted
    33
    >>> landing.take(Look(33, ids=frozenset({100, 101, 102})))  # rows went away
    >>> landing.wanted
    32
    >>> landing.take(Look(32, ids=frozenset({98, 99, 100})))
    >>> landing.wanted, landing.at.number
    (None, 32)
    """

    def __init__(self, rows: set[Hashable], found: Look, *, hint: int, front: Ids) -> None:
        self.at = found
        """The deepest page that is known to hold rows of the earlier way."""
        self.wanted = hint if hint > found.number else None
        """The page to be shown next; None when the page to go on from is found."""
        self._rows = rows
        self._front = front
        self._past: int | None = None
        self._step = 1

    def take(self, look: Look) -> None:
        """Look at the page that was wanted, and decide what is wanted next."""
        again = look.ids == self.at.ids or not look.ids.isdisjoint(self._front)
        if again or look.ids.isdisjoint(self._rows):
            self._past = look.number
        else:
            self.at = look
        mixed = self.at is look and not look.ids <= self._rows
        self.wanted = None if mixed else self._next()

    def _next(self) -> int | None:
        step, self._step = self._step, 2 * self._step
        if self._past is None:
            return self.at.number + step
        if self._past - self.at.number <= 1:
            return None
        return max((self.at.number + self._past) // 2, self._past - step)


class ResumedWalk(Walk):
    """Go through a list once, and build on what an interrupted walk has met.

    Parameters
    ----------
    staged
        What that walk has met, and in which order the list was seen to stand.
    known, max_pages, full_page, last, before
        As for any walk.
    """

    def __init__(
        self,
        staged: Staged,
        known: set[Hashable],
        *,
        max_pages: int,
        full_page: int | None = None,
        last: bool = True,
        before: Walk | None = None,
    ) -> None:
        super().__init__(known, max_pages=max_pages, full_page=full_page, last=last, before=before)
        self.landed: int | None = None
        """The page from which the interrupted way goes on; None before that."""
        self.staged = staged
        self._newest_first = staged.order.verdict == "newest"
        self._landing: Landing | None = None
        self._given_up = False
        self.findings.doubts.extend(staged.mark.doubts)

    @property
    def landing(self) -> bool:
        """Whether the page is being looked for from which the way goes on."""
        return self._landing is not None and self.landed is None

    def _on_next(self, look: Look) -> None:
        """Take in the next page of the way, and see whether it holds rows of the interrupted one."""
        if self._landing is not None or self._given_up or not self._meets(look):
            super()._on_next(look)
            return
        self._before, self._at = self._at, look
        self._close_gap(look)
        self._lap.follow(look)
        self._lengths.add(look)
        self._learn(look)
        if self.order.verdict in (self.staged.order.verdict, "unknown"):
            self._approach(look)
        else:  # the order is another one now, so no row says what stands around it
            self._given_up = True
            self._judge(look)

    def _meets(self, look: Look) -> bool:
        """Tell whether a page holds rows of the interrupted way, so that all above it are met.

        Of a list that stands newest first, rows of the youngest moment do not count: others of that very
        moment may have come in below them.
        """
        ids, youngest = self.staged.ids, self.staged.front
        pairs = zip(look.keys, look.created, strict=True)
        met = [created for key, created in pairs if key in ids]
        if not self._newest_first:
            return bool(met)
        return youngest is not None and any(date < youngest for date in dated(met))

    def _approach(self, found: Look) -> None:
        """Look for the page on which the last rows of the interrupted way stand now."""
        came_in = sum(key not in self.staged.ids for key in self._seen) if self._newest_first else 0
        rows = max(self._lengths.largest, self.staged.tally.largest, 1)
        hint = self.staged.last + -(-came_in // rows)
        self._landing = Landing(self.staged.ids, found, hint=hint, front=self._front.first)
        self._fly(self._landing)

    def _on_landing(self, look: Look) -> None:
        """Take in a page that may be the one; what stands around its rows is not known yet."""
        self._seen -= look.new
        if self._landing is not None:
            self._landing.take(look)
            self._fly(self._landing)

    def _fly(self, landing: Landing) -> None:
        if landing.wanted is not None:
            self._ask(landing.wanted, self._on_landing)
        else:
            self._land(landing.at)

    def _land(self, at: Look) -> None:
        """Go on from a page that holds rows of the interrupted way: all above it are met."""
        staged = self.staged
        staged.ids |= self._seen
        self._seen, self.order = staged.ids, staged.order
        at = replace(at, new=at.ids - self._seen)
        self._seen |= at.new
        self._lap = Lap(begin=staged.begin)
        self.pages += staged.pages - 1  # the page on which it was met is one of both
        self.newest_at_start = staged.newest_at_start
        self._lengths.add(at)
        self._learn(at)
        self._at = self.last = at
        self.landed = at.number
        self._go_on()
