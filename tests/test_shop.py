"""The shop: what a notebook holds."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

import tegro_analytics as ta
from tegro_analytics.exceptions import ConfigurationError, DataError, ExportError, StoreError
from tegro_analytics.metrics import METRICS
from tegro_analytics.sandbox.process import Sandbox, start
from tegro_analytics.shop import Shop
from tests.conftest import NOW, open_shop
from tests.marks import usually


def test_the_first_question_reads_the_shop(tegro: Sandbox, tmp_path: Path) -> None:
    shop = open_shop(tegro, tmp_path)
    assert repr(shop) == "Shop('tea', SANDBOX, not read yet)"
    assert shop.last_sync is None
    assert len(shop.orders()) == 1_500
    first = shop.last_sync
    shop.revenue()
    assert shop.last_sync == first
    assert repr(shop).startswith("Shop('tea', SANDBOX, 1,500 orders, as of 2")


def test_what_a_shop_shows_is_in_its_language(tegro: Sandbox, tmp_path: Path) -> None:
    shop = open_shop(tegro, tmp_path, lang="ru")  # TEGRO_LANG says English
    assert str(shop.sync()).startswith("[ПЕСОЧНИЦА]")
    assert str(shop.last_sync).startswith("[ПЕСОЧНИЦА]")
    assert "ПЕСОЧНИЦА" in shop._repr_html_()
    assert repr(shop.conversion()).startswith("Конверсия")
    assert "Конверсия" in shop.conversion()._repr_html_()
    assert repr(shop.conversion().show(lang="en")).startswith("Conversion")


def test_bounds_are_half_open_days_of_the_report_zone(read_shop: Shop) -> None:
    orders = read_shop.orders()
    some = read_shop.orders(since="2026-10-01", until=dt.date(2026, 10, 30))
    assert 0 < len(some) < len(orders)
    days = orders["created_date"].between("2026-10-01", "2026-10-29")
    pd.testing.assert_frame_equal(some, orders[days].reset_index(drop=True))


def test_a_bound_that_is_no_date_is_named(read_shop: Shop) -> None:
    with pytest.raises(DataError, match=r"since='yesterday'"):
        read_shop.orders(since="yesterday")


def test_emails_are_masked_unless_asked_for(read_shop: Shop) -> None:
    masked, whole = read_shop.orders()["email"].dropna(), read_shop.orders(pii=True)["email"].dropna()
    assert masked[masked != ""].str.fullmatch(r".?\*\*\*(@.*)?").all()
    assert not whole.str.contains("***", regex=False).any()
    assert len(masked) == len(whole) > 1_000


def test_money_as_asked(read_shop: Shop) -> None:
    assert read_shop.orders()["amount"].dtype == "float64"
    exact = read_shop.orders(money="decimal")["amount"]
    assert str(exact.dtype) == "decimal128(18, 8)[pyarrow]"
    assert read_shop.revenue()["gross_volume"].dtype == "float64"
    assert "decimal" in str(read_shop.revenue(money="decimal")["gross_volume"].dtype)


WITH = {
    "fee_audit": {"plan": "starter"},
    "fee_differences": {"plan": "starter"},
    "freshness": {"now": "2026-11-24 13:00"},
}
"""What some metrics have to be told."""


OF_ORDERS = [name for name, metric in METRICS.items() if metric.inputs == ("orders",)]


@pytest.mark.parametrize(
    "name", usually(OF_ORDERS, "revenue", "conversion", "payment_systems", "fee_audit", "rfm")
)
def test_a_metric_of_the_shop_is_the_metric_of_its_orders(name: str, read_shop: Shop) -> None:
    mine, theirs = (
        function(*given, **WITH.get(name, {}))
        for function, given in ((getattr(read_shop, name), ()), (getattr(ta, name), (read_shop.orders(),)))
    )
    assert len(mine)
    pd.testing.assert_frame_equal(pd.DataFrame(mine), pd.DataFrame(theirs), obj=name)


def test_most_metrics_are_of_orders() -> None:
    assert len(OF_ORDERS) >= 24


def test_metrics_of_other_tables_are_given_them(read_shop: Shop) -> None:
    orders = read_shop.orders()
    mine = orders.loc[orders["status"] == 1, ["payment_id", "amount", "currency"]]
    withdrawn = ta.withdrawals_summary(read_shop.withdrawals())
    pd.testing.assert_frame_equal(pd.DataFrame(read_shop.withdrawals_summary()), pd.DataFrame(withdrawn))
    for name in ("match_orders", "order_differences"):
        here, there = getattr(read_shop, name)(mine), getattr(ta, name)(orders, mine)
        pd.testing.assert_frame_equal(pd.DataFrame(here), pd.DataFrame(there))
    assert read_shop.balance_bridge().empty  # the balance was read once


def test_merchant_share_of_the_settings_reaches_revenue(tegro: Sandbox, tmp_path: Path) -> None:
    shop = open_shop(tegro, tmp_path, merchant_share="0")
    row = shop.revenue(money="decimal").iloc[0]
    assert row["net_volume"] == row["gross_volume"] - row["refunds"]


def test_the_relation_is_exact_and_utc(read_shop: Shop) -> None:
    with read_shop.relation("orders") as orders:
        types = dict(zip(orders.columns, map(str, orders.types), strict=True))
        assert types["amount"] == "DECIMAL(18,8)"
        assert types["created_at"] == "TIMESTAMP WITH TIME ZONE"
        assert orders.aggregate("count(*)").fetchall() == [(1_500,)]


def test_an_unknown_table_is_named(read_shop: Shop) -> None:
    with pytest.raises(ConfigurationError, match=r"no table 'order'\. The tables are orders, withdrawals"):
        read_shop.relation("order").__enter__()


def test_an_earlier_moment_is_not_invented(read_shop: Shop) -> None:
    with pytest.raises(StoreError, match="cannot be told: the first run in"):
        read_shop.orders(as_of="2020-01-01")
    assert len(read_shop.orders(as_of="2100-01-01")) == 1_500


@pytest.mark.long
def test_several_shops_of_one_account(tmp_path: Path) -> None:
    from tegro_analytics.credentials import ApiKey, ShopAccess
    from tegro_analytics.settings import load_settings

    with start(orders=150, seed=5, now=NOW) as sandbox:
        settings = load_settings(
            base_url=sandbox.base_url, store=tmp_path, currencies=sandbox.currencies, progress=False
        )
        access = [
            ShopAccess(f"shop {n}", number, ApiKey(sandbox.api_key))
            for n, number in enumerate(sandbox.shop_ids)
        ]
        shop = Shop(access, settings, sandbox=sandbox)
        orders = shop.orders()
        expected = [sandbox.truth(shop=number)["counts"]["listed"] for number in sandbox.shop_ids]
        assert [int((orders["shop_id"] == number).sum()) for number in sandbox.shop_ids] == expected
        assert orders["created_at"].is_monotonic_increasing
        one, other = sandbox.shop_ids[:2]
        live = orders[~orders["is_test"] & orders["status"].isin([0, 1, 2, 3, 4])].groupby("shop_id").size()
        assert shop.conversion(shop_id=one)["orders"].tolist() == [live[one]]
        panel = ta.explore(shop, "conversion")
        assert panel.result["orders"].sum() == live.sum()
        panel._pickers["shop"].value = other
        assert panel.result["orders"].sum() == live.get(other, 0)
        with pytest.raises(DataError, match="is none of these shops"):
            shop.conversion(shop_id="' OR 1=1")
        with pytest.raises(DataError, match="withdrawals_summary is one of the whole account"):
            shop.withdrawals_summary(shop_id=one)


@pytest.mark.parametrize("name", ["orders.csv", "orders.parquet", "orders.xlsx"])
def test_exports_hold_every_order_and_are_not_replaced_unasked(
    read_shop: Shop, tmp_path: Path, name: str
) -> None:
    path = read_shop.export("orders", tmp_path / name)
    with pytest.raises(ExportError, match="overwrite"):
        read_shop.export("orders", tmp_path / name)
    read_shop.export("orders", tmp_path / name, overwrite=True)
    if name.endswith("csv"):
        back = ta.read_csv(path)
    elif name.endswith("parquet"):
        back = ta.read_parquet(path)
    else:
        back = pd.read_excel(path, engine="calamine")
    assert len(back) == 1_500
    assert "***" in path.read_bytes().decode("utf-8", "replace") or name.endswith(("parquet", "xlsx"))


def test_the_csv_comes_back_as_the_frame_it_was(read_shop: Shop, tmp_path: Path) -> None:
    orders = read_shop.orders()
    for dialect in ("rfc4180", "excel-ru"):
        path = read_shop.export("orders", tmp_path / f"{dialect}.csv", dialect=dialect)
        back = ta.read_csv(path)
        for column in ("id", "status", "amount", "fee", "currency", "payment_system", "payment_id"):
            pd.testing.assert_series_equal(back[column], orders[column], obj=f"{dialect} {column}")


@pytest.mark.long
def test_the_salt_of_customer_keys_stays_in_the_folder(tegro: Sandbox, tmp_path: Path) -> None:
    keys = [open_shop(tegro, tmp_path / name).orders()["customer"].dropna() for name in ("one", "one", "two")]
    assert keys[0].equals(keys[1])
    assert not keys[0].equals(keys[2])
    assert keys[0].nunique() == keys[2].nunique()


def test_demo_without_a_key() -> None:
    with ta.demo(orders=120, progress=False) as shop:
        assert "SANDBOX" in repr(shop)
        assert set(shop.orders()["currency"]) == {"RUB", "USD"}
        process = shop.sandbox.process if shop.sandbox else None
    assert process is not None
    assert process.poll() is not None


def test_connect_from_the_environment(credentials: Sandbox) -> None:
    shop = ta.connect(progress=False)
    assert len(shop.orders(columns=["id"])) == 1_500
    shop.close()


@pytest.mark.parametrize(
    ("lang", "mark", "orders"), [("en", "SANDBOX", "1,500 orders"), ("ru", "ПЕСОЧНИЦА", "1\xa0500 заказов")]
)
def test_the_card_of_a_shop(
    lang: str, mark: str, orders: str, read_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEGRO_LANG", lang)
    html = read_shop._repr_html_()
    assert mark in html
    assert orders in html
    assert "Europe/Moscow" in html


def test_a_hostile_name_does_nothing_in_the_card(tegro: Sandbox, tmp_path: Path) -> None:
    shop = open_shop(tegro, tmp_path, name="<img src=x onerror=alert(1)>")
    assert "<img" not in shop._repr_html_()
    assert "&lt;img" in shop._repr_html_()
