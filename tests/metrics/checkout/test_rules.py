"""The rules of time to pay, checkouts and concentration, each on orders that can be read by eye."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics import checkouts, concentration, time_to_pay
from tegro_analytics.metrics.checkout import unpaid
from tegro_analytics.reference import Status, load_reference
from tests.golden import Row, arrow, order, pandas_frame, records

NEW_YORK = ZoneInfo("America/New_York")
OLD = "2026-03-01 10:00"


# Time to pay


def paid_after(number: int, seconds: float) -> Row:
    row = order(number, created=OLD)
    return row | {"paid_at": row["created_at"] + dt.timedelta(seconds=seconds)}


def open_until(number: int, seconds: float, status: int = 0) -> Row:
    row = order(number, created=OLD, status=status)
    return row | {"observed_at": row["created_at"] + dt.timedelta(seconds=seconds)}


def curve(*rows: Row, at: Any, **options: Any) -> list[Mapping[str, Any]]:
    return records(time_to_pay(arrow(rows), at=at, **options))


def share(*rows: Row, at: Any) -> list[Any]:
    return [row["paid_share"] for row in curve(*rows, at=at)]


def test_an_open_order_is_at_risk_until_it_was_last_seen(frame_of: Callable[..., Any]) -> None:
    seen = (59.999999, 60, 60.000001, -0.5)
    rows = [paid_after(1, 60), *(open_until(2 + place, one) for place, one in enumerate(seen))]
    (row,) = records(time_to_pay(frame_of(arrow(rows)), at=[60]))
    assert (row["orders"], row["at_risk"], row["excluded"]) == (5, 3, 1)
    assert row["paid_share"] == pytest.approx(1 / 3)


def test_a_day_without_an_hour_has_23_hours(frame_of: Callable[..., Any]) -> None:
    row = order(
        1, created="2026-03-08 08:00", status=0, observed="2026-03-09 07:00"
    )  # both at midnight there
    curve = time_to_pay(
        frame_of(arrow([row], zone=NEW_YORK), zone=NEW_YORK), at=[82_800, 82_801], as_of="2026-04-01"
    )
    assert curve["at_risk"].tolist() == [1, 0]


def test_beyond_the_longest_observation_the_curve_is_missing() -> None:
    rows = [paid_after(1, 60), open_until(2, 100)]
    assert share(*rows, at=[59, 60, 100, 101]) == [0, 1 / 2, 1 / 2, None]
    assert [row["at_risk"] for row in curve(*rows, at=[60, 100, 101])] == [2, 1, 0]
    later = [paid_after(1, 200), open_until(2, 100)]
    assert share(*later, at=[100, 199, 200, 201]) == [0, 0, 1, None]


def test_a_lost_order_carries_the_curve_on_and_is_never_paid() -> None:
    rows = [paid_after(1, 60), open_until(2, 100), order(3, created=OLD, status=2, observed=OLD)]
    found = curve(*rows, at=[60, 101, 10**9])
    assert [row["paid_share"] for row in found] == pytest.approx([1 / 3] * 3)
    assert [row["at_risk"] for row in found] == [3, 1, 1]


def test_where_nothing_is_open_nothing_is_unknown() -> None:
    assert share(paid_after(1, 60), paid_after(2, 90), at=[60, 10**6]) == [1 / 2, 1]
    assert share(order(1, created=OLD, status=2), at=[60]) == [0]
    assert share(paid_after(1, 0), at=[0]) == [1]


def test_there_is_no_interval_where_nobody_or_everybody_has_paid() -> None:
    first, last = curve(paid_after(1, 60), paid_after(2, 60), at=[59, 60])
    assert [first["paid_share"], first["paid_share_low"], first["paid_share_high"]] == [0, None, None]
    assert [last["paid_share"], last["paid_share_low"], last["paid_share_high"]] == [1, None, None]


def test_what_is_not_on_the_curve_is_counted() -> None:
    undated = order(2, created=OLD, paid=None)
    early = order(3, created=OLD, paid="2026-03-01 09:59")
    (row,) = curve(paid_after(1, 60), undated, early, at=[60])
    assert (row["orders"], row["excluded"], row["at_risk"], row["paid_by_then"]) == (3, 2, 1, 1)
    assert row["paid_share"] == 1
    (row,) = curve(undated, at=[60])
    assert (row["orders"], row["excluded"], row["paid_share"]) == (1, 1, None)


def test_tests_and_unknown_statuses_are_not_on_the_curve_and_join_no_checkout() -> None:
    rows = [paid_after(1, 60), open_until(2, 100)]
    noise = [paid_after(3, 30) | {"is_test": True}, paid_after(4, 30) | {"status": 7}]
    noise = [row | {"payment_id": "o-1"} for row in noise]
    for metric in (time_to_pay, checkouts, concentration):
        plain, noisy = (pd.DataFrame(metric(arrow(some))) for some in (rows, [*rows, *noise]))
        pd.testing.assert_frame_equal(noisy, plain)


def test_the_status_table_of_the_merchant_decides() -> None:
    reference = load_reference(statuses=[Status(9, "expired", "lost")])
    rows = [paid_after(1, 60), order(2, created=OLD, status=9, observed=OLD)]
    (row,) = curve(*rows, at=[100], reference=reference)
    assert (row["paid_share"], row["at_risk"]) == (1 / 2, 1)
    (row,) = curve(*rows, at=[100])
    assert row["orders"] == 1


def test_periods_without_orders_have_no_curve() -> None:
    days = curve(paid_after(1, 60), at=[60, 300], freq="day", until="2026-03-03")
    assert [row["paid_share"] for row in days] == [1, 1, None, None]
    assert [row["seconds"] for row in days] == [60, 300] * 2
    assert [(row["orders"], row["at_risk"]) for row in days] == [(1, 1), (1, 0), (0, 0), (0, 0)]
    assert [row["complete"] for row in days] == [True, True, True, True]


def test_moments_are_sorted_and_stand_once() -> None:
    found = curve(paid_after(1, 60), at=[np.int64(300), 60, 300])
    assert [row["seconds"] for row in found] == [60, 300]


@pytest.mark.parametrize("at", [[-1], [1.5], ["60"], "60", [True], [None], [10**12], [float("nan")]])
def test_moments_are_whole_seconds(at: Any) -> None:
    with pytest.raises(DataError, match=r"at=.*: give whole seconds"):
        time_to_pay(arrow([]), at=at)


def test_there_is_at_least_one_moment() -> None:
    with pytest.raises(DataError, match="at= is empty"):
        time_to_pay(arrow([]), at=[])


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpaid, "MAX_ROWS", 3)
    with pytest.raises(DataError, match=r"4 rows, 2 curves of 2 moments: ask for fewer"):
        curve(paid_after(1, 60), paid_after(2, 60) | {"shop_id": "b"}, at=[1, 2], by="shop_id")


# Checkouts


def attempt(number: int, at: str, status: int = 0, **more: Any) -> Row:
    row = order(
        number, created=f"2026-03-01 {at}", paid=f"2026-03-01 {at}" if status == 1 else None, status=status
    )
    return row | {"payment_id": "a", **more}


def joined(*rows: Row, **options: Any) -> Mapping[str, Any]:
    (row,) = records(checkouts(arrow(rows), **options))
    return row


def nameless(number: int, at: str, status: int = 0, **more: Any) -> Row:
    return attempt(number, at, status, **{"payment_id": None, "email": "a@x.ru", **more})


def test_an_attempt_after_exactly_an_hour_belongs_to_the_checkout(frame_of: Callable[..., Any]) -> None:
    rows = [attempt(1, "10:00"), attempt(2, "11:00:00", 1), attempt(3, "12:00:01")]
    (row,) = records(checkouts(frame_of(arrow(rows))))
    assert (row["checkouts"], row["attempts"]) == (2, 3)
    assert (row["first_unpaid"], row["recovered"], row["paid_checkouts"]) == (2, 1, 1)


def test_the_hour_runs_from_the_attempt_before() -> None:
    row = joined(attempt(1, "10:00"), attempt(2, "10:50"), attempt(3, "11:40", 1))
    assert (row["checkouts"], row["attempts_per_checkout"], row["recovered"]) == (1, 3, 1)


def test_the_hour_is_one_where_the_clocks_go_forward(frame_of: Callable[..., Any]) -> None:
    rows = [  # 1:59 and 3:59 in New York, an hour and no more
        order(1, created="2026-03-08 09:59", status=0, payment_id="a"),
        order(2, created="2026-03-08 10:59", payment_id="a"),
        order(3, created="2026-03-08 11:59:01", payment_id="a"),
    ]
    frame = frame_of(arrow(rows, zone=NEW_YORK), zone=NEW_YORK)
    (row,) = records(checkouts(frame, as_of="2026-04-01"))
    assert (row["checkouts"], row["recovered"]) == (2, 1)


def test_of_attempts_at_the_same_time_the_lower_number_is_first() -> None:
    assert joined(attempt(1, "10:00"), attempt(2, "10:00", 1))["recovered"] == 1
    row = joined(attempt(2, "10:00"), attempt(1, "10:00", 1))
    assert (row["first_unpaid"], row["recovered"], row["paid_checkouts"]) == (0, 0, 1)
    assert row["recovery_rate"] is None


def test_the_time_says_which_attempt_is_first_whatever_their_numbers_are() -> None:
    row = joined(attempt(3, "10:00"), attempt(2, "11:40"), attempt(1, "10:50", 1))
    assert (row["checkouts"], row["attempts"], row["first_unpaid"], row["recovered"]) == (1, 3, 1, 1)


def test_attempts_of_two_checkouts_may_take_turns() -> None:
    rows = [
        attempt(1, "10:00"),
        attempt(2, "10:10", payment_id="b"),
        attempt(3, "10:20", 1),
        attempt(4, "10:30", 2, payment_id="b"),
    ]
    row = joined(*rows)
    assert (row["checkouts"], row["attempts"], row["first_unpaid"], row["recovered"]) == (2, 4, 2, 1)
    assert (row["checkout_conversion"], row["recovery_rate"]) == (1 / 2, 1 / 2)


def test_bounds_do_not_cut_a_checkout() -> None:
    rows = [attempt(1, "23:50", shop_id="a"), attempt(2, "23:50", shop_id="b")]
    rows.append(order(3, created="2026-03-02 00:10", payment_id="a", shop="a"))
    assert joined(*rows, since="2026-03-02")["checkouts"] == 0
    row = joined(*rows, until="2026-03-02")
    assert (row["checkouts"], row["attempts"], row["recovered"]) == (2, 3, 1)
    row = joined(*rows, until="2026-03-01 23:51")
    assert (row["checkouts"], row["attempts"], row["recovered"]) == (2, 3, 1)


def test_the_first_attempt_says_the_group() -> None:
    rows = [attempt(1, "10:00", payment_system_id=25), attempt(2, "10:05", 1, payment_system_id=28)]
    row = joined(*rows, by="payment_system_id")
    assert (row["payment_system_id"], row["attempts"], row["recovered"]) == (25, 2, 1)


def test_without_a_number_the_customer_and_the_amount_tell() -> None:
    assert joined(nameless(1, "10:00"), nameless(2, "10:05", payment_id=""))["checkouts"] == 1
    first = nameless(1, "10:00")
    others = [
        {"email": "b@x.ru"}, {"currency": "USD"}, {"amount": Decimal("100.00000001")}, {"shop_id": "b"},
        {"payment_id": "a"}, {"email": None}, {"amount": None},
    ]  # fmt: skip
    rows = [nameless(2 + number, "10:05", **other) for number, other in enumerate(others)]
    assert joined(first, *rows)["checkouts"] == 8


def test_what_has_no_key_is_alone(frame_of: Callable[..., Any]) -> None:
    rows = [nameless(1, "10:00", email=None), nameless(2, "10:00", email="", payment_id="")]
    (row,) = records(checkouts(frame_of(arrow(rows))))
    assert (row["checkouts"], row["attempts"]) == (2, 2)


@pytest.mark.parametrize("column", ["amount", "currency", "customer"])
def test_orders_that_both_lack_a_part_of_their_key_are_alone(column: str) -> None:
    frame = pandas_frame(arrow([nameless(1, "10:00"), nameless(2, "10:00")]))
    assert checkouts(frame)["checkouts"].tolist() == [1]
    assert checkouts(frame.assign(**{column: None}))["checkouts"].tolist() == [2]


def test_orders_that_do_not_say_their_shop_are_alone() -> None:
    rows = [attempt(1, "10:00"), attempt(1, "10:00"), attempt(2, "10:00")]
    frame = pandas_frame(arrow(rows)).assign(shop_id=None)
    assert checkouts(frame)["checkouts"].tolist() == [3]


def test_zeros_at_the_end_of_an_amount_do_not_matter() -> None:
    table = arrow([nameless(1, "10:00"), nameless(2, "10:05")])
    one, two = pl.from_arrow(table.slice(0, 1)), pl.from_arrow(table.slice(1, 1))
    assert isinstance(one, pl.DataFrame)
    assert isinstance(two, pl.DataFrame)
    for dtype in (pl.Decimal(38, 2), pl.Decimal(12, 0), pl.Float64):
        frame = pl.concat([one.cast({"amount": dtype}), two.cast({"amount": dtype})])
        assert checkouts(frame)["checkouts"].tolist() == [1]


def test_the_first_attempt_makes_a_checkout_mature() -> None:
    young = order(2, created="2026-03-03 12:30", paid="2026-03-03 12:31", payment_id="a")
    for first, mature in (("2026-03-03 12:00", 1), ("2026-03-03 12:00:01", 0)):
        row = joined(order(1, created=first, status=0, payment_id="a"), young)
        assert (row["checkouts"], row["mature_checkouts"], row["attempts"]) == (1, mature, 2)
        assert (row["paid_checkouts"], row["first_unpaid"], row["recovered"]) == (mature, mature, mature)


def test_a_refunded_attempt_was_paid() -> None:
    row = joined(attempt(1, "10:00", 2), attempt(2, "10:01", 3))
    assert (row["paid_checkouts"], row["recovered"]) == (1, 1)


def test_a_payment_before_an_unpaid_attempt_is_no_recovery() -> None:
    row = joined(attempt(1, "10:00", 1), attempt(2, "10:01", 0), attempt(3, "10:02", 1))
    assert (row["checkouts"], row["paid_checkouts"], row["first_unpaid"], row["recovered"]) == (1, 1, 0, 0)


# Concentration


def sold(number: int, system: int | None, amount: str, **more: Any) -> Row:
    return order(number, created=OLD, paid=more.pop("paid", OLD), system=system, amount=amount, **more)


def concentrated(*rows: Row, **options: Any) -> Mapping[str, Any]:
    (row,) = records(concentration(arrow(rows), **options))
    return row


def test_as_many_as_there_are_if_all_are_alike() -> None:
    row = concentrated(*(sold(number, number, "33.33") for number in (28, 25, 51)))
    assert (row["systems"], row["hhi"], row["effective_systems"], row["top_share"]) == (3, 1 / 3, 3, 1 / 3)
    assert row["top_payment_system_id"] == 25


def test_shares_are_exact() -> None:
    row = concentrated(sold(1, 25, "0.1"), sold(2, 25, "0.2"), sold(3, 28, "0.3"))
    assert (row["hhi"], row["effective_systems"], row["top_payment_system_id"]) == (0.5, 2, 25)


def test_an_unnamed_system_is_one_of_them() -> None:
    row = concentrated(sold(1, None, "30"), sold(2, None, "30"), sold(3, 25, "40"))
    assert (row["systems"], row["top_share"], row["top_payment_system_id"]) == (2, 0.6, None)
    assert concentrated(sold(1, None, "30"), sold(2, 25, "30"))["top_payment_system_id"] == 25


def test_a_payment_of_0_has_a_system_and_no_share() -> None:
    row = concentrated(sold(1, 25, "0"), sold(2, 28, "5"))
    assert (row["systems"], row["hhi"], row["top_payment_system_id"]) == (2, 1, 28)
    row = concentrated(sold(1, 25, "0"))
    assert [row[name] for name in ("systems", "hhi", "effective_systems", "top_share")] == [
        1,
        None,
        None,
        None,
    ]
    assert row["top_payment_system_id"] is None


def test_negative_amounts_and_what_is_unpaid_have_no_system() -> None:
    row = concentrated(sold(1, 25, "-5"), sold(2, 28, "5"), sold(3, 51, "5", status=2))
    assert (row["systems"], row["top_payment_system_id"]) == (1, 28)
    assert concentrated(sold(1, 25, "-5"))["systems"] == 0


def test_bounds_go_by_the_date_of_payment_and_every_currency_keeps_its_row() -> None:
    rows = [sold(1, 25, "5"), sold(2, 28, "5", paid="2026-03-02 10:00"), sold(3, 51, "5", currency="USD")]
    roubles, dollars = records(concentration(arrow(rows), since="2026-03-02"))
    assert (roubles["systems"], roubles["top_payment_system_id"]) == (1, 28)
    assert (dollars["currency"], dollars["systems"], dollars["hhi"]) == ("USD", 0, None)


def test_within_groups() -> None:
    rows = [sold(1, 25, "5"), sold(2, 28, "5", shop="b"), sold(3, 51, "5", shop="b")]
    two, one = records(concentration(arrow(rows), by="shop_id"))
    assert (two["shop_id"], two["systems"], two["hhi"]) == ("b", 2, 0.5)
    assert (one["shop_id"], one["systems"], one["hhi"]) == ("shop", 1, 1)


def test_a_total_over_currencies() -> None:
    rates = pd.DataFrame({"date": [dt.date(2026, 3, 1)], "currency": "USD", "rate": [Decimal(3)]})
    rows = [sold(1, 25, "30"), sold(2, 51, "30", currency="USD")]
    row = concentrated(*rows, total_in="RUB", fx=rates)
    assert (row["currency"], row["systems"], row["hhi"]) == ("RUB", 2, (1 + 9) / 16)


def test_payment_systems_are_no_dimension_of_their_own_concentration() -> None:
    with pytest.raises(DataError, match="leaves one payment system in each group"):
        concentration(arrow([sold(1, 25, "5")]), by=["shop_id", "payment_system_id"])
