"""Look everything over, and change nothing: the settings, the store, the API, and what it was seen to do."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tegro_analytics import opening
from tegro_analytics.api.answers import public_keys
from tegro_analytics.exceptions import ConfigurationError, StoreError, TegroError
from tegro_analytics.settings import load_settings
from tegro_analytics.shop import Shop
from tegro_analytics.shop.kept import store_of
from tegro_analytics.shop.standing import seen, standing
from tegro_analytics.texts import tr

__all__ = ["Check", "Findings", "examine"]

State = Literal["ok", "look", "bad"]
_SIGNS = {"ok": "ok  ", "look": "look", "bad": "BAD "}
ODD_SECONDS = 120


@dataclass(frozen=True)
class Check:
    """Hold one thing that was looked at: its name, how it stands, and what there is to say."""

    name: str
    state: State
    text: str


@dataclass
class Findings:
    """Gather what was found, and the exit code of the first thing that is bad."""

    checks: list[Check] = field(default_factory=list)
    exit_code: int = 0

    def add(self, name: str, text: str, state: State = "ok") -> None:
        """Note one thing."""
        self.checks.append(Check(name, state, text))

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can hold."""
        return {
            "exit_code": self.exit_code,
            "checks": [vars(check) for check in self.checks],
        }

    def to_text(self, lang: str | None = None) -> str:
        """Write one line for each thing."""
        width = max(len(check.name) for check in self.checks)
        lines = [f"{_SIGNS[check.state]}  {check.name:<{width}}  {check.text}" for check in self.checks]
        worst = "doctor.well" if not self.exit_code else "doctor.not_well"
        return "\n".join([*lines, "", tr(worst, lang)])


def examine(*, use_demo: bool = False, lang: str | None = None, store: Path | None = None) -> Findings:
    """Look over the settings, the store, the API, and what the last run has seen of it."""
    found = Findings()
    _guarded(found, tr("doctor.address", lang), lambda: _settings(found, lang, store))
    if not use_demo:
        _guarded(found, tr("status.store", lang), lambda: _store(found, lang, store))
    _guarded(found, tr("doctor.api", lang), lambda: _api(found, lang, use_demo=use_demo, store=store))
    return found


def _guarded(found: Findings, name: str, look: Callable[[], None]) -> None:
    """Look at one thing; what goes wrong is a finding."""
    problem: TegroError | None = None
    try:
        look()
    except TegroError as error:
        problem = error
    if problem is not None:
        found.add(name, str(problem), "bad")
        code = 3 if isinstance(problem, ConfigurationError | StoreError) else 4
        found.exit_code = found.exit_code or code


def _settings(found: Findings, lang: str | None, store: Path | None) -> None:
    settings = load_settings(store=store)
    found.add(tr("doctor.address", lang), settings.base_url)
    zones = f"{settings.source_timezone} (API), {settings.report_timezone}"
    found.add(tr("doctor.zones", lang), zones)


def _store(found: Findings, lang: str | None, store: Path | None) -> None:
    status = store_of(store).status()
    for name, text in standing(status, lang):
        found.add(name, text, "look" if name == tr("cli.warning", lang) else "ok")
    if status.last_run is not None:
        for name, text in seen(status.last_run.evidence, lang):
            found.add(name, text)


def _api(found: Findings, lang: str | None, *, use_demo: bool, store: Path | None) -> None:
    settings: dict[str, Any] = {"lang": lang, "progress": False, "store": store}
    with opening.demo(orders=300, **settings) if use_demo else opening.connect(**settings) as shop:
        for client in shop.clients:
            began = time.monotonic()
            answer = client.shops()
            took = time.monotonic() - began
            known = public_keys(answer)
            found.add(
                tr("doctor.api", lang), tr("doctor.answers", lang, shop=client.shop_id, seconds=f"{took:.2f}")
            )
            if client.shop_id not in known:
                found.add(
                    tr("sync.shop", lang),
                    tr("doctor.shop_missing", lang, shop=client.shop_id, known=", ".join(sorted(known))),
                    "bad",
                )
                found.exit_code = found.exit_code or 3
        _wire(found, lang, shop)


def _wire(found: Findings, lang: str | None, shop: Shop) -> None:
    """Say how the API was reached, and whether its clock and ours agree."""
    client = shop.clients[0]
    found.add(tr("doctor.nonce_rule", lang), str(client.nonce_rule))
    if client.served is not None:
        sent, served = client.served
        behind = round((served - sent) / dt.timedelta(seconds=1))
        state: State = "ok" if abs(behind) <= ODD_SECONDS else "look"
        found.add(tr("doctor.clock_behind_seconds", lang), str(behind), state)
