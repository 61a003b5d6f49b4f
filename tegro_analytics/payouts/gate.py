"""Whether money may move at all: it was allowed, a person is there or said otherwise, and limits hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo

from tegro_analytics.exceptions import ConfigurationError
from tegro_analytics.payouts.intent import Wish
from tegro_analytics.prompt import somebody_is_there

__all__ = ["Gate"]


@dataclass(frozen=True, slots=True)
class Gate:
    """Hold what was decided about moving money.

    Attributes
    ----------
    allowed : bool
        Whether withdrawals were allowed (``allow_payouts=True``).
    headless : bool
        Whether they are where no person can be asked: in a scheduled notebook, in a pipeline.
    per_call, per_day : mapping
        The most that one withdrawal, and all of a day, may come to, by currency.
    zone : str
        The zone whose days are meant.
    """

    allowed: bool = False
    headless: bool = False
    per_call: Mapping[str, Decimal] = field(default_factory=dict)
    per_day: Mapping[str, Decimal] = field(default_factory=dict)
    zone: str = "Europe/Moscow"

    def check(self, wish: Wish, *, dry_run: bool = False) -> None:
        """Refuse a withdrawal that may not be; a dry run needs no permission, and keeps to the limits.

        Raises
        ------
        ConfigurationError
            If payouts are not allowed, nobody is there, or the amount is over the limit. Nothing was sent.
        """
        if wish.kind != "withdrawal":
            return
        if not dry_run:
            self._check_permission()
        limit = self.per_call.get(wish.currency)
        if limit is not None and wish.amount > limit:
            raise ConfigurationError(
                f"{wish.payment_id!r}: {wish.amount:f} {wish.currency} is over the limit of one payout, "
                f"{limit:f} (TEGRO_PAYOUT_LIMIT). Nothing was sent."
            )

    def _check_permission(self) -> None:
        if not self.allowed:
            raise ConfigurationError(
                "Money is not moved unless that was said: open the shop with connect(allow_payouts=True). "
                "Nothing was sent."
            )
        if not (self.headless or somebody_is_there()):
            raise ConfigurationError(
                "Nobody is there: this program runs without a person (no terminal, or a notebook that cannot "
                "ask). If payouts are meant to run so, set TEGRO_PAYOUTS_HEADLESS=1. Nothing was sent."
            )

    def check_day(self, currency: str, due: Decimal, *, already: Decimal) -> None:
        """Refuse what would take the withdrawals of a day over the limit."""
        limit = self.per_day.get(currency)
        if limit is not None and already + due > limit:
            raise ConfigurationError(
                f"With {due:f} {currency} the payouts of today would be {already + due:f}, over the limit of "
                f"a day, {limit:f} (TEGRO_PAYOUT_DAY_LIMIT). Nothing was sent."
            )

    def start_of_day(self, now: dt.datetime) -> dt.datetime:
        """Give the moment at which the day began."""
        local = now.astimezone(ZoneInfo(self.zone))
        return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(dt.UTC)
