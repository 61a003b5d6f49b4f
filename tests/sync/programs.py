"""What processes do with a shop until they are killed, or the time is up."""

from __future__ import annotations

import os
import signal
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tegro_analytics.credentials import ApiKey, ShopAccess
from tegro_analytics.sandbox.process import Sandbox, start
from tegro_analytics.settings import load_settings
from tegro_analytics.shop import Shop
from tegro_analytics.store import failpoints
from tegro_analytics.sync.staging import Staging
from tests.conftest import NOW


@dataclass(frozen=True)
class Place:
    """Say where a shop is to be read from, and where its store is."""

    base_url: str
    api_key: str = field(repr=False)
    shop_ids: tuple[str, ...]
    currencies: dict[int, str]
    folder: Path

    def open(self, **options: Any) -> Shop:
        """Open the shop; what is not in its folder is beside it, and nowhere else."""
        os.environ["XDG_DATA_HOME"] = str(self.folder.parent / "home")
        settings = load_settings(
            base_url=self.base_url,
            store=self.folder,
            currencies=self.currencies,
            progress=False,
            **{"nonce": "milliseconds", "lang": "en", **options},
        )
        key = ApiKey(self.api_key)
        return Shop([ShopAccess(f"shop {n}", one, key) for n, one in enumerate(self.shop_ids)], settings)


def place_at(sandbox: Sandbox, folder: Path, *, shop_ids: tuple[str, ...] | None = None) -> Place:
    """Say where the first shop of a sandbox is, or some of its shops."""
    shops = shop_ids or (sandbox.shop_id,)
    return Place(sandbox.base_url, sandbox.api_key, shops, sandbox.currencies, folder)


# Steps and pages


def trace(_: Connection, place: Place) -> list[str]:
    """Sync, and tell the steps of the store that it goes through."""
    steps: list[str] = []
    failpoints.hook = steps.append
    place.open().sync()
    return steps


def die_at_step(_: Connection, place: Place, step: str, nth: int) -> None:
    """Sync, and be killed the n-th time that the store comes to a step."""
    seen: list[str] = []

    def hook(reached: str) -> None:
        seen.append(reached)
        if reached == step and seen.count(step) == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    failpoints.hook = hook
    place.open().sync()


def count_pages(_: Connection, place: Place) -> int:
    """Sync, and tell how many pages were written down on their way."""
    return len(_at_page(lambda _: None, place.open().sync))


def die_at_page(_: Connection, place: Place, number: int, workers: int = 4) -> None:
    """Sync, and be killed when so many pages have been written down."""

    def hook(count: int) -> None:
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    _at_page(hook, place.open(workers=workers).sync)


def interrupt_at_page(_: Connection, place: Place, number: int, *, full: bool = False) -> str:
    """Sync, press Ctrl-C when so many pages have been written down, and tell what was said."""
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def hook(count: int) -> None:
        if count == number:
            os.kill(os.getpid(), signal.SIGINT)

    try:
        _at_page(hook, lambda: place.open().sync(full=full))
    except KeyboardInterrupt as error:
        return str(error)
    return "not interrupted"


def stop_at_page(talk: Connection, place: Place, number: int) -> tuple[int, int, bool]:
    """Sync, wait in the middle until told to go on, and tell how many orders were new, how many as known."""

    def hook(count: int) -> None:
        if count == number:
            talk.send("stopped")
            talk.recv()

    shop = place.open()
    _at_page(hook, shop.sync)
    report = shop.last_sync
    assert report is not None
    return report.new, report.unchanged, report.resumed


def _at_page(hook: Callable[[int], None], act: Callable[[], object]) -> list[int]:
    """Do something, with a call to a hook for each page that is written down."""
    numbers: list[int] = []
    add = Staging.add

    def counted(self: Staging, *page: Any) -> None:
        add(self, *page)
        numbers.append(len(numbers) + 1)
        hook(len(numbers))

    Staging.add = counted  # type: ignore[method-assign]
    act()
    return numbers


def sync_when_told(talk: Connection, place: Place) -> None:
    """Say when it is ready, and sync."""
    shop = place.open()
    talk.send("ready")
    shop.sync()


# At once

LEAST = 2
"""So often each does what it does, however slow the machine is."""


def keep_syncing(_: Connection, place: Place, seconds: float) -> int:
    """Sync again and again for some seconds; tell how often."""
    warnings.simplefilter("error")
    shop, until, times = place.open(), time.monotonic() + seconds, 0
    while times < LEAST or time.monotonic() < until:
        times += 1
        shop.sync(full=times % 3 == 0)
    return times


def keep_asking(_: Connection, place: Place, seconds: float) -> list[str]:
    """Ask a shop again and again for some seconds; tell what was wrong with the answers."""
    warnings.simplefilter("error")
    shop, until, times, before, wrong = place.open(), time.monotonic() + seconds, 0, 0, []
    while times < LEAST or time.monotonic() < until:
        times += 1
        orders = shop.orders(columns=["id"])
        payments = int(shop.revenue()["payments"].sum())
        after = len(shop.orders(columns=["id"]))
        if not orders["id"].is_unique:
            wrong.append("an order is there twice")
        if not before <= len(orders) <= after or not 0 < payments <= after:
            wrong.append(f"{before} orders, {len(orders)} orders, {payments} payments, {after} orders")
        before = after
    return wrong


def warm_up() -> None:
    """Do each thing once, so that children need not load and learn anything."""
    with (
        tempfile.TemporaryDirectory(prefix="tegro-sync-") as folder,
        start(orders=60, page_size=20, now=NOW) as sandbox,
        place_at(sandbox, Path(folder) / "shop").open() as shop,
    ):
        shop.sync()
        shop.sync()
        shop.orders()
        shop.revenue()
