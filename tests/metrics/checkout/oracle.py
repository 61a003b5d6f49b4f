"""An oracle for time to pay, checkouts and concentration: plain Python, written from the definitions.

Curves and shares are fractions; only the interval of a curve is made of floats.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.golden import Row
from tests.metrics.drawn import Cells, Days
from tests.metrics.oracle import day_of, is_live, is_paid, ratio, units, within

SECOND = dt.timedelta(seconds=1)
HOUR = dt.timedelta(hours=1)
Z = 1.959963984540054


def in_cells(
    rows: Iterable[Row], clock: str, zone: ZoneInfo, bounds: Days, names: Sequence[str]
) -> dict[tuple[Any, ...], list[Row]]:
    """Put rows within the bounds into cells, by columns or the ``day`` of the clock."""
    cells: dict[tuple[Any, ...], list[Row]] = {} if names else {(): []}
    for row in rows:
        day = day_of(row[clock] or row["created_at"], zone)
        if within(day, bounds):
            key = tuple(day if name == "day" else row[name] for name in names)
            cells.setdefault(key, []).append(row)
    return cells


# Time to pay


def watched(row: Row) -> tuple[float | Fraction, bool] | None:
    """Say for how long an order was unpaid, and whether a payment ended that; None where nothing is known."""
    if row["status"] == 2:
        return math.inf, False
    end = row["paid_at"] if row["status"] in (1, 3) else row["observed_at"]
    if end is None or end < row["created_at"]:
        return None
    return Fraction((end - row["created_at"]) // dt.timedelta(microseconds=1), 10**6), is_paid(row)


def curve(rows: Iterable[Row], at: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Compute the curve of Kaplan and Meier at each moment."""
    live = [row for row in rows if is_live(row)]
    found = [watched(row) for row in live]
    times = [one for one in found if one is not None]
    is_open = any(not paid and time != math.inf for time, paid in times)
    values = {}
    for moment in at:
        unpaid, variance = Fraction(1), Fraction(0)
        for time in sorted({time for time, paid in times if paid and time <= moment}):
            events = sum(paid and other == time for other, paid in times)
            risk = sum(other >= time for other, _ in times)
            unpaid *= 1 - Fraction(events, risk)
            variance += Fraction(events, risk * (risk - events)) if risk > events else 0
        known = bool(times) and (not is_open or moment <= max(time for time, _ in times))
        low, high = interval(unpaid, variance)
        values[moment] = {
            "paid_share": float(1 - unpaid) if known else None,
            "paid_share_low": low if known else None,
            "paid_share_high": high if known else None,
            "at_risk": sum(time >= moment for time, _ in times),
            "paid_by_then": sum(paid and time <= moment for time, paid in times),
            "orders": len(live),
            "excluded": found.count(None),
        }
    return values


def interval(unpaid: Fraction, variance: Fraction) -> tuple[float | None, float | None]:
    """Bound the share paid, on the scale log(−log)."""
    if unpaid in (0, 1):
        return None, None
    log = math.log(unpaid)
    width = Z * math.sqrt(variance) / abs(log)
    return 1 - math.exp(log * math.exp(-width)), 1 - math.exp(log * math.exp(width))


# Checkouts


def checkouts_of(rows: Iterable[Row]) -> list[list[Row]]:
    """Join the attempts of the whole history, each checkout in its order."""
    kept: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        if is_live(row):
            kept.setdefault(key_of(row), []).append(row)
    found: list[list[Row]] = []
    for attempts in kept.values():
        last: Row | None = None
        for row in sorted(attempts, key=lambda row: (row["created_at"], row["id"])):
            if last is None or row["created_at"] - last["created_at"] > HOUR:
                found.append([])
            found[-1].append(row)
            last = row
    return found


def key_of(row: Row) -> tuple[Any, ...]:
    who = (row["email"] or "").strip().lower()
    if row["payment_id"]:
        return "number", row["shop_id"], row["payment_id"]
    if who:
        return "customer", row["shop_id"], who, row["currency"], Fraction(row["amount"])
    return "order", row["shop_id"], row["id"]


def checkouts(
    rows: Iterable[Row], zone: ZoneInfo, bounds: Days, now: dt.datetime, names: Sequence[str]
) -> Cells:
    """Compute every column of ``checkouts``, by the columns of the first attempts."""
    attempts = {id(own[0]): own for own in checkouts_of(rows)}
    firsts = [own[0] for own in attempts.values()]
    cells = in_cells(firsts, "created_at", zone, bounds, names)
    return {key: _checkouts([attempts[id(first)] for first in own], now) for key, own in cells.items()}


def _checkouts(found: list[list[Row]], now: dt.datetime) -> dict[str, Any]:
    mature = [own for own in found if now - own[0]["created_at"] >= 24 * HOUR]
    paid = [own for own in mature if any(map(is_paid, own))]
    first_unpaid = [own for own in mature if not is_paid(own[0])]
    recovered = [own for own in first_unpaid if any(map(is_paid, own[1:]))]
    return {
        "checkouts": len(found),
        "mature_checkouts": len(mature),
        "attempts": sum(map(len, found)),
        "attempts_per_checkout": ratio(sum(map(len, found)), len(found)),
        "paid_checkouts": len(paid),
        "checkout_conversion": ratio(len(paid), len(mature)),
        "checkout_conversion_n": len(mature),
        "first_unpaid": len(first_unpaid),
        "recovered": len(recovered),
        "recovery_rate": ratio(len(recovered), len(first_unpaid)),
        "recovery_rate_n": len(first_unpaid),
    }


# Concentration


def concentration(rows: Iterable[Row], zone: ZoneInfo, bounds: Days, names: Sequence[str]) -> Cells:
    """Compute every column of ``concentration``, for the cells with a payment."""
    paid = [row for row in rows if is_paid(row) and row["amount"] >= 0]
    cells = in_cells(paid, "paid_at", zone, bounds, ["currency", *names])
    return {key: _concentration(own) for key, own in cells.items()}


def _concentration(rows: list[Row]) -> dict[str, Any]:
    sums: dict[int | None, int] = {}
    for row in rows:
        sums[row["payment_system_id"]] = sums.get(row["payment_system_id"], 0) + units(row["amount"])
    whole = sum(sums.values())
    if not whole:
        return {
            "systems": len(sums), "hhi": None, "effective_systems": None, "top_share": None,
            "top_payment_system_id": None,
        }  # fmt: skip
    hhi = sum(Fraction(own, whole) ** 2 for own in sums.values())
    top = min((-own, system is None, system or 0, system) for system, own in sums.items())
    return {
        "systems": len(sums),
        "hhi": float(hhi),
        "effective_systems": float(1 / hhi),
        "top_share": ratio(-top[0], whole),
        "top_payment_system_id": top[3],
    }
