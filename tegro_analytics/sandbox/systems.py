"""The payment systems of the sandbox's shops: each with its own fee, conversion and speed."""

from __future__ import annotations

from dataclasses import dataclass

RUB = 1
USD = 2
CURRENCIES = {RUB: "RUB", USD: "USD"}

_MINOR = 1_000_000
"""A kopeck or a cent, in units of 10^-8."""


@dataclass(frozen=True, slots=True)
class System:
    """Describe one payment system: shares are fractions, the fee is as in :func:`units.fee_units`."""

    id: int
    currency: int
    weight: int
    rate: int
    conversion: float
    late: float
    patience: int
    """Seconds within which half of its payers have paid."""
    minimum: int = 0
    step: int = _MINOR


SYSTEMS = (
    System(25, RUB, 33, rate=500, conversion=0.80, late=0.010, patience=95),
    System(26, RUB, 14, rate=500, conversion=0.74, late=0.012, patience=110),
    System(36, RUB, 9, rate=500, conversion=0.58, late=0.020, patience=140),
    System(28, RUB, 25, rate=0, conversion=0.90, late=0.006, patience=45),
    System(5, RUB, 8, rate=400, conversion=0.68, late=0.015, patience=80),
    System(51, USD, 5, rate=80, conversion=0.62, late=0.060, patience=600, step=1),
    System(16, RUB, 2, rate=400, conversion=0.45, late=0.080, patience=1500, minimum=70_000),
    System(16, USD, 2, rate=400, conversion=0.47, late=0.080, patience=1500, minimum=70_000),
    # Id 10 stands in the samples of the API and in no list of payment systems.
    System(10, RUB, 2, rate=300, conversion=0.52, late=0.020, patience=200, minimum=1_000_000_000),
)

TROUBLED = 36
"""For a few days near the end of the history, hardly anybody gets through with this one."""

FEES: dict[tuple[int, int], System] = {(system.id, system.currency): system for system in SYSTEMS}


def system_for(id: int, currency: int) -> System | None:  # noqa: A002
    """Find how a payment system charges for a currency, or for any; None if it is not offered."""
    exact = FEES.get((id, currency))
    return exact or next((system for system in SYSTEMS if system.id == id), None)
