"""Who is counted: LIVE, PAID, OPEN, LOST, MATURE, UNRESOLVED, each as a condition that every engine knows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import narwhals as nw

from tegro_analytics.reference import Reference

REFUNDED = 3
"""The status of a refunded order. It was paid, and stays so."""

MATURITY = dt.timedelta(hours=24)
MATURITY_SECONDS = 86_400

_HALF = MATURITY / 2


def not_test() -> nw.Expr:
    """Express that an order is no test; what does not say so is live."""
    return ~nw.col("is_test").fill_null(False)


def _status_in(codes: Iterable[int]) -> nw.Expr:
    """Express that the status is one of a few; compared one by one, which is what engines are quickest at."""
    return nw.any_horizontal(*(nw.col("status") == code for code in sorted(codes)), ignore_nulls=False)


def known(reference: Reference) -> nw.Expr:
    """Express that the status is in the status table."""
    return _status_in(reference.statuses)


def paid(reference: Reference) -> nw.Expr:
    """Express that an order was paid, refunded or not."""
    return _status_in(reference.codes("paid"))


def unpaid_for_now(reference: Reference) -> nw.Expr:
    """Express that an order is open: it may still be paid."""
    return _status_in(reference.codes("open"))


def lost(reference: Reference) -> nw.Expr:
    """Express that an order will not be paid."""
    return _status_in(reference.codes("lost"))


def mature(as_of: dt.datetime) -> nw.Expr:
    """Express that an order was created at least 24 h before ``as_of``: its age alone decides."""
    return nw.col("created_at") <= as_of - MATURITY


def seen_too_early() -> nw.Expr:
    """Express that an order was last observed before its own 24 h mark.

    The 24 hours are added in halves: engines take a whole day for one of the calendar, which may have 23.
    """
    return nw.col("observed_at") < nw.col("created_at") + _HALF + _HALF
