"""What the native charts of a report share: fonts, axes, and what they say to those who cannot see them."""

from __future__ import annotations

from typing import Any

from tegro_analytics.reports.styles import ACCENT, FONT, MUTED, RULE
from tegro_analytics.reports.workbook.page import Book

__all__ = ["GRIDLINES", "SIZE", "SMALL", "axis", "placed", "title_of"]

SMALL = {"name": FONT, "size": 9, "color": MUTED}
SIZE = {"width": 640, "height": 340}
_DAYS_AXIS = {
    "date_axis": True,
    "num_format": "dd.mm",
    "num_font": SMALL,
    "line": {"color": RULE},
    "major_tick_mark": "none",
    "major_unit_type": "days",
}
GRIDLINES = {
    "num_font": SMALL,
    "line": {"none": True},
    "major_gridlines": {"visible": True, "line": {"color": RULE, "width": 0.75}},
    "min": 0,
}
_LABELS = 8  # at least so many days have their date below them


def axis(days: int) -> dict[str, Any]:
    """Describe the axis of so many days: not all of them have their date below them."""
    return _DAYS_AXIS | {"major_unit": max(1, days // _LABELS)}


def title_of(text: str) -> dict[str, Any]:
    """Describe the title of a chart."""
    return {"name": text, "name_font": {"name": FONT, "size": 12, "bold": True, "color": ACCENT}}


def placed(book: Book, key: str, **values: object) -> dict[str, Any]:
    """Say what a chart shows to those who cannot see it."""
    period = book.figures.period.text(book.lang)
    return {"description": book.text(key, period=period, **values), "object_position": 3}
