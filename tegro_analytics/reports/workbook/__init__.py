"""The report as a workbook: summary, days, payment systems, orders, definitions."""

from __future__ import annotations

from tegro_analytics.reports.workbook.facts import ReportFacts
from tegro_analytics.reports.workbook.write import companion_of, write_report

__all__ = ["ReportFacts", "companion_of", "write_report"]
