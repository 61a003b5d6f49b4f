"""The balance bridge: sums between snapshots, and causes that are named only where they are the truth."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tegro_analytics.exceptions import DataError, MissingColumn
from tegro_analytics.metrics import balance_bridge
from tegro_analytics.metrics.account.causes import Account, Event, Finding, explain
from tegro_analytics.schemas import BALANCES, SHOPS
from tests.golden import MOSCOW, Row, arrow, native, order, records
from tests.metrics.account import oracle
from tests.metrics.account.drawn import Record, balance, balances, native_of, table_of, withdrawals
from tests.metrics.account.test_withdrawals_summary import withdrawal
from tests.metrics.drawn import ALL_ENGINES, FIRST, NOW, SOME_ENGINES, few, histories, many

OPENED, CLOSED = dt.datetime(2026, 3, 1, tzinfo=MOSCOW), dt.datetime(2026, 3, 3, tzinfo=MOSCOW)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


def paid(number: int = 1, moment: str = "2026-03-02 10:00", **fields: Any) -> Row:
    return order(number, created=moment, paid=moment, **{"amount": "1000", "fee": "50", **fields})


def bridge(
    change: str, *orders: Row, moved: list[Record] | None = None, shops: Any = None, **options: Any
) -> Any:
    """Bridge a change of the balance of the roubles."""
    taken = balances([balance(OPENED, "100"), balance(CLOSED, str(Decimal(change) + 100))])
    frame = balance_bridge(
        arrow(orders), native_of("pyarrow", moved or []), taken, shops=shops, money="decimal", **options
    )
    (row,) = records(frame)
    return row


def told(row: Any) -> tuple[Any, ...]:
    return row["gap"], row["causes"], row["possible_causes"], row["unexplained"]


def shops(*pairs: tuple[str, str | None]) -> pa.Table:
    rows = [
        {**dict.fromkeys(SHOPS.names()), "id": number, "shop_id": shop, "name": name, "observed_at": NOW}
        for number, (shop, name) in enumerate(pairs)
    ]
    return table_of(rows, SHOPS)


def test_every_column_of_a_plain_bridge() -> None:
    row = bridge("350", paid(), moved=[withdrawal(amount=Decimal(560), fee=Decimal(40))])
    assert row == {
        "currency": "RUB", "opened_at": OPENED, "closed_at": CLOSED, "balance_before": 100,
        "balance_after": 450, "change": 350, "gross_volume": 1000, "fees": 50, "refunds": 0,
        "withdrawn": 560, "withdrawal_fees": 40, "expected_change": 350, "gap": 0, "causes": "",
        "explained": 0, "unexplained": 0, "possible_causes": "", "fee_share": 1.0, "missing_shops": "",
        "payments": 1, "undated_refunds": 0, "uncounted_withdrawals": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "inside"),
    [("2026-03-01 00:00", 0), ("2026-03-01 00:00:01", 1), ("2026-03-03", 1), ("2026-03-03 00:00:01", 0)],
)
def test_a_payment_belongs_after_the_one_snapshot_and_not_after_the_other(moment: str, inside: int) -> None:
    assert bridge("0", paid(moment=moment))["payments"] == inside
    made = withdrawal(created_at=at(moment), amount=Decimal(1), fee=None)
    assert bridge("0", moved=[made])["withdrawn"] == inside


def test_tests_negative_amounts_and_what_is_not_paid_are_left_out() -> None:
    rows = [paid(1, is_test=True), paid(2, amount="-5"), paid(3, status=0), paid(4, status=7), paid(5)]
    assert bridge("950", *rows)["gap"] == 0
    undated = order(6, created="2026-03-02 10:00", paid=None, status=1, amount="1000", fee="50")
    assert bridge("950", undated)["gap"] == 0


@pytest.mark.parametrize(
    ("seen", "refunds"),
    [
        ("2026-03-01 00:00:01", 0),  # the run of the opening snapshot saw it: it was in that balance
        ("2026-03-01 01:00:01", 400),
        ("2026-03-03", 400),
        ("2026-03-03 00:59:59", 400),  # and so of the closing one
        ("2026-03-03 01:00:01", 0),
    ],
)
def test_a_refund_belongs_to_the_snapshot_of_the_run_that_saw_it(seen: str, refunds: int) -> None:
    row = bridge("-400", paid(moment="2026-02-01", status=3, amount="400", refunded=seen))
    assert row["refunds"] == refunds
    other = bridge("0", paid(moment="2026-03-02", status=3, amount="400", fee="0"))
    assert (other["refunds"], other["undated_refunds"], other["gap"]) == (400, 1, 0)


@pytest.mark.parametrize(
    ("seen", "bounds", "refunds"),
    [
        ("2026-03-01 00:20", {}, 0),
        ("2026-03-01 00:40", {}, 400),  # by the run of the second snapshot
        ("2026-03-01 00:20", {"until": "2026-03-01 00:10", "since": "2026-02-28"}, 400),
        ("2026-03-01 00:40", {"until": "2026-03-01 00:10", "since": "2026-02-28"}, 0),
    ],
)
def test_snapshots_close_together_tell_the_runs_apart(
    seen: str, bounds: dict[str, str], refunds: int
) -> None:
    moments = ("2026-02-28 00:00", "2026-03-01 00:00", "2026-03-01 00:30", "2026-03-03 00:00")
    taken = balances([balance(at(moment), "0") for moment in (moments if bounds else moments[1:])])
    back = paid(moment="2026-02-01", status=3, amount="400", refunded=seen)
    (row,) = records(balance_bridge(arrow([back]), native_of("pyarrow", []), taken, **bounds))
    assert row["refunds"] == refunds


def test_the_first_and_the_last_snapshot_within_the_bounds() -> None:
    taken = balances([balance(at(f"2026-03-0{day}"), str(day)) for day in range(1, 6)])
    options: list[tuple[dict[str, str], tuple[int, int]]] = [
        ({}, (1, 5)),
        ({"since": "2026-03-02"}, (2, 5)),
        ({"since": "2026-03-02", "until": "2026-03-04"}, (2, 3)),
    ]
    for bounds, days in options:
        (row,) = records(balance_bridge(arrow([paid()]), native_of("pyarrow", []), taken, **bounds))
        assert (row["opened_at"].day, row["closed_at"].day) == days
    one = balance_bridge(arrow([paid()]), native_of("pyarrow", []), taken, since="2026-03-05")
    assert len(one) == 0


def test_currencies_stand_apart_and_each_has_its_own_snapshots() -> None:
    taken = [balance(OPENED, "0"), balance(CLOSED, "950"), balance(CLOSED, "5", "USD")]
    taken += [balance(at("2026-03-04"), "24.2", "USD")]
    orders = [paid(), paid(2, "2026-03-03 10:00", amount="20", fee="0.8", currency="USD")]
    rows = records(balance_bridge(arrow(orders), native_of("pyarrow", []), balances(taken), money="decimal"))
    assert [(row["currency"], row["gap"], row["payments"]) for row in rows] == [("RUB", 0, 1), ("USD", 0, 1)]


def test_nothing_keeps_every_column() -> None:
    some = balances([balance(OPENED, "0"), balance(CLOSED, "5")])
    empty = balance_bridge(arrow([paid()]), native_of("pyarrow", []), balances([]))
    assert len(empty) == 0
    assert list(empty.columns) == list(balance_bridge(arrow([]), native_of("pyarrow", []), some).columns)
    (row,) = records(balance_bridge(arrow([]), native_of("pyarrow", []), some))
    assert told(row) == (5, "", "", 5)


# Causes


def test_the_buyer_bears_the_fee_or_the_merchant_does_after_all() -> None:
    assert told(bridge("1000", paid())) == (50, "fee_bearer", "", 0)
    assert told(bridge("950", paid(), merchant_share=0)) == (-50, "fee_bearer", "", 0)
    assert told(bridge("950", paid(), merchant_share="0.5")) == (-25, "fee_bearer", "", 0)


def test_a_share_of_the_fee_that_fits_is_possible_and_shown() -> None:
    row = bridge("975", paid())
    assert told(row) == (25, "", "fee_bearer", 25)
    assert row["fee_share"] == 0.5
    odd = bridge("975.01", paid())
    assert told(odd) == (Decimal("25.01"), "", "", Decimal("25.01"))
    assert odd["fee_share"] == pytest.approx(0.4998)
    assert bridge("800", paid())["fee_share"] is None


def test_refunds_that_were_not_taken_off_and_their_fees() -> None:
    back = paid(2, status=3, amount="400", fee="21")
    assert told(bridge("1329", paid(), back)) == (400, "refunds", "", 0)
    assert told(bridge("950", paid(), back)) == (21, "refunds", "", 0)
    assert told(bridge("908", paid(), back)) == (-21, "refunds", "", 0)
    late = paid(2, "2026-02-01", status=3, amount="400", refunded="2026-03-03 00:10")
    assert told(bridge("950", paid(), late)) == (400, "refunds", "", 0)
    other = paid(3, "2026-02-01", status=3, amount="9", refunded="2026-03-02 10:00")
    assert told(bridge("941", paid(), late, other)) == (400, "refunds", "", 0)
    early = paid(2, "2026-02-01", status=3, amount="400", refunded="2026-03-01 00:10")
    assert told(bridge("550", paid(), early)) == (-400, "refunds", "", 0)


def test_withdrawals_in_flight() -> None:
    waiting = withdrawal(done_at=None, status="processing", amount=Decimal(560), fee=Decimal(40))
    landed = withdrawal("2", created_at=at("2026-02-28 10:00"), done_at=at("2026-03-02 10:00"))
    late = withdrawal("3", done_at=at("2026-03-04"), amount=Decimal(7), fee=Decimal(0))
    assert told(bridge("950", paid(), moved=[waiting])) == (600, "withdrawals_in_flight", "", 0)
    assert told(bridge("-1090", paid(), moved=[landed])) == (-2040, "withdrawals_in_flight", "", 0)
    assert told(bridge("-1090", paid(), moved=[waiting, landed])) == (-1440, "withdrawals_in_flight", "", 0)
    assert told(bridge("950", paid(), moved=[waiting, late])) == (607, "withdrawals_in_flight", "", 0)
    one_of_two = bridge("350", paid(), moved=[waiting, late])
    assert told(one_of_two) == (7, "", "withdrawals_in_flight", 7)
    long_ago = {**landed, "done_at": at("2026-02-28 11:00")}
    assert told(bridge("-1090", paid(), moved=[long_ago]))[1:3] == ("", "")
    done = withdrawal(done_at=None, status="1", amount=Decimal(560), fee=Decimal(40))
    assert told(bridge("950", paid(), moved=[done])) == (600, "", "", 600)


def test_only_some_of_what_is_in_flight() -> None:
    waiting = withdrawal(done_at=None, status="4", amount=Decimal(560), fee=Decimal(40))
    landed = withdrawal("2", created_at=at("2026-02-28 10:00"), done_at=at("2026-03-02 10:00"))
    assert told(bridge("-1690", paid(), moved=[waiting, landed])) == (-2040, "withdrawals_in_flight", "", 0)


def test_withdrawals_that_failed() -> None:
    failed = withdrawal(status="2", amount=Decimal(560), fee=Decimal(40))
    assert told(bridge("950", paid(), moved=[failed])) == (0, "", "", 0)
    assert told(bridge("350", paid(), moved=[failed])) == (-600, "withdrawals_failed", "", 0)
    before = {**failed, "created_at": at("2026-02-28 10:00"), "status": " Failed "}
    assert told(bridge("1550", paid(), moved=[before])) == (600, "withdrawals_failed", "", 0)
    long_ago = {**before, "created_at": at("2026-02-01 10:00")}
    assert told(bridge("1550", paid(), moved=[long_ago]))[1:3] == ("", "")


def test_a_payment_or_a_withdrawal_next_to_a_snapshot() -> None:
    after, before = paid(2, "2026-03-03 00:04:59", amount="70"), paid(3, "2026-03-01 00:00", amount="30")
    assert told(bridge("970", paid(), after)) == (20, "clock_skew", "", 0)
    assert told(bridge("930", paid(), before)) == (-20, "clock_skew", "", 0)
    assert told(bridge("0", paid(2, "2026-03-02 23:59", amount="70"))) == (-20, "clock_skew", "", 0)
    beyond = paid(2, "2026-03-03 00:05:01", amount="71")
    assert told(bridge("971", paid(), beyond)) == (21, "", "", 21)
    negative = paid(2, "2026-03-03 00:01", amount="-71", fee="0")
    assert told(bridge("879", paid(), negative)) == (-71, "", "", -71)
    moved = withdrawal(created_at=at("2026-03-03 00:01"), amount=Decimal(7), fee=None)
    assert told(bridge("943", paid(), moved=[moved])) == (-7, "clock_skew", "", 0)


def test_several_events_next_to_a_snapshot_are_possible_only() -> None:
    near = [paid(n, f"2026-03-03 00:0{n}", amount=amount, fee="0") for n, amount in enumerate("137", 2)]
    assert told(bridge("958", paid(), *near)) == (8, "", "clock_skew", 8)
    assert told(bridge("957", paid(), *near)) == (7, "clock_skew", "", 0)


def test_two_causes_together() -> None:
    waiting = withdrawal(done_at=None, status="4", amount=Decimal(560), fee=Decimal(40))
    assert told(bridge("1000", paid(), moved=[waiting])) == (
        650,
        "fee_bearer, withdrawals_in_flight",
        "",
        0,
    )
    near = paid(2, "2026-03-03 00:01", amount="7", fee="0")
    assert told(bridge("1007", paid(), near)) == (57, "", "clock_skew, fee_bearer", 57)


def test_two_sums_of_one_cause_are_no_pair_of_causes() -> None:
    assert explain(Account(gap=9, refunds=4, refund_fees=5)) == Finding()
    assert explain(Account(gap=9, refunds=4, failed_before=5)).causes == ("refunds", "withdrawals_failed")


def test_what_fits_as_well_as_another_is_possible_only() -> None:
    back = paid(2, status=3, amount="50", fee="0")
    assert told(bridge("1000", paid(), back)) == (50, "", "fee_bearer, refunds", 50)


def test_a_missing_shop_is_possible_and_takes_nothing_from_what_is_left() -> None:
    known = shops(("shop", "Tea"), ("other", None), ("third", "Ёлка, <b>"))
    row = bridge("1027", paid(), shops=known)
    assert told(row) == (77, "", "missing_shop", 77)
    assert row["missing_shops"] == "other, Ёлка, <b> (third)"
    assert told(bridge("1000", paid(), shops=known)) == (50, "fee_bearer", "", 0)
    assert told(bridge("950", paid(), shops=known)) == (0, "", "", 0)
    near = paid(2, "2026-03-03 00:01", amount="7", fee="0")
    assert told(bridge("957", paid(), near, shops=known)) == (7, "", "clock_skew, missing_shop", 7)
    assert bridge("950", paid(), shops=shops(("shop", "Tea")))["missing_shops"] == ""


@pytest.mark.parametrize("lacks", ["amount", "currency", "dates", "fee"])
def test_a_withdrawal_that_does_not_say_all_is_counted_and_possible(lacks: str) -> None:
    fields = dict.fromkeys(["created_at", "done_at"] if lacks == "dates" else [lacks])
    plain = {"amount": Decimal(560), "fee": Decimal(40)}
    row = bridge("339" if lacks == "fee" else "939", paid(), moved=[withdrawal(**{**plain, **fields})])
    gap = -51 if lacks == "fee" else -11
    assert told(row) == (gap, "", "withdrawals_unknown", gap)
    assert row["uncounted_withdrawals"] == (lacks != "fee")
    more = bridge("961" if lacks != "fee" else "401", paid(), moved=[withdrawal(**{**plain, **fields})])
    assert more["possible_causes"] == ""  # it would have lowered the balance


def test_one_that_does_not_say_all_matters_between_the_snapshots_alone() -> None:
    before = withdrawal(amount=None, created_at=at("2026-02-28 10:00"))
    row = bridge("939", paid(), moved=[before])
    assert (row["uncounted_withdrawals"], row["possible_causes"]) == (0, "")


def test_one_that_says_when_it_was_carried_out_alone_goes_by_that() -> None:
    moved = withdrawal(created_at=None, done_at=at("2026-03-02"), amount=Decimal(560), fee=Decimal(40))
    assert told(bridge("350", paid(), moved=[moved])) == (0, "", "", 0)


def test_orders_that_end_before_the_closing_snapshot() -> None:
    row = bridge("1027", paid(), as_of="2026-03-02 12:00")
    assert told(row) == (77, "", "orders_not_read", 77)
    assert told(bridge("1027", paid(), as_of="2026-03-02 23:56")) == (77, "", "", 77)


def test_mistakes_are_named() -> None:
    frame, none = arrow([paid()]), native_of("pyarrow", [])
    two = balances([balance(OPENED, "0"), balance(CLOSED, "5", user=6)])
    with pytest.raises(DataError, match=r"several accounts, 5, 6: bridge one at a time"):
        balance_bridge(frame, none, two)
    twice = balances([balance(OPENED, "0"), balance(OPENED, "5")])
    with pytest.raises(DataError, match=r"the balance of 'RUB' at 2026-02-28 21:00:00\+00:00 is two"):
        balance_bridge(frame, none, twice)
    known = balances([balance(OPENED, "0"), balance(CLOSED, "5")])
    with pytest.raises(MissingColumn, match="needs the column 'observed_at'"):
        balance_bridge(frame, none, known.drop_columns("observed_at"))
    with pytest.raises(DataError, match=r"merchant_share=2"):
        balance_bridge(frame, none, known, merchant_share=2)
    lost = frame.set_column(frame.column_names.index("amount"), "amount", pa.nulls(1, frame["amount"].type))
    with pytest.raises(DataError, match="1 paid orders have no amount"):
        balance_bridge(lost, none, known)
    hole = known.set_column(2, "balance", pa.nulls(2, known["balance"].type))
    with pytest.raises(DataError, match="row 0 of the balances lacks"):
        balance_bridge(frame, none, hole)


# Drawn


@st.composite
def snapshots(draw: st.DrawFn) -> list[Record]:
    """Draw snapshots at up to three moments; a currency may have one alone."""
    hours = draw(st.lists(st.integers(0, 9 * 24), min_size=1, max_size=3, unique=True))
    amounts = st.sampled_from(["0", "-5", "100", "33.33", "0.00000001"])
    return [
        balance(FIRST + dt.timedelta(hours=hour), draw(amounts), currency)
        for hour in hours
        for currency in draw(st.sampled_from([["RUB"], ["RUB", "USD"], ["USD", "EUR"]]))
    ]


MONEY = (
    "balance_before", "balance_after", "change", "gross_volume", "fees", "refunds", "withdrawn",
    "withdrawal_fees", "expected_change", "gap",
)  # fmt: skip


def check(engine: str, orders: list[Row], moved: list[Record], taken: list[Record], share: Fraction) -> None:
    frame = balance_bridge(
        native(engine, arrow(orders)),
        native_of(engine, moved),
        native_of(engine, taken, BALANCES),
        merchant_share=Decimal(share.numerator) / share.denominator,
        money="decimal",
        zone=MOSCOW,
        as_of=NOW,
    )
    found = {row["currency"]: row for row in records(frame)}
    expected = oracle.bridged(orders, moved, taken, share=share)
    assert {currency: {name: row[name] for name in MONEY} for currency, row in found.items()} == expected
    for row in found.values():
        assert row["explained"] + row["unexplained"] == row["gap"]
        assert row["explained"] == (row["gap"] if row["causes"] else 0)
        assert not (row["causes"] and row["possible_causes"])
        assert row["gap"] or not (row["causes"] or row["possible_causes"])


@pytest.mark.parametrize("engine", SOME_ENGINES)
@few
@given(
    orders=histories(),
    moved=withdrawals(),
    taken=snapshots(),
    share=st.sampled_from([Fraction(1), Fraction(0), Fraction(1, 4)]),
)
def test_drawn_accounts_equal_the_oracle(
    engine: str, orders: list[Row], moved: list[Record], taken: list[Record], share: Fraction
) -> None:
    check(engine, orders, moved, taken, share)


@pytest.mark.long
@pytest.mark.parametrize("engine", ALL_ENGINES)
@many
@given(
    orders=histories(),
    moved=withdrawals(),
    taken=snapshots(),
    share=st.sampled_from([Fraction(1), Fraction(0), Fraction(1, 4)]),
)
def test_many_drawn_accounts_equal_the_oracle(
    engine: str, orders: list[Row], moved: list[Record], taken: list[Record], share: Fraction
) -> None:
    check(engine, orders, moved, taken, share)


amounts = st.integers(0, 10**13)


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """Draw what is known of an account, with no gap."""
    fees = draw(amounts)
    some = st.lists(st.integers(1, 10**13), max_size=3).map(tuple)
    return Account(
        gap=0,
        fees=fees,
        borne=draw(st.sampled_from([0, fees])),
        refunds=draw(amounts),
        refund_fees=draw(amounts),
        early_refunds=draw(amounts),
        late_refunds=draw(amounts),
        in_flight=draw(some),
        landed=draw(some),
        failed=draw(amounts),
        failed_before=draw(amounts),
        near=tuple(Event(effect, effect % 2 == 0) for effect in draw(some)),
    )


@settings(few, max_examples=60)
@given(account=accounts(), cause=st.integers(0, 6), shop=st.booleans())
def test_a_cause_that_makes_the_gap_is_always_among_those_named(
    account: Account, cause: int, shop: bool
) -> None:
    made = {
        0: ("fee_bearer", account.borne or -account.fees),
        1: ("refunds", account.refunds),
        2: ("withdrawals_in_flight", sum(account.in_flight) - sum(account.landed)),
        3: ("withdrawals_failed", account.failed_before),
        4: ("clock_skew", sum(event.gap for event in account.near[:1])),
        5: ("fee_bearer", (account.borne or -account.fees) + account.refunds),
        6: ("withdrawals_failed", -account.failed),
    }[cause]
    fields = {name: getattr(account, name) for name in Account.__slots__}
    found = explain(Account(**{**fields, "gap": made[1], "missing_shop": shop}))
    if made[1] == 0:
        assert found == Finding()
    else:
        assert made[0] in (*found.causes, *found.possible) or found.causes
        assert found.explained == (made[1] if found.causes else 0)
        assert shop <= ("missing_shop" in found.possible or bool(found.causes))


@settings(few, max_examples=60)
@given(account=accounts(), gap=st.integers(-(10**13), 10**13))
def test_what_is_explained_is_the_whole_gap_or_nothing(account: Account, gap: int) -> None:
    fields = {name: getattr(account, name) for name in Account.__slots__}
    found = explain(Account(**{**fields, "gap": gap}))
    assert found.explained == (gap if found.causes else 0)
    assert not (found.causes and found.possible)


def test_the_order_of_rows_changes_nothing() -> None:
    orders = [paid(number, f"2026-03-02 1{number}:00", fee=str(number)) for number in range(8)]
    moved = [
        withdrawal(str(number), amount=Decimal(number), done_at=None, status=None) for number in range(5)
    ]
    one = bridge("0", *orders, moved=moved)
    assert bridge("0", *orders[::-1], moved=moved[::-1]) == one
