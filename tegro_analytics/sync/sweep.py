"""The rolling sweep: some pages of each run, further and further down the list, until all of it was seen.

A run that looks for what is new sees the young rows alone, and nothing in the API says that an old one has
changed. So each run reads some pages more, from where the run before it ended, to the end of the list; then
the sweep begins anew below the young rows. It goes by the dates of creation, which is why it is for lists
that stand newest first: a page number is a hint, for rows come in and go away.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from tegro_analytics.api.lists.page import Page
from tegro_analytics.api.lists.pass_report import dated

__all__ = ["Place", "Sweep", "sweep"]

MOST_TRIES = 16
"""So many pages are asked for, at most, to find where the sweep before ended."""


@dataclass(frozen=True, slots=True)
class Place:
    """Say how far a sweep has come.

    Attributes
    ----------
    page : int or None
        The page that was read last; None where a sweep is to begin.
    created : str or None
        The oldest date met on it, as received.
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

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can hold."""
        moments = {name: getattr(self, name) for name in ("began", "swept")}
        shown = {name: moment and moment.isoformat() for name, moment in moments.items()}
        return {"page": self.page, "created": self.created, **shown}

    @classmethod
    def from_dict(cls, known: Mapping[str, Any] | None, *, swept: dt.datetime | None = None) -> Self:
        """Take what :meth:`to_dict` gave; a whole reading that came later counts, too, and ends the sweep."""
        if known is None:
            return cls(swept=swept)
        began, before = (dt.datetime.fromisoformat(at) if (at := known[name]) else None for name in _MOMENTS)
        if swept is not None and (before is None or swept > before):
            return cls(swept=swept)
        return cls(known["page"], known["created"], began, before)


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
    """

    pages: list[Page] = field(default_factory=list)
    place: Place = Place()
    whole: bool = False


def sweep(
    fetch: Callable[[int], Page],
    place: Place,
    *,
    most: int,
    start: int,
    came_in: int,
    page_size: int,
    now: dt.datetime,
) -> Sweep:
    """Read some pages of a list that stands newest first, from where the sweep before ended.

    Parameters
    ----------
    fetch
        Asks the API for a page, from 1.
    place
        Where the sweep before ended.
    most
        How many pages to read; to find the place may take some more.
    start
        The page on which what is new has ended: where a sweep begins.
    came_in
        How many rows have come in since the run before; they pushed the place down.
    page_size
        Rows on a full page.
    now
        When the run began.

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
    ([4, 5, 6, 7, 8, 9], True, True)
    """
    done = Sweep(place=replace(place, began=place.began or now))
    if most < 1:
        done.place = place
        return done
    if place.page is None or place.created is None:
        page: Page | None = _ask(fetch, start, done)
    else:
        page = _landed(fetch, place, done, hint=place.page + came_in // max(page_size, 1))
    if page is None:  # what stood above the place is gone, too: begin anew
        done.place = Place(swept=place.swept)
    else:
        _go_down(fetch, page, done, most=most)
    return done


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
        dates = dated(page.created)
        if dates and max(dates) >= str(place.created):
            above, best = number, page
            if min(dates) <= str(place.created):
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


def _go_down(fetch: Callable[[int], Page], page: Page, done: Sweep, *, most: int) -> None:
    """Read on page by page; two in a row that bring nothing further down are the end of the list."""
    seen: set[Hashable] = set()
    lowest: str | None = None
    barren, last = 0, page.number + most - 1
    while True:
        dates = dated(page.created)
        again = bool(dates) and lowest is not None and min(dates) > lowest  # page 1 stands there again
        if set(page.keys) <= seen or again:
            barren += 1
        else:
            barren, lowest = 0, min([lowest or dates[0], *dates]) if dates else lowest
            done.place = replace(done.place, page=page.number, created=lowest)
        seen.update(page.keys)
        if barren > 1:
            done.whole, done.place = True, Place(swept=done.place.began)
        if done.whole or (page.number >= last and not barren):
            return
        page = _ask(fetch, page.number + 1, done)
