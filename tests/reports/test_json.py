"""Results as JSON: exact, plain, and complete."""

from __future__ import annotations

import inspect
import json
from decimal import Decimal

import pytest

from tegro_analytics import metrics
from tegro_analytics.reports import to_json
from tests.reports.tables import golden, order, table


@pytest.mark.parametrize("money", ["decimal", "float64"])
def test_money_is_a_string_of_the_exact_amount(money):
    rub, usd = json.loads(to_json(metrics.revenue(golden(), money=money)))
    assert {name: rub[name] for name in ("currency", "gross_volume", "fees", "net_volume", "payments")} == {
        "currency": "RUB",
        "gross_volume": "2350.00",
        "fees": "95.00",
        "net_volume": "1855.00",
        "payments": 5,
    }
    assert (usd["gross_volume"], usd["fees"], usd["net_volume"]) == ("20.00", "0.80", "19.20")
    assert rub["refund_rate"] == 0.2


def test_amounts_have_the_places_of_their_currency_and_more_where_they_need_them():
    rows = [
        order(1, currency="JPY", amount=Decimal(5), fee=Decimal(0)),
        order(2, currency="RUB", amount=Decimal("1E-8"), fee=Decimal(0)),
    ]
    yen, roubles = json.loads(to_json(metrics.revenue(table(rows), money="decimal")))
    assert (yen["gross_volume"], roubles["gross_volume"]) == ("5", "0.00000001")


def test_a_period_is_a_date_or_a_time_and_a_gap_is_null():
    day = json.loads(to_json(metrics.revenue(golden(), freq="day", money="decimal")))[4]
    assert (day["currency"], day["period_start"], day["period_end"]) == ("USD", "2026-03-01", "2026-03-02")
    assert (day["complete"], day["average_ticket"], day["refund_rate"]) == (True, None, None)
    hours = json.loads(to_json(metrics.revenue(golden(), freq="hour", money="decimal")))
    assert {hour["period_start"] for hour in hours} >= {"2026-03-01T10:00:00", "2026-03-01T11:00:00"}


MAY_BE_EMPTY = {"anomalies", "conversion_anomalies", "conversion_mix", "fee_drift"}
"""What needs a longer past than the golden orders have."""

OVER_ORDERS = [name for name in metrics.METRICS if metrics.METRICS[name].inputs == ("orders",)]


@pytest.mark.parametrize("name", [name for name in OVER_ORDERS if name != "forecast"])
def test_every_metric_has_every_column(name):
    metric = metrics.METRICS[name]
    taken = inspect.signature(metric.function).parameters
    options = {"money": "decimal", "plan": "starter"}
    frame = metric.function(golden(), **{key: value for key, value in options.items() if key in taken})
    records = json.loads(to_json(frame))
    assert records or name in MAY_BE_EMPTY
    for record in records:
        assert list(record)[-len(metric.columns) :] == metric.names()


def test_nothing_is_an_empty_list():
    assert json.loads(to_json(metrics.revenue(table([]), money="decimal"))) == []
