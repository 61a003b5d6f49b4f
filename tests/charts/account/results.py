"""Results of the metrics of the account, made from what can be read by eye."""

from __future__ import annotations

import pandas as pd


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
