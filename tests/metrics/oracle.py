"""An oracle that shares no code with the metrics: plain Python over rows, written from the definitions.

Money is whole units of 10^-8, rates are fractions, days are made with :mod:`zoneinfo`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.golden import AS_OF, Row
from tests.metrics.drawn import Cells, Days

DAY_SECONDS = 86_400
ONE = dt.timedelta(days=1)
UNIT = 10**8


def units(amount: Decimal | None) -> int:
    return 0 if amount is None else int(amount.scaleb(8))


def day_of(moment: dt.datetime, zone: ZoneInfo) -> dt.date:
    return moment.astimezone(zone).date()


def is_live(row: Row) -> bool:
    return not row["is_test"] and row["status"] in (0, 1, 2, 3, 4)


def is_paid(row: Row) -> bool:
    return is_live(row) and row["status"] in (1, 3)


def ratio(above: int, below: int) -> float | None:
    return float(Fraction(above, below)) if below else None


def share(above: int, below: int) -> Decimal | None:
    """Divide units to units, half to even."""
    return Decimal(round(Fraction(above, below))).scaleb(-8) if below else None


def within(day: dt.date, bounds: Days) -> bool:
    return (bounds[0] is None or bounds[0] <= day) and (bounds[1] is None or day < bounds[1])


def days_between(first: dt.date, end: dt.date) -> Iterator[dt.date]:
    while first < end:
        yield first
        first += dt.timedelta(days=1)


def money(rows: Iterable[Row], zone: ZoneInfo, bounds: Days, *, daily: bool) -> Cells:
    """Compute every column of revenue and fees, by currency, and by day if ``daily``."""
    paid = [row for row in rows if is_paid(row)]
    dated = [(day_of(row["paid_at"] or row["created_at"], zone), row) for row in paid]
    sold = [(day, row) for day, row in dated if within(day, bounds)]
    returned = [
        (day_of(row["refund_first_seen_at"], zone) if row["refund_first_seen_at"] else day, row)
        for day, row in dated
        if row["status"] == 3 and row["amount"] >= 0
    ]
    returned = [(day, row) for day, row in returned if within(day, bounds)]
    seen = [day for day, _ in (*sold, *returned)]
    now = day_of(AS_OF, zone)
    cells: Cells = {}
    for currency in sorted({row["currency"] for row in paid}):
        if not daily:
            begin = bounds[0] or min((day for day, _ in sold), default=None)
            end = min(bounds[1] or dt.date.max, now + dt.timedelta(days=1))
            span = [] if begin is None else list(days_between(begin, end))
            cells[(currency,)] = _money(currency, sold, returned, span)
            continue
        history = [(day, row) for day, row in dated if row["currency"] == currency and row["amount"] >= 0]
        first = bounds[0] or min(seen, default=None)
        last = bounds[1] or max([now, *seen]) + dt.timedelta(days=1)
        for day in [] if first is None else days_between(first, last):
            day_sold = [pair for pair in sold if pair[0] == day]
            day_returned = [pair for pair in returned if pair[0] == day]
            values = _money(currency, day_sold, day_returned, [day] if day <= now else [])
            begin = min((day for day, row in dated if row["amount"] >= 0), default=None)
            cells[(currency, day)] = values | _trend(history, day, begin=begin, now=now)
    return cells


def _trend(
    history: list[tuple[dt.date, Row]], day: dt.date, *, begin: dt.date | None, now: dt.date
) -> dict[str, Any]:
    """Compute what a day has from the days before it; a day is complete when the next one began."""

    def gross(first: dt.date, last: dt.date) -> int:
        return sum(units(row["amount"]) for other, row in history if first <= other <= last)

    complete, own, before = day < now, gross(day, day), gross(day - ONE, day - ONE)
    year = day.replace(year=day.year - 1)
    values: dict[str, Any] = {"growth": None, "growth_year": None, "run_rate": None}
    if complete:
        values["growth"] = ratio(own - before, before)
        values["growth_year"] = ratio(own - gross(year, year), gross(year, year))
    for length in (7, 28):
        start = day - (length - 1) * ONE
        full = complete and begin is not None and begin <= start
        values[f"rolling_{length}d"] = Decimal(gross(start, day)).scaleb(-8) if full else None
    return values


def _tickets(rows: list[Row]) -> dict[str, Any]:
    amounts = sorted(Fraction(row["amount"]) for row in rows if row["amount"] > 0)
    parts = {"ticket_p50": Fraction(1, 2), "ticket_p90": Fraction(9, 10), "ticket_p99": Fraction(99, 100)}
    return {name: quantile(amounts, part) for name, part in parts.items()}


def _money(
    currency: str, sold: list[tuple[dt.date, Row]], returned: list[tuple[dt.date, Row]], span: list[dt.date]
) -> dict[str, Any]:
    own = [(day, row) for day, row in sold if row["currency"] == currency]
    counted = [(day, row) for day, row in own if row["amount"] >= 0]
    back = [row for _, row in returned if row["currency"] == currency]
    gross = sum(units(row["amount"]) for _, row in counted)
    fees = sum(units(row["fee"]) for _, row in counted)
    refunds = sum(units(row["amount"]) for row in back)
    again = [row for _, row in counted if row["status"] == 3]
    days = {day for day, _ in counted}
    n, free = len(counted), sum(row["fee"] == 0 for _, row in counted)
    return {
        "gross_volume": Decimal(gross).scaleb(-8),
        "fees": Decimal(fees).scaleb(-8),
        "refunds": Decimal(refunds).scaleb(-8),
        "net_volume": Decimal(gross - fees - refunds).scaleb(-8),
        "payments": n,
        "average_ticket": share(gross, sum(row["amount"] > 0 for _, row in counted)),
        "refund_rate": ratio(len(again), n),
        "refund_rate_value": ratio(sum(units(row["amount"]) for row in again), gross),
        "active_days": len(days),
        "zero_days": max(len(span) - len(days), 0),
        "undated_refunds": sum(row["refund_first_seen_at"] is None for row in back),
        "excluded_negative": len(own) - n,
        "effective_fee_rate": ratio(fees, gross),
        "fee_per_payment": share(fees, n),
        "zero_fee_payments": free,
        "zero_fee_share": ratio(free, n),
        **_tickets([row for _, row in counted]),
    }


def outcomes(rows: Iterable[Row], zone: ZoneInfo, bounds: Days, *, by: str | None) -> Cells:
    """Compute every column of conversion, in all or by the values of a column or the day of creation."""
    cells: dict[tuple[Any, ...], list[Row]] = {} if by else {(): []}
    for row in rows:
        day = day_of(row["created_at"], zone)
        if not row["is_test"] and within(day, bounds):
            key = () if by is None else (day if by == "day" else row[by],)
            cells.setdefault(key, []).append(row)
    return {key: _outcomes(group) for key, group in cells.items()}


def _outcomes(rows: list[Row]) -> dict[str, Any]:
    live = [row for row in rows if is_live(row)]
    mature = [row for row in live if row["created_at"] + dt.timedelta(hours=24) <= AS_OF]
    paid, paid_ever = [row for row in live if is_paid(row)], [row for row in mature if is_paid(row)]
    waited = [row for row in paid_ever if row["paid_at"] is not None]
    in_time = [row for row in waited if 0 <= _seconds(row) <= DAY_SECONDS]
    late = [row for row in waited if _seconds(row) > DAY_SECONDS]
    lost, lost_mature = ([row for row in some if row["status"] == 2] for some in (live, mature))
    open_, stale = ([row for row in some if row["status"] in (0, 4)] for some in (live, mature))
    unresolved = [row for row in stale if row["observed_at"] < row["created_at"] + dt.timedelta(hours=24)]
    unknown_date = len(paid_ever) - len(waited)
    groups = {
        "orders": live, "mature": mature, "paid": paid, "paid_24h": in_time, "paid_ever": paid_ever,
        "lost": lost, "pending": [row for row in open_ if row not in stale], "stale_open": stale,
        "unresolved": unresolved, "late_paid": late,
    }  # fmt: skip
    times = sorted(_seconds(row) for row in paid if row["paid_at"] is not None and _seconds(row) >= 0)
    return {
        **{name: len(group) for name, group in groups.items()},
        **{f"{name} in money": _total(group) for name, group in groups.items()},
        "unknown_status": len(rows) - len(live),
        "conversion_24h": ratio(len(in_time), len(mature)),
        "conversion_24h_min": ratio(len(in_time), len(mature)),
        "conversion_24h_max": ratio(len(in_time) + len(unresolved) + unknown_date, len(mature)),
        "conversion_ever": ratio(len(paid_ever), len(mature)),
        "terminal_success_rate": ratio(len(paid), len(paid) + len(lost)),
        "terminal_success_rate_mature": ratio(len(paid_ever), len(paid_ever) + len(lost_mature)),
        "late_paid_rate": ratio(len(late), len(paid_ever)),
        "naive_rate": ratio(len(paid), len(live)),
        "seconds_to_pay_p50": quantile(times, Fraction(1, 2)),
        "seconds_to_pay_p90": quantile(times, Fraction(9, 10)),
        "seconds_to_pay_p99": quantile(times, Fraction(99, 100)),
    }


def _seconds(row: Row) -> int:
    return int(row["paid_at"].timestamp()) - int(row["created_at"].timestamp())


def _total(rows: list[Row]) -> Decimal:
    return Decimal(sum(units(row["amount"]) for row in rows if row["amount"] >= 0)).scaleb(-8)


def quantile(values: list[Any], part: Fraction) -> float | None:
    """Interpolate linearly between the two nearest."""
    if not values:
        return None
    place = part * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return float(values[low] + (values[high] - values[low]) * (place - low))
