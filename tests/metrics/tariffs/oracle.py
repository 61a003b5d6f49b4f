"""An oracle of fees by tariff and of effects: plain Python, written from the definitions, no code shared.

The fee is worked out with Decimal and ROUND_HALF_UP in a context of 60 digits, effects with Fraction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tegro_analytics.reference import Tariff
from tests.golden import Row
from tests.metrics.drawn import Cells, Days

PLACES = {"RUB": 2, "USD": 2, "JPY": 0, "BTC": 8, "CUR#7": 2}
WIDE = Context(prec=60, rounding=ROUND_HALF_UP)

AUDIT = (
    "payments", "audited", "unknown_tariff", "unknown_fee", "actual_fees", "expected_fees", "fee_difference",
    "overcharged", "overcharged_value", "overcharged_share", "undercharged", "undercharged_value",
)  # fmt: skip
COMPARISON = (
    "payments", "audited", "unknown_tariff", "unknown_fee", "audited_volume", "actual_fees", "expected_fees",
    "saving", "expected_fee_rate",
)  # fmt: skip


def due(tariff: Tariff, amount: Decimal, currency: str) -> Decimal:
    """Work out the fee that a tariff asks."""
    share = WIDE.divide(WIDE.multiply(amount, tariff.percent), Decimal(100))
    fee = share if tariff.minimum is None or tariff.minimum < share else tariff.minimum
    return WIDE.quantize(fee, Decimal(1).scaleb(-PLACES[currency]))


def tariff_of(tariffs: Iterable[Tariff], plan: str, row: Row, day: dt.date) -> Tariff | None:
    """Find the tariff of a payment."""
    found = None
    for tariff in tariffs:
        if (tariff.direction, tariff.plan) != ("in", plan):
            continue
        if tariff.payment_system_id != row["payment_system_id"]:
            continue
        if tariff.currency not in (None, row["currency"]):
            continue
        if tariff.valid_from is not None and day < tariff.valid_from:
            continue
        if tariff.valid_to is not None and day > tariff.valid_to:
            continue
        if found is None or _is_stronger(tariff, found):
            found = tariff
    return found


def _is_stronger(one: Tariff, other: Tariff) -> bool:
    if (one.currency is None) != (other.currency is None):
        return one.currency is not None
    return (one.valid_from or dt.date(1, 1, 1)) > (other.valid_from or dt.date(1, 1, 1))


def payments(rows: Iterable[Row], zone: ZoneInfo, limits: Days) -> list[tuple[dt.date, Row]]:
    """List what was paid, by its day; negative amounts too, for they have a place among the groups."""
    found = []
    for row in rows:
        if row["is_test"] or row["status"] not in (1, 3):
            continue
        day = (row["paid_at"] or row["created_at"]).astimezone(zone).date()
        if (limits[0] is None or limits[0] <= day) and (limits[1] is None or day < limits[1]):
            found.append((day, row))
    return found


def audit(paid: Sequence[tuple[dt.date, Row]], tariffs: Sequence[Tariff], plan: str) -> dict[str, Any]:
    """Audit the payments of one cell."""
    counted = [(day, row) for day, row in paid if row["amount"] >= 0]
    held = [(row, tariff_of(tariffs, plan, row, day)) for day, row in counted]
    known = [(row, tariff) for row, tariff in held if tariff is not None]
    checked = [
        (row, due(tariff, row["amount"], row["currency"])) for row, tariff in known if row["fee"] is not None
    ]
    differences = [row["fee"] - asked for row, asked in checked]
    over = [one for one in differences if one > 0]
    under = [-one for one in differences if one < 0]
    volume, expected = total(row["amount"] for row, _ in checked), total(asked for _, asked in checked)
    return {
        "payments": len(counted),
        "audited": len(checked),
        "unknown_tariff": len(held) - len(known),
        "unknown_fee": len(known) - len(checked),
        "audited_volume": volume,
        "actual_fees": total(row["fee"] for row, _ in checked),
        "expected_fees": expected,
        "fee_difference": total(differences),
        "saving": total(differences),
        "overcharged": len(over),
        "overcharged_value": total(over),
        "overcharged_share": float(Fraction(len(over), len(checked))) if checked else None,
        "undercharged": len(under),
        "undercharged_value": total(under),
        "expected_fee_rate": float(Fraction(expected) / Fraction(volume)) if volume else None,
    }


def total(values: Iterable[Decimal]) -> Decimal:
    result = Decimal(0)
    for value in values:
        result = WIDE.add(result, value)
    return result


def differing(
    paid: Iterable[tuple[dt.date, Row]], tariffs: Sequence[Tariff], plan: str
) -> list[dict[str, Any]]:
    """List the payments whose fee differs, by currency, the largest difference first."""
    found = []
    for day, row in paid:
        tariff = tariff_of(tariffs, plan, row, day)
        if tariff is None or row["fee"] is None or row["amount"] < 0:
            continue
        asked = due(tariff, row["amount"], row["currency"])
        if row["fee"] != asked:
            found.append(
                {
                    "id": row["id"],
                    "currency": row["currency"],
                    "expected_fee": asked,
                    "fee_difference": row["fee"] - asked,
                    "tariff_rate": float(Fraction(tariff.percent) / 100),
                    "tariff_minimum": tariff.minimum or None,
                }
            )
    return sorted(found, key=lambda one: (one["currency"], -abs(one["fee_difference"]), one["id"]))


def first_of(listed: list[dict[str, Any]], limit: int | None) -> list[dict[str, Any]]:
    """Take so many: the largest of each currency, then the second largest of each, and so on."""
    places = [
        sum(other["currency"] == one["currency"] for other in listed[:row]) for row, one in enumerate(listed)
    ]
    taken = sorted(range(len(listed)), key=lambda row: (places[row], listed[row]["currency"]))[:limit]
    return [listed[row] for row in sorted(taken)]


Amounts = dict[tuple[Any, dt.date, Any], tuple[Fraction, Fraction]]
"""Numerator and denominator by key (a currency, or nothing), day and group."""


def moves(amounts: Amounts, first: dt.date, end: dt.date) -> Cells:
    """Split the change from day to day, from the day after ``first``, among all groups of a key."""
    cells: Cells = {}
    for key in {key for key, _, _ in amounts}:
        groups = {group for one, _, group in amounts if one == key}
        for number in range((end - first).days - 1):
            day = first + dt.timedelta(days=number + 1)
            old = {group: amounts.get((key, day - dt.timedelta(days=1), group), (0, 0)) for group in groups}
            new = {group: amounts.get((key, day, group), (0, 0)) for group in groups}
            for group in groups:
                cells[(*key, day, group)] = _move(group, old, new)
    return cells


def _move(group: Any, old: dict[Any, Any], new: dict[Any, Any]) -> dict[str, float | None]:
    old_all, new_all = sum(b for _, b in old.values()), sum(b for _, b in new.values())
    (old_a, old_b), (new_a, new_b) = old[group], new[group]
    values: dict[str, Fraction | None] = {
        "before": Fraction(old_a) / Fraction(old_b) if old_b else None,
        "now": Fraction(new_a) / Fraction(new_b) if new_b else None,
        "weight_before": Fraction(old_b) / Fraction(old_all) if old_all else None,
        "weight": Fraction(new_b) / Fraction(new_all) if new_all else None,
        "rate_effect": None, "mix_effect": None, "total_change": None,
    }  # fmt: skip
    if old_all and new_all:
        sums = sum(a for a, _ in old.values()), sum(a for a, _ in new.values())
        values["total_change"] = Fraction(sums[1]) / new_all - Fraction(sums[0]) / old_all
        # What the group adds to the whole rate; on one side only, all of it is mix.
        moved = Fraction(new_a) / new_all - Fraction(old_a) / old_all
        both = old_b and new_b
        weights = (Fraction(old_b) / old_all + Fraction(new_b) / new_all) / 2
        rate = (Fraction(new_a) / new_b - Fraction(old_a) / old_b) * weights if both else Fraction(0)
        values["rate_effect"], values["mix_effect"] = rate, moved - rate
    return {name: None if value is None else float(value) for name, value in values.items()}
