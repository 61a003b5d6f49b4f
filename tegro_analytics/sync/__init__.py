"""Bring what is new from the API into the store: what to read, how far, and what that run was worth."""

from __future__ import annotations

from tegro_analytics.sync.report import SyncReport

__all__ = ["SyncReport"]
