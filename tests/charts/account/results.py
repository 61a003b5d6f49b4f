"""Results of the metrics of the account, made from what can be read by eye."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tests.charts.tables import periods


def bridge(
    before: float = 1000.0, *, gap: float = 0.0, causes: str = "", possible: str = "", currency: str = "RUB"
) -> pd.DataFrame:
    """Make a bridge: 5,000 came in, 250 were fees, 400 refunds, 2,000 withdrawn for 40, and a gap.

    A gap without causes is not explained.
    """
    moments = pd.to_datetime(["2026-03-01 10:00", "2026-03-31 10:05"]).tz_localize("Europe/Moscow")
    expected = 5000.0 - 250 - 400 - 2000 - 40
    return pd.DataFrame(
        {
            "currency": [currency],
            "opened_at": moments[:1],
            "closed_at": moments[1:],
            "balance_before": before,
            "balance_after": before + expected + gap,
            "change": expected + gap,
            "gross_volume": 5000.0,
            "fees": 250.0,
            "refunds": 400.0,
            "withdrawn": 2000.0,
            "withdrawal_fees": 40.0,
            "expected_change": expected,
            "gap": gap,
            "causes": causes,
            "explained": gap if causes else 0.0,
            "unexplained": 0.0 if causes else gap,
            "possible_causes": possible,
            "fee_share": 1.0,
            "missing_shops": "",
            "payments": 12,
            "undated_refunds": 0,
            "uncounted_withdrawals": 0,
        }
    )


def withdrawals(statuses: Sequence[str | None], *, currency: str | None = "RUB") -> pd.DataFrame:
    """Make a summary by status: the n-th has n withdrawals of 1,000 in all a piece, each for 20."""
    rows = range(1, len(statuses) + 1)
    return pd.DataFrame(
        {
            "currency": pd.Series([currency] * len(rows), dtype="str"),
            "status": pd.Series(list(statuses), dtype="str"),
            "withdrawals": pd.Series(rows, dtype="int64"),
            "withdrawn": pd.Series([1000.0 * row for row in rows], dtype="float64"),
            "withdrawal_fees": pd.Series([20.0 * row for row in rows], dtype="float64"),
            "without_amount": pd.Series([0] * len(rows), dtype="int64"),
            "without_fee": pd.Series([0] * len(rows), dtype="int64"),
            "lag_seconds_p50": pd.Series([1800.0] * len(rows), dtype="float64"),
            "lag_seconds_p90": pd.Series([3600.0] * len(rows), dtype="float64"),
        }
    )


def withdrawals_over_time(
    statuses: Sequence[str | None], count: int, *, freq: str = "month", start: str = "2026-01-01"
) -> pd.DataFrame:
    """Make a summary with a row for each period and status, the last period incomplete."""
    keys = periods(start, count, freq, incomplete=1)
    every = withdrawals(statuses)
    parts = [
        pd.concat([keys, pd.DataFrame([row.to_dict()] * count, index=keys.index)], axis=1)
        for _, row in every.iterrows()
    ]
    frame = pd.concat(parts, ignore_index=True)
    return frame[["currency", *keys.columns, *every.columns[1:]]]


def matches(*numbers: int, size: float = 100.0, currency: str = "RUB") -> pd.DataFrame:
    """Make a comparison with so many orders of each result; a side that has none of them has 0."""
    results = ["paid_twice", "amount_differs", "status_differs", "missing_here", "missing_there", "matched"]
    here = dict(zip(results, (2.0, 1.1, 1.0, 0.0, 1.0, 1.0), strict=True))
    there = dict(zip(results, (1.0, 1.0, 0.0, 1.0, 0.0, 1.0), strict=True))
    frame = pd.DataFrame({"currency": currency, "result": results[: len(numbers)], "compared": numbers})
    frame["amount_here"] = [here[result] * n * size for result, n in zip(results, numbers, strict=False)]
    frame["amount_there"] = [there[result] * n * size for result, n in zip(results, numbers, strict=False)]
    return frame.assign(difference=frame["amount_here"] - frame["amount_there"])
