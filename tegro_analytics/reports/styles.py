"""The look of every workbook: one quiet palette, one set of formats."""

from __future__ import annotations

from typing import Any

__all__ = ["DATE", "INSTANT", "INTEGER", "PERCENT", "Styles", "money_format"]

INK = "#1F2933"
GREY = "#6B7785"
RULE = "#D5DBE1"
BAND = "#F3F6F8"
ACCENT = "#1F5F7A"
WARNING = "#8A4B08"
WARNING_FILL = "#FFF6E5"
FONT = "Calibri"

DATE = "dd.mm.yyyy"
INSTANT = "dd.mm.yyyy hh:mm:ss"
INTEGER = "#,##0"
PERCENT = "0.0%"

_BASE = {"font_name": FONT, "font_size": 11, "font_color": INK, "valign": "vcenter"}
_NAMED: dict[str, dict[str, Any]] = {
    "plain": {},
    "title": {"font_size": 18, "bold": True, "font_color": ACCENT},
    "subtitle": {"font_size": 11, "font_color": GREY},
    "section": {"font_size": 12, "bold": True, "font_color": ACCENT, "bottom": 1, "bottom_color": RULE},
    "note": {"font_size": 9, "font_color": GREY},
    "note_wrapped": {"font_size": 9, "font_color": GREY, "text_wrap": True, "valign": "top"},
    "warning": {"font_color": WARNING, "bg_color": WARNING_FILL, "text_wrap": True, "valign": "top"},
    "sandbox": {"bold": True, "font_color": "#FFFFFF", "bg_color": WARNING, "align": "center"},
    "label": {"font_color": GREY},
    "wrapped": {"text_wrap": True, "valign": "top"},
    "head": {
        "bold": True,
        "font_color": "#FFFFFF",
        "bg_color": ACCENT,
        "text_wrap": True,
        "valign": "vcenter",
        "align": "left",
    },
    "head_right": {
        "bold": True,
        "font_color": "#FFFFFF",
        "bg_color": ACCENT,
        "text_wrap": True,
        "valign": "vcenter",
        "align": "right",
    },
    "total": {"bold": True, "top": 1, "top_color": INK, "bg_color": BAND},
    "missing": {"font_color": GREY, "align": "right"},
    "text": {"num_format": 49},
    "number_text": {"num_format": 49, "align": "right"},
}


class Styles:
    """Make the formats of one workbook, each once.

    Parts are put together by name, and further properties are added: ``styles("total", num_format="0")``.
    """

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[Any, ...], Any] = {}

    def __call__(self, *names: str, **properties: Any) -> Any:
        """Give the format with these parts and properties."""
        key = (*names, *sorted(properties.items()))
        if key not in self._made:
            whole = dict(_BASE)
            for name in names:
                whole |= _NAMED[name]
            self._made[key] = self._book.add_format(whole | properties)
        return self._made[key]


def money_format(places: int, *, most: int | None = None) -> str:
    """Write the number format of amounts: thousands apart, and the places of the currency.

    ``most`` allows more places where an amount has more.

    Examples
    --------
    >>> money_format(2), money_format(0), money_format(2, most=8)
    ('#,##0.00', '#,##0', '#,##0.00######')
    """
    tail = "0" * places + "#" * ((most or places) - places)
    return f"#,##0.{tail}" if tail else "#,##0"
