"""Read a page of the report as a browser would: what stands in it, and what it consists of."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Table:
    """A table as texts."""

    caption: str = ""
    heads: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def by_label(self) -> dict[str, list[str]]:
        return {row[0]: row[1:] for row in self.rows}


class Page(HTMLParser):
    """Everything that is found in a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[Table] = []
        self.texts: list[str] = []
        self.style = ""
        self._open: list[str] = []
        self.feed(source)
        self.close()

    def table(self, caption: str) -> Table:
        return next(table for table in self.tables if table.caption == caption)

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [given for name, given in self.elements if name in names]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in ("meta", "img"):
            return
        self._open.append(tag)
        if tag == "table":
            self.tables.append(Table())
        if tag == "tr" and "thead" not in self._open:
            self.tables[-1].rows.append([])
        if tag in ("td", "th") and "thead" not in self._open:
            self.tables[-1].rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        within = self._open[-1] if self._open else ""
        if within == "style":
            self.style += data
            return
        self.texts.append(data)
        if within == "caption":
            self.tables[-1].caption = data
        elif within in ("td", "th") and "thead" in self._open:
            self.tables[-1].heads.append(data)
        elif within in ("td", "th"):
            self.tables[-1].rows[-1][-1] += data
