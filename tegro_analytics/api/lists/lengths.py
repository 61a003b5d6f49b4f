"""How long pages are, and whether they became longer on the way: a reason to look again, no more."""

from __future__ import annotations

from dataclasses import dataclass

from tegro_analytics.api.lists.look import Look

__all__ = ["Lengths"]


@dataclass(slots=True)
class Lengths:
    """Follow the lengths of the pages of a walk.

    Examples
    --------
    >>> lengths = Lengths()
    >>> some, more = frozenset({9, 8}), frozenset({6, 5, 4})
    >>> lengths.add(Look(1, ids=some, new=some)), lengths.add(Look(2, ids=more, new=more))
    (False, True)
    >>> lengths.outgrown(Look(1, ids=some)), lengths.outgrown(Look(1, ids=some | more))
    (False, True)
    """

    largest: int = 0
    """Rows of the longest page that brought something unseen."""
    _longest: int = 0
    """The same since a page that repeated rows, as pages do when they become shorter."""
    _longest_before: int = 0

    def add(self, look: Look) -> bool:
        """Take in the next page of the way, and say whether it is longer than pages were."""
        rows = len(look.ids)
        longer = not look.stale and rows > self._longest and look.number > 1
        self._longest_before = self._longest
        self._longest = rows if look.repeats else max(self._longest, rows)
        self.largest = self.largest if look.stale else max(self.largest, rows)
        return longer

    def outgrown(self, look: Look) -> bool:
        """Tell whether a page, read again, is longer than pages were before the one just added."""
        return len(look.ids) > self._longest_before
