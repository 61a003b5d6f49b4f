"""The report as a workbook that an accountant keeps."""

from __future__ import annotations

from tegro_analytics.reports.workbook.facts import ReportFacts, ReportTables
from tegro_analytics.reports.workbook.write import companion_of, write_report

__all__ = ["ReportFacts", "ReportTables", "companion_of", "write_report"]
