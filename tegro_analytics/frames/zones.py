"""Local times to instants, and instants to the days, weeks, months and hours of a zone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tegro_analytics.exceptions import ConfigurationError
from tegro_analytics.frames.context import micros

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Integers = NDArray[np.int64]

INSTANT: Final = pa.timestamp("us", tz="UTC")
SECOND: Final = 1_000_000
DAY: Final = 86_400 * SECOND
HOUR: Final = 3_600 * SECOND
_THURSDAY: Final = 3  # 1 January 1970, counted from Monday


def known_zone(name: str) -> str:
    """Give a zone's name back if there is such a zone.

    Raises
    ------
    ConfigurationError
        If there is none.

    Examples
    --------
    >>> known_zone("Europe/Moscow")
    'Europe/Moscow'
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of the zone data
        pass
    else:
        return name
    raise ConfigurationError(
        f"There is no time zone {name!r}. Zones are written as in 'Europe/Moscow' or 'UTC'."
    )


@dataclass(frozen=True, slots=True)
class Localized:
    """Hold instants, and which of their local times occurred twice or never.

    Where a local time occurred twice, ``instants`` has its first occurrence and ``second`` the other one.
    Where it never occurred, because clocks were put forward, it moves forward by as much as the clocks.
    """

    instants: pa.Array
    second: pa.Array
    ambiguous: Bools
    gap: Bools

    @property
    def regular(self) -> bool:
        """Whether every local time occurred exactly once."""
        return not (self.ambiguous.any() or self.gap.any())


def localize(local: pa.Array, zone: str) -> Localized:
    """Find the instants of local times.

    Parameters
    ----------
    local : pyarrow.Array of timestamp[us]
        Local times without zone; null stays null.
    zone : str
        Their IANA zone.

    Examples
    --------
    >>> early = pa.array([dt.datetime(2026, 3, 29, 2, 30)])
    >>> found = localize(early, "Europe/Berlin")
    >>> str(found.instants[0].as_py()), found.gap.tolist()
    ('2026-03-29 01:30:00+00:00', [True])
    """
    nothing = np.zeros(len(local), dtype=bool)
    try:
        instants = pc.assume_timezone(local, zone).cast(INSTANT)
        return Localized(instants, instants, nothing, nothing)
    except pa.ArrowInvalid:  # some time occurred twice or never
        early = pc.assume_timezone(local, zone, ambiguous="earliest", nonexistent="earliest")
        late = pc.assume_timezone(local, zone, ambiguous="latest", nonexistent="latest")
    first, second = (_integers(array).copy() for array in (early, late))
    ambiguous, gap = nothing.copy(), nothing.copy()
    wall = _integers(local)
    for moment in np.unique(wall[first != second]):
        same = (wall == moment) & (first != second)
        occurrences = _occurrences(int(moment), ZoneInfo(zone))
        (ambiguous if len(occurrences) == 2 else gap)[same] = True
        first[same], second[same] = occurrences[0], occurrences[-1]
    missing = _missing(local)
    return Localized(_instants(first, missing), _instants(second, missing), ambiguous, gap)


def _occurrences(wall: int, zone: ZoneInfo) -> list[int]:
    """List the two instants of a local time that occurred twice, or the one for a time that never did."""
    naive = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=wall)  # noqa: DTZ001 - local, without zone
    first, second = (naive.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    exists = first.astimezone(zone).replace(tzinfo=None) == naive
    # Read with the offset before the change, a time within the gap lies after it by as much as it was in it.
    return [micros(first), micros(second)] if exists else [micros(first)]


def clock(instants: pa.Array, zone: str) -> dict[str, pa.Array]:
    """Derive the columns by which instants are grouped, in a zone.

    Returns
    -------
    dict
        ``date`` and ``week`` (its Monday) as date32, ``month`` as text ``YYYY-MM``, ``hour`` and ``weekday``
        (1 = Monday) as int64; null where the instant is.

    Examples
    --------
    >>> instants = pa.array([dt.datetime(2026, 2, 28, 21, 30)], pa.timestamp("us")).cast(INSTANT)
    >>> {name: str(array[0]) for name, array in clock(instants, "Europe/Moscow").items()}
    {'date': '2026-03-01', 'week': '2026-02-23', 'month': '2026-03', 'hour': '0', 'weekday': '7'}
    """
    missing = _missing(instants)
    local = _integers(pc.local_timestamp(instants.cast(pa.timestamp("us", tz=zone))))
    local = np.where(missing, 0, local)
    days = local // DAY
    weekday = (days + _THURSDAY) % 7
    mask = missing if missing.any() else None
    return {
        "date": _dates(days, mask),
        "week": _dates(days - weekday, mask),
        "month": _months(days, mask),
        "hour": pa.array(local % DAY // HOUR, mask=mask),
        "weekday": pa.array(weekday + 1, mask=mask),
    }


def _months(days: Integers, mask: Bools | None) -> pa.Array:
    """Write months as YYYY-MM: each month between the first and the last once, then looked up."""
    if not len(days):
        return pa.array([], pa.string())
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    least = months.min()
    names = np.arange(least, months.max() + 1).astype("datetime64[M]").astype(str)
    return pa.array(names, pa.string()).take(pa.array(months - least, mask=mask))


def _dates(days: Integers, mask: Bools | None) -> pa.Array:
    return pa.array(days.astype(np.int32), pa.int32(), mask=mask).view(pa.date32())


def _integers(array: pa.Array) -> Integers:
    """View timestamps as microseconds; what stands under a null is arbitrary."""
    if not len(array):
        return np.zeros(0, dtype=np.int64)
    values = np.frombuffer(array.buffers()[1], dtype=np.int64)
    return values[array.offset : array.offset + len(array)]


def _instants(values: Integers, missing: Bools) -> pa.Array:
    return pa.array(values, mask=missing).cast(INSTANT)


def _missing(array: pa.Array) -> Bools:
    missing: Bools = array.is_null().to_numpy(zero_copy_only=False)
    return missing
