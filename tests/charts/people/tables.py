"""Results of the metrics of customers, made from what can be read by eye."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tests.charts.tables import periods


def people(count: int) -> pd.DataFrame:
    """Make rows of customers: 10, 11, 12 … paid, of whom 4 had paid before and a fifth came twice."""
    payers = pd.Series([10 + n for n in range(count)], dtype="int64")
    return pd.DataFrame(
        {
            "payments": payers + 2,
            "unique_payers": payers,
            "new_payers": payers - 4,
            "returning_payers": 4,
            "repeat_rate": 0.2,
            "repeat_rate_low": 0.1,
            "repeat_rate_high": 0.4,
            "arppu": payers * 100.0,
            "ltv_historic": payers * 90.0,
            "top_customer_share": 0.3,
            "left_edge": [n == 0 for n in range(count)],
        }
    )


def people_over_time(
    count: int, *, freq: str = "month", incomplete: int = 0, start: str = "2026-01-01"
) -> pd.DataFrame:
    keys = periods(start, count, freq, incomplete=incomplete)
    keys.insert(0, "currency", "RUB")
    return pd.concat([keys, people(count)], axis=1)


def people_by_group(names: Sequence[str]) -> pd.DataFrame:
    keys = pd.DataFrame(
        {
            "currency": pd.Series(["RUB"] * len(names), dtype="str"),
            "payment_system": pd.Series(list(names), dtype="str"),
        }
    )
    return pd.concat([keys, people(len(names))], axis=1)


def people_by_group_over_time(names: Sequence[str], count: int) -> pd.DataFrame:
    parts = []
    for name in names:
        part = people_over_time(count, incomplete=1)
        part.insert(4, "payment_system", name)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
