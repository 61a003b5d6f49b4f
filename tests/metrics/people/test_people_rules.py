"""The rules for customers, each on orders that can be read by eye."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from tegro_analytics.exceptions import DataError, MissingColumn
from tegro_analytics.metrics import cohorts, customer_value, customers, rfm
from tegro_analytics.metrics.engines.source import Source
from tegro_analytics.metrics.people import triangle
from tests.golden import Row, arrow, native, order, records
from tests.metrics.drawn import SOME_ENGINES

ALL = (customers, customer_value, cohorts, rfm)


def paid(id: int, day: str, email: str | None = "a@x.ru", **values: Any) -> Row:  # noqa: A002
    """Make an order that was created and paid on a day of 2026, at noon unless the time is given."""
    moment = f"2026-{day}" if " " in day else f"2026-{day} 12:00"
    return order(id, created=moment, paid=moment, email=email, **values)


def counted(*rows: Row, **options: Any) -> Mapping[str, Any]:
    (row,) = records(customers(arrow(rows), **options))
    return row


def valued(*rows: Row, **options: Any) -> Mapping[str, Any]:
    (row,) = records(customer_value(arrow(rows), money="decimal", **options))
    return row


def shown(frame: pd.DataFrame, *names: str) -> list[list[Any]]:
    return [[row[name] for name in names] for row in records(frame)]


# Who is one customer


def test_a_customer_is_an_e_mail_whatever_its_case() -> None:
    row = counted(paid(1, "01-01", "A@x.ru"), paid(2, "01-02", " a@x.ru "), paid(3, "01-02", "b@x.ru"))
    assert (row["unique_payers"], row["repeat_payers"], row["repeat_rate"]) == (2, 1, 1 / 2)


def test_who_gave_no_e_mail_is_never_one_customer() -> None:
    nobody = [paid(1, "01-01", None), paid(2, "01-02", ""), paid(3, "01-03", " ")]
    row = counted(*nobody)
    assert (row["payments"], row["anonymous_payments"], row["unique_payers"]) == (3, 3, 0)
    assert (row["anonymous_share"], row["repeat_rate"]) == (1, None)
    value = valued(*nobody)
    assert (value["gross_volume"], value["identified_gross"], value["unique_payers"]) == (300, 0, 0)
    assert (value["arppu"], value["ltv_historic"], value["top_customer_share"]) == (None, None, None)
    assert len(cohorts(arrow(nobody))) == len(rfm(arrow(nobody))) == 0


def test_tests_negative_amounts_and_what_is_not_paid_count_for_nothing() -> None:
    rows = [paid(1, "02-01"), paid(2, "02-03", "b@x.ru")]
    noise = [
        paid(3, "01-01", is_test=True),
        paid(4, "01-02", amount="-1"),
        paid(5, "01-03", status=7),
        order(6, created="2026-01-04 10:00", status=0, email="a@x.ru"),
    ]
    for metric in ALL:
        plain, noisy = (pd.DataFrame(metric(arrow(some))) for some in (rows, [*rows, *noise]))
        pd.testing.assert_frame_equal(noisy, plain)


# New, returning, repeat


def test_who_is_new_is_decided_by_the_whole_history() -> None:
    rows = [paid(1, "01-10"), paid(2, "02-10"), paid(3, "02-11", "b@x.ru")]
    months = customers(arrow(rows), freq="month", until="2026-03-01")
    assert shown(months, "new_payers", "returning_payers") == [[1, 0], [1, 1]]
    cut = counted(*rows, since="2026-02-01")
    assert (cut["unique_payers"], cut["new_payers"], cut["returning_payers"]) == (2, 1, 1)
    assert counted(*rows)["new_payers"] == 2


def test_who_paid_before_in_another_group_or_currency_is_not_new() -> None:
    rows = [paid(1, "01-10", shop="one", currency="USD"), paid(2, "02-10", shop="two")]
    frame = customers(arrow(rows), freq="month", by="shop_id", until="2026-03-01")
    assert shown(frame, "shop_id", "new_payers", "returning_payers") == [
        ["one", 1, 0], ["two", 0, 0], ["one", 0, 0], ["two", 0, 1],
    ]  # fmt: skip
    both = customers(arrow(rows), by="shop_id")
    assert both["new_payers"].tolist() == [1, 1]  # new in the period of the row, whatever the shop


def test_a_bound_within_a_period_cuts_who_is_new_in_it() -> None:
    rows = [paid(1, "01-10"), paid(2, "01-20"), paid(3, "01-21", "b@x.ru")]
    frame = customers(arrow(rows), freq="month", since="2026-01-15", until="2026-02-01")
    names = ("payments", "new_payers", "returning_payers", "complete", "left_edge")
    assert shown(frame, *names) == [[2, 1, 1, False, False]]


def test_hours_of_one_day_tell_new_from_returning() -> None:
    rows = [paid(1, "03-01 10:10"), paid(2, "03-01 10:50"), paid(3, "03-01 15:00")]
    frame = customers(arrow(rows), freq="hour", since="2026-03-01", until="2026-03-02")
    some = frame[frame["payments"] > 0]
    assert shown(some, "payments", "new_payers", "returning_payers") == [[2, 1, 0], [1, 0, 1]]
    assert frame["left_edge"].all()
    cut = counted(*rows, since="2026-03-01 10:30", until="2026-03-01 10:51")
    assert (cut["payments"], cut["new_payers"], cut["returning_payers"]) == (1, 0, 1)


def test_bounds_within_a_day_go_by_the_moment_of_payment() -> None:
    late = order(1, created="2026-03-01 10:00", paid="2026-03-01 15:00", email="a@x.ru")
    undated = order(2, created="2026-03-01 13:00", paid=None, email="b@x.ru")
    for rows in ([late], [undated], [late, undated]):
        row = counted(*rows, since="2026-03-01 12:00")
        assert (row["unique_payers"], row["new_payers"]) == (len(rows), len(rows))
        assert cohorts(arrow(rows), since="2026-03-01 12:00")["cohort_size"].tolist() == [len(rows)]
        assert len(rfm(arrow(rows), since="2026-03-01 12:00")) == len(rows)


def test_a_repeat_payer_paid_on_two_days_of_the_row() -> None:
    rows = [paid(1, "01-30"), paid(2, "01-30 13:00"), paid(3, "02-02"), paid(4, "02-03")]
    assert counted(*rows[:2])["repeat_payers"] == 0
    months = customers(arrow(rows), freq="month", until="2026-03-01")
    assert months["repeat_payers"].tolist() == [0, 1]


def test_a_payment_without_a_date_is_dated_by_its_creation() -> None:
    undated = order(1, created="2026-01-31 23:00", paid=None, email="a@x.ru")
    months = customers(arrow([undated, paid(2, "02-01")]), freq="month", until="2026-03-01")
    assert shown(months, "new_payers", "returning_payers") == [[1, 0], [0, 1]]
    (row,) = records(rfm(arrow([undated, paid(2, "02-01")])))
    assert (row["payment_days"], row["recency_days"]) == (2, 1)


def test_periods_without_payments_are_rows_with_0() -> None:
    frame = customers(arrow([paid(1, "02-01")]), freq="month", since="2026-01-01", until="2026-04-01")
    assert frame["payments"].tolist() == [0, 1, 0]
    assert frame["repeat_rate"].isna().tolist() == [True, False, True]
    assert frame["left_edge"].tolist() == [False, True, False]


# Value


def test_a_refund_is_dated_with_its_payment() -> None:
    rows = [paid(1, "01-10", status=3, amount="100", fee="4", refunded="2026-02-10 10:00"), paid(2, "02-11")]
    frame = customer_value(arrow(rows), freq="month", until="2026-03-01")
    assert shown(frame, "identified_gross", "identified_net") == [[100, -4], [100, 95]]


def test_the_merchant_bears_a_share_of_the_fee() -> None:
    row = valued(paid(1, "01-10", amount="100", fee="5.00000001"), merchant_share="0.5")
    assert row["ltv_historic"] == Decimal("97.5")  # 2.500000005 is rounded half to even
    with pytest.raises(DataError, match="merchant_share"):
        valued(paid(1, "01-10"), merchant_share=2)


def test_a_mean_is_rounded_once_half_to_even() -> None:
    rows = [paid(1, "01-10", amount="0.00000001"), paid(2, "01-10", "b@x.ru", amount="0.00000002")]
    assert valued(*rows)["arppu"] == Decimal("0.00000002")
    assert valued(rows[0], paid(3, "01-10", "c@x.ru", amount="0"))["arppu"] == 0


@pytest.mark.parametrize(("payers", "top"), [(1, 1), (100, 1), (101, 2), (200, 2), (201, 3)])
def test_the_top_is_a_hundredth_of_the_payers_rounded_up(payers: int, top: int) -> None:
    rows = [paid(number, "01-10", f"{number}@x.ru", amount=str(number + 1)) for number in range(payers)]
    row = valued(*rows)
    total, most = payers * (payers + 1) // 2, sum(range(payers - top + 1, payers + 1))
    assert (row["top_payers"], row["top_customer_share"]) == (top, most / total)


def test_the_top_is_that_of_each_currency_and_nobody_is_in_it() -> None:
    rows = [
        paid(1, "01-10", amount="60"), paid(2, "01-11", amount="20"), paid(3, "01-10", "b@x.ru", amount="20"),
        paid(4, "01-10", None, amount="5000"), paid(5, "01-10", "b@x.ru", currency="USD", amount="7"),
    ]  # fmt: skip
    frame = customer_value(arrow(rows))
    assert shown(frame, "currency", "unique_payers", "top_customer_share") == [["RUB", 2, 0.8], ["USD", 1, 1]]


def test_the_top_is_that_of_each_group() -> None:
    rows = [
        paid(1, "01-10", amount="60", shop="one"), paid(2, "01-11", "b@x.ru", amount="20", shop="one"),
        paid(3, "01-10", "b@x.ru", amount="50", shop="two"),
    ]  # fmt: skip
    frame = customer_value(arrow(rows), by="shop_id")
    assert shown(frame, "shop_id", "top_payers", "top_customer_share") == [["one", 1, 0.75], ["two", 1, 1]]


# Cohorts


def test_a_cohort_has_a_row_for_each_month_that_was_seen() -> None:
    rows = [paid(1, "01-10"), paid(2, "01-12", "b@x.ru"), paid(3, "03-02"), paid(4, "03-03", "c@x.ru")]
    frame = cohorts(arrow(rows), as_of="2026-04-01")
    names = ("month", "cohort_size", "payers", "retention", "complete", "left_edge")
    assert frame["cohort"].dt.month.tolist() == [1, 1, 1, 1, 2, 2, 2, 3, 3, 4]
    assert shown(frame, *names) == [
        [0, 2, 2, 1, True, True], [1, 2, 0, 0, True, True], [2, 2, 1, 1 / 2, True, True],
        [3, 2, 0, 0, False, True],
        [0, 0, 0, None, True, False], [1, 0, 0, None, True, False], [2, 0, 0, None, False, False],
        [0, 1, 1, 1, True, False], [1, 1, 0, 0, False, False],
        [0, 0, 0, None, False, False],
    ]  # fmt: skip


def test_what_comes_after_the_month_of_as_of_has_no_row() -> None:
    rows = [paid(1, "01-10"), paid(2, "03-02"), paid(3, "03-03", "c@x.ru")]
    frame = cohorts(arrow(rows), as_of="2026-02-10")
    assert shown(frame, "month", "payers", "complete") == [[0, 1, True], [1, 0, False], [0, 0, False]]


def test_bounds_choose_cohorts_and_cut_no_history() -> None:
    rows = [paid(1, "01-10"), paid(2, "02-12"), paid(3, "02-13", "b@x.ru"), paid(4, "03-02", "b@x.ru")]
    frame = cohorts(arrow(rows), since="2026-02-01", until="2026-03-01", as_of="2026-04-01")
    names = ("month", "cohort_size", "payers", "complete", "left_edge")
    assert shown(frame, *names) == [[0, 1, 1, True, False], [1, 1, 1, True, False], [2, 1, 0, False, False]]
    cut = cohorts(arrow(rows), since="2026-02-13", until="2026-03-01", as_of="2026-04-01")
    assert shown(cut, "cohort_size", "complete") == [[1, False]] * 3


def test_a_month_ends_in_the_zone_of_the_report() -> None:
    late = order(1, created="2026-02-01 02:00", paid="2026-02-01 02:00", email="a@x.ru")  # January in UTC
    assert cohorts(arrow([late]))["cohort"].dt.month.tolist() == [2, 2, 3]
    frame = native("pandas float64", arrow([late]))
    assert cohorts(frame, zone="UTC")["cohort"].dt.month.tolist() == [1, 1, 1, 2, 2, 3]


def test_each_group_is_a_history_of_its_own() -> None:
    rows = [
        paid(1, "01-10", shop="one"), paid(2, "02-10", shop="two"), paid(3, "03-01", shop="two"),
        paid(4, "01-11", None, shop="three"),
    ]  # fmt: skip
    frame = cohorts(arrow(rows), by="shop_id")
    for shop in ("one", "two", "three"):
        alone = cohorts(arrow([row for row in rows if row["shop_id"] == shop]))
        own = pd.DataFrame(frame[frame["shop_id"] == shop]).drop(columns="shop_id").reset_index(drop=True)
        pd.testing.assert_frame_equal(own, pd.DataFrame(alone), check_dtype=len(alone) > 0)
    assert frame.groupby("shop_id")["payers"].sum().to_dict() == {"one": 1, "two": 2}


def test_what_is_missing_is_a_group_of_its_own() -> None:
    rows = [paid(1, "02-01", system=None), paid(2, "03-02", system=None)]
    frame = cohorts(arrow(rows), by="payment_system_id")
    assert frame["payment_system_id"].isna().tolist() == [True] * 3
    assert frame["payers"].tolist() == [1, 1, 0]
    assert customers(arrow(rows), by="payment_system_id")["unique_payers"].tolist() == [1]


@pytest.mark.parametrize("by", ["hour", "weekday"])
def test_cohorts_have_no_hour_of_the_day(by: str) -> None:
    with pytest.raises(DataError, match=f"by='{by}' is no group of customers"):
        cohorts(arrow([paid(1, "01-10")]), by=by)


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triangle, "MAX_ROWS", 5)
    with pytest.raises(DataError, match=r"cohorts would have 6 rows in 1 groups: narrow since= and until="):
        cohorts(arrow([paid(1, "01-10")]))


# RFM


def test_monetary_is_the_mean_of_the_later_days() -> None:
    rows = [
        paid(1, "01-10", amount="500"), paid(2, "01-12", amount="30"), paid(3, "01-12 15:00", amount="10"),
        paid(4, "01-20", amount="61"),
    ]  # fmt: skip
    (row,) = records(rfm(arrow(rows), as_of="2026-01-31"))
    names = ("payment_days", "frequency", "recency_days", "age_days", "monetary", "gross_volume")
    assert [row[name] for name in names] == [3, 2, 10, 21, 50.5, 601]
    assert (f"{row['first_date']:%m-%d}", f"{row['last_date']:%m-%d}") == ("01-10", "01-20")
    (later,) = records(rfm(arrow(rows), since="2026-01-11", until="2026-01-20", as_of="2026-01-31"))
    assert [later[name] for name in names] == [1, 0, 0, 19, None, 40]


def test_who_pays_in_two_currencies_is_listed_in_each() -> None:
    rows = [
        paid(1, "01-10", amount="10"), paid(2, "01-20", amount="50", currency="USD"),
        paid(3, "01-25", amount="30", currency="USD"),
    ]  # fmt: skip
    names = ("currency", "payment_days", "recency_days", "monetary", "gross_volume")
    assert shown(rfm(arrow(rows)), *names) == [["RUB", 1, 0, None, 10], ["USD", 2, 5, 30, 80]]


@pytest.mark.parametrize("engine", SOME_ENGINES)
def test_each_currency_gives_its_largest_in_turn(engine: str) -> None:
    amounts = {"RUB": ["9000", "8000", "7000"], "USD": ["90", "80"], "EUR": ["1"]}
    rows = [
        paid(number, "01-10", f"{number}@x.ru", amount=amount, currency=currency)
        for number, (currency, amount) in enumerate((code, one) for code in amounts for one in amounts[code])
    ]
    orders = native(engine, arrow(rows))
    for limit, listed in {
        2: [["EUR", 1], ["RUB", 9000]],
        4: [["EUR", 1], ["RUB", 9000], ["RUB", 8000], ["USD", 90]],
        None: [["EUR", 1], ["RUB", 9000], ["RUB", 8000], ["RUB", 7000], ["USD", 90], ["USD", 80]],
    }.items():
        frame = rfm(orders, limit=limit)
        assert (shown(frame, "currency", "gross_volume"), frame.found) == (listed, 6)


@pytest.mark.parametrize("engine", SOME_ENGINES)
def test_only_the_first_rows_leave_the_engine(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [paid(number, "01-10", f"{number}@x.ru", amount=str(number)) for number in range(1, 31)]
    brought = []
    collect = Source.collect

    def spy(source: Source, query: Any) -> pa.Table:
        table = collect(source, query)
        brought.append(table.num_rows)
        return table

    monkeypatch.setattr(Source, "collect", spy)
    frame = rfm(native(engine, arrow(rows)), limit=3)
    assert (frame["gross_volume"].tolist(), frame.found) == ([30, 29, 28], 30)
    for metric in (customers, customer_value, cohorts):
        metric(native(engine, arrow(rows)))
    assert max(brought) == 3
    for limit in (None, 30, 31):
        whole = rfm(native(engine, arrow(rows)), limit=limit)
        assert (len(whole), whole.found) == (30, 30)
    assert (len(rfm(arrow(rows), limit=0)), rfm(arrow(rows), limit=0).found) == (0, 30)
    assert "further rows in the DataFrame and in --json: 27" in frame.to_text(lang="en")


@pytest.mark.parametrize("limit", [-1, 1.5, "10", True])
def test_another_limit_is_refused(limit: Any) -> None:
    with pytest.raises(DataError, match="limit="):
        rfm(arrow([paid(1, "01-10")]), limit=limit)


def test_equals_are_listed_by_their_key() -> None:
    rows = [paid(number, "01-10", f"{number}@x.ru") for number in range(9)]
    assert rfm(arrow(rows))["customer"].is_monotonic_increasing


# Frames


@pytest.mark.parametrize("metric", ALL)
def test_a_paid_order_without_an_amount_is_refused(metric: Any) -> None:
    table = arrow([paid(1, "01-10"), paid(2, "02-10")])
    holed = table.set_column(
        table.schema.get_field_index("amount"), "amount", pa.array([Decimal(1), None], pa.decimal128(18, 8))
    )
    with pytest.raises(DataError, match="1 paid orders have no amount"):
        metric(holed)


@pytest.mark.parametrize("metric", ALL)
def test_without_the_key_of_the_customer_one_is_asked_for(metric: Any) -> None:
    with pytest.raises(MissingColumn, match="'customer'"):
        metric(arrow([paid(1, "01-10")]).drop_columns("customer"))


@pytest.mark.parametrize("metric", ALL)
def test_no_orders_are_no_rows(metric: Any) -> None:
    result = metric(arrow([]))
    assert (len(result), list(result.columns)[-1]) == (0, result.columns[-1])
    assert result.to_text(lang="ru")


def test_a_result_shows_itself() -> None:
    rows = [paid(number, f"01-{number + 10}", f"{number % 3}@x.ru") for number in range(6)]
    for metric, words in zip(ALL, ("Покупатели", "Ценность", "Когорты", "RFM"), strict=True):
        assert words in metric(arrow(rows)).to_text(lang="ru")
        assert metric(arrow(rows))._repr_html_()
    text = cohorts(arrow(rows)).to_text(lang="en")
    assert "Jan 1, 2026" in text
    assert "AM" not in text
