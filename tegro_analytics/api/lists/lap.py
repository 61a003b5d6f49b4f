"""A list that begins again after its last page: known by its first pages, which come again in their order."""

from __future__ import annotations

from dataclasses import dataclass, field

from tegro_analytics.api.lists.look import Ids, Look, similar

__all__ = ["Lap"]

LONGEST = 20
"""So many pages in a row that come again are taken for a whole lap."""


@dataclass(slots=True)
class Lap:
    """Follow the pages of a walk, and notice when its first pages come again.

    A burst of rows that fills whole pages pushes page 1 back, and so looks the same; but then page 1 itself
    shows other rows now. So a whole lap is to be confirmed by page 1.
    """

    start: int | None = None
    """The page from which on they seem to come again."""
    begin: list[Ids] = field(default_factory=list)
    """The first pages of the walk; those of an interrupted one, where it goes on with that."""
    _first: Ids = frozenset()

    def follow(self, look: Look) -> bool:
        """Take in the next page of the walk, and say whether it belongs to a lap."""
        if look.number == len(self.begin) + 1 <= LONGEST:
            self.begin.append(look.ids)
        if self.start is None:
            self._notice(look)
        if self.start is None:
            return False
        place = look.number - self.start
        before = self.begin[place] if place < self._length else None
        if before is not None and (similar(look.ids, before) or not (look.ids or before)):
            return True
        self.start = None
        return False

    def is_whole(self, look: Look) -> bool:
        """Tell whether this page is the last one of the lap."""
        return self.start is not None and look.number - self.start + 1 == self._length

    def is_confirmed(self, front: Look) -> bool:
        """Tell by page 1, just read, whether it was a lap; it is over in any case."""
        first, self.start = self._first, None
        return similar(front.ids, first) or not (front.ids or first)

    @property
    def _length(self) -> int:
        return min((self.start or 1) - 1, len(self.begin))

    def _notice(self, look: Look) -> None:
        """See whether the first page with rows comes again, after at least two pages of a first lap."""
        skipped = next((place for place, ids in enumerate(self.begin) if ids), 0)
        start = look.number - skipped
        if start > max(2, skipped + 1) and similar(look.ids, self.begin[skipped]):
            self.start = start
            self._first = frozenset() if skipped else look.ids
