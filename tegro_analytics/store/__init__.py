"""What is kept between runs: one DuckDB file, with every observation that was ever made.

:class:`Store` is all of it. It takes Arrow tables in the canonical schemas, as :mod:`tegro_analytics.frames`
makes them, and gives them back: the latest observation, or what was known at an earlier moment.
"""

from __future__ import annotations

from tegro_analytics.store.access import Holder
from tegro_analytics.store.changes import CHANGES
from tegro_analytics.store.progress import Due, ListState
from tegro_analytics.store.rewrite import Forgetting
from tegro_analytics.store.runs import (
    Basis,
    Counts,
    Coverage,
    Merged,
    Owner,
    Run,
    mark_of_reference,
    mark_of_salt,
)
from tegro_analytics.store.status import KnownRun, StoreStatus
from tegro_analytics.store.store import Store

__all__ = [
    "CHANGES",
    "Basis",
    "Counts",
    "Coverage",
    "Due",
    "Forgetting",
    "Holder",
    "KnownRun",
    "ListState",
    "Merged",
    "Owner",
    "Run",
    "Store",
    "StoreStatus",
    "mark_of_reference",
    "mark_of_salt",
]
