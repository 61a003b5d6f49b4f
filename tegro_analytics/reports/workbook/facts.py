"""What a report says of where its numbers come from."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa

from tegro_analytics.reference import Reference, load_reference
from tegro_analytics.schemas import BALANCES, SHOPS, WITHDRAWALS

__all__ = ["ReportFacts", "ReportTables", "made_with", "tables_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTables:
    """Hold what a report is computed from; each table has the types of its schema.

    Attributes
    ----------
    orders
        All known orders: the periods before need them too.
    withdrawals
        All known withdrawals of the account.
    balances
        Every balance that was ever seen: the bridge stands on two of them.
    shops
        The shops of the account, so that those without orders here are named.
    """

    orders: pa.Table
    withdrawals: pa.Table = field(default_factory=lambda: WITHDRAWALS.arrow().empty_table())
    balances: pa.Table = field(default_factory=lambda: BALANCES.arrow().empty_table())
    shops: pa.Table = field(default_factory=lambda: SHOPS.arrow().empty_table())


def tables_of(tables: ReportTables | pa.Table) -> ReportTables:
    """Take tables, or orders alone: then nothing else of the account is known."""
    return tables if isinstance(tables, ReportTables) else ReportTables(orders=tables)


def made_with() -> str:
    """Name this package and its version."""
    return f"tegro_analytics {importlib.metadata.version('tegro_analytics')}"


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
    known_at
        The moment at which the store was asked: what it knew then gives the same report again. Of several
        shops it may lie after ``as_of``. By default ``as_of``.
    shop_name
        The name that the merchant gave to the shop.
    sandbox
        Whether the shop is made up: every sheet says so.
    merchant_share
        Which part of the fee the merchant bears, 0 to 1.
    plan
        The plan of the merchant in the tariff table; without one, fees are shown and not audited.
    complete, verified
        Whether every list was read to its end, and whether the evidence supports that.
    quarantined
        Records that could not be read, and are in no number.
    warnings
        What the reading had to say, in plain words.
    reference
        Names of payment systems and statuses, minor units of currencies, the tariff table.
    version
        What made the report.
    """

    shop_id: str
    report_zone: str
    as_of: dt.datetime
    known_at: dt.datetime | None = None
    source_zone: str = "Europe/Moscow"
    shop_name: str | None = None
    sandbox: bool = False
    merchant_share: Decimal = Decimal(1)
    plan: str | None = None
    complete: bool = True
    verified: bool = True
    quarantined: int = 0
    warnings: tuple[str, ...] = ()
    reference: Reference = field(default_factory=load_reference)
    version: str = field(default_factory=made_with)

    @property
    def shop(self) -> str:
        """Name the shop, its key beside it where it has a name."""
        return f"{self.shop_name} ({self.shop_id})" if self.shop_name else self.shop_id
