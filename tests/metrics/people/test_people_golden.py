"""The golden orders give the numbers of customers that were worked out by hand, on every engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from tegro_analytics.metrics import cohorts, customer_value, customers, rfm
from tegro_analytics.privacy import customer_key
from tests.golden import SALT, arrow, golden_rows, records


@pytest.fixture
def golden(frame_of: Callable[..., Any]) -> Any:
    return frame_of(arrow(golden_rows()))


def test_customers(golden: Any) -> None:
    (row,) = records(customers(golden))
    assert (row["payments"], row["unique_payers"], row["anonymous_payments"]) == (6, 4, 1)
    assert (row["new_payers"], row["returning_payers"], row["left_edge"]) == (4, 0, True)
    assert (row["repeat_payers"], row["repeat_rate"], row["repeat_rate_n"]) == (1, 1 / 4, 4)
    assert (row["anonymous_share"], row["anonymous_share_n"]) == (1 / 6, 6)
    days = customers(golden, freq="day")
    assert days["unique_payers"].tolist() == [1, 2, 1, 1]
    assert days["new_payers"].tolist() == [1, 1, 1, 1]
    assert days["returning_payers"].tolist() == [0, 1, 0, 0]
    assert days["left_edge"].tolist() == [True, False, False, False]
    assert days["complete"].tolist() == [True, True, True, False]


def test_customer_value(golden: Any) -> None:
    roubles, dollars = records(customer_value(golden))
    # Gross 1500 (a), 400 (d, refunded), 150 (b); 300 of nobody. Fees 75 + 20.
    assert [roubles[name] for name in ("currency", "unique_payers", "top_payers")] == ["RUB", 3, 1]
    assert (roubles["gross_volume"], roubles["identified_gross"]) == (2350, 2050)
    assert roubles["identified_net"] == 2050 - 95 - 400
    assert [float(roubles[name]) for name in ("arppu", "ltv_historic")] == [683.33333333, 518.33333333]
    assert roubles["top_customer_share"] == 1500 / 2050
    assert [float(dollars[name]) for name in ("arppu", "ltv_historic", "top_customer_share")] == [20, 19.2, 1]


def test_cohorts(golden: Any) -> None:
    (row,) = records(cohorts(golden))
    assert (row["cohort"], row["month"]) == (dt.datetime(2026, 3, 1), 0)  # noqa: DTZ001  a wall-clock time
    assert (row["cohort_size"], row["payers"], row["retention"], row["retention_n"]) == (4, 4, 1, 4)
    assert (row["complete"], row["left_edge"]) == (False, True)


def test_rfm(golden: Any) -> None:
    frame = rfm(golden)
    mails = {customer_key(f"{letter}@x.ru", SALT): letter for letter in "abcd"}
    assert [mails[key] for key in frame["customer"]] == ["a", "d", "b", "c"]
    assert frame["gross_volume"].tolist() == [1500, 400, 150, 20]
    assert frame["currency"].tolist() == ["RUB", "RUB", "RUB", "USD"]
    assert frame["frequency"].tolist() == [1, 0, 0, 0]
    assert frame["recency_days"].tolist() == [1, 0, 0, 0]
    assert frame["age_days"].tolist() == [3, 1, 0, 2]
    assert frame["monetary"].isna().tolist() == [False, True, True, True]
    assert frame["monetary"][0] == 500
    assert frame.found == 4
