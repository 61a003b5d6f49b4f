"""What was restated since a report, and what that did to the money of which month."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tegro_analytics.exceptions import DataError, StoreError
from tegro_analytics.store import CHANGES, Store
from tests.store.world import hour, merge, order, orders, rows, run, store_in

APRIL = 24 * 40
"""An hour of 13 April."""


def sums(store: Store, since: float, until: float | None = None) -> list[Any]:
    """List what changed in the sums of money."""
    table = store.changes(hour(since), None if until is None else hour(until))
    found = rows(table, "id", "reason", "field", "month", "currency", "effect")
    return [row for row in found if row[-1] is not None]


def fields(store: Store, since: float) -> list[Any]:
    """List which fields changed, from what to what."""
    table = store.changes(hour(since))
    found = rows(table, "id", "field", "old", "new", "effect")
    return [row[:-1] for row in found if row[-1] is None]


def test_nothing_is_restated_where_nothing_changed(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1))
    merge(store, 1, order(1))

    table = store.changes(hour(0))
    assert table.num_rows == 0
    assert table.schema.equals(CHANGES.arrow())


def test_a_refund_of_april_of_what_was_paid_in_march(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(7, amount="400"))
    merge(store, APRIL, order(7, amount="400", status=3))

    assert sums(store, 0) == [(7, "refunded", "refunds", "2026-04", "RUB", Decimal(-400))]
    assert rows(store.changes(hour(0)), "paid_month", "changed_at") == [("2026-03", hour(APRIL))] * 2
    assert fields(store, 0) == [(7, "status", "1", "3")]


@pytest.mark.long
def test_an_order_that_turned_paid_late(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(4, amount="300", fee="0", status=0))
    merge(store, APRIL, order(4, amount="300", fee="0"))

    assert sums(store, 0) == [(4, "turned_paid", "gross_volume", "2026-03", "RUB", Decimal(300))]
    assert fields(store, 0) == [
        (4, "paid_text", None, "2026-03-01 10:02:00"),
        (4, "status", "0", "1"),
    ]


@pytest.mark.long
def test_a_fee_counts_against_the_merchant(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1, fee="50"))
    merge(store, 1, order(1, fee="60.5"))

    assert sums(store, 0) == [(1, "changed", "fees", "2026-03", "RUB", Decimal("-10.5"))]


@pytest.mark.long
def test_a_payment_that_moves_to_another_month_is_in_both(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1, amount="10", fee="0"))
    merge(store, 1, order(1, amount="10", fee="0", date_payed="2026-04-01 00:00:00"))

    assert sums(store, 0) == [
        (1, "changed", "gross_volume", "2026-03", "RUB", Decimal(-10)),
        (1, "changed", "gross_volume", "2026-04", "RUB", Decimal(10)),
    ]


def test_an_amount_and_a_currency_that_change(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1, amount="10", fee="0"))
    merge(store, 1, order(1, amount="12", fee="0"))
    merge(store, 2, order(1, amount="12", fee="0", currency_id=2))

    assert sums(store, 0) == [
        (1, "amount_changed", "gross_volume", "2026-03", "RUB", Decimal(2)),
        (1, "amount_changed", "gross_volume", "2026-03", "RUB", Decimal(-12)),
        (1, "amount_changed", "gross_volume", "2026-03", "USD", Decimal(12)),
    ]


@pytest.mark.long
def test_what_is_paid_no_longer_and_what_was_refunded_by_mistake(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1, fee="0"), order(2, fee="0"))
    merge(store, 1, order(2, fee="0", status=3))
    merge(store, 2, order(1, fee="0", status=2), order(2, fee="0"))

    assert sums(store, 1) == [
        (1, "no_longer_paid", "gross_volume", "2026-03", "RUB", Decimal(-1000)),
        (2, "refund_withdrawn", "refunds", "2026-03", "RUB", Decimal(1000)),
    ]


@pytest.mark.parametrize("odd", [{"test_order": 1}, {"amount": "-5"}])
def test_what_enters_no_metric_has_no_effect(tmp_path: Path, odd: dict[str, Any]) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1, status=0, **odd))
    merge(store, 1, order(1, **odd))

    assert sums(store, 0) == []
    assert fields(store, 0)[-1] == (1, "status", "0", "1")


@pytest.mark.long
def test_an_order_that_was_found_late_restates_its_month(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1, fee="0"))
    young = {"date_created": "2026-03-04 12:30:00", "date_payed": "2026-03-04 12:40:00"}
    merge(store, 1, order(2, fee="0"), order(3, **young))

    assert sums(store, 0) == [(2, "found_late", "gross_volume", "2026-03", "RUB", Decimal(1000))]
    assert fields(store, 0) == [(2, "first_seen_at", None, "2026-03-04 10:00:00+00")]


@pytest.mark.long
def test_the_bounds_are_runs(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    for at, amount in enumerate(("1", "2", "4", "8")):
        merge(store, at, order(1, amount=amount, fee="0"))

    assert [row[-1] for row in sums(store, 0, 2)] == [1, 2]
    assert [row[-1] for row in sums(store, 2)] == [4]
    with pytest.raises(StoreError, match="cannot be told: the first run"):
        sums(store, -5)


def test_the_effects_add_up_to_the_difference_of_two_reports(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, *(order(number, status=number % 4) for number in range(40)))
    merge(store, 1, *(order(number, status=number // 3 % 4, amount=str(number)) for number in range(40)))

    def net(at: float) -> Decimal:
        total = Decimal(0)
        for row in store.table("orders", as_of=hour(at)).to_pylist():
            if row["status"] in (1, 3):
                total += row["amount"] - row["fee"] - (row["amount"] if row["status"] == 3 else 0)
        return total

    assert sum(row[-1] for row in sums(store, 0)) == net(1) - net(0) != 0


@pytest.mark.long
def test_another_shop_of_the_account_is_not_shown(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    for at, amount in enumerate(("1", "2")):
        records = order(1, amount=amount), order(1, amount=amount, payment_id="o-9")
        tables = [orders(one, at=at, shop_id=shop) for one, shop in zip(records, ("A", "B"), strict=True)]
        store.merge(run(at, shops=("A", "B")), {"orders": pa.concat_tables(tables)})

    every = ["A", "A", "B", "B"]
    chosen = {"A": every[:2], ("B",): every[2:], ("A", "B"): every, (): [], None: every}
    for shops, expected in chosen.items():
        assert sorted(rows(store.changes(hour(0), shop_id=shops), "shop_id")) == expected
        assert rows(store.find("1", shop_id=shops), "shop_id") == expected[::2]
    assert store.find("o-9", shop_id="A").num_rows == 0


@pytest.mark.long
def test_addresses_are_masked_unless_asked_for(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1, email="old@site.ru"))
    merge(store, 1, order(1, email="new@site.ru"))

    assert fields(store, 0) == [(1, "email", "o***@site.ru", "n***@site.ru")]
    assert rows(store.changes(hour(0), pii=True), "old", "new") == [("old@site.ru", "new@site.ru")]


def test_the_history_of_an_order(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1, status=0), order(2))
    merge(store, 1, order(1))
    merge(store, 2, order(1, status=3))

    assert rows(store.history(1), "status", "version_from", "version_to") == [
        (0, hour(0), hour(1)),
        (1, hour(1), hour(2)),
        (3, hour(2), None),
    ]
    assert store.history("1", shop_id="OTHER").num_rows == 0
    with pytest.raises(DataError, match="no history"):
        store.history(1, table="balances")


@pytest.mark.long
def test_the_histories_of_many_orders_are_those_of_each(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    for at, status in enumerate((0, 1, 3)):
        shops = [orders(order(1, status=status), order(2), at=at, shop_id=shop) for shop in ("B", "A")]
        store.merge(run(at, shops=("A", "B")), {"orders": pa.concat_tables(shops)})

    found = store.find("1")
    each = [store.history(1, shop_id=shop) for shop in ("A", "B")]
    assert store.histories(found).equals(pa.concat_tables(each))
    assert store.histories(pa.concat_tables([found, found])).num_rows == 6
    assert rows(store.histories(store.find("2", shop_id="B")), "id", "shop_id") == [(2, "B")]
    assert store.histories(found.slice(0, 0)).equals(each[0].slice(0, 0))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("17", [17]),
        (" 17 ", [17]),
        ("Order #17854", [2]),
        ("PAYER3@site.ru ", [3]),
        ("payer", []),
        ("9223372036854775808", []),
        ("99999999999999999999", []),
        pytest.param("9" * 5_000, [], id="5000 digits"),
        ("", []),
    ],
)
def test_orders_are_found_by_what_a_person_knows(finding: Store, text: str, found: list[int]) -> None:
    assert rows(finding.find(text), "id") == found


def test_half_a_character_is_refused_and_not_repeated(finding: Store) -> None:
    for ask in (finding.find, finding.history):
        with pytest.raises(DataError, match="Type the text anew") as caught:
            ask("secret\ud800@site.ru")
        assert "secret" not in str(caught.value)
        assert caught.value.__context__ is None


def test_a_history_of_a_number_of_many_digits_is_empty(finding: Store) -> None:
    assert finding.history("9" * 5_000).num_rows == 0


@pytest.fixture(scope="module")
def finding(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = store_in(tmp_path_factory.mktemp("finding"))
    merge(store, 0, order(2, payment_id="Order #17854"), order(3), order(17, payment_id=""))
    return store
