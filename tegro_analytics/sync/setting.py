"""What a run goes by besides the store: the shops, their clients, zones, names, the budget."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from tegro_analytics import frames
from tegro_analytics.api.client import Client
from tegro_analytics.credentials import ShopAccess
from tegro_analytics.reference import Reference
from tegro_analytics.store import Basis, mark_of_salt

__all__ = ["Budget", "Member", "Setting"]


@dataclass(frozen=True)
class Member:
    """Pair one shop of the account with the client that reads it."""

    access: ShopAccess
    client: Client

    @property
    def shop_id(self) -> str:
        return self.access.shop_id


@dataclass(frozen=True)
class Budget:
    """Say what a run that looks for what is new may spend on what is old.

    Attributes
    ----------
    look_back : timedelta
        Orders that were younger than this at the run before are read again.
    lookups : int
        Open orders that are looked up one by one.
    sweep_pages : int
        Pages of the rolling sweep over the orders; over the withdrawals a quarter of them.
    """

    look_back: dt.timedelta = dt.timedelta(hours=48)
    lookups: int = 50
    sweep_pages: int = 20

    def pages_of(self, name: str) -> int:
        """Say how many pages of a list are swept."""
        return self.sweep_pages if name == "orders" else -(-self.sweep_pages // 4)


@dataclass(frozen=True, repr=False)
class Setting:
    """Hold what a run goes by besides the clients."""

    reference: Reference
    salt: bytes = field(repr=False)
    source_zone: str
    report_zone: str
    sandbox: bool
    show_progress: bool
    lang: str | None
    budget: Budget = Budget()

    @property
    def basis(self) -> Basis:
        """Say what the derived columns are made with."""
        return Basis(self.source_zone, self.report_zone, mark_of_salt(self.salt))

    def context(self, shop_id: str) -> frames.Context:
        """Make what the frames of one shop need to know."""
        return frames.Context(
            shop_id=shop_id,
            source_zone=self.source_zone,
            report_zone=self.report_zone,
            reference=self.reference,
            salt=self.salt,
        )
