"""A sandbox to read from, and a shop on it: one of each for a whole run, because reading changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tegro_analytics.credentials import ApiKey, ShopAccess
from tegro_analytics.sandbox.process import Sandbox, start
from tegro_analytics.settings import load_settings
from tegro_analytics.shop import Shop
from tests.spark import session as spark

NOW = "2026-11-24 12:00:00"
"""The day of the sandbox, in Moscow, so that its shop is the same on every day of the year."""


@pytest.fixture(scope="session")
def tegro() -> Iterator[Sandbox]:
    """Run a sandbox of 1,500 orders; whoever changes it starts one of their own."""
    with start(orders=1_500, seed=7, now=NOW) as sandbox:
        yield sandbox


@pytest.fixture(scope="session", autouse=True)
def _spark_ends() -> Iterator[None]:
    """End what a test of Spark started, if any did."""
    yield
    spark.stop()


def open_shop(sandbox: Sandbox, folder: Path, *, name: str = "tea", **settings: object) -> Shop:
    """Open the shop of a sandbox, with its data in a folder of the test."""
    resolved = load_settings(
        base_url=sandbox.base_url,
        store=folder,
        currencies=sandbox.currencies,
        progress=False,
        **settings,
    )
    return Shop([ShopAccess(name, sandbox.shop_id, ApiKey(sandbox.api_key))], resolved, sandbox=sandbox)


@pytest.fixture(scope="session")
def read_shop(tegro: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Hold a shop that has been read, for tests that only ask."""
    shop = open_shop(tegro, tmp_path_factory.mktemp("read-shop"))
    shop.sync()
    return shop


@pytest.fixture
def credentials(tegro: Sandbox, in_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Work in an empty folder with the key of the sandbox in the environment, and with no store yet."""
    monkeypatch.setenv("TEGRO_STORE", str(in_folder / "data"))
    monkeypatch.setenv("TEGRO_API_BASE", tegro.base_url)
    monkeypatch.setenv("TEGRO_API_KEY", tegro.api_key)
    monkeypatch.setenv("TEGRO_SHOP_ID", tegro.shop_id)
    monkeypatch.setenv("TEGRO_CURRENCIES", "1=RUB,2=USD")
    return tegro
