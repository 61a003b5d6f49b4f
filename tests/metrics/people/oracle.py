"""An oracle for the metrics of customers: plain Python over rows, written from the definitions.

A customer is an e-mail, trimmed and in small letters. Money is whole units of 10^-8, rates are fractions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.golden import Row
from tests.metrics.drawn import Cells
from tests.metrics.oracle import is_paid, ratio, share, units
from tests.metrics.people.drawn import Bounds

Payment = tuple[dt.datetime, Row]
"""When it was paid, on the clock of the zone, and the order."""


def payer(row: Row) -> str | None:
    return (row["email"] or "").strip().lower() or None


def payments_of(rows: Iterable[Row], zone: ZoneInfo) -> list[Payment]:
    paid = [row for row in rows if is_paid(row) and row["amount"] >= 0]
    return [((row["paid_at"] or row["created_at"]).astimezone(zone), row) for row in paid]


def inside(moment: dt.datetime, bounds: Bounds) -> bool:
    since, until = (None if one is None else one.replace(tzinfo=moment.tzinfo).timestamp() for one in bounds)
    at = moment.timestamp()
    return (since is None or since <= at) and (until is None or at < until)


def period(moment: dt.datetime, freq: str | None) -> dt.datetime | None:
    """Find the start of the period, as a wall-clock time."""
    start = moment.replace(tzinfo=None, minute=0, second=0, microsecond=0)
    if freq in (None, "hour"):
        return start if freq else None
    start = start.replace(hour=0)
    if freq == "week":
        return start - dt.timedelta(days=start.weekday())
    if freq == "month":
        return start.replace(day=1)
    if freq == "quarter":
        return start.replace(day=1, month=1 + 3 * ((start.month - 1) // 3))
    return start.replace(day=1, month=1) if freq == "year" else start


def end_of(start: dt.datetime, freq: str) -> dt.datetime:
    """Find the end of a period: the start of the one that holds a moment well after it."""
    later = {"hour": 1, "day": 24, "week": 168, "month": 24 * 35, "quarter": 24 * 100, "year": 24 * 370}[freq]
    return period(start + dt.timedelta(hours=later), freq) or start


def first_payments(payments: list[Payment]) -> dict[str, dt.datetime]:
    first: dict[str, dt.datetime] = {}
    for moment, row in payments:
        who = payer(row)
        if who is not None:
            first[who] = min(first.get(who, moment), moment, key=dt.datetime.timestamp)
    return first


def in_cells(
    payments: list[Payment], bounds: Bounds, freq: str | None, by: str | None
) -> dict[tuple[Any, ...], list[Payment]]:
    """Put the payments within the bounds into cells: period and group, where they are asked for."""
    cells: dict[tuple[Any, ...], list[Payment]] = {}
    for moment, row in payments:
        if inside(moment, bounds):
            key = (*([period(moment, freq)] if freq else []), *([row[by]] if by else []))
            cells.setdefault(key, []).append((moment, row))
    return cells


def customers(rows: list[Row], zone: ZoneInfo, bounds: Bounds, freq: str | None, by: str | None) -> Cells:
    """Compute every column of ``customers``, for the cells with a payment."""
    payments = payments_of(rows, zone)
    first = first_payments(payments)
    begin = min((moment for moment, _ in payments), default=None, key=dt.datetime.timestamp)
    cells = {}
    for key, own in in_cells(payments, bounds, freq, by).items():
        start = key[0] if freq else None
        days: dict[str, set[dt.date]] = {}
        for moment, row in own:
            if (who := payer(row)) is not None:
                days.setdefault(who, set()).add(moment.date())
        new = [who for who in days if inside(first[who], bounds) and period(first[who], freq) == start]
        again = [who for who in days if len(days[who]) > 1]
        nobody = [row for _, row in own if payer(row) is None]
        assert begin is not None
        cells[key] = {
            "payments": len(own),
            "unique_payers": len(days),
            "new_payers": len(new),
            "returning_payers": len(days) - len(new),
            "repeat_payers": len(again),
            "repeat_rate": ratio(len(again), len(days)),
            "repeat_rate_n": len(days),
            "anonymous_payments": len(nobody),
            "anonymous_share": ratio(len(nobody), len(own)),
            "anonymous_share_n": len(own),
            "left_edge": _meets(begin.date(), start, freq, bounds),
        }
    return cells


def _meets(day: dt.date, start: dt.datetime | None, freq: str | None, bounds: Bounds) -> bool:
    """Say whether a half-hour of the day begins in the period, within the bounds."""
    midnight = dt.datetime.combine(day, dt.time())
    halves = (midnight + dt.timedelta(minutes=number) for number in range(0, 24 * 60, 30))
    return any(
        (start is None or period(half, freq) == start)
        and (bounds[0] is None or bounds[0] <= half)
        and (bounds[1] is None or half < bounds[1])
        for half in halves
    )


def customer_value(
    rows: list[Row], zone: ZoneInfo, bounds: Bounds, freq: str | None, by: str | None, *, top: int, bears: str
) -> Cells:
    """Compute every column of ``customer_value``, for the cells with a payment; the top is 1 of ``top``."""
    cells: Cells = {}
    for currency in sorted({row["currency"] for row in rows}):
        own = [(moment, row) for moment, row in payments_of(rows, zone) if row["currency"] == currency]
        for key, payments in in_cells(own, bounds, freq, by).items():
            cells[(currency, *key)] = _value([row for _, row in payments], top, Fraction(bears))
    return cells


def _value(rows: list[Row], top: int, bears: Fraction) -> dict[str, Any]:
    known = [row for row in rows if payer(row) is not None]
    gross: dict[str | None, int] = {}
    for row in known:
        gross[payer(row)] = gross.get(payer(row), 0) + units(row["amount"])
    fees = round(sum(units(row["fee"]) for row in known) * bears)
    returned = sum(units(row["amount"]) for row in known if row["status"] == 3)
    total = sum(gross.values())
    most = sorted(gross.values(), reverse=True)[: -(-len(gross) // top)]
    return {
        "unique_payers": len(gross),
        "gross_volume": Decimal(sum(units(row["amount"]) for row in rows)).scaleb(-8),
        "identified_gross": Decimal(total).scaleb(-8),
        "identified_net": Decimal(total - fees - returned).scaleb(-8),
        "arppu": share(total, len(gross)),
        "ltv_historic": share(total - fees - returned, len(gross)),
        "top_payers": len(most),
        "top_customer_share": ratio(sum(most), total),
    }


def cohorts(rows: list[Row], zone: ZoneInfo, bounds: Bounds, now: dt.datetime) -> Cells:
    """Compute every column of ``cohorts`` of one group."""
    payments = payments_of(rows, zone)
    first = first_payments(payments)
    if not first:
        return {}
    begin = min(_month(moment) for moment in first.values())
    last, since, until = _month(now.astimezone(zone)), *bounds
    stop = last if until is None else min(last, _month(until - dt.timedelta(seconds=1)))
    cells: Cells = {}
    for cohort in range(begin if since is None else max(begin, _month(since)), stop + 1):
        members = {who for who in first if _month(first[who]) == cohort and inside(first[who], bounds)}
        for month in range(cohort, last + 1):
            paid = {payer(row) for moment, row in payments if _month(moment) == month} & members
            whole = (since is None or since <= _start(cohort)) and (
                until is None or _start(cohort + 1) <= until
            )
            ended = _start(month + 1).replace(tzinfo=zone).timestamp() <= now.timestamp()
            cells[(_start(cohort).date(), month - cohort)] = {
                "cohort_size": len(members),
                "payers": len(paid),
                "retention": ratio(len(paid), len(members)),
                "retention_n": len(members),
                "complete": whole and ended,
                "left_edge": cohort == begin,
            }
    return cells


def _month(moment: dt.datetime) -> int:
    return moment.year * 12 + moment.month - 1


def _start(month: int) -> dt.datetime:
    return dt.datetime(month // 12, month % 12 + 1, 1)  # noqa: DTZ001  a wall-clock time


def rfm(rows: list[Row], zone: ZoneInfo, bounds: Bounds, now: dt.datetime) -> Cells:
    """Compute every column of ``rfm``, by currency and e-mail."""
    days: dict[tuple[Any, ...], dict[dt.date, int]] = {}
    for moment, row in payments_of(rows, zone):
        if inside(moment, bounds) and payer(row) is not None:
            own = days.setdefault((row["currency"], payer(row)), {})
            own[moment.date()] = own.get(moment.date(), 0) + units(row["amount"])
    today = now.astimezone(zone).date()
    return {key: _customer(own, today) for key, own in days.items()}


def _customer(gross: dict[dt.date, int], today: dt.date) -> dict[str, Any]:
    first, last = min(gross), max(gross)
    later = sum(amount for day, amount in gross.items() if day > first)
    return {
        "payment_days": len(gross),
        "frequency": len(gross) - 1,
        "recency_days": (last - first).days,
        "age_days": (today - first).days,
        "monetary": share(later, len(gross) - 1),
        "gross_volume": Decimal(sum(gross.values())).scaleb(-8),
        "first_date": first,
        "last_date": last,
    }
