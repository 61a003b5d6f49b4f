"""What is asked of every metric: the same questions of the store and of Spark, and one comparison."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator
from typing import Any

import pandas as pd

from tegro_analytics.metrics import METRICS

__all__ = ["answers", "assert_same"]

_ALWAYS = {"money": "decimal", "plan": "business", "now": "2026-12-01"}
_SPLIT = {"freq": "week", "by": "status_name"}
"""Options of every question, and of a second one, for metrics that have them."""

Answers = dict[tuple[str, str], pd.DataFrame]


def answers(orders: Any, *, split: bool, only: Collection[str] = METRICS) -> Answers:
    """Ask metrics that need nothing but orders: about all of them, and with ``split`` by week too."""
    return {
        (name, str(options)): pd.DataFrame(METRICS[name].function(orders, **options))
        for name, options in _questions(split=split)
        if name in only
    }


def _questions(*, split: bool) -> Iterator[tuple[str, dict[str, str]]]:
    for name, metric in METRICS.items():
        taken = inspect.signature(metric.function).parameters
        if [one for one in taken.values() if one.default is one.empty][1:]:
            continue  # it needs a second table, which is no Spark's
        always, more = (
            {key: value for key, value in some.items() if key in taken} for some in (_ALWAYS, _SPLIT)
        )
        yield name, always
        if split and more:
            yield name, always | more


def assert_same(found: Answers, expected: Answers) -> None:
    """Hold answers against each other: money and counts exactly, quantiles to 1e-9."""
    assert found.keys() == expected.keys()
    for question, frame in found.items():
        pd.testing.assert_frame_equal(frame, expected[question], rtol=1e-9, obj=str(question))
