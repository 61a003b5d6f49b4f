"""Files that people and machines keep: CSV, Parquet, workbooks. Formats come last, beside the data."""

from __future__ import annotations

from tegro_analytics.reports.csv_read import read_csv
from tegro_analytics.reports.csv_write import write_csv
from tegro_analytics.reports.dataset import write_dataset
from tegro_analytics.reports.export import to_json, write_table
from tegro_analytics.reports.parquet import read_parquet, write_parquet
from tegro_analytics.reports.register import write_register
from tegro_analytics.reports.report import REPORT_FORMS, report_writer
from tegro_analytics.reports.verifying import Verification, compared, recorded_in
from tegro_analytics.reports.workbook import ReportFacts, ReportTables, write_report
from tegro_analytics.reports.workbook.recorded import Recorded, short
from tegro_analytics.reports.xlsx import write_xlsx

__all__ = [
    "REPORT_FORMS",
    "Recorded",
    "ReportFacts",
    "ReportTables",
    "Verification",
    "compared",
    "read_csv",
    "read_parquet",
    "recorded_in",
    "report_writer",
    "short",
    "to_json",
    "write_csv",
    "write_dataset",
    "write_parquet",
    "write_register",
    "write_report",
    "write_table",
    "write_xlsx",
]
