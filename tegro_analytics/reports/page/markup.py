"""HTML by construction: what is not marked as HTML is text, and text is escaped."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable

__all__ = ["Markup", "css_text", "joined", "readable", "tag"]

_VOID = ("img", "meta")
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""What cannot be seen, turns the direction of writing, or cannot be written as UTF-8."""
_KEPT = "\n\t\u00ad\u200d"


class Markup(str):
    """Be HTML already."""

    __slots__ = ()


def tag(element: str, /, *children: str, **attributes: str | None) -> Markup:
    """Write an element.

    Parameters
    ----------
    element
        Its name.
    *children
        What stands in it, in order; a text is escaped, a :class:`Markup` is not.
    **attributes
        ``class_`` is ``class``, ``aria_label`` is ``aria-label``; what is None is left out.

    Examples
    --------
    >>> tag("p", "1 < 2", tag("b", "!"), class_="note", id=None)
    '<p class="note">1 &lt; 2<b>!</b></p>'
    """
    given = "".join(
        f' {key.strip("_").replace("_", "-")}="{_escaped(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if element in _VOID:
        return Markup(f"<{element}{given}>")
    return Markup(f"<{element}{given}>{joined(children)}</{element}>")


def joined(children: Iterable[str]) -> Markup:
    """Put elements and texts behind one another."""
    return Markup("".join(one if isinstance(one, Markup) else _escaped(one) for one in children))


def readable(text: str) -> str:
    """Show what cannot be seen in a text as a sign of its own.

    Examples
    --------
    >>> readable("a\\x00b\\u202ec")
    'a\ufffdb\ufffdc'
    """
    return "".join(
        "\ufffd" if unicodedata.category(letter) in _HIDDEN and letter not in _KEPT else letter
        for letter in text
    )


def css_text(text: str) -> str:
    """Write a text for a style sheet: letters and digits, and everything else by its number.

    Examples
    --------
    >>> css_text("A</style>")
    '"A\\\\00003c\\\\00002fstyle\\\\00003e"'
    """
    return '"' + "".join(_css_letter(letter) for letter in readable(text)) + '"'


def _css_letter(letter: str) -> str:
    return letter if letter.isascii() and letter.isalnum() else f"\\{ord(letter):06x}"


def _escaped(text: str) -> str:
    return html.escape(readable(text), quote=True)
