"""Time in the sandbox: integers of seconds, written as Moscow wall time.

Moscow has been at UTC+3 without summer time since 26 October 2014. The sandbox knows no earlier history, so
that one fixed offset is exact and no time zone database is needed.
"""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

ZONE_NAME = "Europe/Moscow"
OFFSET = 3 * 3600
MOSCOW = timezone(timedelta(seconds=OFFSET), "MSK")
DAY = 86_400
EARLIEST = 1_414_357_200  # 2014-10-27 00:00 in Moscow, the first whole day at UTC+3

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_TWO = tuple(f"{number:02d}" for number in range(60))


class Clock:
    """Tell the sandbox's own time, which starts where it is told to and moves on as real time does."""

    def __init__(self, start: int) -> None:
        self.start = start
        self._zero = time.monotonic()

    def now(self) -> int:
        """Return the present as seconds since 1970 in UTC."""
        return self.start + int(time.monotonic() - self._zero)


def day_of(epoch: int) -> int:
    """Number the Moscow day in which a moment lies, counted from 1970-01-01."""
    return (epoch + OFFSET) // DAY


def start_of_day(day: int) -> int:
    """Return the first second of a Moscow day."""
    return day * DAY - OFFSET


@lru_cache(maxsize=4096)
def day_text(day: int) -> str:
    """Write a Moscow day.

    Examples
    --------
    >>> day_text(18_580)
    '2020-11-14'
    """
    return date.fromordinal(_EPOCH_ORDINAL + day).isoformat()


def moscow_text(epoch: int) -> str:
    """Write a moment as the API does.

    Examples
    --------
    >>> moscow_text(1_605_385_957)
    '2020-11-14 23:32:37'
    """
    day, second = divmod(epoch + OFFSET, DAY)
    minute, second = divmod(second, 60)
    return f"{day_text(day)} {_TWO[minute // 60]}:{_TWO[minute % 60]}:{_TWO[second]}"


def parse_moment(text: str) -> int:
    """Read a day, a Moscow wall time, or an ISO time with its own offset; whole seconds since 1970.

    Raises
    ------
    ValueError
        If it is none of them.

    Examples
    --------
    >>> moscow_text(parse_moment("2020-11-14 23:32:37"))
    '2020-11-14 23:32:37'
    >>> moscow_text(parse_moment("2020-11-14"))
    '2020-11-14 00:00:00'
    >>> moscow_text(parse_moment("2020-11-14T20:32:37Z"))
    '2020-11-14 23:32:37'
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=MOSCOW)
    return int(moment.timestamp() // 1)
