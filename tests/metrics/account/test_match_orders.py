"""Orders against the merchant's own table: every way in which they can differ, and every way to be wrong."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tegro_analytics.exceptions import DataError, MissingColumn, MixedCurrencies
from tegro_analytics.metrics import match_orders, order_differences, revenue
from tests.golden import Row, arrow, golden_rows, native, order, records
from tests.metrics.account import oracle
from tests.metrics.account.drawn import Record
from tests.metrics.drawn import ALL_ENGINES, SOME_ENGINES, ZONES, Days, bounds, few, histories, many

OLD, SOON = "2026-03-01 10:00", "2026-03-01 10:05"


def paid(number: int, payment_id: str = "", **fields: Any) -> Row:
    row = order(number, created=OLD, paid=SOON, **{"amount": "100", **fields})
    return {**row, "payment_id": payment_id or row["payment_id"]}


def books(*pairs: tuple[Any, Any], **columns: Any) -> pd.DataFrame:
    """Make the merchant's table of numbers and amounts."""
    rows = pd.DataFrame(pairs, columns=["payment_id", "amount"])
    return rows.assign(**columns)


def ends(orders: list[Row], mine: Any, **options: Any) -> dict[str, tuple[Any, ...]]:
    """Match, and take the results that there are."""
    rows = records(match_orders(arrow(orders), mine, money="decimal", **options))
    assert [row["result"] for row in rows] == list(oracle.RESULTS) * (len(rows) // 6)
    return {
        row["result"]: (row["compared"], row["amount_here"], row["amount_there"], row["difference"])
        for row in rows
        if row["compared"]
    }


def listed(orders: list[Row], mine: Any, **options: Any) -> list[tuple[Any, ...]]:
    rows = records(order_differences(arrow(orders), mine, money="decimal", **options))
    names = ("result", "payment_id", "id", "amount_here", "amount_there", "difference")
    return [tuple(row[name] for name in names) for row in rows]


def test_each_result_by_eye() -> None:
    orders = [
        paid(1, "same"),
        paid(2, "more", amount="100.5"),
        paid(3, "not paid here", status=0),
        paid(4, "paid twice"),
        paid(5, "paid twice"),
        paid(6, "not there", amount="7"),
    ]
    mine = books(("same", 100), ("more", 100), ("not paid here", 100), ("paid twice", 100), ("not here", 33))
    assert ends(orders, mine) == {
        "paid_twice": (1, 200, 100, 100),
        "amount_differs": (1, Decimal("100.5"), 100, Decimal("0.5")),
        "status_differs": (1, 0, 100, -100),
        "missing_here": (1, 0, 33, -33),
        "missing_there": (1, 7, 0, 7),
        "matched": (1, 100, 100, 0),
    }
    assert listed(orders, mine) == [
        ("paid_twice", "paid twice", 5, 200, 100, 100),
        ("amount_differs", "more", 2, Decimal("100.5"), 100, Decimal("0.5")),
        ("status_differs", "not paid here", 3, 0, 100, -100),
        ("missing_here", "not here", None, 0, 33, -33),
        ("missing_there", "not there", 6, 7, 0, 7),
    ]


def test_a_list_shows_the_order_behind_each_row() -> None:
    made = paid(2, "o-9", status=0, shop="tea")
    (row,) = records(order_differences(arrow([made]), books(("o-9", 100))))
    assert (row["shop_id"], row["id"], row["currency"]) == ("tea", 2, "RUB")
    assert (row["created_at"], row["paid_at"]) == (made["created_at"], made["paid_at"])
    frame = order_differences(arrow([made]), books(("o-8", 100)), zone="UTC")
    assert str(frame["paid_at"].dtype) == "datetime64[us, UTC]"
    assert frame["paid_at"].isna().all()
    assert str(frame["id"].dtype) == "Int64"


def test_the_list_is_long_first_and_counts_all() -> None:
    orders = [paid(number, f"o-{number}", amount=str(number)) for number in range(1, 8)]
    frame = order_differences(arrow(orders), books(), limit=3)
    assert (list(frame["id"]), frame.found) == ([7, 6, 5], 7)
    assert len(order_differences(arrow(orders), books(), limit=None)) == 7
    assert len(order_differences(arrow(orders), books(), limit=0)) == 0
    for limit in (-1, True, 1.5):
        with pytest.raises(DataError, match="limit="):
            order_differences(arrow(orders), books(), limit=limit)


@pytest.mark.parametrize("column", ["payment_id", "amount", "currency"])
@pytest.mark.parametrize("value", [float("inf"), Decimal("Infinity")])
def test_what_is_infinite_is_named(column: str, value: Any) -> None:
    own = books(("a", 1), currency="RUB").astype(object)
    own.loc[0, column] = value
    with pytest.raises(DataError, match=f"your column '{column}' holds .* in row 0"):
        match_orders(arrow([paid(1)]), own)


def test_each_currency_gives_its_largest_in_turn() -> None:
    amounts = [("RUB", "900"), ("RUB", "800"), ("USD", "9"), ("USD", "8")]
    orders = [
        paid(number, f"o-{number}", amount=amount, currency=code)
        for number, (code, amount) in enumerate(amounts)
    ]
    own = books(("o-2", 10)).assign(currency="USD")  # the most urgent comes first, whatever its currency
    listed = {limit: order_differences(arrow(orders), own, limit=limit) for limit in (1, 3, None)}
    shown = {
        limit: list(zip(frame["currency"], frame["difference"], strict=True))
        for limit, frame in listed.items()
    }
    assert shown[1] == [("USD", -1)]
    assert shown[3] == [("USD", -1), ("RUB", 900), ("USD", 8)]
    assert shown[None] == [("USD", -1), ("RUB", 900), ("RUB", 800), ("USD", 8)]


def test_the_same_number_in_another_shop_is_another_order_where_the_table_says_shops() -> None:
    orders = [
        paid(1, "7", shop="tea"),
        paid(2, "7", shop="cups", amount="30"),
        paid(3, "8", shop="cups", amount="5"),
        paid(4, "", shop="cups", amount="4") | {"payment_id": None},
    ]
    own = books(("7", 100), ("7", 31), ("8", 5), (None, 2)).assign(place=["tea", "cups", "tea", "cups"])
    assert ends(orders, own, shop="place") == {
        "matched": (1, 100, 100, 0),
        "amount_differs": (1, 30, 31, -1),
        "missing_here": (2, 0, 7, -7),
        "missing_there": (2, 9, 0, 9),
    }
    assert ends(orders, own)["amount_differs"] == (1, 130, 131, -1)
    listed = order_differences(arrow(orders), own, shop="place")
    assert listed[["result", "shop_id", "payment_id"]].fillna("").to_numpy().tolist() == [
        ["amount_differs", "cups", "7"],
        ["missing_here", "tea", "8"],
        ["missing_here", "cups", ""],
        ["missing_there", "cups", "8"],
        ["missing_there", "cups", ""],
    ]
    with pytest.raises(DataError, match="your column 'place' holds no shop in row 1: fill it"):
        match_orders(arrow(orders), own.assign(place=["tea", "", "tea", "cups"]), shop="place")


def test_the_state_of_the_merchant() -> None:
    orders = [paid(1, "a"), paid(2, "b"), paid(3, "c", status=0), paid(4, "d", status=0)]
    expected = {
        "status_differs": (2, 100, 100, 0),
        "matched": (1, 100, 100, 0),
    }
    for states in (
        [True, False, True, False, False],
        ["paid", " UNPAID", "Paid ", "unpaid", "unpaid"],
    ):
        pairs = [("a", 100), ("b", 55), ("c", 100), ("d", 100), ("nowhere", 100)]
        mine = books(*pairs, state=states)
        assert ends(orders, mine, status="state") == expected
        assert ends(orders, pl.from_pandas(mine), status="state") == expected
    assert [row[0] for row in listed(orders, mine, status="state")] == ["status_differs"] * 2


def test_what_is_unpaid_without_a_number_is_not_compared() -> None:
    mine = books(("", 100), (None, 100), state=[False, True])
    assert ends([], mine, status="state") == {"missing_here": (1, 0, 100, -100)}
    unpaid = [{**paid(1, status=0), "payment_id": None}]
    assert ends(unpaid, books(), since="2026-02-01", until="2026-04-01") == {}


def test_nothing_paid_for_nothing_is_still_paid_on_one_side_alone() -> None:
    free = [paid(1, amount="0")]
    assert list(ends(free, books(("o-1", 0), state=[False]), status="state")) == ["status_differs"]
    assert list(ends(free, books(("o-1", 0)))) == ["matched"]


def test_the_order_that_was_paid_stands_for_the_attempts() -> None:
    later = {**paid(1, "o-1", status=0), "id": 9, "created_at": paid(1)["created_at"].replace(day=4)}
    later["paid_at"] = None
    assert [row[2] for row in listed([paid(1), later], books(("o-1", 5)))] == [1]


def test_rows_of_one_number_are_added() -> None:
    mine = books(("o-1", 60), ("o-1", 40))
    assert list(ends([paid(1)], mine)) == ["matched"]
    assert ends([paid(1)], books(("o-1", 100), ("o-1", 100)))["amount_differs"] == (1, 100, 200, -100)
    mixed = books(("o-1", 100), ("o-1", 7), state=[True, False])
    assert list(ends([paid(1)], mixed, status="state")) == ["matched"]


def test_what_has_no_number_matches_nothing() -> None:
    orders = [{**paid(1), "payment_id": None}, {**paid(2), "payment_id": ""}, paid(3, " ")]
    mine = books(("", 100), (None, 100), (" ", 100))
    assert ends(orders, mine) == {
        "missing_here": (2, 0, 200, -200),
        "missing_there": (2, 200, 0, 200),
        "matched": (1, 100, 100, 0),
    }
    for rows in (orders, orders[::-1]):
        assert [(row[0], row[1], row[2]) for row in listed(rows, mine)] == [
            ("missing_here", None, None),
            ("missing_here", None, None),
            ("missing_there", None, 1),
            ("missing_there", None, 2),
        ]


def test_numbers_that_differ_by_a_space_or_a_letter_are_others() -> None:
    orders = [paid(1, "O-1"), paid(2, "o-2 "), paid(3, "ё")]
    mine = books(("o-1", 100), ("o-2", 100), ("е\u0308", 100))
    assert set(ends(orders, mine)) == {"missing_here", "missing_there"}


def test_hostile_numbers_are_text() -> None:
    texts = ["'; DROP TABLE orders; --", '"x"', "=1+1", "{on}", "<img onerror=x>", "%s", "\\", "a\nb"]
    orders = [paid(number, text) for number, text in enumerate(texts)]
    assert ends(orders, books(*((text, 100) for text in texts))) == {"matched": (8, 800, 800, 0)}
    frame = order_differences(arrow(orders), books())
    assert "<img" not in frame._repr_html_()
    with pytest.raises(DataError, match=r"your column '=x' holds '<b>.*…? in row 0"):
        match_orders(arrow(orders), pd.DataFrame({"payment_id": ["1"], "=x": ["<b>" * 99]}), amount="=x")


def test_whole_numbers_are_numbers_whatever_they_are_kept_in() -> None:
    orders = [paid(1, "17854"), paid(2, "9007199254740993")]
    numbers = [17854, 9007199254740993]
    for column in (
        numbers,
        [str(number) for number in numbers],
        [Decimal(number) for number in numbers],
        pd.array(numbers, "Int64"),
        pd.Categorical([str(number) for number in numbers]),
    ):
        mine = pd.DataFrame({"payment_id": column, "amount": 100})
        assert ends(orders, mine) == {"matched": (2, 200, 200, 0)}
    floats = books((17854.0, 100.0), (float("nan"), 5.0))
    assert ends(orders[:1], floats) == {"missing_here": (1, 0, 5, -5), "matched": (1, 100, 100, 0)}
    mixed = books((17854, 100), ("9007199254740993", 100))
    assert ends(orders, mixed) == {"matched": (2, 200, 200, 0)}


@pytest.mark.parametrize(
    "amounts",
    [
        [0.1, 1234567890.12],
        [Decimal("0.10"), Decimal("1234567890.12")],
        ["0.1", "1234567890.12000"],
        [" +.1e0 ", Decimal("1234567890.12")],
    ],
)
def test_money_is_exact_in_whatever_it_is_kept(amounts: list[Any]) -> None:
    orders = [paid(1, amount="0.1"), paid(2, amount="1234567890.12")]
    mine = books(("o-1", amounts[0]), ("o-2", amounts[1]))
    assert list(ends(orders, mine)) == ["matched"]
    if len({type(amount) for amount in amounts}) == 1:
        for frame in (pl.from_pandas(mine), pa.Table.from_pandas(mine)):
            assert list(ends(orders, frame)) == ["matched"]


def test_columns_of_any_name_and_whole_amounts() -> None:
    mine = pd.DataFrame({"Номер": ["o-1"], "Сумма": [100], "Валюта": ["RUB "]}, index=[7])
    options = {"on": "Номер", "amount": "Сумма", "currency": "Валюта"}
    assert list(ends([paid(1)], mine, **options)) == ["matched"]


def test_the_same_number_in_another_currency_is_another_order() -> None:
    orders = [paid(1), paid(2, "o-2", currency="USD")]
    mine = books(("o-1", 100), ("o-2", 100), currency=["RUB", "RUB"])
    rows = records(match_orders(arrow(orders), mine))
    ended = [(row["currency"], row["result"]) for row in rows if row["compared"]]
    assert ended == [("RUB", "missing_here"), ("RUB", "matched"), ("USD", "missing_there")]


def test_a_table_without_currencies_takes_the_one_of_the_orders() -> None:
    rows = records(match_orders(arrow([paid(1, currency="USD")]), books(("o-1", 100))))
    assert {row["currency"] for row in rows} == {"USD"}
    with pytest.raises(MixedCurrencies, match="the orders have 'RUB', 'USD': name the column with currency="):
        match_orders(arrow([paid(1), paid(2, currency="USD")]), books(("o-1", 100)))
    (alone,) = [row for row in records(match_orders(arrow([]), books(("o-1", 100)))) if row["compared"]]
    assert (alone["currency"], alone["result"]) == (None, "missing_here")


def test_bounds_are_for_what_the_merchant_does_not_list() -> None:
    late = {**paid(2, "o-2"), "paid_at": paid(1)["paid_at"].replace(day=3)}
    assert ends([paid(1), late], books(("o-1", 100)), since="2026-03-03") == {
        "missing_there": (1, 100, 0, 100),
        "matched": (1, 100, 100, 0),
    }
    assert list(ends([paid(1), late], books(("o-1", 100)), until="2026-03-03")) == ["matched"]
    nameless = {**late, "payment_id": None}
    assert ends([nameless], books(), since="2026-03-03 10:05", until="2026-03-03 10:06") == {
        "missing_there": (1, 100, 0, 100)
    }
    assert ends([nameless], books(), until="2026-03-03") == {}


def test_who_is_compared() -> None:
    rows = [paid(1, "t", is_test=True), paid(2, "u", status=7)]
    rows += [paid(3, "n", amount="-5"), paid(4, "r", status=3)]
    mine = books(("t", 100), ("u", 100), ("n", 100), ("r", 100))
    assert ends(rows, mine) == {
        "status_differs": (1, 0, 100, -100),
        "missing_here": (2, 0, 200, -200),
        "matched": (1, 100, 100, 0),
    }


def test_paid_twice_is_a_matter_of_one_shop() -> None:
    two_shops = [paid(1, "o-1"), paid(2, "o-1", shop="other")]
    assert list(ends(two_shops, books(("o-1", 200)))) == ["matched"]
    again = [*two_shops, paid(3, "o-1", shop="other", status=3)]
    assert ends(again, books(("o-1", 300)))["paid_twice"] == (1, 300, 300, 0)
    assert ends(again, books())["paid_twice"] == (1, 300, 0, 300)
    tried_twice = [paid(1, "o-1"), paid(2, "o-1", status=2)]
    assert list(ends(tried_twice, books(("o-1", 100)))) == ["matched"]


def test_the_golden_orders() -> None:
    rows = [row for row in golden_rows() if row["currency"] == "RUB"]
    mine = books(*((row["payment_id"], row["amount"]) for row in rows if row["status"] in (1, 3)))
    assert ends(rows, mine) == {
        "missing_here": (1, 0, 9999, -9999),  # the test order
        "matched": (5, 2350, 2350, 0),
    }


def test_nothing_keeps_every_column() -> None:
    for mine in (books(), pd.DataFrame({"payment_id": [], "amount": []}), pl.from_pandas(books())):
        for orders in (arrow([]), arrow([paid(1, status=0)])):
            assert len(match_orders(orders, mine)) == 0
            frame = order_differences(orders, mine)
            assert (len(frame), frame.found) == (0, 0)
            assert list(frame.columns) == list(order_differences(arrow([paid(1)]), mine).columns)
            assert len(frame.to_text()) > 0


@pytest.mark.parametrize(
    ("mine", "options", "message"),
    [
        (books(("1", 5), ("2", "abc")), {}, r"'amount' holds 'abc' in row 1: amounts are"),
        (books(("1", 5), ("2", "1,50")), {}, r"'amount' holds '1,50' in row 1"),
        (books(("1", "1 000")), {}, r"'amount' holds '1 000' in row 0"),
        (books(("1", 0.1 + 0.2)), {}, r"'amount' holds 0.30000000000000004 in row 0"),
        (books(("1", "0.123456789")), {}, r"'amount' holds '0.123456789' in row 0"),
        (books(("1", 10**10)), {}, r"'amount' holds 10000000000 in row 0"),
        (books(("1", "1e400")), {}, r"'amount' holds '1e400' in row 0"),
        (books(("1", float("inf"))), {}, r"'amount' holds inf in row 0"),
        (books(("1", True)), {}, r"'amount' holds True in row 0"),
        (books(("1", 5.0), ("2", None)), {}, r"'amount' holds no amount in row 1"),
        (books(("1", "5"), ("2", " ")), {}, r"'amount' holds no amount in row 1"),
        (books(("1", 5), (1.5, 5)), {}, r"'payment_id' holds 1.5 in row 1: order numbers are"),
        (books(("1", 5), (True, 5)), {}, r"'payment_id' holds True in row 1"),
        (books(("1", 5), (["x"], 5)), {}, r"'payment_id' holds \['x'\] in row 1"),
        (books(("1", 5), currency=[None]), {}, r"'currency' holds no currency in row 0"),
        (books(("1", 5), currency=[643]), {}, r"'currency' holds 643 in row 0: a currency is a code"),
        (books(("1", 5), s=["yes"]), {"status": "s"}, r"'s' holds 'yes' in row 0: give True and False"),
        (books(("1", 5), s=[1]), {"status": "s"}, r"'s' holds 1 in row 0"),
        (books(("1", 5), s=[None]), {"status": "s"}, r"'s' holds nothing in row 0"),
        ({"payment_id": ["1"]}, {}, r"given dict to match the orders with: give a pandas DataFrame"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(mine: Any, options: dict[str, str], message: str) -> None:
    for function in (match_orders, order_differences):
        with pytest.raises(DataError, match=message):
            function(arrow([paid(1)]), mine, **options)


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(MissingColumn, match=r"needs the columns 'order', 'sum', .* name the columns of your"):
        match_orders(arrow([paid(1)]), books(), on="order", amount="sum")
    with pytest.raises(MissingColumn, match="needs the column 'currency'"):
        match_orders(arrow([paid(1)]), books(), currency="currency")
    with pytest.raises(MissingColumn, match="order_differences needs the column 'id'"):
        order_differences(arrow([paid(1)]).drop_columns("id"), books())
    lost = arrow([paid(1)])
    lost = lost.set_column(lost.column_names.index("amount"), "amount", pa.nulls(1, lost["amount"].type))
    with pytest.raises(DataError, match="1 paid orders have no amount"):
        match_orders(lost, books())


def test_an_unpaid_row_needs_no_amount() -> None:
    mine = books(("o-1", 100.0), ("x", None), paid=[True, False])
    assert list(ends([paid(1)], mine, status="paid")) == ["matched"]


# Drawn


@st.composite
def tables(draw: st.DrawFn) -> list[Record]:
    """Draw the merchant's rows: numbers that meet those of drawn orders, empty ones, several of one."""
    numbers = st.sampled_from([*(f"o-{number}" for number in range(12)), "", None, "O-1", "o-1 "])
    amounts = st.sampled_from(["100", "0", "33.33", "0.00000001", "1234567.89", "70.7", "-5"])
    return [
        {
            "payment_id": draw(numbers),
            "amount": Decimal(draw(amounts)),
            "currency": draw(st.sampled_from(["RUB", "RUB", "USD", "EUR"])),
            "paid": draw(st.integers(0, 3)) > 0,
        }
        for _ in range(draw(st.integers(0, 12)))
    ]


def as_frame(rows: list[Record], form: str) -> Any:
    """Keep rows in one of the ways in which merchants do."""
    text, money = pa.string(), pa.decimal128(18, 8)
    types = {"payment_id": text, "amount": money, "currency": text, "paid": pa.bool_()}
    table = pa.Table.from_pylist(rows, schema=pa.schema(list(types.items())))
    if form == "arrow":
        return table
    if form == "polars":
        return pl.from_arrow(table)
    frame = pd.DataFrame(rows, columns=list(types))
    if form == "text":
        frame["amount"] = [f"{row['amount']:f}" for row in rows]
        frame["paid"] = ["paid" if row["paid"] else "unpaid" for row in rows]
    elif form == "floats":
        frame["amount"] = [float(row["amount"]) for row in rows]
    return frame


FORMS = ("objects", "text", "floats", "arrow", "polars")


def check(
    engine: str, orders: list[Row], mine: list[Record], zone: ZoneInfo, limits: Days, form: str
) -> None:
    frame, table = native(engine, arrow(orders, zone=zone), zone=zone), as_frame(mine, form)
    options: dict[str, Any] = {
        "status": "paid", "since": limits[0], "until": limits[1], "zone": zone, "money": "decimal",
    }  # fmt: skip
    expected = oracle.matched(orders, mine, zone, limits)
    rows = records(match_orders(frame, table, **options))
    for row in rows:
        own = [one for one in expected if one[:2] == (row["result"], row["currency"])]
        here, there = (Decimal(sum(one[place] for one in own)).scaleb(-8) for place in (3, 4))
        assert (row["compared"], row["amount_here"], row["amount_there"]) == (len(own), here, there)
        assert row["difference"] == here - there
    assert sum(row["compared"] for row in rows) == len(expected)
    differing = order_differences(frame, table, limit=None, **options)
    found = [
        (
            row["result"],
            row["currency"],
            row["payment_id"],
            int(row["amount_here"].scaleb(8)),
            int(row["amount_there"].scaleb(8)),
            row["id"],
        )
        for row in records(differing)
    ]
    assert Counter(found) == Counter(one for one in expected if one[0] != "matched")
    ranks = [
        (oracle.RESULTS.index(row["result"]), row["currency"] or "~", -abs(row["difference"]))
        for row in records(differing)
    ]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("engine", SOME_ENGINES)
@few
@given(
    orders=histories(),
    mine=tables(),
    zone=st.sampled_from(ZONES),
    limits=bounds(),
    form=st.sampled_from(FORMS),
)
def test_drawn_tables_equal_the_oracle(
    engine: str, orders: list[Row], mine: list[Record], zone: ZoneInfo, limits: Days, form: str
) -> None:
    check(engine, orders, mine, zone, limits, form)


@pytest.mark.long
@pytest.mark.parametrize("engine", ALL_ENGINES)
@many
@given(
    orders=histories(),
    mine=tables(),
    zone=st.sampled_from(ZONES),
    limits=bounds(),
    form=st.sampled_from(FORMS),
)
def test_many_drawn_tables_equal_the_oracle(
    engine: str, orders: list[Row], mine: list[Record], zone: ZoneInfo, limits: Days, form: str
) -> None:
    check(engine, orders, mine, zone, limits, form)


@settings(few, max_examples=4)
@given(orders=histories(), mine=tables(), seed=st.integers(0, 99))
def test_the_differences_add_up_and_the_order_of_rows_changes_nothing(
    orders: list[Row], mine: list[Record], seed: int
) -> None:
    options: dict[str, Any] = {"status": "paid", "money": "decimal"}
    one = match_orders(arrow(orders), as_frame(mine, "arrow"), **options)
    known = {row["currency"]: row["gross_volume"] for row in records(revenue(arrow(orders), money="decimal"))}
    for currency, rows in one.groupby("currency"):
        assert rows["amount_here"].sum() == known.get(currency, 0)
        said = sum(row["amount"] for row in mine if row["paid"] and row["currency"] == currency)
        assert rows["difference"].sum() == known.get(currency, 0) - said
    live = [row for row in orders if not row["is_test"]]
    for rows in (live, mine):
        random.Random(seed).shuffle(rows)
    for function in (match_orders, order_differences):
        before, after = (function(arrow(some), as_frame(mine, "arrow"), **options) for some in (orders, live))
        pd.testing.assert_frame_equal(pd.DataFrame(before), pd.DataFrame(after))


@pytest.mark.long
def test_a_million_orders_are_matched_in_seconds() -> None:
    size = 1_000_000
    day = pd.Series(pd.date_range("2026-01-01", periods=size, freq="s", tz="Europe/Moscow"))
    numbers = pd.Series(range(size)).astype(str)
    orders = pd.DataFrame(
        {
            "shop_id": "shop", "payment_id": numbers, "status": 1, "is_test": False, "currency": "RUB",
            "amount": 100.0, "created_at": day, "paid_at": day,
        }
    )  # fmt: skip
    mine = pd.DataFrame({"payment_id": numbers[::-1].to_numpy(), "amount": "100.00"})
    (row,) = [row for row in records(match_orders(orders, mine)) if row["compared"]]
    assert (row["result"], row["compared"], row["difference"]) == ("matched", size, 0)
