"""Dates and names are derived anew for other zones, or another reference."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from tegro_analytics.exceptions import ConfigurationError, StoreError, TegroDataWarning
from tegro_analytics.frames import orders_table
from tegro_analytics.reference import load_reference
from tegro_analytics.store import Coverage
from tests.frames.wire import ABSENT, context, page
from tests.store.world import BASIS, hour, merge, order, orders, rows, run, store_in, withdrawals

HOUR, SECOND = dt.timedelta(hours=1), dt.timedelta(seconds=1)
RECORDS = (
    order(1),
    order(2, date_created="2026-03-29 02:30:00", date_payed="2026-03-29 04:00:00"),
    order(3, date_payed="0000-00-00 00:00:00"),
    order(4, test_order=ABSENT, email=None, shiny=1),
    order(5, payment_id="o-1", currency_id=9),
    order(6, status=3, date_created="2026-10-25 02:30:00", date_payed="2026-10-25 02:10:00"),
)


@pytest.mark.parametrize(
    ("source", "report"), [("Europe/Berlin", "Asia/Vladivostok"), ("UTC", "Europe/Moscow")]
)
def test_every_column_is_as_if_it_had_been_read_so(tmp_path: Path, source: str, report: str) -> None:
    store = store_in(tmp_path)
    merge(store, 0, *RECORDS)

    store.rederive(source_zone=source, report_zone=report)

    with pytest.warns(TegroDataWarning, match="shiny"):
        fresh = orders_table([page(*RECORDS)], context(source, report, shop_id="SHOP"), as_of=hour(0)).table
    assert store.table("orders").equals(fresh)
    assert store.status().basis == dataclasses.replace(BASIS, source_zone=source, report_zone=report)


@pytest.mark.long
def test_there_and_back_is_as_before(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, *RECORDS)
    merge(store, 1, order(1, status=3), *RECORDS[1:])
    moments = (hour(0), None)
    before = [store.table("orders", as_of=at) for at in moments]

    store.rederive(source_zone="UTC", report_zone="UTC")
    assert rows(store.history(1), "created_at") == [hour(-71)] * 2
    store.rederive(source_zone="Europe/Moscow", report_zone="Europe/Moscow")

    assert [store.table("orders", as_of=at) for at in moments] == before


def test_later_runs_have_to_be_made_so_too(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1))
    store.rederive(source_zone="UTC", report_zone="UTC")

    with pytest.raises(StoreError, match="Derive them anew first"):
        merge(store, 1, order(1))
    basis = dataclasses.replace(BASIS, source_zone="UTC", report_zone="UTC")
    again = orders(order(1), at=1, zone="UTC")
    assert store.merge(run(1, basis=basis), {"orders": again}).total().unchanged == 1


@pytest.mark.long
def test_names_follow_the_reference(tmp_path: Path) -> None:
    merge(store_in(tmp_path), 0, *RECORDS)
    wiser = store_in(tmp_path, reference=load_reference(currencies={1: "RUB", 2: "USD", 9: "EUR"}))

    wiser.rederive(source_zone="Europe/Moscow", report_zone="Europe/Moscow")

    assert rows(wiser.find("5"), "currency", "flags") == [("EUR", "paid_twice")]
    assert not wiser.names_are_stale()


@pytest.mark.long
def test_withdrawals_keep_their_local_time(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    record = b'{"id": 7, "date_created": "2026-03-01 10:00:00", "status": "new"}'
    store.merge(run(0), {"withdrawals": withdrawals(record)})
    assert rows(store.table("withdrawals"), "created_at") == [hour(-74)]

    store.rederive(source_zone="UTC", report_zone="UTC")

    assert rows(store.table("withdrawals"), "created_at", "done_at") == [(hour(-71), None)]


@pytest.mark.long
def test_observed_at_of_an_earlier_moment_follows_the_zone(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    dates = {1: "2026-03-01 10:00:00", 2: "2026-03-01 12:00:00", 3: "2026-03-01 14:00:00"}
    three = [order(number, date_created=date) for number, date in dates.items()]
    merge(store, 0, *three)
    noon = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)  # 12:00 of Moscow
    bounds = [(noon - SECOND, None), (noon - 3 * HOUR, noon - HOUR)]
    for at, (since, until) in enumerate(bounds, 1):
        merge(store, at, *three, coverage=(Coverage("SHOP", "orders", since=since, until=until),))
    merge(store, 3, *three)

    for zone in ("UTC", "Asia/Vladivostok", "Europe/Moscow"):
        store.rederive(source_zone=zone, report_zone="Europe/Moscow")
        observed = [rows(store.table("orders", as_of=hour(at)), "observed_at") for at in (1, 2)]
        assert observed == [[hour(0), hour(1), hour(1)], [hour(2), hour(1), hour(1)]]


def test_a_stretch_that_begins_in_an_hour_that_occurs_twice_is_rather_too_short(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    since = dt.datetime(2026, 10, 24, 23, 30, tzinfo=dt.UTC)  # 02:30 of Moscow
    bounds = (Coverage("SHOP", "orders"), Coverage("SHOP", "orders", since=since, until=since))
    merge(store, 0, order(1), coverage=bounds)

    store.rederive(source_zone="Europe/Berlin", report_zone="UTC")

    with store.reading() as connection:
        found = connection.sql("SELECT since - until, since IS NULL FROM coverage").fetchall()
    assert found == [(None, True), (HOUR, False)]


def test_a_zone_that_does_not_exist_changes_nothing(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    merge(store, 0, order(1))
    before = store.path.read_bytes()

    with pytest.raises(ConfigurationError, match="no time zone 'Moscow'"):
        store.rederive(source_zone="Moscow", report_zone="UTC")
    assert store.path.read_bytes() == before
