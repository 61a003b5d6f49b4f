"""The rolling sweep: some pages of each run, further and further down the list, until all of it was seen.

A run that looks for what is new sees the young rows alone, and nothing in the API says that an old one has
changed. So each run reads some pages more, from where the run before it ended, to the end of the list; then
the sweep begins anew below the young rows. It goes by the dates of creation, which is why it is for lists
that stand newest first: a page number is a hint, for rows come in and go away.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from tegro_analytics.api.lists.look import Ids, far_from, similar
from tegro_analytics.api.lists.page import Page
from tegro_analytics.api.lists.pass_report import dated
from tegro_analytics.exceptions import Rejected, TransportError

__all__ = ["Place", "Sweep", "sweep"]

MOST_TRIES = 16
"""So many pages are asked for, at most, to find where the sweep before ended."""
MOST_BARREN = 20
"""So many pages without an unseen row are read where no end of the list is seen; then the sweep is over."""


@dataclass(frozen=True, slots=True)
class Place:
    """Say how far a sweep has come.

    Attributes
    ----------
    page : int or None
        The page that was read last; None where a sweep is to begin.
    created : str or None
        The last date on it, as received; that of a page before where no date on it can be read.
    ids : tuple of Hashable
        The rows of that date on it: there may be others of the same moment behind them, for pages on end. All
        its rows where no date can be read.
    began : datetime or None
        When this sweep began.
    swept : datetime or None
        When the last one began that reached the end of the list, or the last whole reading: every change up
        to then was seen.
    """

    page: int | None = None
    created: str | None = None
    began: dt.datetime | None = None
    swept: dt.datetime | None = None
    ids: tuple[Hashable, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can hold."""
        moments = {name: getattr(self, name) for name in ("began", "swept")}
        shown = {name: moment and moment.isoformat() for name, moment in moments.items()}
        return {"page": self.page, "created": self.created, "ids": list(self.ids), **shown}

    @classmethod
    def from_dict(cls, known: Mapping[str, Any] | None, *, swept: dt.datetime | None = None) -> Self:
        """Take what :meth:`to_dict` gave; a whole reading that came later counts, too, and ends the sweep."""
        if known is None:
            return cls(swept=swept)
        began, before = (dt.datetime.fromisoformat(at) if (at := known[name]) else None for name in _MOMENTS)
        if swept is not None and (before is None or swept > before):
            return cls(swept=swept)
        return cls(known["page"], known["created"], began, before, tuple(known.get("ids", ())))


_MOMENTS = ("began", "swept")


@dataclass(slots=True)
class Sweep:
    """Hold what one run has swept.

    Attributes
    ----------
    pages : list of Page
        All pages that were asked for: the rows are as good as any.
    place : Place
        Where the next run goes on.
    whole : bool
        Whether the end of the list was reached.
    since, until : str or None
        The dates between which all rows were read, one page after the other.
    problems : list of str
        The request that failed, if one did: the next run goes on from the page before.
    """

    pages: list[Page] = field(default_factory=list)
    place: Place = Place()
    whole: bool = False
    since: str | None = None
    until: str | None = None
    problems: list[str] = field(default_factory=list)

    def pass_by(self, page: Page) -> None:
        """Take note of the next page on the way down."""
        dates = _dates(page)
        if dates:
            self.since, self.until = dates[-1], self.until or dates[0]
        pairs = zip(page.keys, page.created, strict=True)
        ids = tuple(key for key, created in pairs if not dates or created == dates[-1])
        created = self.since or self.place.created
        self.place = replace(self.place, page=page.number, created=created, ids=ids)


def sweep(
    fetch: Callable[[int], Page],
    place: Place,
    *,
    most: int,
    start: int,
    came_in: int,
    page_size: int,
    now: dt.datetime,
    front: Collection[Hashable] = (),
) -> Sweep:
    """Read some pages of a list that stands newest first, from where the sweep before ended.

    Parameters
    ----------
    fetch
        Asks the API for a page, from 1.
    place
        Where the sweep before ended.
    most
        How many pages to read, besides that on which the sweep before ended; to find it may take some more.
    start
        The page on which what is new has ended: where a sweep begins.
    came_in
        How many rows have come in since the run before; they pushed the place down.
    page_size
        Rows on a full page.
    now
        When the run began.
    front
        The rows of page 1, as this run has read it: where they come again, the list may begin anew.

    Examples
    --------
    >>> from tegro_analytics.api.lists.page import page_from_json
    >>> now = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
    >>> def fetch(number):
    ...     row = b'[{"id": %d, "date_created": "2026-09-%02d 10:00:00"}]' % (9 - number, 9 - number)
    ...     return page_from_json(number, row if number < 8 else b"[]", requested_at=now)
    >>> first = sweep(fetch, Place(), most=3, start=2, came_in=0, page_size=1, now=now)
    >>> [page.number for page in first.pages], first.place.created, first.whole
    ([2, 3, 4], '2026-09-05 10:00:00', False)
    >>> rest = sweep(fetch, first.place, most=5, start=2, came_in=0, page_size=1, now=now)
    >>> [page.number for page in rest.pages], rest.whole, rest.place.swept == now
    ([4, 5, 6, 7, 8, 9, 1009], True, True)
    """
    done = Sweep(place=replace(place, began=place.began or now))
    if most < 1:
        done.place = place
        return done
    hint = (place.page or 0) + came_in // max(page_size, 1)
    try:
        _sweep(fetch, place, done, most=most, start=start, hint=hint, front=frozenset(front))
    except (TransportError, Rejected) as error:
        done.problems.append(str(error))
    return done


