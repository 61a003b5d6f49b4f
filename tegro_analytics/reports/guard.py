"""Keep text that came from strangers from becoming a formula in a spreadsheet program.

A payer types the e-mail, the merchant's site writes ``payment_id``. A spreadsheet program takes a CSV cell
that begins with ``=``, ``+``, ``-`` or ``@`` as a formula, some of them also after spaces, invisible
characters or in full-width form. The guard is the apostrophe that these programs read as "this is text".

It is put at the beginning of a text, and inside a text after each character at which a program with other
settings would cut the line into cells: a Russian Excel cuts a comma file at ``;``, quotes or not, so that
``x;=1+1`` would arrive as a formula of its own.

A text that already looks guarded is guarded once more, so that taking the guard off gives back every text.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FORMULA", "cleaned_of_guard", "guard", "guarded", "looks_like_formula", "unguard"]

_BREAKS = "\t\r\n"
OTHER_SEPARATORS = ",;"
"""Cell separators of the dialects; a file that is cut at one of them is guarded after the other one too."""

# Every character whose compatibility form is = + - @, and the mathematical minus.
_DANGER = "=+\\-@⁺⁻⁼₊₋₌−⩵⩶﬩﹢﹣﹦﹫＋－＝＠"
# What programs skip or do not show: quotes, control characters, spaces, zero-width and other format
# characters, combining joiners, variation selectors, fillers. \x escapes, because both engines of the
# pattern know them.
_SKIPPED = (
    "'\"\\x00-\\x20\\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680"
    "\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
_INSIDE = f"[{_SKIPPED}]*[{_DANGER}]"
_START = f"[{_SKIPPED}]*[{_DANGER}\\t\\r]"
FORMULA = rf"\A{_START}"
"""Pattern of what :func:`looks_like_formula` finds, for the engines of whole columns."""
_STARTS = re.compile(_START)


def looks_like_formula(text: str) -> bool:
    """Tell whether a spreadsheet program may take a cell with this text for a formula.

    Examples
    --------
    >>> looks_like_formula("=1+1"), looks_like_formula(" \\ufeff-5"), looks_like_formula("Order #5 = paid")
    (True, True, False)
    """
    return _STARTS.match(text) is not None


def guard(text: str, *, separator: str = ",") -> str:
    """Guard a text for a CSV file whose cells are divided by ``separator``.

    Examples
    --------
    >>> guard("=1+1"), guard("x;=1+1"), guard("Order #5"), guard("'=1")
    ("'=1+1", "x;'=1+1", 'Order #5', "''=1")
    """
    return _places(separator).sub("'", text)


def unguard(text: str, *, separator: str = ",") -> str:
    """Take the guard off again: ``unguard(guard(text)) == text`` for every text.

    Examples
    --------
    >>> unguard("'=1+1"), unguard("'quoted'")
    ('=1+1', "'quoted'")
    """
    return _guards(separator).sub("", text)


def guarded(values: pa.Array, *, separator: str) -> pa.Array:
    """Guard every text of an Arrow array that needs it; the rest is not touched."""
    return _replaced(
        values, pattern=_candidates(separator), change=functools.partial(guard, separator=separator)
    )


def cleaned_of_guard(values: pa.Array, *, separator: str) -> pa.Array:
    """Take the guard off every text of an Arrow array."""
    return _replaced(values, pattern="'", change=functools.partial(unguard, separator=separator))


def _breaks(separator: str) -> str:
    """List where a program with other settings begins a new cell."""
    return _BREAKS + OTHER_SEPARATORS.replace(separator, "")


@functools.cache
def _places(separator: str) -> re.Pattern[str]:
    """Find the places where the apostrophe goes: it changes nothing of what the look-aheads see."""
    return re.compile(rf"\A(?={_START})|(?<=[{_breaks(separator)}])(?={_INSIDE})")


@functools.cache
def _guards(separator: str) -> re.Pattern[str]:
    """Find the apostrophes that stand at such a place."""
    return re.compile(rf"\A'(?={_START})|(?<=[{_breaks(separator)}])'(?={_INSIDE})")


def _candidates(separator: str) -> str:
    """Say the same as :func:`_places` without look-around, for the engine that runs over whole columns."""
    return rf"\A{_START}|[{_breaks(separator)}]{_INSIDE}"


def _replaced(values: pa.Array, *, pattern: str, change: functools.partial[str]) -> pa.Array:
    """Change the few texts that match ``pattern``, in Python; find them in Arrow."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.fill_null(pc.match_substring_regex(values, pattern), False)
    if not pc.any(found).as_py():
        return values
    changed = [change(text) for text in values.filter(found).to_pylist()]
    return pc.replace_with_mask(values, found, pa.array(changed, values.type))
