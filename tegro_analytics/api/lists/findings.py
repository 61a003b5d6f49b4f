"""What one way through a list has come to: how it ended, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tegro_analytics.api.lists.pass_report import EndSeen

__all__ = ["Findings"]

SHOWN = 5


@dataclass(slots=True)
class Findings:
    """Gather what a walk finds out.

    Examples
    --------
    >>> findings = Findings(end="empty", complete=True)
    >>> findings.sound
    True
    >>> findings.miss("Pages became shorter while the list was read, before page 7")
    >>> findings.sound, findings.warnings
    (False, ['Pages became shorter while the list was read, before page 7'])
    """

    end: EndSeen = "unknown"
    complete: bool = False
    """Whether the walk reached an end of the list."""
    missed: bool = False
    """Whether rows were passed by, proven or likely: the list should be walked again."""
    gaps: list[int] = field(default_factory=list)
    """Pages without rows, refused or empty, after which more rows came."""
    doubts: list[str] = field(default_factory=list)
    """What else speaks against the walk having met every row."""
    remarks: list[str] = field(default_factory=list)
    """What a person should know besides."""

    def miss(self, why: str) -> None:
        """Note that rows were passed by, or may have been."""
        self.missed = True
        self.remarks.append(why)

    @property
    def sound(self) -> bool:
        """Whether an end was reached, and nothing speaks against every row having been met."""
        return self.complete and not (self.missed or self.gaps or self.doubts)

    @property
    def warnings(self) -> list[str]:
        """What a person should know, in plain words."""
        shown = ", ".join(str(number) for number in self.gaps[:SHOWN])
        more = f" and {len(self.gaps) - SHOWN} more" if len(self.gaps) > SHOWN else ""
        gaps = [f"Pages without rows, though later pages hold rows: {shown}{more}"] if self.gaps else []
        return [*gaps, *self.doubts, *self.remarks]
