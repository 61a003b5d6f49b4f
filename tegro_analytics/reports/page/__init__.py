"""The report as one HTML file, and as PDF."""

from __future__ import annotations

from tegro_analytics.reports.page.pdf import write_pdf
from tegro_analytics.reports.page.write import page_of, write_page

__all__ = ["page_of", "write_page", "write_pdf"]
