"""A shop, all that it gives, and all that can go wrong: neither the key nor the payers are shown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tegro_analytics.credentials import ApiKey, ShopAccess
from tegro_analytics.exceptions import TegroError
from tegro_analytics.settings import load_settings
from tegro_analytics.shop import Shop
from tests.api.wire import Act, Server, serving
from tests.marks import first_of, usually
from tests.secrets.account import ORDERS, REQUESTS_OF_A_SYNC, account, account_until
from tests.secrets.calls import named
from tests.secrets.canaries import KEY, PEOPLE, SHOP, found_in, secrets_of
from tests.secrets.looking import files_of, leaks, not_of_people, only_outermost, shown, store_of
from tests.secrets.routes import OF_A_FILE, OF_A_THING, watched

QUIET = tuple(way for way in OF_A_THING if way not in ("memory", "attributes", "pickle"))
"""What shows a shop to a person; what it holds of the payers is in its memory all the same."""


def shop_of(server: Server, folder: Path, **settings: Any) -> Shop:
    settings = {
        "store": folder,
        "currencies": {1: "RUB"},
        "nonce": "milliseconds",
        "progress": True,
        **settings,
    }
    return Shop([ShopAccess("tea", SHOP, ApiKey(KEY))], load_settings(base_url=server.url, **settings))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(account) as running:
        yield running


@pytest.fixture(scope="module")
def shop(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Hold a shop that has been read."""
    with shop_of(server, tmp_path_factory.mktemp("shop") / "data") as opened:
        opened.sync()
        assert len(opened.quarantine(pii=True)) == len(ORDERS) - 2 + 1
        yield opened


def test_a_reading_tells_no_secret(server: Server, tmp_path: Path) -> None:
    with watched() as told, shop_of(server, tmp_path / "data") as shop:
        shop.sync()
    ways = told() | {"files": files_of(tmp_path)}
    assert leaks({"store": store_of(tmp_path)}, not_of_people(server)) == {}
    assert found_in(store_of(tmp_path), PEOPLE) != []  # it has to know them, and is closed to others
    assert "orders" in ways["printed"].lower()  # the progress bar
    assert leaks(ways, secrets_of(server)) == {}


GIVEN: dict[str, Callable[[Shop], Any]] = {
    "shop": lambda shop: shop,
    "report of a sync": lambda shop: shop.last_sync,
    "settings": lambda shop: shop.settings,
    "orders": lambda shop: shop.orders(),
    "orders, all columns": lambda shop: shop.orders(columns="all"),
    "orders, exact": lambda shop: shop.orders(money="decimal"),
    "withdrawals": lambda shop: shop.withdrawals(),
    "quarantine": lambda shop: shop.quarantine(),
    "balances": lambda shop: shop.balances(),
    "shops": lambda shop: shop.shops(),
    "revenue": lambda shop: shop.revenue(freq="day"),
    "conversion": lambda shop: shop.conversion(by="payment_system"),
    "payment systems": lambda shop: shop.payment_systems(),
    "find": lambda shop: shop.find(PEOPLE[0]),
    "find, every version": lambda shop: shop.find(PEOPLE[0], history=True),
    "changes": lambda shop: shop.changes(since=shop.last_sync.started_at),
    "status": lambda shop: shop.status(),
}


@pytest.mark.parametrize("name", usually(GIVEN, "shop", "orders", "withdrawals", "find", "revenue"))
def test_what_a_shop_gives_shows_no_secret(name: str, shop: Shop, server: Server) -> None:
    given = GIVEN[name](shop)
    ways = QUIET if name == "shop" else (*QUIET, "memory", "pickle")
    assert leaks({way: OF_A_THING[way](given) for way in ways}, secrets_of(server)) == {}


@pytest.mark.long
def test_a_shop_keeps_no_key_and_no_signature(shop: Shop, server: Server) -> None:
    secrets = [secret for secret in secrets_of(server) if secret not in PEOPLE]
    assert len(secrets) > len(REQUESTS_OF_A_SYNC)
    assert leaks({way: OF_A_THING[way](shop) for way in OF_A_THING}, secrets) == {}


def test_the_attributes_of_a_shop_show_no_payer(shop: Shop) -> None:
    assert found_in(repr(vars(shop)) + repr([vars(member) for member in shop._members]), PEOPLE) == []


@pytest.mark.parametrize("table", ["orders", "withdrawals", "quarantine"])
def test_people_are_shown_where_they_are_asked_for(table: str, shop: Shop) -> None:
    asked = getattr(shop, table)(pii=True)
    assert found_in(OF_A_THING["pprint"](asked.to_dict()), PEOPLE) != []
    with shop.relation(table, pii=True) as relation:
        assert found_in(str(relation.to_arrow_table().to_pylist()), PEOPLE) != []
    with shop.relation(table) as relation:
        assert found_in(str(relation.to_arrow_table().to_pylist()), PEOPLE) == []


# Files


def write(shop: Shop, folder: Path, *, pii: bool) -> Iterator[Path]:
    """Write every table in every form, the report, and the card."""
    for table in ("orders", "withdrawals", "balances", "shops", "quarantine"):
        for name in (f"{table}.csv", f"{table}.xlsx", f"{table}.parquet"):
            yield shop.export(table, folder / name, pii=pii)
        yield shop.export(table, folder / f"{table}-ru.csv", dialect="excel-ru", pii=pii)
    for lang in ("en", "ru"):
        since, until = "2026-03-01", "2026-04-01"
        yield shop.report(folder / f"report-{lang}.xlsx", since=since, until=until, lang=lang, pii=pii)
    for name, frame in {"card": shop, "orders": shop.orders(pii=pii), "revenue": shop.revenue()}.items():
        (folder / f"{name}.html").write_text(frame._repr_html_())
        yield folder / f"{name}.html"


