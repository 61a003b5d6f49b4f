"""How far a reading has come: kept beside the pages that it gave, so that another one can go on from there.

A reading that is interrupted leaves pages behind, in the order in which they were given. Most of them are
pages of the way, one after the other; among them stand others: page 1 again, far pages, second rounds. Of the
way itself the last pages may still have had to be made sure of. So a :class:`Mark` says which pages of the
way can be relied on, as *legs*: places in that order where the way begins, or begins again after an
interruption.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tegro_analytics.api.lists.walk import MOST_BARREN

__all__ = ["ALL", "Course", "Leg", "Mark"]


@dataclass(frozen=True, slots=True)
class Leg:
    """Say where a part of the way begins among the pages given, and how far it can be relied on."""

    begin: int
    """So many pages had been given before."""
    first: int
    """The number of its first page."""
    sure: int
    """The number of the last page that was made sure of; less than ``first`` if none was."""

    def goes_on(self, at: int, number: int) -> bool:
        """Tell whether a page that was given after page ``at`` of the leg is the next one of it.

        Pages without rows are not given, so some numbers may be missing.

        Examples
        --------
        >>> leg = Leg(begin=0, first=1, sure=40)
        >>> [leg.goes_on(17, number) for number in (18, 20, 17, 1, 1017)]
        [True, True, False, False, False]
        """
        return at < number <= min(self.sure, at + 1 + MOST_BARREN)


@dataclass(frozen=True, slots=True)
class Mark:
    """Say how far a reading has come; see ``PageStream.mark``.

    Attributes
    ----------
    walk : int
        The number of its walk through the list, from 1.
    legs : tuple of Leg
        The way of that walk. After each interruption come two more: page 1 and on, to where the earlier pages
        were met again, and the way from where that ended. The second one is missing if it was not found yet.
    doubts, remarks : tuple of str
        What speaks against this walk having met every row, and what a person should know besides.

    Examples
    --------
    >>> mark = Mark(2, (Leg(10_004, 1, 871),), remarks=("Page 2 was longer when read again",))
    >>> Mark.from_dict(mark.to_dict()) == mark
    True
    """

    walk: int
    legs: tuple[Leg, ...]
    doubts: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can hold."""
        return {
            "walk": self.walk,
            "legs": [[leg.begin, leg.first, leg.sure] for leg in self.legs],
            "doubts": list(self.doubts),
            "remarks": list(self.remarks),
        }

    @classmethod
    def from_dict(cls, known: Mapping[str, Any]) -> Mark:
        """Take what :meth:`to_dict` gave."""
        legs = tuple(Leg(*leg) for leg in known["legs"])
        return cls(known["walk"], legs, tuple(known["doubts"]), tuple(known["remarks"]))

    @property
    def whole_legs(self) -> tuple[Leg, ...]:
        """The legs without one that was begun after an interruption and met nothing yet."""
        return self.legs if len(self.legs) % 2 else self.legs[:-1]


ALL = Mark(1, (Leg(0, 1, sys.maxsize),))
"""The mark of a first walk, all of whose pages can be relied on."""


class Course:
    """Keep the legs of a reading up to date.

    Examples
    --------
    >>> course = Course()
    >>> course.given = 4
    >>> course.note(3, landed=None)
    >>> course.legs
    [Leg(begin=0, first=1, sure=3)]
    """

    def __init__(self) -> None:
        self.given = 0
        """How many pages were given, those of the reading that was interrupted included."""
        self.legs = [Leg(0, 1, 0)]

    def begin_walk(self) -> None:
        """Begin the way anew."""
        self.legs = [Leg(self.given, 1, 0)]

    def resume(self, legs: tuple[Leg, ...], *, given: int) -> None:
        """Go on after the legs of an earlier reading; none of them, if they are of no use."""
        self.given = given
        self.legs = [*legs, Leg(given, 1, 0)]

    def note(self, sure: int, *, landed: int | None) -> None:
        """Take note of how far the way can be relied on, and on which page an earlier one was met again."""
        if landed is not None and not len(self.legs) % 2:
            self.legs.append(Leg(self.given, landed + 1, landed))
        else:
            self.legs[-1] = replace(self.legs[-1], sure=sure)
