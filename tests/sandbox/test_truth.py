"""The truth of the sandbox against the golden orders, and against a second count of what HTTP delivers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest

from tegro_analytics import sandbox
from tests.sandbox.wire import NOW, Caller, amount, served

AS_OF = datetime.fromisoformat(NOW)
CODES = {1: "RUB", 2: "USD"}
LIVE = (0, 1, 2, 3, 4)
DAY = timedelta(days=1)

GOLDEN = """
1  03-01T10:00 03-01T10:02 1 25 1 1000 50    A@x.ru 0 o-1
2  03-01T23:50 03-02T00:10 1 25 1 500  25    a@x.ru 0 o-2
3  03-02T09:00 -           0 25 1 700  35    b@x.ru 0 o-3
4  03-02T12:00 03-03T18:00 1 28 1 300  0     -      0 o-4
5  03-02T13:00 03-02T13:01 1 51 2 20   0.80  c@x.ru 0 o-5
6  03-02T14:00 03-02T14:01 1 25 1 9999 500   t@x.ru 1 t-1
7  03-03T11:00 03-03T11:03 3 25 1 400  20    d@x.ru 0 o-7
8  03-04T08:00 -           0 28 1 250  12.50 b@x.ru 0 o-8
9  03-04T08:30 03-04T08:31 1 28 1 150  0     b@x.ru 0 o-9
10 03-02T15:00 -           2 10 1 600  30    ''     0 o-10
"""


def golden_orders() -> list[dict[str, Any]]:
    orders = []
    for line in GOLDEN.split("\n")[1:-1]:
        number, created, paid, status, system, currency, gross, fee, email, test, payment = line.split()
        orders.append(
            {
                "id": int(number),
                "created_at": f"2026-{created}",
                "paid_at": None if paid == "-" else f"2026-{paid}",
                "status": int(status),
                "payment_system_id": int(system),
                "currency_id": int(currency),
                "amount": gross,
                "fee": fee,
                "email": None if email == "-" else email.strip("'"),
                "test_order": int(test),
                "payment_id": payment,
            }
        )
    return orders


@pytest.fixture
def golden(own: Caller) -> sandbox.Sandbox:
    own.sandbox.control("insert", orders=golden_orders())
    return own.sandbox


def test_golden_revenue(golden: sandbox.Sandbox) -> None:
    rub, usd = golden.truth(as_of=NOW)["revenue"]
    assert rub == {
        "currency": "RUB",
        "gross_volume": "2350.00000000",
        "fees": "95.00000000",
        "refunds": "400.00000000",
        "net_volume": "1855.00000000",
        "payments": 5,
        "average_ticket": "470.00000000",
        "refund_rate": "1/5",
        "refund_rate_value": "40000000000/235000000000",
        "active_days": 4,
        "undated_refunds": 1,
        "excluded_negative": 0,
        "zero_days": 0,
    }
    assert (usd["gross_volume"], usd["fees"], usd["net_volume"]) == (
        "20.00000000",
        "0.80000000",
        "19.20000000",
    )


def test_golden_days(golden: sandbox.Sandbox) -> None:
    days = [row for row in golden.truth(as_of=NOW)["revenue_by_day"] if row["currency"] == "RUB"]
    assert [row["day"] for row in days] == ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"]
    assert [int(Decimal(row["gross_volume"])) for row in days] == [1000, 500, 700, 150]
    assert [int(Decimal(row["net_volume"])) for row in days] == [950, 475, 280, 150]


def test_golden_fees(golden: sandbox.Sandbox) -> None:
    rub = golden.truth(as_of=NOW)["fees"][0]
    assert Fraction(rub["effective_fee_rate"]) == Fraction(95, 2350)
    assert (rub["zero_fee_payments"], rub["payments"], rub["fee_per_payment"]) == (2, 5, "19.00000000")


def test_golden_conversion(golden: sandbox.Sandbox) -> None:
    assert golden.truth(as_of=NOW)["conversion"] == {
        "orders": 9,
        "mature": 7,
        "paid": 6,
        "paid_24h": 4,
        "paid_ever": 5,
        "lost": 1,
        "pending": 1,
        "stale_open": 1,
        "unresolved": 0,
        "late_paid": 1,
        "unknown_status": 0,
        "conversion_24h": "4/7",
        "conversion_24h_min": "4/7",
        "conversion_24h_max": "4/7",
        "conversion_ever": "5/7",
        "terminal_success_rate": "6/7",
        "terminal_success_rate_mature": "5/6",
        "late_paid_rate": "1/5",
        "naive_rate": "6/9",
        "seconds_to_pay_p50": "150",
        "seconds_to_pay_p90": "54600",
        "seconds_to_pay_p99": "102660",
    }


def test_golden_bounds_are_half_open_and_on_the_clock_of_each_metric(golden: sandbox.Sandbox) -> None:
    told = golden.truth(as_of=NOW, since="2026-03-02", until="2026-03-03")
    assert [(row["currency"], row["gross_volume"]) for row in told["revenue"]] == [
        ("RUB", "500.00000000"),
        ("USD", "20.00000000"),
    ]
    assert told["conversion"]["orders"] == 4  # 3, 4, 5, 10: created on that day
    edge = golden.truth(as_of=NOW, since="2026-03-02 00:10:00", until="2026-03-02 13:01:00")
    assert [row["currency"] for row in edge["revenue"]] == ["RUB"]


@pytest.mark.parametrize(
    ("bounds", "zero"),
    [
        ({"as_of": NOW}, 0),
        ({"as_of": "2026-03-06 00:00:00"}, 2),
        ({"as_of": NOW, "since": "2026-02-26"}, 3),
        ({"as_of": NOW, "since": "2026-02-26", "until": "2026-03-03"}, 3),
        ({"as_of": "2026-03-06", "since": "2026-03-02", "until": "2026-04-01"}, 2),
    ],
)
def test_golden_days_without_a_payment(golden: sandbox.Sandbox, bounds: dict[str, str], zero: int) -> None:
    assert golden.truth(**bounds)["revenue"][0]["zero_days"] == zero


def test_golden_as_of_decides_what_is_mature(golden: sandbox.Sandbox) -> None:
    assert golden.truth(as_of="2026-03-05 08:00:00")["conversion"]["mature"] == 8
    assert golden.truth(as_of="2026-03-05 07:59:59")["conversion"]["mature"] == 7


def odd(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": number, "created_at": "2026-03-01 10:00:00", "amount": 100, "fee": 5} | fields


def test_rules_for_odd_orders(own: Caller) -> None:
    own.sandbox.control(
        "insert",
        orders=[
            odd(1, status=1),  # paid without a date: its money lies on the day of creation
            odd(2, status=1, paid_at="0000-00-00 00:00:00"),
            odd(3, status=1, paid_at="2026-03-01 09:59:00"),  # before it was created
            odd(4, amount=0, fee=0, status=1, paid_at="2026-03-01 10:01:00"),
            odd(5, amount=-50, status=1, paid_at="2026-03-01 10:01:00"),
            odd(6, status=7, paid_at="2026-03-01 10:01:00"),
            odd(7, status=1, paid_at="2026-03-02 10:00:00"),  # after exactly 24 hours
            odd(8, status=1, paid_at="2026-03-02 10:00:01"),
        ],
    )
    told = own.sandbox.truth(as_of=NOW)
    (money,) = told["revenue"]
    assert (money["gross_volume"], money["payments"], money["excluded_negative"]) == ("500.00000000", 6, 1)
    assert money["average_ticket"] == "100.00000000"
    assert [(row["day"], row["payments"]) for row in told["revenue_by_day"]] == [
        ("2026-03-01", 4),
        ("2026-03-02", 2),
    ]
    counts = told["conversion"]
    assert (counts["orders"], counts["paid_ever"], counts["unknown_status"]) == (7, 7, 1)
    assert (counts["conversion_24h_min"], counts["conversion_24h_max"], counts["late_paid"]) == (
        "3/7",
        "5/7",
        1,
    )


def test_nothing_gives_null_and_not_zero(own: Caller) -> None:
    told = own.sandbox.truth(as_of=NOW)
    assert (told["revenue"], told["revenue_by_day"], told["payment_systems"]) == ([], [], [])
    assert told["conversion"]["conversion_ever"] is None
    assert told["conversion"]["seconds_to_pay_p50"] is None


def parse(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text and text[0] != "0" else None


def money_time(order: dict[str, Any]) -> datetime:
    return parse(order["date_payed"]) or datetime.fromisoformat(order["date_created"])


def divided(whole: Decimal, count: int) -> Decimal:
    with localcontext(prec=60):
        return (whole / count).quantize(Decimal("1e-8"), rounding=ROUND_HALF_EVEN)


def same_money(told: dict[str, Any], orders: Iterable[dict[str, Any]]) -> None:
    """Count money again, with decimals, from the records as delivered."""
    orders = list(orders)
    gross, fees = (sum((amount(order, name) for order in orders), Decimal(0)) for name in ("amount", "fee"))
    refunded = [order for order in orders if order["status"] == 3]
    refunds = sum(map(amount, refunded), Decimal(0))
    assert Decimal(told["gross_volume"]) == gross
    assert Decimal(told["fees"]) == fees
    assert Decimal(told["refunds"]) == refunds
    assert Decimal(told["net_volume"]) == gross - fees - refunds
    assert told["payments"] == len(orders)
    assert Decimal(told["average_ticket"]) == divided(gross, sum(amount(order) > 0 for order in orders))
    assert Fraction(told["refund_rate"]) == Fraction(len(refunded), len(orders))
    assert Fraction(told["refund_rate_value"]) == Fraction(refunds) / Fraction(gross)
    assert told["active_days"] == len({money_time(order).date() for order in orders})


def same_fees(told: dict[str, Any], orders: Iterable[dict[str, Any]]) -> None:
    orders = list(orders)
    fees = sum((amount(order, "fee") for order in orders), Decimal(0))
    free = sum(amount(order, "fee") == 0 for order in orders)
    assert Decimal(told["fee_per_payment"]) == divided(fees, len(orders))
    assert Fraction(told["effective_fee_rate"]) == Fraction(fees) / Fraction(sum(map(amount, orders)))
    assert (told["zero_fee_payments"], Fraction(told["zero_fee_share"])) == (
        free,
        Fraction(free, len(orders)),
    )


def same_conversion(told: dict[str, Any], orders: Iterable[dict[str, Any]]) -> None:
    orders = list(orders)
    mature = [order for order in orders if datetime.fromisoformat(order["date_created"]) <= AS_OF - DAY]
    paid = [order for order in orders if order["status"] in (1, 3)]
    delays = sorted(
        moment - datetime.fromisoformat(order["date_created"])
        for order in paid
        if (moment := parse(order["date_payed"]))
    )
    known = [delay for delay in delays if delay >= timedelta(0)]
    mature_paid = [order for order in mature if order in paid]
    waits = [
        (parse(order["date_payed"]) or AS_OF) - datetime.fromisoformat(order["date_created"])
        for order in mature_paid
        if parse(order["date_payed"])
    ]
    within = sum(timedelta(0) <= wait <= DAY for wait in waits)
    assert (told["orders"], told["mature"], told["paid"]) == (len(orders), len(mature), len(paid))
    assert told["paid_ever"] == len(mature_paid)
    assert told["paid_24h"] == within
    assert told["late_paid"] == sum(wait > DAY for wait in waits)
    assert told["lost"] == sum(order["status"] == 2 for order in orders)
    still_open = [order for order in orders if order["status"] in (0, 4)]
    assert told["pending"] + told["stale_open"] == len(still_open)
    assert told["stale_open"] == sum(order in still_open for order in mature)
    if paid:
        lost = sum(order["status"] == 2 for order in orders)
        assert Fraction(told["terminal_success_rate"]) == Fraction(len(paid), len(paid) + lost)
        assert Fraction(told["naive_rate"]) == Fraction(len(paid), len(orders))
    if mature_paid:
        lost = sum(order["status"] == 2 for order in mature)
        both = len(mature_paid) + lost
        assert Fraction(told["terminal_success_rate_mature"]) == Fraction(len(mature_paid), both)
        late = Fraction(told["late_paid"], len(mature_paid))
        assert Fraction(told["late_paid_rate"]) == late
    if mature:
        assert Fraction(told["conversion_ever"]) == Fraction(len(mature_paid), len(mature))
        undated = len(mature_paid) - len(waits)
        assert Fraction(told["conversion_24h_min"]) == Fraction(within, len(mature))
        assert Fraction(told["conversion_24h_max"]) == Fraction(within + undated, len(mature))
    if known:
        middle = (known[(len(known) - 1) // 2] + known[len(known) // 2]).total_seconds()
        assert Fraction(told["seconds_to_pay_p50"]) == Fraction(int(middle), 2)


@pytest.mark.parametrize(
    ("seed", "order", "bounds"),
    [
        (7, "newest", {}),
        (8, "out-of-step", {"since": "2026-01-10", "until": "2026-02-20 13:30:00"}),
        (9, "hashed", {"since": "2025-12-31"}),
    ],
)
def test_truth_is_what_http_delivers(seed: int, order: str, bounds: dict[str, str]) -> None:
    with served(orders=2_500, seed=seed, order=order, days=120) as caller:
        orders = caller.all("orders")
        told = caller.sandbox.truth(as_of=NOW, **bounds)
    since, until = (parse(bounds.get(name)) for name in ("since", "until"))

    def within(moment: datetime) -> bool:
        return (since is None or moment >= since) and (until is None or moment < until)

    live = [one for one in orders if one["test_order"] == 0 and one["status"] in LIVE]
    paid = [one for one in live if one["status"] in (1, 3) and within(money_time(one))]
    made = [one for one in live if within(datetime.fromisoformat(one["date_created"]))]
    assert told["counts"]["orders"] == len(orders) == 2_500
    assert told["counts"]["tests"] == sum(one["test_order"] for one in orders) > 0
    for row, fees in zip(told["revenue"], told["fees"], strict=True):
        mine = [one for one in paid if CODES[one["currency_id"]] == row["currency"]]
        same_money(row, mine)
        same_fees(fees, mine)
    days = {(CODES[one["currency_id"]], money_time(one).date().isoformat()) for one in paid}
    assert {(row["currency"], row["day"]) for row in told["revenue_by_day"]} == days
    for row in told["revenue_by_day"]:
        key = (row["currency"], row["day"])
        same_money(
            row, [o for o in paid if (CODES[o["currency_id"]], money_time(o).date().isoformat()) == key]
        )
    same_conversion(told["conversion"], made)
    for row in told["conversion_by_day"]:
        same_conversion(row, [one for one in made if one["date_created"][:10] == row["day"]])
    assert len(told["payment_systems"]) == 9
    for row in told["payment_systems"]:
        key = (row["currency"], row["payment_system_id"])
        mine = [one for one in paid if (CODES[one["currency_id"]], one["payment_system_id"]) == key]
        same_money(row, mine)
        same_fees(row, mine)
        same_conversion(
            row, [one for one in made if (CODES[one["currency_id"]], one["payment_system_id"]) == key]
        )
        together = [one for one in paid if CODES[one["currency_id"]] == row["currency"]]
        assert Fraction(row["share"]) == Fraction(len(mine), len(together))
        assert Fraction(row["share_value"]) == Fraction(sum(map(amount, mine))) / Fraction(
            sum(map(amount, together))
        )


def test_quotients_are_half_even(own: Caller) -> None:
    paid = {"created_at": "2026-03-01 10:00:00", "paid_at": "2026-03-01 10:01:00"}
    own.sandbox.control(
        "insert",
        orders=[paid | {"amount": "0.00000001"}, paid | {"amount": "0.00000004"}],
    )
    assert own.sandbox.truth(as_of=NOW)["revenue"][0]["average_ticket"] == "0.00000002"  # of 2.5


def test_the_truth_of_the_second_shop(shared: sandbox.Sandbox) -> None:
    assert shared.truth(shop=shared.shop_ids[1])["counts"]["orders"] == 6
    with pytest.raises(sandbox.SandboxError, match="no shop 'X'"):
        shared.truth(shop="X")
