"""The period of a report, and the one before it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from babel.dates import format_datetime

from tegro_analytics.exceptions import DataError
from tegro_analytics.metrics.asking.window import Bound, window
from tegro_analytics.reports.clocks import check_zone
from tegro_analytics.reports.workbook.facts import ReportFacts

__all__ = ["Period", "period_of", "period_of_report"]

_DAY = dt.timedelta(days=1)
_LONG = "d MMMM y"


@dataclass(frozen=True, slots=True)
class Period:
    """Hold two wall-clock times of the report zone; the second is no longer part of the period."""

    since: dt.datetime
    until: dt.datetime
    zone: ZoneInfo

    @property
    def by_days(self) -> bool:
        """Say whether it consists of whole days."""
        return self.since.time() == self.until.time() == dt.time()

    @property
    def before(self) -> Period:
        """Give the period before: as many calendar months where it is of whole months, else as long."""
        if self.by_days and self.since.day == self.until.day == 1:
            months = 12 * (self.until.year - self.since.year) + self.until.month - self.since.month
            return Period(_months_back(self.since, months), self.since, self.zone)
        return Period(self.since - (self.until - self.since), self.since, self.zone)

    @property
    def twelve_months(self) -> Period:
        """Give the twelve calendar months that end with the month of its last moment."""
        last = (self.until - dt.timedelta.resolution).replace(
            day=1, hour=0, minute=0, second=0, microsecond=0
        )
        return Period(_months_back(last, 11), _months_back(last, -1), self.zone)

    def instants(self) -> tuple[dt.datetime, dt.datetime]:
        """Give both bounds as moments in UTC."""
        since, until = window(self.since, self.until, self.zone).instants()
        return cast("dt.datetime", since), cast("dt.datetime", until)

    def is_over(self, as_of: dt.datetime, *, after: dt.timedelta = dt.timedelta(0)) -> bool:
        """Say whether it had ended, and ``after`` it had passed, at ``as_of``."""
        return self.instants()[1] + after <= as_of

    def text(self, lang: str) -> str:
        """Write the period as people do; its last day is part of it.

        Examples
        --------
        >>> moscow = ZoneInfo("Europe/Moscow")
        >>> Period(dt.datetime(2026, 10, 1), dt.datetime(2026, 11, 1), moscow).text("ru")
        '1–31 октября 2026'
        """
        if not self.by_days:
            return " – ".join(_written(end, "d MMMM y, HH:mm", lang) for end in (self.since, self.until))
        last = self.until - _DAY
        if last <= self.since:
            return _written(self.since, _LONG, lang)
        if (last.year, last.month) == (self.since.year, self.since.month):
            return f"{self.since.day}–{_written(last, _LONG, lang)}"
        first = "d MMMM" if last.year == self.since.year else _LONG
        return f"{_written(self.since, first, lang)} – {_written(last, _LONG, lang)}"


def period_of(
    since: Bound | None,
    until: Bound | None,
    *,
    as_of: dt.datetime,
    zone: str,
    first: dt.datetime | None,
) -> Period:
    """Read the bounds; without any, it is the last calendar month that was over at ``as_of``.

    Parameters
    ----------
    since, until
        Half-open bounds in the report zone. Without ``since`` the period begins with the day of ``first``,
        without ``until`` it ends with the day of ``as_of``.
    first
        The moment of the first order, if there is one.

    Raises
    ------
    DataError
        If a bound cannot be read, or the period is empty.
    """
    clock = ZoneInfo(zone)
    bounds = window(since, until, clock)
    today = _midnight(as_of.astimezone(clock))
    if bounds.since is None and bounds.until is None:
        month = today.replace(day=1)
        return Period(_months_back(month, 1), month, clock)
    end = bounds.until or today + _DAY
    start = bounds.since or min(_midnight((first or as_of).astimezone(clock)), end - _DAY)
    if start >= end:
        raise DataError(
            f"the period from {start:%Y-%m-%d %H:%M} until {end:%Y-%m-%d %H:%M} is empty: until= is the "
            "first moment that is no longer part of it"
        )
    return Period(start, end, clock)


def period_of_report(
    orders: pa.Table, facts: ReportFacts, *, since: Bound | None, until: Bound | None
) -> Period:
    """Read the bounds of a report on these orders, as :func:`period_of` does."""
    first = pc.min(orders["created_at"]).as_py()
    return period_of(since, until, as_of=facts.as_of, zone=check_zone(facts.report_zone), first=first)


def _midnight(moment: dt.datetime) -> dt.datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


def _months_back(first: dt.datetime, months: int) -> dt.datetime:
    """Go back from the first of a month."""
    count = first.year * 12 + first.month - 1 - months
    return first.replace(year=count // 12, month=count % 12 + 1)


def _written(moment: dt.datetime, shape: str, lang: str) -> str:
    return str(format_datetime(moment, shape, locale=lang))
