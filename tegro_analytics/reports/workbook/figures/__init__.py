"""Every number of a report, computed once: the sheets only show them."""

from __future__ import annotations

from tegro_analytics.reports.workbook.figures.account import AccountFigures
from tegro_analytics.reports.workbook.figures.asking import Row
from tegro_analytics.reports.workbook.figures.fees import FeeFigures
from tegro_analytics.reports.workbook.figures.people import CustomerFigures
from tegro_analytics.reports.workbook.figures.whole import Figures, figures_of, within

__all__ = ["AccountFigures", "CustomerFigures", "FeeFigures", "Figures", "Row", "figures_of", "within"]
