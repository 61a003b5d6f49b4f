"""The rules of tariffs, each on orders that can be read by eye."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pytest

from tegro_analytics.exceptions import ConfigurationError, DataError, MissingColumn
from tegro_analytics.metrics import METRICS, fee_audit, fee_differences, fee_drift, plan_comparison
from tegro_analytics.reference import Tariff, load_reference
from tests.golden import Row, arrow, golden_rows, native, order, records

NOON = "2026-03-02 12:00"


def card(percent: str, minimum: str | None = None, **more: Any) -> Tariff:
    """Make a tariff of plan "own" for system 25."""
    least = None if minimum is None else Decimal(minimum)
    return replace(Tariff("in", 25, None, "own", Decimal(percent), least), **more)


def bought(id: int = 1, amount: str = "100", fee: str | None = "5", **more: Any) -> Row:  # noqa: A002
    return order(id, created=NOON, paid=more.pop("paid", NOON), amount=amount, fee=fee, **more)


def audit(rows: Row | list[Row], *tariffs: Tariff, **options: Any) -> Mapping[str, Any]:
    rows = rows if isinstance(rows, list) else [rows]
    reference = load_reference(tariffs=tariffs)
    frame = fee_audit(arrow(rows), plan="own", reference=reference, money="decimal", **options)
    (row,) = records(frame)
    return row


def due(amount: str, *tariffs: Tariff, **more: Any) -> Decimal:
    """Give the fee that is expected for one payment."""
    result: Decimal = audit(bought(amount=amount, **more), *tariffs)["expected_fees"]
    return result


@pytest.mark.parametrize(
    ("amount", "percent", "fee"),
    [
        ("2", "6.75", "0.14"),  # 0.135
        ("1.99", "6.75", "0.13"),  # 0.134325
        ("100", "0.125", "0.13"),  # 0.125: half to even would give 0.12
        ("100", "0.1249", "0.12"),
        ("0.10", "5", "0.01"),  # 0.005
        ("0.09", "5", "0"),
        ("0", "5", "0"),
        ("9999999999.99", "6.75", "675000000"),  # 674999999.999325
        ("9999999999.99", "100", "9999999999.99"),
    ],
)
def test_half_a_unit_is_rounded_up(amount: str, percent: str, fee: str) -> None:
    assert due(amount, card(percent)) == Decimal(fee)


@pytest.mark.parametrize(
    ("currency", "amount", "fee"),
    [
        ("RUB", "10.10", "0.51"),  # 0.505
        ("JPY", "1010", "51"),  # 50.5
        ("BTC", "0.0000001", "0.00000001"),  # half of the smallest unit
        ("CUR#7", "10.10", "0.51"),  # an unknown currency has 2 places
    ],
)
def test_each_currency_is_rounded_at_its_minor_unit(currency: str, amount: str, fee: str) -> None:
    assert due(amount, card("5"), currency=currency) == Decimal(fee)


@pytest.mark.parametrize(
    ("amount", "fee"),
    [
        ("10.1", "0.51"),
        ("10.09999999", "0.50"),  # 0.5049999995: the places beyond the unit count, and are not rounded first
        ("10.10000001", "0.51"),
        ("9000000000.10000001", "450000000.01"),  # 450000000.0050000005: too long for a float
        ("9000000000.09999999", "450000000"),
    ],
)
def test_an_amount_with_more_places_than_its_currency(amount: str, fee: str) -> None:
    assert due(amount, card("5")) == Decimal(fee)


@pytest.mark.parametrize(
    ("percent", "minimum", "fee"),
    [
        ("5", "3.5", "5"),
        ("3.4999", "3.5", "3.5"),
        ("0", "0.005", "0.01"),  # a minimum is rounded too
        ("0", "0.0049", "0"),
        ("0", "1.0000001", "1"),
        ("0", "1.00499999999", "1"),
        ("0", "50000", "50000"),
        ("0.00005", None, "0"),
        ("33.33335", None, "33.33"),
        ("250", None, "250"),
    ],
)
def test_the_minimum_holds_where_it_is_more(percent: str, minimum: str | None, fee: str) -> None:
    assert due("100", card(percent, minimum)) == Decimal(fee)


def test_a_published_minimum_of_a_coin() -> None:
    rows = [
        bought(1, "0.01", "0.0007", system=16, currency="BTC"),
        bought(2, "1", "0.04", system=16, currency="BTC"),
    ]
    frame = fee_audit(arrow(rows), plan="starter", money="decimal")
    assert frame["expected_fees"].tolist() == [Decimal("0.0407")]
    assert frame["fee_difference"].tolist() == [0]


def test_a_fee_with_more_places_than_its_currency_differs() -> None:
    row = audit(bought(amount="33.33", fee="2.24977500"), card("6.75"))
    assert (row["expected_fees"], row["undercharged"], row["undercharged_value"]) == (
        Decimal("2.25"), 1, Decimal("0.000225"),
    )  # fmt: skip


def test_over_and_under_are_told_apart() -> None:
    rows = [
        bought(1, fee="5"),
        bought(2, fee="5.01"),
        bought(3, fee="4"),
        bought(4, fee="-1"),
        bought(5, fee="0"),
    ]
    row = audit(rows, card("5"))
    assert (row["audited"], row["overcharged"], row["undercharged"]) == (5, 1, 3)
    assert (row["overcharged_value"], row["undercharged_value"]) == (Decimal("0.01"), 12)
    assert row["fee_difference"] == Decimal("-11.99")
    assert row["overcharged_share"] == 1 / 5


def test_a_fee_too_large_for_a_float_is_checked_too() -> None:
    row = audit(bought(amount="9999999999.99", fee="675000000.00000001"), card("6.75"))
    assert row["overcharged_value"] == Decimal("0.00000001")


def test_half_a_unit_is_rounded_up_where_python_checks_too() -> None:
    row = audit(bought(amount="10.10", fee="20000000"), card("5"))  # 0.505: half to even would give 0.50
    assert row["expected_fees"] == Decimal("0.51")


def test_what_64_bits_do_not_hold_is_checked_too() -> None:
    assert due("9999999999", card("1000"), currency="JPY") == 99_999_999_990
    assert due("0.12345678", card("5", "100000")) == 100_000
    assert due("9999999.99999999", card("2.5")) == 250_000
    wide = native("polars", arrow([bought(fee="1", currency="JPY")])).with_columns(amount=pl.lit(10**11))
    frame = fee_audit(wide, plan="own", reference=load_reference(tariffs=[card("100")]), money="decimal")
    assert frame["expected_fees"].tolist() == [10**11]


def test_what_a_float_does_not_hold_is_checked_too() -> None:
    assert due("9000005000", card("0.0001")) == Decimal("9000.01")  # half a unit
    assert due("9000004999.99999999", card("0.0001")) == 9000


def test_no_place_of_a_percentage_is_lost() -> None:
    assert due("100000", card("33.33335")) == Decimal("33333.35")
    assert due("100000", card("33.3333")) == Decimal("33333.30")


def test_an_unknown_fee_is_counted_and_not_checked() -> None:
    row = audit([bought(1, fee=None), bought(2)], card("5"))
    assert (row["payments"], row["audited"], row["unknown_fee"]) == (2, 1, 1)
    assert (row["actual_fees"], row["expected_fees"]) == (5, 5)


def test_without_a_tariff_nothing_is_checked() -> None:
    rows = [bought(1, system=None), bought(2, system=None, fee=None), bought(3, "-1", system=None)]
    row = audit(rows, card("5"))
    assert (row["payments"], row["audited"], row["unknown_tariff"], row["unknown_fee"]) == (2, 0, 2, 0)
    assert (row["payment_system"], row["overcharged_share"]) == ("unknown", None)


def test_only_tariffs_for_payments_count() -> None:
    out = card("1", direction="out")
    assert due("100", card("5"), out) == 5
    assert audit(bought(system=26), card("5"), replace(out, payment_system_id=26))["unknown_tariff"] == 1


@pytest.mark.parametrize(
    ("paid", "fee"),
    [
        ("2026-03-01 23:59", None),
        ("2026-03-02 00:00", "5"),
        ("2026-03-03 23:59", "5"),
        ("2026-03-04 00:00", None),
    ],
)
def test_both_dates_of_a_tariff_belong_to_it(paid: str, fee: str | None) -> None:
    tariff = card("5", valid_from=dt.date(2026, 3, 2), valid_to=dt.date(2026, 3, 3))
    row = audit(bought(paid=paid), tariff)
    assert row["audited"] == (fee is not None)
    assert row["expected_fees"] == Decimal(fee or 0)


def test_the_day_is_that_of_the_report_zone() -> None:
    tariff = card("5", valid_from=dt.date(2026, 3, 2))
    late = bought(paid="2026-03-02 02:00")  # still 1 March in UTC
    assert audit(late, tariff)["audited"] == 1
    reference = load_reference(tariffs=[tariff])
    frame = native("pandas float64", arrow([late]))
    assert fee_audit(frame, plan="own", reference=reference, zone="UTC")["audited"].tolist() == [0]


def test_without_a_date_of_payment_the_creation_decides() -> None:
    tariff = card("5", valid_from=dt.date(2026, 3, 2), valid_to=dt.date(2026, 3, 2))
    assert audit(bought(paid=None), tariff)["audited"] == 1


def test_the_more_specific_tariff_holds_and_of_these_the_later() -> None:
    ever, march = card("5"), card("4", valid_from=dt.date(2026, 3, 1))
    roubles = card("3", currency="RUB")
    soon = card("2", currency="RUB", valid_from=dt.date(2026, 3, 3))
    assert due("100", ever, march) == due("100", march, ever) == 4
    assert due("100", ever, march, roubles) == due("100", roubles, march, ever) == 3
    assert due("100", ever, march, roubles, soon) == 3
    assert due("100", ever, march, roubles, soon, paid="2026-03-03 10:00") == 2
    assert due("100", ever, roubles, currency="USD") == 5


def test_a_tariff_that_python_applies_holds_before_a_weaker_one() -> None:
    odd = card("33.33335", valid_from=dt.date(2026, 3, 1))
    assert due("100000", card("5"), odd) == Decimal("33333.35")


def test_a_tariff_that_ended_leaves_its_place_to_the_one_before() -> None:
    ended = card("4", valid_from=dt.date(2026, 3, 1), valid_to=dt.date(2026, 3, 1))
    assert due("100", card("5"), ended) == 5


def test_tariffs_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="two tariffs hold for the same payments"):
        due("100", card("5"), card("4", valid_to=dt.date(2026, 3, 9)))
    assert due("100", card("5"), card("5")) == 5
    for bad in (card("-1"), card("NaN"), card("1", "-2"), card("Infinity")):
        with pytest.raises(ConfigurationError, match="is no tariff"):
            due("100", bad)


def test_what_is_no_payment_is_not_checked() -> None:
    rows = [
        bought(1),
        bought(2, is_test=True),
        bought(3, status=0),
        bought(4, status=2),
        bought(5, status=7),
        bought(6, status=3),
        bought(7, amount="-100"),
    ]
    row = audit(rows, card("4"))
    assert (row["payments"], row["audited"], row["overcharged_value"]) == (2, 2, 2)
    reference = load_reference(tariffs=[card("4")])
    assert fee_differences(arrow(rows), plan="own", reference=reference)["id"].tolist() == [1, 6]


def test_a_payment_without_an_amount_is_refused() -> None:
    nameless = arrow([bought()]).to_pandas().assign(amount=None)
    with pytest.raises(DataError, match="1 paid orders have no amount"):
        fee_audit(nameless, plan="starter")


def test_the_plan_is_that_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = arrow(golden_rows())
    monkeypatch.setenv("TEGRO_PLAN", "premium")
    assert fee_audit(orders)["overcharged_value"].tolist()[0] == 19
    assert fee_audit(orders, plan="business")["overcharged_value"].tolist()[0] == 0
    monkeypatch.delenv("TEGRO_PLAN")
    for metric in (fee_audit, fee_differences):
        with pytest.raises(ConfigurationError, match=r"does not know the plan .* TEGRO_PLAN.*'starter'"):
            metric(orders)
        with pytest.raises(ConfigurationError, match=r"plan='Starter': .*'starter', 'business'"):
            metric(orders, plan="Starter")
    with pytest.raises(ConfigurationError, match="has these: none"):
        fee_audit(orders, reference=load_reference(tariffs=[]))


def test_periods_and_bounds_go_by_the_day_of_payment() -> None:
    days = records(fee_audit(arrow(golden_rows()), plan="premium", freq="day", since="2026-03-02"))
    cards = [row for row in days if row["payment_system_id"] == 25]
    assert [float(row["overcharged_value"]) for row in cards] == [5, 4, 0]
    assert [row["complete"] for row in cards] == [True, True, False]
    some = fee_differences(arrow(golden_rows()), plan="premium", since="2026-03-02", until="2026-03-03")
    assert some["id"].tolist() == [2]


def test_what_python_checks_stays_in_its_period_and_group() -> None:
    # 100 × 33.33335 % = 33.33335: too many places for an engine.
    rows = [
        bought(1, fee="33.33", shop="a"),
        bought(2, fee="33.34", shop="b", paid="2026-03-03 23:30"),
        bought(3, fee="33.34", shop="b", paid="2026-03-03 23:40"),
    ]
    reference = load_reference(tariffs=[card("33.33335")])
    frame = fee_audit(
        arrow(rows), plan="own", reference=reference, freq="hour", by="shop_id", money="decimal"
    )
    odd = frame[frame["overcharged"] > 0]
    assert odd["period_start"].tolist() == [pd.Timestamp("2026-03-03 23:00")]
    assert (odd["shop_id"].tolist(), odd["overcharged"].tolist()) == (["b"], [2])
    assert odd["overcharged_value"].tolist() == [Decimal("0.02")]
    assert frame["audited"].sum() == 3
    listed = fee_differences(arrow(rows), plan="own", reference=reference)
    assert (listed["id"].tolist(), listed.found) == ([2, 3], 2)
    first = fee_differences(arrow(rows), plan="own", reference=reference, limit=1)
    assert (first["id"].tolist(), first.found) == ([2], 2)


def test_the_largest_difference_comes_first_and_the_lower_id_of_equals() -> None:
    fees = {5: "6", 3: "4", 4: "5", 2: "7.5", 1: "5.00000001"}
    rows = [bought(number, fee=fee) for number, fee in fees.items()]
    reference = load_reference(tariffs=[card("5", "0.5")])
    frame = fee_differences(arrow(rows), plan="own", reference=reference, money="decimal", limit=None)
    assert frame["id"].tolist() == [2, 3, 5, 1]
    assert frame["fee_difference"].tolist() == [Decimal("2.5"), -1, 1, Decimal("0.00000001")]
    assert frame["tariff_minimum"].tolist() == [Decimal("0.5")] * 4
    for limit in (0, 1, 3, 9):
        part = fee_differences(arrow(rows), plan="own", reference=reference, limit=limit)
        assert (part["id"].tolist(), part.found) == ([2, 3, 5, 1][:limit], 4)
    for bad in (-1, 1.5, True, "all"):
        with pytest.raises(DataError, match="limit="):
            fee_differences(arrow(rows), plan="own", limit=bad)  # type: ignore[arg-type]


def test_a_comparison_shows_what_each_plan_does_not_cover() -> None:
    tariffs = [card("5"), card("2", plan="big"), replace(card("1", plan="big"), payment_system_id=26)]
    rows = [bought(1, fee="5"), bought(2, fee="3", system=26), bought(3, fee=None)]
    frame = plan_comparison(arrow(rows), reference=load_reference(tariffs=tariffs), by=["plan", "family"])
    assert list(frame.columns)[:3] == ["currency", "plan", "family"]
    shown = frame[
        ["plan", "audited", "unknown_tariff", "unknown_fee", "actual_fees", "expected_fees", "saving"]
    ]
    assert shown.to_numpy().tolist() == [["big", 2, 0, 1, 8, 3, 5], ["own", 1, 1, 1, 5, 5, 0]]
    nothing = plan_comparison(arrow(rows), reference=load_reference(tariffs=[]))
    assert list(nothing.columns)[2:] == METRICS["plan_comparison"].names()
    assert len(nothing) == 0


def test_bounds_without_payments_keep_the_currencies() -> None:
    frame = plan_comparison(arrow(golden_rows()), since="2026-02-01", until="2026-02-02")
    assert len(frame) == 10
    assert frame["payments"].sum() == 0


def test_columns_that_are_needed_are_named() -> None:
    table = arrow(golden_rows())
    for metric in ("fee_audit", "plan_comparison", "fee_differences"):
        with pytest.raises(MissingColumn, match="payment_system_id"):
            METRICS[metric].function(table.drop_columns("payment_system_id"))


# Why the fee rate moved


def month(id: int, day: str, amount: str, fee: str, system: int = 25) -> Row:  # noqa: A002
    return order(id, created=day, paid=day, amount=amount, fee=fee, system=system)


HISTORY = [
    month(1, "2026-01-10 10:00", "100", "5"),
    month(2, "2026-02-05 10:00", "100", "10"),
    month(3, "2026-02-20 10:00", "100", "2"),
    month(4, "2026-02-20 10:00", "200", "2", system=28),
]


def test_the_first_period_of_the_history_has_none_before_it() -> None:
    frame = fee_drift(arrow(HISTORY))
    assert frame["period_start"].dt.strftime("%m").tolist() == ["02", "02", "03", "03"]
    assert frame["fee_rate_before"].tolist()[0] == 0.05
    assert frame["fee_rate"].tolist()[:2] == [0.06, 0.01]
    assert frame["complete"].tolist() == [True, True, False, False]
    assert frame["total_change"].isna().tolist() == [False, False, True, True]


def test_the_period_before_the_bounds_is_read_too() -> None:
    whole = fee_drift(arrow(HISTORY))
    bounded = fee_drift(arrow(HISTORY), since="2026-02-01", until="2026-03-01")
    pd.testing.assert_frame_equal(pd.DataFrame(bounded), pd.DataFrame(whole).iloc[:2])


def test_a_period_that_the_bounds_cut_is_not_complete() -> None:
    frame = fee_drift(arrow(HISTORY), since="2026-02-10", until="2026-03-01")
    cards = records(frame)[0]
    assert (cards["complete"], cards["fee_rate_before"], cards["fee_rate"]) == (False, 0.05, 0.02)


def test_hours_are_compared_with_the_hour_before_the_bounds() -> None:
    rows = [month(1, "2026-03-01 23:30", "100", "5"), month(2, "2026-03-02 00:10", "100", "6")]
    frame = fee_drift(arrow(rows), freq="hour", since="2026-03-02", until="2026-03-02 01:00")
    assert frame[["fee_rate_before", "fee_rate", "rate_effect"]].to_numpy().tolist() == [[0.05, 0.06, 0.01]]


def test_without_groups_all_is_rate() -> None:
    (row, *_) = records(fee_drift(arrow(HISTORY), by=None))
    assert (row["mix_effect"], row["rate_effect"]) == (0, row["total_change"])


def test_a_fee_on_an_amount_of_0_is_mix() -> None:
    rows = [month(1, "2026-01-10 10:00", "100", "5"), month(2, "2026-02-10 10:00", "100", "5")]
    free = month(3, "2026-02-11 10:00", "0", "1", system=28)
    frame = fee_drift(arrow([*rows, free]), until="2026-03-01")
    assert frame["mix_effect"].tolist() == [0, 0.01]
    assert frame["total_change"].tolist() == [0.01, 0.01]


def test_periods_are_asked_for() -> None:
    with pytest.raises(DataError, match="fee_drift compares periods: give freq="):
        fee_drift(arrow(HISTORY), freq=None)
