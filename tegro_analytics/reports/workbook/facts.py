"""What a report says of where its numbers come from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from tegro_analytics.reference import Reference, load_reference

__all__ = ["ReportFacts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts:
    """Hold what is known of the data beside the orders themselves.

    Attributes
    ----------
    shop_id
        The shop, or several with commas between.
    report_zone, source_zone
        The zone of every time in the report, and the one in which Tegro writes its dates.
    as_of
        The moment to which the orders are complete, with a zone.
    shop_name
        The name that the merchant gave to the shop.
    sandbox
        Whether the shop is made up: every sheet says so.
    merchant_share
        Which part of the fee the merchant bears, 0 to 1.
    complete, verified
        Whether every list was read to its end, and whether the evidence supports that.
    quarantined
        Records that could not be read, and are in no number.
    warnings
        What the reading had to say, in plain words.
    reference
        Names of payment systems and statuses, minor units of currencies.
    """

    shop_id: str
    report_zone: str
    as_of: dt.datetime
    source_zone: str = "Europe/Moscow"
    shop_name: str | None = None
    sandbox: bool = False
    merchant_share: Decimal = Decimal(1)
    complete: bool = True
    verified: bool = True
    quarantined: int = 0
    warnings: tuple[str, ...] = ()
    reference: Reference = field(default_factory=load_reference)

    @property
    def shop(self) -> str:
        """Name the shop, its key beside it where it has a name."""
        return f"{self.shop_name} ({self.shop_id})" if self.shop_name else self.shop_id
