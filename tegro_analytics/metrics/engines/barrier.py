"""What keeps an engine from writing one expression into another until memory ends."""

from __future__ import annotations

from typing import Any, cast

import narwhals as nw

__all__ = ["settled"]

_ROW = "~row"


def settled(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Let filters stand behind the columns that were made before them.

    Spark moves a filter before the columns that it asks for, and writes each of them out in its place, in
    every place where another one names it: ten steps that name the one before twice become a thousand. It
    leaves a filter where it stands if a column before it depends on more than its row, as a running number
    does. The other engines compute a column once.
    """
    if not frame.implementation.is_pyspark():
        return frame
    from pyspark.sql import functions

    numbered = frame.to_native().withColumn(_ROW, functions.monotonically_increasing_id())
    return cast("nw.LazyFrame[Any]", nw.from_native(numbered)).filter(nw.col(_ROW) >= 0)
