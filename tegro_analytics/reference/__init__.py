"""Payment systems, statuses, currencies and tariffs: dated data that a merchant can override."""

from __future__ import annotations

import csv
import datetime as dt
import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import resources
from typing import Literal, cast

from tegro_analytics.exceptions import ConfigurationError

__all__ = ["PaymentSystem", "Population", "Reference", "Status", "Tariff", "load_reference"]

Population = Literal["open", "paid", "lost"]
DEFAULT_CURRENCIES: Mapping[int, str] = {1: "RUB"}
DEFAULT_MINOR_UNIT = 2


@dataclass(frozen=True, slots=True)
class PaymentSystem:
    """Name a payment system: ``display`` tells apart the several that share a ``name``."""

    id: int | None
    name: str
    family: str | None
    rail: str | None
    display: str


@dataclass(frozen=True, slots=True)
class Status:
    """Say to which population the orders of a status code belong."""

    code: int
    name: str
    population: Population


@dataclass(frozen=True, slots=True)
class Tariff:
    """Hold one row of a tariff: ``percent`` of the amount, at least ``minimum``, within its dates."""

    direction: Literal["in", "out"]
    payment_system_id: int
    currency: str | None
    plan: str
    percent: Decimal
    minimum: Decimal | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


@dataclass(frozen=True)
class Reference:
    """Hold what the codes of the API mean. Unknown codes are first-class: they keep a name of their own.

    Examples
    --------
    >>> reference = load_reference()
    >>> reference.payment_system(25).display
    'Bank cards · Tinkoff Bank (25)'
    >>> reference.payment_system(10).display, reference.currency(7), reference.status_name(9)
    ('PS#10', 'CUR#7', 'unknown:9')
    """

    payment_systems: Mapping[int, PaymentSystem]
    statuses: Mapping[int, Status]
    currencies: Mapping[int, str]
    minor_units: Mapping[str, int]
    tariffs: tuple[Tariff, ...] = field(repr=False)

    def payment_system(self, number: int | None) -> PaymentSystem:
        """Look a payment system up; an unknown one is called ``PS#<id>``, a missing one ``unknown``."""
        if number is None:
            return PaymentSystem(None, "unknown", None, None, "unknown")
        known = self.payment_systems.get(number)
        return known or PaymentSystem(number, f"PS#{number}", None, None, f"PS#{number}")

    def status_name(self, code: int) -> str:
        """Name a status; an unknown code is ``unknown:<n>``."""
        known = self.statuses.get(code)
        return known.name if known else f"unknown:{code}"

    def currency(self, number: int) -> str:
        """Name the currency of an id; an id that no setting resolves is ``CUR#<id>``."""
        return self.currencies.get(number, f"CUR#{number}")

    def minor_unit(self, code: str) -> int:
        """Say how many decimal places amounts of a currency have; 2 where it is not known."""
        return self.minor_units.get(code, DEFAULT_MINOR_UNIT)

    def codes(self, population: Population) -> tuple[int, ...]:
        """List the status codes of a population."""
        return tuple(status.code for status in self.statuses.values() if status.population == population)


def load_reference(
    *,
    currencies: Mapping[int, str] | None = None,
    statuses: Iterable[Status] = (),
    payment_systems: Iterable[PaymentSystem] = (),
    tariffs: Iterable[Tariff] | None = None,
) -> Reference:
    """Load the reference data, with what the merchant knows better in place of what was published.

    Parameters
    ----------
    currencies
        ``{currency_id: code}``, added to the default ``{1: "RUB"}``.
    statuses, payment_systems
        Rows that replace those of the same code or id, or stand beside them.
    tariffs
        The whole tariff of the merchant; None keeps the published one.

    Raises
    ------
    ConfigurationError
        If a currency code is not three to eight capital letters or digits.

    Examples
    --------
    >>> load_reference(currencies={2: "USD"}).currency(2)
    'USD'
    """
    base = _published()
    for code in (currencies or {}).values():
        if not (code.isascii() and code.isalnum() and code == code.upper() and 3 <= len(code) <= 8):
            raise ConfigurationError(
                f"{code!r} is not a currency code. Write it as in currencies={{1: 'RUB'}}."
            )
    return Reference(
        payment_systems={
            **base.payment_systems,
            **{ps.id: ps for ps in payment_systems if ps.id is not None},
        },
        statuses={**base.statuses, **{status.code: status for status in statuses}},
        currencies={**base.currencies, **(currencies or {})},
        minor_units=base.minor_units,
        tariffs=base.tariffs if tariffs is None else tuple(tariffs),
    )


@functools.cache
def _published() -> Reference:
    """Read the data files of this folder, once."""
    return Reference(
        payment_systems={ps.id: ps for ps in _payment_systems() if ps.id is not None},
        statuses={status.code: status for status in _statuses()},
        currencies=dict(DEFAULT_CURRENCIES),
        minor_units={row["code"]: int(row["minor_units"]) for row in _rows("currencies.csv")},
        tariffs=tuple(_tariffs()),
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


def _payment_systems() -> Iterator[PaymentSystem]:
    rows = list(_rows("payment_systems.csv"))
    shared = Counter(row["name"] for row in rows)
    for row in rows:
        number, name, rail = int(row["payment_system_id"]), row["name"], row["rail"]
        display = f"{name} · {rail} ({number})" if shared[name] > 1 else name
        yield PaymentSystem(number, name, row["family"], rail, display)


def _statuses() -> Iterator[Status]:
    for row in _rows("statuses.csv"):
        yield Status(int(row["status"]), row["name"], cast("Population", row["population"]))


def _tariffs() -> Iterator[Tariff]:
    for row in _rows("tariffs.csv"):
        yield Tariff(
            direction=cast("Literal['in', 'out']", row["direction"]),
            payment_system_id=int(row["payment_system_id"]),
            currency=row["currency"] or None,
            plan=row["plan"],
            percent=Decimal(row["percent"]),
            minimum=Decimal(row["minimum"]) if row["minimum"] else None,
            valid_from=dt.date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
            valid_to=dt.date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        )
