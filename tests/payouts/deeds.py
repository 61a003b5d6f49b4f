"""What children do with payouts, each in a process of its own that may be killed."""

from __future__ import annotations

import os
import signal
import warnings
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tegro_analytics.credentials import ApiKey, ShopAccess
from tegro_analytics.exceptions import TegroDataWarning, TegroError
from tegro_analytics.payouts import steps
from tegro_analytics.settings import load_settings
from tegro_analytics.shop import Shop
from tests.payouts.paid import BODY

Where = tuple[str, str, str, Path]
"""Base URL, shop, key, and the folder of the data."""


def warm_up() -> None:
    """Load what the deeds need, once, before any child is forked."""
    import pandas as pd

    import tegro_analytics.payouts.desk
    import tegro_analytics.payouts.frame
    import tegro_analytics.payouts.many  # noqa: F401

    warnings.simplefilter("ignore", TegroDataWarning)  # what is open is what the tests are about
    pd.DataFrame({"moment": pd.to_datetime(["2026-11-24"], utc=True)})


def shop_at(where: Where) -> Shop:
    url, shop_id, key, folder = where
    settings = load_settings(
        base_url=url,
        store=folder,
        currencies={1: "RUB", 2: "USD"},
        progress=False,
        nonce="milliseconds",
        payouts_headless=True,
    )
    return Shop([ShopAccess("tea", shop_id, ApiKey(key))], settings, allow_payouts=True)


def die_at(step: str) -> None:
    """Let this process be killed at a step."""

    def hook(reached: str) -> None:
        if reached == step:
            os.kill(os.getpid(), signal.SIGKILL)

    steps.hook = hook


def trace() -> list[str]:
    """Keep the steps that this process goes through."""
    kept: list[str] = []
    steps.hook = kept.append
    return kept


def pay(talk: Connection, where: Where, payment_id: str, step: str | None) -> Any:
    """Pay, killed at a step or to the end; give the state, or what was raised, and the steps."""
    reached = trace()
    if step is not None:
        die_at(step)
    with shop_at(where) as shop:
        try:
            outcome = shop.withdraw(payment_id=payment_id, **BODY).state.value
        except TegroError as error:
            outcome = type(error).__name__
    return outcome, reached


def pay_at_once(talk: Connection, where: Where, payment_id: str) -> Any:
    """Pay when the test says so."""
    with shop_at(where) as shop:
        talk.send("ready")
        talk.recv()
        try:
            return shop.withdraw(payment_id=payment_id, **BODY).state.value
        except TegroError as error:
            return type(error).__name__


def resolve(talk: Connection, where: Where, step: str | None) -> Any:
    """Find out what is open, killed at a step or to the end; give the states, and the steps."""
    reached = trace()
    if step is not None:
        die_at(step)
    with shop_at(where) as shop:
        frame = shop.resolve_payouts()
        return dict(zip(frame["payment_id"], frame["state"], strict=True)), reached


def pay_table(talk: Connection, where: Where, file: Path) -> Any:
    """Pay a table as a notebook does that is restarted and runs all its cells; tell when it begins."""
    with shop_at(where) as shop:
        if not shop.payouts.empty:
            shop.resolve_payouts()
        talk.send("begun")
        frame = shop.withdraw_many(file)
        return dict(zip(frame["payment_id"], frame["state"], strict=True))
