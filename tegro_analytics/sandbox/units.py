"""Money in the sandbox: integers of 10^-8, and nothing else."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import lru_cache

ONE = 100_000_000
LARGEST = 10**10 * ONE
"""Amounts stay below 10^10, which is what 18 digits with 8 places hold."""


@lru_cache(maxsize=1 << 14)
def money_text(units: int) -> str:
    """Write an amount with 8 decimals, as the API does.

    Examples
    --------
    >>> money_text(6_418_000_000)
    '64.18000000'
    >>> money_text(-1)
    '-0.00000001'
    """
    whole, rest = divmod(abs(units), ONE)
    return f"{'-' if units < 0 else ''}{whole}.{rest:08d}"


def balance_text(units: int) -> str:
    """Write a balance with 2 decimals, and with more only where it has more.

    Examples
    --------
    >>> balance_text(139_668_000_000), balance_text(123_456_000)
    ('1396.68', '1.23456')
    """
    text = money_text(units)
    return text[:-6] + text[-6:].rstrip("0")


def to_units(value: int | str | Decimal) -> int:
    """Read an exact amount.

    Raises
    ------
    ValueError
        If it is no number, has more than 8 decimals or 10 digits before them.

    Examples
    --------
    >>> to_units("64.18"), to_units(1200)
    (6418000000, 120000000000)
    """
    try:
        scaled = Decimal(value) * ONE
    except InvalidOperation:
        raise ValueError(f"{value!r} is not an amount") from None
    if not scaled.is_finite() or abs(scaled) >= LARGEST or scaled != scaled.to_integral_value():
        raise ValueError(f"{value!r} is not an amount of at most 8 decimals below 10^10")
    return int(scaled)


def fee_units(amount: int, *, rate: int, minimum: int, step: int) -> int:
    """Compute a fee: ``rate`` ten-thousandths of the amount, half up to ``step``, at least ``minimum``.

    Examples
    --------
    >>> money_text(fee_units(to_units("64.18"), rate=500, minimum=0, step=1_000_000))
    '3.21000000'
    >>> money_text(fee_units(to_units("64.10"), rate=500, minimum=0, step=1_000_000))
    '3.21000000'
    """
    if not amount:
        return 0
    divisor = 10_000 * step
    return max((amount * rate + divisor // 2) // divisor * step, minimum)
