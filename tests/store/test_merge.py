"""A run into the store: what is new, what changed, what was only seen again."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from tegro_analytics.exceptions import DataError
from tegro_analytics.frames import balances_table
from tegro_analytics.schemas import ORDERS, QUARANTINE
from tegro_analytics.store import Counts, Coverage
from tests.frames.wire import SENT
from tests.store.world import hour, merge, order, orders, rows, run, store_in, withdrawals


def test_a_first_run_is_all_new(tmp_path: Path) -> None:
    store = store_in(tmp_path)

    merged = merge(store, 0, order(1), order(2))

    assert merged.run == 1
    assert merged.moment == hour(0)
    assert merged.counts["orders"] == {"SHOP": Counts(new=2)}
    assert merged.warnings == ()


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    table = orders(order(1), order(2, status=0), order(3, status=3, email=None, fee=None))

    store.merge(run(0), {"orders": table})

    assert store.table("orders").equals(table)
    assert store.table("orders").schema.equals(ORDERS.arrow(), check_metadata=True)


def test_new_changed_and_unchanged_are_counted(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1), order(2, status=0))

    merged = merge(store, 1, order(1), order(2), order(3))

    assert merged.total() == Counts(new=1, changed=1, unchanged=1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", 3),
        ("amount", "1000.01"),
        ("fee", "49"),
        ("date_payed", "2026-03-01 10:03:00"),
        ("date_created", "2026-03-01 10:00:01"),
        ("payment_id", "another"),
        ("email", "other@site.ru"),
        ("payment_system_id", 28),
        ("currency_id", 2),
        ("test_order", 1),
        ("fee", None),
        ("payment_system_id", None),
    ],
)
def test_every_field_of_the_record_is_watched(tmp_path: Path, field: str, value: object) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1))

    assert merge(store, 1, order(1, **{field: value})).total() == Counts(changed=1)
    assert len(store.history(1)) == 2


@pytest.mark.long
def test_an_unknown_field_is_taken_over_without_a_new_version(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1))

    merged = merge(store, 1, order(1, shiny="yes"))

    assert merged.total() == Counts(unchanged=1)
    assert rows(store.table("orders"), "extra") == ['{"shiny":"yes"}']
    assert len(store.history(1)) == 1


def test_a_row_that_is_not_in_a_run_stays(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1), order(2))
    merge(store, 1, order(2))

    assert rows(store.table("orders"), "id", "observed_at") == [(1, hour(0)), (2, hour(1))]


def test_first_seen_stays_and_observed_moves(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1), order(2, status=0))
    merge(store, 1, order(1), order(2))

    assert rows(store.table("orders"), "first_seen_at", "observed_at") == [(hour(0), hour(1))] * 2


def test_of_two_versions_in_one_run_the_later_request_wins(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    young, old = orders(order(1, amount="2"), at=0.5), orders(order(1, amount="1"), at=0.1)

    merged = store.merge(run(0), {"orders": pa.concat_tables([young, old])})

    assert merged.total() == Counts(new=1)
    assert rows(store.table("orders"), "amount", "first_seen_at") == [(Decimal(2), hour(0.1))]


@pytest.mark.long
def test_of_two_versions_in_one_request_the_later_row_wins(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    parts = [orders(order(1, amount=amount)) for amount in ("1", "3", "2")]

    store.merge(run(0), {"orders": pa.concat_tables(parts)})

    assert rows(store.table("orders"), "amount") == [Decimal(2)]


def test_a_reader_is_merged_in_batches(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    table = orders(*(order(number) for number in range(1, 8)))
    batches = table.to_reader(max_chunksize=2)

    assert store.merge(run(0), {"orders": batches}).total() == Counts(new=7)
    assert store.table("orders").equals(table)


def test_a_run_that_began_earlier_and_ends_later_changes_nothing_back(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1, status=0))
    merge(store, 2, order(1))

    late = store.merge(run(1), {"orders": orders(order(1, status=0), at=1)})

    assert late.total() == Counts(unchanged=1)
    assert late.moment == hour(2) + dt.timedelta(microseconds=1)
    assert rows(store.table("orders"), "status", "observed_at") == [(1, hour(2))]


def test_the_same_id_in_two_shops_is_two_orders(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    both = pa.concat_tables([orders(order(1)), orders(order(1, amount="7"), shop_id="OTHER")])

    merged = store.merge(run(0, shops=("SHOP", "OTHER")), {"orders": both})

    assert merged.counts["orders"] == {"OTHER": Counts(new=1), "SHOP": Counts(new=1)}
    assert merged.total(shop_id="OTHER") == Counts(new=1)
    assert rows(store.table("orders", shop_id="OTHER"), "amount") == [Decimal(7)]


def test_a_refund_that_was_seen_to_happen_is_dated(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1))
    merge(store, 1, order(1, status=3))
    merge(store, 2, order(1, status=3))

    table = store.table("orders")
    assert rows(table, "refund_first_seen_at", "flags") == [(hour(1), "")]


def test_a_refund_that_was_there_from_the_first_run_is_not_dated(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1, status=3))
    merge(store, 1, order(1, status=3))

    assert rows(store.table("orders"), "refund_first_seen_at", "flags") == [(None, "refund_undated")]


def test_an_order_first_seen_as_refunded_after_a_complete_run_is_dated(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1))
    merge(store, 1, order(1), order(2, status=3))

    assert rows(store.table("orders"), "id", "refund_first_seen_at") == [(1, None), (2, hour(1))]


@pytest.mark.long
@pytest.mark.parametrize(("covered", "dated"), [("orders", [None, hour(1)]), ("withdrawals", [None, None])])
def test_it_is_dated_where_the_orders_were_read_whatever_became_of_the_other_list(
    tmp_path: Path, covered: str, dated: list[dt.datetime | None]
) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1), complete=False, coverage=(Coverage("SHOP", covered),))
    merge(store, 1, order(1), order(2, status=3))

    assert rows(store.table("orders"), "refund_first_seen_at") == dated


@pytest.mark.long
def test_a_refund_that_is_taken_back_has_no_date(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    for at, status in enumerate((1, 3, 1, 3)):
        merge(store, at, order(1, status=status))

    assert rows(store.history(1), "refund_first_seen_at") == [None, hour(1), None, hour(3)]


@pytest.mark.long
def test_a_status_that_goes_back_is_kept_and_told(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1), order(2))

    merged = merge(store, 1, order(1, status=0), order(2, status=3))

    assert merged.warnings == (
        "orders that went back in status: 1 (paid → new). Both versions are kept (history).",
    )
    assert rows(store.history(1), "status") == [1, 0]


def test_an_amount_that_changes_is_kept_and_told(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, *(order(number) for number in range(1, 8)))

    merged = merge(store, 1, *(order(number, amount="999.5") for number in range(1, 8)))

    change = "(1000 RUB → 999.5 RUB)"
    shown = ", ".join(f"{number} {change}" for number in range(1, 6))
    assert merged.warnings == (
        f"orders that changed their amount: {shown} and 2 more. Both versions are kept (history).",
    )


def test_paid_twice_is_told_of_the_whole_store(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1, payment_id="x"), order(2, payment_id="x", status=0))
    assert rows(store.table("orders"), "flags") == ["", ""]

    merge(store, 1, order(2, payment_id="x"))
    assert rows(store.table("orders"), "flags") == ["paid_twice", "paid_twice"]

    merge(store, 2, order(1, payment_id="y"))
    assert rows(store.table("orders"), "flags") == ["", ""]


@pytest.mark.long
def test_paid_twice_in_one_batch_alone_is_told_once(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    twins = (order(1, payment_id="x"), order(2, payment_id="x", amount="0"))
    for at in range(2):
        merge(store, at, *twins)

    assert rows(store.table("orders"), "flags") == ["paid_twice", "zero_amount,paid_twice"]
    assert merge(store, 2, *twins).total() == Counts(unchanged=2)


@pytest.mark.long
def test_paid_twice_does_not_cross_shops(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    both = pa.concat_tables(
        [orders(order(1, payment_id="x")), orders(order(2, payment_id="x"), shop_id="OTHER")]
    )
    store.merge(run(0), {"orders": both})

    assert rows(store.table("orders"), "flags") == ["", ""]


def test_balances_are_added_and_none_twice(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    for at in (0, 1, 1):
        found = balances_table({"user_id": 5, "balance": {"RUB": "10", "USD": "1"}}, hour(at)).table
        store.merge(run(at), {"balances": found})

    assert rows(store.table("balances"), "currency", "observed_at") == [
        (currency, hour(at)) for at in (0, 1) for currency in ("RUB", "USD")
    ]


def quarantine(*raws: str, at: float) -> pa.Table:
    """Set records aside, read at an hour."""
    wrong = {"table": "orders", "page": 1, "row": 0, "reason": "bad", "column": None, "observed_at": hour(at)}
    return pa.Table.from_pylist([{**wrong, "raw": raw} for raw in raws], schema=QUARANTINE.arrow())


@pytest.mark.long
def test_the_same_bad_record_is_in_quarantine_once(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.merge(run(0), {"quarantine": quarantine("a", "b", "b", at=0)})

    merged = store.merge(run(1), {"quarantine": quarantine("b", "c", at=1)})

    assert merged.quarantined == 2
    assert sorted(rows(store.table("quarantine"), "raw", "observed_at")) == [
        ("a", hour(0)),
        ("b", hour(1)),
        ("c", hour(1)),
    ]
    assert store.table("quarantine", as_of=hour(0)).num_rows == 2


WITHDRAWAL = b'{"id": 7, "status": "new", "amount": "10", "date_created": "2026-03-01 10:00:00", "note": "n"}'


def test_a_withdrawal_shown_to_two_shops_is_one_row(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    for at, shop in enumerate(("SHOP", "OTHER")):
        store.merge(run(at), {"withdrawals": withdrawals(WITHDRAWAL, at=at, shop_id=shop)})

    assert rows(store.table("withdrawals"), "shop_id", "observed_at") == [("SHOP", hour(1))]


def test_a_withdrawal_that_changes_is_in_its_ledger(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    for at, status in enumerate((b"new", b"done")):
        table = withdrawals(WITHDRAWAL.replace(b"new", status), at=at)
        merged = store.merge(run(at), {"withdrawals": table})

    assert merged.total("withdrawals") == Counts(changed=1)
    assert rows(store.history("7", table="withdrawals"), "status") == ["new", "done"]


@pytest.mark.long
def test_two_withdrawals_with_one_number_and_two_dates_are_two(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    dates = (b"2026-03-01 10:00:00", b"2026-03-02 10:00:00", b"0000-00-00 00:00:00")
    tables = [withdrawals(WITHDRAWAL.replace(dates[0], date)) for date in dates]
    for at in range(2):
        merged = store.merge(run(at), {"withdrawals": pa.concat_tables(tables)})

    assert merged.total("withdrawals") == Counts(unchanged=3)
    assert rows(store.table("withdrawals"), "created_at")[2] is None


@pytest.mark.parametrize("table", ["orders", "withdrawals"])
def test_a_run_without_rows_is_a_run(tmp_path: Path, table: str) -> None:
    store = store_in(tmp_path)
    store.merge(run(0), {})

    assert store.table(table).num_rows == 0
    assert store.status().runs == 1


def test_rows_that_are_not_canonical_are_refused_whole(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1))

    with pytest.raises(DataError, match="look at amount, status"):
        store.merge(
            run(1),
            {"orders": orders(order(2)).drop_columns(["amount"]).set_column(3, "status", pa.array(["1"]))},
        )
    with pytest.raises(DataError, match="no table 'order'"):
        store.merge(run(1), {"order": orders(order(2))})
    assert store.status().runs == 1
    assert rows(store.table("orders"), "id") == [1]


def test_a_moment_without_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no time zone"):
        merge(store_in(tmp_path), 0, order(1), started_at=SENT.replace(tzinfo=None))


def test_the_report_is_made_of_what_the_merge_did(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.merge(
        run(0, evidence={"order": "newest"}),
        {"orders": orders(order(1))},
        report=lambda merged: {"new": merged.total().new, "at": hour(1)},
    )

    last = store.last_run()
    assert last is not None
    assert (last.number, last.run_id, last.kind, last.complete) == (1, "run-0", "full", True)
    assert last.report == {"new": 1, "at": "2026-03-04 10:00:00+00:00"}
    assert last.evidence == {"order": "newest"}
    assert last.counts["orders"] == {"SHOP": {"new": 1, "changed": 0, "unchanged": 0}}
    assert (last.started_at, last.finished_at) == (hour(0), hour(0) + dt.timedelta(minutes=1))