@pytest.mark.long
def test_files_show_no_secret_unasked(shop: Shop, server: Server, tmp_path: Path) -> None:
    (folder := tmp_path / "files").mkdir()
    told = {path.name: OF_A_FILE[path.suffix](path) for path in write(shop, folder, pii=False)}
    assert len(told) > 20
    assert leaks(told, secrets_of(server)) == {}


@pytest.mark.long
def test_files_show_people_where_they_are_asked_for(shop: Shop, server: Server, tmp_path: Path) -> None:
    (folder := tmp_path / "files").mkdir()
    told = {path.name: OF_A_FILE[path.suffix](path) for path in write(shop, folder, pii=True)}
    for table in ("orders", "withdrawals", "quarantine"):
        for name in (f"{table}.csv", f"{table}-ru.csv", f"{table}.xlsx", f"{table}.parquet"):
            assert found_in(told[name], PEOPLE) != [], name
    assert found_in("".join(told.values()), [KEY]) == []
    assert found_in(told["report-en.xlsx"], PEOPLE) != []


# What goes wrong

WRONG: dict[str, Callable[[Shop, Path], object]] = {
    "a column": lambda shop, _: shop.orders(columns=["mail"]),
    "a zone of money": lambda shop, _: shop.orders(money="float32"),  # type: ignore[arg-type]
    "a day": lambda shop, _: shop.orders(since="yesterday"),
    "a moment": lambda shop, _: shop.withdrawals(as_of="2020-01-01"),
    "a table": lambda shop, _: shop.export("order", "orders.csv"),
    "a metric's freq": lambda shop, _: shop.revenue(freq="fortnight"),
    "a metric's by": lambda shop, _: shop.conversion(by="colour"),
    "an ending": lambda shop, path: shop.export("orders", path / "orders.doc"),
    "a folder": lambda shop, path: shop.export("orders", path / "nowhere" / "orders.csv"),
    "a folder for a workbook": lambda shop, path: shop.export("withdrawals", path / "nowhere" / "w.xlsx"),
    "a folder for a report": lambda shop, path: shop.report(path / "nowhere" / "report.xlsx"),
    "a folder for parquet": lambda shop, path: shop.export("quarantine", path / "nowhere" / "q.parquet"),
    "a file that is there": lambda shop, path: shop.export("orders", taken(path)),
    "an unknown option": lambda shop, _: shop.revenue(colour="red"),
    "a table of a relation": lambda shop, _: shop.relation("order").__enter__(),
}


def taken(folder: Path) -> Path:
    (folder / "orders.csv").write_text("mine")
    return folder / "orders.csv"


@pytest.mark.parametrize(
    "name", usually(WRONG, "a day", "a file that is there", "a folder for a workbook", "an unknown option")
)
def test_a_wrong_word_shows_no_secret(name: str, shop: Shop, server: Server, tmp_path: Path) -> None:
    with pytest.raises((TegroError, TypeError)) as caught:
        WRONG[name](shop, tmp_path)
    assert leaks(shown(caught.value, cheap=True), secrets_of(server)) == {}


def test_what_fails_in_the_block_of_a_relation_shows_no_payer(shop: Shop, server: Server) -> None:
    with pytest.raises(ZeroDivisionError) as caught, shop.relation("orders"):
        raise ZeroDivisionError
    assert leaks(shown(caught.value, cheap=True), secrets_of(server)) == {}


@pytest.mark.parametrize("act", named("echo-html", "interrupted-0"))
@pytest.mark.parametrize("method", first_of(*REQUESTS_OF_A_SYNC))
def test_a_reading_that_fails_on_its_way_tells_no_secret(act: Act, method: str, tmp_path: Path) -> None:
    with serving(account_until(method, act)) as server, shop_of(server, tmp_path / "data") as shop:
        with watched() as told, pytest.raises((TegroError, KeyboardInterrupt)) as caught:
            shop.sync()
        ways = told() | shown(caught.value, cheap=True) | {"files": files_of(tmp_path)}
        assert leaks(ways, secrets_of(server)) == {}
        assert only_outermost(caught.value)
        assert leaks({way: OF_A_THING[way](shop) for way in QUIET}, secrets_of(server)) == {}


@pytest.mark.long
def test_no_tool_shows_a_payer_of_a_reading_that_fails(tmp_path: Path) -> None:
    (act,) = (fault.values[0] for fault in named("echo-html"))
    with (
        serving(account_until("withdrawals", act)) as server,
        shop_of(server, tmp_path) as shop,
        pytest.raises(TegroError) as caught,
    ):
        shop.sync()
    assert leaks(shown(caught.value), secrets_of(server)) == {}


def test_a_bug_in_what_is_done_with_the_orders_shows_no_payer(
    shop: Shop, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(table: Any, *_: object, **__: object) -> None:
        rows = table.to_pylist()
        raise AttributeError(f"no attribute of {len(rows)} rows")

    monkeypatch.setattr("tegro_analytics.frames.to_pandas", broken)
    with pytest.raises(AttributeError) as caught:
        shop.orders()
    assert leaks(shown(caught.value, cheap=True), secrets_of(server)) == {}
    assert "in _to_pandas" in caught.value.__notes__[0]


@pytest.mark.long
def test_a_reading_that_fails_in_a_thread_tells_no_secret(tmp_path: Path) -> None:
    (act,) = (fault.values[0] for fault in named("echo-html"))
    with serving(account_until("withdrawals", act)) as server, shop_of(server, tmp_path) as shop:
        with watched() as told:
            thread = threading.Thread(target=shop.sync)
            thread.start()
            thread.join()
        assert "Traceback" in told()["threads"]
        assert leaks(told(), secrets_of(server)) == {}
