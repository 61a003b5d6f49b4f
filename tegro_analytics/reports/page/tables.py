"""Tables that everybody can read: with a caption, and heads that say what they are the heads of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tegro_analytics.reports.page.cells import interval, is_number, shown
from tegro_analytics.reports.page.markup import Markup, joined, tag
from tegro_analytics.reports.workbook.figures import Row
from tegro_analytics.texts import tr

__all__ = ["Column", "plain_table", "table"]


_SHORT = 15
"""A table of so many rows is printed on one page."""


@dataclass(frozen=True, slots=True)
class Column:
    """Describe a column: which value it shows, and what stands below it in the row of totals."""

    name: str
    head: str
    kind: str
    total: Any = None
    spread: bool = field(default=False, kw_only=True)
    """Whether the interval of a rate stands behind it."""


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    lang: str,
    places: int = 2,
    marked: str = "",
) -> Markup:
    """Write rows of a metric; the first column is the head of its row.

    Parameters
    ----------
    caption
        What the table holds.
    columns, rows
        What is shown of what.
    lang, places
        The language, and the places of the currency.
    marked
        A column of yes or no: a row where it says no has an asterisk.
    """
    body = [
        [_cell(row, column, lang, places) + ("\xa0*" if not at and _is_open(row, marked) else "")
         for at, column in enumerate(columns)]
        for row in rows
    ]  # fmt: skip
    total = None
    if any(column.total is not None for column in columns):
        total = [tr("report.total", lang)] + [
            "" if column.total is None else shown(column.total, column.kind, lang=lang, places=places)
            for column in columns[1:]
        ]
    kinds = [column.kind for column in columns]
    return plain_table(caption, [column.head for column in columns], body, kinds=kinds, total=total)


def plain_table(
    caption: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    kinds: Sequence[str],
    total: Sequence[str] | None = None,
    strong: Sequence[int] = (),
) -> Markup:
    """Write cells that are texts already; ``strong`` are the places of rows that stand out."""
    styles = [_style(kind) for kind in kinds]
    head = tag(
        "tr",
        *(tag("th", text, scope="col", class_=style) for text, style in zip(heads, styles, strict=True)),
    )
    body = [_line(row, styles, "strong" if at in strong else None) for at, row in enumerate(rows)]
    parts = [tag("caption", caption), tag("thead", head), tag("tbody", *body)]
    if total is not None:
        parts.append(tag("tfoot", _line(total, styles, None)))
    # A region that scrolls must be within reach of the keyboard, and so must have a name.
    room = "wide short" if len(rows) <= _SHORT else "wide"
    return tag("div", tag("table", *parts), class_=room, role="region", aria_label=caption, tabindex="0")


def _style(kind: str) -> str | None:
    """Numbers stand to the right, what is short does not break, a text of others may break anywhere."""
    if is_number(kind):
        return "n"
    return None if kind == "text" else "k"


def _line(cells: Sequence[str], styles: Sequence[str | None], line: str | None) -> Markup:
    first, *rest = cells
    return tag(
        "tr",
        tag("th", first, scope="row", class_=styles[0]),
        joined(tag("td", cell, class_=style) for cell, style in zip(rest, styles[1:], strict=True)),
        class_=line,
    )


def _cell(row: Row, column: Column, lang: str, places: int) -> str:
    text = shown(row[column.name], column.kind, lang=lang, places=places)
    spread = interval(row, column.name, lang) if column.spread else ""
    return f"{text} ({spread})" if spread else text


def _is_open(row: Row, marked: str) -> bool:
    return bool(marked) and not row[marked]
