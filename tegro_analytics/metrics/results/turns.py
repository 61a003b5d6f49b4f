"""The first rows of a list that has amounts of several currencies: each currency gives its own, in turn.

Amounts of different currencies are never compared: a list is sorted within each of them, and where it is cut,
the largest of each currency comes before the second largest of any.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LARGEST", "first_in_turn", "in_turn"]

LARGEST = "~largest"
"""A column of a query that grows as what rows are sorted by falls."""

_ONE, _TURN = "~one", "~turn"


def first_in_turn(frame: nw.LazyFrame[Any], order: Sequence[str], limit: int | None) -> nw.LazyFrame[Any]:
    """Take the first rows of each currency, in turn, so many in all; the engine sorts them.

    Parameters
    ----------
    frame
        The rows, with ``currency``.
    order
        What they are sorted by within a currency, rising.
    limit
        How many; None takes all.
    """
    if limit is None:
        return frame
    one = frame.with_columns(nw.lit(1).alias(_ONE))
    turn = nw.col(_ONE).cum_sum().over("currency", order_by=order)
    return one.with_columns(turn.alias(_TURN)).sort(_TURN, "currency", nulls_last=True).head(limit)


def in_turn(groups: Sequence[Any], limit: int | None, *, within: Sequence[Any] = ()) -> NDArray[np.int64]:
    """Choose from rows that are sorted by their group: the first of each, the second of each, so many in all.

    Parameters
    ----------
    groups
        The group of each row; those of one stand together.
    limit
        How many; None takes all.
    within
        What goes before turns, such as what is most urgent: a number of each row, rising with the rows.

    Returns
    -------
    numpy.ndarray
        Their places, rising: what was sorted stays so.

    Examples
    --------
    >>> in_turn(["EUR", "RUB", "RUB", "RUB", "USD"], 4).tolist()
    [0, 1, 2, 4]
    """
    rows = np.arange(len(groups))
    if limit is None or limit >= len(rows):
        return rows
    before = np.asarray(within if len(within) else np.zeros(len(rows)))
    begins = [
        place == 0 or groups[place] != groups[place - 1] or before[place] != before[place - 1]
        for place in rows.tolist()
    ]
    turns = rows - np.maximum.accumulate(np.where(begins, rows, 0))
    chosen: NDArray[np.int64] = np.sort(np.lexsort((rows, turns, before))[:limit])
    return chosen
