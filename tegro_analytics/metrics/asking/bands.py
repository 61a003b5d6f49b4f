"""Bands of amounts: the dimension ``amount_band``."""

from __future__ import annotations

import narwhals as nw

__all__ = ["AMOUNT_BAND", "EDGES", "amount_band"]

AMOUNT_BAND = "amount_band"

EDGES = (0, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000)
"""Where bands begin, in units of the currency; the last one has no end, and below 0 there is none."""


def amount_band() -> nw.Expr:
    """Express where the band of an order begins; null where its amount is negative or missing.

    One comparison for each edge, the highest first: conditions are what every engine does alike.
    """
    found = nw.lit(None, dtype=nw.Int64)
    for edge in EDGES:
        found = nw.when(nw.col("amount") >= edge).then(nw.lit(edge, dtype=nw.Int64)).otherwise(found)
    return found
