"""Bounds in time: ``since`` and ``until``, half-open, in the report zone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from tegro_analytics.exceptions import DataError

Bound = str | dt.date | dt.datetime
"""What a bound may be: a date (its midnight), a moment, or either as ISO text."""

_FIRST_YEAR, _LAST_YEAR = 1900, 2200

_HOW = (
    "give a date ('2026-10-01' or a datetime.date: its midnight in the report zone) or a moment "
    "('2026-10-01 12:00', or a datetime; one with an offset is converted)"
)


@dataclass(frozen=True, slots=True)
class Window:
    """Hold the bounds as wall-clock times of the report zone; None is open."""

    since: dt.datetime | None
    until: dt.datetime | None
    zone: ZoneInfo

    @property
    def is_open(self) -> bool:
        """Say whether there is no bound at all."""
        return self.since is None and self.until is None

    @property
    def by_days(self) -> bool:
        """Say whether both bounds lie at midnight, so that dates alone decide."""
        return all(bound is None or bound.time() == dt.time() for bound in (self.since, self.until))

    def instants(self) -> tuple[dt.datetime | None, dt.datetime | None]:
        """Give both bounds as moments in UTC."""
        return (
            None if self.since is None else instant(self.since, self.zone),
            None if self.until is None else instant(self.until, self.zone),
        )

    def holds(self, local: dt.datetime) -> bool:
        """Say whether a wall-clock time lies within the bounds."""
        return (self.since is None or local >= self.since) and (self.until is None or local < self.until)


def window(since: Bound | None, until: Bound | None, zone: ZoneInfo) -> Window:
    """Read both bounds.

    Raises
    ------
    DataError
        If a bound cannot be read, or ``since`` comes after ``until``.

    Examples
    --------
    >>> window("2026-10-01", None, ZoneInfo("Europe/Moscow")).since
    datetime.datetime(2026, 10, 1, 0, 0)
    """
    start = None if since is None else local_time(since, zone, name="since")
    end = None if until is None else local_time(until, zone, name="until")
    if start is not None and end is not None and start > end:
        raise DataError(f"since={since!r} comes after until={until!r}: swap them")
    return Window(start, end, zone)


def local_time(value: Bound, zone: ZoneInfo, *, name: str) -> dt.datetime:
    """Read a date or a moment as a wall-clock time of the zone.

    Raises
    ------
    DataError
        If it is neither, nor ISO text of one.
    """
    moment = _moment(value)
    if moment is None:
        raise DataError(f"{name}={value!r} is neither a date nor a moment: {_HOW}")
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise DataError(f"{name}={value!r} lies outside the years {_FIRST_YEAR} to {_LAST_YEAR}")
    if moment.tzinfo is not None:
        moment = moment.astimezone(zone).replace(tzinfo=None)
    return moment


def _moment(value: object) -> dt.datetime | None:
    """Read what a person gave; None where it is no moment."""
    if type(value).__module__ == "numpy":
        value = str(value)
    if isinstance(value, str):
        try:
            return dt.datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, dt.datetime):
        # A Timestamp of pandas becomes a plain datetime; its NaT equals nothing, not even itself.
        return dt.datetime.combine(value.date(), value.timetz()) if value == value else None
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time())
    return None


def instant(local: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Turn a wall-clock time into the moment in UTC; of two, the first; in a gap, as the clock before it."""
    return local.replace(tzinfo=zone, fold=0).astimezone(dt.UTC)
