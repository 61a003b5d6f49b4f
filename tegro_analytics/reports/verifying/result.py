"""What came of a verification: is the workbook what the store knew, and where is it not."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from tegro_analytics.texts import language, plural, tr

__all__ = ["KEPT", "SHOWN", "Difference", "Verification"]

KEPT = 1_000
"""So many differences are kept; all are counted."""

SHOWN = 20
"""So many of them are printed."""

Kind = Literal["cell", "missing", "extra", "order", "file"]


@dataclass(frozen=True, slots=True)
class Difference:
    """Say where a workbook differs, as it may be shown: e-mails and long numbers in it are masked.

    Attributes
    ----------
    sheet, cell
        Where it stands; for the file of orders beside the workbook, its name comes before the sheet.
    in_file, computed
        What stands there, and what the store says; a formula begins with ``=``, nothing is an empty text.
    kind
        ``cell``; or, of whole sheets, ``missing`` or ``extra``; ``order`` where the sheets stand otherwise;
        ``file`` where the file beside the workbook is not there.
    """

    sheet: str
    cell: str
    in_file: str
    computed: str
    kind: Kind = "cell"

    def to_text(self, lang: str | None = None) -> str:
        """Say it in one line."""
        nothing = tr("verify.nothing", lang)
        return tr(
            f"verify.differs.{self.kind}",
            lang,
            sheet=self.sheet,
            cell=self.cell,
            in_file=self.in_file or nothing,
            computed=self.computed or nothing,
        )


@dataclass(frozen=True, repr=False)
class Verification:
    """Say whether a workbook is what the store knew at the moment of the report.

    Attributes
    ----------
    ok
        Whether every cell is.
    path
        The workbook.
    cells
        How many cells were compared: their values, and apart from these the formulas.
    different
        How many of them differ, and sheets and files that are missing.
    differences
        The first of these, 1,000 at most.
    as_of
        The moment of the report.
    zone, shop_id, sandbox
        Of what it is.
    made_with, verified_with
        The versions that wrote it and that verified it: another version may compute otherwise.
    """

    ok: bool
    path: Path
    cells: int
    different: int
    differences: tuple[Difference, ...]
    as_of: dt.datetime
    zone: str
    shop_id: str
    sandbox: bool
    made_with: str
    verified_with: str
    lang: str | None = None

    def __bool__(self) -> bool:
        return self.ok

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can hold."""
        found = dataclasses.asdict(self)
        del found["lang"]
        differences = [dataclasses.asdict(one) for one in self.differences]
        return {**found, "path": str(self.path), "as_of": self.as_of.isoformat(), "differences": differences}

    def __str__(self) -> str:
        lang = language(self.lang)
        moment = self.as_of.astimezone(ZoneInfo(self.zone))
        mark = tr("shop.sandbox_mark", lang) + " " if self.sandbox else ""
        line = tr(
            "verify.same" if self.ok else "verify.different",
            lang,
            file=self.path.name,
            cells=plural("count.cells", self.cells, lang),
            different=plural("count.places", self.different, lang),
            moment=f"{moment:%d.%m.%Y %H:%M} ({self.zone})",
        )
        return f"{mark}{line}{self._versions(lang)}"

    __repr__ = __str__

    def _versions(self, lang: str) -> str:
        if self.made_with == self.verified_with:
            return ""
        versions = tr("verify.versions", lang, made=self.made_with, verified=self.verified_with)
        return f" {versions}"

    def lines(self) -> Iterator[str]:
        """Say it in lines: how it ended, and the first of what differs."""
        yield str(self)
        for difference in self.differences[:SHOWN]:
            yield f"  {difference.to_text(self.lang)}"
        if self.different > SHOWN:
            yield f"  {tr('verify.more', self.lang, count=self.different - SHOWN)}"

    def _repr_html_(self) -> str:
        from html import escape

        first, *others = self.lines()
        rows = "".join(f"<li style='text-align:left'>{escape(line.strip())}</li>" for line in others)
        return f"<div style='text-align:left'>{escape(first)}{f'<ul>{rows}</ul>' if rows else ''}</div>"
