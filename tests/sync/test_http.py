"""Runs over real HTTP, while time goes by: what was restated, what a run costs, and whose store it is."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from tegro_analytics.exceptions import StoreDamaged, StoreError, StoreNewer, StoreRolledBack, WrongStore
from tegro_analytics.privacy import SALT_FILE
from tegro_analytics.sandbox.process import Sandbox, start
from tegro_analytics.shop import Shop
from tegro_analytics.store import Store
from tegro_analytics.store.migrations import MIGRATIONS, Migration
from tests.sync.programs import place_at

MOSCOW: Final = ZoneInfo("Europe/Moscow")
TODAY: Final = "2026-04-10 12:00:00"


class Calendar:
    """The time as runs and requests see it: a test sets it, and it goes on by a millisecond when asked."""

    def __init__(self) -> None:
        self.now = dt.datetime.fromisoformat(TODAY).replace(tzinfo=MOSCOW)

    def go_on(self, **by: float) -> dt.datetime:
        """Let time go by, and say what time it is."""
        self.now += dt.timedelta(**by)
        return self.now

    def module(self) -> SimpleNamespace:
        """Make what a module has instead of ``datetime``."""
        calendar = self

        class Datetime(dt.datetime):
            @classmethod
            def now(cls, tz: dt.tzinfo | None = None) -> Any:
                return calendar.go_on(milliseconds=1).astimezone(tz)

        return SimpleNamespace(**{**vars(dt), "datetime": Datetime})


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch) -> Calendar:
    """Set the time, which then goes on as the test says."""
    made = Calendar()
    for name in ("sync.run", "sync.telling", "api.transport"):
        monkeypatch.setattr(f"tegro_analytics.{name}.dt", made.module())
    return made


def open_at(sandbox: Sandbox, folder: Path, **options: Any) -> Shop:
    """Open the shop of a sandbox, one call after the other, so that it can be told how many there are."""
    return place_at(sandbox, folder).open(**{"workers": 1, **options})


def insert(sandbox: Sandbox, *orders: dict[str, Any], **options: Any) -> list[int]:
    """Let orders be there, and give their numbers."""
    return list(sandbox.control("insert", orders=list(orders), **options)["ids"])


def requests_of(sandbox: Sandbox, shop: Shop) -> Counter[str]:
    """Sync, and count what reached the sandbox."""
    sandbox.control("forget-log")
    shop.sync()
    return Counter(sandbox.log()["by_method"])


# What was restated


def half_days(count: int) -> list[dict[str, Any]]:
    """Make paid orders, one for each half day up to yesterday, the oldest first."""
    last = dt.datetime.fromisoformat("2026-04-09 12:00:00")
    moments = [f"{last - dt.timedelta(hours=12 * n)}" for n in reversed(range(count))]
    return [{"created_at": at, "paid_at": at, "amount": 100} for at in moments]


LATE: Final = {"created_at": "2026-03-11 10:00:00", "amount": 300}
"""Made 30 days ago, and not paid."""
REFUNDED: Final = {"created_at": "2026-01-10 10:00:00", "paid_at": "2026-01-10 10:01:00", "amount": 400}
"""Paid 90 days ago."""
PAGES: Final = 20
NEW_PAGES_OF_A_SWEEP: Final = 8


def open_twenty_pages(sandbox: Sandbox, folder: Path) -> Shop:
    """Open a shop that sweeps nine pages a run: one of them is the last one of the run before."""
    return open_at(sandbox, folder, sweep_pages=NEW_PAGES_OF_A_SWEEP + 1, lookups=0)


def restated(changes: pd.DataFrame) -> list[tuple[str, str, str, float]]:
    """Tell what changed in the sums of money."""
    rows = changes[changes["effect"].notna()].sort_values("effect")
    names = ["reason", "field", "month", "effect"]
    return list(rows[names].itertuples(index=False, name=None))


RESTATED: Final = [
    ("refunded", "refunds", "2026-04", -400.0),
    ("turned_paid", "gross_volume", "2026-03", 300.0),
]


def gross(shop: Shop, **options: Any) -> dict[str, tuple[Decimal, Decimal]]:
    """Give the gross volume and the refunds of March and April."""
    rows = shop.revenue(since="2026-03-01", until="2026-05-01", freq="month", money="decimal", **options)
    return {
        f"{row['period_start']:%Y-%m}": (row["gross_volume"], row["refunds"])
        for row in rows.to_dict("records")
    }


@pytest.fixture
def bookkeeping(calendar: Calendar, tmp_path: Path) -> Any:
    """Read a shop on 10 April; then an old order turns paid, and an older one is refunded."""
    with start(orders=0, page_size=10, now=TODAY) as sandbox:
        insert(sandbox, *half_days(198))
        late, refunded = insert(sandbox, LATE, REFUNDED)
        with open_twenty_pages(sandbox, tmp_path / "shop") as shop:
            shop.sync()
            report_made = calendar.go_on(hours=1)
            calendar.go_on(hours=1)
            sandbox.control("pay", ids=[late], at="2026-03-31 23:00:00")
            sandbox.control("refund", ids=[refunded])
            yield sandbox, shop, late, refunded, report_made


@pytest.mark.long
def test_the_budget_finds_what_changed_within_one_sweep(bookkeeping: Any, calendar: Calendar) -> None:
    sandbox, shop, late, refunded, report_made = bookkeeping
    found: dict[int, int] = {}

    for run in range(1, PAGES // NEW_PAGES_OF_A_SWEEP + 2):
        assert requests_of(sandbox, shop)["orders"] <= 16
        for number in shop.changes(since=report_made)["id"].unique():
            found.setdefault(int(number), run)
        calendar.go_on(hours=1)

    assert set(found) == {late, refunded}
    assert found[late] < found[refunded]  # the sweep goes from young to old
    assert restated(shop.changes(since=report_made)) == RESTATED


@pytest.mark.long
def test_a_full_run_finds_it_at_once_and_a_report_can_be_told_again(bookkeeping: Any) -> None:
    _, shop, late, refunded, report_made = bookkeeping
    before = gross(shop)

    report = shop.sync(full=True)

    assert (report.changed, report.new) == (2, 0)
    changes = shop.changes(since=report_made)
    assert restated(changes) == RESTATED
    fields = changes[changes["effect"].isna() & (changes["field"] == "status")]
    assert set(fields[["id", "old", "new"]].itertuples(index=False, name=None)) == {
        (late, "0", "1"),
        (refunded, "1", "3"),
    }
    assert gross(shop, as_of=report_made) == before
    assert gross(shop) == {
        "2026-03": (before["2026-03"][0] + 300, Decimal(0)),
        "2026-04": (before["2026-04"][0], Decimal(400)),
    }


@pytest.mark.long
def test_open_orders_are_looked_up_when_they_are_due_a_few_in_each_run(
    calendar: Calendar, tmp_path: Path
) -> None:
    with start(orders=0, page_size=10, now=TODAY) as sandbox:
        insert(sandbox, *half_days(98))
        # Almost 32 days old, when they are to be looked up next: behind the pages that are read again.
        late = [{"created_at": f"2026-03-09 13:0{n}:00", "amount": 70} for n in range(8)]
        ids = insert(sandbox, *late)
        with open_at(sandbox, tmp_path / "shop", sweep_pages=0, lookups=5, lookback=1) as shop:
            shop.sync()
            sandbox.control("pay", ids=[ids[0], ids[7]])
            seen = []
            for minutes in (50, 20, 0, 0):
                calendar.go_on(minutes=minutes)
                asked = requests_of(sandbox, shop)["order"]
                orders = shop.orders(columns=["id", "status"]).set_index("id")["status"]
                seen.append((asked, [orders[number] for number in ids]))
    assert seen == [
        (0, [0, 0, 0, 0, 0, 0, 0, 0]),
        (5, [1, 0, 0, 0, 0, 0, 0, 0]),
        (3, [1, 0, 0, 0, 0, 0, 0, 1]),
        (0, [1, 0, 0, 0, 0, 0, 0, 1]),
    ]


# What a run costs


def every_five_minutes(count: int) -> list[dict[str, Any]]:
    """Make orders up to noon, the oldest first, of which three in ten are never paid."""
    noon = dt.datetime.fromisoformat(TODAY)
    moments = [f"{noon - dt.timedelta(minutes=5 * n)}" for n in reversed(range(1, count + 1))]
    return [
        {"created_at": at, "amount": 10} | ({} if n % 10 < 3 else {"paid_at": at})
        for n, at in enumerate(moments)
    ]


def cost_of_nothing_new(
    count: int, folder: Path, calendar: Calendar, *, runs: int
) -> tuple[list[Counter[str]], float]:
    """Sync every day while nothing happens; tell what was asked for, and the median of the seconds."""
    calendar.now = dt.datetime.fromisoformat(TODAY).replace(tzinfo=MOSCOW)
    asked, seconds = [], []
    with start(orders=0, page_size=100, now=TODAY, days=3_000) as sandbox:
        orders = every_five_minutes(count)
        for begin in range(0, count, 10_000):
            insert(sandbox, *orders[begin : begin + 10_000])
        with open_at(sandbox, folder, sweep_pages=1, lookups=3, lookback=12, workers=1) as shop:
            assert shop.sync().new == count
            for _ in range(runs):
                calendar.go_on(days=1)
                began = time.perf_counter()
                asked.append(requests_of(sandbox, shop))
                seconds.append(time.perf_counter() - began)
    return asked, statistics.median(seconds)


@pytest.mark.long
def test_nothing_new_costs_the_same_whatever_there_is(tmp_path: Path, calendar: Calendar) -> None:
    few, seconds_few = cost_of_nothing_new(1_000, tmp_path / "few", calendar, runs=2)
    many, seconds_many = cost_of_nothing_new(20_000, tmp_path / "many", calendar, runs=2)

    _same_cost(few, many)
    print(f"1,000 orders: {seconds_few:.2f} s, 20,000: {seconds_many:.2f} s, {many[0]}")


def _same_cost(few: list[Counter[str]], many: list[Counter[str]]) -> None:
    """See that each run asked for as many pages, and looked up as many orders as it may, at most."""
    lookups = [run.pop("order", 0) for run in (*few, *many)]
    assert few == many
    assert len({sum(run.values()) for run in many[1:]}) == 1
    assert 0 < max(lookups) <= 3


@pytest.mark.long
def test_nothing_new_costs_the_same_and_takes_as_long(tmp_path: Path, calendar: Calendar) -> None:
    few, seconds_few = cost_of_nothing_new(1_500, tmp_path / "few", calendar, runs=9)
    many, seconds_many = cost_of_nothing_new(250_000, tmp_path / "many", calendar, runs=9)

    _same_cost(few, many)
    print(f"1,500 orders: {seconds_few:.2f} s, 250,000: {seconds_many:.2f} s, {many[0]}")
    assert seconds_many < 3 * seconds_few + 0.5


# Whose store it is


@pytest.mark.long
def test_several_shops_in_one_store_and_a_further_one_later(tmp_path: Path) -> None:
    with start(orders=3_000, page_size=100, seed=5, now=TODAY) as sandbox:
        one, two = sandbox.shop_ids
        sizes = {shop: sandbox.truth(shop=shop)["counts"]["listed"] for shop in (one, two)}
        with place_at(sandbox, tmp_path / "shop", shop_ids=(one,)).open() as first:
            first.sync()
        with place_at(sandbox, tmp_path / "shop", shop_ids=(one, two)).open() as both:
            sandbox.control("forget-log")
            report = both.sync()
            asked = Counter(entry["shop_id"] for entry in sandbox.log(method="orders")["entries"])
            found = both.orders()["shop_id"].value_counts().to_dict()
        with place_at(sandbox, tmp_path / "shop", shop_ids=(two,)).open() as second:
            alone = set(second.orders()["shop_id"])
    assert report.new == sizes[two]
    assert asked[one] < 3_000 / 100  # only what is new was looked for there
    assert (found, alone) == (sizes, {two})


def test_another_sandbox_is_refused_before_a_page_is_read(tmp_path: Path) -> None:
    with (
        start(orders=30, seed=5, now=TODAY) as sandbox,
        start(orders=30, seed=6, now=TODAY) as other,
        open_at(sandbox, tmp_path) as shop,
        open_at(other, tmp_path) as stranger,
    ):
        shop.sync()
        before = contents(tmp_path / "store")
        with pytest.raises(WrongStore) as caught:
            stranger.sync()
        assert other.log()["by_method"].keys() <= {"shops", "balance"}
        assert contents(tmp_path / "store") == before
        assert len(shop.orders()) == 30
    assert str(tmp_path / "store") in str(caught.value)


def test_the_same_sandbox_on_another_port_is_the_same(tmp_path: Path) -> None:
    for new in (30, 0):
        with start(orders=30, seed=5, now=TODAY) as sandbox, open_at(sandbox, tmp_path) as shop:
            assert shop.sync().new == new


@pytest.mark.long
def test_other_zones_in_the_settings_derive_the_dates_anew(tmp_path: Path) -> None:
    zones = {"source_timezone": "Asia/Yekaterinburg", "report_timezone": "Asia/Vladivostok"}
    with start(orders=300, seed=5, now=TODAY) as sandbox:
        with open_at(sandbox, tmp_path / "shop") as shop:
            shop.sync()
            moscow = shop.orders()
        (tmp_path / "fresh").mkdir(mode=0o700)
        shutil.copy(tmp_path / "shop" / SALT_FILE, tmp_path / "fresh" / SALT_FILE)
        with open_at(sandbox, tmp_path / "shop", **zones) as moved:
            assert moved.sync().new == 0
            anew = moved.orders()
        with open_at(sandbox, tmp_path / "fresh", **zones) as fresh:
            fresh.sync()
            expected = fresh.orders()
    seen = ["first_seen_at", "observed_at", "as_of"]
    pd.testing.assert_frame_equal(anew.drop(columns=seen), expected.drop(columns=seen))
    assert (moscow["created_at"] - anew["created_at"] == pd.Timedelta(hours=2)).all()
    assert (moscow["created_date"] != anew["created_date"]).any()


# A file that cannot be used


def contents(folder: Path) -> dict[str, bytes]:
    """Give every file with its bytes, but for the lock and who had it."""
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.name not in ("store.lock", "store.holder.json")
    }


def put_back(folder: Path, before: bytes) -> None:
    """Copy an older file over the store, as without its log."""
    (folder / "store.duckdb").write_bytes(before)


def cut_off(folder: Path, _: bytes) -> None:
    path = folder / "store.duckdb"
    os.truncate(path, path.stat().st_size // 2)


def migrate_further(folder: Path, _: bytes) -> None:
    steps = (*MIGRATIONS, Migration("later", lambda c: c.execute("ALTER TABLE orders ADD COLUMN x INT")))
    with Store(folder, migrations=steps).writing("migrate"):
        pass


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Path, bytes]]:
    """Read a shop twice; give the sandbox, the folder, and the file as it was between."""
    folder = tmp_path_factory.mktemp("used") / "shop"
    with start(orders=30, seed=5, now=TODAY) as sandbox, pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_DATA_HOME", "set anew by whoever opens a shop")
        with open_at(sandbox, folder) as shop:
            shop.sync()
            older = (folder / "store" / "store.duckdb").read_bytes()
            sandbox.control("insert", count=2)
            shop.sync()
        yield sandbox, folder, older


@pytest.mark.parametrize(
    ("spoil", "kind", "said"),
    [
        (put_back, StoreRolledBack, "copied without its .wal file, or put back from an old copy"),
        (cut_off, StoreDamaged, "Nothing was changed"),
        (migrate_further, StoreNewer, "Nothing was changed"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_left(
    spoil: Any, kind: type[StoreError], said: str, used: tuple[Sandbox, Path, bytes], tmp_path: Path
) -> None:
    sandbox, folder, older = used
    store = Path(shutil.copytree(folder, tmp_path / "shop")) / "store"
    spoil(store, older)
    before, seen = contents(store), sandbox.log(limit=0)["attempts"]

    with open_at(sandbox, tmp_path / "shop") as shop, pytest.raises(kind, match=said) as caught:
        shop.sync()

    assert sandbox.log(limit=0)["attempts"] == seen
    assert contents(store) == before
    assert str(store / "store.duckdb") in str(caught.value)
