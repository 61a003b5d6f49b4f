"""The table as a page for a reader: what was measured, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from tests.fire.field import READS, Cell
from tests.fire.measure import Measured
from tests.fire.table import ANSWERED, EMPTY_PAGE, SECTIONS

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
COMMAND = "python -m tests.fire.write_table"

_WHAT = re.compile(r"orders: (.*?)(?: \(HTTP \d+\))?(?:, after \d+ attempts)?(?:: .*|\. .*)", re.DOTALL)

TOP = f"""# What a fault on the wire comes to

Every fault that the sandbox can show, on every method of the API. **How to read it**: in the row of a fault
stands what a call comes to while the fault stays, and after how many attempts where it is not one; `shops`,
`balance`, `order`, `orders`, `withdrawals` and `withdrawal` come to the same and share the column "reads".

An attempt is a request with a nonce of its own. A read is asked again where that may help: at most 5 attempts
in 60 seconds, with growing pauses, or with the pause that Retry-After asks for; fewer while many calls of the
key get no answer. If the fault has gone by then, the read is answered. A call that moves money is sent once;
it is tried again only where it is proven that nothing was sent. What the faults are:
`tegro_analytics/sandbox/faults.py`; `tegro sandbox --fault NAME` shows one.

This page is measured, and a test holds it against a new measurement. `{COMMAND}` writes it.
"""

_EDGE = (
    "Try again later; for the code 1010 from another network. For a redirect look at `base_url`. The "
    "provider's support wants the code and the ray id (`error.ray`)."
)
_LOOK = (
    "Look before you call again: `client.order(payment_id=…)`, or `client.withdrawal(payment_id=…)` and the "
    "list of withdrawals. What is not there at once may come later."
)
_LATER = "Try again later; what was read before stands."

MEANINGS = {
    "answered": ("The data is whole.", "Nothing."),
    "empty page": (
        "Past page 1 of a list this may be how the API tells the end.",
        "Nothing: `iter_orders` and `iter_withdrawals` find out, and their report says what they found.",
    ),
    "NeverSent": (
        "No connection: not one byte was sent, and nothing was carried out.",
        "Look at the network of this machine; call again.",
    ),
    "TransportError": ("The connection ended each time.", _LATER),
    "DeadlineExceeded": ("No whole answer in time.", f"{_LATER} A call can have more time: `deadline=`."),
    "BadAnswer": (
        "An answer that is none: broken, cut, of another shape, or with a status that says no.",
        "Try again later. If it stays so, tell the provider's support.",
    ),
    "EdgeError": (
        "The network edge answered instead of the API, with a page, a status or a redirect of its own.",
        _EDGE,
    ),
    "NonceRefused": (
        "The API did not take the nonce; nothing was carried out.",
        "Another program may use the same key: give this one a key of its own.",
    ),
    "AuthorizationError": (
        "The API did not accept key or shop id; nothing was carried out.",
        "Look at `TEGRO_API_KEY` and `TEGRO_SHOP_ID`.",
    ),
    "Rejected": (
        "The API refused, with its reason in `error.text`; nothing was carried out.",
        "Mend what the reason names, and call again.",
    ),
    "OutcomeUnknown": (
        "The call may have been carried out, or may yet be. Nothing is sent again by itself.",
        _LOOK,
    ),
}
"""What each ending means, and what to do."""


def render(measured: Measured) -> str:
    """Write the page."""
    parts = [TOP]
    for title, rows in SECTIONS.items():
        lines = [_row(name, measured) for name in rows]
        parts.append(
            f"## {title}\n\n" + _table("fault|reads|createOrder|createWithdrawal|the error says", lines)
        )
    endings = [[_named(name), *words] for name, words in MEANINGS.items()]
    parts.append("## What to do\n\n" + _table("a call ends with|it means|do", endings))
    return "\n".join(parts)


def _row(name: str, measured: Measured) -> list[str]:
    money = list(measured.money[name].values())
    return [
        f"`{name}`",
        _reads(measured.reads[name]),
        _same(_words(cells["createOrder"]) for cells in money),
        _same(_words(cells["createWithdrawal"]) for cells in money),
        _what(measured.reads[name]["orders"]),
    ]


def _reads(cells: dict[str, Cell]) -> str:
    usual = _same(_words(cell) for label, cell in cells.items() if (READS[label].page or 1) == 1)
    past = _same(_words(cell) for label, cell in cells.items() if (READS[label].page or 1) > 1)
    return usual if usual == past else f"{usual}; past page 1: {past}"


def _words(cell: Cell) -> str:
    times = "" if cell.attempts == 1 else f", {cell.attempts} attempts"
    return f"{_named(cell.ending)}{times}"


def _named(ending: str) -> str:
    return ending if ending in (ANSWERED, EMPTY_PAGE) else f"`{ending}`"


def _same(words: Iterable[str]) -> str:
    """Join what should be one and the same, so that a reader sees where it is not."""
    return " / ".join(dict.fromkeys(words))


def _what(cell: Cell) -> str:
    """Take what happened out of a message: what stands behind it is of the moment."""
    found = _WHAT.fullmatch(cell.message)
    return found[1] if found else "—"


def _table(titles: str, rows: list[list[str]]) -> str:
    lines = [titles.split("|"), ["---"] * (titles.count("|") + 1), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
