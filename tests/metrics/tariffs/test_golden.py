"""The golden orders against the published tariff: every number was worked out by hand, on every engine.

Cards (system 25): 1000, 500 and 400 roubles with fees of 50, 25 and 20. Starter asks 6.75 %: 67.50, 33.75 and
27.00; business 5 %, which is what was charged; premium 4 %: 40, 20 and 16; financial 12 %: 120, 60 and 48.
Systems 28 and 51 have no tariff.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest

from tegro_analytics.metrics import conversion_mix, fee_audit, fee_differences, fee_drift, plan_comparison
from tests.golden import arrow, golden_rows, records


@pytest.fixture
def golden(frame_of: Callable[..., Any]) -> Any:
    return frame_of(arrow(golden_rows()))


def test_fee_audit(golden: Any) -> None:
    cards, fast, dollars = records(fee_audit(golden, plan="starter"))
    assert (cards["currency"], cards["payment_system_id"]) == ("RUB", 25)
    assert cards["payment_system"] == "Bank cards · Tinkoff Bank (25)"
    assert (cards["payments"], cards["audited"], cards["unknown_tariff"], cards["unknown_fee"]) == (
        3,
        3,
        0,
        0,
    )
    assert (cards["actual_fees"], float(cards["expected_fees"])) == (95, 128.25)
    assert float(cards["fee_difference"]) == -33.25
    assert (cards["overcharged"], cards["overcharged_value"]) == (0, 0)
    assert (cards["undercharged"], float(cards["undercharged_value"])) == (3, 33.25)
    assert (cards["overcharged_share"], cards["overcharged_share_n"]) == (0, 3)
    for row, payments in ((fast, 2), (dollars, 1)):
        assert (row["payments"], row["audited"], row["unknown_tariff"]) == (payments, 0, payments)
        assert (row["actual_fees"], row["expected_fees"], row["overcharged_share"]) == (0, 0, None)


def test_the_plan_that_was_charged_has_no_differences(golden: Any) -> None:
    cards = records(fee_audit(golden, plan="business"))[0]
    assert (cards["fee_difference"], cards["overcharged"], cards["undercharged"]) == (0, 0, 0)
    assert fee_differences(golden, plan="business").found == 0


def test_a_cheaper_plan_was_overcharged(golden: Any) -> None:
    cards = records(fee_audit(golden, plan="premium"))[0]
    assert (cards["overcharged"], cards["overcharged_value"], cards["overcharged_share"]) == (3, 19, 1)


def test_fee_differences(golden: Any) -> None:
    frame = fee_differences(golden, plan="starter")
    assert frame["id"].tolist() == [1, 2, 7]
    assert [float(value) for value in frame["expected_fee"]] == [67.5, 33.75, 27]
    assert [float(value) for value in frame["fee_difference"]] == [-17.5, -8.75, -7]
    assert frame["tariff_rate"].tolist() == [0.0675] * 3
    assert frame["tariff_minimum"].isna().all()
    assert str(frame["paid_at"][0]) == "2026-03-01 10:02:00+03:00"
    assert frame["payment_id"].tolist() == ["o-1", "o-2", "o-7"]
    first = fee_differences(golden, plan="starter", limit=1)
    assert (len(first), first.found) == (1, 3)


def test_plan_comparison(golden: Any) -> None:
    frame = plan_comparison(golden)
    roubles = {row["plan"]: row for row in records(frame[frame["currency"] == "RUB"])}
    assert {plan: float(row["expected_fees"]) for plan, row in roubles.items()} == {
        "business": 95, "financial": 228, "nonprofit": 0, "premium": 76, "starter": 128.25,
    }  # fmt: skip
    assert {plan: float(row["saving"]) for plan, row in roubles.items()} == {
        "business": 0, "financial": -133, "nonprofit": 0, "premium": 19, "starter": -33.25,
    }  # fmt: skip
    assert {row["payments"] for row in roubles.values()} == {5}
    premium, none = roubles["premium"], roubles["nonprofit"]
    assert (premium["audited"], premium["unknown_tariff"], premium["audited_volume"]) == (3, 2, 1900)
    assert (premium["actual_fees"], premium["expected_fee_rate"]) == (95, 0.04)
    assert (none["audited"], none["unknown_tariff"], none["expected_fee_rate"]) == (0, 5, None)


def test_fee_drift(golden: Any) -> None:
    # Cards cost 5 % every day. On 3 March 300 of 700 roubles came by system 28, at no fee: the rate fell from
    # 5 % to 20/700 by mix alone, as it did on the 4th, when nobody paid by card.
    frame = fee_drift(golden, freq="day")
    roubles = frame[frame["currency"] == "RUB"]
    assert roubles["payment_system_id"].tolist() == [25, 28] * 3
    assert roubles["rate_effect"].tolist() == [0.0] * 6
    fall, last = float(Fraction(20, 700) - Fraction(1, 20)), float(-Fraction(20, 700))
    assert roubles["mix_effect"].tolist() == [0, 0, fall, 0, last, 0]
    assert roubles["total_change"].tolist() == [0, 0, fall, fall, last, last]
    assert roubles["weight"].tolist() == [1, 0, 400 / 700, 300 / 700, 0, 1]
    assert roubles["complete"].tolist() == [True] * 4 + [False] * 2
    dollars = frame[frame["currency"] == "USD"]
    assert dollars["total_change"].isna().all()
    assert dollars["fee_rate"].tolist()[0] == 0.04


def test_conversion_mix(golden: Any) -> None:
    # 1 March: cards 2 of 2. 2 March: cards 0 of 1, systems 10 and 28 0 of 1, system 51 1 of 1.
    frame = conversion_mix(golden, freq="day")
    second = frame[frame["period_start"] == pd.Timestamp("2026-03-02")]
    assert second["payment_system_id"].tolist() == [10, 25, 28, 51]
    assert second["weight"].tolist() == [1 / 4] * 4
    assert second["rate_effect"].tolist() == [0, -5 / 8, 0, 0]
    assert second["mix_effect"].tolist() == [0, -3 / 8, 0, 1 / 4]
    assert second["total_change"].tolist() == [-3 / 4] * 4
    assert second["complete"].all()
    assert not frame[frame["period_start"] > pd.Timestamp("2026-03-02")]["complete"].any()
