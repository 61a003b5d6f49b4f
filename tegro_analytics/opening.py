"""Open a shop: with a key, or a sandbox without one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tegro_analytics.credentials import ApiKey, ShopAccess, find_access, wrap_key
from tegro_analytics.sandbox.process import Sandbox, start
from tegro_analytics.settings import load_settings
from tegro_analytics.shop import MoneyForm, Shop
from tegro_analytics.tracebacks import opaque

__all__ = ["connect", "demo"]


@opaque
def connect(
    *,
    api_key: str | ApiKey | None = None,
    shop_id: str | None = None,
    shops: Mapping[str, str] | None = None,
    base_url: str | None = None,
    allow_host: str | None = None,
    store: str | Path | None = None,
    source_timezone: str | None = None,
    report_timezone: str | None = None,
    lang: str | None = None,
    workers: int | None = None,
    pace: float | None = None,
    currencies: Mapping[int, str] | str | None = None,
    plan: str | None = None,
    merchant_share: float | None = None,
    money: MoneyForm | None = None,
    allow_payouts: bool = False,
    progress: bool | None = None,
) -> Shop:
    """Open the shop that a key belongs to; nothing is read until it is asked for.

    Each argument that is left out comes from the environment, from ``.env`` or from ``tegro.toml``.

    Parameters
    ----------
    api_key, shop_id
        From the settings page of the shop; elsewhere ``TEGRO_API_KEY`` and ``TEGRO_SHOP_ID``.
    shops
        Several shops of one account, ``{name: shop_id}``.
    base_url, allow_host
        Another address than ``https://tegro.money``, and the word that its host is meant.
    store
        Folder for data of this user; by default where the system keeps such data.
    source_timezone, report_timezone
        Zone of the API's dates, and of the days, weeks and months in every result.
    lang
        ``ru`` or ``en``.
    workers, pace
        Calls at once; calls a second for a key.
    currencies
        What the API's currency ids mean, ``{1: "RUB"}``.
    plan, merchant_share
        The merchant's tariff plan; the share of the fee that the merchant bears, 0 to 1.
    money
        ``float64`` for pandas by default, or ``decimal``.
    allow_payouts
        Whether calls that move money are allowed.
    progress
        Whether to show progress; by default where a person is likely to look.

    Raises
    ------
    MissingCredentials
        If there is no key or no shop id; the message names the ways out.
    ConfigurationError
        If a setting cannot be used.
    UnsafeBaseUrl
        If the signed body would go where it should not.

    Examples
    --------
    >>> connect(shop_id="1913EA9D9351469B1E5D852A", api_key="EEFA1913EA9D9351469B1E5D852A")
    Shop('1913EA9D9351469B1E5D852A', not read yet)
    """
    if isinstance(api_key, str):
        # Wrapped before anything can fail: a traceback may show the locals of this function.
        api_key = wrap_key(api_key)
    settings = load_settings(
        base_url=base_url,
        allow_host=allow_host,
        store=store,
        source_timezone=source_timezone,
        report_timezone=report_timezone,
        lang=lang,
        workers=workers,
        pace=pace,
        currencies=currencies,
        plan=plan,
        merchant_share=merchant_share,
        money=money,
        progress=progress,
    )
    access = find_access(api_key=api_key, shop_id=shop_id, shops=shops)
    return Shop(access, settings, allow_payouts=allow_payouts)


@opaque
def demo(*, orders: int = 20_000, seed: int = 7, lang: str | None = None, **options: Any) -> Shop:
    """Start a sandbox Tegro on this machine and open its shop: everything works, and no key is needed.

    The sandbox is a process of its own that speaks the API over HTTP on the loopback interface, and ends with
    this one; what was read is kept in a folder that ends with it. The same seed gives the same shop.

    Parameters
    ----------
    orders
        How many orders its shop has.
    seed
        Which shop it is.
    lang
        ``ru`` or ``en``.
    **options
        Anything that :func:`connect` takes.

    A sandbox moves no money, so withdrawals are allowed on it, and nobody need be there.

    Examples
    --------
    >>> shop = demo(orders=300)
    >>> len(shop.orders())
    300
    >>> shop.close()
    """
    store = options.pop("store", None)
    sandbox = start(orders=orders, seed=seed, scratch=store is None)
    try:
        return _open_sandbox(sandbox, store=store or sandbox.scratch, lang=lang, **options)
    except BaseException:
        sandbox.close()
        raise


def _open_sandbox(sandbox: Sandbox, **options: Any) -> Shop:
    settings = load_settings(
        base_url=sandbox.base_url,
        source_timezone=sandbox.source_timezone,
        currencies=sandbox.currencies,
        **{"payouts_headless": True, **options},
    )
    access = ShopAccess("demo", sandbox.shop_id, ApiKey(sandbox.api_key))
    return Shop([access], settings, sandbox=sandbox, allow_payouts=True)
