"""Results of the tariff metrics, made from what can be read by eye."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tests.charts.tables import periods


def audits(names: Sequence[str], *, currency: str = "RUB") -> pd.DataFrame:
    """Make an audit of payment systems: of n systems the n-th is overcharged by 10 n, every third below.

    The last of more than two has no tariff.
    """
    count = len(names)
    rows = range(1, count + 1)
    known = [count < 3 or row < count for row in rows]
    above = [10.0 * row if there else 0.0 for row, there in zip(rows, known, strict=True)]
    below = [5.0 if there and row % 3 == 0 else 0.0 for row, there in zip(rows, known, strict=True)]
    audited = [100 if there else 0 for there in known]
    difference = [one - other for one, other in zip(above, below, strict=True)]
    return pd.DataFrame(
        {
            "currency": pd.Series([currency] * count, dtype="str"),
            "payment_system_id": pd.Series(rows, dtype="Int64"),
            "payment_system": pd.Series(list(names), dtype="str"),
            "payments": pd.Series([102] * count, dtype="int64"),
            "audited": pd.Series(audited, dtype="int64"),
            "unknown_tariff": pd.Series([1 if there else 101 for there in known], dtype="int64"),
            "unknown_fee": pd.Series([1] * count, dtype="int64"),
            "actual_fees": pd.Series([5.0 * n for n in audited], dtype="float64") + difference,
            "expected_fees": pd.Series([5.0 * n for n in audited], dtype="float64"),
            "fee_difference": pd.Series(difference, dtype="float64"),
            "overcharged": pd.Series([7 if value else 0 for value in above], dtype="int64"),
            "overcharged_value": pd.Series(above, dtype="float64"),
            "undercharged": pd.Series([3 if value else 0 for value in below], dtype="int64"),
            "undercharged_value": pd.Series(below, dtype="float64"),
        }
    )


def audits_over_time(names: Sequence[str], count: int, *, freq: str = "month") -> pd.DataFrame:
    """Make an audit with a row for each period and payment system, the last period incomplete."""
    keys = periods("2021-11-24" if freq == "day" else "2026-01-01", count, freq, incomplete=1)
    every = audits(names)
    parts = [
        pd.concat([keys, pd.DataFrame([row.to_dict()] * count, index=keys.index)], axis=1)
        for _, row in every.iterrows()
    ]
    frame = pd.concat(parts, ignore_index=True)
    return frame[["currency", *keys.columns, *every.columns[1:]]]


def drifts(
    names: Sequence[str], count: int = 1, *, freq: str = "month", start: str = "2026-01-01"
) -> pd.DataFrame:
    """Make a drift: all groups have one weight, and the rate of each rose from 4 to 5 %.

    Rates add 0.01 in all, the mix takes 0.002; the last period is incomplete where there are several.
    """
    keys = periods(start, count, freq, incomplete=int(count > 1))
    groups = max(1, len(names))
    parts = []
    for number, name in enumerate(names, start=1):
        part = keys.copy()
        part.insert(0, "currency", "RUB")
        part["payment_system_id"] = pd.Series([number] * count, dtype="Int64")
        part["payment_system"] = pd.Series([name] * count, dtype="str")
        parts.append(
            part.assign(
                fee_rate_before=0.04,
                fee_rate=0.05,
                weight_before=1 / groups,
                weight=1 / groups,
                rate_effect=0.01 / groups,
                mix_effect=-0.002 if number == 1 else 0.0,
                total_change=0.008,
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else drifts(["x"]).iloc[:0]


def plans(names: Sequence[str]) -> pd.DataFrame:
    """Make a comparison: 500 were charged, the n-th plan would have cost 200 n; the fourth has no tariff."""
    rows = range(1, len(names) + 1)
    known = [row != 4 for row in rows]
    due = [200.0 * row if there else 0.0 for row, there in zip(rows, known, strict=True)]
    return pd.DataFrame(
        {
            "currency": pd.Series(["RUB"] * len(rows), dtype="str"),
            "plan": pd.Series(list(names), dtype="str"),
            "payments": pd.Series([120] * len(rows), dtype="int64"),
            "audited": pd.Series([100 if there else 0 for there in known], dtype="int64"),
            "unknown_tariff": pd.Series([20 if there else 120 for there in known], dtype="int64"),
            "unknown_fee": pd.Series([0] * len(rows), dtype="int64"),
            "audited_volume": pd.Series([10_000.0 if there else 0.0 for there in known], dtype="float64"),
            "actual_fees": pd.Series([500.0 if there else 0.0 for there in known], dtype="float64"),
            "expected_fees": pd.Series(due, dtype="float64"),
            "saving": pd.Series(
                [500.0 - fee if there else 0.0 for fee, there in zip(due, known, strict=True)],
                dtype="float64",
            ),
            "expected_fee_rate": pd.Series(
                [fee / 10_000 if there else float("nan") for fee, there in zip(due, known, strict=True)],
                dtype="float64",
            ),
        }
    )


def differing(names: Sequence[str], each: int = 3) -> pd.DataFrame:
    """Make a list of payments: of the n-th system the fees differ by 1, -2, 3 … times n."""
    rows = [(number, name, place) for number, name in enumerate(names, start=1) for place in range(each)]
    return pd.DataFrame(
        {
            "shop_id": pd.Series(["shop"] * len(rows), dtype="str"),
            "id": pd.Series(range(len(rows)), dtype="Int64"),
            "currency": pd.Series(["RUB"] * len(rows), dtype="str"),
            "payment_system_id": pd.Series([number for number, _, _ in rows], dtype="Int64"),
            "payment_system": pd.Series([name for _, name, _ in rows], dtype="str"),
            "fee": pd.Series([100.0] * len(rows), dtype="float64"),
            "expected_fee": pd.Series([100.0] * len(rows), dtype="float64"),
            "fee_difference": pd.Series(
                [float((place + 1) * number * (-1) ** place) for number, _, place in rows], dtype="float64"
            ),
        }
    )
