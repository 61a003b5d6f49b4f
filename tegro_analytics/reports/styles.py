"""The look of every workbook: one quiet palette, one set of formats."""

from __future__ import annotations

from typing import Any

__all__ = [
    "CHANGE",
    "DATE",
    "DURATION",
    "FINE_PERCENT",
    "INSTANT",
    "INTEGER",
    "MONTH",
    "PERCENT",
    "Styles",
    "money_format",
]

INK = "#1B2733"
MUTED = "#5B6876"
RULE = "#DDE3E8"
BAND = "#EEF3F7"
ACCENT = "#0072B2"
DEEP = "#8FC4E3"
AMBER = "#7A4A00"
PALE_AMBER = "#FFF5E0"
FONT = "Calibri"

DATE = "dd.mm.yyyy"
MONTH = "mm.yyyy"
INSTANT = "dd.mm.yyyy hh:mm:ss"
INTEGER = "#,##0"
PERCENT = "0.0%"
FINE_PERCENT = "0.00%"
CHANGE = "+0.0%;-0.0%;0.0%"
DURATION = "[h]:mm:ss"
_TEXT = 49  # the built-in format @: what is typed into such a cell stays text

_BASE = {"font_name": FONT, "font_size": 11, "font_color": INK, "valign": "vcenter"}
_HEAD = {
    "bold": True,
    "bg_color": BAND,
    "text_wrap": True,
    "top": 1,
    "top_color": RULE,
    "bottom": 2,
    "bottom_color": ACCENT,
}
_NAMED: dict[str, dict[str, Any]] = {
    "plain": {},
    "text": {"num_format": _TEXT, "align": "left", "indent": 1},
    "number_text": {"num_format": _TEXT, "align": "right"},
    "title": {"font_size": 18, "bold": True, "font_color": ACCENT},
    "subtitle": {"font_color": MUTED, "text_wrap": True, "valign": "top"},
    "section": {"font_size": 13, "bold": True, "font_color": ACCENT},
    "label": {"font_color": MUTED},
    "note": {"font_size": 9, "font_color": MUTED, "valign": "top"},
    "note_wrapped": {"font_size": 9, "font_color": MUTED, "valign": "top", "text_wrap": True, "indent": 1},
    "plain_wrapped": {"text_wrap": True, "valign": "top", "indent": 1},
    "warning": {"font_color": AMBER, "bg_color": PALE_AMBER, "text_wrap": True, "indent": 1},
    "warning_head": {"bold": True, "font_color": AMBER, "bg_color": PALE_AMBER, "indent": 1},
    "sandbox": {"bold": True, "font_color": "#FFFFFF", "bg_color": AMBER, "indent": 1},
    "wrapped": {"text_wrap": True},
    "rule": {"text_wrap": True, "indent": 1},
    "head": {**_HEAD, "align": "left", "indent": 1},
    "head_right": {**_HEAD, "align": "right"},
    "line": {"bottom": 4, "bottom_color": RULE},
    "strong": {"bold": True},
    "unfinished": {"italic": True, "font_color": MUTED},
    "left": {"align": "left", "indent": 1},
    "missing": {"font_color": MUTED, "align": "right"},
    "total": {"bold": True, "top": 1, "top_color": INK, "bg_color": BAND},
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


def money_format(places: int, *, most: int = 0, aligned: bool = False) -> str:
    """Write the number format of amounts: thousands apart, and the places of the currency.

    ``most`` allows more places where an amount has more; ``aligned`` keeps their room where it has not, so
    that the points of a column stand below each other.

    Examples
    --------
    >>> money_format(2), money_format(0), money_format(2, most=5), money_format(2, most=5, aligned=True)
    ('#,##0.00', '#,##0', '#,##0.00###', '#,##0.00???')
    """
    tail = "0" * places + ("?" if aligned else "#") * (max(most, places) - places)
    return f"#,##0.{tail}" if tail else "#,##0"
