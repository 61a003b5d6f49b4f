"""Page 1, each time that it is read, and what it says of the pages behind it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from tegro_analytics.api.lists.look import Ids, Look
from tegro_analytics.api.lists.pass_report import dated

__all__ = ["Front"]


@dataclass(slots=True)
class Front:
    """Compare page 1 with what it was, and other pages with it.

    Where rows only come in, page 1 keeps a beginning of its rows in their order, with younger ones among
    them. All else says that rows went away, or that the order or the size of the pages changed: then rows may
    have moved past the reader.
    """

    first: Ids = frozenset()
    """The rows of its first reading."""
    newest: str | None = None
    """The newest date of creation among them."""
    _last: tuple[Hashable, ...] = ()
    _ever: set[Hashable] = field(default_factory=set)
    _apart: bool = False
    _older: bool = False

    def start(self, look: Look) -> None:
        """Take in the first reading."""
        self.first = look.ids
        self.newest = max(dated(look.created), default=None)
        self._keep(look)

    def compare(self, look: Look, *, asked: Iterable[Look]) -> str | None:
        """Compare another reading with those before, and say what speaks against a quiet list, if anything.

        ``asked`` are pages read just before under other numbers: a server may have shown page 1 for them.
        """
        excused = self._ever.union(*(other.ids for other in asked))
        moved = look.ids - look.new - excused
        kept = [key in look.ids for key in self._last]
        self._keep(look)
        if not self.first and look.ids:
            return "The first rows came in while the list was read"
        if moved:
            return f"{len(moved)} rows of later pages moved up to page 1 while the list was read"
        if kept != sorted(kept, reverse=True):
            return "Rows of page 1 went away while the list was read"
        if self._shows_older(look):
            return "Page 1 shows rows that were not met on the way, though they are not new"
        return None

    def compare_later(self, look: Look) -> None:
        """Take in a later page: is it another page indeed, and not page 1 with what came in meanwhile?"""
        self._apart = self._apart or (bool(self.first) and not look.ids & self.first)
        self._older = self._older or self._shows_older(look)

    def turns(self, look: Look) -> bool:
        """Tell, with page 1 at hand again, whether page numbers were seen to turn pages.

        They do where a later page showed rows older than page 1 did, or shared none with page 1, though some
        of its rows still stand on it.
        """
        return self._older or (self._apart and bool(self.first & look.ids))

    def _keep(self, look: Look) -> None:
        self._last = look.keys
        self._ever |= look.ids

    def _shows_older(self, look: Look) -> bool:
        """Tell whether a page shows unseen rows older than the newest of the first reading."""
        pairs = zip(look.keys, look.created, strict=True)
        unseen = dated(date for key, date in pairs if key in look.new)
        return self.newest is not None and bool(unseen) and min(unseen) < self.newest
