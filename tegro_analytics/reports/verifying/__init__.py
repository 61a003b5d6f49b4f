"""Hold a report against the store that it was written from, cell by cell."""

from __future__ import annotations

from tegro_analytics.reports.verifying.comparing import compared
from tegro_analytics.reports.verifying.reading import recorded_in
from tegro_analytics.reports.verifying.result import Difference, Verification

__all__ = ["Difference", "Verification", "compared", "recorded_in"]
