"""Why a rate of several groups moved: because their rates did, or because their weights did.

The whole rate is Σ weight × rate. Between two periods it moves by Σ Δrate × mean weight, the effect of the
rates, and Σ Δweight × mean rate, that of the mix. Both are computed in fractions, so that they sum to the
change exactly.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tegro_analytics.exceptions import DataError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from tegro_analytics.metrics.asking.question import Question

__all__ = ["Effect", "against_the_period_before", "change", "effect_values", "effects"]

Ratio = tuple[Any, Any]
"""Numerator and denominator of the rate of a group: counts, or exact decimals."""

_MOMENT = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Effect:
    """Hold what one group adds to the change of a rate; None where a side has nothing to divide by."""

    rate_before: Fraction | None
    rate: Fraction | None
    weight_before: Fraction | None
    weight: Fraction | None
    rate_effect: Fraction | None
    mix_effect: Fraction | None


def change(before: Sequence[Ratio], after: Sequence[Ratio]) -> Fraction | None:
    """Compute by how much the whole rate moved; None where one of the two periods has none.

    Examples
    --------
    >>> change([(1, 2), (0, 2)], [(2, 2), (1, 2)])
    Fraction(1, 2)
    """
    (old, old_base), (new, new_base) = _whole(before), _whole(after)
    return new / new_base - old / old_base if old_base and new_base else None


def effects(before: Sequence[Ratio], after: Sequence[Ratio]) -> list[Effect]:
    """Split the change of a rate over groups: their own rates, and their weights.

    Parameters
    ----------
    before, after
        Of each group, in the same order, what its rate is made of. A group with the denominator 0 on one side
        is not there: whatever it adds or takes is mix.

    Examples
    --------
    >>> card, wallet = effects([(8, 10), (1, 10)], [(12, 15), (1, 5)])
    >>> card.rate_effect, card.mix_effect, wallet.rate_effect, wallet.mix_effect
    (Fraction(0, 1), Fraction(1, 5), Fraction(3, 80), Fraction(-3, 80))
    """
    (_, old_base), (_, new_base) = _whole(before), _whole(after)
    return [_effect(old, new, old_base, new_base) for old, new in zip(before, after, strict=True)]


def _whole(side: Sequence[Ratio]) -> tuple[Fraction, Fraction]:
    """Sum numerators and denominators."""
    return sum((Fraction(one) for one, _ in side), Fraction(0)), sum(
        (Fraction(one) for _, one in side), Fraction(0)
    )


def _over(above: Any, below: Any) -> Fraction | None:
    return Fraction(above) / Fraction(below) if below else None


def _effect(old: Ratio, new: Ratio, old_base: Fraction, new_base: Fraction) -> Effect:
    """Compute what one group adds."""
    rates, weights = (_over(*old), _over(*new)), (_over(old[1], old_base), _over(new[1], new_base))
    if weights[0] is None or weights[1] is None:
        return Effect(*rates, *weights, None, None)
    if rates[0] is None or rates[1] is None:
        moved = Fraction(new[0]) / new_base - Fraction(old[0]) / old_base
        return Effect(*rates, *weights, Fraction(0), moved)
    of_rate = (rates[1] - rates[0]) * (weights[0] + weights[1]) / 2
    of_mix = (weights[1] - weights[0]) * (rates[0] + rates[1]) / 2
    return Effect(*rates, *weights, of_rate, of_mix)


def against_the_period_before(
    question: Question,
    parts: Callable[[Question], Sequence[pa.Table]],
    names: tuple[str, str],
    *,
    after: dt.timedelta,
) -> tuple[pd.DataFrame, list[Effect], list[Fraction | None]]:
    """Compare each period with the one before it, group by group.

    Parameters
    ----------
    question
        What is asked; it has a frequency.
    parts
        Queries a question, as cells take it. The period before the bounds is asked for apart.
    names
        The numerator and the denominator of the rate, among the values of the parts.
    after
        How long after its end a period is complete.

    Returns
    -------
    frame, effects, changes
        The keys of the rows, which are those of every period but the first, the effect of each row, and the
        change of the whole rate in its period.

    Raises
    ------
    DataError
        If no frequency is given.
    """
    from tegro_analytics.metrics.results.cells import cells, with_periods

    if question.freq is None:
        raise DataError(f"{question.metric.name} compares periods: give freq=, such as 'month'")
    wide, earlier = _with_the_period_before(question)
    tables = [*parts(question), *([] if earlier is None else parts(earlier))]
    frame = cells(wide, tables)
    rows: list[int] = []
    found: list[Effect] = []
    changes: list[Fraction | None] = []
    ratios = list(zip(frame[names[0]].tolist(), frame[names[1]].tolist(), strict=True))
    for before, now in _pairs(question, frame):
        old, new = [ratios[row] for row in before], [ratios[row] for row in now]
        rows += now
        found += effects(old, new)
        changes += [change(old, new)] * len(now)
    # The bounds never cut the period before, and it ends first: where a period is complete, both are.
    kept = with_periods(question, frame.iloc[rows].reset_index(drop=True), after=after)
    return kept, found, changes


def _with_the_period_before(question: Question) -> tuple[Question, Question | None]:
    """Widen a question by the period before its bounds; and ask about that period alone."""
    from tegro_analytics.metrics.asking.periods import start_of

    since = question.window.since
    if since is None or question.freq is None:
        return question, None
    first = start_of(since, question.freq)
    before = start_of(first - _MOMENT, question.freq)
    return (
        replace(question, window=replace(question.window, since=before)),
        replace(question, window=replace(question.window, since=before, until=first)),
    )


def _pairs(question: Question, frame: pd.DataFrame) -> list[tuple[list[int], list[int]]]:
    """List the rows of each period with those of the one before it, their groups in the same order."""
    import numpy as np

    from tegro_analytics.metrics.results.cells import PERIOD

    keys = list(question.metric.keys)
    codes = (
        frame.groupby(keys, dropna=False, sort=False).ngroup().to_numpy() if keys else np.zeros(len(frame))
    )
    pairs = []
    for code in dict.fromkeys(codes.tolist()):
        own = np.flatnonzero(codes == code)
        blocks = own.reshape(frame[PERIOD].iloc[own].nunique(), -1).tolist()
        pairs += list(itertools.pairwise(blocks))
    return pairs


def effect_values(
    found: Sequence[Effect], changes: Sequence[Fraction | None], *, rate: str
) -> dict[str, Any]:
    """Make columns of effects: each the nearest float, missing where there is none."""
    import numpy as np

    def floats(values: Sequence[Fraction | None]) -> Any:
        return np.array([np.nan if value is None else float(value) for value in values], np.float64)

    return {
        f"{rate}_before": floats([one.rate_before for one in found]),
        rate: floats([one.rate for one in found]),
        "weight_before": floats([one.weight_before for one in found]),
        "weight": floats([one.weight for one in found]),
        "rate_effect": floats([one.rate_effect for one in found]),
        "mix_effect": floats([one.mix_effect for one in found]),
        "total_change": floats(changes),
    }
