"""Turn instants into what a clock on the wall of the report zone showed."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.exceptions import ConfigurationError

__all__ = ["WallTimes", "check_zone", "instants_on_wall", "wall_times"]

_MINUTE = 60_000_000
_LOCAL = pa.timestamp("us")
_UTC = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class WallTimes:
    """Hold local times, and beside each its offset from UTC as text, such as ``+03:00``.

    Until about 1920 clocks were off by minutes and seconds, which no ISO offset can say: such instants are
    given in UTC, and ``odd`` marks them.
    """

    local: pa.Array
    offset: pa.Array
    odd: pa.Array

    def unclear(self, zone: str) -> pa.Array:
        """Mark local times that name no single instant without their offset: a clock showed them twice."""
        first = pc.assume_timezone(self.local, zone, ambiguous="earliest", nonexistent="earliest")
        last = pc.assume_timezone(self.local, zone, ambiguous="latest", nonexistent="latest")
        return pc.or_(self.odd, pc.not_equal(first, last))


def check_zone(zone: str) -> str:
    """Give back the name of a time zone.

    Raises
    ------
    ConfigurationError
        If there is no such zone.
    """
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise ConfigurationError(f"{zone!r} is not a time zone; write it as in Europe/Moscow.") from None
    return zone


def wall_times(instants: pa.Array, zone: str) -> WallTimes:
    """Read instants off a clock in ``zone``."""
    utc = instants.cast(_UTC)
    universal = utc.cast(pa.int64()).cast(_LOCAL)
    local = pc.local_timestamp(utc.cast(pa.timestamp("us", tz=zone)))
    shift = pc.subtract(local.cast(pa.int64()), utc.cast(pa.int64()))
    odd = pc.not_equal(pc.subtract(shift, pc.multiply(pc.divide(shift, _MINUTE), _MINUTE)), 0)
    shift = pc.if_else(odd, 0, pc.divide(shift, _MINUTE))
    return WallTimes(local=pc.if_else(odd, universal, local), offset=_offsets(shift), odd=odd)


def instants_on_wall(local: pa.Array, zone: str) -> pa.Array:
    """Turn local times that name one instant each back into instants in UTC.

    Raises
    ------
    pyarrow.ArrowInvalid
        If a clock in ``zone`` never showed such a time, or showed it twice.
    """
    return pc.assume_timezone(local, zone, ambiguous="raise", nonexistent="raise").cast(_UTC)


def _offsets(minutes: pa.Array) -> pa.Array:
    """Write offsets as ``+03:00``; there are few different ones."""
    kinds = minutes.dictionary_encode()
    texts = pa.array(
        [f"{'-' if m < 0 else '+'}{abs(m) // 60:02}:{abs(m) % 60:02}" for m in kinds.dictionary.to_pylist()]
    )
    return texts.cast(pa.string()).take(kinds.indices)
