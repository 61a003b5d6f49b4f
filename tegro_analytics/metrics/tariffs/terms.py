"""The terms of a plan, from the tariff table, and the fee that they ask for."""

from __future__ import annotations

import datetime as dt
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tegro_analytics.exceptions import ConfigurationError
from tegro_analytics.reference import Reference, Tariff

__all__ = ["Terms", "expected_units", "plan_of", "plans_of", "terms_of"]

PERCENT_PLACES = 4
"""A percentage with so many places at most is a whole number of engines, and so is the fee that it gives."""

LARGEST_PERCENT = 100
LARGEST_MINIMUM = 40_000

_EARLIEST = dt.date.min


@dataclass(frozen=True, slots=True)
class Terms:
    """Hold what several payment systems ask alike: ``percent`` of the amount, at least ``minimum``."""

    systems: tuple[int, ...]
    currency: str | None
    percent: Decimal
    minimum: Decimal
    valid_from: dt.date | None
    valid_to: dt.date | None

    @property
    def is_quick(self) -> bool:
        """Say whether an engine can count in them: in whole numbers, with room to multiply in 64 bits."""
        is_whole = (Fraction(self.percent) * 10**PERCENT_PLACES).denominator == 1
        return bool(is_whole and self.percent <= LARGEST_PERCENT and self.minimum <= LARGEST_MINIMUM)

    @property
    def rate(self) -> Fraction:
        """Give the percentage as a fraction of the amount."""
        return Fraction(self.percent) / 100


def expected_units(terms: Terms, amount: Decimal, places: int) -> int:
    """Compute the fee in minor units: the share of the amount or the minimum, half a unit up.

    Examples
    --------
    >>> card = Terms((25,), None, Decimal("6.75"), Decimal(0), None, None)
    >>> expected_units(card, Decimal(2), 2), expected_units(card, Decimal("1.99"), 2)
    (14, 13)
    """
    fee = max(Fraction(amount) * terms.rate, Fraction(terms.minimum))
    units = fee * Fraction(10**places)
    return math.floor(units + Fraction(1, 2))


def plans_of(reference: Reference) -> list[str]:
    """List the plans that the tariff table has for payments, in its order."""
    return list(dict.fromkeys(tariff.plan for tariff in reference.tariffs if tariff.direction == "in"))


def plan_of(plan: str | None, reference: Reference, *, metric: str) -> str:
    """Choose the plan of the merchant: the argument, else ``TEGRO_PLAN``.

    Raises
    ------
    ConfigurationError
        If nobody says it, or the tariff table does not have it.
    """
    plans = plans_of(reference)
    chosen = plan or os.environ.get("TEGRO_PLAN")
    if chosen in plans:
        return str(chosen)
    known = ", ".join(map(repr, plans)) or "none"
    if not chosen:
        raise ConfigurationError(
            f"{metric} does not know the plan of the merchant: pass plan= or set TEGRO_PLAN. "
            f"The tariff table has these: {known}"
        )
    raise ConfigurationError(
        f"plan={chosen!r}: the tariff table has no such plan. It has these: {known}; "
        "`load_reference(tariffs=...)` makes a reference with the tariff of a contract"
    )


def terms_of(plan: str, reference: Reference) -> tuple[Terms, ...]:
    """Read the terms of a plan for payments: where several fit, the first of them is the one that holds.

    A row for the currency goes before one for any currency; of these, the one valid since later goes first.
    Both dates belong to the time in which a row is valid.

    Raises
    ------
    ConfigurationError
        If two rows say different things of the same, or a row cannot be a tariff.
    """
    rows = [tariff for tariff in reference.tariffs if tariff.direction == "in" and tariff.plan == plan]
    _check(rows)
    alike: dict[tuple[object, ...], Terms] = {}
    for row in sorted(rows, key=_strength, reverse=True):
        key = (row.currency, row.percent, row.minimum or Decimal(0), row.valid_from, row.valid_to)
        systems = alike[key].systems if key in alike else ()
        alike[key] = Terms(
            (*systems, row.payment_system_id),
            row.currency,
            row.percent,
            row.minimum or Decimal(0),
            row.valid_from,
            row.valid_to,
        )
    return tuple(alike.values())


def _strength(row: Tariff) -> tuple[bool, dt.date]:
    """Rank a row among those of one payment system."""
    return row.currency is not None, row.valid_from or _EARLIEST


def _check(rows: Iterable[Tariff]) -> None:
    """Refuse rows that cannot be applied, or of which nobody knows which one holds."""
    seen: dict[tuple[object, ...], Tariff] = {}
    for row in rows:
        minimum = Decimal(0) if row.minimum is None else row.minimum
        if not (row.percent.is_finite() and minimum.is_finite() and row.percent >= 0 and minimum >= 0):
            raise ConfigurationError(f"{row} is no tariff: percent and minimum are numbers of 0 or more")
        key = (row.payment_system_id, row.currency, row.valid_from)
        if key in seen and seen[key] != row:
            raise ConfigurationError(
                f"two tariffs hold for the same payments: {seen[key]} and {row}. "
                "Leave one out, or give the later one another valid_from"
            )
        seen[key] = row
