"""What a run hands to the store besides its rows, and what it gets back."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tegro_analytics.reference import Reference

__all__ = ["Basis", "Counts", "Coverage", "Merged", "Owner", "Run", "mark_of_reference", "mark_of_salt"]

_SALT_WORDS = b"tegro_analytics: mark of the salt, not the key of a customer"
_MARK_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Owner:
    """Say whose data it is: a store belongs to one account on one server.

    Attributes
    ----------
    server : str
        The base URL, or the own id of a sandbox.
    user_id : int or None
        The account, where the API said it.
    """

    server: str
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """Say what the derived columns were made with; rows that were made otherwise are not mixed in.

    Attributes
    ----------
    source_zone, report_zone : str
        The zone in which the API writes its dates, and the zone in which days are cut.
    salt : str
        :func:`mark_of_salt` of the salt of the customer keys.
    """

    source_zone: str
    report_zone: str
    salt: str


def mark_of_salt(salt: bytes) -> str:
    """Tell salts apart without telling anything of them: 16 hex digits.

    Examples
    --------
    >>> mark_of_salt(b"salt")
    'be32e6438bbcaa5e'
    """
    return hmac.digest(salt, _SALT_WORDS, "sha256").hex()[:_MARK_LENGTH]


def mark_of_reference(reference: Reference) -> str:
    """Tell apart what codes are called: names in the store are taken anew where this changes."""
    names = [
        sorted((code, status.name, status.population) for code, status in reference.statuses.items()),
        sorted((code, str(system)) for code, system in reference.payment_systems.items()),
        sorted(reference.currencies.items()),
    ]
    return hashlib.sha256(repr(names).encode()).hexdigest()[:_MARK_LENGTH]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Say which stretch of a list a run read, so that ``observed_at`` can be told for any past moment.

    Attributes
    ----------
    shop_id, list : str
        Which list of which shop: ``orders`` or ``withdrawals``.
    since, since_id
        The oldest row of the stretch: its ``created_at``, and its id; None where it reached the end.
    until, until_id
        The newest one; None where it began with the newest row.
    """

    shop_id: str
    list: str
    since: dt.datetime | None = None
    since_id: int | str | None = None
    until: dt.datetime | None = None
    until_id: int | str | None = None

    @property
    def everything(self) -> bool:
        """Whether the whole list was read."""
        return self.since is None and self.until is None


@dataclass(frozen=True)
class Run:
    """Describe one finished run.

    Attributes
    ----------
    run_id, kind : str
        Its name, and what it was: ``full``, ``incremental``, …
    started_at, finished_at : datetime
        When its first request was sent, and when it ended; aware.
    owner : Owner
        Whose data it read.
    basis : Basis
        What the derived columns were made with.
    complete : bool
        Whether every list was read to its end, or back to rows that are known.
    coverage : tuple of Coverage
        What it read of which list.
    lookups : mapping of (shop_id, list) to a tuple of ids
        The rows that were asked for one by one.
    evidence : mapping
        What was seen of the API: kept as JSON.
    """

    run_id: str
    kind: str
    started_at: dt.datetime
    finished_at: dt.datetime
    owner: Owner
    basis: Basis
    complete: bool = True
    coverage: tuple[Coverage, ...] = ()
    lookups: Mapping[tuple[str, str], tuple[int | str, ...]] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counts:
    """Count the rows of a merge: those that were not there before, that differ, that do not."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged)


@dataclass(frozen=True)
class Merged:
    """Say what a merge did.

    Attributes
    ----------
    run : int
        Number of the run in this store, from 1.
    moment : datetime
        The moment of the run: what it brought is known from here on. It is ``started_at``, or just after the
        run before where that began later.
    counts : mapping of table to a mapping of shop_id to Counts
        Rows of orders, withdrawals and shops.
    quarantined : int
        Records of this run that could not be read.
    forgotten : int
        Values that were blanked because they hold the address of a person who was forgotten.
    warnings : tuple of str
        What a person should look at: statuses that went back, amounts that changed.
    """

    run: int
    moment: dt.datetime
    counts: Mapping[str, Mapping[str, Counts]]
    quarantined: int
    forgotten: int
    warnings: tuple[str, ...]

    def total(self, table: str = "orders", *, shop_id: str | None = None) -> Counts:
        """Add the counts of a table, of all shops or of one."""
        shops = self.counts.get(table, {})
        chosen = [counts for shop, counts in shops.items() if shop_id in (None, shop)]
        return sum(chosen, Counts())