def _sweep(
    fetch: Callable[[int], Page],
    place: Place,
    done: Sweep,
    *,
    most: int,
    start: int,
    hint: int,
    front: Ids,
) -> None:
    if place.page is None:
        page = _ask(fetch, start, done)
        _go_down(fetch, page, done, last=page.number + most - 1, front=front)
    elif landed := _landed(fetch, place, done, hint=hint):
        _go_down(fetch, landed, done, last=landed.number + most, front=front)
        if done.whole and not _stands_on(place, landed) and _ends_above(place, done):
            done.whole = False
            done.place = Place(swept=place.swept)
    else:  # what stood above the place is gone, too: begin anew
        done.place = Place(swept=place.swept)


def _stands_on(place: Place, page: Page) -> bool:
    """Tell whether a row of the place is on a page; then its date does not matter, and may well be wrong."""
    return not set(place.ids).isdisjoint(page.keys)


def _ends_above(place: Place, done: Sweep) -> bool:
    """Tell whether the list seems to end above the place, so that what is behind it was not seen."""
    return place.created is None or done.since is None or done.since > place.created


def _dates(page: Page) -> list[str]:
    """Keep the dates that there are: 30 February stands before or behind other dates for no reason."""
    return [text for text in dated(page.created) if _is_date(text)]


def _is_date(text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _ask(fetch: Callable[[int], Page], number: int, done: Sweep) -> Page:
    page = fetch(number)
    done.pages.append(page)
    return page


def _landed(fetch: Callable[[int], Page], place: Place, done: Sweep, *, hint: int) -> Page | None:
    """Find a page on which the place stands, or the last one above it: nothing between is left out."""
    above, below, step, number = 0, None, 1, hint
    best: Page | None = None
    while len(done.pages) < MOST_TRIES:
        page = _ask(fetch, number, done)
        if _stands_on(place, page):
            return page
        if place.created is None:
            return None
        dates = _dates(page)
        if dates and max(dates) > place.created:
            above, best = number, page
            if min(dates) <= place.created:
                return page
        else:
            below = number
        if below is None:
            number = above + step
        elif below - above <= 1:
            return best
        else:
            number = max(above + 1, below - step, 1) if above == 0 else (above + below) // 2
        step *= 2
    return best


def _go_down(fetch: Callable[[int], Page], page: Page, done: Sweep, *, last: int, front: Ids) -> None:
    """Read on page by page; two in a row that bring nothing further down may be the end of the list."""
    seen: set[Hashable] = set()
    top = max(_dates(page), default=None)
    barren = lap = 0
    while True:
        again = top is not None and max(_dates(page), default="") > top  # page 1, or what a burst pushed here
        stale = set(page.keys) <= seen
        lapped = bool(lap or (seen and not stale)) and _comes_round(fetch, page, done, lap=lap, front=front)
        if lap and lapped:
            done.whole = True
        elif again or stale or lapped:
            barren += 1
        else:
            barren = 0
            done.pass_by(page)
        lap = page.number - 1 if lapped else 0
        seen.update(page.keys)
        if barren > 1 and not done.whole:
            done.whole = barren == MOST_BARREN or _is_end(page, _ask(fetch, far_from(page.number), done))
        if done.whole:
            done.place = Place(swept=done.place.began)
        if done.whole or (page.number >= last and not barren):
            return
        page = _ask(fetch, page.number + 1, done)


def _comes_round(fetch: Callable[[int], Page], page: Page, done: Sweep, *, lap: int, front: Ids) -> bool:
    """Tell whether a page shows what stands at the front at the same time, as page 1, or one lap before.

    Rows that a burst pushed down here stand at one place only. Where all rows are of one moment, nothing else
    tells that a list begins anew. One page may be an error of the server; two in a row are none.
    """
    if not lap and front.isdisjoint(page.keys):
        return False
    before = _ask(fetch, page.number - lap if lap else 1, done)
    return similar(frozenset(page.keys), frozenset(before.keys))


def _is_end(page: Page, far: Page) -> bool:
    """Tell the end of a list from bursts that push pages back: there, any page shows what this one does."""
    return not (page.keys or far.keys) or similar(frozenset(page.keys), frozenset(far.keys))
