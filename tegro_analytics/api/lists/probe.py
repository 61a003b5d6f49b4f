"""Pages asked for to find out what a page is that brought little or nothing unseen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from tegro_analytics.api.lists.look import Ids, Look, similar

__all__ = ["Probe"]


@dataclass(slots=True)
class Probe:
    """Hold two pages far behind the list, and pages 1 and 2 as they are now.

    Examples
    --------
    >>> last = Look(4, (1,), (None,), ids=frozenset({1}))
    >>> front = Look(1, (9, 8), (None, None), ids=frozenset({9, 8}))
    >>> Probe(far=last, further=last).names(last, front)
    'clamp'
    >>> Probe(far=front).names(front, front), Probe().names(last, front)
    ('first_page', None)
    """

    far: Look = field(default_factory=Look)
    further: Look = field(default_factory=Look)
    """The page behind: where a list wraps, the far page may have been this very one by chance."""
    front: Look = field(default_factory=Look)
    second: Ids = frozenset()

    def names(self, this: Look, front: Look) -> Literal["first_page", "clamp"] | None:
        """Name the end that a page looks like, with page 1 at hand; None if it looks like none."""
        if similar(this.ids, front.ids) and similar(self.far.ids, front.ids):
            return "first_page"
        like_last = similar(self.further.ids, this.ids) or similar(self.further.ids, self.far.ids)
        return "clamp" if similar(self.far.ids, this.ids) and like_last else None

    def tells_of_one_page(self, this: Look) -> str:
        """Say that all pages show the same rows."""
        return (
            f"Pages 1, {this.number} and {self.far.number} hold the same {len(this.ids)} rows: "
            "either they are all, or the server ignores the page number and shows no more. Compare the count "
            "with the cabinet"
        )

    def tells_of_the_only_page(self, this: Look) -> str:
        """Say that page 2 shows page 1, whose rows are too few for a full page."""
        return (
            f"Page 1 came again as page 2: its {len(this.ids)} rows are taken for the whole list; a server "
            "that ignores the page number would look the same"
        )

    def tells_of_a_gap(self, first: Look, last: Look) -> str:
        """Say that pages without rows stand before one that has some."""
        return f"Pages {first.number} to {last.number} hold no rows, though page {self.far.number} does"
