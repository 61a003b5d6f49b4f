"""Text that fits and that the font has: names come from people and from other systems."""

from __future__ import annotations

import functools
import unicodedata
from collections import Counter
from collections.abc import Sequence

from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import FT2Font
from matplotlib.textpath import text_to_path

from tegro_analytics.charts.drawing.style import FONT

__all__ = ["elide", "labels", "readable", "width", "wrap"]

ELLIPSIS = "…"
BOX = "□"


def readable(text: object) -> str:
    """Write a text with the glyphs that the font has: one that it lacks becomes a visible box.

    Line breaks and tabs become spaces; what is invisible, or turns the direction of writing, goes.

    Examples
    --------
    >>> readable("Оплата 支付\\n🔥")
    'Оплата □□ □'
    """
    composed = unicodedata.normalize("NFC", str(text))
    words = "".join(_glyph(character) for character in composed).split(" ")
    return " ".join(word for word in words if word).strip()


@functools.lru_cache(maxsize=4096)
def _glyph(character: str) -> str:
    category = unicodedata.category(character)
    if character.isspace():
        return " " if character not in "\u00a0\u202f\u2009" else character
    if category == "Cf" or "\ufe00" <= character <= "\ufe0f":
        return ""
    if category in ("Cc", "Cs", "Co", "Cn"):
        return BOX
    return character if _font().get_char_index(ord(character)) else BOX


@functools.lru_cache(maxsize=4096)
def width(text: str, size: float, *, bold: bool = False) -> float:
    """Measure a line of text in points."""
    properties = FontProperties(family=[FONT], size=size, weight="bold" if bold else "normal")
    return float(text_to_path.get_text_width_height_descent(text, properties, ismath=False)[0])


def elide(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Shorten a text to ``room`` points with … in its middle: the ends of names tell them apart.

    Examples
    --------
    >>> elide("Payment system of the northern branch", 120, 9)
    'Payment sys…ern branch'
    """
    if width(text, size, bold=bold) <= room:
        return text
    low, high = 0, len(text)
    while low < high:  # the most characters that still fit
        middle = (low + high + 1) // 2
        low, high = (
            (middle, high) if width(_shortened(text, middle), size, bold=bold) <= room else (low, middle - 1)
        )
    return _shortened(text, low)


def _shortened(text: str, kept: int) -> str:
    tail = kept // 2
    return text[: kept - tail].rstrip() + ELLIPSIS + (text[-tail:].lstrip() if tail else "")


def labels(
    names: Sequence[str],
    *,
    room: float,
    size: float,
    keys: Sequence[object] | None = None,
    unnamed: str = "—",
) -> list[str]:
    """Shorten names to ``room`` points so that different rows keep different labels.

    Names that look alike once shortened get their key, or else their number, behind them.

    Examples
    --------
    >>> labels(["支付", "北京"], room=100, size=9, keys=[71, 72])
    ['□□ (71)', '□□ (72)']
    """
    clean = [readable(name) or unnamed for name in names]
    short = [elide(name, room, size) for name in clean]
    seen = Counter(short)
    marks = keys if keys is not None else [f"#{number}" for number in range(1, len(clean) + 1)]
    result = []
    for full, label, mark in zip(clean, short, marks, strict=True):
        ending = f" ({mark})"
        alike = seen[label] > 1
        result.append(elide(full, room - width(ending, size), size) + ending if alike else label)
    return result


def wrap(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Break a text into lines of at most ``room`` points; a word that is longer is shortened."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, bold=bold) <= room:
            lines[-1] = longer
        else:
            lines.append(elide(word, room, size, bold=bold))
    return "\n".join(lines)


def _font() -> FT2Font:
    return get_font(findfont(FontProperties(family=[FONT])))
