"""How amounts of one currency are shown."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from tegro_analytics.reports.styles import money_format
from tegro_analytics.schemas import MONEY_SCALE

__all__ = ["CENTS", "Amounts", "places_of", "rounded"]


@dataclass(frozen=True, slots=True)
class Amounts:
    """Say how amounts of one currency are shown: with its places, and more where an amount has more.

    ``most`` is how many the amounts of one column have at most: all of them keep room for as many.
    """

    places: int = 2
    most: int | None = None

    def shape(self, amount: Decimal, kind: str) -> str:
        """Give the number format of an amount; a mean has no more places than its currency."""
        if kind == "mean":
            return money_format(self.places)
        if (
            self.most is None or self.places == 0
        ):  # without places of its own a currency has no point to align
            return money_format(max(self.places, places_of(amount)))
        return money_format(self.places, most=self.most, aligned=True)

    def total_shape(self) -> str:
        """Give the number format of a total at the minor unit, its point below those of the column."""
        return money_format(self.places, most=self.most or 0 if self.places else 0, aligned=True)


CENTS = Amounts()


def places_of(amount: Decimal) -> int:
    """Count the places of an amount after the point, without zeros at the end.

    Examples
    --------
    >>> places_of(Decimal("3.95960000")), places_of(Decimal("100"))
    (4, 0)
    """
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def rounded(amount: Decimal, places: int) -> Decimal:
    """Round an amount as a spreadsheet does: half away from 0.

    Examples
    --------
    >>> rounded(Decimal("0.125"), 2), rounded(Decimal("-0.125"), 2)
    (Decimal('0.13'), Decimal('-0.13'))
    """
    return amount.quantize(Decimal(1).scaleb(-min(places, MONEY_SCALE)), ROUND_HALF_UP)
