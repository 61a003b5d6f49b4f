"""The rules for edge cases, each on orders that can be read by eye."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Context, Decimal, localcontext
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from tegro_analytics.exceptions import DataError, MixedCurrencies
from tegro_analytics.metrics import METRICS, conversion, conversion_value, fees, payment_systems, revenue
from tegro_analytics.reference import Status, load_reference
from tests.golden import Row, arrow, golden_rows, order, records


def the_row(frame: pd.DataFrame) -> Mapping[str, Any]:
    (row,) = records(frame)
    return row


def sold(*rows: Row, **options: Any) -> Mapping[str, Any]:
    return the_row(revenue(arrow(rows), money="decimal", **options))


def tried(*rows: Row, **options: Any) -> Mapping[str, Any]:
    return the_row(conversion(arrow(rows), **options))


OLD, SOON = "2026-03-01 10:00", "2026-03-01 10:05"


def test_tests_and_unknown_statuses_enter_nothing_else() -> None:
    rows = golden_rows()
    noise = [order(90, created=OLD, paid=SOON, is_test=True), order(91, created=OLD, paid=SOON, status=7)]
    for metric in (revenue, fees, conversion_value, payment_systems, conversion):
        plain, noisy = (pd.DataFrame(metric(arrow(some))) for some in (rows, [*rows, *noise]))
        if "unknown_status" in plain:
            assert (noisy.pop("unknown_status") - plain.pop("unknown_status")).sum() == 1
        pd.testing.assert_frame_equal(noisy, plain)


def test_what_does_not_say_whether_it_is_a_test_is_live() -> None:
    table = arrow([order(1, created=OLD, paid=SOON)])
    unsure = table.to_pandas().assign(is_test=None)
    assert the_row(revenue(unsure))["payments"] == 1
    assert the_row(conversion(unsure))["orders"] == 1


def test_the_status_table_of_the_merchant_decides() -> None:
    rows = [order(1, created=OLD, paid=SOON), order(2, created=OLD, status=9)]
    assert tried(*rows)["unknown_status"] == 1
    reference = load_reference(statuses=[Status(9, "expired", "lost")])
    row = tried(*rows, reference=reference)
    assert (row["unknown_status"], row["lost"], row["terminal_success_rate"]) == (0, 1, 1 / 2)


def test_a_refunded_order_was_paid() -> None:
    row = sold(order(1, created=OLD, paid=SOON, status=3, amount="100", fee="5"))
    assert (row["gross_volume"], row["payments"], row["refunds"], row["net_volume"]) == (100, 1, 100, -5)
    assert tried(order(1, created=OLD, paid=SOON, status=3))["conversion_ever"] == 1


def test_a_refund_counts_when_it_was_first_seen() -> None:
    rows = [order(1, created=OLD, paid=SOON, status=3, amount="100", fee="0", refunded="2026-03-03 09:00")]
    days = records(revenue(arrow(rows), freq="day"))
    assert [row["gross_volume"] for row in days] == [100, 0, 0, 0]
    assert [row["refunds"] for row in days] == [0, 0, 100, 0]
    assert [row["refund_rate"] for row in days] == [1, None, None, None]
    assert sum(row["undated_refunds"] for row in days) == 0
    assert sold(*rows, since="2026-03-03")["refunds"] == 100
    assert sold(*rows, until="2026-03-03")["refunds"] == 0
    assert sold(*rows, since="2026-03-03 09:00", until="2026-03-03 09:01")["net_volume"] == -100
    assert sold(*rows, since="2026-03-03 09:01")["refunds"] == 0
    hours = revenue(arrow(rows), by=["weekday", "hour"])
    assert hours[["weekday", "hour", "gross_volume", "refunds"]].to_numpy().tolist() == [
        [2, 9, 0, 100],
        [7, 10, 100, 0],
    ]


def test_a_refund_in_an_hour_that_comes_twice_is_bounded_as_its_payment() -> None:
    again = dt.datetime(2026, 10, 25, 1, 15, tzinfo=dt.UTC)  # 02:15 in Berlin, for the second time
    berlin = ZoneInfo("Europe/Berlin")
    row = {**order(1, created=OLD, status=3, fee="0"), "created_at": again, "paid_at": again}
    orders = arrow([{**row, "refund_first_seen_at": again}], zone=berlin)
    for bounds, whole in (({"since": "2026-10-25 02:30"}, 100), ({"until": "2026-10-25 02:30"}, 0)):
        (sums,) = records(revenue(orders, zone=berlin, **bounds))
        assert (sums["gross_volume"], sums["refunds"]) == (whole, whole)


def test_paid_without_a_date_is_dated_by_its_creation() -> None:
    lost_date = order(1, created=OLD, paid=None, amount="100")
    dated = order(2, created="2026-03-02 10:00", paid="2026-03-02 10:01", amount="7")
    days = records(revenue(arrow([lost_date, dated]), freq="day"))
    assert [row["gross_volume"] for row in days] == [100, 7, 0, 0]
    assert sold(lost_date, until="2026-03-02")["payments"] == 1
    assert sold(lost_date, since="2026-03-01 10:00", until="2026-03-01 10:01")["payments"] == 1
    row = tried(lost_date, dated)
    assert (row["paid_ever"], row["paid_24h"], row["late_paid"]) == (2, 1, 0)
    assert (row["conversion_24h"], row["conversion_24h_min"], row["conversion_24h_max"]) == (1 / 2, 1 / 2, 1)
    assert row["seconds_to_pay_p50"] == 60


def test_paid_before_it_was_created() -> None:
    odd = order(1, created=OLD, paid="2026-03-01 09:59", amount="100")
    assert sold(odd)["gross_volume"] == 100
    row = tried(odd)
    assert (row["paid_ever"], row["paid_24h"], row["late_paid"], row["seconds_to_pay_p50"]) == (1, 0, 0, None)


@pytest.mark.parametrize(("paid", "in_time"), [(OLD, 1), ("2026-03-02 10:00", 1), ("2026-03-02 10:00:01", 0)])
def test_within_24_h_means_up_to_86400_seconds(paid: str, in_time: int) -> None:
    row = tried(order(1, created=OLD, paid=paid))
    assert (row["paid_24h"], row["late_paid"]) == (in_time, 1 - in_time)


@pytest.mark.parametrize(("created", "mature"), [("2026-03-03 12:00", 1), ("2026-03-03 12:00:01", 0)])
def test_age_alone_makes_an_order_mature(created: str, mature: int) -> None:
    for status in (0, 1, 2):
        row = tried(order(1, created=created, paid=created, status=status))
        assert (row["orders"], row["mature"]) == (1, mature)


@pytest.mark.parametrize(("observed", "unresolved"), [("2026-03-02 09:59", 1), ("2026-03-02 10:00", 0)])
def test_an_outcome_that_nobody_looked_at_widens_the_bounds(observed: str, unresolved: int) -> None:
    row = tried(order(1, created=OLD, status=0, observed=observed), order(2, created=OLD, paid=SOON))
    assert (row["stale_open"], row["unresolved"]) == (1, unresolved)
    assert (row["conversion_24h"], row["conversion_24h_min"]) == (1 / 2, 1 / 2)
    assert row["conversion_24h_max"] == (2 if unresolved else 1) / 2


def test_an_amount_of_0_is_a_payment_without_a_ticket() -> None:
    rows = [
        order(1, created=OLD, paid=SOON, amount="0", fee="1"),
        order(2, created=OLD, paid=SOON, amount="50"),
    ]
    row = sold(*rows)
    assert (row["payments"], row["average_ticket"], row["fees"]) == (2, 50, 6)
    assert sold(rows[0])["average_ticket"] is None
    assert the_row(fees(arrow(rows[:1])))["effective_fee_rate"] is None


def test_a_negative_amount_is_no_money_but_an_order() -> None:
    rows = [
        order(1, created=OLD, paid=SOON, amount="-5", status=3),
        order(2, created=OLD, paid=SOON, amount="50"),
    ]
    row = sold(*rows)
    assert (row["gross_volume"], row["payments"], row["refunds"], row["fees"]) == (50, 1, 0, 5)
    assert row["excluded_negative"] == 1
    assert tried(*rows)["paid"] == 2
    assert the_row(conversion_value(arrow(rows)))["paid"] == 50


def test_a_missing_fee_is_not_a_fee_of_0() -> None:
    row = the_row(
        fees(arrow([order(1, created=OLD, paid=SOON, fee=None), order(2, created=OLD, paid=SOON, fee="0")]))
    )
    assert (row["fees"], row["zero_fee_payments"], row["zero_fee_share"]) == (0, 1, 1 / 2)


def test_an_unknown_payment_system_keeps_a_name() -> None:
    rows = [order(1, created=OLD, paid=SOON, system=None), order(2, created=OLD, paid=SOON, system=999)]
    frame = payment_systems(arrow(rows))
    assert frame["payment_system"].tolist() == ["PS#999", "unknown"]
    assert frame["payment_system_id"].isna().tolist() == [False, True]
    assert frame["payments"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("share", "net"),
    [
        (1, "94.99999999"),
        (0, "100"),
        (0.5, "97.50000000"),
        ("0.25", "98.75000000"),
        (Decimal("0.1"), "99.50000000"),
    ],
)
def test_the_merchant_bears_a_share_of_the_fee(share: Any, net: str) -> None:
    # 5.00000001 × 0.5 = 2.500000005, half to even: 2.50000000
    row = sold(order(1, created=OLD, paid=SOON, amount="100", fee="5.00000001"), merchant_share=share)
    assert row["net_volume"] == Decimal(net)


@pytest.mark.parametrize("share", [-0.1, 1.1, "half", None, float("nan"), True])
def test_another_share_is_refused(share: Any) -> None:
    with pytest.raises(DataError, match="merchant_share"):
        sold(order(1, created=OLD, paid=SOON), merchant_share=share)


def test_a_rank_is_hidden_where_intervals_overlap() -> None:
    good = [order(number, created=OLD, paid=SOON, system=5) for number in range(30)]
    bad = [order(number, created=OLD, status=2, system=16) for number in range(30, 60)]
    middling = [order(60 + n, created=OLD, paid=SOON, status=1 if n % 2 else 2, system=17) for n in range(30)]
    unlike = payment_systems(arrow([*good, *bad, *middling]))
    assert unlike.set_index("payment_system_id")["rank"].to_dict() == {5: 1, 16: 3, 17: 2}
    alike = payment_systems(arrow([*good, *bad, *middling[:2]]))
    assert alike.set_index("payment_system_id")["rank"].isna().to_dict() == {5: True, 16: True, 17: True}


def test_money_is_exact_where_floats_are_not() -> None:
    rows = [order(number, created=OLD, paid=SOON, amount="0.1", fee="0") for number in range(10)]
    assert sum([0.1] * 10) != 1
    assert sold(*rows)["gross_volume"] == 1
    assert the_row(revenue(arrow(rows)))["gross_volume"] == 1.0


def test_the_context_of_decimals_does_not_matter() -> None:
    rows = [order(1, created=OLD, paid=SOON, amount="9999999999.99", fee="0.01")]
    with localcontext(Context(prec=3)):
        assert str(sold(*rows)["net_volume"]) == "9999999999.98000000"
    assert [name for name, one in METRICS.items() if not hasattr(one.function, "__wrapped__")] == []


def test_amounts_of_two_currencies_share_no_band() -> None:
    roubles = [order(1, created=OLD, paid=SOON), order(2, created=OLD, paid=SOON, amount="900")]
    dollar = order(3, created=OLD, paid=SOON, currency="USD", amount="2")
    test = order(4, created=OLD, currency="USD", is_test=True)
    assert conversion(arrow([*roubles, test]), by="amount_band")["orders"].tolist() == [1, 1]
    rates = pd.DataFrame({"date": ["2026-03-01"], "currency": "USD", "rate": 80})
    for metric, options in ((conversion, {}), (revenue, {"total_in": "RUB", "fx": rates})):
        with pytest.raises(MixedCurrencies, match=r"'RUB', 'USD': ask for by=\['currency', 'amount_band'\]"):
            metric(arrow([*roubles, dollar]), by="amount_band", **options)
    assert revenue(arrow([*roubles, dollar]), by="amount_band")["amount_band"].tolist() == [100, 500, 0]


def test_currencies_are_never_added() -> None:
    rows = [order(1, created=OLD, paid=SOON), order(2, created=OLD, paid=SOON, currency="CUR#7")]
    for metric in (revenue, fees, conversion_value, payment_systems):
        assert metric(arrow(rows))["currency"].tolist() == ["CUR#7", "RUB"]
    assert conversion(arrow(rows), by="currency")["currency"].tolist() == ["CUR#7", "RUB"]
    assert list(revenue(arrow(rows), by="currency").columns) == list(revenue(arrow(rows)).columns)
