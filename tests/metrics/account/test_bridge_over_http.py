"""The balance bridge on sandboxes that differ in what no record says: each cause is found, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tegro_analytics.metrics import balance_bridge
from tegro_analytics.sandbox.process import Sandbox, start
from tegro_analytics.shop import Shop
from tests.golden import records
from tests.sync.programs import place_at
from tests.sync.test_http import TODAY, Calendar

DAY = TODAY[:10]

Row = dict[str, Any]


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch) -> Calendar:
    """Set the time, which then goes on as the test says."""
    made = Calendar()
    for name in ("sync.run", "sync.telling", "api.transport"):
        monkeypatch.setattr(f"tegro_analytics.{name}.dt", made.module())
    return made


def sold(at: str, amount: str = "1000", fee: str = "50", **fields: Any) -> Row:
    """Make an order that was paid a minute after it was made."""
    made = {"created_at": f"{DAY} {at}:00", "paid_at": f"{DAY} {at}:59", "amount": amount, "fee": fee}
    return {**made, **fields}


def insert(sandbox: Sandbox, *orders: Row, **options: Any) -> list[int]:
    return list(sandbox.control("insert", orders=list(orders), **options)["ids"])


class Account:
    """Hold the shops of a sandbox, which are read, changed, and read again three hours later."""

    def __init__(self, sandbox: Sandbox, shop: Shop, calendar: Calendar) -> None:
        self.sandbox, self.shop, self.calendar = sandbox, shop, calendar

    def bridge(self, change: Callable[[Sandbox], object], **options: Any) -> dict[str, Row]:
        """Bridge the balances before and after a change, by currency."""
        self.shop.sync()
        change(self.sandbox)
        self.calendar.go_on(hours=3)
        self.shop.sync()
        orders, moved = self.shop.orders(money="decimal"), self.shop.withdrawals(money="decimal")
        balances = self.shop.balances(history=True, money="decimal")
        frame = balance_bridge(orders, moved, balances, shops=self.shop.shops(), **options)
        return {row["currency"]: dict(row) for row in records(frame)}


@contextmanager
def account(
    folder: Path, calendar: Calendar, *, every_shop: bool = True, **options: Any
) -> Iterator[Account]:
    with start(orders=20, days=30, now=TODAY, withdrawal_shape="order", **options) as sandbox:
        shop_ids = tuple(sandbox.shop_ids) if every_shop else None
        insert(sandbox, sold("10:00", paid_at=None), shop=sandbox.shop_ids[1])
        with place_at(sandbox, folder, shop_ids=shop_ids).open(workers=1) as shop:
            yield Account(sandbox, shop, calendar)


def trade(sandbox: Sandbox) -> None:
    """Sell in both shops and currencies, refund what was sold before, withdraw, and carry it out."""
    insert(
        sandbox, sold("12:30"), sold("13:10", "333.33", "16.67"), sold("13:20", "20", "0.8", currency_id=2)
    )
    insert(sandbox, sold("13:40", "77", "0"), shop=sandbox.shop_ids[1])
    sandbox.control("withdraw", amount="500", created_at=f"{DAY} 13:00:00", done_at=f"{DAY} 13:30:00")


@pytest.mark.long
def test_nothing_is_left_where_all_is_as_it_is_taken(tmp_path: Path, calendar: Calendar) -> None:
    with account(tmp_path / "data", calendar) as one:
        (refunded,) = insert(one.sandbox, sold("11:00", "400", "20"))

        def change(sandbox: Sandbox) -> None:
            trade(sandbox)
            sandbox.control("refund", ids=[refunded])

        rows = one.bridge(change)
    assert {currency: row["gap"] for currency, row in rows.items()} == dict.fromkeys(
        ("EUR", "RUB", "UAH", "USD"), 0
    )
    rub = rows["RUB"]
    assert rub["change"] == Decimal("1410.33") - Decimal("66.67") - 400 - 550
    assert (rub["gross_volume"], rub["fees"], rub["refunds"]) == (Decimal("1410.33"), Decimal("66.67"), 400)
    assert (rub["withdrawn"], rub["withdrawal_fees"], rub["payments"]) == (500, 50, 3)
    assert (rub["causes"], rub["possible_causes"], rub["missing_shops"]) == ("", "", "")
    assert rows["USD"]["change"] == Decimal("19.2")


@pytest.mark.long
def test_the_buyer_bears_the_fee(tmp_path: Path, calendar: Calendar) -> None:
    with account(tmp_path / "data", calendar, fee_bearer="buyer") as one:
        rows = one.bridge(trade)
        assert (rows["RUB"]["gap"], rows["RUB"]["causes"]) == (Decimal("66.67"), "fee_bearer")
        assert (rows["RUB"]["explained"], rows["RUB"]["unexplained"]) == (Decimal("66.67"), 0)
        assert (rows["USD"]["gap"], rows["USD"]["causes"]) == (Decimal("0.8"), "fee_bearer")
        assert rows["RUB"]["fee_share"] == 0
        settled = one.bridge(lambda _: None, merchant_share=0)
    assert {row["gap"] for row in settled.values()} == {0}


@pytest.mark.long
def test_a_shop_that_is_not_read(tmp_path: Path, calendar: Calendar) -> None:
    with account(tmp_path / "data", calendar, every_shop=False) as one:
        rub = one.bridge(trade)["RUB"]
        missing = one.sandbox.shop_ids[1]
    assert (rub["gap"], rub["unexplained"], rub["explained"]) == (77, 77, 0)
    assert (rub["causes"], rub["possible_causes"]) == ("", "missing_shop")
    assert rub["missing_shops"] == f"DEMO2 ({missing})"


@pytest.mark.long
def test_a_withdrawal_in_flight_that_is_not_debited(tmp_path: Path, calendar: Calendar) -> None:
    def change(sandbox: Sandbox) -> None:
        trade(sandbox)
        sandbox.control("withdraw", amount="300", created_at=f"{DAY} 14:00:00")

    with account(tmp_path / "data", calendar, withdrawal_debit="done") as one:
        rub = one.bridge(change)["RUB"]
    assert (rub["withdrawn"], rub["withdrawal_fees"]) == (800, 100)
    assert (rub["gap"], rub["causes"], rub["unexplained"]) == (350, "withdrawals_in_flight", 0)


@pytest.mark.long
def test_a_withdrawal_from_before_that_lands(tmp_path: Path, calendar: Calendar) -> None:
    with account(tmp_path / "data", calendar, withdrawal_debit="done") as one:
        number = one.sandbox.control("withdraw", amount="300", created_at=f"{DAY} 10:00:00")["id"]
        rub = one.bridge(lambda box: box.control("settle", id=number, status="done", at=f"{DAY} 13:00:00"))[
            "RUB"
        ]
    assert (rub["change"], rub["gap"], rub["causes"]) == (-350, -350, "withdrawals_in_flight")


@pytest.mark.long
def test_one_in_flight_that_is_debited_leaves_no_gap(tmp_path: Path, calendar: Calendar) -> None:
    with account(tmp_path / "data", calendar) as one:
        rub = one.bridge(lambda box: box.control("withdraw", amount="300", created_at=f"{DAY} 14:00:00"))[
            "RUB"
        ]
    assert (rub["withdrawn"], rub["gap"], rub["causes"]) == (300, 0, "")


@pytest.mark.long
def test_two_causes_together(tmp_path: Path, calendar: Calendar) -> None:
    def change(sandbox: Sandbox) -> None:
        trade(sandbox)
        sandbox.control("withdraw", amount="300", created_at=f"{DAY} 14:00:00")

    with account(tmp_path / "data", calendar, withdrawal_debit="done", fee_bearer="buyer") as one:
        rub = one.bridge(change)["RUB"]
    assert rub["gap"] == Decimal("66.67") + 350
    assert (rub["causes"], rub["unexplained"]) == ("fee_bearer, withdrawals_in_flight", 0)


@pytest.mark.long
def test_a_withdrawal_that_fails_comes_back(tmp_path: Path, calendar: Calendar) -> None:
    with account(tmp_path / "data", calendar) as one:
        number = one.sandbox.control("withdraw", amount="300", created_at=f"{DAY} 10:00:00")["id"]
        rub = one.bridge(lambda box: box.control("settle", id=number, status="failed"))["RUB"]
    assert (rub["change"], rub["gap"], rub["causes"]) == (350, 350, "withdrawals_failed")


@pytest.mark.long
def test_the_clock_of_the_server_may_be_off(tmp_path: Path, calendar: Calendar) -> None:
    with account(tmp_path / "data", calendar) as one:
        # It was paid before the closing snapshot; the server's clock, which is ahead, says after.
        rub = one.bridge(lambda box: insert(box, sold("15:03", "120", "6")))["RUB"]
    assert (rub["gap"], rub["gross_volume"], rub["causes"]) == (114, 0, "clock_skew")
