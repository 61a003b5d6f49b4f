"""Bring what is new from the API into the store: what to read, how far, and what that run was worth.

::

    shops, balance ─▶ a plan for each list ─▶ pages ─▶ a staging file ─▶ decode ─▶ one merge ─▶ the report
                        from what the runs           and the budget:
                        before have seen             sweep, look-ups

Nothing is written to the store before everything is read, and then all of it or nothing.
"""

from __future__ import annotations

from tegro_analytics.sync.report import SyncReport
from tegro_analytics.sync.run import sync
from tegro_analytics.sync.setting import Budget, Member, Setting

__all__ = ["Budget", "Member", "Setting", "SyncReport", "sync"]
