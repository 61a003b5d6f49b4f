"""Ask the metrics of the registry, exactly: plain rows of what they say."""

from __future__ import annotations

import inspect
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pandas as pd

from tegro_analytics.metrics import METRICS
from tegro_analytics.reports.workbook.facts import ReportFacts, ReportTables
from tegro_analytics.reports.workbook.period import Period

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Ask", "Row", "by_currency"]

Row = dict[str, Any]
"""One row of a metric: names of columns and values; what is missing is None, money is Decimal."""


class Ask:
    """Ask about the tables of one report, under its assumptions."""

    def __init__(self, tables: ReportTables, facts: ReportFacts) -> None:
        self.tables, self.facts = tables, facts

    def rows(self, name: str, period: Period, *, orders: pa.Table | None = None, **options: Any) -> list[Row]:
        """Give the rows of a metric over a period; ``orders`` are some of them instead of all."""
        return self.counted(name, period, orders=orders, **options)[0]

    def counted(
        self, name: str, period: Period, *, orders: pa.Table | None = None, **options: Any
    ) -> tuple[list[Row], int]:
        """Give the rows of a metric, and how many there are where it lists only the first."""
        metric = METRICS[name]
        known = {
            "as_of": self.facts.as_of,
            "money": "decimal",
            "zone": self.facts.report_zone,
            "reference": self.facts.reference,
            "merchant_share": self.facts.merchant_share,
        }
        taken = inspect.signature(metric.function).parameters
        given = [
            orders if orders is not None and table == "orders" else getattr(self.tables, table)
            for table in metric.inputs
        ]
        frame = metric.function(
            *given,
            since=period.since,
            until=period.until,
            **{key: value for key, value in known.items() if key in taken},
            **options,
        )
        columns = [[_plain(value) for value in frame[column].array] for column in frame.columns]
        rows = [dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True)]
        return rows, frame.found


def by_currency(rows: list[Row]) -> dict[str, list[Row]]:
    """Sort rows by their currency; what has none stands under an empty name."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["currency"] or "", []).append(row)
    return found


def _plain(value: Any) -> Any:
    """Turn a cell of a frame into a plain value."""
    if isinstance(value, Decimal | str):
        return value
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value
