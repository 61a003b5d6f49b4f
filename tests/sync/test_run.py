"""A run over real HTTP, and what it says of itself."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from tegro_analytics.sandbox.process import Sandbox, start
from tegro_analytics.shop import Shop
from tegro_analytics.sync.report import SyncReport
from tests.conftest import NOW, open_shop


def test_the_report_of_a_first_run(read_shop: Shop, tegro: Sandbox) -> None:
    report = read_shop.last_sync
    assert report is not None
    assert (report.new, report.changed, report.unchanged, report.quarantined) == (1_500, 0, 0, 0)
    assert (report.list_order, report.end_seen, report.page_size_seen) == ("newest", "empty", 100)
    assert report.complete
    assert report.verified
    assert report.sandbox
    assert report.shop_id == tegro.shop_id
    assert report.retries == report.due_lookups == 0
    assert report.requests >= report.pages >= 16
    assert list(report.to_dict()) == [
        "run_id", "moment", "shop_id", "sandbox", "started_at", "finished_at", "new", "changed", "unchanged",
        "quarantined",
        "pages", "requests", "retries", "waited_seconds", "page_size_seen", "list_order", "end_seen",
        "workers_used", "rereads", "due_lookups", "oldest_created_at", "newest_created_at", "complete",
        "verified",
        "verified_through", "swept_through", "possibly_capped", "resumed", "warnings",
    ]  # fmt: skip


def test_a_second_run_counts_what_is_new_and_what_changed(tmp_path: Path) -> None:
    with start(orders=250, seed=5, now=NOW) as sandbox, open_shop(sandbox, tmp_path) as shop:
        shop.sync()
        orders = shop.orders()
        still_open = orders.loc[(orders["status"] == 0) & ~orders["is_test"], "id"]
        sandbox.control("pay", ids=[int(still_open.iloc[-1])])
        sandbox.control("insert", count=3)
        report = shop.sync()
        assert (report.new, report.changed, report.unchanged) == (3, 1, 249)
        assert len(shop.orders()) == 253


@pytest.mark.long
def test_a_list_that_always_ends_with_the_same_full_page_may_be_capped(tmp_path: Path) -> None:
    with (
        start(orders=250, page_size=20, most_pages=5, seed=5, now=NOW) as sandbox,
        open_shop(sandbox, tmp_path) as shop,
    ):
        reports = [shop.sync()]  # only a whole reading sees where a list ends
        for hour in (13, 14):
            times = [f"2026-11-24 {hour}:{minute:02}:00" for minute in range(20)]
            sandbox.control("insert", orders=[{"created_at": time, "amount": 7} for time in times])
            reports.append(shop.sync(full=True))
        known = len(shop.orders())
    assert [report.possibly_capped for report in reports] == [False, False, True]
    assert [report.verified for report in reports] == [True] * 3
    assert reports[-1].warnings[0] == (
        "Orders: 3 readings in a row ended with the same full page 5, though rows came in: the server may "
        "not show the whole history"
    )
    assert (known, reports[2].new) == (140, 20)  # what is not shown any more stays


def test_pages_are_read_side_by_side(tmp_path: Path) -> None:
    with start(orders=500, page_size=10, seed=5, now=NOW) as sandbox:
        many = open_shop(sandbox, tmp_path / "four").sync()
        one = open_shop(sandbox, tmp_path / "one", workers=1).sync()
    assert (many.workers_used, one.workers_used) == (4, 1)
    assert (many.new, many.verified) == (one.new, one.verified) == (500, True)


def test_a_failed_run_leaves_what_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tegro_analytics.exceptions import NeverSent

    with start(orders=120, seed=5, now=NOW) as sandbox:
        shop = open_shop(sandbox, tmp_path)
        first = shop.sync()
        sandbox.kill()
        monkeypatch.setattr("tegro_analytics.api.retry.ATTEMPTS", 1)  # no pauses
        with pytest.raises(NeverSent):
            shop.sync()
        assert shop.last_sync == first
        assert len(shop.orders()) == 120


def record(number: int, **fields: object) -> str:
    """Write an order as the API would, with some fields otherwise; None leaves a field out."""
    order = {
        "id": number,
        "date_created": "2026-11-01 10:00:00",
        "status": 0,
        "currency_id": 1,
        "amount": "1",
    }
    return json.dumps({name: value for name, value in {**order, **fields}.items() if value is not None})


BAD = {
    "null id": record(1).replace('"id": 1', '"id": null'),
    "word for an amount": record(2, amount="abc"),
    "no such day": record(3, date_created="2026-02-30 10:00:00"),
    "no status": record(4, status=None),
    "lone surrogate": record(5, email="\ud800"),
    "not a record": '"hello"',
    "too many places": record(6, amount="0.000000001"),
    "too large": record(7, amount="99999999999"),
    "id beyond 64 bits": record(99999999999999999999),
}


def test_one_bad_record_of_each_kind_is_set_aside_and_the_rest_arrive(tmp_path: Path) -> None:
    with start(orders=130, seed=5, now=NOW) as sandbox, open_shop(sandbox, tmp_path) as shop:
        for raw in BAD.values():
            sandbox.control("raw", list="orders", text=raw)
        report = shop.sync()
        held = shop.quarantine(pii=True)  # else long numbers are masked, as they may be those of accounts
        assert len(shop.orders()) == 130
        assert report.quarantined == len(held) == len(BAD)
        assert {repr(json.loads(raw)) for raw in held["raw"]} == {
            repr(json.loads(raw)) for raw in BAD.values()
        }
        assert held["reason"].str.len().min() >= len("id is null")
        assert set(held["page"]) <= {1, 2, 3}


def test_a_report_that_is_not_verified_says_so(read_shop: Shop) -> None:
    report = read_shop.last_sync
    assert report is not None
    unsure = SyncReport(**{**report.to_dict(), "verified": False})
    assert str(report).endswith("; complete")
    assert str(unsure).endswith("; NOT verified as complete")


def test_the_report_in_both_languages(read_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    report = read_shop.last_sync
    assert str(report).startswith("[SANDBOX] 1,500 orders: 1500 new, 0 changed, 0 in quarantine; ")
    monkeypatch.setenv("TEGRO_LANG", "ru")
    assert str(report).startswith("[ПЕСОЧНИЦА] 1\xa0500 заказов: новых 1500, изменённых 0, в карантине 0; ")


def test_the_html_of_a_report_is_escaped(read_shop: Shop) -> None:
    report = read_shop.last_sync
    assert report is not None
    hostile = SyncReport(**{**report.to_dict(), "warnings": ("<img src=x onerror=alert(1)>",)})
    html = hostile._repr_html_()
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html


def test_what_the_frames_warn_of_is_in_the_report(read_shop: Shop) -> None:
    report = read_shop.last_sync
    assert report is not None
    assert report.warnings == ("orders: statuses that enter no rate: unknown:7",)


def test_the_moments_of_a_run_are_utc(read_shop: Shop) -> None:
    report = read_shop.last_sync
    assert report is not None
    assert report.started_at.utcoffset() == dt.timedelta(0)
    assert report.started_at <= report.finished_at
    assert (read_shop.orders()["as_of"] == report.started_at).all()
